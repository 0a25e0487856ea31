"""From a series to a network that continues it.

Comes in: a `Series` and `Settings`. Goes out: `Trained`. Called by the estimator. The lags, the penalty and the number
of steps are chosen on the end of the series, by closed-loop forecasts over the horizon; then everything is learnt from.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from wildwire.errors import DataError
from wildwire.forecasting.closed_loop import forecasts_from
from wildwire.forecasting.descent import Descent, descend
from wildwire.forecasting.lags import Lags, inner_origins, orders, targets
from wildwire.forecasting.linear import choose_linear, fit_linear
from wildwire.forecasting.memory import Loop, loop_of
from wildwire.forecasting.objective import Objective, context_of, looped, taught
from wildwire.forecasting.series import Series
from wildwire.forecasting.text import Wiring, series_text, start_from
from wildwire.network import Network

PENALTIES = (1.0, 0.1, 0.01, 10.0)
"""Tried in turn, divided by the number of values."""
STEPS = 200
"""Of descent, each phase, where nothing else is said."""
FEW_STEPS = 60
"""Where no values can be held out."""
WORSE = 4.0
"""A last fit whose closed loop errs so many times more than the linear model's, on what it learnt from, is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to learn.

    Parameters
    ----------
    lags : tuple of int or None
        None chooses them.
    known : tuple of int
        Delays of the columns that are known ahead.
    horizon : int
    hidden : tuple of int
    network : Network or None
        The user's own; lags and hidden are then not used.
    season : int or None
    multi_step : bool
    loss : str or Function
    l2 : float or None
        None chooses it; 0 for a network of the user's own.
    steps : int
    seed : int
    end : float
        When to stop, in seconds of `time.perf_counter`.
    told : callable or None
        told(fits done, fits planned).
    """

    lags: tuple[int, ...] | None = None
    known: tuple[int, ...] = (0,)
    horizon: int = 12
    hidden: tuple[int, ...] = (8,)
    network: Network | None = None
    season: int | None = None
    multi_step: bool = True
    loss: Any = "squared"
    l2: float | None = None
    steps: int = STEPS
    seed: int = 0
    end: float = math.inf
    told: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A network that has learnt a series.

    Parameters
    ----------
    network : Network
    theta : ndarray
    loop : Loop
    lags : Lags or None
        None for a network of the user's own.
    l2 : float
    steps : tuple of int
        Of descent, one step ahead and in closed loop.
    held_out : float
        Root mean squared error of the closed-loop forecasts on the end of the series, before the last fit; NaN if
        nothing was held out.
    losses : list of float
        Of the last fit, per step, in units of the variance.
    reason : str
    notes : tuple of str
    """

    network: Network
    theta: np.ndarray
    loop: Loop
    lags: Lags | None
    l2: float
    steps: tuple[int, int]
    held_out: float
    losses: list[float] = field(default_factory=list)
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class _Plan:
    """What is the same in all fits of one series."""

    settings: Settings
    network: Network
    loop: Loop
    wiring: Wiring | None
    lags: Lags | None
    changes: bool
    penalty: float

    def start(self, series: Series) -> np.ndarray:
        """The linear model of a series; of a network of the user's own its own numbers."""
        if self.wiring is None or self.lags is None:
            return np.array(self.network.initial(self.settings.seed))
        linear = fit_linear(series, self.lags, self.penalty, changes=self.changes)
        return start_from(self.network, self.wiring, linear, self.settings.seed)

    def descend(
        self,
        series: Series,
        start: np.ndarray,
        l2: float,
        steps: tuple[int, int],
        watch=None,
    ) -> tuple[Descent, Descent]:
        """Both phases; with a watch each keeps its best."""
        settings = self.settings
        spread = float(series.y.std()) or 1.0
        windows = [taught(self.network, self.loop, series)]
        if settings.multi_step:
            windows.append(looped(self.network, self.loop, series, settings.horizon))
        runs: list[Descent] = []
        for part, count in zip(windows, steps, strict=False):
            objective = Objective.of(self.network, part, settings.loss, spread, l2)
            begin = runs[-1].theta if runs else start
            stopped = bool(runs) and runs[-1].reason in ("time", "interrupted")
            runs.append(
                descend(
                    objective,
                    begin,
                    bounds=self.network.bounds,
                    steps=0 if stopped else count,
                    end=settings.end,
                    watch=watch,
                )
            )
        if len(runs) == 1:
            runs.append(replace(runs[0], steps=0, losses=[], reason=""))
        return runs[0], runs[1]

    def closed_error(self, theta: np.ndarray, series: Series, origins) -> float:
        """Mean squared error of closed-loop forecasts; infinite where they grow without bound."""
        horizon = self.settings.horizon
        truth = targets(series.y, origins, horizon)
        found = forecasts_from(self.network, theta, self.loop, series, origins, horizon)
        with np.errstate(over="ignore", invalid="ignore"):
            error = float(np.mean((found - truth) ** 2))
        return error if math.isfinite(error) else math.inf


def train(series: Series, settings: Settings) -> Trained:
    """Choose what is open on the end of a series, then learn from all of it.

    Raises
    ------
    DataError
        The series is too short for the delays and the horizon.
    """
    plan = _plan(series, settings)
    needed = context_of(plan.loop, len(series)) + settings.horizon + 2
    if len(series) < needed:
        raise DataError(
            f"{series.source}: {len(series)} values are too few: the longest delay ({needed - settings.horizon - 2} "
            f"steps) and the horizon ({settings.horizon}) need at least {needed}; give fewer lags, or a shorter horizon"
        )
    choice = _choose(plan, series)
    if choice.interrupted:
        return choice.trained(plan, choice.best_theta, choice.losses, "interrupted")
    start = plan.start(series)
    first, second = plan.descend(series, start, choice.l2, choice.steps)
    last = second if second.reason else first
    theta = _sane(plan, series, start, last.theta, choice)
    reason = first.reason if first.reason in ("time", "interrupted") else last.reason
    return choice.trained(plan, theta, [*first.losses, *second.losses], reason)


@dataclass(slots=True, eq=False)
class _Choice:
    """The best of the fits that were watched."""

    l2: float
    steps: tuple[int, int]
    loss: float = math.inf
    best_theta: np.ndarray = field(default_factory=lambda: np.empty(0))
    losses: list[float] = field(default_factory=list)
    interrupted: bool = False
    notes: tuple[str, ...] = ()

    def trained(self, plan: _Plan, theta, losses, reason: str) -> Trained:
        held_out = math.sqrt(self.loss) if math.isfinite(self.loss) else math.nan
        return Trained(
            plan.network, theta, plan.loop, plan.lags, self.l2, self.steps, held_out,
            losses, reason, self.notes,
        )  # fmt: skip


def _plan(series: Series, settings: Settings) -> _Plan:
    """The wiring: lags chosen by the linear model, scaling from the series."""
    own = settings.network
    if own is not None:
        loop = loop_of(own, series.name)
        return _Plan(settings, own, loop, None, None, False, 0.0)
    n, horizon = len(series), settings.horizon
    sets = [settings.lags] if settings.lags else orders(n, horizon, settings.season)
    candidates = [Lags(lags, settings.known) for lags in sets]
    longest = max(lags.longest for lags in candidates)
    if n < longest + horizon + 2:
        raise DataError(
            f"{series.source}: {n} values are too few: the longest delay ({longest} steps) and the horizon "
            f"({horizon}) need at least {longest + horizon + 2}; give fewer lags, or a shorter horizon"
        )
    found = choose_linear(series, horizon, candidates)
    wiring = series_text(series, found.lags, settings.hidden, changes=found.changes)
    network = Network.parse(wiring.text)
    loop = loop_of(network, wiring.series)
    return _Plan(
        settings, network, loop, wiring, found.lags, found.changes, found.penalty
    )


def _choose(plan: _Plan, series: Series) -> _Choice:
    """Penalty and steps with the best closed-loop forecasts over the end."""
    settings = plan.settings
    penalties = _penalties(plan, len(series))
    context = context_of(plan.loop, len(series))
    origins = inner_origins(len(series), settings.horizon, context)
    few = min(FEW_STEPS, settings.steps)
    if not len(origins) or int(origins[0]) < context + settings.horizon + 2:
        note = "too few values to hold any out: the penalty and the number of steps are not chosen"
        return _Choice(penalties[0], (few, few), notes=(note,))
    before = series.until(int(origins[0]))
    best = _Choice(penalties[0], (0, 0))
    start = plan.start(before)

    def watch(theta: np.ndarray) -> float:
        return plan.closed_error(theta, series, origins)

    for number, l2 in enumerate(penalties):
        if settings.told is not None:
            settings.told(number, len(penalties) + 1)
        steps = (settings.steps, settings.steps)
        first, second = plan.descend(before, start, l2, steps, watch)
        found = second if second.watched < first.watched else first
        used = (first.steps, second.steps if found is second else 0)
        if found.watched < best.loss:
            losses = [*first.losses, *second.losses]
            best = _Choice(l2, used, found.watched, found.theta, losses)
        if "interrupted" in (first.reason, second.reason):
            return replace(best, interrupted=True)
        if time.perf_counter() > settings.end:
            break
    return best


def _penalties(plan: _Plan, n: int) -> Sequence[float]:
    if plan.settings.l2 is not None:
        return (plan.settings.l2,)
    if plan.wiring is None:
        return (0.0,)
    return tuple(alpha / n for alpha in PENALTIES)


def _sane(
    plan: _Plan,
    series: Series,
    start: np.ndarray,
    theta: np.ndarray,
    choice: _Choice,
) -> np.ndarray:
    """The last fit, unless its closed loop is far off on what it has learnt: then the best that was watched."""
    context = context_of(plan.loop, len(series))
    origins = np.unique(
        np.linspace(context, len(series) - plan.settings.horizon, 60).astype(np.int64)
    )
    reached = plan.closed_error(theta, series, origins)
    if reached <= WORSE * plan.closed_error(start, series, origins):
        return theta
    choice.notes = (
        *choice.notes,
        "the last fit ran away in closed loop: the one without the held-out values is kept",
    )
    return choice.best_theta if len(choice.best_theta) else start
