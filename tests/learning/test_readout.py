"""The closed form of linear outputs: nothing is left to descend, it is ridge regression, and what it refuses."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

import wildwire as ww
from wildwire.errors import DataError, SettingError, UntrainedError
from wildwire.learning import fit_readout

MEMORY = """
input x, u
h[4] ~ tanh(x, u@1, h@1)
r = [0.5]*r@1 + h[0]*h[1]
start r = [0.7]
a ~ linear(h, x@2, r@1)
b = ?*h[2] + [0.3]*u + [-0.2] + ?*r@3
c = linear(?*x@1 + w*h[0] - w*h[1]@1 - w + ?*h[3])
output a, b, c
let w
"""


def sequences(seed=0, steps=(40, 25, 33), inputs=2, outputs=3):
    random = np.random.default_rng(seed)
    X = [random.normal(size=(n, inputs)) for n in steps]
    return X, [random.normal(size=(n, outputs)) for n in steps]


def check_is_the_minimum(network, theta, X, Y, ridge, **options):
    """The gradient of the squared loss plus the penalty is 0 in every number of the read-out."""
    _, gradient = ww.loss_and_gradient(
        network, theta, X, Y, loss="squared", gradient="sum", **options
    )
    outputs = {name.split("[")[0] for name in network.output_names}
    own = np.array([
        name.split(" -> ")[-1].split(" ")[0].split("[")[0] in outputs or name == "w"
        for name in network.theta_names
    ])  # fmt: skip
    penalised = own & ~np.array([name.endswith("bias") for name in network.theta_names])
    left = gradient + ridge * np.where(penalised, theta, 0)
    assert own.any()
    assert np.abs(left[own]).max() < 1e-9
    return own


@pytest.mark.parametrize("ridge", [0, 1e-6, 3.0])
@pytest.mark.parametrize("warm_up", [0, 7])
def test_nothing_is_left_to_descend(ridge, warm_up):
    """Delays, start values, frozen and repeated numbers, sequences of different lengths."""
    network = ww.parse(MEMORY)
    given, (X, Y) = network.initial(1), sequences()
    theta = fit_readout(network, X, Y, ridge=ridge, warm_up=warm_up, theta=given)
    own = check_is_the_minimum(network, theta, X, Y, ridge, warm_up=warm_up)
    assert np.array_equal(theta[~own], given[~own])
    assert (theta[own] != given[own]).all()


def test_weights_of_sequences_steps_and_outputs():
    network = ww.parse(MEMORY)
    given, (X, Y) = network.initial(1), sequences(steps=(30, 30))
    X, Y = np.array(X), np.array(Y)
    random = np.random.default_rng(3)
    for shape in [(2,), (2, 30), (2, 30, 3)]:
        weight = random.choice([0.0, 0.5, 2.0], shape, p=[0.2, 0.4, 0.4])
        weight.flat[0] = 1.0
        missing = np.broadcast_to(
            weight.reshape(2, -1, (len(shape) == 3 and 3) or 1), Y.shape
        )
        targets = np.where(missing == 0, np.nan, Y)
        options = {"sample_weight": weight}
        theta = fit_readout(
            network, X, targets, theta=given, ridge=0.1, sample_weight=weight
        )
        check_is_the_minimum(network, theta, X, targets, 0.1, **options)


def test_rows_are_ridge_regression():
    network = ww.parse("input x[3]\nh[5] ~ sin(x)\ny[2] ~ linear(h, x)\noutput y")
    random = np.random.default_rng(0)
    X, Y = random.normal(size=(60, 3)), random.normal(size=(60, 2))
    given, weight = network.initial(0), random.uniform(0.5, 2, 60)
    theta = fit_readout(network, X, Y, ridge=0.3, theta=given, sample_weight=weight)
    hidden = ww.values(network, given, X)[:, :5]
    read = np.hstack([hidden, X])
    model = Ridge(alpha=0.3, solver="cholesky").fit(read, Y, weight)
    assert np.allclose(network.matrix(theta, "y").weights, model.coef_, atol=1e-10)
    assert np.allclose(network.matrix(theta, "y").biases, model.intercept_, atol=1e-10)


@pytest.mark.parametrize(
    ("x_of", "y_of"),
    [
        (lambda X: X, lambda Y: Y),
        (lambda X: list(X), lambda Y: list(Y)),
        (lambda X: X, lambda Y: Y[:, :, 0]),
    ],
)
def test_forms_of_sequences(x_of, y_of):
    network = ww.wiring.reservoir(2, 10, seed=0)
    X, Y = sequences(steps=(30, 30, 30), outputs=1)
    X, Y = np.array(X), np.array(Y)
    expected = fit_readout(network, X, Y)
    assert np.array_equal(fit_readout(network, x_of(X), y_of(Y)), expected)


def test_one_sequence_and_targets_at_the_last_step():
    network = ww.wiring.reservoir(2, 10, seed=0)
    X, Y = sequences(steps=(30,) * 25, outputs=1)
    X, Y = np.array(X), np.array(Y)
    alone = fit_readout(network, X[0], Y[0, :, 0])
    assert np.array_equal(alone, fit_readout(network, X[:1], Y[:1]))
    last = np.zeros((25, 30))
    last[:, -1] = 1
    expected = fit_readout(network, X, Y, sample_weight=last)
    assert np.array_equal(fit_readout(network, X, Y[:, -1]), expected)
    check_is_the_minimum(network, expected, X, Y[:, -1], 1e-6)


def test_what_a_network_has_computed_is_found_again():
    network = ww.wiring.reservoir(1, 20, 2, leak=0.5, bias_scale=1, seed=4)
    X, _ = sequences(steps=(200, 100), inputs=1)
    known = network.initial(3)
    Y = ww.run(network, known, X)
    theta = fit_readout(network, X, Y, ridge=0)
    assert np.allclose(theta, known, atol=1e-6)
    assert all(
        np.allclose(a, b, atol=1e-9)
        for a, b in zip(ww.run(network, theta, X), Y, strict=True)
    )


def test_dependent_sources_have_the_smallest_weights():
    network = ww.parse("input x\ny = ?*x + ?*z + ?\nz = x\noutput y")
    x = np.linspace(-1, 1, 20)[:, None]
    theta = fit_readout(network, x, 4 * x + 1, ridge=0)
    assert np.allclose(theta, [2, 2, 1], atol=1e-12)


def test_without_weights_or_without_a_bias():
    x = np.arange(6.0)[:, None]
    network = ww.parse("input x\ny = [2]*x + ?\noutput y")
    assert np.allclose(fit_readout(network, x, 2 * x - 3), [-3], atol=1e-12)
    network = ww.parse("input x\ny = ?*x + [5]\noutput y")
    assert np.allclose(fit_readout(network, x, 3 * x + 5), [3], atol=1e-6)


def test_signs_of_shared_numbers():
    """A `let` number that one output uses with a minus, as its bias and as a weight."""
    x = np.arange(6.0)[:, None]
    network = ww.parse("input x\nlet v\nlet w\ny = -w*x - v\noutput y")
    numbers = network.numbers(fit_readout(network, x, 3 * x + 5, ridge=0))
    assert np.allclose([numbers["w"], numbers["v"]], [-3, -5], atol=1e-12)


@pytest.mark.parametrize("fixed", ["3*x", "tanh(3*x)", "x*x"])
def test_outputs_without_numbers_are_left_alone(fixed):
    network = ww.parse(f"input x\ny ~ linear(x)\nfixed z = {fixed}\noutput z, y")
    x = np.arange(5.0)[:, None]
    Y = np.hstack([np.full((5, 1), 1e3), 2 * x + 1])
    assert np.allclose(fit_readout(network, x, Y), [2, 1], atol=1e-6)


# ---- a chaotic series ---------------------------------------------------------------


def mackey_glass(n, spacing, per_unit=10, delay=17):
    """dx/dt = 0.2*x(t - 17)/(1 + x(t - 17)**10) - 0.1*x by the classical Runge-Kutta rule."""
    lag, h = delay * per_unit, 1 / per_unit

    def slope(x, past):
        return 0.2 * past / (1 + past**10) - 0.1 * x

    x = np.full((n + 100) * spacing * per_unit + lag + 1, 1.2)
    for t in range(lag, len(x) - 1):
        before, after = x[t - lag], x[t - lag + 1]
        middle = (before + after) / 2
        k1 = slope(x[t], before)
        k2 = slope(x[t] + h / 2 * k1, middle)
        k3 = slope(x[t] + h / 2 * k2, middle)
        k4 = slope(x[t] + h * k3, after)
        x[t + 1] = x[t] + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return x[lag :: spacing * per_unit][100 : 100 + n]


@pytest.mark.parametrize(
    ("spacing", "neurons", "times_better"), [(1, 300, 2), (6, 100, 10)]
)
def test_a_reservoir_beats_linear_autoregression(spacing, neurons, times_better):
    """Measured: 1.7e-4 against 5.2e-4 of the standard deviation, and 0.013 against 0.24."""
    x = mackey_glass(2000, spacing)
    begin = 1500
    network = ww.wiring.reservoir(1, neurons, input_scale=0.5, bias_scale=0.5, seed=0)
    theta = fit_readout(network, x[: begin - 1], x[1:begin], ridge=1e-10, warm_up=100)
    found = ww.run(network, theta, x[:-1])[begin - 1 :, 0]
    error = np.sqrt(np.mean((found - x[begin:]) ** 2))
    plain = min(_autoregression(x, begin, lags) for lags in (5, 10, 20, 30, 50))
    assert times_better * error < plain


def _autoregression(x, begin, lags):
    """Error of the least squares prediction from the last values."""
    past = np.lib.stride_tricks.sliding_window_view(x, lags)[:-1]
    A = np.hstack([past, np.ones((len(past), 1))])
    first = begin - lags
    numbers = np.linalg.lstsq(A[:first], x[lags:begin], rcond=None)[0]
    return np.sqrt(np.mean((A[first:] @ numbers - x[begin:]) ** 2))


# ---- errors -------------------------------------------------------------------------

ONE = (np.ones((5, 1)), np.ones((5, 1)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("y ~ tanh(x)\noutput y", "the output 'y' has the activation tanh"),
        ("y = ?*x*x\noutput y", "'y' has a formula that is no weighted sum"),
        ("y ~ max(x)\noutput y", "'y' makes a max of its sources"),
        ("y[2] ~ linear(x)\noutput softmax(y)", r"'y\[0\]' stands in a softmax"),
        ("fixed y = 2*x\noutput y", r"no numbers to learn \(y\)"),
        ("y = ?*x + 0.3*y@1\noutput y", r"\(y -> y\): it feeds back"),
        (
            "h ~ tanh(y@1, x)\ny ~ linear(h)\noutput y",
            r"sources of the output 'y' .* \(y -> h -> y\)",
        ),
        (
            "a ~ linear(x)\nb ~ linear(a, x)\noutput a, b",
            r"sources of the output 'b' .* \(a -> b\)",
        ),
        ("let w\ny = w*x\nz = w*x\noutput y, z", "number 'w' of the output 'y' also"),
        ("let w\ny = w*x + h\nh = tanh(w*x)\noutput y", "'w' of the output 'y' also"),
        ("let w\ny = w*x\nm = w*x@1*x\noutput y", "'w' of the output 'y' also"),
        ("let w in [0, 1]\ny = w*x + ?\noutput y", "number 'w' .* has bounds"),
        ("let a\ny = a*(?*x + 1)\noutput y", "'y' is a product of numbers"),
    ],
)
def test_what_has_no_closed_form_is_named(text, message):
    network = ww.parse(f"input x\n{text}")
    with pytest.raises(SettingError, match=message):
        fit_readout(network, *ONE, theta=network.initial(0))


def test_numbers_outside_the_read_out_must_be_known():
    network = ww.parse("input x\nh ~ tanh(x)\ny ~ linear(h)\noutput y")
    with pytest.raises(UntrainedError, match="'x -> h' is unknown"):
        fit_readout(network, *ONE)
    written = ww.parse("input x\nh = tanh(0.5*x + 1)\ny ~ linear(h)\noutput y")
    theta = fit_readout(written, np.arange(4.0)[:, None], np.arange(4.0))
    assert theta[:2].tolist() == [0.5, 1.0] and np.isfinite(theta).all()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"ridge": -1}, SettingError, "ridge must be a number, 0 or more"),
        ({"ridge": np.nan}, SettingError, "ridge"),
        ({"ridge": True}, SettingError, "ridge"),
        ({"ridge": "much"}, SettingError, "'much'"),
        ({"theta": np.zeros(3)}, SettingError, r"needs \(2,\)"),
        ({"theta": "abc"}, SettingError, "theta"),
        ({"warm_up": 1}, SettingError, "sequences"),
        ({"sample_weight": np.zeros(5)}, DataError, "'y' has no targets"),
        ({"Y": np.ones((4, 1))}, DataError, r"\(4, 1\)"),
        ({"X": np.full((5, 1), np.nan)}, DataError, "row 0"),
    ],
)
def test_bad_arguments_are_named(options, error, message):
    network = ww.parse("input x\ny ~ linear(x)\noutput y")
    given = {"X": ONE[0], "Y": ONE[1], **options}
    with pytest.raises(error, match=message):
        fit_readout(network, given.pop("X"), given.pop("Y"), **given)


def test_a_source_that_overflows_is_named():
    network = ww.parse("input x\nr = [1e200]*r@1 + x\ny ~ linear(r)\noutput y")
    with pytest.raises(DataError, match="'r' is not finite in sequence 0, step 2"):
        fit_readout(network, np.ones((5, 1)), np.ones((5, 1)))
    assert np.isfinite(fit_readout(network, np.ones((2, 1)), np.ones((2, 1)))).all()
    plain = ww.parse("input x\nfixed r = x*1e300\ny ~ linear(r)\noutput y")
    with pytest.raises(DataError, match=r"'r' is not finite in row 1 "):
        fit_readout(plain, [[1.0], [1e300]], [1.0, 1.0])


def test_a_text_is_no_network():
    with pytest.raises(SettingError, match="parse"):
        fit_readout("input x", *ONE)
