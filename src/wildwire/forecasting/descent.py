"""Descent by L-BFGS, watched on the end of the series.

Comes in: an objective and a start. Goes out: the best numbers and how they were found. Called by `training.py`. The
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

Watch = Callable[[np.ndarray], float]


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """How a descent went.

    Parameters
    ----------
    theta : ndarray
        Of the lowest watched loss; without a watch, where it ended.
    steps : int
        After which theta was reached.
    watched : float
        The loss there, as the watch saw it; infinite without one.
    losses : list of float
        Of the objective, after every step.
    curve : list of float
        What the watch saw, at the start and after every step.
    reason : str
        "converged", "steps", "early stop", "time" or "interrupted".
    """

    theta: np.ndarray
    steps: int
    watched: float
    losses: list[float]
    curve: list[float]
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
        Loss on values that are not learnt from; the theta of its lowest value is returned.
    """
    run = _Run(start, watch, end, patience)
    if steps < 1 or not len(start):
        return run.result("steps")
    # SciPy takes a third of a second to load.
    from scipy.optimize import minimize

    def bounded(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = objective(theta)
        run.last = min(value, HUGE)
        return run.last, slope

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
    """The best so far."""

    def __init__(self, start, watch: Watch | None, end: float, patience: int):
        self.watch, self.end, self.patience = watch, end, patience
        self.theta, self.best_step, self.count = np.array(start), 0, 0
        self.watched = math.inf if watch is None else watch(self.theta)
        self.losses: list[float] = []
        self.curve = [self.watched]
        self.last = math.inf
        self.reason = ""

    def step(self, theta: np.ndarray) -> None:
        """After each step of the descent; raises StopIteration to end it."""
        self.count += 1
        if self.watch is None:
            self.theta, self.best_step = theta, self.count
        else:
            seen = self.watch(theta)
            self.curve.append(seen)
            if seen < self.watched:
                self.theta, self.best_step, self.watched = theta, self.count, seen
            elif self.count - self.best_step >= self.patience:
                self.reason = "early stop"
                raise StopIteration
        if time.perf_counter() > self.end:
            self.reason = "time"
            raise StopIteration

    def result(self, reason: str) -> Descent:
        return Descent(
            self.theta, self.best_step, self.watched, self.losses, self.curve, reason
        )
