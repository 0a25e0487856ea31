"""The penalty, the number of steps and the start, chosen on the end of the series.

Comes in: a `Plan` and the series. Goes out: a `Choice`. Called by `training.py`. Each candidate learns from what lies
before a stretch and is judged by closed-loop forecasts on it; the stretches are those of `lags.inner_splits`.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from wildwire.forecasting.lags import inner_splits
from wildwire.forecasting.objective import context_of
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
    interrupted : bool
    notes : tuple of str
    """

    l2: float
    steps: tuple[int, int] = (0, 0)
    trial: int = 0
    loss: float = math.inf
    theta: np.ndarray = field(default_factory=lambda: np.empty(0))
    losses: list[float] = field(default_factory=list)
    interrupted: bool = False
    notes: tuple[str, ...] = ()


def choose(plan: Plan, series: Series) -> Choice:
    """Penalty, steps and start with the best closed-loop forecasts over the end.

    Notes
    -----
    At most five candidates on three stretches: 15 short fits.
    """
    settings = plan.settings
    penalties = _penalties(plan, len(series))
    context = context_of(plan.loop, len(series))
    splits = [
        origins
        for origins in inner_splits(len(series), settings.horizon, context)
        if origins[0] >= context + settings.horizon + 2
    ]
    if not splits:
        few = min(FEW_STEPS, settings.steps)
        note = "too few values to hold any out: the penalty and the number of steps are not chosen"
        return Choice(penalties[0], (few, few), notes=(note,))
    candidates = [(l2, 0) for l2 in penalties]
    planned = len(candidates) + STARTS
    best = Choice(penalties[0])
    for number, (l2, trial) in enumerate(candidates):
        if settings.told is not None:
            settings.told(number, planned)
        found = _candidate(plan, series, splits, l2, trial)
        if found.loss < best.loss:
            best = found
        if found.interrupted:
            return replace(best, interrupted=True)
        if time.perf_counter() > settings.end:
            break
        if number == len(penalties) - 1 and plan.network.n_theta:
            # Appended while it runs: only now is the best penalty known.
            candidates += [(best.l2, k) for k in range(1, STARTS)]
    return best


def _candidate(
    plan: Plan, series: Series, splits: list[np.ndarray], l2: float, trial: int
) -> Choice:
    """One candidate on all stretches: the numbers of steps that are best on their mean."""
    steps = (plan.settings.steps, plan.settings.steps)
    runs = []
    for origins in splits:
        before = series.until(int(origins[0]))

        def watch(theta: np.ndarray, origins: np.ndarray = origins) -> float:
            return plan.closed_error(theta, series, origins)

        start = plan.start(before, trial)
        runs.append(plan.descend(before, start, l2, steps, watch))
        stopped = {run.reason for run in runs[-1]} & {"interrupted", "time"}
        if stopped:
            break
    first, second = (_mean_curve([run[k].curve for run in runs]) for k in range(2))
    taught, looped = int(np.argmin(first)), int(np.argmin(second))
    # Where the second phase begins, each run stands at its own best: that is no fair number.
    further = looped > 0 and second[looped] < first[taught]
    best = runs[0][1] if further else runs[0][0]
    interrupted = any(run.reason == "interrupted" for pair in runs for run in pair)
    return Choice(
        l2,
        (taught, looped if further else 0),
        trial,
        float(second[looped] if further else first[taught]),
        best.theta,
        [*runs[0][0].losses, *runs[0][1].losses],
        interrupted,
    )


def _mean_curve(curves: list[list[float]]) -> np.ndarray:
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
