"""Gauss-Newton and Newton: the minimum of a quadratic model, as it is or damped.

Comes in: an objective. Goes out: courses, driven by `stepping.py`.

    Gauss-Newton    p = -(J^T H J)^+ g, halved until the objective falls
    Newton          p = -H^-1 g: to the nearest critical point, be it a saddle
    damped Newton   p = -(H + mu I)^-1 g, mu so large that H + mu I is positive definite, and by the gain of the step
"""

from dataclasses import dataclass

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.learner import Course, Stepwise, check_ranges
from wildwire.learning.second_order import (
    SMALL,
    Box,
    eigen,
    gain,
    solve_damped,
    start_value,
)
from wildwire.learning.stopping import Reason

__all__ = ["GaussNewton", "Newton"]

TINY = np.finfo(np.float64).eps
MOST_TRIALS = 60
SLOW_STEPS = 3


def _refuse_many(learner: Stepwise, n_theta: int, instead: str) -> None:
    if n_theta > SMALL:
        raise SettingError(
            f"{type(learner).__name__} forms a matrix of {n_theta} x {n_theta} numbers, and {SMALL} x {SMALL} is its "
            f"limit: use {instead}"
        )


@dataclass(frozen=True, slots=True)
class GaussNewton(Stepwise):
    """The Gauss-Newton method for least squares and its like (Gauss 1809), with halved steps.

    Directions that the data do not determine are left alone (pseudo-inverse). `LevenbergMarquardt` is the surer
    choice; this is the plain method, to compare and to teach.

    Parameters
    ----------
    cutoff : float
        Eigenvalues of J^T H J below this part of the largest count as zero.
    tolerance : float
        Converged when three steps in a row lower the objective by less than this part of itself.

    Notes
    -----
    A step costs one pass for J^T H J and an eigen-decomposition, O(n_theta**3).
    """

    cutoff: float = 1e-10
    tolerance: float = 1e-9

    def __post_init__(self):
        check_ranges(self, cutoff=(0, 1), tolerance=(0, 1))

    def begin(self, objective, theta, random):
        _refuse_many(self, objective.n_theta, "LevenbergMarquardt or LBFGS")
        return _GaussNewtonCourse(self, objective, theta)


@dataclass(frozen=True, slots=True)
class Newton(Stepwise):
    """Newton's method with the exact Hessian, damped or pure.

    Parameters
    ----------
    damping : float
        First mu in units of the Hessian's mean absolute diagonal; it is raised until H + mu I is positive definite
        and the step lowers the objective. 0: the pure step, wherever it leads, saddles and maxima included.
    tolerance : float
        Converged when three steps in a row change the objective by less than this part of itself.

    Notes
    -----
    A step costs the Hessian, n_theta products of about two gradients each, and O(n_theta**3).
    """

    damping: float = 1e-2
    tolerance: float = 1e-9

    def __post_init__(self):
        check_ranges(self, damping=(0, np.inf), tolerance=(0, 1))

    def begin(self, objective, theta, random):
        _refuse_many(self, objective.n_theta, "SaddleFreeNewton or TruncatedNewton")
        if self.damping == 0:
            return _PureNewtonCourse(self, objective, theta)
        return _DampedNewtonCourse(self, objective, theta)


class _NewtonLike(Course):
    """Begin, look, and know when it is over."""

    numbers: tuple[str, ...] = ("slow",)

    def __init__(self, learner, objective, theta):
        super().__init__(objective, theta, start_value(objective, theta))
        self.learner, self.box, self.slow = learner, Box(objective.bounds), 0
        if not objective.n_theta:
            self.reason = Reason.CONVERGED
        elif not np.isfinite(self.loss):
            self.reason = Reason.DIVERGED

    def _look(self, curvature) -> bool:
        """Whether there is something to do at theta; keeps value, gradient, matrix over the free numbers."""
        self.value_now, gradient, matrix = curvature
        finite = np.isfinite(gradient).all() and np.isfinite(matrix).all()
        if not (np.isfinite(self.value_now) and finite):
            self.reason = Reason.DIVERGED
            return False
        self.free = self.box.free(self.theta, gradient)
        self.gradient = gradient[self.free]
        whole = self.free.all()
        self.matrix = matrix if whole else matrix[np.ix_(self.free, self.free)]
        if not self.gradient.any():
            self.reason = Reason.CONVERGED
        return self.reason is None

    def _moved(self, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where a step over the free numbers ends within the bounds, and what is left of it."""
        trial = self.theta.copy()
        trial[self.free] += step
        trial = self.box.within(trial)
        return trial, (trial - self.theta)[self.free]

    def _is_nothing(self, step: np.ndarray) -> bool:
        return not (np.abs(step) > TINY * np.abs(self.theta[self.free])).any()

    def _accept(self, trial: np.ndarray, after: float) -> None:
        little = self.learner.tolerance * abs(self.value_now)
        self.slow = self.slow + 1 if self.value_now - after <= little else 0
        self.theta, self.loss = trial, after
        if self.slow >= SLOW_STEPS:
            self.reason = Reason.CONVERGED


class _GaussNewtonCourse(_NewtonLike):
    def step(self):
        if not self._look(self.objective.normal_equations(self.theta)):
            return
        step = self._direction()
        slope = float(self.gradient @ step)
        if not slope < 0:
            self.reason = Reason.CONVERGED
            return
        for _ in range(MOST_TRIALS):
            trial, moved = self._moved(step)
            if self._is_nothing(moved):
                break
            after = self.objective.value(trial)
            # Armijo's rule: a ten-thousandth of what the slope foretells.
            if after <= self.value_now + 1e-4 * min(float(self.gradient @ moved), 0.0):
                self._accept(trial, after)
                return
            step = 0.5 * step
        self.reason = Reason.CONVERGED

    def _direction(self) -> np.ndarray:
        values, vectors = eigen(self.matrix)
        seen = values > self.learner.cutoff * max(values[-1], 0.0)
        pulled = vectors[:, seen].T @ self.gradient
        return -(vectors[:, seen] @ (pulled / values[seen]))


class _PureNewtonCourse(_NewtonLike):
    def step(self):
        if not self._look(self.objective.hessian(self.theta)):
            return
        values, vectors = eigen(self.matrix)
        seen = np.abs(values) > TINY * len(values) * np.abs(values).max()
        pulled = vectors[:, seen].T @ self.gradient
        step = -(vectors[:, seen] @ (pulled / values[seen]))
        trial, moved = self._moved(step)
        if self._is_nothing(moved):
            self.reason = Reason.CONVERGED
            return
        after = self.objective.value(trial)
        if not np.isfinite(after):
            self.reason = Reason.DIVERGED
            return
        little = self.learner.tolerance * abs(self.value_now)
        self.slow = self.slow + 1 if abs(self.value_now - after) <= little else 0
        self.theta, self.loss = trial, after
        if self.slow >= SLOW_STEPS:
            self.reason = Reason.CONVERGED


class _DampedNewtonCourse(_NewtonLike):
    numbers = ("slow", "mu")

    def __init__(self, learner, objective, theta):
        super().__init__(learner, objective, theta)
        self.mu = learner.damping

    def step(self):
        if not self._look(self.objective.hessian(self.theta)):
            return
        scale = float(np.abs(np.diagonal(self.matrix)).mean()) or 1.0
        for _ in range(MOST_TRIALS):
            step = solve_damped(self.matrix, self.mu * scale, self.gradient)
            if step is not None and self._try(step):
                return
            self.mu *= 4
        self.reason = Reason.CONVERGED

    def _try(self, step: np.ndarray) -> bool:
        """Whether the step is the end of this search: accepted, or nothing more to gain."""
        trial, moved = self._moved(step)
        if self._is_nothing(moved):
            self.reason = Reason.CONVERGED
            return True
        predicted = -float(self.gradient @ moved) - 0.5 * float(
            moved @ (self.matrix @ moved)
        )
        after = self.objective.value(trial)
        quality = gain(self.value_now, after, predicted)
        if quality > 1e-4:
            self.mu = max(self.mu * (0.25 if quality > 0.75 else 1.0), 1e-20)
            self._accept(trial, after)
            return True
        if 0 < predicted <= 4 * TINY * abs(self.value_now):
            self.reason = Reason.CONVERGED
            return True
        return False
