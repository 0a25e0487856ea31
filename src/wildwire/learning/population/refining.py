"""Candidates improved by a short run of another learner.

Comes in: a learner, an objective, candidates with their values. Goes out: better candidates, and what they cost in
evaluations. Called by `search.py`.

Global methods find the valley, local ones its ground: such hybrids are called memetic (Moscato 1989); with
back-propagation and ants it is ACO-BP (Mavrovouniotis & Yang 2015).
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from wildwire.learning.learner import Course, Learner, Stepwise

if TYPE_CHECKING:
    from wildwire.learning.objective import Objective

__all__ = ["Metered", "Spent", "improve"]


class Spent(Exception):
    """The evaluations allowed are used; ends a run from within."""


class Metered:
    """An objective that counts what is asked of it, and refuses more than is allowed.

    Parameters
    ----------
    objective : Objective
    allowed : float
        Evaluations; infinite for any number.
    """

    def __init__(self, objective: "Objective", allowed: float):
        self._objective, self._allowed, self.taken = objective, allowed, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objective, name)

    def _take(self, count: int) -> None:
        if self.taken + count > self._allowed:
            raise Spent
        self.taken += count

    def values(self, thetas) -> np.ndarray:
        self._take(len(thetas))
        return self._objective.values(thetas)

    def value(self, theta) -> float:
        self._take(1)
        return self._objective.value(theta)

    def value_and_gradient(self, theta) -> tuple[float, np.ndarray]:
        self._take(1)
        return self._objective.value_and_gradient(theta)

    def counted(self, evaluations: int = 0, gradients: int = 0) -> None:
        """What a first-order rule evaluates within the engine's own steps."""
        self._take(evaluations)
        self._objective.counted(evaluations, gradients)

    def value_in(self, session) -> float:
        """As the objective's, counted."""
        self._take(1)
        return self._objective.value_in(session)

    def gradient(self, theta) -> np.ndarray:
        self._take(1)
        return self._objective.gradient(theta)

    def normal_equations(self, theta):
        self._take(1)
        return self._objective.normal_equations(theta)

    def hessian(self, theta):
        self._take(1)
        return self._objective.hessian(theta)


def improve(
    local: Learner,
    steps: int,
    objective: Metered,
    theta: np.ndarray,
    value: float,
    random: np.random.Generator,
) -> tuple[np.ndarray, float]:
    """The end of a run of `local` from `theta`, and its value; the start itself where that is no worse."""
    course: Course | None = None
    try:
        course = _course(local, objective, theta, random)
        for _ in range(steps):
            if course.reason is not None:
                break
            course.step()
    except Spent:
        pass
    if course is None or not course.loss < value:
        return theta, value
    return np.array(course.theta), float(course.loss)


def _course(local: Learner, objective: Any, theta, random) -> Course:
    if isinstance(local, Stepwise):
        return local.begin(objective, theta, random)
    from wildwire.learning.course_of import course_of

    return course_of(local, objective, theta, random)
