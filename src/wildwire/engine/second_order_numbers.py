"""How the weights of a program move with theta, and what a gradient over weights says of theta, twice.

Comes in: a program, theta, a direction. Goes out: directions of weights, gradients over theta. Called by
`second_order.py`.

Weights are w(theta): sign * theta_i, or a monomial c prod theta_i^(+-1) of several. So

    H v = (dw/dtheta)^T R{dE/dw} + sum_w dE/dw (d2w/dtheta2) v
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from wildwire.program.compile import Program


def _added(places, amounts, count) -> np.ndarray:
    """Amounts added up by place, (count,)."""
    return np.bincount(places, amounts, count) if len(places) else np.zeros(count)


class Numbers:
    """The map from theta to weights at one theta.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program: Program):
        derived: Any = program.derived
        self.n_theta, self._count = program.n_theta, derived.count
        slot, sign = program.slot, program.sign.astype(np.float64)
        self._direct = np.flatnonzero(slot >= 0)
        self._slots, self._signs = slot[self._direct], sign[self._direct]
        self._made = np.flatnonzero(slot <= -2)
        self._numbers, self._made_signs = -2 - slot[self._made], sign[self._made]
        self._n_weights = program.n_weights
        self._terms = _Terms(derived) if derived.count else None

    def at(self, theta) -> None:
        """Another theta."""
        if self._terms is not None:
            self._terms.at(theta)

    def moved(self, v) -> np.ndarray:
        """How weights move when theta moves along v, (n_weights,)."""
        result = np.zeros(self._n_weights)
        result[self._direct] = v[self._slots] * self._signs
        if self._terms is not None:
            result[self._made] = self._terms.moved(v)[self._numbers] * self._made_signs
        return result

    def over_theta(self, by_weight) -> np.ndarray:
        """The gradient over theta of a gradient over weights."""
        own = by_weight[self._direct] * self._signs
        result = _added(self._slots, own, self.n_theta)
        if self._terms is not None:
            result += self._terms.pulled(self._over_derived(by_weight), self.n_theta)
        return result

    def curved(self, by_weight, v) -> np.ndarray:
        """`sum_w by_weight_w (second derivatives of w over theta) v`."""
        if self._terms is None:
            return np.zeros(self.n_theta)
        return self._terms.curved(self._over_derived(by_weight), v, self.n_theta)

    def _over_derived(self, by_weight):
        own = by_weight[self._made] * self._made_signs
        return _added(self._numbers, own, self._count)


class _Terms:
    """Monomials as tables (terms, factors), filled up with factors of 1 that nothing moves."""

    def __init__(self, derived):
        counts = np.diff(derived.offset)
        shape = len(counts), int(counts.max(initial=1))
        self._there = np.arange(shape[1]) < counts[:, None]
        self._slot, self._power = np.zeros(shape, int), np.ones(shape)
        self._slot[self._there], self._power[self._there] = derived.slot, derived.power
        self._coefficient, self._number = derived.coefficient, derived.number
        self._count = derived.count

    def at(self, theta) -> None:
        x = np.where(self._there, theta[self._slot], 1.0)
        up = self._power > 0
        self._values = np.where(up, x, 1 / x)
        self._first = np.where(self._there, np.where(up, 1.0, -1 / x**2), 0.0)
        self._second = np.where(self._there & ~up, 2 / x**3, 0.0)

    def _others(self, *without) -> np.ndarray:
        """Coefficient times the product of all factors but some, formed anew: a factor may be 0."""
        kept = np.ones(self._values.shape[1], bool)
        kept[list(without)] = False
        return self._coefficient * self._values[:, kept].prod(axis=1)

    def moved(self, v) -> np.ndarray:
        """How the derived numbers move, (count,)."""
        factors = range(self._values.shape[1])
        steps = self._first * v[self._slot]
        total = sum(self._others(i) * steps[:, i] for i in factors)
        return _added(self._number, total, self._count)

    def pulled(self, gradient, n_theta) -> np.ndarray:
        """The gradient over theta of one over the derived numbers."""
        factors = range(self._values.shape[1])
        slopes = [self._others(i) * self._first[:, i] for i in factors]
        shares = np.stack(slopes, axis=1) * gradient[self._number][:, None]
        return _added(self._slot.ravel(), shares.ravel(), n_theta)

    def curved(self, gradient, v, n_theta) -> np.ndarray:
        """How `pulled` moves along v while the gradient stays."""
        steps = v[self._slot]
        shares = np.zeros(self._values.shape)
        for i in range(shares.shape[1]):
            shares[:, i] = self._others(i) * self._second[:, i] * steps[:, i]
            for k in range(shares.shape[1]):
                if k != i:
                    slope = self._first[:, i] * self._first[:, k]
                    shares[:, i] += self._others(i, k) * slope * steps[:, k]
        shares *= gradient[self._number][:, None]
        return _added(self._slot.ravel(), shares.ravel(), n_theta)
