"""Learners that run other learners: several in turn, or one from many starts.

Comes in: learners. Goes out: courses made of courses, driven by `stepping.py`. A population that improves its members
by another learner (`refine=`) stands with the populations.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.course_of import course_of
from wildwire.learning.learner import Course, Learner, Stepwise, check_ranges
from wildwire.learning.stopping import Reason

__all__ = ["Relay", "Restarts"]


def _checked(learner: Any, what: str) -> Learner:
    if isinstance(learner, str):
        from wildwire.learning.learners import by_name

        return by_name(learner)
    if not isinstance(learner, Learner):
        raise SettingError(f"{what} must be learners of ww.learners, not {learner!r}")
    return learner


def _whole_steps(steps: Any, what: str) -> int:
    whole = isinstance(steps, (int, np.integer)) and not isinstance(steps, bool)
    if not whole or steps < 1:
        raise SettingError(f"{what} must be whole numbers of 1 or more, not {steps!r}")
    return int(steps)


class _Nested(Course):
    """A course that runs one inner course after another and saves the one under way within its own state."""

    inner: Course

    @property
    def keeps_last(self) -> bool:  # pyrefly: ignore[bad-override]
        """As the inner one."""
        return self.inner.keeps_last

    def state(self):
        arrays, facts = super().state()
        own, told = self.inner.state()
        arrays |= {f"inner {name}": array for name, array in own.items()}
        return arrays, facts | {"inner": told}

    def restore(self, arrays, facts):
        super().restore(arrays, facts)
        self.inner = self._begun_again(arrays["begun"])
        own = {
            name.removeprefix("inner "): array
            for name, array in arrays.items()
            if name.startswith("inner ")
        }
        self.inner.restore(own, facts["inner"])

    def _begun_again(self, begun: np.ndarray) -> Course:
        """The inner course as it was begun, at the theta of then."""
        raise NotImplementedError


@dataclass(frozen=True, init=False, slots=True)
class Relay(Stepwise):
    """Several learners in turn, each from where the one before ended: a population, then a descent.

    Parameters
    ----------
    *learners : Learner or str
        Two or more; first-order ones take all rows at every step.
    steps : int, sequence of int, or None
        Most steps of each; None: each until it ends by itself, at most as many as it makes by default.

    Examples
    --------
    >>> from wildwire.learning.learners import GradientDescent, LevenbergMarquardt, Relay
    >>> Relay(GradientDescent(rate=0.1), LevenbergMarquardt(), steps=(50, 100)).default_epochs
    150
    """

    learners: tuple[Learner, ...]
    steps: tuple[int, ...]

    def __init__(self, *learners: Learner | str, steps: Any = None):
        if len(learners) < 2:
            raise SettingError("a Relay takes two learners or more")
        checked = tuple(_checked(each, "the learners of a Relay") for each in learners)
        if steps is None:
            steps = tuple(each.default_epochs for each in checked)
        elif isinstance(steps, (int, np.integer)):
            steps = (steps,) * len(checked)
        if len(steps) != len(checked):
            raise SettingError(
                f"steps of a Relay has {len(steps)} entries for {len(checked)} learners"
            )
        whole = tuple(_whole_steps(each, "steps of a Relay") for each in steps)
        object.__setattr__(self, "learners", checked)
        object.__setattr__(self, "steps", whole)

    @property
    def default_epochs(self) -> int:  # pyrefly: ignore[bad-override]
        """All steps of all learners."""
        return sum(self.steps)

    def begin(self, objective, theta, random):
        return _RelayCourse(self, objective, theta, random)


class _RelayCourse(_Nested):
    arrays = ("begun",)
    numbers = ("stage", "made")

    def __init__(self, learner: Relay, objective, theta, random):
        self.learner, self.random = learner, random
        self.stage = self.made = 0
        self.begun = np.array(theta)
        self.inner = self._start(objective)
        super().__init__(objective, self.inner.theta, self.inner.loss)

    def _start(self, objective) -> Course:
        own = self.learner.learners[self.stage]
        return course_of(own, objective, self.begun, self.random)

    def _begun_again(self, begun):
        self.begun = begun
        return self._start(self.objective)

    def step(self):
        last = self.stage + 1 == len(self.learner.learners)
        over = self.inner.reason is not None
        if (over or self.made >= self.learner.steps[self.stage]) and not last:
            self.stage, self.made = self.stage + 1, 0
            self.begun = self.theta
            self.inner = self._start(self.objective)
            last = self.stage + 1 == len(self.learner.learners)
        if self.inner.reason is None:
            self.inner.step()
            self.made += 1
        self._take(last)

    def _take(self, last: bool) -> None:
        inner = self.inner
        # What was learnt on a manifold, or under a penalty of its own, counts as it is.
        better = inner.loss <= self.loss or not np.isfinite(self.loss)
        if better or inner.keeps_last:
            self.theta, self.loss = inner.theta, inner.loss
        names = [type(each).__name__ for each in self.learner.learners]
        self.note = f"{names[self.stage]}: {inner.note}" if inner.note else ""
        self.details = inner.details
        over = inner.reason is not None or self.made >= self.learner.steps[self.stage]
        if last and over:
            self.reason = inner.reason or Reason.EPOCHS


@dataclass(frozen=True, slots=True)
class Restarts(Stepwise):
    """One learner from many random starts; the best is kept, and how the others ended is told.

    Parameters
    ----------
    learner : Learner or str
        First-order ones take all rows at every step.
    n : int
        Starts, the given theta the first of them; the others are drawn as `network.initial` draws, so numbers that the
        network's text states are the same in all.
    initialiser : str or Initialiser
        How starts are drawn; see `Network.initial`.
    goal : float or None
        No further start once the objective is not above this.
    steps : int or None
        Most steps of each start; None: what the learner makes by default.

    Notes
    -----
    `Result.details` holds "losses", the objective at the end of every start, in order; the message tells how many came
    within a thousandth of the best.
    """

    learner: Learner | str
    n: int = 10
    initialiser: Any = "default"
    goal: float | None = None
    steps: int | None = None

    def __post_init__(self):
        object.__setattr__(
            self, "learner", _checked(self.learner, "learner of Restarts")
        )
        _whole_steps(self.n, "n of Restarts")
        if self.steps is not None:
            _whole_steps(self.steps, "steps of Restarts")
        if self.goal is not None:
            check_ranges(self, goal=(-np.inf, np.inf))

    @property
    def most(self) -> int:
        """Most steps of a start."""
        assert isinstance(self.learner, Learner)
        return self.learner.default_epochs if self.steps is None else self.steps

    @property
    def default_epochs(self) -> int:  # pyrefly: ignore[bad-override]
        """All steps of all starts."""
        return self.n * self.most

    def begin(self, objective, theta, random):
        unknown = np.isnan(objective.network.start).any()
        if self.n > 1 and objective.n_theta and not unknown:
            raise SettingError(
                "Restarts draws the unknown numbers of a network, and this one states all: write `?` or `~` in its text"
            )
        return _RestartsCourse(self, objective, theta, random)


class _RestartsCourse(_Nested):
    arrays = ("begun", "losses")
    numbers = ("made",)

    def __init__(self, learner: Restarts, objective, theta, random):
        self.learner, self.random, self.made = learner, random, 0
        self.begun, self.losses = np.array(theta), np.zeros(0)
        self.inner = self._start(objective)
        super().__init__(objective, self.inner.theta, self.inner.loss)

    def _start(self, objective) -> Course:
        own = self.learner.learner
        assert isinstance(own, Learner)
        return course_of(own, objective, self.begun, self.random)

    def _begun_again(self, begun):
        self.begun = begun
        return self._start(self.objective)

    def step(self):
        if self._is_over():
            self._next()
        if self.inner.reason is None:
            self.inner.step()
            self.made += 1
        self._take()
        if self._is_over():
            self._end_start()

    def restore(self, arrays, facts):
        super().restore(arrays, facts)
        self.details = {"losses": self.losses}

    def _is_over(self) -> bool:
        return self.inner.reason is not None or self.made >= self.learner.most

    def _take(self) -> None:
        if self.inner.loss < self.loss:
            self.theta, self.loss = self.inner.theta, self.inner.loss

    def _end_start(self) -> None:
        self.losses = np.append(self.losses, self.inner.loss)
        goal = self.learner.goal
        reached = goal is not None and self.loss <= goal
        if reached or len(self.losses) == self.learner.n:
            self.reason = Reason.CONVERGED
        self.details = {"losses": self.losses}
        self.note = self._told(reached)

    def _told(self, reached: bool) -> str:
        ended = self.losses[np.isfinite(self.losses)]
        if not len(ended):
            return f"None of {len(self.losses)} starts had a finite loss."
        near = int((ended <= self.loss + 1e-3 * abs(self.loss) + 1e-300).sum())
        count = len(self.losses)
        told = (
            f"{count} {'start' if count == 1 else 'starts'}: best objective {self.loss:.6g}, "
            f"median {np.median(ended):.6g}; {near} came within a thousandth of the best."
        )
        return told + (" The goal was reached." if reached else "")

    def _next(self) -> None:
        """Begin the next start."""
        self.begun = self.objective.initial(self.random, self.learner.initialiser)
        self.made, self.inner = 0, self._start(self.objective)
