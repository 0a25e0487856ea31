"""Where a descent stands: a value, a gradient, and what bounds leave of it.

Comes in: an objective and theta. Goes out: `Point`, with the tests that all descents share. Called by the learners that
follow gradients of all rows.

Losses are in the user's units, 1e-42 or 1e12: nothing here compares them with numbers of their own. Sums of products
are formed without BLAS, whose bits depend on its threads.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import SettleError

if TYPE_CHECKING:
    from wildwire.learning.objective import Objective

__all__ = ["Point", "dot", "held_back", "is_flat", "point_at", "unit_of"]

# A value that has fallen to this part of the first one is as good as 0.
NOTHING = 1e-28


@dataclass(frozen=True, slots=True)
class Point:
    """theta (n_theta,), the objective there, and its gradient (n_theta,).

    Where one of them is not finite, the value is infinite and the gradient 0.
    """

    theta: np.ndarray
    value: float
    gradient: np.ndarray

    @property
    def is_finite(self) -> bool:
        return self.value < np.inf


def point_at(objective: "Objective", theta: np.ndarray) -> Point:
    """The objective at `theta`, which must not be changed afterwards; one value and one gradient."""
    try:
        value, gradient = objective.value_and_gradient(theta)
    except SettleError:  # as bad as infinity: a step of another length may settle
        value, gradient = np.inf, theta
    if not np.isfinite(value) or not np.isfinite(gradient).all():
        return Point(theta, np.inf, np.zeros_like(theta))
    return Point(theta, float(value), np.asarray(gradient))


def dot(a: np.ndarray, b: np.ndarray) -> float:
    """Sum of products, of the same bits for any number of threads of BLAS."""
    return float((a * b).sum())


def held_back(point: Point, bounds: np.ndarray) -> np.ndarray:
    """True for numbers at a bound that descent would push beyond it; bool (n_theta,)."""
    low, high = bounds.T
    at_low = (point.theta <= low) & (point.gradient > 0)
    at_high = (point.theta >= high) & (point.gradient < 0)
    return at_low | at_high | (low >= high)


def unit_of(point: Point) -> float:
    """A size of values and gradients to divide by: that of the value, or of the gradient where the value is 0."""
    for size in (abs(point.value), float(np.abs(point.gradient).max(initial=0.0))):
        if 0 < size < np.inf:
            return size
    return 1.0


def is_flat(point: Point, bounds: np.ndarray, tolerance: float, unit: float) -> bool:
    """Whether nothing is left to win: the value is as good as 0, or the relative gradient is at most `tolerance`.

    max_i |g_i| * max(|theta_i|, 1) / |value| (Dennis and Schnabel 1983, eq. 7.2.4), of numbers that may move.
    """
    if abs(point.value) <= NOTHING * unit:
        return True
    slope = np.where(held_back(point, bounds), 0.0, point.gradient)
    relative = np.abs(slope) * np.maximum(np.abs(point.theta), 1.0)
    return bool(relative.max(initial=0.0) <= tolerance * abs(point.value))
