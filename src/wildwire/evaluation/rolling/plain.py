"""The plain forecasts that a network has to beat.

Comes in: a `Series` up to an origin. Goes out: fitted models that continue it. Called by `compare.py`. Lags, penalties
and sizes are chosen on the end of that series, again for every fit.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from wildwire.forecasting.lags import (
    Floats,
    Lags,
    continued,
    differenced,
    inner_splits,
    lagged,
    orders,
    targets,
)
from wildwire.forecasting.linear import choose_linear, fit_linear
from wildwire.forecasting.series import Series


class Forecasts(Protocol):
    """A fitted model."""

    @property
    def parameters(self) -> int:
        """Numbers that must be stored to forecast."""
        ...

    def forecasts(self, series: Series, origins: Floats, horizon: int) -> Floats:
        """Forecasts from origins o, (len(origins), horizon).

        They may read y[:o] and X[:o + horizon], whatever else the series holds.
        """
        ...


class ForecastProcedure(Protocol):
    """Everything from a series to a fitted model: choices, scaling, fit."""

    @property
    def name(self) -> str:
        """What the table calls it."""
        ...

    def fit(self, series: Series, horizon: int, seed: int) -> Forecasts:
        """Learn from the whole of this series, which has no future."""
        ...


@dataclass(frozen=True, slots=True)
class LastValue:
    """Everything stays as it is."""

    name: str = "last value"
    parameters: int = 1

    def fit(self, series: Series, horizon: int, seed: int) -> "LastValue":
        """Nothing is learnt."""
        return self

    def forecasts(self, series: Series, origins: Floats, horizon: int) -> Floats:
        """The value before each origin."""
        return np.repeat(series.y[origins - 1][:, None], horizon, axis=1)


@dataclass(frozen=True, slots=True)
class SeasonalNaive:
    """As one season ago."""

    season: int
    name: str = "seasonal naive"

    @property
    def parameters(self) -> int:
        """One season of values."""
        return self.season

    def fit(self, series: Series, horizon: int, seed: int) -> "SeasonalNaive":
        """Nothing is learnt."""
        return self

    def forecasts(self, series: Series, origins: Floats, horizon: int) -> Floats:
        """The last season before each origin, over and over."""
        back = self.season - np.arange(horizon) % self.season
        return series.y[origins[:, None] - back]


@dataclass(frozen=True, slots=True)
class LinearAutoregression:
    """Ridge on lags of the values, or of their changes.

    Parameters
    ----------
    lags : Lags or None
        None chooses them.
    season : int or None
    """

    lags: Lags | None = None
    known: tuple[int, ...] = (0,)
    season: int | None = None
    name: str = "linear autoregression"

    def fit(self, series: Series, horizon: int, seed: int) -> "FittedLinear":
        """Choose, then fit to everything."""
        candidates = lag_candidates(self, series, horizon)
        found = choose_linear(series, horizon, candidates)
        model = fit_linear(series, found.lags, found.penalty, changes=found.changes)
        return FittedLinear(model, found.tried)


@dataclass(frozen=True, slots=True, eq=False)
class FittedLinear:
    """A linear model with the number of settings that were tried for it."""

    model: Any
    tried: int

    @property
    def parameters(self) -> int:
        """Weights, and one constant."""
        return len(self.model.weights) + 1

    def forecasts(self, series: Series, origins: Floats, horizon: int) -> Floats:
        """See `Linear.forecasts`."""
        return self.model.forecasts(series, origins, horizon)


@dataclass(frozen=True, slots=True)
class BoostedTrees:
    """Boosted trees on lags of the values, or of their changes (scikit-learn's histogram boosting).

    Parameters
    ----------
    lags : Lags or None
        None tries those that suit linear autoregression, and the longest ones.
    season : int or None
    """

    lags: Lags | None = None
    known: tuple[int, ...] = (0,)
    season: int | None = None
    name: str = "boosted trees on lags"

    def fit(self, series: Series, horizon: int, seed: int) -> "FittedTrees":
        """Choose lags, kind of values and size of trees on the end, then fit to everything."""
        candidates = lag_candidates(self, series, horizon)
        if len(candidates) > 2:
            linear = choose_linear(series, horizon, candidates).lags
            candidates = list(dict.fromkeys([linear, candidates[-1]]))
        settings = [
            (lags, changes, leaves)
            for lags in candidates
            for changes in (False, True)
            for leaves in (3, 8)
        ]
        best = settings[0]
        longest = max(lags.longest for lags in candidates)
        splits = inner_splits(len(series), horizon, longest)
        if splits:
            losses = [
                sum(_tree_loss(series, horizon, part, setting, seed) for part in splits)
                for setting in settings
            ]
            best = settings[int(np.argmin(losses))]
        return _grown(series, *best, seed, tried=len(settings))


@dataclass(frozen=True, slots=True, eq=False)
class FittedTrees:
    """A boosted model of lagged columns."""

    model: Any
    lags: Lags
    changes: bool
    tried: int = 1

    @property
    def parameters(self) -> int:
        """Nodes of all trees; there is no public way to count them."""
        return sum(
            len(tree.nodes) for stage in self.model._predictors for tree in stage
        )

    def forecasts(self, series: Series, origins: Floats, horizon: int) -> Floats:
        """Step by step, each value from those before it."""
        way = differenced if self.changes else continued
        following = self.model.predict
        return way(following, series.y, series.X, self.lags, origins, horizon)


def _tree_loss(
    series: Series,
    horizon: int,
    origins: Floats,
    setting: tuple[Lags, bool, int],
    seed: int,
) -> float:
    model = _grown(series.until(int(origins[0])), *setting, seed)
    found = model.forecasts(series, origins, horizon)
    return float(np.mean((found - targets(series.y, origins, horizon)) ** 2))


def _grown(
    series: Series, lags: Lags, changes: bool, leaves: int, seed: int, tried: int = 1
) -> FittedTrees:
    from sklearn.ensemble import HistGradientBoostingRegressor

    y, X = (np.diff(series.y), series.X[1:]) if changes else (series.y, series.X)
    rows = np.arange(lags.longest, len(y))
    model = HistGradientBoostingRegressor(
        learning_rate=0.1,
        max_iter=60,
        max_leaf_nodes=leaves,
        min_samples_leaf=min(10, max(1, len(rows) // 4)),
        early_stopping=False,
        random_state=seed,
    )
    with warnings.catch_warnings():
        # A rival is judged by its error, whatever it says while it learns.
        warnings.simplefilter("ignore")
        model.fit(lagged(y, X, lags, rows), y[rows])
    return FittedTrees(model, lags, changes, tried)


def lag_candidates(
    family: "LinearAutoregression | BoostedTrees", series: Series, horizon: int
) -> list[Lags]:
    """The lags to be tried: the given ones, or those of "auto"."""
    if family.lags is not None:
        return [family.lags]
    known = family.known
    return [Lags(own, known) for own in orders(len(series), horizon, family.season)]


def plain_forecasts(
    season: int | None, lags: Lags | None, known: tuple[int, ...]
) -> Sequence[ForecastProcedure]:
    """The rivals, simplest first; the seasonal one only where the season is known."""
    naive = [SeasonalNaive(season)] if season is not None else []
    return [
        LastValue(),
        *naive,
        LinearAutoregression(lags, known, season),
        BoostedTrees(lags, known, season),
    ]
