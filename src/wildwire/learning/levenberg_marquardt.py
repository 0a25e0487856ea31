"""Levenberg-Marquardt: the generalised Gauss-Newton step, damped by how well it foretells.

Comes in: an objective. Goes out: courses, driven by `stepping.py`. Up to `second_order.SMALL` numbers J^T H J is
formed (in chunks of rows, by the engine) and the damped system solved by Cholesky; beyond, conjugate gradients are
cut off early and need products only. With `bayesian`, a course of its own (`evidence.py`) chooses the penalty.

    (G + mu D) p = -g        G = J^T H J,  D the largest diagonal of G seen so far (Moré 1978)
    gain = (F(theta) - F(theta + p)) / (-g.p - p.G p/2)
    accepted: mu <- mu * max(1/3, 1 - (2 gain - 1)^3), nu <- 2;   else mu <- mu nu, nu <- 2 nu     (Nielsen 1999)
"""

from dataclasses import dataclass

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.learner import Course, Stepwise, check_ranges
from wildwire.learning.second_order import SMALL, Box, gain, solve_damped, start_value
from wildwire.learning.stopping import Reason

__all__ = ["LevenbergMarquardt"]

MOST_TRIALS = 60
SLOW_STEPS = 3  # steps in a row that lower the objective by less than the tolerance
TINY = np.finfo(np.float64).eps


@dataclass(frozen=True, slots=True)
class LevenbergMarquardt(Stepwise):
    """Levenberg 1944, Marquardt 1963: least squares at second-order speed, for any wiring and any convex loss.

    For up to some thousand numbers and any number of rows the first choice: memory is O(n_theta**2), whatever the
    number of rows. Other losses than the squared one take part by their own curvature (generalised Gauss-Newton,
    Schraudolph 2002). Numbers keep their bounds.

    Parameters
    ----------
    damping : float
        First mu, in units of the diagonal of G; above 0. 1 begins with short steps, which from random starts end in
        good minima more often than 0.01 (parity of five: 22 against 12 of 100 starts).
    tolerance : float
        Converged when three steps in a row neither lower the objective by this part of itself nor foretell it.
    geodesic : bool
        Bend each step by its second derivative along the way (Transtrum & Sethna 2012); three evaluations of
        the outputs and a way back more for each trial.
    bayesian : bool
        Choose the penalty on weights by MacKay's evidence while learning (Foresee & Hagan 1997) and tell how many
        numbers the data determine. For squared losses and cross-entropies.
    goal : float
        Converged, too, once the objective is not above this.

    Notes
    -----
    One step costs one pass for J^T H J, O(rows * outputs * n_theta**2), one Cholesky factor, n_theta**3/3, and one
    evaluation per trial.
    """

    damping: float = 1.0
    tolerance: float = 1e-9
    geodesic: bool = False
    bayesian: bool = False
    goal: float = 0.0

    def __post_init__(self):
        check_ranges(
            self, damping=(TINY, np.inf), tolerance=(0, 1), goal=(0, np.inf)
        )  # fmt: skip
        for name in ("geodesic", "bayesian"):
            if not isinstance(getattr(self, name), bool):
                raise SettingError(
                    f"{name} of LevenbergMarquardt must be True or False"
                )
        if self.geodesic and self.bayesian:
            raise SettingError("LevenbergMarquardt: geodesic or bayesian, not both")

    def begin(self, objective, theta, random):
        if self.bayesian:
            from wildwire.learning.evidence import EvidenceCourse

            return EvidenceCourse(self, objective, theta)
        if objective.n_theta > SMALL:
            return TruncatedCourse(self, objective, theta)
        return MatrixCourse(self, objective, theta)


class DampedCourse(Course):
    """What both forms share: trials until one is accepted, damping by the gain."""

    numbers = ("mu", "nu", "slow")

    def __init__(self, learner: LevenbergMarquardt, objective, theta):
        super().__init__(objective, theta, start_value(objective, theta))
        self.learner, self.box = learner, Box(objective.bounds)
        self.mu, self.nu, self.slow = learner.damping, 2.0, 0
        if not objective.n_theta:
            self.reason = Reason.CONVERGED
        elif not np.isfinite(self.loss):
            self.reason = Reason.DIVERGED

    def look(self) -> tuple[float, np.ndarray]:
        """Value and gradient at theta; curvature is kept for `propose`."""
        raise NotImplementedError

    def propose(self, free: np.ndarray) -> np.ndarray | None:
        """The damped step over the free numbers; None where it cannot be computed."""
        raise NotImplementedError

    def bent(self, step: np.ndarray, free: np.ndarray) -> float:
        """p.G p of a step over the free numbers."""
        raise NotImplementedError

    def value(self, theta: np.ndarray) -> float:
        """What trials are judged by."""
        return self.objective.value(theta)

    def step(self) -> None:
        value, gradient = self.look()
        free = self.box.free(self.theta, gradient)
        sure = np.isfinite(value) and np.isfinite(gradient).all()
        if not sure:
            self.reason = Reason.DIVERGED
            return
        if value <= self.learner.goal or not gradient[free].any():
            self.reason = Reason.CONVERGED
            return
        for _ in range(MOST_TRIALS):
            if self._try(value, gradient, free):
                return
        self.reason = Reason.CONVERGED

    def _try(self, value, gradient, free) -> bool:
        """One trial: accepted, or at an end (True); or more damping is needed (False)."""
        step = self.propose(free)
        if step is None:
            self._damp()
            return False
        trial = self.theta.copy()
        trial[free] += step
        trial = self.box.within(trial)
        step = (trial - self.theta)[free]
        if not (np.abs(step) > TINY * np.abs(self.theta[free])).any():
            self.reason = Reason.CONVERGED
            return True
        predicted = -float(gradient[free] @ step) - 0.5 * self.bent(step, free)
        after = self.value(trial)
        quality = gain(value, after, predicted)
        if quality > 1e-4:
            self._accept(trial, value, after, predicted, quality)
            return True
        if 0 < predicted <= 4 * TINY * abs(value):
            # Below what rounding of the objective lets one see.
            self.reason = Reason.CONVERGED
            return True
        self._damp()
        return False

    def _accept(self, trial, value, after, predicted, quality) -> None:
        self.mu *= max(1 / 3, 1 - (2 * quality - 1) ** 3)
        self.mu, self.nu = max(self.mu, 1e-20), 2.0
        self.theta, self.loss = trial, after
        little = self.learner.tolerance * abs(value)
        self.slow = self.slow + 1 if max(value - after, predicted) <= little else 0
        if self.slow >= SLOW_STEPS or after <= self.learner.goal:
            self.reason = Reason.CONVERGED

    def _damp(self) -> None:
        self.mu *= self.nu
        self.nu *= 2


class MatrixCourse(DampedCourse):
    """J^T H J as a matrix, Cholesky."""

    arrays = ("diagonal",)

    def __init__(self, learner, objective, theta):
        super().__init__(learner, objective, theta)
        self.diagonal = np.zeros(objective.n_theta)

    def look(self):
        found = self.objective.normal_equations(self.theta)
        self.matrix, self.gradient = found.matrix, found.gradient
        own = np.diagonal(self.matrix)
        if np.isfinite(own).all():
            self.diagonal = np.maximum(self.diagonal, own)
        return found.value, found.gradient

    def propose(self, free):
        scale = self.diagonal[free]
        # A number that moves nothing yet would be undamped.
        scale = np.maximum(scale, 1e-8 * max(scale.max(initial=0.0), 1e-300))
        whole = free.all()
        matrix = self.matrix if whole else self.matrix[np.ix_(free, free)]
        step = solve_damped(matrix, self.mu * scale, self.gradient[free])
        if step is None or not self.learner.geodesic:
            return step
        return self._bend(step, free, matrix, self.mu * scale)

    def _bend(self, step, free, matrix, damping):
        """v + a/2, a = -(G + mu D)^-1 J^T r'' along v, where a is not too long (Transtrum & Sethna 2012, eq. 15)."""
        along = np.zeros(self.objective.n_theta)
        along[free] = step
        pulled = self.objective.second_pull(self.theta, along)
        if not np.isfinite(pulled).all():
            return step
        more = solve_damped(matrix, damping, pulled[free])
        if more is None:
            return step
        scale = np.sqrt(damping)
        if 2 * np.linalg.norm(scale * more) > 0.75 * np.linalg.norm(scale * step):
            return step
        return step + 0.5 * more

    def bent(self, step, free):
        matrix = self.matrix if free.all() else self.matrix[np.ix_(free, free)]
        return float(step @ (matrix @ step))


class TruncatedCourse(DampedCourse):
    """Conjugate gradients on (G + mu s I) p = -g, cut off early (Steihaug 1983); s is the curvature along g."""

    def look(self):
        self.value_now, self.gradient = self.objective.value_and_gradient(self.theta)
        length = float(self.gradient @ self.gradient)
        bend = float(self.gradient @ self._times(self.gradient))
        self.scale = bend / length if length > 0 and bend > 0 else 1.0
        return self.value_now, self.gradient

    def _times(self, vector: np.ndarray) -> np.ndarray:
        return self.objective.gauss_newton_product(self.theta, vector)

    def _whole(self, step: np.ndarray, free: np.ndarray) -> np.ndarray:
        vector = np.zeros(self.objective.n_theta)
        vector[free] = step
        return vector

    def propose(self, free):
        gradient, damping = self.gradient[free], self.mu * self.scale
        p, r = np.zeros(len(gradient)), -gradient
        d, square = r.copy(), float(gradient @ gradient)
        # Nearly exact close to a minimum, rough far from it (Dembo & Steihaug 1983).
        enough = square * min(0.25, np.sqrt(square) / max(abs(self.loss), 1e-300))
        for _ in range(min(len(gradient), 200)):
            bent = self._times(self._whole(d, free))[free] + damping * d
            curvature = float(d @ bent)
            if not curvature > 0:
                break
            rate = square / curvature
            p, r = p + rate * d, r - rate * bent
            before, square = square, float(r @ r)
            if square <= enough:
                break
            d = r + (square / before) * d
        return p if p.any() and np.isfinite(p).all() else None

    def bent(self, step, free):
        whole = self._whole(step, free)
        return float(whole @ self._times(whole))
