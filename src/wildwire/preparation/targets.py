"""What is to be predicted: regression or classification, checked row by row.

Comes in: the target columns of a table. Goes out: a `Target` per column, with the task
said as a sentence. Called by `prepare.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wildwire.errors import DataError
from wildwire.preparation.statistics import Moments, moments
from wildwire.tables import Table, TableColumn

Task = Literal["regression", "classification"]
_FEW_LEVELS = 10
_ROWS_PER_LEVEL = 10


@dataclass(frozen=True, eq=False)
class Target:
    """One target column.

    Parameters
    ----------
    name : str
    task : {"regression", "classification"}
    values : ndarray, shape (n,)
        float64 numbers, or int64 indices into `classes`.
    classes : tuple of str or of float
        Labels, in order; empty for a regression.
    moments : Moments or None
        Of a regression target.
    """

    name: str
    task: Task
    values: np.ndarray
    classes: tuple = ()
    moments: Moments | None = None


def read_target(
    table: Table,
    column: TableColumn,
    weight: np.ndarray,
    task: Task | None,
    classes: Sequence | None = None,
) -> tuple[Target, str]:
    """Check a target column and recognise its task.

    Parameters
    ----------
    table : Table
        For the names of rows in messages.
    column : TableColumn
    weight : ndarray of float64, shape (n,)
        Rows of weight 0 are not looked at.
    task : {"regression", "classification"} or None
        None recognises: texts and booleans are classes; so are 2 different whole
        numbers, and up to 10 with at least 10 rows each on average.

    Returns
    -------
    target : Target
    note : str
        What was recognised, for the user.

    Raises
    ------
    DataError
        A missing or infinite value, a date, text for a regression, one class, a
        constant.
    """
    _check_rows(table, column, weight)
    recognised = task or _recognise(column, weight)
    if recognised == "classification":
        if task is None:
            _check_level_count(table, column, weight)
        if classes is not None:
            return _given_classes(column, weight, tuple(classes))
        return _classes(table, column, weight)
    if column.kind == "category":
        raise _text_target(table, column)
    values = column.values.astype(np.float64)
    found = moments(values, weight)
    if found.constant:
        raise DataError(
            f"{table.source}: target '{column.name}' is {found.low:g} in every row; "
            f"there is nothing to learn"
        )
    target = Target(column.name, "regression", values, (), found)
    return target, f"'{column.name}' is a number: regression"


def _recognise(column: TableColumn, weight: np.ndarray) -> Task:
    if column.kind in ("category", "boolean"):
        return "classification"
    if not column.integer:
        return "regression"
    values, used = column.values, weight > 0
    levels = len(np.unique(values[used]))
    if levels == 1:  # refused as a constant
        return "regression"
    enough = weight[used].sum() / weight[used].max() >= _ROWS_PER_LEVEL * levels
    few = levels == 2 or (levels <= _FEW_LEVELS and enough)
    return "classification" if few else "regression"


def _check_rows(table: Table, column: TableColumn, weight: np.ndarray) -> None:
    used = weight > 0
    if column.kind == "date":
        raise DataError(
            f"{table.source}: target '{column.name}' holds dates "
            f"({column.levels[0] if column.levels else ''}); turn it into a number "
            f"first, such as days since a start"
        )
    gone = np.flatnonzero(column.missing & used)
    if len(gone):
        raise DataError(
            f"{table.source}, {table.row_label(gone[0])}: target '{column.name}' is "
            f"missing{_more(gone)}; fill it in or leave the row out"
        )
    if column.kind == "number":
        bad = np.flatnonzero(~np.isfinite(column.values) & used)
        if len(bad):
            raise DataError(
                f"{table.source}, {table.row_label(bad[0])}: target '{column.name}' is "
                f"infinite{_more(bad)}"
            )


def _more(rows: Sequence[int] | np.ndarray) -> str:
    return f" (and in {len(rows) - 1} more rows)" if len(rows) > 1 else ""


def _text_target(table: Table, column: TableColumn) -> DataError:
    row = column.first_not_number()
    if row is None:
        row = int(np.flatnonzero(column.values >= 0)[0])
    return DataError(
        f"{table.source}, {table.row_label(row)}: target '{column.name}' is text "
        f"('{column.text(row)}'), and a regression needs numbers"
    )


def _classes(
    table: Table, column: TableColumn, weight: np.ndarray
) -> tuple[Target, str]:
    used = weight > 0
    codes, labels = _labels(column)
    present, counts = np.unique(codes[used], return_counts=True)
    if len(present) < 2:
        only = labels[present[0]] if len(present) else "missing"
        raise DataError(
            f"{table.source}: target '{column.name}' has one class only ('{only}'); "
            f"there is nothing to tell apart"
        )
    # Levels that no row has are no classes: a class without rows cannot be learnt.
    number = np.full(len(labels), -1, dtype=np.int64)
    number[present] = np.arange(len(present))
    classes = tuple(labels[i] for i in present)
    target = Target(column.name, "classification", number[codes], classes)
    rows = ", ".join(f"{labels[i]}: {c}" for i, c in zip(present, counts, strict=True))
    what = "whole number" if column.kind == "number" else "text"
    kind = "boolean" if column.kind == "boolean" else what
    shown = rows if len(rows) < 100 else f"{rows[:90]} ..."
    note = f"'{column.name}' is a {kind} of {len(classes)} levels: classification"
    return target, f"{note} ({shown})"


def _check_level_count(table: Table, column: TableColumn, weight: np.ndarray) -> None:
    """Refuse a text that differs from row to row: it is no class."""
    used = weight > 0
    count = len(np.unique(column.values[used]))
    if count <= max(_FEW_LEVELS, 0.5 * used.sum()):
        return
    slip = column.first_not_number()
    hint = "" if slip is None else f" ({table.row_label(slip)} is no number)"
    raise DataError(
        f"{table.source}: target '{column.name}' has {count} different values in "
        f"{used.sum()} rows{hint}: too many for classes"
    )


def _given_classes(
    column: TableColumn, weight: np.ndarray, classes: tuple
) -> tuple[Target, str]:
    codes, labels = _labels(column)
    place = {label: i for i, label in enumerate(classes)}
    unknown = [
        labels[c] for c in np.unique(codes[weight > 0]) if labels[c] not in place
    ]
    if unknown:
        raise DataError(
            f"target '{column.name}' holds {unknown[0]!r}, which is not among the classes"
        )
    number = np.array([place.get(label, 0) for label in labels], dtype=np.int64)
    target = Target(column.name, "classification", number[codes], classes)
    return target, f"'{column.name}' has {len(classes)} classes"


def _labels(column: TableColumn) -> tuple[np.ndarray, tuple]:
    """Integer codes (of rows without weight too) and the label of each code."""
    if column.kind == "category":
        return np.maximum(column.values, 0).astype(np.int64), column.levels
    levels, codes = np.unique(column.values, return_inverse=True)
    if column.kind == "boolean":
        return codes, tuple(bool(level) for level in levels)
    return codes, tuple(_plain(level) for level in levels.tolist())


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number
