"""Riemannian gradient descent: weights that stay on spheres, at right angles or positive, and metrics of one's own.

Comes in: an objective, manifolds for some of its numbers. Goes out: courses, driven by `stepping.py`. Manifolds stand
in `manifolds.py`, who is on which in `placing.py`, metrics in `riemannian_metric.py`.

    u = G^-1 d          Riemannian gradient: d the slopes, G the metric, u tangent
    b <- m T(b) + u     momentum m, T carries a tangent along with the point
    p <- R(-rate b)     retraction or exponential map at p, and the nearest point
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.learner import Course, Stepwise, check_ranges
from wildwire.learning.manifolds import Euclidean, Manifold
from wildwire.learning.placing import place
from wildwire.learning.riemannian_metric import (
    GAUSS_NEWTON,
    check_size,
    gauss_newton_gradient,
    metric_gradient,
)
from wildwire.learning.stopping import Reason

__all__ = ["RiemannianDescent"]

TINY = np.finfo(np.float64).eps
MOST_TRIALS = 100
SLOW_STEPS = 3
FLAT = Euclidean()
STEPS = ("retraction", "exponential")


@dataclass(frozen=True, slots=True, repr=False)
class RiemannianDescent(Stepwise):
    """Gradient descent on manifolds (Absil, Mahony & Sepulchre 2008): constraints hold exactly after every step.

    Parameters
    ----------
    manifold : Manifold or dict
        A dict from names to manifolds of `ww.learners.manifolds`: of a neuron (`"h"`, `"h_0"`, `"h[0]"`), of a group
        (`"h"`), or tuples of names. On the manifold are the weights of the neuron's links, not its bias: `Sphere()`
        for each neuron by itself, `Stiefel()` for all that one key names, `Positive()` for each number. Numbers of no
        named neuron are plain numbers within their bounds. One manifold alone takes theta as a whole as its point.
    rate : float
        Length of a step per unit of the gradient; with `search` that of the first step.
    step : "retraction" or "exponential"
        How a step is bent onto the manifold; the manifold's own map, also with a `metric`.
    metric : callable, "gauss-newton" or None
        `metric(theta)` gives the diagonal (n_theta,) or the matrix (n_theta, n_theta) of a metric instead of the
        manifolds' own. "gauss-newton" takes the generalised Gauss-Newton matrix: the natural gradient (Amari 1998) for
        likelihoods; `rate=1` suits it. A checkpoint knows a function by its name only.
    search : bool
        Halve each step until the objective falls as the slope foretells (Armijo), and start the next with twice the
        step that went well. False: every step has the given rate.
    momentum : float
        Part of the last step that is added to the next one.
    damping : float
        What "gauss-newton" adds to the diagonal, in units of its mean.
    tolerance : float
        Converged when three steps in a row change the objective by no more than this part of itself.
    gradient_tolerance : float
        Converged, too, when the Riemannian gradient is no longer than this part of the longest seen.

    Notes
    -----
    A step costs one value and gradient per trial and the manifolds' own operations, small beside it; a matrix as metric
    O(n_theta**3), and is refused beyond 3,000 numbers. A start off the manifold is moved to the nearest point, and the
    message of the result tells it.

    Examples
    --------
    >>> from wildwire.learning.learners import RiemannianDescent, manifolds
    >>> RiemannianDescent({"h": manifolds.Sphere()}, search=False)
    RiemannianDescent(manifold={'h': Sphere(radius=1.0)}, rate=0.1, step='retraction', metric=None, search=False, \
momentum=0.0, damping=0.001, tolerance=1e-09, gradient_tolerance=1e-08)
    """

    manifold: Any = FLAT
    rate: float = 0.1
    step: str = "retraction"
    metric: "Callable[[np.ndarray], np.ndarray] | str | None" = None
    search: bool = True
    momentum: float = 0.0
    damping: float = 1e-3
    tolerance: float = 1e-9
    gradient_tolerance: float = 1e-8

    def __post_init__(self):
        object.__setattr__(self, "manifold", _checked(self.manifold))
        check_ranges(
            self, rate=(0, np.inf), momentum=(0, 1), damping=(0, np.inf),
            tolerance=(0, 1), gradient_tolerance=(0, 1),
        )  # fmt: skip
        if self.rate == 0:
            raise SettingError("rate of RiemannianDescent must be above 0")
        if self.step not in STEPS:
            raise SettingError(
                f"step of RiemannianDescent must be 'retraction' or 'exponential', not {self.step!r}"
            )
        if not isinstance(self.search, bool):
            raise SettingError("search of RiemannianDescent must be True or False")
        named = isinstance(self.metric, str) and self.metric == GAUSS_NEWTON
        if not (self.metric is None or named or callable(self.metric)):
            raise SettingError(
                f"metric of RiemannianDescent must be a function of theta, {GAUSS_NEWTON!r} or None, "
                f"not {self.metric!r}"
            )

    def __repr__(self) -> str:
        # Checkpoints compare it: a function shows its name, not its place in memory.
        told = {field.name: repr(getattr(self, field.name)) for field in fields(self)}
        if isinstance(self.manifold, tuple):
            told["manifold"] = repr(dict(self.manifold))
        if callable(self.metric):
            told["metric"] = getattr(
                self.metric, "__qualname__", type(self.metric).__name__
            )
        listed = ", ".join(f"{name}={value}" for name, value in told.items())
        return f"{type(self).__name__}({listed})"

    def begin(self, objective, theta, random):
        if isinstance(self.metric, str):
            check_size(objective.n_theta)
        return _RiemannianCourse(self, objective, theta)


def _checked(manifold: Any) -> "Manifold | tuple[tuple[Any, Manifold], ...]":
    """A manifold, or the pairs of a mapping, which can be neither changed nor mistaken for another."""
    if isinstance(manifold, Manifold):
        return manifold
    pairs = tuple(manifold.items()) if isinstance(manifold, Mapping) else manifold
    if not isinstance(pairs, tuple):
        raise SettingError(
            "manifold of RiemannianDescent must be one of ww.learners.manifolds or a dict from names of neurons to "
            f"them, not {manifold!r}"
        )
    found = []
    for pair in pairs:
        key, own = pair if isinstance(pair, tuple) and len(pair) == 2 else (pair, None)
        names = (key,) if isinstance(key, str) else key
        if not isinstance(names, tuple) or not all(isinstance(n, str) for n in names):
            raise SettingError(
                f"keys of manifold must be names of neurons or tuples of names, not {key!r}"
            )
        if not isinstance(own, Manifold):
            raise SettingError(
                f"manifold of {key!r} must be one of ww.learners.manifolds, such as Sphere(), not {own!r}"
            )
        found.append((key, own))
    return tuple(found)


class _RiemannianCourse(Course):
    arrays = ("gradient", "velocity")
    numbers = ("rate", "slow", "longest")
    # What was evaluated before this course may be off the manifold.
    keeps_last = True

    def __init__(self, learner: RiemannianDescent, objective, theta):
        self.learner = learner
        self.surface = place(learner.manifold, objective)
        start, told = self.surface.project(np.array(theta, dtype=np.float64))
        value, gradient = objective.value_and_gradient(start)
        good = np.isfinite(value) and np.isfinite(gradient).all()
        super().__init__(objective, start, value if good else np.inf)
        self.gradient: np.ndarray = np.array(gradient, dtype=np.float64)
        self.velocity: np.ndarray | None = None
        self.rate, self.slow, self.longest = float(learner.rate), 0, 0.0
        self.note = told
        if not objective.n_theta:
            self.reason = Reason.CONVERGED
        elif not good:
            self.reason = Reason.DIVERGED

    def step(self):
        uphill = self._uphill()
        with np.errstate(over="ignore", invalid="ignore"):
            square = float(self.gradient @ uphill)
        if not np.isfinite(square):
            self.reason = Reason.DIVERGED
            return
        length = float(np.sqrt(max(square, 0.0)))
        self.longest = max(self.longest, length)
        if length <= self.learner.gradient_tolerance * self.longest:
            self.reason = Reason.CONVERGED
            return
        if self.learner.search:
            self._search(uphill)
        else:
            self._go(self._carried(uphill))

    def _uphill(self) -> np.ndarray:
        """The Riemannian gradient at theta."""
        metric, theta = self.learner.metric, self.theta
        if metric is None:
            return self.surface.gradient(theta, self.gradient)
        if isinstance(metric, str):
            return gauss_newton_gradient(
                self.objective, self.surface, theta, self.gradient, self.learner.damping
            )
        return metric_gradient(metric, self.surface, theta, self.gradient)

    def _carried(self, uphill: np.ndarray) -> np.ndarray:
        """With momentum."""
        if self.velocity is None:
            return uphill
        free = self.surface.free(self.theta, self.gradient)
        return uphill + np.where(free, self.learner.momentum * self.velocity, 0.0)

    def _at(self, step: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
        """Where a step ends, with value and gradient; an infinite value where one of the three is not finite."""
        trial = self.surface.move(self.theta, step, self.learner.step == STEPS[1])
        if not np.isfinite(trial).all():
            return trial, np.inf, self.gradient
        value, gradient = self.objective.value_and_gradient(trial)
        good = np.isfinite(value) and np.isfinite(gradient).all()
        return trial, float(value) if good else np.inf, gradient

    def _go(self, against: np.ndarray) -> None:
        trial, value, gradient = self._at(_step(self.learner.rate, against))
        if not np.isfinite(value):
            self.reason = Reason.DIVERGED
            return
        self._accept(trial, value, gradient, against, self.rate)

    def _search(self, uphill: np.ndarray) -> None:
        against = self._carried(uphill)
        if self.velocity is not None:
            if float(self.gradient @ against) > 0 and self._found(against):
                return
            self.velocity = None
        if not self._found(uphill):
            self.reason = Reason.CONVERGED

    def _found(self, against: np.ndarray) -> bool:
        """Armijo's search along a direction (Absil et al. 2008, definition 4.2.2); False where no step is left."""
        rate = self.rate
        for trials in range(MOST_TRIALS):
            step = _step(rate, against)
            promised = self.surface.promised(self.theta, step, self.gradient)
            trial, value, gradient = self._at(step)
            if np.isfinite(trial).all() and _is_nothing(trial, self.theta):
                return False
            if value <= self.loss + 1e-4 * min(promised, 0.0):
                longer = min(2 * rate, 1e12 * self.learner.rate)
                self._accept(
                    trial, value, gradient, against, rate if trials else longer
                )
                return True
            # What is not finite costs no evaluation, and may be far beyond all that is.
            rate *= 0.5 if np.isfinite(trial).all() else 1e-4
        self.rate = rate  # not the end: the next step goes on from here
        return True

    def _accept(self, trial, value, gradient, against, rate) -> None:
        if self.learner.momentum:
            carried = self.surface.transport(self.theta, trial, against)
            self.velocity = carried if np.isfinite(carried).all() else None
        little = self.learner.tolerance * abs(self.loss)
        self.slow = self.slow + 1 if abs(self.loss - value) <= little else 0
        self.rate, self.gradient = rate, gradient
        self.theta, self.loss = trial, value
        if self.slow >= SLOW_STEPS:
            self.reason = Reason.CONVERGED


def _step(rate: float, against: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        return -rate * against


def _is_nothing(trial: np.ndarray, theta: np.ndarray) -> bool:
    return not (np.abs(trial - theta) > TINY * np.abs(theta)).any()
