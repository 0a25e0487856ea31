"""The natural gradient: steepest descent in the metric of what the network puts out, not of its numbers.

Comes in: an objective with a Gauss-Newton matrix, and a start. Goes out: a course, one solved system a step.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.learner import Course, Stepwise, check_ranges, check_whole
from wildwire.learning.points import Point, dot, held_back, is_flat, point_at, unit_of
from wildwire.learning.stopping import Reason

__all__ = ["NaturalGradient"]

HALVINGS = 40


@dataclass(frozen=True, slots=True)
class NaturalGradient(Stepwise):
    """The natural gradient (Amari 1998, eq. 2.1).

        theta <- theta - rate * (F + damping*c*I)^-1 g,   c = g.Fg / g.g

    F is the generalised Gauss-Newton matrix, which is Fisher's information where the loss is minus the logarithm of a
    probability: squared (a Gaussian), logistic, softmax, poisson (Martens 2020, section 9). It is formed where theta is
    short, O(rows * outputs * n_theta**2), and solved by O(n_theta**3); beyond `most_formed` numbers it only multiplies,
    in conjugate gradients of at most `products` products, each some two gradients.

    Parameters
    ----------
    rate : float
        Part of the whole step that is taken, above 0.
    damping : float
        Added to the metric, as a part of its curvature c along the gradient; above 0 where theta has directions that
        the outputs do not feel.
    halving : bool
        Halve a step until the loss falls; without it every step is taken, as in the paper.
    most_formed : int
        Greatest n_theta for which the matrix is formed.
    products : int
        Most products of the matrix with a vector in a step.
    tolerance : float
        The run has converged where the relative gradient is at most this.
    """

    rate: float = 1.0
    damping: float = 1e-3
    halving: bool = True
    most_formed: int = 1000
    products: int = 50
    tolerance: float = 1e-8

    default_epochs: ClassVar[int] = 200

    def __post_init__(self):
        check_ranges(
            self, rate=(0, math.inf), damping=(0, math.inf), tolerance=(0, math.inf)
        )
        check_whole(self, most_formed=0, products=1)
        if self.rate == 0:
            raise SettingError("rate of NaturalGradient must be above 0")

    def begin(self, objective, theta, random):
        return _Natural(self, objective, theta)


class _Natural(Course):
    numbers = ("unit",)

    def __init__(self, learner: NaturalGradient, objective, theta):
        point = point_at(objective, np.array(theta, dtype=np.float64))
        super().__init__(objective, point.theta, point.value)
        self.learner, self.bounds = learner, objective.bounds
        self.unit = unit_of(point)
        self.is_formed = len(theta) <= learner.most_formed
        self._judge(point)

    def _judge(self, point: Point) -> bool:
        if not point.is_finite:
            self.reason = Reason.DIVERGED
        elif is_flat(point, self.bounds, self.learner.tolerance, self.unit):
            self.reason = Reason.CONVERGED
        return self.reason is not None

    def step(self):
        point, matrix = self._here()
        if self._judge(point):
            return
        change = self._change(point, matrix)
        if change is None:
            self.reason = Reason.DIVERGED
            return
        self._move(point, change)

    def _here(self) -> tuple[Point, np.ndarray | None]:
        if not self.is_formed:
            return point_at(self.objective, self.theta), None
        found = self.objective.normal_equations(self.theta)
        if not np.isfinite(found.matrix).all() or not np.isfinite(found.gradient).all():
            return Point(self.theta, math.inf, np.zeros_like(self.theta)), None
        return Point(self.theta, float(found.value), found.gradient), found.matrix

    def _change(self, point: Point, matrix: np.ndarray | None) -> np.ndarray | None:
        """The damped natural direction of the numbers that may move; None where the metric is not finite."""
        held = held_back(point, self.bounds)
        low, high = self.bounds.T
        while True:
            slope = np.where(held, 0.0, point.gradient)
            change = self._solved(slope, held, matrix)
            if change is None:
                return None
            # Pushed against a bound although its own slope leads away from it: then it stands aside too.
            edge = ((self.theta <= low) & (change < 0)) | (
                (self.theta >= high) & (change > 0)
            )
            if not (edge & ~held).any():
                return change
            held = held | edge

    def _solved(self, slope, held, matrix) -> np.ndarray | None:
        """-(F + damping*c*I)^-1 g over the numbers not held."""
        if not slope.any():
            return slope
        if matrix is None:
            return self._by_products(slope, held)
        free = ~held
        inner, g = matrix[np.ix_(free, free)], slope[free]
        size = np.abs(g).max()
        along = g / size
        scale = dot(along, _times(inner, along)) / dot(along, along)
        change = np.zeros_like(slope)
        change[free] = -_solve(inner, g, scale, self.learner.damping)
        return change if np.isfinite(change).all() else None

    def _by_products(self, slope, held) -> np.ndarray | None:
        """The same by conjugate gradients (Hestenes and Stiefel 1952), from 0; free of the metric's units."""
        size = np.abs(slope).max()
        residual = -slope / size
        product = self._product(residual, held)
        scale = dot(residual, product) / dot(residual, residual)
        if not np.isfinite(scale) or scale <= 0:
            return None if not np.isfinite(scale) else -slope / size
        change, along = np.zeros_like(slope), residual
        left = first = dot(residual, residual)
        for k in range(self.learner.products):
            image = product if k == 0 else self._product(along, held)
            image = image / scale + self.learner.damping * along
            bend = dot(along, image)
            if not np.isfinite(bend) or bend <= 0:
                break
            change = change + left / bend * along
            residual = residual - left / bend * image
            after = dot(residual, residual)
            if after <= 1e-20 * first:
                break
            along, left = residual + after / left * along, after
        return change * (size / scale)

    def _product(self, vector, held) -> np.ndarray:
        found = self.objective.gauss_newton_product(self.theta, vector)
        return np.where(held, 0.0, found)

    def _move(self, point: Point, change: np.ndarray) -> None:
        rate = self.learner.rate
        for _ in range(HALVINGS if self.learner.halving else 1):
            theta = np.clip(point.theta + rate * change, *self.bounds.T)
            if np.array_equal(theta, point.theta):
                break
            value = float(self.objective.value(theta))
            if value < self.loss or (not self.learner.halving and math.isfinite(value)):
                self.theta, self.loss = theta, value
                return
            rate /= 2
        self.reason = Reason.CONVERGED if self.learner.halving else Reason.DIVERGED
        if self.learner.halving:
            self.note = "No part of a natural step lowers the loss."


def _times(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Product without BLAS, whose bits depend on its threads."""
    return (matrix * vector).sum(axis=1)


def _solve(matrix, gradient, scale: float, damping: float) -> np.ndarray:
    """(matrix + damping*scale*I)^-1 gradient; the shortest solution where there are many."""
    from scipy import linalg

    from wildwire.engine.blas import one_thread

    if not scale > 0:
        # The outputs do not feel the gradient: its own direction, of length 1.
        return gradient / np.abs(gradient).max()
    inner = matrix / scale
    inner[np.diag_indices(len(inner))] += damping
    with one_thread(True):
        try:
            found = linalg.cho_solve(linalg.cho_factor(inner), gradient / scale)
        except linalg.LinAlgError:
            found = linalg.lstsq(inner, gradient / scale)[0]
    return np.asarray(found)
