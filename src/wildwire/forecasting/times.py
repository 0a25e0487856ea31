"""The time column of a series: in order, without gaps, and how it goes on.

Comes in: a column of numbers or dates. Goes out: a `TimeAxis`, or an error that names the row. Called by `series.py`.
"""

from dataclasses import dataclass

import numpy as np

from wildwire.errors import DataError
from wildwire.tables import Table, TableColumn

_TOLERANCE = 1e-3  # of a step: times such as 0.1, 0.2, 0.3 are not exact
_UNEQUAL = (
    "put in the missing rows (repeat or interpolate the target there), or leave the time column out: "
    "rows then count as equally spaced"
)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Equally spaced times.

    Parameters
    ----------
    name : str
        Of the column.
    step : float or int
        Between rows: a number; for dates nanoseconds, or months.
    unit : {"number", "nanoseconds", "months"}
    last : object
        The last time: a float or a pandas Timestamp.
    digits : str
        How dates are written: a format of strftime; "" for numbers.
    """

    name: str
    step: float
    unit: str
    last: object
    digits: str = ""

    def after(self, count: int) -> list[str]:
        """The next `count` times, as texts."""
        return [self._text(k) for k in range(1, count + 1)]

    def _text(self, k: int) -> str:
        if self.unit == "number":
            return _number(float(self.last) + k * self.step)  # type: ignore[arg-type]
        import pandas as pd

        if self.unit == "months":
            # Months are counted from the last one: 31 January and two months are 31 March.
            later = self.last + pd.DateOffset(months=int(k * self.step))  # type: ignore[operator]
            if self.last.is_month_end:  # type: ignore[attr-defined]
                later = later + pd.offsets.MonthEnd(0)
        else:
            later = self.last + pd.Timedelta(int(k * self.step), unit="ns")  # type: ignore[operator]
        return later.strftime(self.digits)


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


def _numbers(table: Table, column: TableColumn) -> TimeAxis:
    values = column.values
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise DataError(
            f"{table.source}, {table.row_label(bad[0])}: the time '{column.name}' is {values[bad[0]]}"
        )
    steps = np.diff(values)
    _check_order(table, column, steps)
    usual = _usual(steps)
    # Times far from 0 carry rounding of their own.
    rounding = 4 * np.spacing(np.abs(values).max()) if len(values) else 0.0
    wrong = np.abs(steps - usual) > max(_TOLERANCE * usual, rounding)
    _check_gaps(table, column, wrong, f"{usual:g}")
    return TimeAxis(column.name, _exact(values, usual), "number", float(values[-1]))


def _exact(values: np.ndarray, usual: float) -> float:
    """The step without the rounding of single differences, where it is a short decimal number."""
    short = float(f"{usual:.6g}")
    return short if abs(short - usual) <= 1e-6 * usual else usual


def _dates(table: Table, column: TableColumn) -> TimeAxis:
    import pandas as pd

    texts = [column.text(row) for row in range(len(column.values))]
    times = _parsed(table, column, texts)
    stamps = times.to_numpy().astype("datetime64[ns]").astype(np.int64)
    steps = np.diff(stamps)
    _check_order(table, column, steps)
    digits = _format(texts[0])
    last = pd.Timestamp(times[-1])
    months = _months(times)
    if months:
        return TimeAxis(column.name, months, "months", last, digits)
    usual = _usual(steps)
    _check_gaps(table, column, steps != usual, str(pd.Timedelta(int(usual), unit="ns")))
    return TimeAxis(column.name, usual, "nanoseconds", last, digits)


def _parsed(table: Table, column: TableColumn, texts: list[str]):
    """Texts as pandas' DatetimeIndex without a time zone."""
    import pandas as pd

    times = pd.to_datetime(
        pd.Series(texts), errors="coerce", utc=True, format="ISO8601"
    )
    if times.isna().any():
        times = pd.to_datetime(
            pd.Series(texts),
            errors="coerce",
            utc=True,
            format="mixed",
            dayfirst=_day_first(texts),
        )
    if times.isna().any():
        row = int(np.argmax(times.isna()))
        raise DataError(
            f"{table.source}, {table.row_label(row)}: the time '{texts[row]}' cannot be read; "
            "write dates as 2024-01-31 or 2024-01-31 13:00"
        )
    return pd.DatetimeIndex(times).tz_localize(None)


def _day_first(texts: list[str]) -> bool:
    """Whether 3.4.2024 is the third of April: where a dot separates, or a first part is above 12."""
    if "." in texts[0]:
        return True
    firsts = [text.replace("-", "/").split("/")[0] for text in texts]
    return any(first.isdecimal() and 12 < int(first) <= 31 for first in firsts)


def _format(text: str) -> str:
    """How to write the times that follow: like the first one, dates with hours or without."""
    if ":" not in text:
        return "%Y-%m-%d"
    return "%Y-%m-%d %H:%M:%S" if text.count(":") > 1 else "%Y-%m-%d %H:%M"


def _months(times) -> int:
    """Months between rows where that number is constant and the day is the same; else 0."""
    if len(times) < 2:
        return 0
    count = np.asarray(times.year) * 12 + np.asarray(times.month)
    steps = np.diff(count)
    same_day = bool(np.all(times.day == times[0].day)) or bool(times.is_month_end.all())
    same_hour = bool(np.all(times.normalize() == times)) or len(set(times.time)) == 1
    regular = bool(np.all(steps == steps[0])) and steps[0] > 0
    return int(steps[0]) if regular and same_day and same_hour else 0


def _usual(steps: np.ndarray) -> float:
    """The commonest step, up to rounding."""
    if not len(steps):
        return 1.0
    if steps.dtype.kind == "i":
        values, counts = np.unique(steps, return_counts=True)
        return values[np.argmax(counts)]
    return float(np.median(steps))


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
    short = f"{value:.12g}"
    return (
        short
        if float(short) == value or abs(float(short) - value) < 1e-9 * abs(value)
        else repr(value)
    )
