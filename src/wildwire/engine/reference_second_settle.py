"""The twin of products with the Hessian where loops settle: dense systems at the fixed point.

Comes in: a network with `settle`, theta, rows. Goes out: `H v`. Called by `reference_second.py`.

    y = F(y, theta),   R{y} = J R{y} + dF/dtheta v,   lambda = dE/dy + J^T lambda
    R{lambda} = R{dE/dy} + J^T R{lambda} + R{J}^T lambda,   J = dF/dy
"""

import numpy as np

from wildwire.engine.reference_numbers import links_of
from wildwire.engine.reference_second import Losses, Sums, moved_number
from wildwire.engine.reference_second_local import local, slots_of
from wildwire.engine.reference_settle import settled


class _Fixed:
    """All neurons at the fixed point, and how they move."""

    def __init__(self, network, theta, v, X, shake):
        self.network, self.theta = network, theta
        self.n, self.first, self.count = len(X), network.n_inputs, network.n_neurons
        self.shake = shake or (lambda array: array)
        self.nodes = settled(network, theta, X, shake)[1].nodes
        self.sources = [
            [int(s) for s in network.link_source[links_of(network, j)]]
            for j in range(self.count)
        ]
        self.locals = [
            local(network, theta, j, [self.nodes[s] for s in own], self.shake)
            for j, own in enumerate(self.sources)
        ]
        self.slots = [slots_of(network, j) for j in range(self.count)]
        self.numbers = [
            np.array([moved_number(network, theta, v, *pair) for pair in own])
            for own in self.slots
        ]
        self.J = self._jacobian()
        self.moves = self._moves()

    def _jacobian(self):
        """dF_k/dy_j of every sample, (n, k, j)."""
        J = np.zeros((self.n, self.count, self.count))
        for k, own in enumerate(self.sources):
            for place, node in enumerate(own):
                if node >= self.first:
                    J[:, k, node - self.first] += self.locals[k].slopes[place]
        return J

    def _moves(self):
        """R{y} of all nodes."""
        pushed = np.zeros((self.n, self.count))
        for k, own in enumerate(self.sources):
            slopes = self.locals[k].slopes[len(own) :]
            pushed[:, k] = (slopes * self.numbers[k][:, None]).sum(axis=0)
        R = np.linalg.solve(np.eye(self.count) - self.J, pushed[:, :, None])[:, :, 0]
        return [np.zeros(self.n)] * self.first + [R[:, k] for k in range(self.count)]

    def moving(self, k):
        """How sources and numbers of neuron k move."""
        rows = [self.moves[node] for node in self.sources[k]]
        return np.array(rows + [np.full(self.n, x) for x in self.numbers[k]])

    def shares(self, k, made, G, RG):
        """What neuron k tells its sources and numbers, and how that moves."""
        u = self.moving(k)
        curved = (made.seconds * u[None]).sum(axis=1)
        return G * made.slopes, RG * made.slopes + G * curved


def product_settled(
    network, theta, v, X, Y, loss, weight, gauss_newton, shake
) -> np.ndarray:
    """`H v` through values that stand still; arguments as in `reference_second.product`, rows only."""
    fixed, sums = _Fixed(network, theta, v, X, shake), Sums(network, theta, v)
    z_moves = [
        None if made.z is None else (made.z.slopes * fixed.moving(k)).sum(axis=0)
        for k, made in enumerate(fixed.locals)
    ]
    seeds = Losses(network, loss, gauss_newton).seeds(
        fixed.locals, fixed.nodes, fixed.moves, z_moves, Y, weight
    )
    told = np.zeros((2, fixed.count, fixed.n))  # dE/dy and R{dE/dy}

    def tell(k, made, G, RG, to_sources, to_numbers):
        shares, moved = fixed.shares(k, made, G, RG)
        own = fixed.sources[k]
        for place, node in enumerate(own):
            if to_sources and node >= fixed.first:
                told[:, node - fixed.first] += shares[place], moved[place]
        for place, (slot, sign) in enumerate(fixed.slots[k], len(own)):
            if to_numbers:
                sums.put(slot, sign, shares[place].sum(), moved[place].sum())

    for k, reads_z, slope, moved in seeds:
        if reads_z:
            tell(k, fixed.locals[k].z, slope, moved, True, True)
        else:
            told[:, k] += slope, moved
    back = np.eye(fixed.count) - fixed.J.transpose(0, 2, 1)
    G = np.linalg.solve(back, told[0].T[:, :, None])[:, :, 0].T
    zero = np.zeros(fixed.n)
    for k, made in enumerate(fixed.locals):
        # R{J}^T lambda: slopes move, lambda stays.
        _, moved = fixed.shares(k, made, G[k], zero)
        for place, node in enumerate(fixed.sources[k]):
            if node >= fixed.first:
                told[1, node - fixed.first] += moved[place]
    RG = np.linalg.solve(back, told[1].T[:, :, None])[:, :, 0].T
    for k, made in enumerate(fixed.locals):
        tell(k, made, G[k], RG[k], False, True)
    return sums.finished()
