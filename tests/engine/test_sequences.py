"""Networks with memory: kernels against the twin and against differences; forms of X and Y; what is refused."""

import numpy as np
import pandas
import pytest

import wildwire as ww
from engine.recurrent_networks import (
    numbers_for,
    positive_network,
    recurrent_network,
    sequences_for,
)
from wildwire.engine import reference, reference_sequences
from wildwire.errors import (
    DataError,
    LoopError,
    NetworkError,
    SettingError,
    UnsupportedError,
)

SIZES = (1, 2, 5, 17, 40)


def _options(network, seed):
    """Settings that vary with the seed."""
    heads = bool(network.heads)
    losses = ("softmax", "squared") if heads else ("squared", "huber", "log_cosh")
    return {
        "loss": losses[seed % len(losses)],
        "warm_up": (0, 0, 3)[seed % 3],
        "gradient": ("mean", "sum")[seed % 2],
    }


def _difference(network, theta, X, Y, weight, options, i, step):
    value = 0.0
    for factor, coefficient in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
        moved = theta.copy()
        moved[i] += factor * step
        there, _ = ww.loss_and_gradient(
            network, moved, X, Y, sample_weight=weight, **options
        )
        value += coefficient * there
    return value / (12 * step)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(6))
def test_gradients_agree_with_the_twin_and_with_differences(block):
    seeds = range(20 * block, 20 * block + 20)
    found = [check_gradients(recurrent_network(seed), seed) for seed in seeds]
    kinks, stencils = map(sum, zip(*found, strict=True))
    assert kinks < 0.1 * stencils and stencils > 50


@pytest.mark.slow
@pytest.mark.parametrize("block", range(2))
def test_transfers_of_positive_sources_agree_with_the_twin_and_with_differences(block):
    seeds = range(20 * block, 20 * block + 20)
    found = [check_gradients(positive_network(seed), seed, True) for seed in seeds]
    kinks, stencils = map(sum, zip(*found, strict=True))
    assert kinks < 0.1 * stencils and stencils > 50


def check_gradients(network, seed, positive=False):
    """Values and gradients of one random network; returns differences that met a kink, and all."""
    theta = numbers_for(network, seed)
    steps = 7 + seed % 5
    X, Y, weight = sequences_for(network, seed, SIZES[seed % len(SIZES)], steps)
    if positive:
        X, theta = 0.3 + np.abs(X), np.abs(theta)
    options = _options(network, seed)
    truncate = (None, None, None, 3)[seed % 4]
    value, gradient = ww.loss_and_gradient(
        network, theta, X, Y, sample_weight=weight, truncate=truncate, **options
    )

    def twin(shake):
        loss, slope = reference_sequences.loss_and_gradient(
            network,
            theta,
            X,
            Y,
            weight=weight,
            truncate=truncate,
            shake=shake,
            **options,
        )
        return np.append(slope, loss)

    expected, condition = twin(None), reference.condition(twin)
    allowed = 1e-12 * (1 + condition.max())
    assert abs(value - expected[-1]) <= allowed
    assert np.abs(gradient - expected[:-1]).max(initial=0) <= allowed
    if truncate:
        return 0, 0
    kinks, numbers = 0, range(0, network.n_theta, max(network.n_theta // 6, 1))
    for i in numbers:
        close = [
            _difference(network, theta, X, Y, weight, options, i, step)
            for step in (1e-3, 5e-4, 2.5e-4)
        ]
        own_error = abs(close[2] - close[1])
        if not own_error <= 1e-5 * (1 + abs(gradient[i])):  # a kink or pole within
            kinks += 1
            continue
        error = abs(gradient[i] - close[2])
        assert error <= 1e-6 * (1 + condition.max()) + own_error
    return kinks, len(numbers)


@pytest.mark.parametrize("seed", range(40))
def test_values_agree_with_the_twin(seed):
    network = recurrent_network(seed)
    theta = numbers_for(network, seed)
    n, steps = SIZES[seed % len(SIZES)], (1, 6, 80)[seed % 3]
    X = sequences_for(network, seed, n, steps)[0]

    def twin(shake):
        found = reference_sequences.forward_sequence(network, theta, X, shake=shake)
        return reference_sequences.outputs_of(found)

    allowed = 1e-12 * (1 + reference.condition(twin).max())
    assert np.abs(ww.run(network, theta, X) - twin(None)).max() <= allowed
    single = ww.run(network, theta, X, dtype="float32")
    assert np.abs(single - twin(None)).max() <= 1e-6 * (1 + allowed * 1e12)


CLOSED = """
input y, u
h[3] ~ tanh(y@1..2, u, h@1)
y_next ~ linear(h, y@1)
output y_next
"""


@pytest.mark.parametrize("n", [1, 2, 20])
def test_feedback_agrees_with_the_twin(n):
    network = ww.parse(CLOSED)
    theta = network.initial(3)
    X, Y, weight = sequences_for(network, 4, n, 12)
    options = {"warm_up": 4, "feedback": {"y": "y_next"}}
    out = ww.run(network, theta, X, **options)
    found = reference_sequences.forward_sequence(network, theta, X, **options)
    np.testing.assert_allclose(out, reference_sequences.outputs_of(found), atol=1e-13)
    X[:, 4:, 0] = 99.0  # never read
    np.testing.assert_array_equal(ww.run(network, theta, X, **options), out)
    value, gradient = ww.loss_and_gradient(
        network, theta, X, Y, sample_weight=weight, **options
    )
    expected = reference_sequences.loss_and_gradient(
        network, theta, X, Y, weight=weight, **options
    )
    np.testing.assert_allclose(value, expected[0], rtol=1e-12)
    np.testing.assert_allclose(gradient, expected[1], atol=1e-13)
    for i in range(network.n_theta):
        close = _difference(network, theta, X, Y, weight, options, i, 1e-4)
        assert abs(close - gradient[i]) <= 1e-8


def test_a_worked_example():
    # m(t) = 0.9 m(t-1) + x(t), m(-1) = 0.5, by hand
    network = ww.parse("input x\nm = [0.9]*m@1 + [1]*x\nstart m = [0.5]\noutput m")
    out = ww.run(network, np.zeros(0), [[1.0], [0.0], [-1.0]])
    np.testing.assert_allclose(out[:, 0], [1.45, 1.305, 0.1745], rtol=1e-15)


def test_lists_of_any_lengths_are_what_each_sequence_is_alone():
    network = recurrent_network(11)
    theta = numbers_for(network, 11)
    X, Y, _ = sequences_for(network, 11, 20, 30)
    lengths = 6 + np.arange(20) * 7 % 24
    xs = [x[:count] for x, count in zip(X, lengths, strict=True)]
    ys = [y[:count] for y, count in zip(Y, lengths, strict=True)]
    out = ww.run(network, theta, xs)
    value, gradient = ww.loss_and_gradient(network, theta, xs, ys, gradient="sum")
    total, slopes = 0.0, 0.0
    for x, y, o in zip(xs, ys, out, strict=True):
        np.testing.assert_allclose(o, ww.run(network, theta, x), atol=1e-13)
        one = ww.loss_and_gradient(network, theta, x, y, gradient="sum")
        total, slopes = total + one[0], slopes + one[1]
    np.testing.assert_allclose(value, total, rtol=1e-12)
    np.testing.assert_allclose(gradient, slopes, atol=1e-11)


def test_what_is_filled_up_never_overflows_into_the_gradient():
    network = ww.parse("input x\nm = ?*m@1 + [1]*x\noutput m")
    theta = np.array([3.0])
    xs = [np.ones((3, 1)), np.ones((900, 1))]  # 3**900 overflows
    ys = [np.zeros(3), np.zeros(900)]
    weight = [np.ones(3), np.eye(1, 900)[0]]
    assert np.isinf(ww.run(network, theta, xs)[1]).any()
    xs[1][:] = 0
    value, gradient = ww.loss_and_gradient(network, theta, xs, ys, sample_weight=weight)
    short = ww.loss_and_gradient(network, theta, xs[0], ys[0], gradient="sum")
    np.testing.assert_allclose(value * 4, short[0])
    np.testing.assert_allclose(gradient * 4, short[1])


def test_targets_at_the_last_step_and_missing_ones():
    network = ww.parse("input x\nh[4] ~ tanh(x, h@1)\ny ~ linear(h)\noutput y")
    theta = network.initial(0)
    rng = np.random.default_rng(0)
    X, last = rng.normal(size=(5, 8, 1)), rng.normal(size=5)
    Y = np.full((5, 8), np.nan)
    Y[:, -1] = last
    weight = (~np.isnan(Y)).astype(float)
    expected = ww.loss_and_gradient(network, theta, X, Y, sample_weight=weight)
    for form in (last, last[:, None]):
        found = ww.loss_and_gradient(network, theta, X, form)
        assert found[0] == expected[0]
        np.testing.assert_array_equal(found[1], expected[1])
    found = ww.loss_and_gradient(network, theta, list(X), list(last[:, None]))
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


def test_rows_of_sequences_are_rows_where_there_is_no_memory():
    network = ww.parse("input a, b\nh[3] ~ tanh(a, b)\ny ~ linear(h)\noutput y")
    theta = network.initial(1)
    X = np.random.default_rng(0).normal(size=(6, 5, 2))
    Y = X.sum(axis=2)
    out = ww.run(network, theta, X)
    np.testing.assert_allclose(
        out.reshape(-1, 1), ww.run(network, theta, X.reshape(-1, 2)), atol=1e-15
    )
    found = ww.loss_and_gradient(network, theta, X, Y)
    rows = ww.loss_and_gradient(network, theta, X.reshape(-1, 2), Y.ravel())
    np.testing.assert_allclose(found[1], rows[1], atol=1e-15)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_threads_change_no_bit(dtype):
    network = recurrent_network(3)
    theta = numbers_for(network, 3)
    X, Y, weight = sequences_for(network, 3, 150, 9)
    one, two, three = (
        (
            ww.run(network, theta, X, dtype=dtype, threads=threads),
            *ww.loss_and_gradient(
                network, theta, X, Y, sample_weight=weight, dtype=dtype, threads=threads
            ),
        )
        for threads in (1, 2, 3)
    )
    for other in (two, three):
        assert all(map(np.array_equal, one, other))


def test_populations_take_sequences():
    networks = [recurrent_network(5), recurrent_network(6)]
    networks = [n for n in networks if n.n_inputs == networks[0].n_inputs]
    thetas = [numbers_for(n, 1) for n in networks]
    X = sequences_for(networks[0], 1, 4, 9)[0]
    for out, network, theta in zip(
        ww.run_many(networks, thetas, X), networks, thetas, strict=True
    ):
        np.testing.assert_array_equal(out, ww.run(network, theta, X))


MEMORY = "input x, u\nm ~ tanh(x@4, m@1, u)\noutput m"
LONG = np.zeros((2, 9, 2))
NOISE = np.random.default_rng(0).normal(size=(40, 2))


def _broken(place, value):
    X = LONG.copy()
    X[place] = value
    return X


@pytest.mark.parametrize(
    ("X", "Y", "options", "error", "words"),
    [
        (_broken((1, 5, 1), np.nan), LONG[:, :, 0], {}, DataError, "sequence 1, step 5, input u"),
        (LONG, _broken((1, 5, 1), np.inf)[:, :, 1], {}, DataError, "sequence 1, step 5, output m"),
        (LONG[:, :4], LONG[:, :4, 0], {}, DataError, "4 steps, and the longest delay is 4"),
        (LONG[:, :, :1], LONG[:, :, 0], {}, DataError, "2 inputs"),
        (LONG, LONG[:, :5, 0], {}, DataError, r"Y has shape \(2, 5\)"),
        (LONG, LONG[:, :, 0], {"warm_up": 9}, SettingError, "warm_up is 9"),
        (LONG, LONG[:, :, 0], {"truncate": 0.5}, SettingError, "truncate must be"),
        (LONG, LONG[:, :, 0], {"feedback": {"u": "m"}}, SettingError, "m reads u of the same step"),
        (LONG, LONG[:, :, 0], {"feedback": {"z": "m"}}, SettingError, "no input 'z'"),
        (LONG, LONG[:, :, 0], {"feedback": {"x": "z"}}, SettingError, "no output 'z'"),
        (LONG, LONG[:, :, 0], {"sample_weight": -np.ones((2, 9))}, DataError, "sequence 0"),
    ],
)  # fmt: skip
def test_bad_sequences_are_told_by_name(X, Y, options, error, words):
    network = ww.parse(MEMORY)
    with pytest.raises(error, match=words):
        ww.loss_and_gradient(network, network.initial(0), X, Y, **options)


def test_memory_options_need_sequences():
    network = ww.parse("input x\ny ~ tanh(x)\noutput y")
    with pytest.raises(SettingError, match="for sequences"):
        ww.loss_and_gradient(network, network.initial(0), [[0.0]], [0.0], warm_up=1)
    with pytest.raises(SettingError, match="for sequences"):
        ww.run(network, network.initial(0), [[0.0]], warm_up=1)


def test_input_gradients_and_traces_say_that_they_do_not_take_memory():
    network = ww.parse(MEMORY)
    theta = network.initial(0)
    with pytest.raises(UnsupportedError, match="4 steps back"):
        ww.input_gradient(network, theta, LONG[0])
    with pytest.raises(UnsupportedError, match="4 steps back"):
        ww.trace(network, theta, LONG[0, 0], [0.0])


def test_a_loop_without_delay_is_refused_by_name():
    with pytest.raises(LoopError, match="a -> b -> a"):
        ww.parse("input x\na ~ tanh(x, b)\nb ~ tanh(a)\noutput b")


def test_what_reads_rows_refuses_memory_by_name():
    network = ww.parse("input x, u\nm ~ tanh(x@4, m@1, u)\nstart m = 0.5\noutput m")
    theta = network.initial(0)
    with pytest.raises(UnsupportedError, match="symmetries is for networks without"):
        ww.symmetries(network, theta)
    with pytest.raises(UnsupportedError, match="symmetrize is for networks without"):
        ww.symmetrize(network, theta, swap=("x", "u"))
    with pytest.raises(UnsupportedError, match="NetworkForecaster"):
        table = pandas.DataFrame(NOISE, columns=["x", "u"])
        ww.NetworkRegressor(network=network).fit(table, NOISE[:, 0])
    pytest.importorskip("networkx")
    with pytest.raises(NetworkError, match="start"):
        network.to_networkx()


def test_long_sequences_take_narrow_tiles(monkeypatch):
    from wildwire.engine import memory

    network = recurrent_network(3)
    theta = numbers_for(network, 3)
    X, Y, _ = sequences_for(network, 3, 60, 30)
    wide = ww.loss_and_gradient(network, theta, X, Y)
    monkeypatch.setattr(memory, "MOST_BYTES", 1)
    narrow = ww.loss_and_gradient(network, theta, X, Y)
    np.testing.assert_allclose(narrow[1], wide[1], rtol=1e-10, atol=1e-13)


NUMBERS = ([[1, 2], [3]], [["a", "b"]], [[1j, 2]], None, "ab", np.zeros((2, 2, 2, 2)))
ROWS = ww.parse("input a, b\ny ~ tanh(a, b)\noutput y")
STEPS = ww.parse("input a, b\ny ~ tanh(a, b, y@1)\noutput y")


@pytest.mark.parametrize("X", NUMBERS, ids=str)
@pytest.mark.parametrize("network", [ROWS, STEPS], ids=["rows", "steps"])
def test_what_is_no_table_of_numbers_is_told(network, X):
    theta = network.initial(0)
    runner, online = ww.Runner(network, theta), ww.learning.Online(network, theta)
    for call in (
        lambda: ww.run(network, theta, X),
        lambda: ww.loss_and_gradient(network, theta, X, [0.0]),
        lambda: ww.fit(network, X, [0.0]),
        lambda: ww.jacobian(network, theta, X),
        lambda: ww.guards(network, theta, X),
        lambda: runner.run(X),
        lambda: runner.step(X),
        lambda: online.step(X, 0.0),
        lambda: ww.Runner(network, X),
        lambda: ww.learning.Online(network, X),
    ):
        with pytest.raises((DataError, SettingError)):
            call()


@pytest.mark.parametrize(
    ("Y", "weight"),
    [
        (None, None), ("a", None), ([[1, 2], [3]], None), ([[0.0] * 3] * 2, 3.0),
        ([[0.0] * 3] * 2, [[1, 2], [3]]), ([[0.0] * 3] * 2, "ab"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("as_list", [False, True])
def test_targets_and_weights_that_are_none_are_told(Y, weight, as_list):
    X = list(np.zeros((2, 3, 2))) if as_list else np.zeros((2, 3, 2))
    with pytest.raises(DataError, match=r"Y|sample_weight"):
        ww.loss_and_gradient(STEPS, STEPS.initial(0), X, Y, sample_weight=weight)
