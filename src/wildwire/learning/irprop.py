"""iRprop+: steps by the signs of the gradient, taken back where the loss has risen.

Comes in: an objective and a start. Goes out: a course, one gradient of all rows a step. The plain Rprop is a rule of
the engine (`first_order.py`); this one has to see the loss of each step.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wildwire.learning.full_batch import check_step_sizes
from wildwire.learning.learner import Course, Stepwise, check_ranges
from wildwire.learning.points import Point, is_flat, point_at, unit_of
from wildwire.learning.stopping import Reason

__all__ = ["IRpropPlus"]


@dataclass(frozen=True, slots=True)
class IRpropPlus(Stepwise):
    """Improved Rprop with weight backtracking (Igel and Hüsken 2003, "iRprop+").

    Every number has a step of its own, which grows while the sign of its slope stays and shrinks when it turns; the
    size of the slope does not matter. One value and one gradient a step.

    Parameters
    ----------
    first : float
        Size of the first change of every number.
    shrink, grow : float
        Factors on a step whose slope has turned, 0 < shrink < 1, and whose slope has kept its sign, 1 or more.
    smallest, largest : float
        Limits of a step.
    tolerance : float
        The run has converged where the relative gradient is at most this.
    """

    first: float = 0.1
    shrink: float = 0.5
    grow: float = 1.2
    smallest: float = 0.0
    largest: float = 50.0
    tolerance: float = 1e-8

    default_epochs: ClassVar[int] = 1000

    def __post_init__(self):
        check_step_sizes(self)
        check_ranges(self, tolerance=(0, math.inf))

    def begin(self, objective, theta, random):
        return _Signs(self, objective, theta)


class _Signs(Course):
    """The point under way may be worse than the best; `theta` is the best."""

    arrays = ("here", "here_gradient", "past_gradient", "sizes", "changes")
    numbers = ("here_value", "past_value", "unit")

    def __init__(self, learner: IRpropPlus, objective, theta):
        point = point_at(objective, np.array(theta, dtype=np.float64))
        super().__init__(objective, point.theta, point.value)
        self.learner, self.bounds = learner, objective.bounds
        self.sizes = np.full(len(theta), learner.first)
        self.past_gradient = np.zeros(len(theta))
        self.changes = np.zeros(len(theta))
        self.past_value, self.unit = math.inf, unit_of(point)
        self._take(point)
        self._judge(point)

    def _take(self, point: Point) -> None:
        self.here, self.here_value = point.theta, point.value
        self.here_gradient = point.gradient
        if point.value < self.loss:
            self.theta, self.loss = point.theta, point.value

    def _judge(self, point: Point) -> None:
        if not point.is_finite:
            self.reason = Reason.DIVERGED
        elif is_flat(point, self.bounds, self.learner.tolerance, self.unit):
            self.reason = Reason.CONVERGED

    def step(self):
        learner, gradient = self.learner, self.here_gradient
        product = np.sign(self.past_gradient) * np.sign(gradient)
        turned = product < 0
        sizes = np.where(
            product > 0, np.minimum(self.sizes * learner.grow, learner.largest),
            np.where(turned, np.maximum(self.sizes * learner.shrink, learner.smallest), self.sizes),
        )  # fmt: skip
        back = -self.changes if self.here_value > self.past_value else 0.0
        wanted = self.here + np.where(turned, back, -np.sign(gradient) * sizes)
        moved = np.clip(wanted, *self.bounds.T)
        if np.array_equal(moved, self.here) and not turned.any():
            self.reason = Reason.CONVERGED
            self.note = "No number moves any more."
            return
        point = point_at(self.objective, moved)
        if not point.is_finite:
            self._shorten()
            return
        changes = moved - self.here
        # A number that a bound holds must not gather speed for the day when its slope turns.
        kept = np.where(turned | ((changes == 0) & (gradient != 0)), 0.0, gradient)
        self.sizes, self.changes = sizes, changes
        self.past_gradient, self.past_value = kept, self.here_value
        self._take(point)
        self._judge(point)

    def _shorten(self) -> None:
        """The step led where the loss has no value: stay, with shorter steps and without a past."""
        shorter = np.maximum(self.sizes * self.learner.shrink, self.learner.smallest)
        if np.array_equal(shorter, self.sizes):
            self.reason = Reason.CONVERGED
            self.note = "Every step leads to where the loss has no finite value."
        self.sizes = shorter
        self.past_gradient = np.zeros(len(self.here))
        self.changes = np.zeros(len(self.here))
