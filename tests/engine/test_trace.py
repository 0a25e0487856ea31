"""The numbers on the board: against hand calculation and against the engine."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.strategies import filled, networks
from wildwire.engine import evaluate
from wildwire.engine.trace import trace
from wildwire.errors import DataError, SettingError, UntrainedError
from wildwire.network import Network


def test_a_two_neuron_chain_by_hand():
    network = Network.parse(
        "input x\nh = tanh(0.5*x + 0.1)\ny = logistic(2*h - 1)\noutput y"
    )
    step = trace(network, network.start, [0.8], 1.0, rate=0.5)
    h = np.tanh(0.5)
    z = 2 * h - 1
    y = 1 / (1 + np.exp(-z))
    delta = (y - 1) * y * (1 - y)
    neurons = {neuron.name: neuron for neuron in step.neurons}
    links = {link.name: link for link in step.links}
    assert step.loss == pytest.approx((y - 1) ** 2 / 2)
    assert neurons["y"].delta == pytest.approx(delta)
    assert neurons["h"].delta == pytest.approx((1 - h**2) * delta * 2)
    assert links["h -> y"].dE_dw == pytest.approx(delta * h)
    assert links["h -> y"].new_weight == pytest.approx(2 - 0.5 * delta * h)
    assert links["y bias"].dz_dw == 1
    assert links["y bias"].weight == -1


@settings(max_examples=60, derandomize=True, deadline=None)
@given(networks(), st.integers(0, 99))
def test_parts_add_up_to_the_engines_gradient(network, seed):
    theta = filled(network, seed)
    rng = np.random.default_rng(seed)
    x, t = rng.normal(size=network.n_inputs), rng.uniform(size=network.n_outputs)
    step = trace(network, theta, x, t)
    _, gradient = evaluate.loss_and_gradient(network, theta, x[None], t[None])
    scale = 1 + np.abs(gradient).max(initial=0)
    assert np.allclose(step.gradient, gradient, rtol=0, atol=1e-11 * scale)
    parts = np.zeros(network.n_theta)
    for link, traced in zip(range(network.n_links), _plain_links(step), strict=True):
        if network.link_slot[link] >= 0:
            parts[network.link_slot[link]] += network.link_sign[link] * traced.dE_dw
    only_links = np.setdiff1d(
        network.link_slot[network.link_slot >= 0],
        np.concatenate(
            (network.bias_slot, network.parameter_slot, network.derived.slot)
        ),
    )
    assert np.allclose(
        parts[only_links], gradient[only_links], rtol=0, atol=1e-11 * scale
    )


def _plain_links(step):
    return [link for link in step.links if link.source != "1"]


@pytest.mark.parametrize(
    ("x", "t", "options", "error"),
    [
        ([1.0, 2.0], 0.0, {}, DataError),
        ([np.nan], 0.0, {}, DataError),
        ([1.0], [0.0, 1.0], {}, DataError),
        ([1.0], 0.0, {"rate": -1}, SettingError),
        ([1.0], 0.0, {"loss": "softmax"}, SettingError),
        ([1.0], 0.0, {"loss": "logistic"}, SettingError),
    ],
)
def test_bad_input(x, t, options, error):
    network = Network.parse("input x\ny = 0.5*x + 1\noutput y")
    with pytest.raises(error):
        trace(network, network.start, x, t, **options)


def test_an_unknown_number_is_named():
    network = Network.parse("input x\ny ~ tanh(x)\noutput y")
    with pytest.raises(UntrainedError, match="x -> y"):
        trace(network, network.start, [1.0], 0.0)


def test_the_numbers_of_a_transfer_have_slopes_of_their_own():
    network = Network.parse("input a, b\nk ~ quadratic(a, b)\noutput k")
    theta = np.array([0.5, -0.3, 0.1, 0.2, 0.4, 0.7])
    step = trace(network, theta, [2.0, 3.0], 1.0, rate=0.1)
    assert [link.name for link in step.links] == [
        "a -> k", "b -> k", "k bias", "(a, a) -> k", "(a, b) -> k", "(b, b) -> k",
    ]  # fmt: skip
    assert [link.dz_dw for link in step.links] == [2, 3, 1, 4, 6, 9]
    by_name = {link.name: link for link in step.links}
    for name, slope, after in zip(
        network.theta_names, step.gradient, step.theta, strict=True
    ):
        assert by_name[name].dE_dw == pytest.approx(slope)
        assert by_name[name].new_weight == pytest.approx(after)


def test_links_of_a_distance_show_what_a_weight_does():
    network = Network.parse("input a, b\nd ~ squared_distance(a, b)\noutput d")
    step = trace(network, [0.5, 1.0], [2.0, 3.0], 0.0)
    assert [link.dz_dw for link in step.links] == [-3, -4]


def test_numbers_of_a_transfer_are_named_by_their_place_and_have_their_own_slopes():
    network = Network.parse(
        "input x1, x2\nlet a = 2\nlet b = 3\ny = t(x1: 1, x2: -a, p=a*b, bias=4)\noutput y\n"
        "transfer t(w, x, p=1) = p*bias*sum(w*x)"
    )
    step = trace(network, network.start, [1.0, 1.0], 0.0)
    assert step.outputs["y"] == -24
    found = {link.name: (link.weight, link.dz_dw, link.dE_dw) for link in step.links}
    assert found == {
        "x1 -> y": (1, 24, -576),
        "x2 -> y": (-2, 24, -576),
        "y bias": (4, -6, 144),
        "y p": (6, -4, 96),
    }
    slopes = dict(zip(network.theta_names, step.gradient, strict=True))
    assert slopes["a"] == 576 + 3 * 96
    assert slopes["b"] == 2 * 96


@pytest.mark.parametrize("name", ["max", "prod_of"])
def test_neurons_of_many_links(name):
    network = Network.parse(
        f"input x[300]\ny ~ {name}(x)\noutput y\ntransfer prod_of(w, x) = prod(w*x)"
    )
    theta, x = np.full(300, 0.5), np.full(300, 1.9)
    x[200] = 2
    step = trace(network, theta, x, 0.0)
    expected = 1 if name == "max" else 0.95**299
    assert step.outputs["y"] == pytest.approx(expected)
    (delta,) = (neuron.delta for neuron in step.neurons)
    slope = step.links[200].dE_dw / delta
    assert slope == pytest.approx(2 if name == "max" else 2 * expected)
