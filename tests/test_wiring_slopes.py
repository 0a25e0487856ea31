"""Networks that compute their own derivatives: against back-propagation to the inputs, differences and the twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wildwire as ww
from network.strategies import SMOOTH_TRANSFERS, filled, networks
from wildwire.engine import reference
from wildwire.errors import SettingError, UnsupportedError
from wildwire.wiring import slope_network
from wildwire.wiring import slopes as module

TEXTS = {
    "layers": "input x, y\nh[5] ~ tanh(x, y)\ng[4] ~ logistic(h, x)\nE ~ linear(g, h)\noutput E",
    "linear": "input x, y\nE ~ linear(x, y)\noutput E",
    "softmax": (
        "input x, y\nh[4] ~ tanh(x, y)\na ~ linear(h)\nb ~ linear(h, x)\nc ~ sin(h)\nd ~ tanh(h)\n"
        "output softmax(a, b, c), d"
    ),
    "formulas": (
        "input x, y\nz = x*exp(-0.5*y**2) + tanh(0.3*x*y)**2\nw ~ sin(z, x)\nE = w*z - x/(1.5 + y*y)\noutput E, z"
    ),
    "reductions": "input x[4]\nh[4] ~ tanh(x)\nE = h[0]*exp(h[1] - max(h))/sum(exp(h - max(h)))\noutput E",
    "transfers": (
        "input x, y\nh[5] ~ gaussian(distance(x, y))\nq ~ tanh(quadratic(h))\np ~ product(h)\n"
        "m ~ max(h, x)\nE ~ linear(h, q, p, m)\noutput E"
    ),
    "shared": (
        "input x, y\nlet a = 0.7\nlet b = -0.4 in [-1, 1]\nh = tanh(a*x - b*y + a)\n"
        "k = sin(2*a*h + a*b*x - 0.5*(y - a))\nE = logistic(a*k - h + b*h)\noutput E, h"
    ),
    "kinks": (
        "activation wave(z, k=1.5) = sin(k*z)\ninput x, y\nh[6] ~ relu(x, y)\ns[2] ~ step(x, y)\n"
        "t ~ step(x, slope=triangle)\nw[3] ~ wave(h, s, t, k=?)\nl[3] ~ spline(x, y)\nE ~ softplus(w, l, x)\noutput E"
    ),
    "parallel": "input x\nh = tanh(0.5*x + x*0.25)\ny ~ linear(h, h, x, x)\noutput y, h",
    "wide": "input x[3]\nh[9] ~ tanh(x)\ny[7] ~ arctan(h, x)\noutput y",
}  # fmt: skip


def back_propagated(network, theta, X):
    """(n, n_outputs, n_inputs)."""
    each = [
        ww.input_gradient(network, theta, X, output=k) for k in range(network.n_outputs)
    ]
    return np.stack(each, axis=1)


def found_slopes(network, theta, X, run=ww.run):
    """Values of the slope network: the outputs, and the slopes as (n, n_outputs, n_inputs)."""
    both = slope_network(network)
    values = run(both, theta, X)
    n, k = len(X), network.n_outputs
    return both, values[:, :k], values[:, k:].reshape(n, k, network.n_inputs)


def by_twin(network, theta, X):
    return reference.forward(network, theta, X).outputs


@pytest.mark.parametrize("name", TEXTS)
def test_slopes_are_those_of_back_propagation(name):
    network = ww.parse(TEXTS[name])
    theta = network.initial(seed=3)
    X = np.random.default_rng(1).uniform(-1.5, 1.5, (40, network.n_inputs))
    both, values, slopes = found_slopes(network, theta, X)
    np.testing.assert_array_equal(values, ww.run(network, theta, X))
    expected = back_propagated(network, theta, X)
    if name == "kinks":  # ... which goes through a step by its training slope
        expected = differences(network, theta, X)
    size = 1 + np.abs(expected).max()
    tolerance = 1e-6 if name == "kinks" else 1e-13
    assert np.abs(slopes - expected).max() <= tolerance * size
    assert both.outputs[: network.n_outputs] == network.outputs
    first = f"d{network.outputs[0]}/d{network.inputs[0]}"
    assert both.outputs[network.n_outputs] == first


def differences(network, theta, X, step=1e-6):
    """Central ones, (n, n_outputs, n_inputs)."""
    moved = np.eye(network.n_inputs) * step
    each = [
        (ww.run(network, theta, X + m) - ww.run(network, theta, X - m)) / (2 * step)
        for m in moved
    ]
    return np.stack(each, axis=2)


@pytest.mark.parametrize("name", TEXTS)
def test_both_ways_give_the_same_slopes(name, monkeypatch):
    network = ww.parse(TEXTS[name])
    theta = network.initial(seed=4)
    X = np.random.default_rng(2).uniform(-1.5, 1.5, (20, network.n_inputs))
    found = []
    for is_forward in (True, False):
        monkeypatch.setattr(module._Plan, "is_forward", is_forward)
        found.append(found_slopes(network, theta, X, by_twin)[2])
    size = 1 + np.abs(found[0]).max()
    assert np.abs(found[0] - found[1]).max() <= 1e-12 * size


@given(
    networks(transfers=SMOOTH_TRANSFERS, softmax=True),
    st.integers(0, 1000),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_slopes_of_any_network(network, seed, is_forward):
    theta = filled(network, seed)
    X = np.random.default_rng(seed).uniform(-1, 1, (4, network.n_inputs))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module._Plan, "is_forward", is_forward)
        both, values, slopes = found_slopes(network, theta, X, by_twin)
    np.testing.assert_array_equal(values, by_twin(network, theta, X))
    expected = back_propagated(network, theta, X)
    size = 1 + np.abs(expected).max() + np.abs(slopes).max()
    assert np.abs(slopes - expected).max() <= 1e-9 * size
    check_numbers(network, both)


def check_numbers(network, both):
    """The same vector of learnable numbers, in every respect."""
    assert both.theta_names == network.theta_names
    np.testing.assert_array_equal(both.start, network.start)
    if network.bounds is None:
        assert both.bounds is None
    else:
        np.testing.assert_array_equal(both.bounds, network.bounds)
    from wildwire.learning.penalty import link_weights

    np.testing.assert_array_equal(link_weights(both), link_weights(network))


@pytest.mark.parametrize("name", TEXTS)
def test_numbers_are_those_of_the_network(name):
    network = ww.parse(TEXTS[name])
    check_numbers(network, slope_network(network))


@pytest.mark.parametrize("name", TEXTS)
def test_text_reads_back(name):
    network = ww.parse(TEXTS[name])
    both = slope_network(network)
    theta = network.initial(seed=5)
    again = ww.parse(both.to_text(theta))
    np.testing.assert_array_equal(again.start, theta)
    X = np.random.default_rng(6).uniform(-1, 1, (10, network.n_inputs))
    expected = by_twin(both, theta, X)
    found = by_twin(again, again.start, X)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
    # A number that stands in several places stays one number.
    moved = theta * 1.01
    np.testing.assert_allclose(
        by_twin(again, moved, X), by_twin(both, moved, X), rtol=1e-12, atol=1e-13
    )


def test_gradient_of_a_slope_network():
    network = ww.parse(TEXTS["layers"])
    both = slope_network(network)
    theta = network.initial(seed=1)
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(9, 2)), rng.normal(size=(9, 3))
    ww.testing.check_gradient(both, theta, X, Y)


def test_only_what_is_wanted_and_moves_is_built():
    network = ww.parse(
        "input x, y, z\nh[3] ~ tanh(x)\ng[5] ~ tanh(y)\ns ~ step(z)\n"
        "E ~ linear(h, s)\nF ~ linear(g)\noutput E, F"
    )
    both = slope_network(network, [("E", "x")])
    assert both.outputs == ("E", "F", "dE/dx")
    added = both.names[network.n_inputs + network.n_neurons :]
    assert not any("g[" in name or "slope of s" in name for name in added)
    theta = network.initial(seed=0)
    X = np.random.default_rng(0).normal(size=(5, 3))
    zeros = slope_network(network, [("E", "y"), ("E", "z"), ("F", "x")])
    assert np.all(ww.run(zeros, theta, X)[:, 2:] == 0)
    assert zeros.n_neurons == network.n_neurons + 3


def test_pairs_by_name_and_number_in_their_order():
    network = ww.parse(TEXTS["softmax"])
    theta = network.initial(seed=0)
    X = np.random.default_rng(0).normal(size=(5, 2))
    expected = back_propagated(network, theta, X)
    both = slope_network(network, [("d", 1), (0, "x"), (2, 0)])
    assert both.outputs[4:] == ("dd/dy", "da/dx", "dc/dx")
    found = ww.run(both, theta, X)[:, 4:]
    wanted = np.stack((expected[:, 3, 1], expected[:, 0, 0], expected[:, 2, 0]), axis=1)
    np.testing.assert_allclose(found, wanted, atol=1e-14)
    np.testing.assert_array_equal(
        ww.run(both, theta, X)[:, :4], ww.run(network, theta, X)
    )


def test_a_softmax_of_large_numbers_has_finite_slopes():
    network = ww.parse(
        "input x\na = 1000*x\nb = -1000*x\nc = 3*x\noutput softmax(a, b, c)"
    )
    theta, X = network.initial(0), [[0.7], [-0.7], [0.0]]
    _, _, slopes = found_slopes(network, theta, np.array(X))
    np.testing.assert_allclose(
        slopes, back_propagated(network, theta, np.array(X)), atol=1e-12
    )
    assert np.isfinite(slopes).all()


def test_many_inputs_of_one_output_cost_little():
    network = ww.wiring.layered(20, 50, 1)
    both = slope_network(network)
    assert both.n_links <= 3 * network.n_links
    few = ww.wiring.layered(1, 50, 20)
    assert slope_network(few).n_links <= 3 * few.n_links


def test_a_name_that_is_taken_is_not_taken_twice():
    text = (
        'activation tanh_slope(z) = 2*z\ninput x\none ~ tanh(x)\n"slope of one" ~ tanh_slope(one)\n'
        'E ~ tanh("slope of one")\noutput E'
    )
    network = ww.parse(text)
    theta = network.initial(seed=0)
    X = np.array([[0.3], [-0.5]])
    both, _, slopes = found_slopes(network, theta, X)
    np.testing.assert_allclose(slopes, back_propagated(network, theta, X), atol=1e-15)
    again = ww.parse(both.to_text(theta))
    np.testing.assert_allclose(
        ww.run(again, theta, X), ww.run(both, theta, X), atol=1e-15
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("input x\ny ~ tanh(x, y@1)\noutput y", "has memory"),
        ("input x\nsettle\na ~ tanh(x, b)\nb ~ tanh(a)\noutput b", "has settle"),
    ],
)
def test_memory_and_settle_are_refused(text, told):
    with pytest.raises(UnsupportedError, match=told):
        slope_network(ww.parse(text))


def test_a_large_transfer_is_refused_by_its_neuron():
    network = ww.wiring.layered(65, 2, 1, transfer="distance")
    with pytest.raises(UnsupportedError, match=r"neuron h\[0\] has 65 links.*distance"):
        slope_network(network)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ([("E", "q")], "no input 'q'"),
        ([("e", "x")], "no output 'e'"),
        ([(1, 0)], "no output 1"),
        ([(0, True)], "no input True"),
        ([("E", "x"), (0, 0)], "twice"),
        (["Ex"], "pairs"),
        ([], "empty"),
    ],
)
def test_wrong_pairs_are_named(wanted, told):
    with pytest.raises(SettingError, match=told):
        slope_network(ww.parse(TEXTS["layers"]), wanted)


def test_a_text_is_no_network():
    with pytest.raises(SettingError, match="read a text"):
        slope_network("input x\ny ~ tanh(x)\noutput y")  # pyrefly: ignore
