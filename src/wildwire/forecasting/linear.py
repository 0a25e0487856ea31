"""Linear autoregression: ridge on lags, its lags and penalty chosen on the end of the series.

Comes in: a `Series`. Goes out: a `Linear` model. Called by `plan.py` as the start of every network, and by
`evaluation`, where it is a rival.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wildwire.forecasting.lags import (
    Floats,
    Lags,
    continued,
    differenced,
    inner_splits,
    lagged,
    targets,
)
from wildwire.forecasting.series import Series

PENALTIES = tuple(10.0**power for power in range(-2, 5))
"""Of ridge: sum of squares plus so many times the squared weights, in scaled units."""
SLIGHT = 1e-8
"""At least so much of a penalty that columns that depend on each other have a solution."""


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """The next value is a weighted sum of lagged ones.

    Parameters
    ----------
    lags : Lags
    changes : bool
        Whether values and lags are changes from row to row.
    mean, spread : ndarray, shape (columns,)
        What scaling takes from the lagged columns.
    weights : ndarray, shape (columns,)
        Of the scaled columns, for the target in its own units.
    level : float
        The value where all columns are at their means.
    """

    lags: Lags
    changes: bool
    mean: Floats
    spread: Floats
    weights: Floats
    level: float

    def following(self, columns: Floats) -> Floats:
        """The next value from lagged columns."""
        return self.level + (columns - self.mean) / self.spread @ self.weights

    def forecasts(self, series: Series, origins: Floats, horizon: int) -> Floats:
        """Forecasts from each origin, (len(origins), horizon)."""
        way = differenced if self.changes else continued
        return way(self.following, series.y, series.X, self.lags, origins, horizon)


def fit_linear(
    series: Series, lags: Lags, penalty: float, *, changes: bool = False
) -> Linear:
    """Ridge on lagged columns; cost O(n p**2 + p**3)."""
    return fit_path(series, lags, (penalty,), changes=changes)[0]


def fit_path(
    series: Series, lags: Lags, penalties: Iterable[float], *, changes: bool = False
) -> list[Linear]:
    """One model per penalty, from one decomposition.

    Parameters
    ----------
    penalties : iterable of float
        Of the sum of squares, as in `PENALTIES`.
    """
    y, X = (np.diff(series.y), series.X[1:]) if changes else (series.y, series.X)
    rows = np.arange(lags.longest, len(y))
    Z, t = lagged(y, X, lags, rows), y[rows]
    mean, spread = Z.mean(axis=0), safe_spread(Z)
    Z = (Z - mean) / spread
    level = t.mean()
    values, vectors = np.linalg.eigh(Z.T @ Z)
    turned = vectors.T @ (Z.T @ (t - level))
    found = []
    for penalty in penalties:
        shrunk = np.maximum(values, 0.0) + max(penalty, SLIGHT * len(rows))
        weights = vectors @ (turned / shrunk)
        found.append(Linear(lags, changes, mean, spread, weights, float(level)))
    return found


def safe_spread(values: Floats) -> Floats:
    """Standard deviation of columns; 1 for a column that is constant up to rounding."""
    spread = values.std(axis=0)
    tiny = 1e-12 * np.maximum(np.abs(values).max(axis=0, initial=0.0), 1e-300)
    return np.where(spread > tiny, spread, 1.0)


@dataclass(frozen=True, slots=True)
class LinearChoice:
    """What was chosen on the end of the series.

    Parameters
    ----------
    lags : Lags
    changes : bool
    penalty : float
    loss : float
        Mean squared error of the forecasts there; infinite where nothing could be held out.
    tried : int
    """

    lags: Lags
    changes: bool
    penalty: float
    loss: float
    tried: int


def choose_linear(
    series: Series,
    horizon: int,
    candidates: Sequence[Lags],
    *,
    changes: Sequence[bool] = (False, True),
    penalties: Sequence[float] = PENALTIES,
) -> LinearChoice:
    """The lags and the penalty with the best forecasts over the end of the series.

    Models are fitted to what lies before the origins that judge them. A series too short for that takes the
    shortest lags and the middle penalty.
    """
    best = LinearChoice(candidates[0], False, 1.0, np.inf, 0)
    longest = max(lags.longest for lags in candidates)
    splits = inner_splits(len(series), horizon, longest)
    if not splits:
        return best
    tried = 0
    for lags in candidates:
        for change in changes:
            each = [
                _losses(series, horizon, origins, lags, change, penalties)
                for origins in splits
            ]
            losses = np.mean(each, axis=0)
            place = int(np.argmin(losses))
            tried += len(losses)
            if losses[place] < best.loss:
                loss = float(losses[place])
                best = LinearChoice(lags, change, penalties[place], loss, 0)
    return replace(best, tried=tried)


def _losses(
    series: Series,
    horizon: int,
    origins: Floats,
    lags: Lags,
    changes: bool,
    penalties: Sequence[float],
) -> Floats:
    """Mean squared error of each penalty's forecasts; large where they grow without bound."""
    truth = targets(series.y, origins, horizon)
    before = series.until(int(origins[0]))
    found = []
    for model in fit_path(before, lags, penalties, changes=changes):
        with np.errstate(over="ignore", invalid="ignore"):
            errors = (model.forecasts(series, origins, horizon) - truth) ** 2
        found.append(np.mean(errors))
    return np.nan_to_num(np.array(found), nan=1e300, posinf=1e300)
