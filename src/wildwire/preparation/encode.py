"""From a table to the arrays that a network reads: matched by name, or by position.

Comes in: the columns of a network and a table or array. Goes out: float64 of shape
(n, n_inputs), missing values filled in as the network says. Called by `prepare.py` and
by models when they predict.
"""

import difflib
from collections.abc import Sequence

import numpy as np

from wildwire.errors import DataError
from wildwire.network.tables import Column
from wildwire.tables import Table, TableColumn


def encode_table(columns: Sequence[Column], table: Table) -> np.ndarray:
    """The inputs of a network from a table.

    Parameters
    ----------
    columns : sequence of Column
        Of the network. A column is found by its label or name; in a table without names
        by its position.
    table : Table
        May have further columns, in any order, if it has names.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_inputs)
        A category as one column per value: 1 for its own, 0 for the others.

    Raises
    ------
    DataError
        A column is not there (the nearest is suggested); a text where a number belongs;
        a category that was never seen; an infinite value; a missing value in a column
        that had none when the network learnt. Row and column are named.
    """
    X = np.empty((table.n_rows, sum(column.size for column in columns)))
    start = 0
    found = find_columns(columns, table)
    for column, parts in zip(columns, found, strict=True):
        if column.categories is not None:
            _encode_category(X[:, start : start + column.size], column, parts[0], table)
        else:
            for i, part in enumerate(parts):
                X[:, start + i] = _encode_number(column, part, table)
        start += column.size
    return X


def encode_array(columns: Sequence[Column], array: np.ndarray) -> np.ndarray | None:
    """The fast way for arrays of numbers; None where `encode_table` must look closer.

    Parameters
    ----------
    array : ndarray, shape (n, n_inputs)
        Only finite numbers, no categories among the columns.
    """
    simple = array.ndim == 2 and array.dtype.kind in "fiu"
    if not simple or any(column.categories is not None for column in columns):
        return None
    if array.shape[1] != sum(column.size for column in columns):
        return None
    X = np.ascontiguousarray(array, dtype=np.float64)
    return X if np.isfinite(X).all() else None


def outside(columns: Sequence[Column], X: np.ndarray) -> np.ndarray:
    """Which values of encoded inputs lie outside the ranges of training.

    Returns
    -------
    ndarray of bool, shape (n, len(columns))
        False throughout for a column without a range.
    """
    result = np.zeros((len(X), len(columns)), dtype=bool)
    start = 0
    for i, column in enumerate(columns):
        part = X[:, start : start + column.size]
        if column.low is not None:
            result[:, i] |= (part < column.low).any(axis=1)
        if column.high is not None:
            result[:, i] |= (part > column.high).any(axis=1)
        start += column.size
    return result


# ---- finding ------------------------------------------------------------------


def find_columns(columns: Sequence[Column], table: Table) -> list[list[TableColumn]]:
    """The table's columns behind each column of a network; errors as in `encode_table`.

    A table without names is matched by position. If it has another number of columns, such
    as a file without header that still holds the target, its numbered names decide.
    """
    if table.named or (
        len(table.columns) != sum(_width(column) for column in columns)
        and all(column.header in table for column in columns)
    ):
        return _by_name(columns, table)
    return _by_position(columns, table)


def _width(column: Column) -> int:
    """How many columns of a table a column of the network takes."""
    return 1 if column.categories is not None else column.size


def _by_position(columns: Sequence[Column], table: Table) -> list[list[TableColumn]]:
    widths = [_width(column) for column in columns]
    if sum(widths) != len(table.columns):
        names = ", ".join(column.header for column in columns[:8])
        more = ", ..." if len(columns) > 8 else ""
        raise DataError(
            f"{table.source}: {len(table.columns)} columns where the network reads "
            f"{sum(widths)} ({names}{more})"
        )
    ends = np.cumsum(widths)
    return [
        list(table.columns[end - width : end])
        for width, end in zip(widths, ends, strict=True)
    ]


def _by_name(columns: Sequence[Column], table: Table) -> list[list[TableColumn]]:
    known = {column.name: column for column in table.columns}
    return [_find(column, known, table) for column in columns]


def _find(
    column: Column, known: dict[str, TableColumn], table: Table
) -> list[TableColumn]:
    names = dict.fromkeys((column.header, column.name))
    if column.indexed and column.categories is None:
        for name in names:
            for form in ("{}[{}]", "{}{}", "{}_{}", "{}.{}"):
                parts = [form.format(name, i) for i in range(column.size)]
                if all(part in known for part in parts):
                    return [known[part] for part in parts]
        raise DataError(
            f"{table.source}: no columns '{column.header}[0]' ... "
            f"'{column.header}[{column.size - 1}]', which the network reads"
        )
    for name in names:
        if name in known:
            return [known[name]]
    near = difflib.get_close_matches(column.header, known, n=1, cutoff=0.5)
    hint = f"; did you mean to call '{near[0]}' so?" if near else ""
    raise DataError(
        f"{table.source}: no column '{column.header}', which the network reads{hint}"
    )


# ---- values -------------------------------------------------------------------


def _encode_number(column: Column, found: TableColumn, table: Table) -> np.ndarray:
    if found.kind in ("category", "date"):
        present = np.flatnonzero(~found.missing)
        if len(present):
            row = int(present[0])
            slip = found.first_not_number()
            row = row if slip is None else slip
            raise DataError(
                f"{table.source}, {table.row_label(row)}: column '{found.name}' is "
                f"'{found.text(row)}', and the network reads a number there"
            )
        values = np.full(len(found.values), np.nan)
    else:
        values = found.values
    bad = np.flatnonzero(np.isinf(values))
    if len(bad):
        raise DataError(
            f"{table.source}, {table.row_label(bad[0])}: column '{found.name}' is infinite"
        )
    gone = np.isnan(values)
    if not gone.any():
        return values
    if column.missing is None:
        raise _no_rule(found, int(np.argmax(gone)), table)
    return np.where(gone, float(column.missing), values)


def _encode_category(
    out: np.ndarray, column: Column, found: TableColumn, table: Table
) -> None:
    """Write one column of 0 and 1 per category into `out`."""
    numbers = {_key(label): i for i, label in enumerate(column.categories or ())}
    levels, codes = _levels(found)
    target = np.array(
        [numbers.get(_key(level), -1) for level in levels], dtype=np.int64
    )
    places = np.full(len(codes), -1, dtype=np.int64)
    present = codes >= 0
    places[present] = target[codes[present]]
    unseen = np.flatnonzero(present & (places < 0))
    if len(unseen):
        row = int(unseen[0])
        some = ", ".join(f"'{label}'" for label in (column.categories or ())[:8])
        raise DataError(
            f"{table.source}, {table.row_label(row)}: column '{found.name}' is "
            f"'{levels[codes[row]]}', which the network has never seen (known: {some})"
        )
    if not present.all():
        if column.missing is None:
            raise _no_rule(found, int(np.argmin(present)), table)
        places[~present] = numbers[_key(column.missing)]
    out[:] = places[:, None] == np.arange(column.size)


def _levels(found: TableColumn) -> tuple[list, np.ndarray]:
    """Levels and codes of any column, -1 for missing."""
    if found.kind in ("category", "date"):
        return list(found.levels), found.values
    values = np.where(found.missing, 0.0, found.values)
    levels, codes = np.unique(values, return_inverse=True)
    codes = np.where(found.missing, -1, codes)
    if found.kind == "boolean":
        return ["True" if level else "False" for level in levels], codes
    return levels.tolist(), codes


def _key(label: object) -> str:
    """One form for 1, 1.0, "1" and "1.0": a file cannot tell a text from a number."""
    text = str(label)
    try:
        return repr(float(text))
    except ValueError:
        return text


def _no_rule(found: TableColumn, row: int, table: Table) -> DataError:
    return DataError(
        f"{table.source}, {table.row_label(row)}: column '{found.name}' is missing; no "
        f"value was missing when the network learnt, so it has no rule for it: fill it in"
    )
