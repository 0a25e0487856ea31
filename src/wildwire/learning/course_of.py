"""Any learner as a course: first-order rules too can then be stages of relays, or refine the members of populations.

Comes in: a learner, an objective, a start. Goes out: a `Course`. Called by learners that run other learners.

A step of a first-order rule's course is one epoch in the engine over the objective's rows, with the steps that `fit`
would make, to the bit. `fit` itself keeps its own loop (`loop.py`): it also scales the loss, keeps validation rows and
stops within epochs.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.first_order import FirstOrder
from wildwire.learning.learner import Course, Learner, Stepwise
from wildwire.learning.shuffling import epoch_order, seed_key
from wildwire.learning.stopping import Improvement, Reason, Steadiness

if TYPE_CHECKING:
    from wildwire.learning.objective import Objective

__all__ = ["EpochCourse", "EpochSettings", "course_of"]


@dataclass(frozen=True, slots=True)
class EpochSettings:
    """How a first-order rule goes through the rows.

    Parameters
    ----------
    batch : int or "full"
    shuffle : bool
        A new order of rows for every epoch, where there are several batches.
    epochs : int
        Length of the schedules that end with the run.
    steady : float or None
        The course ends when no number has changed by more than this part of the largest in ten epochs in a row.
    """

    batch: int | str = "full"
    shuffle: bool = True
    epochs: int = 200
    steady: float | None = 1e-10

    def __post_init__(self):
        whole = isinstance(self.batch, (int, np.integer)) and self.batch >= 1
        if not (whole or self.batch == "full") or isinstance(self.batch, bool):
            raise SettingError(
                f"batch must be a whole number of 1 or more, or 'full', not {self.batch!r}"
            )


STEADY_EPOCHS = 10


def course_of(
    learner: Learner,
    objective: "Objective",
    theta: np.ndarray,
    random: np.random.Generator,
    settings: EpochSettings | None = None,
) -> Course:
    """A run of `learner` that starts at `theta`.

    Parameters
    ----------
    learner : Stepwise or FirstOrder
    objective : Objective
    theta : array_like of shape (n_theta,)
        Within the bounds.
    random : Generator
        A first-order rule takes one number from it, the key of its row orders.
    settings : EpochSettings, optional
        Of first-order rules; full batches unless told otherwise.

    Raises
    ------
    SettingError
        `learner` is no learner.
    """
    theta = np.array(theta, dtype=np.float64)
    if isinstance(learner, Stepwise):
        return learner.begin(objective, theta, random)
    if isinstance(learner, FirstOrder):
        settings = settings or EpochSettings()
        return EpochCourse(learner, objective, theta, seed_key(random), settings)
    raise SettingError(f"{learner!r} is no learner: take one of ww.learners")


class EpochCourse(Course):
    """A run of a first-order rule, an epoch at a time.

    The session of the engine is shared by all courses on the objective: every step first puts in what it depends on, so
    that a step that was broken off leaves nothing behind.
    """

    arrays = ("vectors", "best_theta")
    numbers = (
        "key", "epoch", "updates", "reductions", "still", "best_loss", "waited",
        "lowest",
    )  # fmt: skip

    def __init__(
        self,
        learner: FirstOrder,
        objective: "Objective",
        theta: np.ndarray,
        key: int,
        settings: EpochSettings,
    ):
        # Here, because learners that run other learners import this file before settings exist.
        from wildwire.learning.penalty import link_weights
        from wildwire.learning.task import slice_length
        from wildwire.learning.update_rules import rule_address

        self.learner, self.settings, self.key = learner, settings, key
        self._session = session = objective.session(settings.batch)
        self._rule = rule_address(learner.rule, "float64")
        self._slice = slice_length(objective.network, session, objective.rows.n_steps)
        session.load(theta)
        super().__init__(objective, theta, _finite(objective.value_in(session)))
        self.vectors = learner.first_state(link_weights(objective.network))
        self.epoch = self.updates = self.reductions = self.still = self.waited = 0
        self.lowest = math.inf
        self.best_theta, self.best_loss = self.theta, self.loss
        if not objective.n_theta:
            self.reason = Reason.CONVERGED

    def step(self):
        session, learner = self._session, self.learner
        session.load(self.theta)
        vectors = np.zeros((learner.n_state, session.vector_size))
        for i, vector in enumerate(self.vectors):
            vectors[i] = session.state_from_theta_order(vector)
        if not self._epoch(vectors):
            self._fall_back()
            return
        theta, loss = session.theta(), _finite(self.objective.value_in(session))
        kept = [session.state_to_theta_order(vector) for vector in vectors]
        self.vectors = np.array(kept).reshape(self.vectors.shape)
        self.epoch += 1
        self.updates += session.n_batches
        self._take(theta, loss)

    def _epoch(self, vectors: np.ndarray) -> bool:
        """Go once through the rows; False where a loss, gradient or penalty was not finite."""
        session, n_batches = self._session, self._session.n_batches
        n_rows = len(self.objective.rows)
        order = np.arange(n_rows)
        if self.settings.shuffle and n_batches > 1:
            order = epoch_order(self.key, self.epoch, n_rows)
        time = self.epoch + np.arange(n_batches) / n_batches
        rates = self.learner.schedule.rates(time, self.settings.epochs, self.reductions)
        for first in range(0, n_batches, self._slice):
            self.objective.counted()
            report = session.steps(
                self._rule, vectors, self.learner.numbers,
                rates[first : first + self._slice], order, first,
                self.updates + first + 1,
            )  # fmt: skip
            if report.status:
                return False
        self.objective.counted(1, 1)
        return True

    def _take(self, theta: np.ndarray, loss: float) -> None:
        """What a finished epoch means for the best, the rate and the end."""
        if loss == math.inf:
            self._fall_back()
            return
        steadiness = Steadiness(self.settings.steady or 0.0, STEADY_EPOCHS, self.still)
        if steadiness.see(self.theta, theta) and self.settings.steady is not None:
            self.reason = Reason.STEADY
        self.still = steadiness.counted
        self.theta, self.loss = theta, loss
        if loss < self.best_loss:
            self.best_theta, self.best_loss = theta, loss
        plateau = self.learner.schedule.plateau
        if plateau is not None:
            seen = Improvement(self.lowest, self.waited)
            if not seen.see(loss) and seen.waited >= plateau.patience:
                self.reductions, seen.waited = self.reductions + 1, 0
            self.lowest, self.waited = seen.best, seen.waited

    def _fall_back(self) -> None:
        self.theta, self.loss = self.best_theta, self.best_loss
        self.reason = Reason.DIVERGED


def _finite(loss: float) -> float:
    return loss if math.isfinite(loss) else math.inf
