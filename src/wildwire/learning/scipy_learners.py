"""SciPy's own descents as learners: L-BFGS and the truncated Newton method, as they are.

Comes in: an objective and a start. Goes out: courses whose step is a leg: one call of `scipy.optimize.minimize` from
the present theta, for some iterations.

What SciPy has learnt of the curvature is forgotten at the end of a leg. In exchange a run stands, between legs, on
theta alone: it can be written down and gone on with to the bit, and be a stage of other learners.
"""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from wildwire.learning.learner import Course, Stepwise, check_ranges, check_whole
from wildwire.learning.points import Point, is_flat, point_at, unit_of
from wildwire.learning.stopping import Reason

__all__ = ["LBFGS", "TruncatedNewton"]

# Within a leg, tolerances are parts of the loss at its start: where the loss has fallen below this part of it, they
# were too coarse, and another leg follows.
STILL_APT = 1e-3


@dataclass(frozen=True, slots=True)
class LBFGS(Stepwise):
    """SciPy's L-BFGS-B (Byrd, Lu, Nocedal and Zhu 1995): the curvature from the last changes of the gradient.

    The usual choice for smooth losses of all rows, from a few numbers to a hundred thousand. An iteration takes about
    one value with its gradient. Bounds are kept.

    Parameters
    ----------
    memory : int
        Changes of the gradient that are remembered.
    leg : int
        Iterations in one step of the run; then the memory starts anew.
    tolerance : float
        A leg ends where an iteration wins less than this part of the loss at the leg's start, or where no slope is
        greater than it.
    """

    memory: int = 10
    leg: int = 100
    tolerance: float = 1e-14

    default_epochs: ClassVar[int] = 100

    def __post_init__(self):
        check_whole(self, memory=1, leg=1)
        check_ranges(self, tolerance=(0, math.inf))

    def begin(self, objective, theta, random):
        return _QuasiNewton(self, objective, theta)


@dataclass(frozen=True, slots=True)
class TruncatedNewton(Stepwise):
    """SciPy's Newton methods that solve their systems in part, by conjugate gradients.

    Without bounds "trust-ncg" (Steihaug 1983), with exact products of the Hessian: it also finds its way where the loss
    bends downwards. With bounds "TNC" (Nash 1984), which takes differences of gradients for these products.

    Parameters
    ----------
    leg : int
        Iterations in one step of the run, or ten times as many values with gradients where there are bounds; then the
        size of the trusted region starts anew.
    tolerance : float
        A leg ends where no slope is greater than this part of the loss at the leg's start (or, with bounds, an
        iteration wins less).
    """

    leg: int = 20
    tolerance: float = 1e-10

    default_epochs: ClassVar[int] = 100

    def __post_init__(self):
        check_whole(self, leg=1)
        check_ranges(self, tolerance=(0, math.inf))

    def begin(self, objective, theta, random):
        bounded = np.isfinite(objective.bounds).any()
        return (_Bounded if bounded else _Trusting)(self, objective, theta)


class _Scaled:
    """The objective as SciPy sees it: divided by its size at the start of a leg, and finite everywhere.

    Where the objective has no finite value there stands a wall, higher than all values so far, whose slope leads back
    to the best point: SciPy's line searches and regions then shorten a step, as they do for any bad value.
    """

    def __init__(self, objective, point: Point):
        self.objective, self.best = objective, point
        self.bounds, self.unit = objective.bounds, unit_of(point)
        self.highest = point.value / self.unit

    def __call__(self, theta) -> tuple[float, np.ndarray]:
        point = point_at(self.objective, np.clip(theta, *self.bounds.T))
        if not point.is_finite:
            return self._wall(point.theta)
        value = point.value / self.unit
        self.highest = max(self.highest, value)
        if point.value < self.best.value:
            self.best = point
        return value, point.gradient / self.unit

    def _wall(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        height = self.highest + abs(self.highest) + 1.0
        away = theta - self.best.theta
        size = float(np.abs(away).max())
        if not 0 < size < np.inf:
            return height, np.zeros_like(theta)
        away = away / size
        rise = height - self.best.value / self.unit
        return height, rise / size / float((away * away).sum()) * away

    def curved(self, theta, vector) -> np.ndarray:
        """Hessian times vector."""
        found = self.objective.hessian_product(np.array(theta), vector) / self.unit
        return found if np.isfinite(found).all() else np.zeros_like(found)


class _Legs(Course):
    numbers = ("unit",)

    def __init__(self, learner, objective, theta):
        point = point_at(objective, np.array(theta, dtype=np.float64))
        super().__init__(objective, point.theta, point.value)
        self.learner, self.unit = learner, unit_of(point)
        if not point.is_finite:
            self.reason = Reason.DIVERGED
        elif is_flat(point, objective.bounds, 0.0, self.unit):
            self.reason = Reason.CONVERGED

    @abstractmethod
    def _leg(self, seen: _Scaled, theta: np.ndarray) -> Any:
        """One call of SciPy; its result."""

    def step(self):
        from wildwire.engine.blas import one_thread

        start = point_at(self.objective, self.theta)
        seen = _Scaled(self.objective, start)
        with np.errstate(all="ignore"), one_thread(True):
            found = self._leg(seen, self.theta.copy())
        best = seen.best
        moved = best.value < start.value
        apt = abs(best.value) >= STILL_APT * abs(start.value)
        if moved:
            self.theta, self.loss = best.theta, best.value
        if not moved or (found.success and apt):
            self.note = f"SciPy: {_plain(found.message)}."
            self.reason = Reason.CONVERGED
        elif is_flat(best, self.objective.bounds, 0.0, self.unit):
            self.reason = Reason.CONVERGED


class _QuasiNewton(_Legs):
    def _leg(self, seen, theta):
        from scipy.optimize import minimize

        learner = self.learner
        options = {
            "maxiter": learner.leg, "maxcor": learner.memory, "ftol": learner.tolerance,
            "gtol": learner.tolerance, "maxfun": 20 * learner.leg + 20,
        }  # fmt: skip
        return minimize(
            seen, theta, jac=True, method="L-BFGS-B", bounds=seen.bounds,
            options=options,
        )  # fmt: skip


class _Trusting(_Legs):
    def _leg(self, seen, theta):
        from scipy.optimize import minimize

        options = {"maxiter": self.learner.leg, "gtol": self.learner.tolerance}
        return minimize(
            seen, theta, jac=True, hessp=seen.curved, method="trust-ncg",
            options=options,
        )  # fmt: skip


class _Bounded(_Legs):
    def _leg(self, seen, theta):
        from scipy.optimize import minimize

        tolerance = self.learner.tolerance
        options = {
            "maxfun": 10 * self.learner.leg, "ftol": tolerance, "gtol": tolerance,
            "xtol": 0.0,
        }  # fmt: skip
        return minimize(
            seen, theta, jac=True, method="TNC", bounds=seen.bounds, options=options
        )


# A part of SciPy's message, and what it means.
_MEANINGS = (
    ("RELATIVE REDUCTION", "an iteration hardly lowers the loss any more"),
    ("PROJECTED GRADIENT", "no slope is left"),
    ("ABNORMAL", "its line search finds no lower loss"),
    ("LINE SEARCH", "its line search finds no lower loss"),
    ("LINEAR SEARCH", "its line search finds no lower loss"),
    ("FAILURE TO PREDICT", "its model of the loss promises no improvement"),
    ("LOCAL MINIMUM", "no slope is left"),
    ("TERMINATED SUCCESSFULLY", "no slope is left"),
    ("UNABLE TO PROGRESS", "it cannot go on from here"),
    ("CONVERGED", "an iteration hardly lowers the loss any more"),
    ("ITERATIONS", "none of the iterations of a leg lowers the loss"),
    ("EVALUATIONS", "none of the evaluations of a leg lowers the loss"),
)  # fmt: skip


def _plain(message) -> str:
    """What SciPy says, in plain words."""
    told = message.decode() if isinstance(message, bytes) else str(message)
    for part, meaning in _MEANINGS:
        if part in told.upper():
            return meaning
    return " ".join(told.split()).rstrip(".")
