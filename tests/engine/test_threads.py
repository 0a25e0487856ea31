"""The same bits for any number of threads; forks, spawned processes, callers at the same time."""

import concurrent.futures
import multiprocessing
import os
import signal
import threading
import time

import numpy as np
import pytest

import wildwire as ww
from wildwire.engine import crew_kernel, evaluate, teams
from wildwire.engine.session import Session
from wildwire.errors import SettingError

LAYERS = ww.wiring.layered(5, 12, 3, activation="tanh")
TEXTS = {
    "shared": (
        "input a, b, c, d, e\nlet w = 0.3\nh = tanh(w*a - w*b + ?*c)\n"
        "y[3] ~ identity(h, d, e)\noutput y"
    ),
    "head": "input a, b, c, d, e\nz[3] ~ tanh(a, b, c, d, e)\noutput softmax(z)",
}
NETWORKS = {"layers": LAYERS} | {name: ww.parse(t) for name, t in TEXTS.items()}
RNG = np.random.default_rng(2)
X = RNG.normal(size=(1100, 5))
Y = np.eye(3)[RNG.integers(0, 3, 1100)]
WEIGHT = RNG.integers(0, 3, 1100).astype(float)


def learnt(network, threads, **options):
    """theta after some epochs whose batches are cut into several parts."""
    settings = {"batch": 520, "epochs": 3, "validation": (X[:200], Y[:200])} | options
    result = ww.fit(
        network, X, Y, sample_weight=WEIGHT, threads=threads, progress=False, **settings
    )
    return result.theta, result.history["loss"], result.history["validation"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NETWORKS)
def test_fit_gives_the_same_bits(name, dtype):
    network = NETWORKS[name]
    loss = "softmax" if name == "head" else "squared"
    one = learnt(network, 1, dtype=dtype, loss=loss, l1=1e-4)
    for threads in (2, 3, 5):
        other = learnt(network, threads, dtype=dtype, loss=loss, l1=1e-4)
        assert all(map(np.array_equal, one, other))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NETWORKS)
def test_values_and_gradients_have_the_same_bits(name, dtype):
    network = NETWORKS[name]
    theta = network.initial(0)
    outputs = ww.run(network, theta, X, dtype=dtype)
    value, slope = ww.loss_and_gradient(network, theta, X, Y, dtype=dtype)
    for threads in (2, 3, 7):
        options = {"dtype": dtype, "threads": threads}
        assert np.array_equal(ww.run(network, theta, X, **options), outputs)
        found = ww.loss_and_gradient(network, theta, X, Y, **options)
        assert found[0] == value and np.array_equal(found[1], slope)


def test_parts_agree_with_the_gradient_in_one_piece():
    theta = LAYERS.initial(0)
    value, slope = ww.loss_and_gradient(LAYERS, theta, X, Y, gradient="sum")
    pieces = [
        ww.loss_and_gradient(LAYERS, theta, x, y, gradient="sum")
        for x, y in zip(np.split(X, 11), np.split(Y, 11), strict=True)
    ]
    assert value == pytest.approx(sum(piece[0] for piece in pieces), rel=1e-12)
    summed = np.sum([piece[1] for piece in pieces], axis=0)
    np.testing.assert_allclose(slope, summed, rtol=1e-11, atol=1e-11)


def test_a_step_that_fails_ends_all_threads():
    session = Session(LAYERS, X, Y * 1e300, loss="squared", batch=520, threads=2)
    session.load(LAYERS.initial(0))
    from wildwire.learning.update_rules import rule_address

    report = session.steps(
        rule_address("gradient_descent", "float64"), np.zeros((0, session.vector_size)),
        np.zeros(1), np.full(2, 1e300), np.arange(len(X)), 0, 1,
    )  # fmt: skip
    assert report.status > 0


def test_many_callers_at_the_same_time():
    theta = LAYERS.initial(0)
    expected = learnt(LAYERS, 1)[0]
    outputs = ww.run(LAYERS, theta, X)
    one = ww.run(LAYERS, theta, X[:1])

    def work(number):
        if number % 3 == 0:
            return np.array_equal(learnt(LAYERS, 3)[0], expected)
        if number % 3 == 1:
            return np.array_equal(ww.run(LAYERS, theta, X, threads=2), outputs)
        return all(
            np.array_equal(ww.run(LAYERS, theta, X[:1]), one) for _ in range(200)
        )

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(18)))


def _fit_in_child(expected):
    assert np.array_equal(learnt(LAYERS, 2)[0], expected)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_has_threads_of_its_own(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system cannot {method}")
    expected = learnt(LAYERS, 2)[0]  # the parent's workers wait, the child has none
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(_fit_in_child, expected).result(timeout=60)


@pytest.mark.parametrize("threads", [0, -1, 1.5, "two", True, None])
def test_bad_numbers_of_threads(threads):
    with pytest.raises(SettingError, match="threads"):
        ww.run(LAYERS, LAYERS.initial(0), X, threads=threads)


# ---- teams ----------------------------------------------------------------------


def test_workers_are_used_again_and_sleep_when_nothing_comes():
    theta = LAYERS.initial(0)
    for pause in (0, 0.01, 0):
        ww.run(LAYERS, theta, X, threads=3)
        time.sleep(pause)
    there = [t for t in threading.enumerate() if t.name == "wildwire"]
    for _ in range(50):
        ww.run(LAYERS, theta, X, threads=3)
    after = [t for t in threading.enumerate() if t.name == "wildwire"]
    assert len(after) == len(there) >= 2
    time.sleep(0.1)  # all asleep
    before = time.process_time()
    time.sleep(0.2)
    assert time.process_time() - before < 0.1
    for _ in range(200):  # a busy machine may not have let one fall asleep yet
        asleep = [w.shared[crew_kernel.STATE] % 2 for w in teams._idle.workers]
        if all(asleep):
            break
        time.sleep(0.05)
    assert all(asleep)


def test_without_threads_nothing_is_called(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    monkeypatch.setattr(teams._idle, "workers", [])
    with pytest.raises(SettingError, match="no 3 threads"):
        ww.run(LAYERS, LAYERS.initial(0), X, threads=3)


def test_ctrl_c_waits_for_the_team():
    """Interrupted at any place, a call with threads neither hangs nor leaves a worker behind."""
    theta = LAYERS.initial(0)
    expected = ww.run(LAYERS, theta, X)
    for pause in (0.01, 0.02, 0.03):
        timer = threading.Timer(pause, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            while True:
                ww.run(LAYERS, theta, X, threads=3)
        timer.join()
        assert np.array_equal(ww.run(LAYERS, theta, X, threads=3), expected)


def test_more_threads_than_processors_do_not_hang():
    theta = LAYERS.initial(0)
    expected = ww.run(LAYERS, theta, X)
    many = 4 * (os.cpu_count() or 1) + 3
    assert np.array_equal(ww.run(LAYERS, theta, X, threads=many), expected)
    assert np.array_equal(learnt(LAYERS, many)[0], learnt(LAYERS, 1)[0])


def test_values_of_neurons_with_threads():
    theta = LAYERS.initial(0)
    one, two = (evaluate.values(LAYERS, theta, X, threads=t) for t in (1, 2))
    assert np.array_equal(one, two)


def test_threads_with_small_batches_of_many_rows():
    # The batch is one part, the pass over all rows is several.
    network = ww.parse("input a, b\nh[3] ~ tanh(a, b)\ny ~ linear(h)\noutput y")
    X = np.random.default_rng(0).normal(size=(200, 2))
    one, two = (
        ww.fit(network, X, X[:, 0], epochs=2, batch=32, threads=threads).theta
        for threads in (1, 2)
    )
    np.testing.assert_array_equal(one, two)
