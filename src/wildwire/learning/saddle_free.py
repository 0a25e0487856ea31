"""Saddle-free Newton: saddles repel it, where they attract Newton's method (Dauphin et al. 2014).

Comes in: an objective. Goes out: courses, driven by `stepping.py`.

    p = -(|H| + lambda I)^-1 g, |H| with the absolute values of H's eigenvalues; lambda the best of a few by trial

Small networks: all eigenvalues. Large ones: H in the Krylov space of g (Lanczos, fully re-orthogonalised), a few
steps within it (the paper's algorithm 1).
"""

from dataclasses import dataclass

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.learner import Course, Stepwise, check_ranges, check_whole
from wildwire.learning.second_order import Box, eigen, start_value
from wildwire.learning.stopping import Reason

__all__ = ["SaddleFreeNewton", "lanczos"]

TINY = np.finfo(np.float64).eps
FACTORS = 10.0 ** np.arange(-2, 3)  # of the last damping: candidates of one trial
MOST_TRIALS = 8
SLOW_STEPS = 3
EXACT = 300  # numbers up to which all eigenvalues are computed


@dataclass(frozen=True, slots=True)
class SaddleFreeNewton(Stepwise):
    """Newton's method on ``|H|`` (Dauphin et al. 2014): descends along negative curvature, never to saddles.

    Parameters
    ----------
    damping : float
        First lambda, in units of the largest eigenvalue's size; afterwards the best of five by trial, a hundredth to a
        hundredfold of the last. 0: the undamped step, taken wherever it leads.
    subspace : int or None
        Lanczos vectors; None: all eigenvalues up to 300 numbers, 50 vectors beyond.
    inner_steps : int
        Steps within the subspace before a new one is built.
    tolerance : float
        Converged when three steps in a row lower the objective by less than this part of itself.

    Notes
    -----
    A step costs n_theta products of H with a vector (about two gradients each) and O(n_theta**3), or `subspace`
    products and O(subspace**2 * n_theta); and five evaluations.
    """

    damping: float = 1e-2
    subspace: int | None = None
    inner_steps: int = 3
    tolerance: float = 1e-9

    def __post_init__(self):
        check_ranges(self, damping=(0, np.inf), tolerance=(0, 1))
        check_whole(self, subspace=1, inner_steps=1)
        if self.damping == 0 and self.subspace is not None:
            raise SettingError("SaddleFreeNewton: damping=0 is for the exact step only")

    def begin(self, objective, theta, random):
        if self.subspace is None and objective.n_theta <= EXACT:
            return _ExactCourse(self, objective, theta)
        return _KrylovCourse(self, objective, theta, random)


class _SaddleFreeCourse(Course):
    numbers = ("mu", "slow", "negative", "counted")

    def __init__(self, learner: SaddleFreeNewton, objective, theta):
        super().__init__(objective, theta, start_value(objective, theta))
        self.learner, self.box = learner, Box(objective.bounds)
        self.mu, self.slow = learner.damping, 0
        self.negative: int | None = None
        self.counted: int | None = None
        if not objective.n_theta:
            self.reason = Reason.CONVERGED
        elif not np.isfinite(self.loss):
            self.reason = Reason.DIVERGED

    def _look(self, gradient: np.ndarray) -> bool:
        """Whether the gradient at theta can be followed; sets the free numbers."""
        if not (np.isfinite(self.loss) and np.isfinite(gradient).all()):
            self.reason = Reason.DIVERGED
            return False
        self.free = self.box.free(self.theta, gradient)
        return True

    def _count(self, values: np.ndarray, what: str) -> None:
        """Tell how many eigenvalues are negative beyond rounding: the index of the point, times their number."""
        limit = TINY * len(values) * np.abs(values).max(initial=0.0)
        self.negative, self.counted = int((values < -limit).sum()), len(values)
        self.note = f"{self.negative} of {self.counted} {what} were negative."

    def _search(self, values, vectors, pulled) -> bool:
        """The best step of a few dampings over `vectors` (n_free, k); whether it lowers the objective."""
        size = np.abs(values)
        largest = float(size.max(initial=0.0)) or 1.0
        if self.learner.damping == 0:
            size = np.where(size > TINY * len(size) * largest, size, np.inf)
            return self._best(-(vectors @ (pulled / size))[None], np.zeros(1), True)
        before = self.mu
        for _ in range(MOST_TRIALS):
            dampings = self.mu * FACTORS
            with np.errstate(over="ignore"):
                steps = pulled / (size + dampings[:, None] * largest)
            if self._best(-(steps @ vectors.T), dampings, False):
                return True
            self.mu *= FACTORS[-1] / FACTORS[0]
        self.mu = before
        return False

    def _best(self, steps: np.ndarray, dampings: np.ndarray, always: bool) -> bool:
        trials = np.repeat(self.theta[None], len(steps), axis=0)
        trials[:, self.free] += steps
        trials = self.box.within(trials)
        values = self.objective.values(trials)
        values = np.where(np.isfinite(values), values, np.inf)
        least = int(np.argmin(values))
        if not np.isfinite(values[least]) or not (always or values[least] < self.loss):
            return False
        little = self.learner.tolerance * abs(self.loss)
        self.fallen = self.fallen or self.loss - values[least] > little
        self.theta, self.loss = trials[least], float(values[least])
        self.mu = max(float(dampings[least]), 1e-20)
        return True

    def _ended(self) -> None:
        self.slow = 0 if self.fallen else self.slow + 1
        if self.slow >= SLOW_STEPS:
            self.reason = Reason.CONVERGED

    def _escape(self, values, vectors) -> bool:
        """At a critical point with negative curvature: along the most negative direction, either way."""
        least = int(np.argmin(values))
        if not values[least] < -np.sqrt(TINY) * np.abs(values).max():
            return False
        along = vectors[:, least] * max(1.0, float(np.abs(self.theta).max())) * 0.1
        sizes = 0.5 ** np.arange(12)
        steps = np.concatenate([sizes[:, None] * along, -sizes[:, None] * along])
        return self._best(steps, np.full(len(steps), self.mu), False)


class _ExactCourse(_SaddleFreeCourse):
    def step(self):
        self.fallen = False
        _, gradient, matrix = self.objective.hessian(self.theta)
        if not self._look(gradient):
            return
        if not np.isfinite(matrix).all():
            self.reason = Reason.DIVERGED
            return
        if not self.free.any():
            self.reason = Reason.CONVERGED
            return
        values, vectors = eigen(matrix[np.ix_(self.free, self.free)])
        self._count(values, "eigenvalues of the Hessian")
        pulled = vectors.T @ gradient[self.free]
        moved = pulled.any() and self._search(values, vectors, pulled)
        if not moved and not self._escape(values, vectors):
            self.reason = Reason.CONVERGED
            return
        self._ended()


class _KrylovCourse(_SaddleFreeCourse):
    def __init__(self, learner, objective, theta, random):
        super().__init__(learner, objective, theta)
        self.random = random

    def step(self):
        self.fallen = False
        gradient = self.objective.gradient(self.theta)
        if not self._look(gradient):
            return
        own = gradient[self.free]
        if not own.any():
            if not self._leave():
                self.reason = Reason.CONVERGED
            return
        base, small = lanczos(self._times(), own, self.learner.subspace or 50)
        if not np.isfinite(small).all():
            self.reason = Reason.DIVERGED
            return
        values, turned = eigen(small)
        vectors = base @ turned
        self._count(values, "eigenvalues in the last subspace")
        moved = False
        for inner in range(self.learner.inner_steps):
            if inner:
                own = self.objective.gradient(self.theta)[self.free]
            pulled = vectors.T @ own
            inside = np.linalg.norm(pulled) > 1e-3 * np.linalg.norm(own)
            if not inside or not self._search(values, vectors, pulled):
                break
            moved = True
        if not (moved or self._escape(values, vectors) or self._leave()):
            self.reason = Reason.CONVERGED
            return
        self._ended()

    def _leave(self) -> bool:
        """Look for negative curvature from a random direction: the gradient's own space may have none."""
        if not self.free.any():
            return False
        start = self.random.standard_normal(int(self.free.sum()))
        base, small = lanczos(self._times(), start, self.learner.subspace or 50)
        if not np.isfinite(small).all():
            return False
        values, turned = eigen(small)
        return self._escape(values, base @ turned)

    def _times(self):
        theta, whole = self.theta, np.zeros(self.objective.n_theta)

        def times(vector: np.ndarray) -> np.ndarray:
            whole[self.free] = vector
            return self.objective.hessian_product(theta, whole)[self.free]

        return times


def lanczos(times, start: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """An orthonormal basis of the Krylov space of a symmetric operator, and the operator in it.

    Parameters
    ----------
    times : callable
        `times(v)` -> A v, (n,).
    start : ndarray (n,)
        Not all zero.
    most : int
        Vectors, at most n.

    Returns
    -------
    base : ndarray (n, k)
        k < most where the space is exhausted.
    small : ndarray (k, k)
        base^T A base, tridiagonal.

    Notes
    -----
    Lanczos 1950; every vector is made orthogonal to all before, twice, or rounding brings the first ones back (Parlett
    1980, section 13.7). O(k * cost of `times` + n * k**2).
    """
    most = min(most, len(start))
    base = np.zeros((most, len(start)))
    base[0] = start / np.linalg.norm(start)
    along, beside = np.zeros(most), np.zeros(most)
    count = most
    for j in range(most):
        moved = times(base[j])
        along[j] = float(base[j] @ moved)
        for _ in range(2):
            moved = moved - base[: j + 1].T @ (base[: j + 1] @ moved)
        beside[j] = float(np.linalg.norm(moved))
        scale = np.abs(along[: j + 1]).max() + beside[: j + 1].max()
        if j + 1 == most or not beside[j] > 1e-12 * scale:
            count = j + 1
            break
        base[j + 1] = moved / beside[j]
    small = np.diag(along[:count])
    small += np.diag(beside[: count - 1], 1) + np.diag(beside[: count - 1], -1)
    return base[:count].T, small
