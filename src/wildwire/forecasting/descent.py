"""Descent by L-BFGS, watched on the end of the series.

Comes in: an objective and a start. Goes out: the best numbers and how they were found. Called by `plan.py`. The
algorithm is SciPy's, as it is; this file adds a watch, a deadline and Ctrl-C.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

PATIENCE = 25
"""Steps without a better watched loss."""
HUGE = 1e30
"""What an infinite loss is called: the line search then turns back."""

Watch = Callable[[np.ndarray], tuple[float, ...]]
"""One or several losses of theta, each of which counts for the patience."""


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """How a descent went.

    Parameters
    ----------
    theta : ndarray
        Where it ended.
    best : tuple of ndarray
        Where each watched loss was lowest; empty without a watch.
    curves : ndarray, shape (steps + 1, watched losses)
        At the start and after every step.
    losses : list of float
        Of the objective, after every step.
    reason : str
        "converged", "steps", "early stop", "time" or "interrupted".
    """

    theta: np.ndarray
    best: tuple[np.ndarray, ...]
    curves: np.ndarray
    losses: list[float]
    reason: str


def descend(
    objective: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: np.ndarray,
    *,
    bounds: np.ndarray | None,
    steps: int,
    end: float = math.inf,
    watch: Watch | None = None,
    patience: int = PATIENCE,
) -> Descent:
    """Minimise an objective from a start.

    Parameters
    ----------
    bounds : ndarray, shape (n_theta, 2), or None
    steps : int
        At most; 0 returns the start.
    end : float
        When to stop, in seconds of `time.perf_counter`.
    watch : callable, optional
        Losses on values that are not learnt from. The descent ends when none of them has become better for `patience`
        steps.
    """
    run = _Run(start, watch, end, patience)
    if steps < 1 or not len(start):
        return run.result("steps")
    # SciPy takes a third of a second to load.
    from scipy.optimize import minimize

    def bounded(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = objective(theta)
        return min(value, HUGE), slope

    def callback(intermediate_result) -> None:
        run.losses.append(float(intermediate_result.fun))
        run.step(np.array(intermediate_result.x))

    try:
        found = minimize(
            bounded,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            callback=callback,
            options={"maxiter": steps, "maxcor": 20, "maxfun": 4 * steps + 20},
        )
    except KeyboardInterrupt:
        return run.result("interrupted")
    reason = run.reason or ("converged" if found.success else "steps")
    return run.result(reason)


class _Run:
    """What is seen on the way."""

    def __init__(self, start, watch: Watch | None, end: float, patience: int):
        self.watch, self.end, self.patience = watch, end, patience
        self.theta = np.array(start)
        seen = () if watch is None else watch(self.theta)
        self.curves = [seen]
        self.lowest = list(seen)
        self.best = [self.theta] * len(seen)
        self.losses: list[float] = []
        self.improved, self.reason = 0, ""

    def step(self, theta: np.ndarray) -> None:
        """After each step of the descent; raises StopIteration to end it."""
        self.theta = theta
        if self.watch is not None:
            self._look(self.watch(theta))
        if time.perf_counter() > self.end:
            self.reason = "time"
            raise StopIteration

    def _look(self, seen: tuple[float, ...]) -> None:
        self.curves.append(seen)
        for i, value in enumerate(seen):
            if value < self.lowest[i]:
                self.lowest[i], self.best[i] = value, self.theta
                self.improved = len(self.curves)
        if len(self.curves) - self.improved >= self.patience:
            self.reason = "early stop"
            raise StopIteration

    def result(self, reason: str) -> Descent:
        curves = np.array(self.curves, dtype=np.float64)
        return Descent(self.theta, tuple(self.best), curves, self.losses, reason)
