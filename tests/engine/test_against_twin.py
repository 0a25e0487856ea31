"""The kernels against the twin and against central differences, on random networks."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.strategies import KINKED, SMOOTH, filled, networks
from wildwire.engine import evaluate, reference

EPSILON = np.finfo(np.float64).eps
SIZES = (1, 2, 5, 8, 13, 40, 70)


def _sample(network, seed, n):
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1.5, 1.5, (n, network.n_inputs))
    Y = rng.uniform(0, 1, (n, network.n_outputs))
    for head in network.heads:
        own = Y[:, head.first : head.first + head.count]
        own /= own.sum(axis=1, keepdims=True)
    return X, Y, rng.uniform(0.1, 2.0, n)


def _loss_for(network, seed):
    """A loss that this network's outputs allow."""
    if network.heads:  # {}: softmax for heads, squared for other outputs
        whole = sum(h.count for h in network.heads) == network.n_outputs
        return ("softmax" if whole else {}, {}, "squared")[seed % 3]
    names = {
        network.functions[network.activation[node - network.n_inputs]].name
        for node in network.output_node
    }
    if names == {"logistic"} and not network.heads:
        return ("logistic", "squared")[seed % 2]
    return ("squared", "huber", "abs(o - t)**1.5 + 0.1*(o - t)**2")[seed % 3]


def _central_difference(network, theta, X, Y, weight, loss, i, step):
    """Fourth-order difference of the loss along one number, on the kernels' values."""
    value = 0.0
    for factor, coefficient in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
        moved = theta.copy()
        moved[i] += factor * step
        loss_there, _ = evaluate.loss_and_gradient(
            network, moved, X, Y, loss=loss, sample_weight=weight
        )
        value += coefficient * loss_there
    return value / (12 * step)


@pytest.mark.slow
@settings(
    max_examples=1000,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_gradient_agrees_with_the_twin_and_with_differences(data):
    softmax = data.draw(st.booleans())
    network = data.draw(networks(softmax=softmax, activations=SMOOTH))
    seed = data.draw(st.integers(0, 999))
    n = data.draw(st.sampled_from(SIZES))
    theta = filled(network, seed)
    X, Y, weight = _sample(network, seed, n)
    loss = _loss_for(network, seed)
    settings_ = {"loss": loss, "sample_weight": weight}

    value, gradient = evaluate.loss_and_gradient(network, theta, X, Y, **settings_)
    twin_value, twin = reference.loss_and_gradient(network, theta, X, Y, **settings_)
    condition = reference.condition(
        lambda shake: np.append(
            *reversed(
                reference.loss_and_gradient(
                    network, theta, X, Y, **settings_, shake=shake
                )
            )
        )
    )
    allowed = 1e-12 * (1 + condition.max())
    assert abs(value - twin_value) <= allowed
    assert np.all(np.abs(gradient - twin) <= allowed)

    for i in data.draw(
        st.lists(
            st.integers(0, max(network.n_theta - 1, 0)),
            max_size=min(3, network.n_theta),
        )
    ):
        difference = _central_difference(
            network, theta, X, Y, weight, loss, i, 1e-3 * max(1.0, abs(theta[i]))
        )
        finer = _central_difference(
            network, theta, X, Y, weight, loss, i, 5e-4 * max(1.0, abs(theta[i]))
        )
        # The stencil's own error is what it changes by when it is halved.
        own_error = abs(finer - difference)
        assert abs(gradient[i] - finer) <= 1e-6 * (1 + condition.max()) + own_error


@settings(max_examples=150, derandomize=True, deadline=None)
@given(networks(activations=KINKED + SMOOTH), st.integers(0, 99))
def test_values_agree_with_the_twin(network, seed):
    theta = filled(network, seed)
    X, _, _ = _sample(network, seed, SIZES[seed % len(SIZES)])
    computed = evaluate.values(network, theta, X)
    twin = reference.forward(network, theta, X)
    condition = reference.condition(
        lambda shake: np.stack(
            reference.forward(network, theta, X, shake).nodes[network.n_inputs :], 1
        )
    )
    expected = np.stack(twin.nodes[network.n_inputs :], axis=1)
    assert np.all(np.abs(computed - expected) <= 1e-12 * (1 + condition))


@settings(max_examples=100, derandomize=True, deadline=None)
@given(networks(softmax=True), st.integers(0, 99))
def test_input_gradient_agrees_with_differences(network, seed):
    theta = filled(network, seed)
    X, _, _ = _sample(network, seed, 9)
    output = seed % network.n_outputs
    gradient = evaluate.input_gradient(network, theta, X, output=output)
    for i in range(network.n_inputs):
        step = np.zeros(network.n_inputs)
        step[i] = 1e-4
        coefficients = ((-2, 1), (-1, -8), (1, 8), (2, -1))
        difference = sum(
            c * evaluate.run(network, theta, X + f * step)[:, output]
            for f, c in coefficients
        ) / (12e-4)
        scale = 1 + np.abs(difference).max()
        assert np.allclose(gradient[:, i], difference, rtol=0, atol=1e-6 * scale)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(networks(), st.integers(0, 99))
def test_float32_agrees_with_float64(network, seed):
    theta = filled(network, seed)
    X, Y, weight = _sample(network, seed, 21)
    loss = _loss_for(network, seed)
    exact = evaluate.loss_and_gradient(
        network, theta, X, Y, loss=loss, sample_weight=weight
    )
    short = evaluate.loss_and_gradient(
        network, theta, X, Y, loss=loss, sample_weight=weight, dtype="float32"
    )
    condition = reference.condition(
        lambda shake: reference.loss_and_gradient(
            network, theta, X, Y, loss=loss, sample_weight=weight, shake=shake
        )[1]
    )
    scale = 1 + condition.max(initial=0)
    assert np.all(np.abs(exact[1] - short[1]) <= 3e-5 * scale)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(networks(softmax=True), st.integers(0, 99))
def test_a_row_does_not_depend_on_its_neighbours(network, seed):
    """Bit for bit, as long as there are at least two rows."""
    theta = filled(network, seed)
    X, _, _ = _sample(network, seed, 70)
    together = evaluate.run(network, theta, X)
    assert np.array_equal(together[3:20], evaluate.run(network, theta, X[3:20]))
    alone = evaluate.run(network, theta, X[5:6])
    condition = reference.condition(
        lambda shake: reference.forward(network, theta, X[5:6], shake).outputs
    )
    assert np.all(np.abs(alone - together[5:6]) <= 1e-12 * (1 + condition))
