"""`fit` on sequences: memory is learnt, bits are kept, errors name sequence and step."""

import numpy as np
import pytest
from scipy.optimize import minimize

import wildwire as ww
from wildwire.errors import DataError, SettingError
from wildwire.learning import Objective, Reason

RNG = np.random.default_rng(0)
BITS = RNG.integers(0, 2, (150, 14, 1)).astype(float)
LATER = np.zeros((150, 14))
LATER[:, 2:] = BITS[:, 2:, 0] != BITS[:, :-2, 0]
NETWORK = ww.parse("input x\nh[4] ~ tanh(x, x@2, h@1)\ny ~ logistic(h)\noutput y")
SETTINGS = {
    "loss": "logistic", "warm_up": 2, "batch": 30, "seed": 1, "progress": False,
    "learner": ww.learners.Adam(rate=0.03),
}  # fmt: skip


def right(network, theta, X, Y):
    return np.mean((ww.run(network, theta, X)[:, 2:, 0] > 0.5) == (Y[:, 2:] > 0.5))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_exclusive_or_with_what_was_two_steps_ago(dtype):
    result = ww.fit(
        NETWORK, BITS[:100], LATER[:100], epochs=150, validation=0.2, dtype=dtype,
        **SETTINGS,
    )  # fmt: skip
    assert right(NETWORK, result.theta, BITS[100:], LATER[100:]) == 1.0
    assert set(result.history) == {"loss", "validation"}


def test_lists_are_what_arrays_are():
    array = ww.fit(NETWORK, BITS, LATER, epochs=3, **SETTINGS)
    as_list = ww.fit(NETWORK, list(BITS), list(LATER), epochs=3, **SETTINGS)
    np.testing.assert_array_equal(array.theta, as_list.theta)


def test_threads_and_resuming_change_no_bit(tmp_path):
    whole = ww.fit(NETWORK, BITS, LATER, epochs=6, **SETTINGS)
    threads = ww.fit(NETWORK, BITS, LATER, epochs=6, threads=2, **SETTINGS)
    np.testing.assert_array_equal(whole.theta, threads.theta)
    path = tmp_path / "run.checkpoint"
    ww.fit(NETWORK, BITS, LATER, epochs=3, checkpoint=path, **SETTINGS)
    rest = ww.fit(NETWORK, BITS, LATER, epochs=6, resume=path, **SETTINGS)
    np.testing.assert_array_equal(whole.theta, rest.theta)
    with pytest.raises(SettingError, match="another memory"):
        ww.fit(NETWORK, BITS, LATER, epochs=6, resume=path, truncate=3, **SETTINGS)


def test_full_batches_of_many_parts_with_threads():
    X, Y = np.tile(BITS, (3, 1, 1)), np.tile(LATER, (3, 1))
    settings = SETTINGS | {"batch": "full"}
    one, two = (
        ww.fit(NETWORK, X, Y, epochs=3, threads=threads, **settings).theta
        for threads in (1, 2)
    )
    np.testing.assert_array_equal(one, two)


def test_an_objective_for_other_optimisers():
    network = ww.parse("input x\nm = ?*m@1 + ?*x\noutput m")
    X = RNG.normal(size=(200, 1))
    Y = ww.run(network, [0.8, -0.5], X)[:, 0]
    objective = Objective(network, X, Y, warm_up=5)
    found = minimize(
        objective.value_and_gradient, [0.1, 0.1], jac=True, method="L-BFGS-B"
    )
    np.testing.assert_allclose(found.x, [0.8, -0.5], atol=1e-4)


def test_a_learnt_start():
    network = ww.parse("input x\nm = [0.9]*m@1 + [1]*x\nstart m = ?\noutput m")
    X = np.zeros((1, 5, 1))
    Y = 3.0 * 0.9 ** np.arange(1, 6)[None]
    result = ww.fit(
        network, X, Y, epochs=3000, learner=ww.learners.Adam(rate=0.05), progress=False
    )
    assert result.theta == pytest.approx([3.0], abs=1e-4)


def test_truncation_forgets_what_lies_further_back():
    # Nothing but the first input of a sequence tells the last target.
    network = ww.parse("input x\nm = ?*m@1 + ?*x\noutput m")
    X = np.zeros((8, 12, 1))
    X[:, 0, 0] = np.linspace(-1, 1, 8)
    theta = np.array([0.9, 0.3])
    exact = ww.loss_and_gradient(network, theta, X, X[:, 0, 0])[1]
    short = ww.loss_and_gradient(network, theta, X, X[:, 0, 0], truncate=4)[1]
    assert exact[1] != 0 and short[1] == 0


def test_divergence_is_told_by_sequence_and_step():
    network = ww.parse("input x\nm = ?*m@1**[3] + [1]*x\noutput m")
    X = np.ones((3, 40, 1))
    X[:2] = 0.1
    result = ww.fit(
        network, X, np.zeros((3, 40)), theta=[2.0], epochs=2, batch=1, shuffle=False,
        progress=False,
    )  # fmt: skip
    assert result.reason == Reason.DIVERGED
    assert "neuron 'm', sequence 2, step" in result.message


@pytest.mark.parametrize(
    ("X", "Y", "settings", "error", "words"),
    [
        (BITS, LATER[:, :5], {}, DataError, "Y has shape"),
        (BITS, LATER, {"validation": 0.001, "warm_up": 20}, SettingError, "warm_up is 20"),
        (BITS[:1], LATER[:1], {"validation": 0.5}, DataError, "leaves no sequence"),
        (BITS, LATER, {"validation": (BITS * np.nan, LATER)}, DataError, "validation X is nan"),
        (BITS, LATER, {"sample_weight": np.zeros(150)}, DataError, "all weights are 0"),
        (BITS, LATER + 7, {}, DataError, "sequence 0 of Y: row"),
    ],
)  # fmt: skip
def test_bad_sequences(X, Y, settings, error, words):
    with pytest.raises(error, match=words):
        ww.fit(NETWORK, X, Y, epochs=1, **(SETTINGS | settings))
