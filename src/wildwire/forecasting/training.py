"""From a series to a network that continues it.

Comes in: a `Series` and `Settings`. Goes out: `Trained`. Called by the estimator. What is open is chosen on the end of
the series (`choosing.py`); then everything is learnt from.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from threadpoolctl import threadpool_limits

from wildwire.forecasting.choosing import Choice, choose, cut
from wildwire.forecasting.lags import Lags, season_note
from wildwire.forecasting.memory import Loop
from wildwire.forecasting.objective import context_of
from wildwire.forecasting.plan import STEPS, Plan, Settings, plans_of, too_short
from wildwire.forecasting.series import Series
from wildwire.network import Network

WORSE = 2.0
"""A last fit that errs so many times more, on what it learnt from, than was seen on held-out values, is doubted."""
AGAIN = 0.25
"""Steps of a fit that goes on from what was learnt before the held-out values, as a share of those of a whole one."""


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
        Of the last fit, per step, in units of the series (`objective.unit_of`).
    reason : str
        "chosen steps", "linear" (none), "converged", "steps", "time" (not everything was tried, or the last fit was cut
        short) or "interrupted".
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


def train(series: Series, settings: Settings) -> Trained:
    """Choose what is open on the end of a series, then learn from all of it.

    Raises
    ------
    DataError
        The series is too short for the delays and the horizon.

    Notes
    -----
    On one thread: with two the small solves inside L-BFGS take four times as long, more on a busy machine (measured).
    """
    # Loaded before the limit, which reaches only the libraries that it finds loaded.
    import scipy.optimize  # noqa: F401

    with threadpool_limits(1):
        return _train(series, settings)


def _train(series: Series, settings: Settings) -> Trained:
    plans = plans_of(series, settings)
    longest = max(context_of(plan.loop, len(series)) for plan in plans)
    if len(series) < longest + settings.horizon + 2:
        raise too_short(series, longest, settings.horizon)
    plan, choice = choose(plans, series)
    if plan.wiring is not None and settings.lags is None:
        told = season_note(len(series), settings.horizon, settings.season)
        choice = replace(choice, notes=(*told, *choice.notes))
    if choice.stopped == "interrupted":
        return _early(plan, choice, choice.stopped)
    if choice.steps == (0, 0) and plan.wiring is not None:
        return _linear(plan, series, choice)
    if choice.stopped:
        return _early(plan, choice, choice.stopped)
    return _last(plan, series, choice)


def _last(plan: Plan, series: Series, choice: Choice) -> Trained:
    """The fit to the whole series."""
    start = plan.start(series, choice.trial)
    runs = plan.descend(series, start, choice.l2, choice.steps)
    stopped, judged = cut(runs), len(choice.theta) > 0
    if stopped and judged:
        return _early(plan, choice, stopped)
    first, second = runs
    if stopped:
        choice = replace(choice, steps=(len(first.losses), len(second.losses)))
    last = second if second.reason else first
    losses = [*first.losses, *second.losses]
    if not judged:
        return _trained(plan, choice, last.theta, losses, stopped or last.reason)
    theta, stopped = _trusted(plan, series, choice, last.theta)
    reason = "chosen steps" if last.reason == "steps" else last.reason
    return _trained(plan, choice, theta, losses, stopped or reason)


def _early(plan: Plan, choice: Choice, stopped: str) -> Trained:
    """What was best while the choice was made: nobody has judged a last fit that was cut short."""
    note = "no time was left for a last fit: the end of the series, which was held out to choose, is not learnt from"
    if stopped == "time":
        choice = replace(choice, notes=(*choice.notes, note))
    return _trained(plan, choice, choice.theta, choice.losses, stopped)


def _linear(plan: Plan, series: Series, choice: Choice) -> Trained:
    """The linear model that no step of learning has made better; without neurons that have no say."""
    small = plan.without_hidden(series)
    when = " in the time there was" if choice.stopped else ""
    note = f"hidden neurons did not make forecasts of the held-out end better{when}: this is linear autoregression"
    told = (*choice.notes, note) if plan.settings.hidden else choice.notes
    choice = replace(choice, notes=told)
    return _trained(small, choice, small.start(series), [], choice.stopped or "linear")


def _trained(
    plan: Plan, choice: Choice, theta: np.ndarray, losses: list[float], reason: str
) -> Trained:
    held_out = math.sqrt(choice.loss) if math.isfinite(choice.loss) else math.nan
    return Trained(
        plan.network, theta, plan.loop, plan.lags, choice.l2, choice.steps, held_out,
        losses, reason, choice.notes,
    )  # fmt: skip


def _trusted(
    plan: Plan, series: Series, choice: Choice, theta: np.ndarray
) -> tuple[np.ndarray, str]:
    """The last fit; or, where its closed loop is far off on what it has learnt, a better one.

    The same number of steps from the same start may end elsewhere when more is learnt from. What was learnt before the
    held-out values, and found good on them, then goes on learning from all.

    Returns
    -------
    theta : ndarray
    stopped : str
        "time" or "interrupted" where that was cut short; else "".
    """
    context = context_of(plan.loop, len(series))
    last = len(series) - plan.settings.horizon
    origins = np.unique(np.linspace(context, last, 100).astype(np.int64))
    reached = plan.closed_error(theta, series, origins)
    if reached <= WORSE * choice.loss:
        return theta, ""
    steps = tuple(math.ceil(AGAIN * count) for count in choice.steps)
    runs = plan.descend(series, choice.theta, choice.l2, (steps[0], steps[1]))
    further = (theta, choice.theta, *(run.theta for run in runs))
    errors = [
        reached,
        *(plan.closed_error(one, series, origins) for one in further[1:]),
    ]
    return further[int(np.argmin(errors))], cut(runs)


__all__ = ["STEPS", "Settings", "Trained", "train"]
