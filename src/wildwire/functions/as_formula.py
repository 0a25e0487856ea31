"""From terms of a graph back to formulas.

Comes in: a term, such as a derivative. Goes out: the expression that means the same, or its
text. Called by `entry.py`, which shows slopes, by `places.py`, which names kinks, and by `sharing.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from wildwire.functions.graph import COMPARISONS, Node, Term
from wildwire.language.expression import (
    Binary,
    Call,
    Expression,
    Name,
    Number,
    Unary,
    is_negative,
    negate,
)
from wildwire.language.expression_printer import print_expression

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["expression_of_node", "formula_of", "formula_text", "names_of"]

MOST_PARTS = 60
"""A formula with more is nothing that one reads; shared parts count each time."""


def formula_text(
    term: Term,
    names: Sequence[str],
    change: Callable[[Expression], Expression] = lambda expression: expression,
) -> str | None:
    """The term as a formula in the language; None where it is too long to be read.

    Parameters
    ----------
    term : Term
        Of a graph as `derive.tables` makes it.
    names : sequence of str
        Names of the arguments, then of the parameters.
    change : callable, optional
        What is done to the expression before it is printed.
    """
    if _parts(term) > MOST_PARTS:
        return None
    return print_expression(change(formula_of(term, names)))


def names_of(function: Function) -> list[str]:
    """What the variables of a function's graph are called: arguments, then parameters."""
    return [*function.arguments, *(name for name, _ in function.parameters)]


def formula_of(term: Term, names: Sequence[str]) -> Expression:
    """The term as an expression; exact, but `stable` has become `where`."""
    arguments = sum(n.operation == "argument" for n in term.graph.nodes)
    made: dict[int, Expression] = {}
    for index in term.graph.needed([term]):
        node = term.graph.nodes[index]
        if node.operation == "argument":
            made[index] = Name(names[int(node.value)])
        elif node.operation == "parameter":
            made[index] = Name(names[arguments + int(node.value)])
        else:
            parts = [made[source] for source in node.sources]
            made[index] = expression_of_node(node, parts)
    return made[term.index]


def _parts(term: Term) -> int:
    """Nodes of the tree that the term would be, where the graph holds equal parts once."""
    sizes: dict[int, int] = {}
    for index in term.graph.needed([term]):
        sources = term.graph.nodes[index].sources
        sizes[index] = 1 + sum(sizes[source] for source in sources)
    return sizes[term.index]


def expression_of_node(node: Node, parts: list[Expression]) -> Expression:
    """What a node is, written over what its sources are; arguments and parameters are named by the caller."""
    match node.operation:
        case "number":
            return Number(float(node.value))
        case "negative":
            return Unary("-", parts[0])
        case "whole_power" | "half_power":
            return Binary("**", parts[0], Number(float(node.value)))
        case "power":
            return Binary("**", parts[0], parts[1])
        case "where":
            return Call("where", tuple(parts))
    if node.operation in ("+", "-") and is_negative(parts[1]):
        return Binary("-" if node.operation == "+" else "+", parts[0], negate(parts[1]))
    if node.operation in ("+", "-", "*", "/", *COMPARISONS):
        return Binary(node.operation, parts[0], parts[1])
    return Call(node.operation, tuple(parts))
