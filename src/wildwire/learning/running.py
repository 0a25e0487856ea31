"""From a checked problem to a run: the loop of first-order learners, or that of all others.

Comes in: a `Run`. Goes out: a `Result`. Called by `learning/fitting.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.learning.binding import Problem
from wildwire.learning.checkpoint import Checkpoint
from wildwire.learning.learner import Course, Stepwise
from wildwire.learning.loop import Loop
from wildwire.learning.objective import Objective
from wildwire.learning.penalty import Penalty
from wildwire.learning.progress import Bar
from wildwire.learning.result import Result
from wildwire.learning.resuming import facts_of, resume_state
from wildwire.learning.scaling import units_note
from wildwire.learning.stepping import StepLoop, StepTask, first_step_state
from wildwire.learning.stepping_state import resume_steps
from wildwire.learning.task import Task, slice_length

__all__ = ["Run", "by_epochs", "by_steps"]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A checked problem and who watches it.

    Attributes
    ----------
    problem : Problem
    start : ndarray or None
        None where a checkpoint has its own.
    watched, callbacks, told, checkpoint, began
        As those of `task.Task`.
    saved : tuple of dict or None
        The checkpoint to go on from, read, and its `path`.
    why : str
        A sentence about the choice of the learner, or nothing.
    """

    problem: Problem
    start: np.ndarray | None
    watched: dict[str, int]
    callbacks: tuple[Callable, ...]
    told: Bar
    checkpoint: Checkpoint | None
    saved: tuple[dict, dict] | None
    path: Any
    began: float
    why: str = ""

    @property
    def facts(self) -> dict:
        """What a checkpoint must agree with; empty where there is none."""
        needed = self.checkpoint is not None or self.saved is not None
        return facts_of(self.problem) if needed else {}


def by_epochs(run: Run) -> Result:
    """Run a first-order learner through mini-batches."""
    problem = run.problem
    session, judge = problem.bind()
    network, rows, settings = problem.network, problem.rows, problem.settings
    plain = problem.plain
    note = units_note(
        plain.network, plain.loss, plain.rows.targets, plain.rows.target_weight,
        settings.scale_loss,
    )  # fmt: skip
    note = " ".join(part for part in (run.why, note) if part)
    task = Task(
        session=session, validation=judge, rule=problem.rule(), settings=settings,
        key=problem.key, n_rows=len(rows), weight=rows.total,
        slice=slice_length(network, session, rows.n_steps), facts=run.facts,
        locate=problem.locate, guards=problem.guards, note=note, watched=run.watched,
        callbacks=run.callbacks, told=run.told, checkpoint=run.checkpoint,
        began=run.began,
    )  # fmt: skip
    state = problem.first_state(session, run.start, run.watched)
    if run.saved:
        resume_state(state, session, run.saved, task.facts, run.path)
    return Loop(task, state).run()


def by_steps(run: Run) -> Result:
    """Run a learner that looks at all rows at each step."""
    problem, learner = run.problem, run.problem.settings.learner
    assert isinstance(learner, Stepwise)
    objective, mean_loss = objective_of(problem)
    random = np.random.default_rng(problem.key)
    start = run.start if run.start is not None else np.zeros(objective.n_theta)
    state = first_step_state(start, problem.held is not None, run.watched)
    facts, own = run.facts, None
    if run.saved is not None:
        own = resume_steps(state, random, run.saved, facts, run.path)
        start = own[0]["theta"]
    drawn = random.bit_generator.state

    def begin() -> Course:
        course = learner.begin(objective, start, random)
        if own is not None:
            course.restore(*own)
            random.bit_generator.state = drawn  # beginning may have drawn numbers
        return course

    task = StepTask(
        objective=objective, mean_loss=mean_loss, begin=begin, random=random, judge=judge_of(problem),
        settings=problem.settings, watched=run.watched, callbacks=run.callbacks,
        told=run.told, checkpoint=run.checkpoint, facts=facts, locate=problem.locate,
        guards=problem.guards, note=run.why, began=run.began,
    )  # fmt: skip
    return StepLoop(task, state).run()


def objective_of(problem: Problem) -> tuple[Objective, Callable]:
    """The objective of the training rows, and what gives the mean loss in the user's units at (theta, value)."""
    s, rows = problem.settings, problem.rows
    losses, units = problem.scaled_losses()
    penalty = Penalty(problem.network, s.l2, s.penalty)
    made = Objective.of_rows(
        problem.network, rows, losses, s.gradient, penalty, s.threads
    )  # fmt: skip
    made.origin = problem.plain.network
    if np.all(units == units[:1]):
        made.unit = float(units[0]) if len(units) else 1.0
        return made, made.mean_loss
    # Sums in different units cannot be taken apart again.
    plain = Objective.of_rows(
        problem.network, rows, problem.loss, "mean", Penalty(problem.network), s.threads
    )  # fmt: skip
    return made, lambda theta, value: plain.value(theta)


def judge_of(problem: Problem) -> Callable[[np.ndarray], float] | None:
    """The mean loss on the validation rows, without penalties; None where there are none."""
    if problem.held is None:
        return None
    plain = problem.plain
    objective = Objective.of_rows(
        plain.network, plain.held, plain.loss, "mean", Penalty(plain.network),
        problem.settings.threads,
    )  # fmt: skip
    return objective.value
