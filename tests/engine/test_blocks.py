"""Every shape of block and tile, against NumPy's matrix product."""

import numpy as np
import pytest

from wildwire.engine import blas, evaluate
from wildwire.network import Network
from wildwire.program import compile_network

WIDTHS = (1, 2, 3, 4, 5, 7, 8, 9, 12, 17, 33, 50, 66, 83)
ROWS = (1, 2, 7, 8, 9, 24, 31, 32, 33, 64, 65, 100, 200)


def two_layers(n_inputs, width, n_outputs):
    """A fully connected tanh network, and its matrices in the order of theta."""
    source = np.concatenate(
        (
            np.tile(np.arange(n_inputs), width),
            np.tile(n_inputs + np.arange(width), n_outputs),
        )
    )
    target = np.concatenate(
        (
            np.repeat(np.arange(width), n_inputs),
            width + np.repeat(np.arange(n_outputs), width),
        )
    )
    return Network.from_arrays(
        [("x", n_inputs)],
        source,
        target,
        neurons=[("h", width), ("y", n_outputs)],
        activation=["tanh"] * width + ["identity"] * n_outputs,
    )


def matrices(network, theta, width, n_outputs):
    hidden = np.asarray(theta[: width * (network.n_inputs + 1)])
    hidden = hidden.reshape(width, network.n_inputs + 1)
    rest = np.asarray(theta[hidden.size :]).reshape(n_outputs, width + 1)
    return hidden[:, :-1], hidden[:, -1], rest[:, :-1], rest[:, -1]


def by_hand(network, theta, X, Y, width):
    """Outputs and mean gradient of half the squared error, by matrix products."""
    n_outputs = Y.shape[1]
    W, b, V, c = matrices(network, theta, width, n_outputs)
    hidden = np.tanh(X @ W.T + b)
    outputs = hidden @ V.T + c
    error = outputs - Y
    back = (error @ V) * (1 - hidden**2)
    first = np.column_stack((back.T @ X, back.sum(0)))
    second = np.column_stack((error.T @ hidden, error.sum(0)))
    return outputs, np.concatenate((first.ravel(), second.ravel())) / len(X)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("width", WIDTHS)
def test_all_tile_shapes(width, dtype):
    tolerance = 1e-12 if dtype == "float64" else 2e-4
    for rows in ROWS:
        n_inputs, n_outputs = 1 + rows % 23, 1 + width % 7
        rng = np.random.default_rng(rows)
        network = two_layers(n_inputs, width, n_outputs)
        theta = rng.normal(size=network.n_theta)
        X, Y = rng.normal(size=(rows, n_inputs)), rng.normal(size=(rows, n_outputs))
        outputs, gradient = by_hand(network, theta, X, Y, width)
        computed = evaluate.run(network, theta, X, dtype=dtype)
        _, slope = evaluate.loss_and_gradient(network, theta, X, Y, dtype=dtype)
        assert np.allclose(computed, outputs, rtol=tolerance, atol=10 * tolerance)
        assert np.allclose(slope, gradient, rtol=tolerance, atol=10 * tolerance)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rows", [1, 9, 16, 130, 300])
def test_wide_blocks_through_blas(rows, dtype):
    tolerance = 1e-11 if dtype == "float64" else 2e-3
    rng = np.random.default_rng(rows)
    width, n_inputs = 256, blas.WIDE_WEIGHTS // 256
    network = two_layers(n_inputs, width, 2)
    assert blas.any_wide(compile_network(network).plan)
    theta = rng.normal(size=network.n_theta) / 10
    X, Y = rng.normal(size=(rows, n_inputs)), rng.normal(size=(rows, 2))
    outputs, gradient = by_hand(network, theta, X, Y, width)
    computed = evaluate.run(network, theta, X, dtype=dtype)
    _, slope = evaluate.loss_and_gradient(network, theta, X, Y, dtype=dtype)
    assert np.allclose(computed, outputs, rtol=tolerance, atol=10 * tolerance)
    assert np.allclose(slope, gradient, rtol=tolerance, atol=10 * tolerance)


def test_parallel_links_both_count():
    network = Network.from_arrays(
        2, [0, 0, 1, 2, 2], [0, 0, 0, 1, 1], activation=["tanh", "identity"]
    )
    rng = np.random.default_rng(0)
    theta = rng.normal(size=network.n_theta)
    X = rng.normal(size=(5, 2))
    h = np.tanh(theta[0] * X[:, 0] + theta[1] * X[:, 0] + theta[2] * X[:, 1] + theta[3])
    y = theta[4] * h + theta[5] * h + theta[6]
    assert np.allclose(evaluate.run(network, theta, X)[:, 0], y, rtol=1e-13)
