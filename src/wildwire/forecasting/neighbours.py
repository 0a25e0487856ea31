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
"""Values whose pasts are compared, on either side of where the end begins, at most."""
AT_ONCE = 500
"""Values of the end that are compared with all before it in one array."""


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
    train = np.arange(max(longest, end - LARGEST), end)
    test = np.arange(end, min(len(series), end + LARGEST))
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
    found = [
        series.y[train][_nearest(Z, T[i : i + AT_ONCE])].mean(axis=1)
        for i in range(0, len(T), AT_ONCE)
    ]
    return float(np.mean((np.concatenate(found) - series.y[test]) ** 2))


def _nearest(Z: Floats, T: Floats) -> Floats:
    """Rows of Z that are nearest to each row of T."""
    squared = (Z**2).sum(axis=1) - 2 * T @ Z.T
    count = min(NEIGHBOURS, len(Z) - 1)
    return np.argpartition(squared, count, axis=1)[:, :count]
