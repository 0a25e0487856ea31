"""Expressions with their learnable numbers taken out, and put back.

Comes in: the expression of a line. Goes out: `Prepared`, the same tree in which every learnable
number has become a `Learnable`, with the start values beside it; `put_back` makes the expression
again with other numbers. Called by `lines.py` (reading) and `express.py` (printing).

Trees are in the normal form of `language/expression.py`, where a minus sign already belongs to its
number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wildwire.language.expression import Binary, Call, Link, Name, Number, Sum, Unary


@dataclass(frozen=True, slots=True)
class Learnable:
    """The place of learnable number `key` of its line, counted in written order."""

    key: int


@dataclass(frozen=True, slots=True)
class Choice:
    """What a keyword chooses of a function, a size or a word: no number of the network; see `choices.py`."""

    value: int | str


@dataclass
class Prepared:
    """A tree with `Learnable` in it, and the start values of its learnable numbers (NaN: unknown)."""

    tree: Any = None
    starts: list[float] = field(default_factory=list)


def prepare(expression, learns: bool = True) -> Prepared:
    """Take the learnable numbers out of an expression.

    Parameters
    ----------
    expression : Expression
    learns : bool
        False in a `fixed` line: its numbers are constants.
    """
    prepared = Prepared()

    def take(node):
        if not isinstance(node, Number):
            return change_parts(node, take)
        if node.frozen or not learns:
            return node
        value = math.nan if node.value is None else node.value
        prepared.starts.append(value)
        return Learnable(len(prepared.starts) - 1)

    prepared.tree = take(expression)
    return prepared


def put_back(tree, values: Sequence[float]) -> Any:
    """The expression with these values in the places of its learnable numbers (NaN: `?`); inverse of `prepare`.

    Choices become the text that chose them.
    """
    if isinstance(tree, Learnable):
        return number(values[tree.key])
    if isinstance(tree, Choice):
        value = tree.value
        return Name(value) if isinstance(value, str) else Number(float(value))
    return change_parts(tree, lambda part: put_back(part, values))


def number(value: float) -> Number:
    """A learnable number; NaN is unknown."""
    return Number(None if math.isnan(value) else float(value))


def change_parts(node, change: Callable) -> Any:
    """The node with every part of it changed; a node without parts as it is."""
    if isinstance(node, Sum):
        return replace(node, terms=tuple(change(term) for term in node.terms))
    if isinstance(node, Binary):
        left = change(node.left)  # first: numbers are counted in written order
        return replace(node, left=left, right=change(node.right))
    if isinstance(node, Unary):
        return replace(node, operand=change(node.operand))
    if isinstance(node, Call):
        arguments = tuple(change(part) for part in node.arguments)
        keywords = tuple((name, change(value)) for name, value in node.keywords)
        return replace(node, arguments=arguments, keywords=keywords)
    if isinstance(node, Link):
        return replace(node, numbers=tuple(change(part) for part in node.numbers))
    return node


def parts(node) -> Iterator:
    """The parts of a node, in written order; the sources of a `Link` are parts too."""
    if isinstance(node, Sum):
        yield from node.terms
    elif isinstance(node, Binary):
        yield from (node.left, node.right)
    elif isinstance(node, Unary):
        yield node.operand
    elif isinstance(node, Call):
        yield from node.arguments
        yield from (value for _, value in node.keywords)
    elif isinstance(node, Link):
        yield from node.sources
        yield from node.numbers


def walk(node) -> Iterator:
    """The node and all that it contains, in written order, without recursion."""
    stack = [node]
    while stack:
        found = stack.pop()
        yield found
        stack.extend(reversed(list(parts(found))))
