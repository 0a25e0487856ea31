"""Text -> tree.

Comes in: the text of a network, a formula or a definition. Goes out: `Document`, an expression, `Definition`; or a
`LanguageError` with line, column and caret, and no other error. Called by `functions` (formulas) and `network` (texts).

A line at a time goes through Lark's parser: the grammar has no state across lines, errors stay where they are, and rows
of tables need no parser at all. Nothing of a text is ever executed.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from wildwire.errors import LanguageError
from wildwire.language import checks, problems, tree
from wildwire.language.builder import Builder
from wildwire.language.expression import Expression
from wildwire.language.lines import Line, read_row, split_lines

VERSION = 1
"""The version of the language that is read and written."""

_VERSION_LINE = re.compile(r"[ \t]*wire[ \t]+([0-9]{1,9})(?![0-9])")

KINDS = ("activation", "transfer", "loss")
"""Words that a definition begins with."""

_LEADING = 20

_RULE = re.compile(r"[ \t]*rule(?=[ \t])")

GRAMMAR = Path(__file__).with_name("grammar.lark")


def parse_text(text: str) -> tree.Document:
    """Read the text of a network.

    Parameters
    ----------
    text : str
        At most 50,000,000 characters.

    Returns
    -------
    Document
        Its statements in written order, comments and empty lines among them. `print_document` gives the text back in
        canonical form, which reads to an equal document, every float to the last bit.

    Raises
    ------
    LanguageError
        The text is not of the language, or of a newer version of it.

    Notes
    -----
    About 40 microseconds a link; rows of tables 0.1 microseconds a number.

    Examples
    --------
    >>> document = parse_text("input x1, x2\\ny ~ tanh(x1, x2)  # one neuron\\noutput y")
    >>> [type(statement).__name__ for statement in document.statements]
    ['Input', 'Learnt', 'Output']
    """
    if not isinstance(text, str):
        raise LanguageError(f"a text is needed, not {type(text).__name__}")
    reader = _Reader()
    for line in split_lines(text):
        reader.read(line)
    return reader.finish()


def parse_formula(text: str) -> Expression:
    """Read the formula of a function.

    Parameters
    ----------
    text : str
        One line of at most 1,000 characters, 200 nodes and 30 levels.

    Returns
    -------
    Expression
        In binary form: no `Sum`.

    Raises
    ------
    LanguageError

    Examples
    --------
    >>> parse_formula("2*z")
    Binary(operator='*', left=Number(value=2.0, frozen=False), right=Name(name='z', index=None, delay=None))
    """
    return _grammar().parse(_only_line(text, "formula"), "formula")


def parse_definition(text: str) -> tree.Definition:
    """Read one definition: `activation bump(z, k=10) = exp(-k*(1 - z)**2)`.

    Raises
    ------
    LanguageError
        Also if the text is another statement than a definition.
    """
    line = _only_line(text, "definition")
    statement = _grammar().parse(line, "statement")
    if not isinstance(statement, tree.Definition):
        raise LanguageError(
            "a definition begins with `activation`, `transfer` or `loss`, as in "
            "`activation bump(z, k=10) = exp(-k*(1 - z)**2)`",
            line.number, 1, line.code,
        )  # fmt: skip
    return statement


def parse_rules(text: str) -> tuple[tree.Definition, ...]:
    """Read a list of learning rules, one a line: `rule oja(w, x, y, rate=0.01) = rate*y*(x - y*w)`.

    `rule` is no word of networks: a rule is no part of one.

    Returns
    -------
    tuple of Definition
        Of kind "rule", in written order.

    Raises
    ------
    LanguageError
        A line is no rule.

    Examples
    --------
    >>> [rule.name for rule in parse_rules("rule hebb(x, y, rate=0.1) = rate*x*y  # Hebb 1949")]
    ['hebb']
    """
    found = []
    for line in split_lines(text):
        if not line.code.strip():
            continue
        word = _RULE.match(line.code)
        if word is None:
            raise LanguageError(
                "a rule is written `rule name(x, e, rate=0.1) = rate*x*e`",
                line.number, 1, line.code,
            )  # fmt: skip
        # Blanks in place of the word keep the columns of errors.
        code = " " * word.end() + line.code[word.end() :]
        definition = _grammar().parse(line._replace(code=code), "definition")
        if definition.others or definition.clauses:
            raise LanguageError(
                "a rule has one value, and no clause behind it", line.number, 1, line.code
            )  # fmt: skip
        found.append(replace(definition, kind="rule"))
    return tuple(found)


def _only_line(text: str, what: str) -> Line:
    """The one line of code of a formula or definition; comments around it are passed over."""
    if not isinstance(text, str):
        raise LanguageError(f"a {what} is a text, not {type(text).__name__}")
    size = len(text)
    if what == "definition":
        # The leading word does not count: `ww.activation` puts it there by itself.
        word = text[:_LEADING].split(maxsplit=1)[:1]
        size -= len(word[0]) + 1 if word and word[0] in KINDS else 0
    if size > checks.LONGEST_FORMULA:
        raise LanguageError(
            f"a {what} has at most {checks.LONGEST_FORMULA:,} characters, this one "
            f"has {size:,}"
        )
    lines = [line for line in split_lines(text) if line.code.strip()]
    if not lines:
        raise LanguageError(f"the text of the {what} is empty")
    if len(lines) > 1:
        raise LanguageError(
            f"a {what} stands on one line", lines[1].number, 1, lines[1].code
        )
    return lines[0]


# ---- lines --------------------------------------------------------------------------


class _Reader:
    """Collects statements; knows the table that rows belong to."""

    def __init__(self):
        self.statements: list[tree.Statement] = []
        self.table: tree.Numbers | None = None
        self.rows: list[tuple] = []
        self.row_comments: list[tuple[int, str]] = []
        self.inner_comments: list[tuple[int, str | None]] = []
        # comments and empty lines of which it is not known yet whether a row follows
        self.waiting: list[tree.Statement] = []

    def read(self, line: Line):
        """Take one more line."""
        if not line.code.strip():
            self.waiting.append(_silent(line))
            return
        row = read_row(line) if self.table is not None else None
        if row is not None:
            self._add_row(row, line.comment)
            return
        self._close_table()
        version = _VERSION_LINE.match(line.code)
        if version:
            self._check_version(int(version.group(1)), line)
        statement = _grammar().parse(line, "statement")
        if line.comment is not None:
            statement = replace(statement, comment=line.comment)
        if isinstance(statement, tree.Numbers):
            self.table = statement
        else:
            self.statements.append(statement)

    def finish(self) -> tree.Document:
        """The document of the lines read."""
        self._close_table()
        shown = self.statements
        ends = [i for i, s in enumerate(shown) if not isinstance(s, tree.Blank)]
        first, last = (ends[0], ends[-1]) if ends else (0, -1)
        return tree.Document(tuple(_without_runs(shown[first : last + 1])))

    def _add_row(self, row: tuple, comment: str | None):
        place = len(self.rows)
        for silent in _without_runs(self.waiting):
            self.inner_comments.append((place, silent.comment))
        self.waiting = []
        self.rows.append(row)
        if comment is not None:
            self.row_comments.append((place, comment))

    def _close_table(self):
        if self.table is not None:
            table = replace(
                self.table,
                rows=tuple(self.rows),
                row_comments=tuple(self.row_comments),
                inner_comments=tuple(self.inner_comments),
            )
            self.statements.append(table)
            self.table = None
            self.rows, self.row_comments, self.inner_comments = [], [], []
        self.statements += self.waiting
        self.waiting = []

    def _check_version(self, number: int, line: Line):
        """Before the rest of the line is read: a newer version may say more in it."""
        silent = (tree.Comment, tree.Blank)
        if any(not isinstance(s, silent) for s in self.statements):
            message = "`wire` with the version stands in front of everything else"
        elif number > VERSION:
            message = (
                f"this text is written in version {number} of the language; "
                f"this Wildwire reads version {VERSION}. Update Wildwire to read it"
            )
        elif number < VERSION:
            message = f"there is no version {number}; write `wire {VERSION}`"
        else:
            return
        raise LanguageError(message, line.number, 1, line.code)


def _silent(line: Line) -> tree.Statement:
    if line.comment is None:
        return tree.Blank(line=line.number)
    return tree.Comment(comment=line.comment, line=line.number)


def _without_runs(statements: list[tree.Statement]) -> Iterator[tree.Statement]:
    """The statements with one empty line instead of several."""
    before: tree.Statement | None = None
    for statement in statements:
        if not (isinstance(statement, tree.Blank) and isinstance(before, tree.Blank)):
            yield statement
        before = statement


# ---- the grammar --------------------------------------------------------------------


class _Grammar:
    """Lark's parser with the builder that its callbacks belong to; one line at a time, also from several threads."""

    def __init__(self):
        # imported here: `import wildwire` imports the standard library only
        from lark import Lark

        self.builder = Builder()
        self.lock = threading.Lock()
        # Lark's cache is a pickle, and the grammar is built in less than 0.1 s
        self.lark = Lark(
            GRAMMAR.read_text(encoding="utf-8"),
            parser="lalr",
            lexer="contextual",
            start=["statement", "formula", "definition"],
            transformer=self.builder,
            propagate_positions=False,
        )

    def parse(self, line: Line, start: str) -> Any:
        """The statement or formula of a line."""
        from lark.exceptions import UnexpectedInput

        problems.refuse_nesting(line)
        with self.lock:
            self.builder.line, self.builder.source = line.number, line.code
            try:
                return self.lark.parse(line.code, start=start)
            except UnexpectedInput as error:
                raise problems.explain(error, line) from None


@functools.lru_cache(maxsize=1)
def _grammar() -> _Grammar:
    return _Grammar()
