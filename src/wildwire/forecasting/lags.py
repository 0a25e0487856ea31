"""Lagged columns, and forecasts step by step from a model of them.

Comes in: a series, delays, a function from lagged columns to the next value. Goes out: arrays. Called by `linear.py`,
`plan.py`, `choosing.py` and the plain models of `evaluation`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.errors import DataError, SettingError

Floats = np.ndarray
Next = Callable[[Floats], Floats]
"""(k, columns) lagged values -> (k,) next values."""

HELD_OUT = 0.2
"""Share of a series in each stretch, at its end, on which choices are made."""
STRETCHES = 3
SHARE_LEARNT = 0.4 - 1e-9
"""What must be left to learn from before a further stretch."""
MOST_ORIGINS = 40
"""Forecasts made on each stretch, at most."""
ORDERS = (1, 2, 4, 8, 12, 18, 24)
"""Numbers of own lags that "auto" tries, besides one season."""
SHARE_OF_LAGS = 0.2
"""Of the values: the longest delay that "auto" tries."""


@dataclass(frozen=True, slots=True)
class Lags:
    """What the next value is computed from.

    Parameters
    ----------
    own : tuple of int, each 1 or more
        Delays of the series itself.
    known : tuple of int, each 0 or more
        Delays of every column that is known ahead.
    """

    own: tuple[int, ...]
    known: tuple[int, ...] = (0,)

    @property
    def longest(self) -> int:
        """Rows before the first value that can be computed."""
        return max((*self.own, *self.known), default=0)


def lagged(y: Floats, X: Floats, lags: Lags, rows: Floats) -> Floats:
    """The columns from which the values of `rows` are to be told.

    Returns
    -------
    ndarray, shape (len(rows), len(lags.own) + q*len(lags.known))
        Own lags first, then each column of X with its lags.
    """
    own = [y[rows - d] for d in lags.own]
    known = [X[rows - d, j] for j in range(X.shape[1]) for d in lags.known]
    return np.column_stack([*own, *known]) if own or known else np.empty((len(rows), 0))


def continued(
    following: Next, y: Floats, X: Floats, lags: Lags, origins: Floats, horizon: int
) -> Floats:
    """Forecasts from several origins, each value computed from those before it.

    Parameters
    ----------
    origins : ndarray of int, shape (k,)
        Row o is the first that is forecast; y[:o] is known, and X[:o + horizon].

    Returns
    -------
    ndarray, shape (k, horizon)
    """
    depth = max(lags.own, default=0)
    found = np.empty((len(origins), depth + horizon))
    found[:, :depth] = y[origins[:, None] + np.arange(-depth, 0)]
    for step in range(horizon):
        own = [found[:, depth + step - d] for d in lags.own]
        known = [
            X[origins + step - d, j] for j in range(X.shape[1]) for d in lags.known
        ]
        found[:, depth + step] = following(np.column_stack([*own, *known]))
    return found[:, depth:]


def differenced(
    following: Next, y: Floats, X: Floats, lags: Lags, origins: Floats, horizon: int
) -> Floats:
    """As `continued`, of a model whose values and lags are changes from row to row."""
    changes = continued(following, np.diff(y), X[1:], lags, origins - 1, horizon)
    return y[origins - 1][:, None] + np.cumsum(changes, axis=1)


def inner_splits(n: int, horizon: int, longest: int) -> list[Floats]:
    """Where forecasts begin that judge a choice: up to three stretches at the end, each with its origins.

    What is judged on a stretch learns from the values before its first origin, and so from no later ones.

    Returns
    -------
    list of ndarray of int
        Latest stretch first. Empty where the series is too short.
    """
    length = max(int(n * HELD_OUT), horizon)
    found = []
    for part in range(1, STRETCHES + 1):
        first = n - part * length
        least = max(2 * longest + 4, SHARE_LEARNT * n if part > 1 else 0)
        if first < least:
            break
        last = first + length - horizon
        count = min(last - first + 1, MOST_ORIGINS)
        found.append(np.unique(np.linspace(first, last, count).astype(np.int64)))
    return found


def targets(y: Floats, origins: Floats, horizon: int) -> Floats:
    """What was to be forecast, (len(origins), horizon)."""
    return y[origins[:, None] + np.arange(horizon)]


def orders(n: int, horizon: int, season: int | None) -> list[tuple[int, ...]]:
    """Sets of own lags that "auto" tries: runs of lags; with a season one more of its length, and four lags around it.

    The longest lag of a run leaves at least four fifths of the rows to learn from. The four around a season are few,
    and need no more than that something can be held out to judge them.
    """
    most = max(1, int(min(SHARE_OF_LAGS * n, n - horizon - 6)))
    lengths = {p for p in ORDERS if p <= most} | {1}
    found = [tuple(range(1, p + 1)) for p in sorted(lengths)]
    if season is not None and season + 1 <= most:
        found.append(tuple(range(1, season + 2)))
    if season is not None and (season + 1 <= most or _can_judge(n, horizon, season)):
        found.append((1, 2, season, season + 1) if season > 2 else (1, 2))
    return sorted(set(found), key=lambda lags: (len(lags), lags))


def _can_judge(n: int, horizon: int, season: int) -> bool:
    """Whether an end can be held out from what learns with lags around a season."""
    # One row more than the longest lag: the network may read changes from row to row.
    rows = season + 2
    splits = inner_splits(n, horizon, rows)
    return bool(splits) and bool(splits[0][0] >= rows + horizon + 2)


def season_note(n: int, horizon: int, season: int | None) -> tuple[str, ...]:
    """What a user should know where "auto" can try no lags around the season; else nothing."""
    if season is None or any(season in lags for lags in orders(n, horizon, season)):
        return ()
    around = f"1,2,{season},{season + 1}"
    return (
        f"too few values to try lags around a season of {season} steps; lags {around}, if given, are read untried",
    )


def given_lags(value: Any, least: int) -> tuple[int, ...]:
    """Delays as a sorted tuple: a number p stands for `least`..p.

    Raises
    ------
    ValueError
        Not whole, or below `least`; the caller names the argument.
    """
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, (int, np.integer)):
        delays = list(range(least, int(value) + 1))
        if int(value) < least:
            raise ValueError
    else:
        delays = [int(d) for d in value]
        if any(d != given for d, given in zip(delays, value, strict=True)):
            raise ValueError
    if not delays or min(delays) < least:
        raise ValueError
    return tuple(sorted(set(delays)))


def check_season(season: int | None, n: int) -> None:
    """Refuse a season that is no whole number from 2, or that a series of n values does not hold twice.

    Raises
    ------
    SettingError, DataError
    """
    if season is None:
        return
    whole = isinstance(season, (int, np.integer)) and not isinstance(season, bool)
    if not whole or season < 2:
        raise SettingError(f"season must be a whole number from 2, not {season!r}")
    if 2 * season > n:
        raise DataError(
            f"a season of {season} steps needs at least {2 * season} values, and there are {n}"
        )
