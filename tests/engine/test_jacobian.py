"""Jacobians by forward mode against the gradients by back-propagation, and against differences."""

import numpy as np
import pytest

import wildwire as ww
from engine.recurrent_networks import numbers_for, recurrent_network, sequences_for


@pytest.mark.parametrize("seed", range(40))
def test_rows_weighed_by_residuals_are_the_gradient(seed):
    network = recurrent_network(seed)
    theta = numbers_for(network, seed)
    X, Y, _ = sequences_for(network, seed, 2, 40)
    rows = ww.jacobian(network, theta, X)
    assert rows.shape == (*Y.shape, network.n_theta)
    residual = ww.run(network, theta, X) - Y
    _, gradient = ww.loss_and_gradient(network, theta, X, Y, gradient="sum")
    found = np.einsum("stq,stqk->k", residual, rows)
    scale = 1 + np.abs(rows).max(initial=0) * np.abs(residual).sum()
    assert np.abs(found - gradient).max(initial=0) <= 1e-12 * scale


def test_derived_numbers_and_shared_ones():
    network = ww.parse(
        "input x\nlet a = 0.3\nm = a*m@1 + 0.5*(x - 3)\ny = a*m\nstart m = 0.4\noutput y"
    )
    theta = network.initial(0)
    X = np.random.default_rng(0).normal(size=(9, 1))
    rows = ww.jacobian(network, theta, X)
    for k in range(network.n_theta):
        moved = np.array(theta)
        moved[k] += 1e-6
        low = np.array(theta)
        low[k] -= 1e-6
        close = (ww.run(network, moved, X) - ww.run(network, low, X)) / 2e-6
        np.testing.assert_allclose(rows[:, :, k], close, atol=1e-8)


def test_rows_without_memory_and_lists():
    network = ww.parse("input a, b\nh[3] ~ tanh(a, b)\ny[2] ~ linear(h)\noutput y")
    theta = network.initial(0)
    X = np.random.default_rng(0).normal(size=(50, 2))
    rows = ww.jacobian(network, theta, X)
    assert rows.shape == (50, 2, network.n_theta)
    Y = np.zeros((50, 2))
    _, gradient = ww.loss_and_gradient(network, theta, X, Y, gradient="sum")
    found = np.einsum("tq,tqk->k", ww.run(network, theta, X), rows)
    np.testing.assert_allclose(found, gradient, atol=1e-12)
    as_list = ww.jacobian(network, theta, [X[:7], X[7:]])
    np.testing.assert_array_equal(np.concatenate(as_list), rows)


def test_feedback_moves_along():
    network = ww.parse("input y\nh[3] ~ tanh(y@1..2)\nz ~ linear(h, y@1)\noutput z")
    theta = network.initial(2)
    X = np.random.default_rng(0).normal(size=(15, 1))
    options = {"warm_up": 5, "feedback": {"y": "z"}}
    rows = ww.jacobian(network, theta, X, **options)
    residual = ww.run(network, theta, X, **options)
    weight = np.arange(15) >= 5
    _, gradient = ww.loss_and_gradient(
        network, theta, X, np.zeros(15), gradient="sum", **options
    )
    found = np.einsum("tq,tqk->k", residual * weight[:, None], rows)
    np.testing.assert_allclose(found, gradient, atol=1e-12)
