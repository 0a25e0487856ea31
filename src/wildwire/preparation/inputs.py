"""Which columns a network reads, and how: scaling, imputation, ranges, short names.

Comes in: the columns of a table that are not targets. Goes out: an `Input` per column
that is used, and notes on what was left out, filled in or looks odd. Called by
`prepare.py`.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from wildwire.errors import DataError
from wildwire.preparation.statistics import Moments, moments
from wildwire.tables import Table, TableColumn

MISSING_LEVEL = "missing"
_IDENTIFIER_NAMES = re.compile(
    r"(id|index|key|nr|no|row|uuid|column \d+|.*[ _-]id|unnamed: \d+)", re.IGNORECASE
)
_MANY_LEVELS = 50


@dataclass(frozen=True, eq=False)
class Input:
    """One column that the network reads.

    Parameters
    ----------
    label : str
        Its name in the table.
    name : str
        Its name in the network.
    moments : Moments or None
        Of a number; None for a category.
    categories : tuple of str
        Of a category, a level for missing values included where some are missing.
    missing : float, str or None
        What stands for a missing value; None where none was missing.
    read : bool
        Whether neurons read it: a constant that must stay in the input line is not
        read.
    """

    label: str
    name: str
    moments: Moments | None = None
    categories: tuple[str, ...] = ()
    missing: float | str | None = None
    read: bool = True

    @property
    def size(self) -> int:
        """How many nodes it has."""
        return max(1, len(self.categories))


def choose_inputs(
    table: Table, weight: np.ndarray, taken: Collection[str], *, keep_all: bool
) -> tuple[list[Input], list[str]]:
    """Decide for every column of the table whether and how it is read.

    Parameters
    ----------
    table : Table
        The columns that may be inputs.
    weight : ndarray of float64, shape (n,)
    taken : collection of str
        Names that the network needs for something else.
    keep_all : bool
        Keep constants in the input line, unread: a table without names is matched by
        position.

    Raises
    ------
    DataError
        A date, an infinite value, a text that is a number but for a slip, or nothing
        left.
    """
    taken, inputs, notes = set(taken), [], []
    for column in table.columns:
        used, note = _choose(table, column, weight, keep_all)
        if note:
            notes.append(note)
        if used is None:
            continue
        name = identifier(column.name, taken)
        taken.add(name)
        inputs.append(Input(column.name, name, *used))
    if not any(item.read for item in inputs):
        raise DataError(
            f"{table.source}: no column is left to learn from"
            + (f" ({'; '.join(notes)})" if notes else "")
        )
    return inputs, notes


def _choose(
    table: Table, column: TableColumn, weight: np.ndarray, keep_all: bool
) -> tuple[tuple | None, str]:
    """Arguments of `Input` after the names, or None; and a note or ""."""
    if column.kind == "date":
        example = column.levels[0] if column.levels else ""
        raise DataError(
            f"{table.source}: column '{column.name}' holds dates ('{example}'); turn it "
            f"into numbers first (days since a start, month, weekday), or leave it out "
            f"(--ignore '{column.name}')"
        )
    if column.kind == "category":
        return _choose_category(table, column, weight, keep_all)
    check_finite(table, column, weight > 0)
    present = (weight > 0) & ~column.missing
    if not present.any():
        return _left_out(column, "has no value at all", keep_all)
    found = moments(column.values, weight)
    if found.constant:
        return _left_out(column, f"is {found.low:g} in every row", keep_all, found)
    counts = not keep_all and _counts_rows(column)
    if counts and _IDENTIFIER_NAMES.fullmatch(column.name):
        return _left_out(column, "only counts the rows", False)
    gone = int(((weight > 0) & column.missing).sum())
    note, missing = "", None
    if gone:
        missing = found.mean
        note = f"'{column.name}': {gone} missing value(s) filled in with the mean {missing:g}"
    elif counts and len(column.values) > 20:
        note = (
            f"'{column.name}' counts the rows; if it is only a number of the row, leave "
            f"it out (--ignore '{column.name}')"
        )
    return (found, (), missing, True), note


def _choose_category(
    table: Table, column: TableColumn, weight: np.ndarray, keep_all: bool
) -> tuple[tuple | None, str]:
    slip = column.first_not_number()
    if slip is not None and len(column.levels) > 10:
        raise DataError(
            f"{table.source}, {table.row_label(slip)}: column '{column.name}' is numbers "
            f"but for '{column.text(slip)}'; correct it, or empty it if it is missing"
        )
    used = weight > 0
    rows, gone = int((used & ~column.missing).sum()), int((used & column.missing).sum())
    present = np.unique(column.values[used & ~column.missing])
    levels = tuple(column.levels[i] for i in present)
    why = ""
    if not levels:
        why = "has no value at all"
    elif len(levels) == rows > 10 or len(levels) > max(_MANY_LEVELS, 0.2 * rows):
        why = f"has {len(levels)} different texts in {rows} rows (an identifier?)"
    elif len(levels) == 1 and not gone:
        why = f"is '{levels[0]}' in every row"
    if why:
        note = f"'{column.name}' left out: it {why}"
        return ((None, levels, None, False) if keep_all and levels else None), note
    if not gone:
        return (None, levels, None, True), ""
    level = MISSING_LEVEL
    while level in levels:
        level += "_"
    note = f"'{column.name}': {gone} missing value(s) are a category of their own"
    return (None, (*levels, level), level, True), note


def _left_out(
    column: TableColumn, why: str, keep: bool, found: Moments | None = None
) -> tuple[tuple | None, str]:
    note = f"'{column.name}' left out: it {why}"
    if not keep:
        return None, note
    found = found or Moments(0.0, 1.0, 0.0, 0.0, True)
    return (found, (), None, False), note


def check_finite(table: Table, column: TableColumn, used: np.ndarray) -> None:
    """Refuse infinite values, naming row and column.

    Raises
    ------
    DataError
    """
    bad = np.flatnonzero(np.isinf(column.values) & used)
    if len(bad):
        more = f" (and in {len(bad) - 1} more rows)" if len(bad) > 1 else ""
        raise DataError(
            f"{table.source}, {table.row_label(bad[0])}: column '{column.name}' is "
            f"infinite{more}; correct it, or empty it if it is missing"
        )


def _counts_rows(column: TableColumn) -> bool:
    """Whether the column goes up by one from row to row."""
    return (
        column.kind == "number"
        and len(column.values) > 2
        and bool(np.all(np.diff(column.values) == 1))
    )


def identifier(label: str, taken: Iterable[str]) -> str:
    """A name of the language close to a column's label: letters, digits, underscores.

    Examples
    --------
    >>> identifier("sepal length (mm)", ())
    'sepal_length_mm'
    >>> identifier("2nd", ())
    'c_2nd'
    >>> identifier("a b", ["a_b"])
    'a_b_2'
    """
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    name = re.sub(r"\W+", "_", plain).strip("_")[:40].rstrip("_")
    if not name:
        name = "c"
    elif not name[0].isalpha():
        name = f"c_{name}"
    taken, base, number = set(taken), name, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name
