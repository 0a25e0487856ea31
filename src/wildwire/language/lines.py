"""A text as lines: code and comment parted, tables read.

Comes in: the whole text. Goes out: lines with their comments, and rows of numbers. Called by `parser.py`, which
gives what is left, one line of code at a time, to the grammar.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from wildwire.errors import LanguageError

LONGEST_TEXT = 50_000_000
"""Characters; a larger network is stored as arrays."""

ROW = re.compile(r"[-+.0-9eE?]+(?:[ \t]+[-+.0-9eE?]+)*")
"""A row of a table: the terminal ROW of the grammar."""

_CODE = re.compile(r'[^"#]*(?:"(?:[^"\\]|\\.)*"[^"#]*)*')
_CELL = re.compile(r"\S+")


class Line(NamedTuple):
    """One line: its number from 1, its code without blanks at the end, its comment without `#` (None: no comment)."""

    number: int
    code: str
    comment: str | None


def split_lines(text: str) -> Iterator[Line]:
    """The lines of a text, code and comment parted.

    Raises
    ------
    LanguageError
        The text is too long, or quotes are opened and not closed on their line.
    """
    if len(text) > LONGEST_TEXT:
        raise LanguageError(
            f"a text has at most {LONGEST_TEXT:,} characters, this one has "
            f"{len(text):,}; large networks are saved as .safetensors"
        )
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        if "#" not in line and '"' not in line:
            yield Line(number, line.rstrip(), None)
        else:
            yield _part(number, line)


def _part(number: int, line: str) -> Line:
    match = _CODE.match(line)
    end = match.end() if match else 0
    if end == len(line):
        return Line(number, line.rstrip(), None)
    if line[end] == '"':
        raise LanguageError(
            "the quotes opened here are not closed on this line", number, end + 1, line
        )
    return Line(number, line[:end].rstrip(), line[end + 1 :].rstrip())


def read_row(line: Line) -> tuple[float | None, ...] | None:
    """The numbers of a row of a table, None for `?`; None instead of a tuple if the line is not of that form.

    Raises
    ------
    LanguageError
        A number of the row is not one, or too large.
    """
    code = line.code.strip(" \t")
    if not ROW.fullmatch(code):
        return None
    try:
        if "?" not in code:
            row = tuple(map(float, code.split()))
        else:
            row = tuple(None if t == "?" else float(t) for t in code.split())
    except ValueError:
        row = (math.inf,)
    if all(value is None or math.isfinite(value) for value in row):
        return row
    raise _bad_cell(line)


def _bad_cell(line: Line) -> LanguageError:
    for match in _CELL.finditer(line.code):
        cell = match.group()
        try:
            good = cell == "?" or math.isfinite(float(cell))
        except ValueError:
            good = False
        if not good:
            shown = cell if len(cell) <= 40 else f"{cell[:37]}..."
            message = f"`{shown}` in a row of numbers is not a finite number or `?`"
            return LanguageError(message, line.number, match.start() + 1, line.code)
    raise AssertionError("called for a row without a bad cell")
