"""Many networks in one call against one call each."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wildwire as ww
from network.strategies import SMOOTH, filled, networks
from wildwire.errors import DataError, SettingError, UntrainedError

X = np.random.default_rng(0).normal(size=(77, 3))
Y = np.random.default_rng(1).uniform(size=(77, 1))
TEXTS = (
    "input a, b, c\ny ~ tanh(a, b, c)\noutput y",
    "input a, b, c\nh[20] ~ tanh(a, b)\ng ~ sin(h, c)\ny ~ logistic(g, h)\noutput y",
    "input a, b, c\nlet w = 0.3\nh = tanh(w*a - w*b + 0.5*(c - 3))\ny ~ identity(h)\noutput y",
    "input a, b, c\nh ~ leaky_relu(a, b, c, leak=0.2)\ny ~ identity(h)\noutput y",
    "input a, b, c\ny = [2]*a - [1]*b\noutput y",
)
NETWORKS = [ww.parse(text) for text in TEXTS]
THETAS = [network.initial(i) for i, network in enumerate(NETWORKS)]


@pytest.mark.parametrize("threads", [1, 2, 9])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rows", [1, 5, 77])
def test_outputs_are_those_of_single_calls(rows, dtype, threads):
    found = ww.run_many(NETWORKS, THETAS, X[:rows], dtype=dtype, threads=threads)
    for network, theta, outputs in zip(NETWORKS, THETAS, found, strict=True):
        alone = ww.run(network, theta, X[:rows], dtype=dtype)
        assert outputs.dtype == alone.dtype and np.array_equal(outputs, alone)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("gradient", ["mean", "sum"])
@pytest.mark.parametrize("loss", ["squared", "abs(o - t)**1.5"])
def test_gradients_are_those_of_single_calls(loss, gradient, threads):
    weight = np.arange(77) % 3.0
    options = {"loss": loss, "gradient": gradient, "sample_weight": weight}
    values, slopes = ww.loss_and_gradient_many(
        NETWORKS, THETAS, X, Y, threads=threads, **options
    )
    for i, (network, theta) in enumerate(zip(NETWORKS, THETAS, strict=True)):
        value, slope = ww.loss_and_gradient(network, theta, X, Y, **options)
        assert values[i] == pytest.approx(value, rel=1e-12)
        np.testing.assert_allclose(slopes[i], slope, rtol=1e-11, atol=1e-13)


@pytest.mark.slow
@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_random_populations(data):
    count = data.draw(st.integers(1, 4))
    drawn = [data.draw(networks(activations=SMOOTH)) for _ in range(count)]
    inputs = drawn[0].n_inputs
    chosen = [network for network in drawn if network.n_inputs == inputs]
    thetas = [filled(network, i) for i, network in enumerate(chosen)]
    samples = np.random.default_rng(count).uniform(-1, 1, (33, inputs))
    for threads in (1, 2):
        found = ww.run_many(chosen, thetas, samples, threads=threads)
        for network, theta, outputs in zip(chosen, thetas, found, strict=True):
            assert np.array_equal(outputs, ww.run(network, theta, samples))


def test_different_numbers_of_outputs_and_heads():
    texts = (
        "input a, b, c\nz[3] ~ identity(a, b, c)\noutput softmax(z)",
        "input a, b, c\ny[2] ~ tanh(a)\noutput y",
    )
    chosen = [ww.parse(text) for text in texts]
    thetas = [network.initial(0) for network in chosen]
    found = ww.run_many(chosen, thetas, X)
    assert [outputs.shape for outputs in found] == [(77, 3), (77, 2)]
    np.testing.assert_allclose(found[0].sum(axis=1), 1, rtol=1e-12)


def test_nothing_gives_nothing():
    assert ww.run_many([], [], X) == []
    values, slopes = ww.loss_and_gradient_many([], [], X, Y)
    assert values.size == 0 and slopes == []
    (outputs,) = ww.run_many(NETWORKS[:1], THETAS[:1], np.zeros((0, 3)))
    assert outputs.shape == (0, 1)


UNKNOWN = np.where(np.arange(4) == 1, np.nan, 0.5)


@pytest.mark.parametrize(
    ("chosen", "thetas", "error", "words"),
    [
        (NETWORKS[:2], THETAS[:1], SettingError, "2 networks and 1 thetas"),
        (NETWORKS[:2], [THETAS[0], UNKNOWN], SettingError, "network 1: theta has shape"),
        (NETWORKS[:1] * 3, [THETAS[0]] * 2 + [UNKNOWN], UntrainedError, "network 2.*b -> y"),
        ([TEXTS[0]], [THETAS[0]], SettingError, "network 0.*read a text with"),
        ([NETWORKS[0], TEXTS[0]], [THETAS[0]] * 2, SettingError, "network 1.*read a text"),
        ([ww.parse("input a\ny ~ tanh(a)\noutput y")], [np.ones(2)], DataError, "1 inputs"),
    ],
)  # fmt: skip
def test_faults_name_the_network(chosen, thetas, error, words):
    with pytest.raises(error, match=words):
        ww.run_many(chosen, thetas, X)


def test_targets_must_fit_every_network():
    two = ww.parse("input a, b, c\ny[2] ~ tanh(a)\noutput y")
    with pytest.raises(DataError, match="network 1 has 2 outputs"):
        ww.loss_and_gradient_many([NETWORKS[0], two], [THETAS[0], two.initial(0)], X, Y)
    with pytest.raises(SettingError, match=r"network 2: .*logistic"):
        ww.loss_and_gradient_many(
            [NETWORKS[1], NETWORKS[1], NETWORKS[0]], [THETAS[1], THETAS[1], THETAS[0]],
            X, Y, loss="logistic",
        )  # fmt: skip
