"""The penalty, the number of steps and the start, chosen on the end of the series.

Comes in: one `Plan` or two, and the series. Goes out: one of them and a `Choice`. Called by `training.py`. Each
candidate learns from what lies before a stretch (`lags.inner_splits`) and is judged by closed-loop forecasts on it.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from wildwire.forecasting.descent import Descent, Watch
from wildwire.forecasting.lags import inner_splits
from wildwire.forecasting.objective import context_of, taught
from wildwire.forecasting.plan import Plan
from wildwire.forecasting.series import Series

PENALTIES = (1.0, 0.1, 10.0, 0.01)
"""Tried in turn, divided by the number of values."""
STARTS = 2
"""Random starts of the hidden neurons; the further ones are tried with the best penalty only."""
FEW_STEPS = 60
"""Of descent, where no values can be held out."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The best candidate.

    Parameters
    ----------
    l2 : float
    steps : tuple of int
        Of descent, one step ahead and in closed loop; (0, 0) is the linear model.
    trial : int
        Which start.
    loss : float
        Mean squared error of its closed-loop forecasts on the stretches; infinite where none was held out.
    theta : ndarray
        What it learnt before the last stretch; empty where none was held out.
    losses : list of float
        Of the objective, there.
    stopped : str
        Why not everything was tried: "time" or "interrupted"; else "".
    complete : bool
        Whether it was judged on all stretches to the end.
    notes : tuple of str
    """

    l2: float
    steps: tuple[int, int] = (0, 0)
    trial: int = 0
    loss: float = math.inf
    theta: np.ndarray = field(default_factory=lambda: np.empty(0))
    losses: list[float] = field(default_factory=list)
    stopped: str = ""
    complete: bool = True
    notes: tuple[str, ...] = ()


def choose(plans: Sequence[Plan], series: Series) -> tuple[Plan, Choice]:
    """Wiring, penalty, steps and start with the best closed-loop forecasts over the end.

    Notes
    -----
    At most six candidates on three stretches: 18 short fits.
    """
    plan = plans[0]
    penalties = _penalties(plan, len(series))
    splits = _splits(plans, series)
    if not splits:
        few = min(FEW_STEPS, plan.settings.steps)
        note = "too few values to hold any out: the penalty and the number of steps are not chosen"
        return plan, Choice(penalties[0], (few, few), notes=(note,))
    search = _Search(series, splits, len(plans) + len(penalties) + STARTS - 1)
    for plan in plans:
        search.attempt(plan, penalties[0], 0)
    for l2 in penalties[1:]:
        search.attempt(search.plan, l2, 0)
    for trial in range(1, STARTS):
        search.attempt(search.plan, search.best.l2, trial)
    return search.plan, search.best


class _Search:
    """The best candidate so far."""

    def __init__(self, series: Series, splits: list[np.ndarray], planned: int):
        self.series, self.splits, self.planned = series, splits, planned
        self.tried = 0
        self.plan: Plan
        self.best: Choice

    def attempt(self, plan: Plan, l2: float, trial: int) -> None:
        """One candidate, unless the time is over or the user wants to end.

        One that was cut short is judged on fewer or easier forecasts than others, and takes the place of none.
        """
        settings = plan.settings
        if self.tried and not self.best.stopped and time.perf_counter() > settings.end:
            self.best = replace(self.best, stopped="time")
        if self.tried and self.best.stopped:
            return
        if settings.told is not None:
            settings.told(self.tried, self.planned)
        found = _candidate(plan, self.series, self.splits, l2, trial)
        if not self.tried or (found.complete and found.loss < self.best.loss):
            self.plan, self.best = plan, found
        self.best = replace(self.best, stopped=found.stopped)
        self.tried += 1


def _splits(plans: Sequence[Plan], series: Series) -> list[np.ndarray]:
    """Stretches before which every plan has enough to learn from."""
    horizon = plans[0].settings.horizon
    context = max(context_of(plan.loop, len(series)) for plan in plans)
    return [
        origins
        for origins in inner_splits(len(series), horizon, context)
        if origins[0] >= context + horizon + 2
    ]


def _candidate(
    plan: Plan, series: Series, splits: list[np.ndarray], l2: float, trial: int
) -> Choice:
    """One candidate on all stretches: the numbers of steps that are best on their mean."""
    steps = (plan.settings.steps, plan.settings.steps)
    runs: list[tuple[Descent, Descent]] = []
    stopped = ""
    for origins in splits:
        before = series.until(int(origins[0]))
        watch = _watch(plan, series, origins)
        runs.append(plan.descend(before, plan.start(before, trial), l2, steps, watch))
        if stopped := cut(runs[-1]):
            break
    ahead, closed = (_mean_curve([run[0].curves[:, k] for run in runs]) for k in (0, 1))
    loss, used, best = closed.min(), (int(np.argmin(closed)), 0), runs[0][0]
    if all(len(run[1].curves) for run in runs):
        looped = _mean_curve([run[1].curves[:, 1] for run in runs])
        if looped.min() < loss:
            # The second phase has begun where the first was best one step ahead.
            used = (int(np.argmin(ahead)), int(np.argmin(looped)))
            loss, best = looped.min(), runs[0][1]
    return Choice(
        l2,
        used,
        trial,
        float(loss),
        best.best[1],
        [*runs[0][0].losses, *runs[0][1].losses],
        stopped,
        complete=not stopped,
    )


def cut(runs: tuple[Descent, Descent]) -> str:
    """Why a descent ended before its time: "time" or "interrupted"; else ""."""
    reasons = {run.reason for run in runs}
    return next(iter(reasons & {"interrupted", "time"}), "")


def _watch(plan: Plan, series: Series, origins: np.ndarray) -> Watch:
    """Errors on a stretch: one step ahead, and in closed loop over the horizon."""
    last = int(origins[-1]) + plan.settings.horizon
    context = context_of(plan.loop, len(series))
    from_here = max(int(origins[0]) - context, 0)
    stretch = series.between(from_here, last)
    windows = taught(plan.network, plan.loop, stretch)

    def watch(theta: np.ndarray) -> tuple[float, float]:
        ahead = plan.next_error(theta, windows)
        return ahead, plan.closed_error(theta, series, origins)

    return watch


def _mean_curve(curves: list[np.ndarray]) -> np.ndarray:
    """Mean of losses per step; a run that ended early keeps its last value."""
    length = max(map(len, curves))
    padded = [np.pad(curve, (0, length - len(curve)), "edge") for curve in curves]
    return np.nan_to_num(np.mean(padded, axis=0), nan=math.inf)


def _penalties(plan: Plan, n: int) -> Sequence[float]:
    if plan.settings.l2 is not None:
        return (plan.settings.l2,)
    if plan.wiring is None:
        return (0.0,)
    return tuple(alpha / n for alpha in PENALTIES)
