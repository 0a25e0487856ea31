"""Forecasts of a network in closed loop: each one is the input of the next step.

Comes in: a network with its numbers, a series, origins. Goes out: arrays of forecasts. Called by the estimator, and in
this directory by `saved.py`, by `plan.py` and (for the inputs alone) by `objective.py`.
"""

import numpy as np

from wildwire.errors import DataError, SettingError
from wildwire.forecasting.memory import Loop
from wildwire.forecasting.series import Series
from wildwire.network import Network

STEPS_AT_ONCE = 200_000
"""Rows of the arrays of one call."""


def inputs_of(network: Network, loop: Loop, series: Series) -> np.ndarray:
    """All rows of a series as the network reads them, (n + future, n_inputs); 0 where the series has no value yet.

    Raises
    ------
    DataError
        A column that the network reads is not there.
    """
    place = {name: j for j, name in enumerate(series.columns)}
    found = np.zeros((len(series.X), network.n_inputs))
    for i, column in enumerate(network.columns):
        if column.name == loop.series:
            found[: len(series), i] = series.y
            continue
        j = place.get(column.header, place.get(column.name))
        if j is None:
            raise DataError(
                f"{series.source}: there is no column '{column.header}', which the network reads besides the series"
            )
        found[:, i] = series.X[:, j]
    return found


def forecasts_from(
    network: Network,
    theta: np.ndarray,
    loop: Loop,
    series: Series,
    origins,
    horizon: int,
) -> np.ndarray:
    """Forecasts from several origins.

    Parameters
    ----------
    origins : array of int, shape (k,)
        Row o is the first that is forecast, from y[:o] and X[:o + horizon].
    horizon : int

    Returns
    -------
    ndarray of float64, shape (k, horizon)

    Raises
    ------
    DataError
        Too few values before an origin, an origin behind the last value, too few future rows of the columns that are
        known ahead.
    """
    origins = np.asarray(origins, dtype=np.int64)
    _check(loop, series, origins, horizon)
    rows = inputs_of(network, loop, series)
    missing = int(origins.max()) + horizon - len(rows)
    if missing > 0:
        # Only the series itself, or columns that are read late.
        _check_future(network, loop, series, int(origins.max()), horizon)
        rows = np.concatenate([rows, np.zeros((missing, rows.shape[1]))])
    if loop.depth is None:
        return np.concatenate(
            [_batch(network, theta, loop, rows, origins[i : i + 1], int(origins[i]), horizon)
             for i in range(len(origins))]
        )  # fmt: skip
    at_once = max(1, STEPS_AT_ONCE // (loop.depth + horizon))
    return np.concatenate(
        [
            _batch(network, theta, loop, rows, part, loop.depth, horizon)
            for part in np.split(origins, range(at_once, len(origins), at_once))
        ]
    )


def _batch(network, theta, loop, rows, origins, context: int, horizon: int):
    from wildwire.engine.evaluate import run

    steps = origins[:, None] + np.arange(-context, horizon)
    X = rows[steps]
    # What the future really was must not be seen, whatever the engine does with it.
    X[:, context:, [c.name for c in network.columns].index(loop.series)] = 0.0
    outputs = run(network, theta, X, warm_up=context, feedback=loop.feedback)
    return np.asarray(outputs)[:, context:, 0]


def _check(loop: Loop, series: Series, origins: np.ndarray, horizon: int) -> None:
    whole = isinstance(horizon, (int, np.integer)) and not isinstance(horizon, bool)
    if not whole or horizon < 1:
        raise SettingError(f"horizon must be a whole number from 1, not {horizon!r}")
    least = loop.depth or 1
    if origins.min() < least:
        raise DataError(
            f"{series.source}: {int(origins.min())} values are too few: the network looks {least} steps back"
        )
    if origins.max() > len(series):
        raise DataError(
            f"{series.source}: a forecast from row {int(origins.max())} needs the values before it, and there are "
            f"{len(series)}"
        )


def _check_future(
    network: Network, loop: Loop, series: Series, origin: int, horizon: int
) -> None:
    """Refuse a forecast whose columns that are known ahead are not known."""
    if not loop.others:
        return
    late = _least_delay_of_others(network, loop)
    needed = origin + horizon - late - len(series)
    if series.future < needed:
        names = ", ".join(f"'{name}'" for name in loop.others[:5])
        raise DataError(
            f"{series.source}: forecasting {horizon} steps needs {needed} rows of {names} behind the last value of "
            f"'{series.name}', and there are {series.future}: add such rows, with '{series.name}' left empty, or give "
            "a shorter horizon"
        )


def _least_delay_of_others(network: Network, loop: Loop) -> int:
    """Steps before which no column that is known ahead is read, on the whole way to the output."""
    nodes = network.n_inputs + network.n_neurons
    far = 2**30
    least = np.full(nodes, far, dtype=np.int64)
    for i, column in enumerate(network.columns):
        if column.name != loop.series:
            least[i] = 0
    target = network.link_target + network.n_inputs
    for _ in range(nodes):
        before = least.copy()
        np.minimum.at(least, target, least[network.link_source] + network.link_delay)
        if np.array_equal(before, least):
            break
    return int(min(least[network.output_node].min(), far))
