"""What the grammar's rules for names, numbers and expressions make.

Comes in: tokens and the trees of the parts. Goes out: expressions. `builder.py` adds the rules of statements; both are
called by Lark while `parser.py` reads a line.
"""

from __future__ import annotations

import math
import re
from sys import intern
from typing import NamedTuple, NoReturn

from wildwire.errors import LanguageError
from wildwire.language import checks, problems
from wildwire.language.expression import (
    Binary,
    Call,
    Category,
    Expression,
    Link,
    Name,
    Number,
    Place,
    Position,
    Slice,
    Sum,
    negate,
)
from wildwire.language.expression_printer import OTHER, print_index
from wildwire.language.words import WORDS, read_text

_SOURCE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[([0-9]+)\])?(?:@([0-9]+))?")

LONGEST_INTEGER = 9
"""Digits of a size, index or delay: they are stored as 32 bits."""


class _Keyword(NamedTuple):
    name: str
    value: Expression
    position: Position


class _Several(list):
    """`(a, b)`: sources or numbers of one link."""


class ExpressionBuilder:
    """Callbacks of Lark's parser: each has the name of its rule and takes the list of the rule's parts.

    Attributes
    ----------
    line : int
        Number of the line that is being read.
    source : str
        Its text, shown by errors.
    """

    line = 1
    source = ""

    def fail(self, where, message: str) -> NoReturn:
        """Refuse the text at a token, node or position."""
        line, column = where if isinstance(where, tuple) else self.at(where)
        raise LanguageError(message, line, column, self.source)

    def at(self, where) -> Position:
        """Position of a token of this line, or of a node."""
        if hasattr(where, "column"):
            return (self.line, where.column)
        return where.position or (self.line, 1)

    # ---- names and numbers ----------------------------------------------------------

    def text_of(self, token) -> str:
        """The name that a token writes, quotes resolved."""
        if token[0] == '"':
            return self.text_label([token]) or self.fail(
                token, "a name cannot be empty"
            )
        if token in WORDS:
            self.refuse_word(token, token)
        return intern(str(token))

    def refuse_word(self, word: str, where) -> NoReturn:
        self.fail(where, problems.reserved(word))

    def name(self, parts) -> tuple[str, Position]:
        return self.text_of(parts[0]), self.at(parts[0])

    def integer(self, token, column: int | None = None) -> int:
        if len(token) > LONGEST_INTEGER:
            where = token if column is None else (self.line, column)
            self.fail(where, f"{token[:12]}... is too large for a size, index or delay")
        return int(token)

    def float_of(self, token, text: str) -> float:
        value = float(text)
        if math.isinf(value):
            self.fail(token, f"{text[:40]} is too large: numbers go up to 1.8e308")
        return value

    def plain(self, parts) -> Number:
        token = parts[0]
        return Number(self.float_of(token, token), False, (self.line, token.column))

    def frozen(self, parts) -> Number:
        token = parts[0]
        return Number(self.float_of(token, token[1:-1]), True, self.at(token))

    def unknown(self, parts) -> Number:
        return Number(None, False, self.at(parts[0]))

    def learnable(self, parts) -> Number:
        return Number(parts[0])

    def signed(self, parts) -> float:
        return self.float_of(parts[0], parts[0])

    def minus(self, parts) -> float:
        return -self.float_of(parts[0], parts[0])

    def text_label(self, parts) -> str:
        try:
            return read_text(parts[0])
        except ValueError as error:
            self.fail(
                parts[0],
                f"unknown escape {error} in quotes; there are "
                r"\" \\ \n \t \r \uXXXX \UXXXXXXXX",
            )

    def number_label(self, parts, sign: int = 1) -> int | float:
        token = parts[0]
        if not token.isdigit():
            return sign * self.float_of(token, token)
        if len(token) > 1000:
            self.fail(token, "a label of more than 1000 digits")
        return sign * int(token)

    def minus_label(self, parts) -> int | float:
        return self.number_label(parts, -1)

    def true_label(self, parts) -> bool:
        return True

    def false_label(self, parts) -> bool:
        return False

    # ---- references -----------------------------------------------------------------

    def whole(self, parts) -> Name:
        token = parts[0]
        return Name(self.text_of(token), None, None, (self.line, token.column))

    def part(self, parts) -> Name:
        token, index = parts
        if isinstance(index, Slice):
            self.check_slice(token, index)
        return Name(self.indexed_name(token), index, None, (self.line, token.column))

    def indexed_name(self, token) -> str:
        return self.text_of(token.update(value=token[:-1]))

    def weighted(self, parts) -> Binary:
        token = parts[0]
        weight, _, source = token.partition("*")
        position = (self.line, token.column)
        number = Number(self.float_of(token, weight.rstrip(" \t")), False, position)
        start = len(token) - len(source.lstrip(" \t"))
        return Binary("*", number, self.read_source(token, start), position)

    def primed(self, parts) -> Call:
        """`x'`, the source of the other link of a pair, is short for `other(x)`."""
        token = parts[0]
        position = (self.line, token.column)
        if not self.source.lstrip().startswith("transfer"):
            apostrophe = (self.line, token.column + len(token) - 1)
            self.fail(apostrophe, problems.strange("'", set()))
        name = Name(self.text_of(token.update(value=token[:-1])), None, None, position)
        return Call(OTHER, (name,), (), position)

    def listed(self, parts) -> Name:
        return self.read_source(parts[0], 0)

    def read_source(self, token, start: int) -> Name:
        """The name, place and delay that a shortcut token ends with."""
        match = _SOURCE.match(token, start)
        if match is None:
            raise AssertionError("the grammar lets no other token through")
        name, place, lag = match.groups()
        column = token.column + start
        if name in WORDS:
            self.refuse_word(name, (self.line, column))
        index = None if place is None else Place(self.integer(place, column))
        delay = None if lag is None else self.integer(lag, column) or None
        return Name(intern(name), index, delay, (self.line, column))

    def delayed(self, parts) -> Name:
        name, delay = parts
        return Name(name.name, name.index, delay, name.position)

    def delay(self, parts) -> int | tuple[int, int] | None:
        first = self.integer(parts[0])
        last = first if parts[1] is None else self.integer(parts[1])
        if last < first:
            self.fail(parts[0], f"the delays {first}..{last} run backwards")
        return (first, last) if last > first else first or None

    def place(self, parts) -> Place:
        return Place(self.integer(parts[0]))

    def variable(self, parts, sign: int = 1) -> Place:
        factor = 1 if parts[0] is None else self.integer(parts[0])
        offset = sign * self.integer(parts[2]) if len(parts) > 2 else 0
        if factor == 0:
            self.fail(parts[0], "an index times 0 is always the same")
        return Place(offset, self.text_of(parts[1]), factor)

    def variable_minus(self, parts) -> Place:
        return self.variable(parts, -1)

    def slice(self, parts) -> Slice:
        return Slice(*parts)

    def check_slice(self, token, index: Slice):
        first, last = index.first, index.last
        steady = (first.variable, first.factor) == (last.variable, last.factor)
        if steady and last.offset < first.offset:
            self.fail(token, f"the slice {print_index(index)} runs backwards")

    def category(self, parts) -> Category:
        return Category(self.text_label(parts))

    # ---- expressions ----------------------------------------------------------------

    def sum(self, terms) -> Sum:
        return Sum(tuple(terms), terms[0].position)

    def subtracted(self, parts) -> Expression:
        return negate(parts[0])

    negative = subtracted

    def times(self, parts) -> Binary:
        left, right = parts
        return Binary("*", left, right, left.position)

    def over(self, parts) -> Binary:
        return Binary("/", parts[0], parts[1], parts[0].position)

    def raised(self, parts) -> Binary:
        return Binary("**", parts[0], parts[1], parts[0].position)

    def comparison(self, parts) -> Binary:
        left, operator, right = parts
        return Binary(str(operator), left, right, left.position)

    def keyword(self, parts) -> _Keyword:
        return _Keyword(intern(str(parts[0])), parts[1], self.at(parts[0]))

    def several(self, parts) -> _Several:
        return _Several(parts)

    def link(self, parts) -> Link:
        sources, numbers = (p if isinstance(p, _Several) else [p] for p in parts)
        for source in sources:
            if not isinstance(source, Name):
                self.fail(source, "left of `:` stand sources: names, as in `x: 0.3`")
        return Link(tuple(sources), tuple(numbers), sources[0].position)

    def call(self, parts) -> Call:
        token = parts[0]
        given = [part for part in parts[1:] if part is not None]
        keywords = [part for part in given if isinstance(part, _Keyword)]
        arguments = tuple(p for p in given if not isinstance(p, _Keyword))
        checks.check_call(self, token, given, keywords)
        pairs = tuple((name, value) for name, value, _ in keywords)
        return Call(self.function_name(token), arguments, pairs, self.at(token))

    def function_name(self, token) -> str:
        # functions have a name space of their own and stand before a bracket
        return self.text_label([token]) if token[0] == '"' else intern(str(token))
