"""The learning-rate range test: how the loss answers to rates from far too small to far too large.

Comes in: what `fit` takes, and a range of rates. Goes out: `RateRange`, losses by rate with a suggestion. Called by
users, once, before they choose a rate.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wildwire.engine.memory import read_memory
from wildwire.errors import DataError, DependencyError, FileError, SettingError
from wildwire.learning.arguments import read_losses, start_theta
from wildwire.learning.binding import Problem
from wildwire.learning.data import as_samples
from wildwire.learning.first_order import Adam, FirstOrder
from wildwire.learning.learners import Learner
from wildwire.learning.settings import (
    check_network,
    check_settings,
    checked_number,
    one_line,
)
from wildwire.learning.shuffling import epoch_order, seed_key, split_rows

__all__ = ["RateRange", "rate_range"]

LEAST_STEPS = 10
# Of the bell by which losses are smoothed, as a part of all steps.
BELL = 1 / 80
# The test ends where the loss is so many times the lowest.
TOO_HIGH = 4.0
MOST_JUDGED = 4096  # rows on which losses are measured
# A rate at which the loss is lowest is on the brink: this part of it is safe.
SAFE = 0.1


@dataclass(frozen=True, eq=False)
class RateRange:
    """What a range test has found.

    Attributes
    ----------
    rates, losses : ndarray of float64, (n_steps,)
        The rate of each step, and the mean loss before the step, in the user's units: of all rows, or of 4,096 drawn
        from them. Shorter than was asked for where the loss ran away.
    smoothed : ndarray of float64, (n_steps,)
        Losses smoothed over neighbouring steps; those far above the first count no more than it.
    lowest, steepest : float or None
        The rates where the smoothed loss is lowest, and where it falls most per factor of the rate; None where it never
        falls.
    suggestion : float or None
        `steepest`, or a tenth of `lowest` if that is less.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray = field(init=False)
    lowest: float | None = field(init=False)
    steepest: float | None = field(init=False)
    suggestion: float | None = field(init=False)

    def __post_init__(self):
        smoothed = _smoothed(self.losses)
        lowest = steepest = suggestion = None
        least = int(np.argmin(smoothed))
        if least > 0 and smoothed[least] < smoothed[0]:
            slope = np.gradient(smoothed, np.log(self.rates))[: least + 1]
            lowest = float(self.rates[least])
            steepest = float(self.rates[int(np.argmin(slope))])
            suggestion = min(steepest, SAFE * lowest)
        for name, value in (
            ("smoothed", smoothed), ("lowest", lowest), ("steepest", steepest),
            ("suggestion", suggestion),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        tried = f"{len(self.rates)} rates, {self.rates[0]:.2g}..{self.rates[-1]:.2g}"
        if self.suggestion is None:
            return f"RateRange({tried}: the loss never fell)"
        return f"RateRange({tried}: suggestion {self.suggestion:.2g}, lowest loss at {self.lowest:.2g})"

    def plot(self, path: str | os.PathLike) -> None:
        """Draw losses over rates into a file; its ending says which kind: .png, .svg, .pdf.

        Raises
        ------
        DependencyError
            Matplotlib is not installed.
        SettingError, FileError
            The ending is unknown, or the file cannot be written.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError:
            raise DependencyError(
                "plots are made by Matplotlib, which is not installed: pip install 'wildwire[plots]'"
            ) from None
        figure = Figure((6.4, 4.0), dpi=120, layout="constrained")
        self._draw(figure.add_subplot())
        try:
            figure.savefig(os.fspath(path))
        except OSError as error:
            raise FileError(f"cannot write {path}: {error.strerror}") from error
        except ValueError as error:
            told = " ".join(str(error).split())
            raise SettingError(f"cannot draw {path}: {told}") from None

    def _draw(self, axes) -> None:
        first = float(self.smoothed[0])
        low = float(min(self.losses.min(), self.smoothed.min()))
        span = max(first - low, 1e-3 * abs(first), np.finfo(float).tiny)
        axes.set(
            xscale="log", xlabel="rate", ylabel="loss",
            xlim=(self.rates[0], self.rates[-1]),
            ylim=(low - 0.1 * span, first + 0.6 * span),
        )  # fmt: skip
        axes.plot(
            self.rates, self.losses, ".", color="#9aa5b1", label="before each step"
        )
        axes.plot(self.rates, self.smoothed, color="#1f5f99", lw=2, label="smoothed")
        for value, name, colour, line in (
            (self.suggestion, "suggestion", "#1b7f4d", "-"),
            (self.lowest, "lowest loss", "#b4552d", "--"),
        ):
            if value is not None:
                axes.axvline(value, color=colour, ls=line, label=f"{name}: {value:.2g}")
        axes.spines[["right", "top"]].set_visible(False)
        axes.legend(loc="lower left", frameon=False)


def _smoothed(losses: np.ndarray) -> np.ndarray:
    """Means over neighbours by a bell: centred, for a mean of the past alone would lag behind the rate.

    Losses that ran away are cut off before, or they would hide how low it was just before.
    """
    losses = np.minimum(losses, 2 * losses[0] - losses.min())
    place = np.arange(len(losses))
    width = max(1.0, BELL * len(losses))
    bell = np.exp(-0.5 * ((place[:, None] - place) / width) ** 2)
    return (bell * losses).sum(axis=1) / bell.sum(axis=1)


def rate_range(
    network,
    X,
    Y,
    theta=None,
    loss="squared",
    learner: Learner | str | None = None,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
    batch: int | str = "auto",
    *,
    seed=0,
    initialiser="default",
    sample_weight=None,
    gradient: str = "mean",
    l1: float = 0.0,
    l2: float = 0.0,
    penalty=None,
    clip: float | None = None,
    scale_loss: bool | str = "auto",
    dtype: str = "float64",
    threads: int = 1,
    warm_up: int = 0,
    truncate: int | None = None,
    feedback: Mapping[str, str] | None = None,
) -> RateRange:
    """Try rates from `low` to `high`, one step each, in one run (Smith 2017, section 3.3).

    The rate grows by the same factor from step to step. The test ends before `high` where the loss runs away: it is not
    finite, or four times the lowest.

    Parameters
    ----------
    network, X, Y, theta, loss, batch, seed, initialiser, sample_weight, gradient, l1, l2, penalty, clip, scale_loss, \
dtype, threads, warm_up, truncate, feedback
        As for `fit`. The network is not changed.
    learner : FirstOrder or str, optional
        Its own rate is not used; None: Adam.
    low, high : float
        First and last rate, above 0.
    steps : int
        Rates tried, 10 or more.

    Returns
    -------
    RateRange

    Raises
    ------
    SettingError, DataError
        As `fit`; a learner without a rate.

    Notes
    -----
    A step of `fit` for every rate, and one pass forward over at most 4,096 rows: the loss of single batches would be
    too noisy to tell where it falls.

    Examples
    --------
    >>> import numpy as np
    >>> import wildwire as ww
    >>> X = np.linspace(-1, 1, 64)
    >>> network = ww.parse("input x\\nh[5] ~ tanh(x)\\ny ~ identity(h)\\noutput y")
    >>> found = ww.learning.rate_range(network, X, np.sin(3*X), seed=0)
    >>> bool(1e-4 < found.suggestion < 1)
    True
    """
    check_network(network)
    settings = check_settings(
        learner=Adam() if learner is None else learner, batch=batch, epochs=1,
        gradient=gradient, shuffle=True, time_limit=None, threads=threads, dtype=dtype,
        l1=l1, l2=l2, l1_dies=True, penalty=penalty, clip=clip, patience=None,
        steady=None, scale_loss=scale_loss,
    )  # fmt: skip
    if not isinstance(settings.learner, FirstOrder):
        raise SettingError(
            f"{type(settings.learner).__name__} has no rate to be found: give a first-order learner"
        )
    rates = _rates(low, high, steps)
    losses, memory = (
        read_losses(loss, network),
        read_memory(warm_up, truncate, feedback),
    )
    rows = as_samples(network, X, Y, sample_weight, memory)
    key, judged = seed_key(seed), rows
    if len(rows) > MOST_JUDGED:
        judged = rows.take(split_rows(key, len(rows), MOST_JUDGED)[1])
    problem = Problem(network, rows, judged, losses, settings, key)
    found = _walk(problem, start_theta(network, theta, seed, initialiser), rates)
    return RateRange(rates[: len(found)], np.array(found))


def _rates(low, high, steps) -> np.ndarray:
    low = checked_number("low", low, zero=False)
    high = checked_number("high", high, zero=False)
    whole = isinstance(steps, (int, np.integer)) and not isinstance(steps, bool)
    if not whole or steps < LEAST_STEPS:
        raise SettingError(
            f"steps must be a whole number of {LEAST_STEPS} or more, not {one_line(steps)}"
        )
    if not low < high:
        raise SettingError(f"low must be below high, not {low:g} and {high:g}")
    return np.geomspace(low, high, steps)


def _walk(problem: Problem, start: np.ndarray, rates: np.ndarray) -> list[float]:
    """The loss before each step, until it runs away."""
    session, judge = problem.bind()
    assert judge is not None
    state, rule = problem.first_state(session, start, {}), problem.rule()
    numbers = problem.settings.first_order.numbers
    losses: list[float] = []
    order = np.arange(0)
    for step in range(len(rates)):
        loss = judge.loss(session.theta())
        if not np.isfinite(loss):
            break
        losses.append(loss)
        lowest = min(losses)
        if loss > max(losses[0], lowest + (TOO_HIGH - 1) * abs(lowest)):
            break
        epoch, batch = divmod(step, session.n_batches)
        if batch == 0:
            order = epoch_order(problem.key, epoch, len(problem.rows))
        report = session.steps(
            rule, state.vectors, numbers, rates[step : step + 1], order, batch, step + 1
        )
        if report.status:
            break
    if not losses:
        raise DataError(
            f"the loss is not finite at the start. {problem.locate(start, None)}"
        )
    return losses
