"""Nonlinear conjugate gradients: each step a search along a line that does not spoil what earlier ones have won.

Comes in: an objective and a start. Goes out: a course, one line search a step. Line searches are those of
`line_search.py`.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.learner import Course, Stepwise, check_ranges, check_whole
from wildwire.learning.line_search import Trial, search
from wildwire.learning.points import Point, dot, held_back, is_flat, point_at, unit_of
from wildwire.learning.stopping import Reason

__all__ = ["ConjugateGradient"]

FIRST_CHANGE = 0.01  # of the number that changes most, in the very first trial
LONGER = 10.0  # a first trial is at most so many times the last step


@dataclass(frozen=True, slots=True)
class ConjugateGradient(Stepwise):
    """Conjugate gradients by Polak and Ribière, with restarts (Nocedal and Wright 2006, algorithm 5.4, eq. 5.45).

        d <- -g + beta*d,  beta = max(0, g.(g - g_last) / g_last.g_last);  theta <- theta + length*d

    A step is one line search to the strong Wolfe conditions, some two or three values with gradients. Memory: four
    vectors. Bounds: the line is bent along them, and numbers that they hold stand aside until their slope turns.

    Parameters
    ----------
    curvature : float
        The slope along the line falls to this part; small is an exact search, 0 < curvature < 1.
    sufficient : float
        Part of what the slope promises that a step must win, below `curvature`.
    restart : int or None
        Steps after which the steepest descent is taken again; None: as many as there are numbers.
    tolerance : float
        The run has converged where the relative gradient is at most this.
    """

    curvature: float = 0.1
    sufficient: float = 1e-4
    restart: int | None = None
    tolerance: float = 1e-8

    default_epochs: ClassVar[int] = 1000

    def __post_init__(self):
        check_ranges(self, curvature=(0, 1), sufficient=(0, 1), tolerance=(0, math.inf))
        check_whole(self, restart=1)
        if not 0 < self.sufficient < self.curvature:
            raise SettingError(
                "sufficient of ConjugateGradient must be above 0 and below curvature"
            )

    def begin(self, objective, theta, random):
        return _Conjugate(self, objective, theta)


class _Conjugate(Course):
    """Values and gradients are divided by `unit`, so that their products neither vanish nor overflow."""

    arrays = ("gradient", "past", "along", "held")
    numbers = ("unit", "length", "past_slope", "since")

    def __init__(self, learner: ConjugateGradient, objective, theta):
        point = point_at(objective, np.array(theta, dtype=np.float64))
        super().__init__(objective, point.theta, point.value)
        self.learner, self.bounds = learner, objective.bounds
        self.gradient = point.gradient
        self.unit = unit_of(point)
        # The last direction, the reduced gradient it was made from, and the numbers that bounds held then.
        self.along: np.ndarray | None = None
        self.past: np.ndarray | None = None
        self.held: np.ndarray | None = None
        self.length, self.past_slope, self.since = 0.0, 0.0, 0
        self._judge(point)

    def _judge(self, point: Point) -> None:
        if not point.is_finite:
            self.reason = Reason.DIVERGED
        elif is_flat(point, self.bounds, self.learner.tolerance, self.unit):
            self.reason = Reason.CONVERGED

    def step(self):
        here = Point(self.theta, self.loss, self.gradient)
        held = held_back(here, self.bounds)
        slope = np.where(held, 0.0, here.gradient) / self.unit
        along, since = self._direction(slope, held)
        trial = self._search(here, along)
        if trial is None and since:
            along, since = -slope, 0
            trial = self._search(here, along)
        if trial is None:
            self.reason = Reason.CONVERGED
            self.note = "Even the steepest line leads to no lower loss."
            return
        self.along, self.past, self.held = along, slope, held
        self.since, self.length = since + 1, trial.length
        self.past_slope = dot(slope, along)
        self.theta, self.loss = trial.point.theta, trial.point.value
        self.gradient = trial.point.gradient
        self._judge(trial.point)

    def _direction(self, slope: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, int]:
        """The next direction, and the steps since the last restart; 0 for the steepest descent."""
        most = self.learner.restart or len(slope)
        if self.along is None or self.past is None or self.held is None:
            return -slope, 0
        if self.since >= most or not np.array_equal(held, self.held):
            return -slope, 0
        size = np.abs(self.past).max()
        before = self.past / size
        beta = dot(slope / size, slope / size - before) / dot(before, before)
        if not beta > 0:
            return -slope, 0
        along = np.where(held, 0.0, beta * self.along - slope)
        return (along, self.since) if dot(along, slope) < 0 else (-slope, 0)

    def _search(self, here: Point, along: np.ndarray) -> Trial | None:
        start_slope = dot(along, here.gradient / self.unit)
        if not start_slope < 0:
            return None
        start = Trial(0.0, here.value / self.unit, start_slope, 0.0, here)
        return search(
            lambda length: self._trial(here, along, start_slope, length), start,
            self._first_length(along, start_slope), self.learner.sufficient,
            self.learner.curvature,
        )  # fmt: skip

    def _first_length(self, along: np.ndarray, slope: float) -> float:
        """So long that the slope promises as much as in the last step (eq. 3.60)."""
        if self.length > 0:
            return min(self.past_slope / slope, LONGER) * self.length
        scale = max(1.0, float(np.abs(self.theta).max()))
        return FIRST_CHANGE * scale / float(np.abs(along).max())

    def _trial(
        self, here: Point, along: np.ndarray, slope: float, length: float
    ) -> Trial:
        """The point at `length` along the line, bent where it meets bounds."""
        straight = here.theta + length * along
        theta = np.clip(straight, *self.bounds.T)
        bent = theta != straight
        promise = length * slope
        if bent.any():
            promise = dot(theta - here.theta, here.gradient / self.unit)
        point = point_at(self.objective, theta)
        ahead = dot(np.where(bent, 0.0, along), point.gradient / self.unit)
        return Trial(length, point.value / self.unit, ahead, promise, point)
