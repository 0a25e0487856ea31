"""`wildwire predict --horizon`: a model and a series give the values that follow, as CSV.

Comes in: a model, a file name, options. Goes out: CSV on stdout or in a file. Called by `predicting.py`.
"""

from pathlib import Path

import numpy as np

from wildwire.commands.output import note, notes, write_text
from wildwire.commands.predicting import csv_text
from wildwire.errors import SettingError
from wildwire.forecasting import Series, forecast, series_from_table
from wildwire.forecasting.memory import Loop
from wildwire.forecasting.saved import forecasts_series, model_loop
from wildwire.model import Model
from wildwire.tables import Table, read_table


def forecast_predict_command(
    model: Model,
    data: Path,
    out: Path | None,
    horizon: int | None,
    time_column: str | None,
    *,
    quiet: bool,
) -> None:
    """Continue a series by `horizon` steps.

    Empty cells of the target at the end of the file are the future; columns that are known ahead have values there.

    Raises
    ------
    WildwireError
        See `series_from_table` and `forecast`.
    """
    if not model.network.n_delays:
        raise SettingError(
            "this model does not forecast: no link of it looks back; leave --horizon and --time-column out"
        )
    loop = model_loop(model)
    steps = _steps(model, horizon)
    table = read_table(data)
    notes(table.notes, quiet=quiet)
    series = _series(model, loop, table, time_column)
    found = forecast(model, series, horizon=steps)
    first = series.time.name if series.time is not None else "step"
    times = (
        series.time.after(steps)
        if series.time is not None
        else [str(k) for k in range(1, steps + 1)]
    )
    write_text(out, csv_text([first, loop.output], [times, found.tolist()]))
    _warn(model, loop, series, quiet=quiet)
    if out is not None:
        note(f"{steps} forecasts written to {out}", quiet=quiet)


def is_forecast(model: Model, horizon: int | None, time_column: str | None) -> bool:
    """Whether a prediction is to be a forecast: the user says so, or the model was made for it."""
    return horizon is not None or time_column is not None or forecasts_series(model)


def _steps(model: Model, horizon: int | None) -> int:
    if horizon is not None:
        return horizon
    told = model.provenance.get("horizon", "")
    if not told.isdecimal() or int(told) < 1:
        raise SettingError("give --horizon: how many steps to forecast")
    return int(told)


def _series(model: Model, loop: Loop, table: Table, time_column: str | None) -> Series:
    target = next(
        column.header for column in model.network.columns if column.name == loop.series
    )
    learnt = model.provenance.get("forecast of", target)
    # A network of the user's own may call its input otherwise than the table calls the series.
    if target not in table and learnt in table:
        target = learnt
    remembered = model.provenance.get("time column")
    if time_column is None and remembered in table:
        time_column = remembered
    others = [name for name in table.names if name not in (target, *loop.others)]
    return series_from_table(
        table, target, time_column=time_column, known=loop.others, ignore=others
    )


def _warn(model: Model, loop: Loop, series: Series, *, quiet: bool) -> None:
    """Say so if what the network looks back at was never seen in training."""
    column = next(c for c in model.network.columns if c.name == loop.series)
    recent = series.y[-(loop.depth or len(series)) :]
    low = -np.inf if column.low is None else column.low
    high = np.inf if column.high is None else column.high
    count = int(np.sum((recent < low) | (recent > high)))
    if count:
        note(
            f"note: {count} of the last {len(recent)} values lie outside the range of the training data; a network may "
            "say anything there",
            quiet=quiet,
        )
