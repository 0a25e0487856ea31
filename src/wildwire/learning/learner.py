"""What every learner is, and what a run of those that look at all rows at once must be able to do.

Comes in: hyper-parameters. Goes out: `Learner`, the base of all; `Stepwise`, whose `begin` makes a `Course`; the checks
of hyper-parameters. Used by `first_order.py` and all files of learners; `stepping.py` drives courses.

A first-order rule runs inside the engine, a step per mini-batch, and never sees an objective. All others see nothing
but an objective: a vector of numbers, bounds, values and derivatives. They keep their state in a `Course`, whose
arrays and numbers are named so that a checkpoint can hold them.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.stopping import Reason

if TYPE_CHECKING:
    from wildwire.learning.objective import Objective

__all__ = ["Course", "Learner", "Stepwise", "check_ranges", "check_whole"]


@dataclass(frozen=True, slots=True)
class Learner:
    """Interface of all learners: frozen dataclasses of hyper-parameters.

    Attributes
    ----------
    default_epochs : int
        Epochs, or steps, that `fit` makes unless told otherwise.
    """

    default_epochs: ClassVar[int] = 200


@dataclass(frozen=True, slots=True)
class Stepwise(Learner):
    """Interface of learners that look at all rows at each step, through an objective."""

    def begin(
        self, objective: "Objective", theta: np.ndarray, random: np.random.Generator
    ) -> "Course":
        """A run that starts at `theta`.

        Parameters
        ----------
        objective : Objective
        theta : ndarray of float64, (n_theta,)
            Within the bounds. Not changed.
        random : Generator
            The only source of random numbers; its state is kept by who drives the course.
        """
        raise NotImplementedError


class Course(ABC):
    """One run of a learner, a step at a time.

    Attributes
    ----------
    theta : ndarray of float64, (n_theta,)
        The point that the run would give back now; within the bounds. Never changed in place.
    loss : float
        The objective at `theta`, penalties included; infinite where it has no finite value.
    reason : Reason or None
        Why the run has ended by itself; None while it goes on.
    note : str
        A sentence for the result's message, or nothing.
    details : dict
        What else there is to tell, for `Result.details`; follows from the rest of the state.
    keeps_last : bool
        Whether the last theta counts even where one seen on the way has a lower objective.
    arrays, numbers : tuple of str
        Names of the attributes besides `theta` and `loss` that the next step depends on: arrays of fixed type (None
        where there is none yet), and Python numbers, strings or None. Declared by each class.
    """

    arrays: ClassVar[tuple[str, ...]] = ()
    numbers: ClassVar[tuple[str, ...]] = ()
    keeps_last: ClassVar[bool] = False

    def __init__(self, objective: "Objective", theta: np.ndarray, loss: float):
        self.objective = objective
        self.theta, self.loss = np.array(theta, dtype=np.float64), float(loss)
        self.reason: Reason | None = None
        self.note = ""
        self.details: dict[str, Any] = {}

    @abstractmethod
    def step(self) -> None:
        """Go one step; called only while `reason` is None."""

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """All that the next step depends on: arrays, and facts that JSON can hold."""
        arrays = {"theta": self.theta.copy(), "loss": np.array([self.loss])}
        for name in self.arrays:
            value = getattr(self, name)
            if value is not None:
                arrays[name] = np.array(value)
        facts: dict[str, Any] = {name: getattr(self, name) for name in self.numbers}
        facts["reason"] = None if self.reason is None else self.reason.value
        facts["note"] = self.note
        return arrays, facts

    def restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        """Go on from what `state` gave, in a course that the same learner began on the same objective."""
        self.theta, self.loss = np.array(arrays["theta"]), float(arrays["loss"][0])
        for name in self.arrays:
            found = arrays.get(name)
            setattr(self, name, None if found is None else np.array(found))
        for name in self.numbers:
            setattr(self, name, facts[name])
        self.reason = None if facts["reason"] is None else Reason(facts["reason"])
        self.note = facts["note"]


def check_ranges(learner: Learner, **ranges: tuple[float, float]) -> None:
    """Refuse hyper-parameters that are no numbers in [low, high)."""
    for name, (low, high) in ranges.items():
        value = getattr(learner, name)
        number = isinstance(value, (int, float, np.number)) and not isinstance(
            value, bool
        )
        if not number or not math.isfinite(value) or not low <= value < high:
            above = f" and below {high:g}" if math.isfinite(high) else ""
            raise SettingError(
                f"{name} of {type(learner).__name__} must be at least {low:g}{above}, not {value!r}"
            )


def check_whole(learner: Learner, **least: int | None) -> None:
    """Refuse hyper-parameters that are no whole numbers of at least so much; None is left alone."""
    for name, low in least.items():
        value = getattr(learner, name)
        if value is None or low is None:
            continue
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not whole or value < low:
            raise SettingError(
                f"{name} of {type(learner).__name__} must be a whole number of {low} or more, not {value!r}"
            )
