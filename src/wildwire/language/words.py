"""Words, names and quoted text of the language, in both directions.

Comes in: names as Python strings, or quoted text as it stands in a line. Goes out: the other form. Called by the parser
(through `builder.py`), the printer, and by every layer that shows a name as the language writes it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

FIRST_WORDS = (
    "wire", "input", "fixed", "let", "output", "missing", "start", "settle", "range",
    "numbers", "activation", "transfer", "loss",
)  # fmt: skip
"""Words that begin a statement."""

WORDS = frozenset((*FIRST_WORDS, "as", "in", "true", "false"))
"""Words of the language: as a name they are written in quotes."""

BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""A name that needs no quotes, unless it is a word of the language."""

LONGEST_SLIP = 200
"""Characters of a word for which a nearest one is looked for: the search takes time with its square."""

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_ESCAPED = {value: "\\" + key for key, value in _ESCAPES.items()}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))", re.DOTALL)


def nearest(word: str, known: Iterable[str], cutoff: float) -> str | None:
    """The known word that looks most like this one, upper and lower case being the same; None where none does."""
    if len(str(word)) > LONGEST_SLIP:
        return None
    table = {str(name).lower(): str(name) for name in known}
    near = difflib.get_close_matches(str(word).lower(), list(table), 1, cutoff)
    return table[near[0]] if near else None


def is_bare(name: str) -> bool:
    """Whether a name stands in the text without quotes."""
    return name not in WORDS and BARE.fullmatch(name) is not None


def print_name(name: str) -> str:
    """A name as it stands in the text: in quotes if it is a word of the language or contains other characters.

    Examples
    --------
    >>> print_name("x1"), print_name("input"), print_name("sepal length (mm)")
    ('x1', '"input"', '"sepal length (mm)"')
    """
    return name if is_bare(name) else print_text(name)


def print_text(text: str) -> str:
    """Text in double quotes; backslash, quote and everything that cannot be seen are escaped.

    Examples
    --------
    >>> print(print_text('5" disk'))
    "5\\" disk"
    """
    return '"' + "".join(_escape(character) for character in text) + '"'


def _escape(character: str) -> str:
    if character in _ESCAPED:
        return _ESCAPED[character]
    if character.isprintable():
        return character
    # controls, line separators, direction marks, lone surrogates: a line that shows
    # something else than it says, or that no file can hold
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def read_text(quoted: str) -> str:
    """The text between quotes, escapes resolved; inverse of `print_text`.

    Raises
    ------
    ValueError
        An escape that the language does not know; the message names it.
    """
    inner = quoted[1:-1]
    return _ESCAPE.sub(_unescape, inner) if "\\" in inner else inner


def _unescape(match: re.Match) -> str:
    short, long, letter = match.groups()
    if letter is None:
        code = int(short or long, 16)
        if code < 0x110000:
            return chr(code)
    elif letter in _ESCAPES and letter:
        return _ESCAPES[letter]
    raise ValueError(match.group())
