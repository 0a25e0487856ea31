"""What each rule of the grammar makes: the callbacks of Lark's parser.

Comes in: tokens and the trees of the parts. Goes out: statements and expressions. Called by Lark while `parser.py`
reads a line; a callback has the name of its rule and takes the list of the rule's parts.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from sys import intern
from typing import Any, NamedTuple, NoReturn

from wildwire.errors import LanguageError
from wildwire.language import checks, problems, tree
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
from wildwire.language.expression_printer import print_index
from wildwire.language.rewrite import binary_form
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


class Builder:
    """Makes trees of one line at a time.

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
        position = where if isinstance(where, tuple) else self.at(where)
        raise LanguageError(message, *position, self.source)

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

    # ---- lines of neurons -----------------------------------------------------------

    def target(self, parts) -> tree.Target:
        if isinstance(parts[0], tuple):
            name, position = parts[0]
            return tree.Target(name, None, None, position)
        token = parts[0]
        name, size = self.indexed_name(token), self.size(parts[1])
        return tree.Target(name, size, None, self.at(token))

    def element_target(self, parts) -> tree.Target:
        token, index, size = parts
        name, variable = self.indexed_name(token), self.text_of(index)
        return tree.Target(name, self.size(size), variable, self.at(token))

    def size(self, token) -> int:
        return self.integer(token) or self.fail(
            token, "a group has at least one member"
        )

    def fixed(self, parts) -> tree.Fixed:
        checks.check_depth(self, parts[1], checks.DEEPEST_LINE)
        checks.check_constants(self, parts[1])
        return tree.Fixed(*parts, line=self.line)

    def learnt(self, parts) -> tree.Learnt:
        checks.check_learnt(self, *parts)
        return tree.Learnt(*parts, line=self.line)

    def equation(self, parts) -> tree.Formula:
        checks.check_depth(self, parts[1], checks.DEEPEST_LINE)
        return tree.Formula(*parts, line=self.line)

    # ---- other statements -----------------------------------------------------------

    def version(self, parts) -> tree.Version:
        return tree.Version(self.integer(parts[0]), line=self.line)

    def input_name(self, parts) -> tuple[str, int | None, Position]:
        if isinstance(parts[0], tuple):
            return parts[0][0], None, parts[0][1]
        return self.indexed_name(parts[0]), self.size(parts[1]), self.at(parts[0])

    def input_item(self, parts) -> tree.InputItem:
        (name, size, position), column, categories = parts
        if column is not None:
            column = self.text_label([column])
        if size is not None and categories is not None:
            self.fail(position, f"{name} has a size and categories; it can have one")
        if categories is not None:
            self.distinct(categories, position)
        return tree.InputItem(name, size, column, categories, position)

    def distinct(self, labels, position: Position):
        """Refuse a label that stands twice; 1, 1.0 and true would be one entry of a table."""
        for place, label in enumerate(labels):
            if label in labels[:place]:
                self.fail(position, f"{label!r} stands twice among the labels")

    def categories(self, parts) -> tuple:
        return tuple(parts)

    labels = categories

    def input(self, parts) -> tree.Input:
        return tree.Input(tuple(parts), line=self.line)

    def let(self, parts) -> tree.Let:
        (name, position), number, bounds = parts
        number = Number(None) if number is None else number
        low, high = (-math.inf, math.inf) if bounds is None else bounds
        if not low <= high:
            self.fail(position, f"the lower bound {low:g} is above the upper {high:g}")
        if number.value is not None and not low <= number.value <= high:
            self.fail(position, f"{name} = {number.value!r} is outside of its bounds")
        return tree.Let(name, number, low, high, line=self.line)

    def bounds(self, parts) -> tuple[float, float]:
        low, high = parts
        return (-math.inf if low is None else low, math.inf if high is None else high)

    span = bounds

    def output_item(self, parts) -> tree.OutputItem:
        return tree.OutputItem((parts[0],))

    def head(self, parts) -> tree.OutputItem:
        checks.check_head(self, parts[0])
        return tree.OutputItem(tuple(parts[1:]), str(parts[0]))

    def output(self, parts) -> tree.Output:
        *items, classes = parts
        if classes is not None:
            position = items[-1].sources[0].position
            self.distinct(classes, position)
            if len(items) > 1:
                self.fail(
                    position,
                    "with class labels an output has a line of its own; several "
                    "`output` lines add up",
                )
        return tree.Output(tuple(items), classes, line=self.line)

    def missing(self, parts) -> tree.Missing:
        return tree.Missing(*parts, line=self.line)

    def start(self, parts) -> tree.Start:
        return tree.Start(*parts, line=self.line)

    def setting(self, parts) -> tuple[str, float]:
        checks.check_setting(self, *parts)
        return str(parts[0]), parts[1]

    def settle(self, parts) -> tree.Settle:
        settings = tuple(part for part in parts if part is not None)
        return tree.Settle(settings, line=self.line)

    def span_of(self, parts) -> tree.Range:
        name, (low, high) = parts
        if math.isinf(low) or math.isinf(high):
            self.fail(name, "a range has two ends, as in `range x 4.3..7.9`")
        if low > high:
            self.fail(name, f"the range {low:g}..{high:g} runs backwards")
        return tree.Range(name, low, high, line=self.line)

    def numbers(self, parts) -> tree.Numbers:
        return tree.Numbers(parts[0][0], (), line=self.line)

    # ---- functions ------------------------------------------------------------------

    def parameter(self, parts) -> tuple[str, float | None, Position]:
        return self.text_of(parts[0]), parts[1], self.at(parts[0])

    def slope(self, parts) -> tuple[str, Any]:
        return "slope", self.formula(parts)

    def reach(self, parts) -> tuple[str, Any]:
        return "range", parts[0]

    def formula(self, parts) -> Expression:
        """The formula of a function: checked, and in binary form."""
        expression = parts[0]
        checks.check_formula(self, expression)
        return binary_form(expression)

    def definition(self, parts) -> tree.Definition:
        name, position = parts[0]
        parameters = [p for p in parts[1:] if isinstance(p, tuple) and len(p) == 3]
        formula, *clauses = parts[1 + len(parameters) :]
        checks.check_signature(self, parameters)
        checks.check_clauses(self, clauses, position)
        arguments = tuple(key for key, value, _ in parameters if value is None)
        pairs = tuple((key, value) for key, value, _ in parameters if value is not None)
        return tree.Definition(
            "", name, arguments, pairs, self.formula([formula]), tuple(clauses),
            line=self.line,
        )  # fmt: skip

    def activation(self, parts) -> tree.Definition:
        return replace(parts[0], kind="activation")

    def transfer(self, parts) -> tree.Definition:
        return replace(parts[0], kind="transfer")

    def loss(self, parts) -> tree.Definition:
        return replace(parts[0], kind="loss")
