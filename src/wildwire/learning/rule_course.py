"""A run of a local rule: an epoch over the rows is a step.

Comes in: an objective, theta, the formula of a rule and how it goes through the rows. Goes out: a `Course`. Called by
`rules.py`.
"""

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from wildwire.engine.rule_walk import RuleWalk
from wildwire.errors import SettingError, UnsupportedError
from wildwire.learning.learner import Course
from wildwire.learning.stopping import Reason

if TYPE_CHECKING:
    from wildwire.functions.rule import RuleFormula
    from wildwire.learning.objective import Objective

__all__ = ["RuleCourse"]

STILL = "No number changed in the last epoch."


class RuleCourse(Course):
    """One run of a local rule.

    Attributes
    ----------
    last : ndarray (n_theta,)
        The last change of every number.
    steps : int
        Changes made so far.
    """

    arrays: ClassVar[tuple[str, ...]] = ("last",)
    numbers: ClassVar[tuple[str, ...]] = ("steps",)

    def __init__(
        self,
        objective: "Objective",
        theta: np.ndarray,
        random: np.random.Generator,
        formula: "RuleFormula",
        *,
        neurons=None,
        by=(),
        online: bool = True,
        shuffle: bool = True,
    ):
        _refuse(objective)
        X, Y, weight = objective.samples
        self._walk = RuleWalk(
            objective.network, formula, X, Y, weight, objective.bounds, neurons=neurons,
            by=by, online=online,
        )  # fmt: skip
        super().__init__(objective, theta, objective.value(theta))
        self._random, self._reads_change = random, "d" in formula.signals
        self._shuffles = shuffle and online
        self.last, self.steps = np.zeros(objective.n_theta), 0
        if not len(self._walk.plan.slots):
            self.reason, self.note = Reason.CONVERGED, "The rule has nothing to change."

    def step(self) -> None:
        """Go through all rows once."""
        rows = self._walk.rows
        order = self._random.permutation(rows) if self._shuffles else rows
        before = self._reads_change and bool(self.last.any())
        done = self._walk.epoch(
            self.theta, self.last, order, self.steps + 1, self.objective.attend
        )
        if done.broken is not None:
            name = self.objective.network.theta_names[done.broken]
            self.reason = Reason.DIVERGED
            self.note = f"The rule drove {name!r} beyond all numbers; theta is that of the epoch before."
            return
        loss = self.objective.value(done.theta) if done.moved else self.loss
        if not np.isfinite(loss):
            self.reason = Reason.DIVERGED
            self.note = "The rule drove the loss beyond all numbers; theta is that of the epoch before."
            return
        self.theta, self.last, self.loss = done.theta, done.last, loss
        self.steps += done.steps
        # A rule with momentum goes on by itself as long as the last change was one.
        if not done.moved and not before:
            self.reason, self.note = Reason.CONVERGED, STILL


def _refuse(objective: "Objective") -> None:
    """What a local rule does not know: slopes, sequences, penalties."""
    if objective.origin is not objective.network:
        raise SettingError(
            "a local rule changes neurons by their own errors and knows no targets of slopes: leave out dY, or take a "
            "learner that minimises the loss"
        )
    if objective.samples[0].ndim != 2:
        raise UnsupportedError(
            "a local rule goes through rows, not through sequences: learners that follow the gradient take them"
        )
    if not objective.penalty.is_none:
        raise SettingError(
            "a local rule is its formula and knows no penalty: write the decay into it, as in "
            "Rule('rate*x*e - decay*w', rate=0.1, decay=0.001)"
        )
