"""The series itself: one column that is to be forecast, further ones whose future is known, equally spaced rows.

Comes in: arrays, or a table and the names of its columns. Goes out: a checked `Series`; or an error that names row and
column. Called by the estimator, by `evaluation` and by the command line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from wildwire.errors import DataError
from wildwire.forecasting.times import TimeAxis, time_axis
from wildwire.tables import Table, TableColumn, as_table

_OTHER_KINDS = {"c": "complex numbers", "M": "times", "m": "durations"}
"""Kinds of NumPy's dtypes that would become numbers without a word."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Rows in the order of time.

    Parameters
    ----------
    y : ndarray of float64, shape (n,)
        Finite.
    X : ndarray of float64, shape (n + future, q)
        Columns that are known ahead; rows beyond n are the future. q may be 0.
    name : str
        Of y.
    columns : tuple of str
        Names of the columns of X.
    time : TimeAxis or None
        Where it stands at the last row of y.
    source : str
        For messages.
    notes : tuple of str
        What a user should know.
    """

    y: np.ndarray
    X: np.ndarray
    name: str = "y"
    columns: tuple[str, ...] = ()
    time: TimeAxis | None = None
    source: str = "series"
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.y)

    @property
    def future(self) -> int:
        """Rows of X behind the last value of y."""
        return len(self.X) - len(self.y)

    def between(self, begin: int, end: int) -> "Series":
        """The rows from `begin` to before `end`, without any future."""
        part = slice(begin, end)
        return replace(self, y=self.y[part], X=self.X[part], time=None, notes=())

    def until(self, end: int) -> "Series":
        """The first `end` rows, as they were known then: without any future."""
        return self.between(0, end)


def series_from_arrays(
    y: Any, X: Any = None, *, name: str = "y", source: str = "y"
) -> Series:
    """A series from what a user of Python passes.

    Parameters
    ----------
    y : array_like, shape (n,)
    X : array_like or frame, shape (n + future, q), optional

    Raises
    ------
    DataError
        More than one dimension, text, a missing or infinite value (row named), X shorter than y.
    """
    values = _vector(y, source)
    name = str(getattr(y, "name", None) or name)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        row = int(bad[0])
        what = "missing (NaN)" if np.isnan(values[row]) else str(values[row])
        raise DataError(f"{source}, row {row}: {name} is {what}; {_advice(name)}")
    if X is None:
        return Series(values, np.empty((len(values), 0)), name, (), None, source)
    table = as_table(X, source="X")
    known = _known(table, [column.name for column in table.columns], len(table))
    if len(known) < len(values):
        raise DataError(
            f"X has {len(known)} rows and y has {len(values)}: give a row of X for each value of y"
        )
    names = _apart(table.names, name)
    return Series(values, known, name, names, None, source)


def in_order(X: Any, columns: Sequence[str]) -> Table:
    """New rows of the columns that a series was learnt with, in their order.

    Parameters
    ----------
    X : array_like or frame, shape (k, q)
        Goes by the names of its columns; where it has none, by their position.
    columns : sequence of str

    Raises
    ------
    DataError
        Other columns, or another number of them.
    """
    table = as_table(X, source="X")
    if table.named and set(table.names) != set(columns):
        raise DataError(
            f"X has the columns {_listed(table.names)}, and the series was learnt with {_listed(columns)}: give those"
        )
    if len(table.columns) != len(columns):
        raise DataError(
            f"X has {len(table.columns)} columns, and the series was learnt with {len(columns)}: {_listed(columns)}"
        )
    if table.named:
        return table.select(columns)
    pairs = zip(table.columns, columns, strict=True)
    named = tuple(replace(column, name=name) for column, name in pairs)
    return replace(table, columns=named, named=True)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:5])
    return (shown + (", ..." if len(names) > 5 else "")) or "none"


def series_from_table(
    table: Table,
    target: str | int,
    *,
    time_column: str | int | None = None,
    known: Sequence[str | int] = (),
    ignore: Sequence[str | int] = (),
) -> Series:
    """A series from the columns of a table.

    Parameters
    ----------
    table : Table
    target : name or number of a column
        Empty cells at its end are the future.
    time_column : name or number of a column, optional
        Numbers or dates, equally spaced.
    known : names or numbers of columns
        Whose future values will be known when forecasts are made.
    ignore : names or numbers of columns
        Not told as unused.

    Raises
    ------
    DataError
        See the messages: each names file, line and column.
    """
    column = table.column(target)
    values, n = _target_values(table, column)
    axis = None
    if time_column is not None:
        time_axis(table, time_column)
        axis = time_axis(table.take(np.arange(n)), time_column)
    names = [table.column(which).name for which in known]
    _check_known(table, column.name, names, ignore)
    future = _known(table, names, n)
    used = {table.index(which) for which in (target, *known, *ignore)}
    if time_column is not None:
        used.add(table.index(time_column))
    unused = [name for i, name in enumerate(table.names) if i not in used]
    return Series(
        values, future, column.name, tuple(names), axis, table.source, _unused(unused)
    )


def _check_known(
    table: Table, target: str, known: Sequence[str], ignore: Sequence[str | int]
) -> None:
    left_out = {table.column(which).name for which in ignore}
    for i, name in enumerate(known):
        if name == target:
            why = "is the target and cannot be known ahead"
        elif name in known[:i]:
            why = "is named twice as known ahead: name it once"
        elif name in left_out:
            why = "is to be known ahead, and to be ignored: say one of both"
        else:
            continue
        raise DataError(f"{table.source}: '{name}' {why}")


def _unused(names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    return (
        f"not used: {_listed(names)}; a column helps a forecast if its own future is known: name it with --known then",
    )


def _target_values(table: Table, column: TableColumn) -> tuple[np.ndarray, int]:
    """The values up to the last one that is there, and their number."""
    _check_numbers(table, column, "the target")
    there = np.flatnonzero(~column.missing)
    if not len(there):
        raise DataError(f"{table.source}: column '{column.name}' is empty")
    n = int(there[-1]) + 1
    values = column.values[:n]
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        row = int(bad[0])
        what = "missing" if np.isnan(values[row]) else str(values[row])
        raise DataError(
            f"{table.source}, {table.row_label(row)}: '{column.name}' is {what}; {_advice(column.name)}"
        )
    return np.array(values, dtype=np.float64), n


def _advice(name: str) -> str:
    return (
        f"a series has no gaps: fill in '{name}' there (the value before, or one between its neighbours), "
        "or begin after it"
    )


def _known(table: Table, names: Sequence[str], n: int) -> np.ndarray:
    """The columns that are known ahead, (n + future, q): future rows up to the first that is incomplete."""
    columns = [table.column(name) for name in names]
    for column in columns:
        _check_numbers(table, column, "a column that is known ahead")
    if not columns:
        return np.empty((n, 0))
    values = np.column_stack([column.values for column in columns])
    bad = ~np.isfinite(values)
    if bad[:n].any():
        row, j = np.argwhere(bad[:n])[0]
        what = "missing" if np.isnan(values[row, j]) else str(values[row, j])
        raise DataError(
            f"{table.source}, {table.row_label(row)}: '{columns[j].name}' is {what}; "
            "a column that is known ahead has no gaps: fill it in"
        )
    incomplete = np.flatnonzero(bad.any(axis=1))
    return values[: incomplete[0]] if len(incomplete) else values


def _check_numbers(table: Table, column: TableColumn, what: str) -> None:
    if column.kind in ("number", "boolean"):
        return
    row = column.first_not_number()
    row = int(np.argmax(~column.missing)) if row is None else row
    help_ = (
        "forecasts are of numbers"
        if what == "the target"
        else "give one column of 0 and 1 for each of its values"
    )
    raise DataError(
        f"{table.source}, {table.row_label(row)}: {what}, '{column.name}', is '{column.text(row)}', "
        f"and numbers are needed: {help_}"
    )


def _vector(y: Any, source: str) -> np.ndarray:
    """One column of numbers; what a masked array hides is missing, whatever stands there."""
    try:
        values = np.ma.asarray(y) if np.ma.isMaskedArray(y) else np.asarray(y)
        what = _OTHER_KINDS.get(values.dtype.kind)
        if what is None:
            values = np.ma.filled(values.astype(np.float64), np.nan)
    except (TypeError, ValueError):
        raise DataError(
            f"{source} must be a sequence of numbers, not texts or lists of lists"
        ) from None
    if what is not None:
        raise DataError(
            f"{source} holds {what}, and a series is of real numbers: give its values"
        )
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise DataError(
            f"{source} must be one series of shape (n,), not {values.shape}: forecast its columns one by one"
        )
    return np.array(values)


def _apart(names: Sequence[str], taken: str) -> tuple[str, ...]:
    if taken in names:
        raise DataError(
            f"X has a column '{taken}', as y is called: the series itself is not known ahead"
        )
    return tuple(names)
