"""The loop of learners that look at all rows at each step: courses, validation, stopping, history, checkpoints.

Comes in: a `StepTask` of an objective, a course begun on it and settings. Goes out: a `Result`. Called by
`learning/fitting.py`; first-order rules have a loop of their own (`loop.py`), which goes through mini-batches.

Ctrl-C and the time limit are looked at before every evaluation of the objective: a step may take long. Such an end
flies through the step as an exception, and what counts is the last finished step, or the best theta evaluated since.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wildwire.engine.blas import linear_algebra_on_one_thread
from wildwire.learning.checkpoint import Checkpoint, write_checkpoint
from wildwire.learning.interrupt import Interruption, listening
from wildwire.learning.learner import Course
from wildwire.learning.objective import Objective
from wildwire.learning.progress import Bar
from wildwire.learning.result import Progress, Result
from wildwire.learning.settings import Settings
from wildwire.learning.stopping import Improvement, Reason, outlook

__all__ = ["StepLoop", "StepState", "StepTask"]


class _Halt(Exception):
    """The user or the clock ends a run within a step."""

    def __init__(self, reason: Reason):
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StepTask:
    """All that a run is made of and does not change.

    Attributes
    ----------
    objective : Objective
    mean_loss : callable
        `mean_loss(theta, value)` -> loss without penalties, in the user's units, for the history.
    begin : callable
        Begins the course, or takes up one of a checkpoint; called once, under the watch of the clock.
    random : Generator
        The one that the course draws from.
    judge : callable or None
        `judge(theta)` -> loss on the validation rows.
    settings, watched, callbacks, told, checkpoint, facts, locate, guards, note, began
        As those of `task.Task`.
    """

    objective: Objective
    mean_loss: Callable[[np.ndarray, float], float]
    begin: Callable[[], Course]
    random: np.random.Generator
    judge: Callable[[np.ndarray], float] | None
    settings: Settings
    watched: dict[str, int]
    callbacks: tuple[Callable, ...]
    told: Bar
    checkpoint: Checkpoint | None
    facts: dict
    locate: Callable[[np.ndarray, np.ndarray | None], str]
    guards: Callable[[np.ndarray], tuple[dict[str, int], str]]
    note: str
    began: float


@dataclass(slots=True)
class StepState:
    """Where a run stands, besides its course.

    Attributes
    ----------
    theta, loss
        Of the last finished step; the start before any.
    best_theta : ndarray or None
        With the lowest validation loss.
    epoch, best_epoch : int
        Steps finished, and steps when the lowest loss was seen.
    """

    theta: np.ndarray
    loss: float = math.inf
    best_theta: np.ndarray | None = None
    epoch: int = 0
    best_epoch: int = 0
    seconds: float = 0.0
    improvement: Improvement = field(default_factory=Improvement)
    history: dict[str, list[float]] = field(default_factory=dict)


class StepLoop:
    """One run; `run()` gives its result.

    Parameters
    ----------
    task : StepTask
    state : StepState
    """

    def __init__(self, task: StepTask, state: StepState):
        self.task, self.state = task, state
        self.course: Course | None = None
        self._last: tuple[dict, dict] | None = None
        self._interruption = Interruption()
        self._written = time.perf_counter()

    def run(self) -> Result:
        """Run until there is a reason to stop."""
        task, reason = self.task, None
        task.objective.watched_by(self._watch)
        try:
            # One thread: with several, BLAS adds in another order on another machine.
            with listening() as self._interruption, linear_algebra_on_one_thread():
                reason = self._run()
        except _Halt as halt:
            reason = halt.reason
            self._fall_back()
        finally:
            task.objective.watched_by(None)
            task.told.close()
        self._write()
        return self._result(reason)

    def _run(self) -> Reason:
        task, state = self.task, self.state
        self.course = course = task.begin()
        self._take(course)
        while course.reason is None and state.epoch < task.settings.epochs:
            course.step()
            stop = self._end_step(course)
            if stop is not None:
                return course.reason or stop
        return course.reason or Reason.EPOCHS

    def _watch(self) -> None:
        if self._interruption.asked:
            raise _Halt(Reason.INTERRUPTED)
        if time.perf_counter() - self.task.began >= self.task.settings.time_limit:
            raise _Halt(Reason.TIME)

    # ---- one step -------------------------------------------------------------------------------

    def _take(self, course: Course) -> None:
        """What a fall-back gives, and what a checkpoint holds, is the course as it stands."""
        self.state.theta, self.state.loss = course.theta, course.loss
        if self.task.checkpoint is not None:
            arrays, facts = course.state()
            random = self.task.random.bit_generator.state
            self._last = (arrays, {"course": facts, "random": random})

    def _end_step(self, course: Course) -> Reason | None:
        """Take in a finished step; a reason if the run must end."""
        task, state = self.task, self.state
        validation = None if task.judge is None else float(task.judge(course.theta))
        state.epoch += 1
        self._record(course, validation)
        stop = self._judge(course, validation)
        self._take(course)
        task.told.update(
            state.epoch, task.settings.epochs, state.history["loss"][-1], validation
        )
        if self._callbacks(course, validation):
            stop = stop or Reason.CALLBACK
        self._write_if_due()
        return stop

    def _record(self, course: Course, validation: float | None) -> None:
        history = self.state.history
        history["loss"].append(self.task.mean_loss(course.theta, course.loss))
        if validation is not None:
            history["validation"].append(validation)
        for name, place in self.task.watched.items():
            history[name].append(float(course.theta[place]))

    def _judge(self, course: Course, validation: float | None) -> Reason | None:
        state, patience = self.state, self.task.settings.patience
        seen = course.loss if validation is None else validation
        if state.improvement.see(seen):
            state.best_epoch = state.epoch
            state.best_theta = course.theta
        waited = state.improvement.waited if validation is not None else 0
        if patience is not None and waited >= patience:
            return Reason.EARLY_STOP
        return None

    def _callbacks(self, course: Course, validation: float | None) -> bool:
        """Call every callback once; True if one asks to stop."""
        if not self.task.callbacks:
            return False
        state = self.state
        seen = Progress(
            state.epoch, self.task.settings.epochs, state.history["loss"][-1],
            validation, state.improvement.best, self._seconds(), course.theta.copy,
        )  # fmt: skip
        answers = [callback(seen) for callback in self.task.callbacks]
        return any(answer is not None and bool(answer) for answer in answers)

    # ---- the end --------------------------------------------------------------------------------

    def _fall_back(self) -> None:
        """After an end within a step: the best theta evaluated since, if it is better."""
        value, theta = self.task.objective.best
        if self.course is not None and self.course.keeps_last:
            return
        if theta is not None and value < self.state.loss:
            self.state.theta, self.state.loss = theta, value

    def _seconds(self) -> float:
        return self.state.seconds + time.perf_counter() - self.task.began

    def _write_if_due(self) -> None:
        point = self.task.checkpoint
        if point is None:
            return
        waited = time.perf_counter() - self._written
        late = point.seconds is not None and waited >= point.seconds
        if late or (point.epochs and self.state.epoch % point.epochs == 0):
            self._write()

    def _write(self) -> None:
        """Write a checkpoint of the last finished step, if one was asked for."""
        from wildwire.learning.stepping_state import step_checkpoint

        if self.task.checkpoint is None or self._last is None:
            return
        arrays, facts = step_checkpoint(self.state, *self._last, self._seconds())
        write_checkpoint(
            self.task.checkpoint.path, arrays, {**facts, "settings": self.task.facts}
        )
        self._written = time.perf_counter()

    def _chosen(self) -> np.ndarray:
        """The theta to hand back: of the lowest validation loss, else the last."""
        state, judge = self.state, self.task.judge
        if judge is None:
            return state.theta
        if state.best_theta is None:
            return state.theta
        return state.best_theta

    def _result(self, reason: Reason) -> Result:
        state, task = self.state, self.task
        theta, trouble = self._chosen(), ""
        if not math.isfinite(state.loss):
            reason, trouble = Reason.DIVERGED, task.locate(theta, None)
        guards, guarded = task.guards(theta)
        note = "" if self.course is None else self.course.note
        details = {} if self.course is None else self.course.details
        parts = (
            reason.sentence, outlook(reason, state.history), note, trouble, guarded,
            task.note,
        )  # fmt: skip
        history = {name: np.array(values) for name, values in state.history.items()}
        return Result(
            theta=np.array(theta), reason=reason,
            message=" ".join(part for part in parts if part), history=history,
            seconds=self._seconds(), epochs=state.epoch, steps=state.epoch,
            best_epoch=state.best_epoch, alive=np.ones(len(theta), dtype=bool),
            guards=guards, details=dict(details), evaluations=task.objective.evaluations,
            gradients=task.objective.gradients,
        )  # fmt: skip


def first_step_state(
    theta: np.ndarray, held: bool, watched: dict[str, Any]
) -> StepState:
    """The state before any step."""
    names = ["loss", *(["validation"] if held else []), *watched]
    return StepState(theta=theta, history={name: [] for name in names})
