"""The twin of networks that settle: all neurons at once, again and again; the gradient by a dense linear system.

Comes in: a network with `settle`, theta, samples. Goes out: values, losses, gradients. Slow and obvious on purpose:
`settle_kernels.py` is tested against it, and takes another way: there some links are cut and the others see new
values at once, and the gradient is a sum over sweeps.

    y = F(y, x, theta),   lambda = dE/dy + J^T lambda,   dE/dtheta = lambda^T dF/dtheta,   J = dF/dy
"""

from dataclasses import replace

import numpy as np

from wildwire.engine.reference import Gradient, Values, deltas, forward
from wildwire.engine.reference_sequences import start_values

MOST_SWEEPS = 100_000


def all_opened(network):
    """The network in which every link between neurons looks one step back."""
    between = network.link_source >= network.n_inputs
    return replace(
        network, link_delay=between.astype(np.int32), settle=None, document=None
    )


def settled(network, theta, X, shake=None) -> tuple:
    """The open network, the values at the fixed point, and how its links read them.

    All samples go on until the largest change is below 1e-15, or no longer shrinks.
    """
    loose, start = all_opened(network), start_values(network, theta)
    past = [np.full(len(X), value) for value in start]
    change, least, without = np.inf, np.inf, 0
    for _ in range(MOST_SWEEPS):
        computed = forward(
            loose, theta, X, shake, lambda node, _, past=past: past[node]
        )
        change = max(
            float(np.max(np.abs(new - old) / (1 + np.abs(new)), initial=0))
            for new, old in zip(
                computed.nodes[network.n_inputs :],
                past[network.n_inputs :],
                strict=True,
            )
        )
        past = list(computed.nodes)
        without = 0 if change < least else without + 1
        least = min(least, change)
        if change < 1e-15 or (without > 50 and least < 1e-12):
            return loose, computed, past
    raise ArithmeticError(f"the twin does not settle: it still moves by {change:g}")


def run(network, theta, X, shake=None) -> np.ndarray:
    """Outputs (n_samples, n_outputs)."""
    return settled(network, np.asarray(theta, float), np.asarray(X, float), shake)[
        1
    ].outputs


def _told(loose, theta, computed, n, Y, loss, weight, later):
    """One way back: what every neuron of the sweep before is told, (n_neurons, n), and the deltas."""
    told = np.zeros((loose.n_neurons, n))

    def to_past(node, _, share):
        told[node - loose.n_inputs] += share

    return told, deltas(loose, theta, computed, Y, loss, weight, later, to_past)


def jacobian(loose, theta, computed, n) -> np.ndarray:
    """dF_k/dy_j of every sample, (n, n_neurons k, n_neurons j)."""
    count = loose.n_neurons
    J = np.zeros((n, count, count))
    nothing, none = np.zeros((n, loose.n_outputs)), np.zeros(n)
    for k in range(count):
        seed = [np.full(n, float(j == k)) for j in range(count)]
        told, _ = _told(loose, theta, computed, n, nothing, "squared", none, seed)
        J[:, k] = told.T
    return J


def loss_and_gradient(
    network, theta, X, Y, *, loss="squared", gradient="mean", sample_weight=None,
    shake=None,
):  # fmt: skip
    """Loss and gradient over theta at the fixed point, as `wildwire.loss_and_gradient`."""
    X, theta = np.asarray(X, float), np.asarray(theta, float)
    Y, n = np.asarray(Y, float).reshape(len(X), -1), len(X)
    weight = np.ones(n) if sample_weight is None else np.asarray(sample_weight, float)
    loose, computed, past = settled(network, theta, X, shake)
    told, _ = _told(loose, theta, computed, n, Y, loss, weight, None)
    J = jacobian(without_heads(loose), theta, computed, n)
    rows = np.linalg.solve(
        np.eye(loose.n_neurons) - J.transpose(0, 2, 1), told.T[:, :, None]
    )
    later = [rows[:, j, 0].copy() for j in range(loose.n_neurons)]
    _, (total, by_value, by_sum) = _told(
        loose, theta, computed, n, Y, loss, weight, later
    )
    sums = Gradient(loose)
    sums.add(computed, by_value, by_sum, lambda node, _: past[node])
    result = sums.over_theta(theta)
    if gradient == "mean":
        mass = weight.sum() if weight.ndim == 1 else weight.mean(axis=1).sum()
        return total / mass, result / mass
    return total, result


def without_heads(network):
    """Heads lie behind the loops; the loss of nothing needs none."""
    return replace(network, heads=(), classes=None)


__all__ = ["Values", "all_opened", "jacobian", "loss_and_gradient", "run", "settled"]
