"""Rate schedules: how a learner's rate changes in the course of learning.

Comes in: a schedule stands where a learner takes its rate, `Adam(rate=Cosine(0.01))`. Goes out: the rate of every
step. Called by `learning/loop.py` once per epoch; a plain number stands for `Constant`.

Time is counted in epochs: step k of an epoch of n batches happens at epoch + k/n, so that a schedule means the same
for every batch size. Only `Plateau` looks at the loss; what it has seen is one count that the loop keeps and
checkpoints hold.
"""

import math
from dataclasses import dataclass

import numpy as np

from wildwire.errors import SettingError

__all__ = [
    "Constant", "Cosine", "Exponential", "Plateau", "Schedule", "Step", "Warmup",
    "as_schedule",
]  # fmt: skip


class Schedule:
    """Interface of all schedules.

    `rates(time, epochs, reductions)` returns one rate per entry of `time` (float64 array, in epochs since the start);
    `epochs` is the number of epochs asked for and `reductions` how often a plateau was met so far. `plateau` is the
    `Plateau` inside, or None.
    """

    @property
    def plateau(self) -> "Plateau | None":
        return None

    def rates(self, time: np.ndarray, epochs: int, reductions: int) -> np.ndarray:
        raise NotImplementedError


def _positive(name: str, value: float, *, zero: bool = False) -> None:
    good = isinstance(value, (int, float, np.integer, np.floating))
    good = good and not isinstance(value, bool) and math.isfinite(value)
    if not good or value < 0 or (value == 0 and not zero):
        bound = "0 or greater" if zero else "greater than 0"
        raise SettingError(f"{name} must be a finite number {bound}, not {value!r}")


@dataclass(frozen=True, slots=True)
class Constant(Schedule):
    """The same rate at every step."""

    rate: float

    def __post_init__(self):
        _positive("rate", self.rate, zero=True)

    def rates(self, time, epochs, reductions):
        return np.full(len(time), float(self.rate))


@dataclass(frozen=True, slots=True)
class Step(Schedule):
    """`rate * factor**k`, k growing by one every `every` epochs."""

    rate: float
    factor: float = 0.5
    every: int = 30

    def __post_init__(self):
        _positive("rate", self.rate)
        _positive("factor", self.factor)
        _positive("every", self.every)

    def rates(self, time, epochs, reductions):
        return self.rate * self.factor ** np.floor(time / self.every)


@dataclass(frozen=True, slots=True)
class Exponential(Schedule):
    """`rate * factor**t`, t in epochs."""

    rate: float
    factor: float = 0.97

    def __post_init__(self):
        _positive("rate", self.rate)
        _positive("factor", self.factor)

    def rates(self, time, epochs, reductions):
        return self.rate * self.factor**time


@dataclass(frozen=True, slots=True)
class Cosine(Schedule):
    """Half a cosine from `rate` down to `end` (Loshchilov & Hutter 2017, eq. 5, without restarts).

    `epochs` is its length, after which the rate stays at `end`; None takes the epochs of the fit.
    """

    rate: float
    end: float = 0.0
    epochs: int | None = None

    def __post_init__(self):
        _positive("rate", self.rate)
        _positive("end", self.end, zero=True)
        if self.epochs is not None:
            _positive("epochs", self.epochs)

    def rates(self, time, epochs, reductions):
        length = epochs if self.epochs is None else self.epochs
        part = np.minimum(time / length, 1.0)
        return self.end + (self.rate - self.end) * 0.5 * (1 + np.cos(np.pi * part))


@dataclass(frozen=True, slots=True)
class Plateau(Schedule):
    """The rate is multiplied by `factor` after `patience` epochs without a new lowest loss, down to `least`.

    The loss is that of the validation rows where there are any, otherwise that of the training rows.
    """

    rate: float
    factor: float = 0.5
    patience: int = 10
    least: float = 0.0

    def __post_init__(self):
        _positive("rate", self.rate)
        _positive("factor", self.factor)
        _positive("patience", self.patience)
        _positive("least", self.least, zero=True)
        if self.factor >= 1:
            raise SettingError(
                f"factor of a plateau must be below 1, not {self.factor!r}"
            )

    @property
    def plateau(self):
        return self

    def rates(self, time, epochs, reductions):
        rate = max(self.least, self.rate * self.factor**reductions)
        return np.full(len(time), float(rate))


@dataclass(frozen=True, slots=True)
class Warmup(Schedule):
    """A straight line from `start` times the rate up to the rate within the first `epochs`; then `then` takes over.

    `then` is a number or a schedule; its own time runs from the beginning, so that a cosine still ends with the fit.
    """

    then: float | Schedule
    epochs: float = 5
    start: float = 0.0

    def __post_init__(self):
        object.__setattr__(self, "then", as_schedule(self.then))
        _positive("epochs", self.epochs)
        _positive("start", self.start, zero=True)
        if self.start > 1:
            raise SettingError(
                f"start of a warm-up must lie in 0..1, not {self.start!r}"
            )

    @property
    def plateau(self):
        return as_schedule(self.then).plateau

    def rates(self, time, epochs, reductions):
        rise = self.start + (1 - self.start) * np.minimum(time / self.epochs, 1.0)
        return rise * as_schedule(self.then).rates(time, epochs, reductions)


def as_schedule(rate: float | Schedule) -> Schedule:
    """`rate` as a schedule: a number stands for a constant rate.

    Raises
    ------
    SettingError
        It is neither a finite number of 0 or more nor a schedule.
    """
    return rate if isinstance(rate, Schedule) else Constant(rate)
