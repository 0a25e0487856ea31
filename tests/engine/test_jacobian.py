"""Jacobians by forward mode against the gradients by back-propagation, and against differences."""

import numpy as np
import pytest

import wildwire as ww
from engine.recurrent_networks import numbers_for, recurrent_network, sequences_for
from wildwire.engine.tangent import Tangent
from wildwire.errors import SettleError


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


TEXTS = {
    "backwards": "input a, b\nh[3] ~ tanh(a, b)\nd ~ distance(h)\nz[3] ~ linear(h, d)\noutput softmax(z), h",
    "forwards": "input a, b\nh = tanh(?*a + b)\ny[k: 4] = [0.5]*h + a\noutput y",
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float64", 1e-13), ("float32", 1e-5)]
)
def test_both_ways_agree(name, dtype, tolerance):
    network = ww.parse(TEXTS[name])
    assert (network.n_outputs <= network.n_theta) == (name == "backwards")
    theta = network.initial(1)
    X = np.random.default_rng(0).normal(size=(20, 2)).astype(dtype)
    rows = ww.jacobian(network, theta, X, dtype=dtype)
    assert rows.dtype == np.dtype(dtype)
    _, forward = Tangent(network, theta, np.float64).run(X)
    np.testing.assert_allclose(rows, forward, atol=tolerance)
    assert ww.jacobian(network, theta, X[:0]).shape == (0, *rows.shape[1:])


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


SETTLING = (
    "input x, u\ns = tanh(?*s + ?*x - ?*u)\nsettle\ny = ?*s\noutput y",
    "input x, u\na = tanh(?*b + ?*x)\nb = tanh(?*a - ?*b + ?*u@1 + ?*a@2)\nsettle\noutput b, a",
    "input x, u\nd ~ distance(e, x)\ne = 0.3*tanh(d)*u + 0.2*(e - 3)\nsettle\noutput e",
    "input x, u\nh[4] ~ tanh(x, u, h, h@1)\nstart h = 0.3\nz[3] ~ linear(h)\nsettle\noutput softmax(z)",
)


@pytest.mark.parametrize("text", SETTLING)
def test_values_that_settle_move_along(text):
    network = ww.parse(text)
    rng = np.random.default_rng(1)
    theta = rng.uniform(-0.35, 0.35, network.n_theta)
    theta = np.where(np.isnan(network.start), theta, network.start)
    X = rng.normal(size=(7, 2))
    rows = ww.jacobian(network, theta, X)
    for k in range(network.n_theta):
        step = np.eye(network.n_theta)[k] * 1e-6
        high, low = (ww.run(network, theta + s, X) for s in (step, -step))
        np.testing.assert_allclose(rows[..., k], (high - low) / 2e-6, atol=2e-8)


def test_what_does_not_settle_is_told():
    network = ww.parse("input x\ns = tanh(?*s + [1]*x)\nsettle steps=30\noutput s")
    with pytest.raises(SettleError, match="row 0"):
        ww.jacobian(network, [-5.0], [[0.5]])
    online = ww.learning.Online(network, [-5.0])
    with pytest.raises(SettleError):
        online.step([0.5], 1.0)
    assert online.theta.tolist() == [-5.0]
