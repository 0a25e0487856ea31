"""First-order learners that compare a gradient with the one before: Rprop and quickprop, for full batches.

Comes in: named hyper-parameters. Goes out: what `first_order.py` says. Formulas stand in `batch_rules.py`.

Both take a slope that turns for a minimum that was passed. The slopes of mini-batches turn by chance: give
`batch="full"`.
"""

import math
from dataclasses import dataclass

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.first_order import FirstOrder
from wildwire.learning.learner import Learner, check_ranges
from wildwire.learning.schedules import Schedule, as_schedule

__all__ = ["Quickprop", "Rprop", "check_step_sizes"]


def check_step_sizes(learner: Learner) -> None:
    """Refuse the step sizes of an Rprop that contradict each other."""
    check_ranges(
        learner, first=(0, math.inf), shrink=(0, 1), grow=(1, math.inf),
        smallest=(0, math.inf), largest=(0, math.inf),
    )  # fmt: skip
    name = type(learner).__name__
    first, smallest, largest, shrink = (
        getattr(learner, field) for field in ("first", "smallest", "largest", "shrink")
    )
    if shrink == 0:
        raise SettingError(f"shrink of {name} must be above 0")
    if not smallest <= first <= largest or first == 0:
        raise SettingError(
            f"first of {name} must be above 0 and between smallest and largest"
        )


@dataclass(frozen=True, slots=True)
class Rprop(FirstOrder):
    """Steps by the signs of the gradient (Riedmiller and Braun 1993, without backtracking).

    Every number has a step of its own, which grows while the sign of its slope stays and shrinks when it turns; the
    size of the slope does not matter. For full batches.

    Parameters
    ----------
    rate : float or Schedule
        Factor on the steps; 1 is the paper's rule.
    first : float
        Size of the first change of every number.
    shrink, grow : float
        Factors on a step whose slope has turned, 0 < shrink < 1, and whose slope has kept its sign, 1 or more.
    smallest, largest : float
        Limits of a step.
    """

    rate: float | Schedule = 1.0
    first: float = 0.1
    shrink: float = 0.5
    grow: float = 1.2
    smallest: float = 1e-6
    largest: float = 50.0

    def __post_init__(self):
        as_schedule(self.rate)
        check_step_sizes(self)

    rule = property(lambda self: "rprop")
    n_state = property(lambda self: 2)

    @property
    def numbers(self):
        row = (0.0, self.shrink, self.grow, self.smallest, self.largest)
        return np.array(row, dtype=np.float64)

    def first_state(self, weights):
        return np.stack([0 * weights, np.full(len(weights), float(self.first))])


@dataclass(frozen=True, slots=True)
class Quickprop(FirstOrder):
    """To the minimum of a parabola through the last two slopes of each number (Fahlman 1988). For full batches.

    Parameters
    ----------
    rate : float or Schedule
        Length of a step per unit of gradient, where there is no parabola yet or its minimum has not been passed.
    most : float
        A change is at most so many times the last one (Fahlman's mu), above 1.
    """

    rate: float | Schedule = 0.1
    most: float = 1.75

    def __post_init__(self):
        as_schedule(self.rate)
        check_ranges(self, most=(1, math.inf))

    rule = property(lambda self: "quickprop")
    n_state = property(lambda self: 2)

    @property
    def numbers(self):
        row = (0.0, self.most, self.most / (1 + self.most))
        return np.array(row, dtype=np.float64)
