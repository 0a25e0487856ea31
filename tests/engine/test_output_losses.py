"""A loss for every output: kernels against the twin, in every form that a loss can be given."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wildwire as ww
from wildwire.engine import reference
from wildwire.engine.output_losses import output_losses, read_losses
from wildwire.errors import DataError, FunctionError, SettingError

NUMBERS = "input a, b\nh[3] ~ tanh(a, b)\ny[5] ~ identity(h, a)\noutput y"
MIXED = (
    "input a, b\nh[3] ~ tanh(a, b)\nk[3] ~ identity(h)\nu ~ identity(h, b)\np ~ logistic(h)\n"
    "c ~ exponential(h)\nm[2] ~ tanh(a)\noutput u, softmax(k), p, c, softmax(m)"
)
FEW = "input a, b\nh ~ tanh(a, b)\ny1 ~ identity(h, a)\ny2 ~ identity(h)\noutput y1, y2"
NETWORKS = {
    name: ww.parse(text)
    for name, text in (("numbers", NUMBERS), ("mixed", MIXED), ("few", FEW))
}
HUBERS = [
    "huber(delta=0.5)",
    "huber(delta=2)",
    "squared",
    "quantile(q=0.2)",
    "abs(o - t)**1.5",
]
CASES = [
    ("numbers", HUBERS),
    ("numbers", HUBERS[::-1]),
    ("numbers", ["squared", *HUBERS[:2], ("huber", 3.0), ("expectile(q=0.8)", 0.1)]),
    ("numbers", {"y[1]": "absolute", "y[4]": ("mine(o, t, p=1.5, q=2) = q*abs(o - t)**p", 0.5)}),
    ("numbers", "where(o > t, 3*(o - t)**2, (o - t)**2)"),
    ("mixed", {"p": "logistic", "c": "poisson"}),
    ("mixed", {"u": "huber", "k[1]": ("softmax", 2.0), "p": "logistic", "c": ("gamma", 0.5), "m[0]": "squared"}),
    ("mixed", {"k[0]": "squared", "p": "squared", "m[1]": ("absolute", 2)}),
    ("few", {"y2": "log_cosh"}),
    ("few", ("squared", "squared_hinge")),
]  # fmt: skip


def data(network, n, seed=0):
    random = np.random.default_rng(seed)
    X, Y = (
        random.normal(size=(n, network.n_inputs)),
        random.uniform(0.1, 1, (n, network.n_outputs)),
    )
    for head in network.heads:
        at = slice(head.first, head.first + head.count)
        Y[:, at] /= Y[:, at].sum(axis=1, keepdims=True)
    return X, Y


@pytest.mark.parametrize("n", [1, 3, 40, 300])
@pytest.mark.parametrize(("name", "loss"), CASES)
def test_values_and_gradients_are_the_twins(name, loss, n):
    network = NETWORKS[name]
    theta, (X, Y) = network.initial(1), data(network, n)
    value, slope = reference.loss_and_gradient(network, theta, X, Y, loss=loss)
    for dtype, tolerance in (("float64", 1e-12), ("float32", 2e-4)):
        found = ww.loss_and_gradient(network, theta, X, Y, loss=loss, dtype=dtype)
        np.testing.assert_allclose(found[0], value, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(found[1], slope, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("name", "loss"), CASES[2:8:2])
def test_threads_and_populations_change_no_bit(name, loss):
    network = NETWORKS[name]
    theta, (X, Y) = network.initial(1), data(network, 600)
    many, slopes = ww.loss_and_gradient_many(
        [network] * 2, [theta] * 2, X, Y, loss=loss, threads=2
    )
    one = ww.loss_and_gradient(network, theta, X, Y, loss=loss)
    two = ww.loss_and_gradient(network, theta, X, Y, loss=loss, threads=2)
    assert one[0] == two[0]
    assert np.array_equal(one[1], two[1])
    # A population takes the rows of a network in one part.
    np.testing.assert_allclose(many, [one[0]] * 2, rtol=1e-13)
    np.testing.assert_allclose(slopes[1], one[1], rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("loss", ["squared", "huber(delta=0.5)", "abs(o - t)**1.5"])
def test_one_loss_for_all_has_the_same_bits_in_every_form(loss):
    network = NETWORKS["few"]
    theta, (X, Y) = network.initial(1), data(network, 50)
    value, slope = ww.loss_and_gradient(network, theta, X, Y, loss=loss)
    for form in (
        [loss] * 2,
        {"y1": loss, "y2": (loss, 1)},
        read_losses([loss] * 2),
        ww.loss(loss),
    ):
        again = ww.loss_and_gradient(network, theta, X, Y, loss=form)
        assert again[0] == value
        assert np.array_equal(again[1], slope)


def test_weights_multiply_and_outputs_add_up():
    network = NETWORKS["few"]
    theta, (X, Y) = network.initial(1), data(network, 50)

    def at(loss):
        value, slope = ww.loss_and_gradient(network, theta, X, Y, loss=loss)
        return np.append(slope, value)

    nothing = "0*(o - t)"
    first, second = at(["squared", nothing]), at([nothing, "absolute"])
    np.testing.assert_allclose(
        at([("squared", 2.0), ("absolute", 0.25)]), 2 * first + second / 4, rtol=1e-12
    )


PLAIN = (
    "squared",
    "absolute",
    "huber(delta=0.3)",
    "huber(delta=3)",
    "log_cosh",
    "quantile(q=0.9)",
    "(o - t)**4",
)


@pytest.mark.slow
@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(
        st.tuples(st.sampled_from(PLAIN), st.floats(0.1, 10)), min_size=5, max_size=5
    ),
    st.sampled_from([1, 6, 33]),
    st.booleans(),
)
def test_any_mixture_is_the_twins(losses, n, weighted):
    network = NETWORKS["numbers"]
    theta, (X, Y) = network.initial(2), data(network, n, 3)
    weight = (
        np.random.default_rng(1).integers(0, 3, Y.shape).astype(float) + 0.5
        if weighted
        else None
    )
    found = ww.loss_and_gradient(
        network, theta, X, Y, loss=losses, sample_weight=weight
    )
    value, slope = reference.loss_and_gradient(
        network, theta, X, Y, loss=losses, sample_weight=weight
    )
    np.testing.assert_allclose(found[0], value, rtol=1e-12)
    np.testing.assert_allclose(found[1], slope, rtol=1e-9, atol=1e-11)


def test_gradients_are_differences():
    network = NETWORKS["mixed"]
    loss = {
        "u": "log_cosh",
        "p": "logistic",
        "c": ("poisson", 3.0),
        "m[0]": ("squared", 2.0),
    }
    theta, (X, Y) = network.initial(1), data(network, 7)
    slope = ww.loss_and_gradient(network, theta, X, Y, loss=loss)[1]
    for i in range(0, network.n_theta, 3):
        step = np.zeros_like(theta)
        step[i] = 1e-5
        high, low = (
            ww.loss_and_gradient(network, theta + s, X, Y, loss=loss)[0]
            for s in (step, -step)
        )
        assert slope[i] == pytest.approx((high - low) / 2e-5, rel=1e-6, abs=1e-9)


def test_a_mapping_leaves_numbers_squared_and_heads_softmax():
    chosen = output_losses({"c": ("poisson", 2)}, NETWORKS["mixed"])
    assert [loss.name for loss in chosen.functions] == [
        "squared", *["softmax"] * 3, "squared", "poisson", *["softmax"] * 2,
    ]  # fmt: skip
    assert chosen.weights == (1, 1, 1, 1, 1, 2, 1, 1)


@pytest.mark.parametrize(
    ("name", "loss", "error", "words"),
    [
        ("few", ["squared"], SettingError, "1 entries, and the network 2 outputs: y1, y2"),
        ("few", {"y3": "squared"}, SettingError, "no output 'y3'; did you mean"),
        ("few", [("squared", -1.0), "squared"], SettingError, "weight of loss number 0 is -1.0"),
        ("few", {"y1": ("squared", True)}, SettingError, "weight of loss of 'y1' is True"),
        ("few", [("squared", 1, 2), "squared"], SettingError, "number 0 has 3 parts"),
        ("few", ["squared", 3], SettingError, "loss is a int: give a name such as 'squared'"),
        ("few", 3, SettingError, "loss is a int"),
        ("few", ["squared", "sqared"], FunctionError, "did you mean 'squared'"),
        ("few", ["squared", "softmax"], SettingError, "output y2 has none"),
        ("few", ["poisson", "squared"], SettingError, r"outputs of 0 or more, and output y1 \(identity\)"),
        ("few", {"y2": "logistic"}, SettingError, r"between 0 and 1, and output y2 \(identity\)"),
        ("mixed", {"k[0]": "softmax", "k[1]": "squared"}, SettingError, "one softmax head and must have one"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_loss_of_outputs(name, loss, error, words):
    network = NETWORKS[name]
    theta, (X, Y) = network.initial(1), data(network, 4)
    with pytest.raises(error, match=words):
        ww.loss_and_gradient(network, theta, X, Y, loss=loss)
    with pytest.raises((error, DataError), match=words):
        ww.loss_and_gradient_many([network], [theta], X, Y, loss=loss)


def test_a_formula_of_ones_own_may_have_a_loss_of_positive_numbers():
    network = ww.parse("input a\ny = exp(?*a)*?\noutput y")
    theta, X = np.array([0.3, 1.2]), np.linspace(-1, 1, 20)[:, None]
    value, slope = reference.loss_and_gradient(network, theta, X, X + 1, loss="poisson")
    found = ww.loss_and_gradient(network, theta, X, X + 1, loss="poisson")
    np.testing.assert_allclose(found[0], value, rtol=1e-12)
    np.testing.assert_allclose(found[1], slope, rtol=1e-12)


def test_traces_show_the_same_step():
    network = NETWORKS["mixed"]
    theta, (X, Y) = network.initial(1), data(network, 1)
    loss = {"p": "logistic", "c": ("poisson", 3.0), "m[0]": "squared"}
    step = ww.trace(network, theta, X[0], Y[0], loss=loss)
    value, slope = ww.loss_and_gradient(network, theta, X, Y, loss=loss)
    assert step.loss == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(step.gradient, slope, rtol=1e-10, atol=1e-14)
