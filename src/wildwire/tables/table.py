"""The table itself: named columns, each of one kind, all of one length.

Comes in: columns as arrays, from `frames.py`. Goes out: columns by name or number, rows
by index, a hash of the content. Called by everything that reads data. Knows no file
format and no network.
"""

import difflib
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np

from wildwire.errors import DataError

Kind = Literal["number", "boolean", "category", "date"]


@dataclass(frozen=True, slots=True, eq=False)
class TableColumn:
    """One named column.

    Parameters
    ----------
    name : str
        As the file or frame calls it.
    kind : {"number", "boolean", "category", "date"}
        What the values are.
    values : ndarray of shape (n_rows,)
        float64 with NaN for missing (number; boolean as 0 and 1), else int32 indices
        into `levels` with -1 for missing.
    levels : tuple of str
        The different texts of a category or date, sorted unless the frame orders them.
    integer : bool
        Whether all numbers that are present are whole.
    """

    name: str
    kind: Kind
    values: np.ndarray
    levels: tuple[str, ...] = ()
    integer: bool = False

    @property
    def missing(self) -> np.ndarray:
        """Mask of the missing values, shape (n_rows,)."""
        if self.kind in ("category", "date"):
            return self.values < 0
        return np.isnan(self.values)

    @property
    def n_distinct(self) -> int:
        """How many different values are present (missing not counted)."""
        return len(np.unique(self.values[~self.missing]))

    def text(self, row: int) -> str:
        """The value of one row as text, "" where it is missing."""
        if self.missing[row]:
            return ""
        if self.kind in ("number", "boolean"):
            return repr(float(self.values[row]))
        return self.levels[self.values[row]]

    def first_not_number(self) -> int | None:
        """First row whose text is no number, when most of the others are; else None.

        A column of numbers turns into text through one slip (`12,4kg`): this finds the
        slip.
        """
        wrong = np.array([not _is_number(level) for level in self.levels], bool)
        if not len(wrong) or wrong.mean() > 0.5:
            return None
        rows = np.flatnonzero((self.values >= 0) & wrong[self.values])
        return int(rows[0]) if len(rows) else None

    def take(self, rows: np.ndarray) -> Self:
        """The same column with these rows only; levels are kept."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Named columns of equal length.

    Parameters
    ----------
    columns : tuple of TableColumn
    source : str
        Where it came from, for messages: a file name, "stdin", "array", "pandas frame".
    lines : ndarray of int or None
        Line number in the file of each row.
    notes : tuple of str
        What was recognised or assumed while reading; a user should see them.
    named : bool
        False where the names are only positions (arrays, files without header).
    """

    columns: tuple[TableColumn, ...]
    source: str = "table"
    lines: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    named: bool = True

    def __post_init__(self) -> None:
        seen: dict[str, int] = {}
        for number, column in enumerate(self.columns, 1):
            if column.name in seen:
                raise DataError(
                    f"{self.source}: two columns are called '{column.name}' (columns "
                    f"{seen[column.name]} and {number}); rename one of them"
                )
            seen[column.name] = number

    @property
    def n_rows(self) -> int:
        """How many rows of data there are."""
        return len(self.columns[0].values) if self.columns else 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def __len__(self) -> int:
        return self.n_rows

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def index(self, which: str | int) -> int:
        """Position of a column, from 0.

        Parameters
        ----------
        which : str or int
            Its name; or its number counted from 1, negative from the end, as a number
            or as text. A name goes before a number.

        Raises
        ------
        DataError
            No such column; the message gives the nearest name.
        """
        names = self.names
        if isinstance(which, str):
            if which in names:
                return names.index(which)
            try:
                which = int(which)
            except ValueError:
                raise DataError(self._unknown(which)) from None
        if 1 <= which <= len(names):
            return int(which) - 1
        if -len(names) <= which <= -1:
            return len(names) + int(which)
        raise DataError(
            f"{self.source}: no column number {which}; there are {len(names)}, counted "
            f"from 1 (negative: from the end)"
        )

    def column(self, which: str | int) -> TableColumn:
        """The column with this name or number (see `index`)."""
        return self.columns[self.index(which)]

    def take(self, rows: np.ndarray) -> Self:
        """These rows (indices or mask) as a table."""
        lines = None if self.lines is None else self.lines[rows]
        columns = tuple(column.take(rows) for column in self.columns)
        return replace(self, columns=columns, lines=lines)

    def select(self, names: Iterable[str | int]) -> Self:
        """These columns, in the order asked for."""
        return replace(self, columns=tuple(self.column(name) for name in names))

    def drop(self, names: Sequence[str | int]) -> Self:
        """All columns but these."""
        gone = {self.index(name) for name in names}
        kept = tuple(c for i, c in enumerate(self.columns) if i not in gone)
        return replace(self, columns=kept)

    def row_label(self, row: int) -> str:
        """How messages call a row: its line in the file, or its index from 0."""
        return f"row {row}" if self.lines is None else f"line {self.lines[row]}"

    def hash(self) -> str:
        """SHA-256 of names, kinds, levels and values, as 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for column in self.columns:
            head = repr((column.name, column.kind, column.levels, len(column.values)))
            digest.update(head.encode())
            digest.update(np.ascontiguousarray(column.values).tobytes())
        return digest.hexdigest()

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.names, n=1, cutoff=0.5)
        if not near:
            lower = {known.lower(): known for known in self.names}
            near = [lower[name.lower()]] if name.lower() in lower else []
        if near:
            return f"{self.source}: no column '{name}'; did you mean '{near[0]}'?"
        some = ", ".join(self.names[:12]) + (", ..." if len(self.names) > 12 else "")
        return f"{self.source}: no column '{name}'; the columns are {some}"


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
