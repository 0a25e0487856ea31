"""The time column of a series: in order, without gaps, and how it goes on.

Comes in: a column of numbers or dates. Goes out: a `TimeAxis`, or an error that names the row. Called by `series.py`.
What belongs to dates alone stands in `dates.py`.
"""

import datetime
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from wildwire.errors import DataError
from wildwire.forecasting.dates import DateAxis, Dates, read_dates
from wildwire.tables import Table, TableColumn

_TOLERANCE = 1e-3  # of a step: times such as 0.1, 0.2, 0.3 are not exact
_UNEQUAL = (
    "put in the missing rows (repeat or interpolate the target there), or leave the time column out: "
    "rows then count as equally spaced"
)
_DAY = 86_400_000_000
"""Microseconds: the step of a single date."""
_EXACT = 2.0**53
"""Below it a float holds every whole number."""


@dataclass(frozen=True, slots=True)
class NumberAxis:
    """Equally spaced numbers.

    Parameters
    ----------
    name : str
        Of the column.
    step : float
        Between rows.
    last : float
        The last time.
    decimals : int
        Behind the point, at most.
    """

    name: str
    step: float
    last: float
    decimals: int

    def after(self, count: int) -> list[str]:
        """The next `count` times, as texts."""
        later = [self.last + k * self.step for k in range(1, count + 1)]
        return [_number(round(time, self.decimals)) for time in later]


TimeAxis = NumberAxis | DateAxis
"""Equally spaced times: `name` of the column, and `after(count)`, the next ones as texts."""


def time_axis(table: Table, which: str | int) -> TimeAxis:
    """Check the time column of a table and tell its step.

    Raises
    ------
    DataError
        Text that is no time, a missing time, two equal ones, rows out of order, gaps: the row is named.
    """
    column = table.column(which)
    if column.kind not in ("number", "date"):
        row = column.first_not_number() or 0
        raise DataError(
            f"{table.source}, {table.row_label(row)}: time column '{column.name}' is '{column.text(row)}'; "
            "a time is a number or a date such as 2024-01-31"
        )
    gaps = np.flatnonzero(column.missing)
    if len(gaps):
        raise DataError(
            f"{table.source}, {table.row_label(gaps[0])}: the time '{column.name}' is missing; every row needs one"
        )
    if column.kind == "number":
        return _numbers(table, column)
    return _dates(table, column)


def _numbers(table: Table, column: TableColumn) -> NumberAxis:
    values = column.values
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise DataError(
            f"{table.source}, {table.row_label(bad[0])}: the time '{column.name}' is {values[bad[0]]}"
        )
    steps = np.diff(values)
    _check_order(table, column, steps)
    usual = float(np.median(steps)) if len(steps) else 1.0
    # Times far from 0 carry rounding of their own.
    rounding = 4 * np.spacing(np.abs(values).max()) if len(values) else 0.0
    wrong = np.abs(steps - usual) > max(_TOLERANCE * usual, rounding)
    _check_gaps(table, column, wrong, f"{usual:g}")
    step = _step(values, rounding) if len(steps) else usual
    return NumberAxis(column.name, step, float(values[-1]), _decimals(values))


def _step(values: np.ndarray, rounding: float) -> float:
    """The mean step; a short decimal number where that leads to the last time just as well."""
    count = len(values) - 1
    mean = float(values[-1] - values[0]) / count
    short = float(f"{mean:.6g}")
    moved = abs(float(values[0]) + count * short - float(values[-1]))
    return short if moved <= rounding else mean


def _decimals(values: np.ndarray) -> int:
    """Places behind the point of the number that has most of them."""
    if np.all(values == np.rint(values)):
        return 0
    exponents = [
        Decimal(repr(value)).normalize().as_tuple().exponent
        for value in np.unique(values).tolist()
    ]
    return -min(0, *map(int, exponents))


def _dates(table: Table, column: TableColumn) -> DateAxis:
    texts = [column.text(row) for row in range(len(column.values))]
    dates = read_dates(texts)
    if isinstance(dates, int):
        raise DataError(
            f"{table.source}, {table.row_label(dates)}: the time '{texts[dates]}' cannot be read; "
            "write dates as 2024-01-31 or 2024-01-31 13:00"
        )
    steps = np.diff(dates.stamps)
    _check_order(table, column, steps)
    if months := dates.months(column.name):
        return months
    if not len(steps):
        return dates.axis(column.name, _DAY)
    calm = np.diff(dates.offset) == 0
    values, counts = np.unique(steps[calm] if calm.any() else steps, return_counts=True)
    usual = int(values[np.argmax(counts)])
    wrong = steps != usual
    _check_offsets(table, column, dates, wrong)
    shown = str(datetime.timedelta(microseconds=usual))
    _check_gaps(table, column, wrong, shown)
    return dates.axis(column.name, usual)


def _check_offsets(
    table: Table, column: TableColumn, dates: Dates, wrong: np.ndarray
) -> None:
    """Refuse days or weeks of local time across the beginning or the end of summer time, which makes them unequal."""
    rows = np.flatnonzero(wrong & (np.diff(dates.offset) != 0))
    if len(rows):
        row = int(rows[0]) + 1
        raise DataError(
            f"{table.source}, {table.row_label(row)}: the time '{column.name}' goes from {_shown(column, row - 1)} to "
            f"{_shown(column, row)}: the offset from UTC changes (summer time), so that this step is longer or shorter "
            "than others; write the times without offset, or leave the time column out"
        )


def _check_order(table: Table, column: TableColumn, steps: np.ndarray) -> None:
    wrong = np.flatnonzero(steps <= 0)
    if not len(wrong):
        return
    row = int(wrong[0]) + 1
    place = f"{table.source}, {table.row_label(row)}: the time '{column.name}' is {_shown(column, row)}"
    if steps[row - 1] == 0:
        raise DataError(f"{place}, as in the row before it: keep one row for each time")
    raise DataError(
        f"{place}, earlier than {_shown(column, row - 1)} in the row before it: sort the rows by '{column.name}', "
        "oldest first"
    )


def _check_gaps(
    table: Table, column: TableColumn, wrong: np.ndarray, usual: str
) -> None:
    rows = np.flatnonzero(wrong)
    if len(rows):
        row = int(rows[0]) + 1
        raise DataError(
            f"{table.source}, {table.row_label(row)}: the time '{column.name}' goes from {_shown(column, row - 1)} to "
            f"{_shown(column, row)}, and the usual step is {usual}: {_UNEQUAL}"
        )


def _shown(column: TableColumn, row: int) -> str:
    if column.kind == "number":
        return _number(float(column.values[row]))
    return column.text(row)


def _number(value: float) -> str:
    if value == np.rint(value) and abs(value) < _EXACT:
        return str(int(value))
    return f"{value:.15g}"
