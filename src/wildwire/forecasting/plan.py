"""A network that is to learn a series, and one descent of it.

Comes in: a `Series` and `Settings`. Goes out: a `Plan`: the wiring, which is the same in all fits of one series. Called
by `choosing.py` and `training.py`.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wildwire.errors import DataError
from wildwire.forecasting.closed_loop import forecasts_from
from wildwire.forecasting.descent import Descent, Watch, descend
from wildwire.forecasting.lags import Lags, orders, targets
from wildwire.forecasting.linear import LinearChoice, choose_linear, fit_linear
from wildwire.forecasting.memory import Loop, loop_of
from wildwire.forecasting.neighbours import choose_by_neighbours
from wildwire.forecasting.objective import Objective, Windows, looped, taught
from wildwire.forecasting.series import Series
from wildwire.forecasting.text import Wiring, series_text, start_from
from wildwire.network import Network

STEPS = 200
"""Of descent, each phase, where nothing else is said."""


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


@dataclass(slots=True, eq=False)
class Plan:
    """What is the same in all fits of one series."""

    settings: Settings
    network: Network
    loop: Loop
    wiring: Wiring | None
    lags: Lags | None
    changes: bool
    penalty: float

    def start(self, series: Series, trial: int = 0) -> np.ndarray:
        """The linear model of a series; of a network of the user's own its own numbers.

        Parameters
        ----------
        trial : int
            Numbers that are random differ from trial to trial.
        """
        key = np.random.SeedSequence((self.settings.seed, trial))
        if self.wiring is None or self.lags is None:
            return np.array(self.network.initial(key))
        linear = fit_linear(series, self.lags, self.penalty, changes=self.changes)
        return start_from(self.network, self.wiring, linear, key)

    def without_hidden(self, series: Series) -> "Plan":
        """The same with the direct links alone: linear autoregression."""
        if self.lags is None or not self.settings.hidden:
            return self
        settings = replace(self.settings, hidden=())
        chosen = LinearChoice(self.lags, self.changes, self.penalty, math.nan, 0)
        return _plan(series, settings, chosen)

    def descend(
        self,
        series: Series,
        start: np.ndarray,
        l2: float,
        steps: tuple[int, int],
        watch: Watch | None = None,
    ) -> tuple[Descent, Descent]:
        """One step ahead, then in closed loop.

        Watched, the second phase begins where the first watched loss of the first phase was lowest.
        """
        settings = self.settings
        taught_part = taught(self.network, self.loop, series)
        first = self._phase(series, taught_part, start, l2, steps[0], watch)
        begin = first.best[0] if watch is not None else first.theta
        if not settings.multi_step or first.reason in ("time", "interrupted"):
            return first, replace(first, curves=first.curves[:0], losses=[], reason="")
        looped_part = looped(self.network, self.loop, series, settings.horizon)
        second = self._phase(series, looped_part, begin, l2, steps[1], watch)
        return first, second

    def _phase(
        self,
        series: Series,
        windows: Windows,
        start: np.ndarray,
        l2: float,
        steps: int,
        watch: Watch | None,
    ) -> Descent:
        loss = self.settings.loss
        objective = Objective.of(self.network, windows, loss, series.y, l2)
        return descend(
            objective,
            start,
            bounds=_bounds(self.network),
            steps=steps,
            end=self.settings.end,
            watch=watch,
        )

    def next_error(self, theta: np.ndarray, windows: Windows) -> float:
        """Mean squared error one step ahead, from true values."""
        from wildwire.engine.evaluate import run

        found = np.asarray(run(self.network, theta, windows.X))
        with np.errstate(over="ignore", invalid="ignore"):
            errors = (found - windows.Y)[..., 0] ** 2
            error = float((windows.weight * errors).sum() / windows.weight.sum())
        return error if math.isfinite(error) else math.inf

    def closed_error(self, theta: np.ndarray, series: Series, origins) -> float:
        """Mean squared error of closed-loop forecasts; infinite where they grow without bound."""
        horizon = self.settings.horizon
        truth = targets(series.y, origins, horizon)
        found = forecasts_from(self.network, theta, self.loop, series, origins, horizon)
        with np.errstate(over="ignore", invalid="ignore"):
            error = float(np.mean((found - truth) ** 2))
        return error if math.isfinite(error) else math.inf


def _bounds(network: Network) -> np.ndarray | None:
    """Lowest and highest numbers as SciPy takes them: infinite where nothing is said."""
    stated = network.bounds
    if stated is None:
        return None
    return np.where(np.isnan(stated), [-np.inf, np.inf], stated)


def plans_of(series: Series, settings: Settings) -> list[Plan]:
    """The wirings that are to be tried: one, or with lags "auto" up to two.

    Lags are those that suit linear autoregression, and those with which the most similar pasts tell the next value
    best, which also sees what no line does.

    Raises
    ------
    DataError
        The series is too short for the delays and the horizon.
    """
    own = settings.network
    if own is not None:
        return [Plan(settings, own, loop_of(own, series.name), None, None, False, 0.0)]
    n, horizon = len(series), settings.horizon
    sets = [settings.lags] if settings.lags else orders(n, horizon, settings.season)
    candidates = [Lags(lags, settings.known) for lags in sets]
    longest = max(lags.longest for lags in candidates)
    if n < longest + horizon + 2:
        raise too_short(series, longest, horizon)
    chosen = choose_linear(series, horizon, candidates)
    found = [chosen]
    if len(candidates) > 1 and sum(settings.hidden):
        near = choose_by_neighbours(series, horizon, candidates)
        if near is not None and near != chosen.lags:
            found.append(choose_linear(series, horizon, [near]))
    return [_plan(series, settings, one) for one in found]


def _plan(series: Series, settings: Settings, found: LinearChoice) -> Plan:
    wiring = series_text(series, found.lags, settings.hidden, changes=found.changes)
    network = Network.parse(wiring.text)
    loop = loop_of(network, wiring.series)
    return Plan(
        settings, network, loop, wiring, found.lags, found.changes, found.penalty
    )


def too_short(series: Series, longest: int, horizon: int) -> DataError:
    """The error of a series that its delays and the horizon do not leave enough of."""
    return DataError(
        f"{series.source}: {len(series)} values are too few: the longest delay ({longest} steps) and the horizon "
        f"({horizon}) need at least {longest + horizon + 2}; give fewer lags, or a shorter horizon"
    )
