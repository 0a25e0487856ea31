"""Lags with which the most similar pasts tell the next value best.

Comes in: a `Series` and sets of lags. Goes out: the best set. Called by `plan.py`: a line cannot see which lags matter
where the next value depends on them in a bent way (the logistic map looks like noise to it), neighbours can.
"""

from collections.abc import Sequence

import numpy as np

from wildwire.forecasting.lags import Floats, Lags, inner_splits, lagged
from wildwire.forecasting.linear import safe_spread
from wildwire.forecasting.series import Series

NEIGHBOURS = 3
LARGEST = 4_000
"""Values that are compared with one another, at most: the latest."""


def choose_by_neighbours(
    series: Series, horizon: int, candidates: Sequence[Lags]
) -> Lags | None:
    """The set of lags whose nearest neighbours err least, one step ahead, on the end of the series.

    Returns
    -------
    Lags or None
        None where the series is too short to hold anything out.

    Notes
    -----
    O(n**2 p) per set.
    """
    longest = max(lags.longest for lags in candidates)
    splits = inner_splits(len(series), horizon, longest)
    if not splits:
        return None
    end = int(splits[0][0])
    first = max(longest, len(series) - LARGEST)
    train, test = np.arange(first, end), np.arange(end, len(series))
    if len(train) <= NEIGHBOURS:
        return None
    errors = [_error(series, lags, train, test) for lags in candidates]
    return candidates[int(np.argmin(errors))]


def _error(series: Series, lags: Lags, train: Floats, test: Floats) -> float:
    """Mean squared error of the mean of the nearest neighbours."""
    Z = lagged(series.y, series.X, lags, train)
    mean, spread = Z.mean(axis=0), safe_spread(Z)
    Z = (Z - mean) / spread
    T = (lagged(series.y, series.X, lags, test) - mean) / spread
    squared = (T**2).sum(axis=1)[:, None] - 2 * T @ Z.T + (Z**2).sum(axis=1)
    count = min(NEIGHBOURS, len(train) - 1)
    near = np.argpartition(squared, count, axis=1)[:, :count]
    found = series.y[train][near].mean(axis=1)
    return float(np.mean((found - series.y[test]) ** 2))
