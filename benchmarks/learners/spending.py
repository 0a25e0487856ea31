"""A learner within a budget of evaluations or seconds of the CPU, and what it had reached when.

Comes in: a learner, an objective, a start. Goes out: a `Trace`. Called by `saddle.py` and `ants.py`.

The cost of a run is counted in forward passes over all rows: a value is 1, a gradient with its value 3 (backward costs
two forward passes). Products of the Hessian with a vector count as 2 here, and cost about two gradients; a Gauss-Newton
matrix counts as a gradient and costs far more: compare these by seconds.
"""

import math
import time
from dataclasses import dataclass, field

import numpy as np

from wildwire.learning import Objective
from wildwire.learning.course_of import EpochSettings, course_of


class Enough(Exception):
    """The budget is spent."""


@dataclass
class Trace:
    """Where a run stood after each step; the first entry is the start.

    Attributes
    ----------
    theta, loss
        The best that the run gives back.
    costs, gradients, seconds, losses : list
    thetas : list of ndarray
        Empty unless asked for.
    reason : str
        Why the run ended; "budget" where it was cut off.
    """

    theta: np.ndarray
    loss: float
    costs: list = field(default_factory=list)
    gradients: list = field(default_factory=list)
    seconds: list = field(default_factory=list)
    losses: list = field(default_factory=list)
    thetas: list = field(default_factory=list)
    reason: str = "budget"

    def at(self, name: str, limit: float) -> float:
        """Lowest loss with `name` ("costs", "gradients", "seconds") not above the limit; NaN before the first."""
        within = [
            loss
            for spent, loss in zip(getattr(self, name), self.losses, strict=True)
            if spent <= limit
        ]
        return min(within, default=math.nan)


def cost(objective: Objective) -> int:
    """Forward passes so far."""
    return objective.evaluations + 2 * objective.gradients


def spend(
    learner, objective: Objective, theta, seed: int, *,
    most: float = math.inf, limit: float = math.inf, batch: int | str = "full",
    keep: bool = False, steps: int | None = None,
) -> Trace:  # fmt: skip
    """Run `learner` from `theta` until it ends, has cost `most`, taken `limit` seconds of the CPU, or made `steps`.

    `batch` is that of first-order learners; with `keep`, thetas are kept.
    """
    began = time.process_time()
    trace = Trace(np.array(theta), math.inf)

    def watch():
        if cost(objective) >= most or time.process_time() - began >= limit:
            raise Enough

    objective.watched_by(watch)
    try:
        course = course_of(
            learner, objective, theta, np.random.default_rng(seed),
            EpochSettings(batch=batch),
        )  # fmt: skip
        _note(trace, objective, course, began, keep)
        while course.reason is None and (steps is None or len(trace.losses) <= steps):
            course.step()
            _note(trace, objective, course, began, keep)
        trace.reason = "steps" if course.reason is None else course.reason.value
    except Enough:
        _last(trace, objective)
    finally:
        objective.watched_by(None)
    return trace


def _note(trace, objective, course, began, keep):
    trace.costs.append(cost(objective))
    trace.gradients.append(objective.gradients)
    trace.seconds.append(time.process_time() - began)
    trace.losses.append(course.loss)
    if course.loss <= trace.loss:
        trace.theta, trace.loss = course.theta, course.loss
    if keep:
        trace.thetas.append(np.array(course.theta))


def _last(trace, objective):
    """A step that was broken off may have met a better theta."""
    value, theta = objective.best
    if theta is not None and value < trace.loss:
        trace.theta, trace.loss = theta, value
