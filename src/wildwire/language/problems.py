"""Lark's errors in the words of the language.

Comes in: what Lark raised and the line it read. Goes out: a `LanguageError` that says what stands there, what was
expected and what to do. Called by `parser.py`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import TYPE_CHECKING

from wildwire.errors import LanguageError
from wildwire.language.checks import DEEPEST_LINE
from wildwire.language.lines import Line
from wildwire.language.words import FIRST_WORDS, WORDS

if TYPE_CHECKING:
    from lark.exceptions import UnexpectedInput

_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[()\[\]]')
_SIGNS = re.compile(r"[-+](?:[ \t]*[-+]){30}")
_FIRST_WORD = re.compile(r"[ \t]*([A-Za-z_][A-Za-z0-9_]*)")

_OPERANDS = {
    "PRIMED", "NAME", "STRING", "INDEXED", "NUMBER", "FROZEN", "UNKNOWN", "LPAR",
    "WEIGHTED", "SOURCE",
}  # fmt: skip
_OPERATORS = {"PLUS", "MINUS", "STAR", "SLASH", "POWER"}

_SHOWN = {
    "NAME": "a name", "INDEXED": "a name", "STRING": "text in quotes",
    "NUMBER": "a number", "INT": "a whole number", "FROZEN": "a frozen number `[0.9]`",
    "UNKNOWN": "`?`", "COMPARISON": "a comparison", "LPAR": "`(`", "RPAR": "`)`",
    "LSQB": "`[`", "RSQB": "`]`", "COMMA": "`,`", "COLON": "`:`", "EQUAL": "`=`",
    "TILDE": "`~`", "AT": "`@`", "VBAR": "`|`", "DOTS": "`..`", "PLUS": "`+`",
    "MINUS": "`-`", "STAR": "`*`", "SLASH": "`/`", "POWER": "`**`",
    "$END": "the end of the line",
}  # fmt: skip

_CHARACTERS = {
    ".": "a point stands only inside numbers; nothing here has attributes",
    "^": "powers are written `**`",
    "'": 'quotes are double: "name"; an apostrophe stands only in the formula of a transfer',
    "{": "brackets are `(` and `[`",
    "}": "brackets are `(` and `[`",
    ";": "a statement ends with its line",
    "&": "conditions are nested: where(a < b, where(c < d, x, y), y)",
    "|": "categories stand only in `input` lines",
    "\\": "a statement stands on one line",
    "!": "a comparison is written `!=`",
    "\ufeff": "an invisible mark of the text's encoding; remove it",
}


def refuse_nesting(line: Line):
    """Refuse brackets nested too deeply and long rows of signs, before any parser sees them."""
    code = line.code
    if code.count("(") + code.count("[") > DEEPEST_LINE:
        depth = 0
        for match in _BRACKET.finditer(code):
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(match.group(), 0)
            if depth > DEEPEST_LINE:
                message = f"brackets are nested more than {DEEPEST_LINE} levels deep"
                raise LanguageError(message, line.number, match.start() + 1, code)
    signs = None
    if code.count("-") + code.count("+") > 30:  # counting is faster than searching
        signs = _SIGNS.search(code)
    if signs:
        message = "more than 30 signs follow each other"
        raise LanguageError(message, line.number, signs.start() + 1, code)


def explain(error: UnexpectedInput, line: Line) -> LanguageError:
    """The error of the language for what Lark could not read."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    if isinstance(error, UnexpectedToken):
        expected = set(error.accepts or error.expected)
        kind, column = error.token.type, error.token.column
        if kind == "$END":
            column = len(line.code) + 1
            message = _ended(line, expected)
        else:
            message = _unexpected(line, error.token, expected)
    elif isinstance(error, UnexpectedCharacters):
        column = error.column
        message = strange(line.code[column - 1], set(error.allowed or ()))
    else:
        column, message = 1, "this line cannot be read"
    return LanguageError(
        message + _first_word_hint(line), line.number, column, line.code
    )


def _ended(line: Line, expected: set[str]) -> str:
    opened = []
    for match in _BRACKET.finditer(line.code):
        if match.group() in "([":
            opened.append(match.start() + 1)
        elif match.group() in ")]" and opened:
            opened.pop()
    if opened:
        return (
            f"the bracket opened in column {opened[-1]} is not closed on this line; a "
            "statement stands on one line"
        )
    return f"the line ends here, but {_list(expected)} should follow"


def _unexpected(line: Line, token, expected: set[str]) -> str:
    before = line.code[: token.column - 1].rstrip(" \t")
    if token.type in ("FROZEN", "LSQB") and before and _ends_name(before):
        return (
            "an index touches its name, `x[3]`, and a frozen number never follows a "
            "name; a product is written with `*`"
        )
    word = before.strip(" \t")
    if token.type in ("EQUAL", "TILDE") and word in WORDS:
        return reserved(word)
    if token in WORDS and {"NAME"} & expected:
        return reserved(token)
    if token.type in ("RPAR", "RSQB") and "COMMA" not in expected and _opens(before):
        return f"`{token}` closes a bracket that was not opened"
    shown = str(token) if len(token) <= 40 else f"{token[:37]}..."
    hint = ""
    if expected >= _OPERATORS and token.type in _OPERANDS:
        hint = "; a product is written with `*`"
        hint += ", arguments are parted by `,`" if "COMMA" in expected else ""
    return f"`{shown}` cannot stand here; {_list(expected)} should follow{hint}"


def _ends_name(text: str) -> bool:
    return text[-1].isalnum() or text[-1] in '_"'


def _opens(text: str) -> bool:
    """Whether all brackets of a piece of code are closed."""
    signs = {"(": 1, "[": 1, ")": -1, "]": -1}
    return sum(signs.get(m.group(), 0) for m in _BRACKET.finditer(text)) <= 0


def reserved(word: str) -> str:
    """What to say about a word of the language that stands where a name should."""
    return (
        f"`{word}` is a word of the language; as a name it is written in quotes: "
        f'"{word}"'
    )


def strange(character: str, expected: set[str]) -> str:
    """What to say about a character that cannot stand where it stands."""
    if character in _CHARACTERS:
        return f"`{character}` cannot stand here: {_CHARACTERS[character]}"
    if ord(character) < 128:
        shown = character if character.isprintable() else repr(character)
        return f"`{shown}` cannot stand here; {_list(expected)} should follow"
    name = unicodedata.name(character, "a character without a name").lower()
    plain = unicodedata.normalize("NFKC", character)
    meant = {"\u2212": "-", "\u2013": "-", "\u00d7": "*", "\u00b7": "*"}.get(character)
    meant = meant or {"\u201c": '"', "\u201d": '"', "\u201e": '"'}.get(character)
    if meant is None and plain != character and plain.isascii():
        meant = plain
    advice = (
        f"write `{meant}`" if meant else "a name with such letters stands in quotes"
    )
    return f"the character {character!r} ({name}) cannot stand here; {advice}"


def _first_word_hint(line: Line) -> str:
    """` Did you mean input?` where a line begins with a word that is nearly one of the language."""
    match = _FIRST_WORD.match(line.code)
    if match is None or match.group(1) in FIRST_WORDS:
        return ""
    rest = line.code[match.end() :].lstrip(" \t")
    if not rest or rest[0] in "=~([" or rest[0] in "+-*/":
        return ""
    near = difflib.get_close_matches(match.group(1), FIRST_WORDS, n=1, cutoff=0.6)
    return f". Did you mean `{near[0]}`?" if near else ""


def _list(expected: set[str]) -> str:
    """What was expected, in words: `a name, `,` or the end of the line`."""
    if "WIRE" in expected:
        return "a statement such as `input`, `output`, `h ~ ...` or `h = ...`"
    words = []
    left = set(expected)
    if {"NAME", "NUMBER", "LPAR"} <= left:
        words.append("a name, number or bracket")
        left -= _OPERANDS | {"PLUS", "MINUS"}
    elif left >= _OPERATORS:
        words.append("an operator (`+ - * / **`)")
        # possible behind any name, and never what a slip was about
        left -= _OPERATORS | {"LPAR", "AT", "COMPARISON", "COLON", "EQUAL"}
    if {"INDEXED", "NAME"} & left:
        left -= {"STRING"}
    shown = {_SHOWN.get(kind, f"`{kind.lower()}`") for kind in left}
    last = shown & {_SHOWN["$END"]}
    words += [*sorted(shown - last, key=lambda w: (w[0] == "`", w)), *last]
    if len(words) < 2:
        return words[0] if words else "nothing"
    return f"{', '.join(words[:-1])} or {words[-1]}"
