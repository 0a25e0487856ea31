"""How a text file writes its table: separator, decimal sign, header, comments.

Comes in: the lines of a text file. Goes out: a `Dialect` with the notes that say what
was recognised. Called by `read.py` only. The first lines decide; every line is then
checked against the decision, so that a truncated or ragged file is an error and never a
table with holes.
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wildwire.errors import DataError, FileError

MISSING = (
    *("", "?", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-nan"),
    *("NULL", "null", "None"),
)
BLANK = " "
_SEPARATORS = (",", ";", "\t", "|", BLANK)
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", BLANK: "blanks"}
_NUMBER = re.compile(
    r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eEdD][+-]?\d+)?|[+-]?(inf|infinity)", re.I
)
_COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?|[+-]?\d+,")
_POINT_NUMBER = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?|[+-]?\d+\.")
_SAMPLE = 100  # lines that decide; one odd line among them does not


@dataclass(frozen=True, slots=True)
class Dialect:
    """What was recognised.

    Parameters
    ----------
    separator : str
        One character; " " stands for any run of blanks.
    decimal : {".", ","}
    names : tuple of str
        Names of the columns.
    header : bool
        Whether the first line of the table holds them.
    notes : tuple of str
        The same as sentences, only where it is not the ordinary case.
    """

    separator: str
    decimal: Literal[".", ","]
    names: tuple[str, ...]
    header: bool
    notes: tuple[str, ...]


def recognise(
    lines: Sequence[str],
    comments: Sequence[str],
    source: str,
    *,
    separator: str | None = None,
    header: bool | None = None,
) -> Dialect:
    """Recognise how the lines write a table.

    Parameters
    ----------
    lines : sequence of str
        Lines that are neither empty nor comments.
    comments : sequence of str
        Comment lines before the first of `lines`, without their mark.
    source : str
        File name, for messages.
    separator, header
        Given by the user instead of recognised.

    Raises
    ------
    DataError
        The header names a column twice.
    """
    sample = lines[:_SAMPLE]
    separator = separator or best_separator(sample)
    rows = [split_line(line, separator) for line in sample]
    has_header = _has_header(rows) if header is None else header
    body = rows[1:] if has_header else rows
    decimal: Literal[".", ","] = "," if _decimal_comma(body, separator) else "."
    notes = []
    if separator != "," and len(rows[0]) > 1:
        notes.append(
            f"{source}: columns separated by {_NAMES.get(separator, separator)}"
        )
    if decimal == ",":
        notes.append(f"{source}: decimal commas (1,5 is one and a half)")
    width = len(rows[0])
    if has_header:
        names = _header_names(rows[0], source)
    elif (named := _names_in_comment(comments, separator, width)) is not None:
        names = named
        notes.append(f"{source}: column names from the comment before the first row")
    else:
        names = tuple(f"c{number}" for number in range(1, width + 1))
        span = f"c1 ... c{width}" if width > 1 else "c1"
        notes.append(f"{source}: no header line; columns are called {span}")
    return Dialect(separator, decimal, names, has_header, tuple(notes))


def split_line(line: str, separator: str) -> list[str]:
    """The fields of one line, without the blanks around them."""
    if separator == BLANK:
        if '"' not in line:
            return line.split()
        line = " ".join(line.strip().replace("\t", " ").split())
    fields = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    return [field.strip() for field in fields]


def is_number(text: str) -> bool:
    """Whether a field reads as a number with either decimal sign."""
    return _NUMBER.fullmatch(text) is not None


def check_widths(
    lines: Sequence[str], numbers: Sequence[int], dialect: Dialect, source: str
) -> None:
    """Refuse a line with more or fewer fields than the first.

    pandas would fill the missing fields of a truncated last line silently.

    Raises
    ------
    FileError
        Naming the line, its fields and what was expected.
    """
    separator, expected = dialect.separator, len(dialect.names)
    for line, number in zip(lines, numbers, strict=True):
        # Counting is 20 times faster than the csv module and right without quotes.
        if '"' in line:
            width = len(split_line(line, separator))
        elif separator == BLANK:
            width = len(line.split())
        else:
            width = line.count(separator) + 1
        if width == expected:
            continue
        end = "; the file looks truncated" if number == numbers[-1] else ""
        raise FileError(
            f"{source}, line {number}: {width} field{'s' * (width != 1)} where the "
            f"first line has {expected}{end}"
        )


def best_separator(sample: Sequence[str]) -> str:
    """The separator under which the lines agree best and most fields are numbers.

    Agreement comes first; then the share of numbers, which tells `1,5;2,3` (two
    numbers) from three columns; then the order comma, semicolon, tab, bar, blanks.
    """

    def score(separator: str) -> tuple[float, float, int]:
        rows = [split_line(line, separator) for line in sample]
        widths = Counter(map(len, rows))
        width, agreeing = widths.most_common(1)[0]
        if width < 2 or agreeing < 0.8 * len(rows):
            return (0.0, 0.0, 0)
        fields = [field for row in (rows[1:] or rows) for field in row if field]
        numbers = sum(map(is_number, fields)) / max(1, len(fields))
        return (agreeing / len(rows), numbers, -_SEPARATORS.index(separator))

    best = max(_SEPARATORS, key=score)
    return best if score(best)[0] else ","


def _has_header(rows: list[list[str]]) -> bool:
    """Whether the first row names columns.

    It does if a field is text over a column of numbers, or if no field is a number or
    missing (a table of texts alone is taken to have a header).
    """
    first, body = rows[0], rows[1:]
    for i, field in enumerate(first):
        below = [r[i] for r in body if len(r) > i and r[i] not in MISSING]
        numeric = below and sum(map(is_number, below)) > 0.8 * len(below)
        if numeric and field not in MISSING and not is_number(field):
            return True
    return not any(is_number(field) or field in MISSING[1:] for field in first)


def _decimal_comma(rows: list[list[str]], separator: str) -> bool:
    if separator == ",":
        # Quoted fields may still carry one: "1,5","2,3".
        quoted = [field for row in rows for field in row if "," in field]
        if not quoted:
            return False
    fields = [field for row in rows for field in row]
    with_comma = sum(_COMMA_NUMBER.fullmatch(field) is not None for field in fields)
    with_point = sum(_POINT_NUMBER.fullmatch(field) is not None for field in fields)
    return with_comma > 0 and with_point == 0


def _header_names(row: list[str], source: str) -> tuple[str, ...]:
    names = [name or f"column {number}" for number, name in enumerate(row, 1)]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise DataError(
                f"{source}: two columns are called '{name}' (columns "
                f"{names.index(name) + 1} and {number + 1}); rename one of them"
            )
    return tuple(names)


def _names_in_comment(
    comments: Sequence[str], separator: str, width: int
) -> tuple[str, ...] | None:
    """Names from the last comment before the data, as numpy.savetxt writes them."""
    if not comments:
        return None
    for candidate in (separator, BLANK, ","):
        names = split_line(comments[-1], candidate)
        good = len(names) == width == len(set(names)) and all(names)
        if good and not any(map(is_number, names)):
            return tuple(names)
    return None
