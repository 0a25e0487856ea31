"""`wildwire predict`: a model and a table give one line of CSV per row.

Comes in: file names. Goes out: CSV on stdout or in a file. Called by `cli.py`.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wildwire.commands.output import check_free, note, notes, write_text
from wildwire.engine.guards import guard_sentences
from wildwire.model import Model, load
from wildwire.tables import read_table


def predict_command(
    model_path: Path,
    data: Path,
    out: Path | None,
    *,
    force: bool,
    quiet: bool,
    horizon: int | None = None,
    time_column: str | None = None,
) -> None:
    """Predict every row of a table.

    Regression: one column per output. Classes: the likeliest, then the probability of
    each. Numbers are written so that they read back to the same bits. A model that
    forecasts, or a horizon: the values that follow the last row.

    Raises
    ------
    WildwireError
        See `Model.predict`, `read_table` and `check_free`.
    """
    from wildwire.commands.forecast_predict import forecast_predict_command, is_forecast

    check_free(out, force)
    model = load(model_path)
    if is_forecast(model, horizon, time_column):
        forecast_predict_command(model, data, out, horizon, time_column, quiet=quiet)
        return
    table = read_table(data)
    notes(table.notes, quiet=quiet)
    headings, columns = predicted_columns(model, table)
    write_text(out, csv_text(headings, columns))
    if model.rows_outside:
        note(
            f"note: {model.rows_outside} of {table.n_rows} rows lie outside the range of "
            f"the training data ({_where(model, table)}); a network may say anything "
            "there",
            quiet=quiet,
        )
    if not quiet:
        counts = model.guards(table)
        notes(guard_sentences(model.network, model.theta, counts, table.n_rows))
    if out is not None:
        note(f"{table.n_rows} predictions written to {out}", quiet=quiet)


def predicted_columns(model: Model, table: Any) -> tuple[list[str], list[Sequence]]:
    """Headings and columns of the CSV file."""
    if model.classes is None:
        outputs = np.reshape(model.predict(table), (table.n_rows, -1))
        return list(model.outputs), list(outputs.T)
    probabilities = model.predict_proba(table)
    best = np.argmax(probabilities, axis=1)
    labels = [str(model.classes[code]) for code in best]
    headings = ["class", *(f"p({label})" for label in model.classes)]
    return headings, [labels, *probabilities.T]


def csv_text(headings: Sequence[str], columns: Sequence[Sequence]) -> str:
    """Columns under their headings; texts as they are, numbers to the last bit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(zip(*(map(_field, column) for column in columns), strict=True))
    return text.getvalue()


def _field(value: Any) -> str:
    return value if isinstance(value, str) else repr(float(value))


def _where(model: Model, table: Any) -> str:
    outside = model.outside(table)
    shown = [f"{name}: {count}" for name, count in list(outside.items())[:5]]
    return ", ".join(shown + ["..."] * (len(outside) > 5))
