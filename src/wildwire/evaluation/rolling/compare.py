"""Rolling-origin comparison of a network's forecasts with plain ones.

Comes in: a series, the horizon and the network's procedure. Goes out: a `ForecastComparison`. Called by users and the
command line. Everything (lags, scaling, penalties, early stopping) is chosen from the values before a block.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from wildwire.errors import DataError, SettingError
from wildwire.evaluation.rolling.network import NetworkForecasts
from wildwire.evaluation.rolling.plain import ForecastProcedure, plain_forecasts
from wildwire.evaluation.rolling.schedule import Block, schedule
from wildwire.evaluation.rolling.summary import (
    ForecastComparison,
    Ledger,
    Tested,
    summarise,
)
from wildwire.forecasting import Series, series_from_arrays
from wildwire.forecasting.lags import Lags, check_season, given_lags
from wildwire.learning.settings import time_limit_seconds

Progress = Callable[[int, int], None]


def compare_forecasts(
    y: Any,
    X: Any = None,
    *,
    horizon: int = 12,
    network: Any = "auto",
    lags: Any = "auto",
    exogenous_lags: Any = 0,
    season: int | None = None,
    origins: int | None = None,
    refits: int = 10,
    seed: int = 0,
    time_limit: float | str | None = None,
    progress: Progress | None = None,
) -> ForecastComparison:
    """Judge a network's forecasts against plain ones, from many origins of one series.

    The second half of the series is cut into blocks. For each block every model is fitted to all values before it, and
    forecasts `horizon` steps from every origin of the block, knowing the values up to that origin.

    Parameters
    ----------
    y : array_like of shape (n,), or Series
    X : array_like or frame of shape (n, q), optional
        Columns that are known ahead: forecasts read their true later values.
    horizon : int
        Steps ahead; errors are averaged over all of them.
    network : NetworkForecaster, "auto" or None
        "auto" is `NetworkForecaster(lags=lags, ...)`; None compares the plain models among themselves.
    lags : int, sequence of int or "auto"
        Own lags of all models; "auto": each chooses.
    exogenous_lags : int or sequence of int
        Delays of each column of X.
    season : int, optional
        Steps of one season; without it there is no seasonal naive forecast.
    origins : int, optional
        In all; None: every row of the second half, at most 20 a block.
    refits : int
        Blocks at most, and so fits of each model.
    seed : int
    time_limit : float or str, optional
        90, "90s", "5m". Ends the comparison after the blocks that are done.
    progress : callable, optional
        progress(blocks done, blocks planned) after each block.

    Returns
    -------
    ForecastComparison
        `wildwire.evaluation.rolling.report` puts it into words; fewer than 6 blocks give no verdict.

    Raises
    ------
    DataError
        Gaps, texts, a series too short, a network whose forecasts grow without bound.
    SettingError
        A setting outside its range; no block ended in time.
    KeyboardInterrupt
        If interrupted before the first block was done; later, what is done is summed up.

    Notes
    -----
    Ten fits of each model: seconds for the plain ones, and ten times as long as one fit of the network.
    """
    series = y if isinstance(y, Series) else series_from_arrays(y, X)
    series = series.until(len(series))
    _check(season, series, horizon)
    blocks = schedule(len(series), horizon, origins, refits)
    seconds = time_limit_seconds(time_limit)
    known = _delays("exogenous_lags", exogenous_lags, 0) if series.columns else (0,)
    # An array compares with a text element by element.
    auto = isinstance(lags, str) and lags == "auto"
    chosen = None if auto else Lags(_delays("lags", lags, 1), known)
    procedures: list[ForecastProcedure] = []
    if network is not None:
        limit = None if np.isinf(seconds) else seconds / (len(blocks) + 2)
        procedures.append(
            NetworkForecasts.of(network, lags, exogenous_lags, season, limit)
        )
    procedures += plain_forecasts(season, chosen, known)
    ledger = Ledger(series, horizon, season, blocks)
    stopped = _run(ledger, procedures, network, seed, seconds, progress)
    if not ledger.done:
        raise SettingError(
            f"not one of {len(blocks)} blocks ended within {seconds:g} s: give a longer time limit, or skip the "
            "comparison"
        )
    return summarise(
        ledger, procedures[0].name if network is not None else None, stopped
    )


def _run(
    ledger: Ledger,
    procedures: list[ForecastProcedure],
    network: Any,
    seed: int,
    seconds: float,
    progress: Progress | None,
) -> str | None:
    """Block after block; why it ended early, if it did."""
    # Loaded before the limit, which reaches only the libraries that it finds loaded.
    import sklearn.ensemble  # noqa: F401

    end = time.perf_counter() + seconds
    try:
        with threadpool_limits(1):
            for block in ledger.blocks:
                found = _tested(ledger, procedures, network, block, seed, end)
                if found is None:
                    return "time"
                for name, one in found.items():
                    ledger.tested.setdefault(name, []).append(one)
                ledger.done.append(block)
                if progress is not None:
                    progress(len(ledger.done), len(ledger.blocks))
    except KeyboardInterrupt:
        if not ledger.done:
            raise
        return "interrupted"
    return None


def _tested(
    ledger: Ledger,
    procedures: list[ForecastProcedure],
    network: Any,
    block: Block,
    seed: int,
    end: float,
) -> dict[str, Tested] | None:
    """All models in one block; None where the time is over."""
    found = {}
    before = ledger.series.until(block.end)
    own = int(np.random.SeedSequence((seed, block.number)).generate_state(1)[0] >> 1)
    for procedure in procedures:
        if time.perf_counter() > end:
            return None
        name = procedure.name
        if name in ledger.failures:
            continue
        began = time.perf_counter()
        try:
            model = procedure.fit(before, ledger.horizon, own)
            seconds = time.perf_counter() - began
            forecasts = model.forecasts(ledger.series, block.origins, ledger.horizon)
            if not np.all(np.isfinite(forecasts)):
                raise ArithmeticError("a forecast is not finite")
        except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
            if network is not None and procedure is procedures[0]:
                raise _network_failed(block, error) from error
            ledger.failures[name] = f"{type(error).__name__}: {error}"
            continue
        tried = getattr(model, "tried", 1)
        found[name] = Tested(forecasts, model.parameters, seconds, tried)
    return found


def _network_failed(block: Block, error: Exception) -> DataError:
    return DataError(
        f"the network fails where it learns from the first {block.end} values: {error}"
    )


def _check(season: int | None, series: Series, horizon: int) -> None:
    if isinstance(horizon, bool) or not isinstance(horizon, (int, np.integer)):
        raise SettingError(f"horizon must be a whole number, not {horizon!r}")
    check_season(season, len(series))


def _delays(name: str, value: Any, least: int) -> tuple[int, ...]:
    try:
        return given_lags(value, least)
    except (TypeError, ValueError):
        raise SettingError(
            f"{name} must be a whole number from {least}, or a list of such, not {value!r}"
        ) from None
