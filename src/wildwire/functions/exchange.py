"""Formulas that are the same but for the order of sums and products, and arguments that may be exchanged.

Comes in: a `Function`, or terms of its graph. Goes out: groups of arguments; whether two terms are the same; a
term with -z in the place of z. Called by `reflections.py`, and by `wildwire.symmetry` for general expressions.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from wildwire.functions.derive import tables
from wildwire.functions.evaluate import evaluate
from wildwire.functions.graph import Graph, Node, Term

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["ROUNDING", "interchangeable", "mirrored", "places", "same"]

PLACES = 40
ROUNDING = 1e-12
MOST_ARGUMENTS = 64


def places(n_arguments: int) -> list[np.ndarray]:
    """Irregular places of either sign; for one argument on one side of 0, as its mirror is looked at too."""
    count = np.arange(1, PLACES + 1)
    first = 0.0131 * 1.179 ** (count - 1)  # up to 8
    if n_arguments == 1:
        # Next to 0 stands what guards do.
        return [np.concatenate((1.7e-9 * 13.7 ** np.arange(7), first))]
    return [2 * np.sin(count * math.sqrt(2 + 3 * i) + i) for i in range(n_arguments)]


@lru_cache(maxsize=512)
def interchangeable(function: Function) -> tuple[tuple[int, ...], ...]:
    """Groups of arguments that may be exchanged within the group without any change, by place.

    Read off the formula, whose sums and products have no order, and confirmed at irregular places. Every argument
    is in one group.
    """
    groups: list[list[int]] = []
    for argument in range(len(function.arguments)):
        for group in groups:
            if _may_swap(function, group[0], argument):
                group.append(argument)
                break
        else:
            groups.append([argument])
    return tuple(tuple(group) for group in groups)


def _may_swap(function: Function, one: int, other: int) -> bool:
    derived = tables(function, 0)
    known: dict = {}
    order = list(range(len(function.arguments)))
    plain = _canonical(derived.graph, derived.outputs[0], order, known)
    order[one], order[other] = other, one
    if _canonical(derived.graph, derived.outputs[0], order, known) != plain:
        return False
    plain_places = places(len(function.arguments))
    swapped = [plain_places[i] for i in order]
    right, left = (evaluate(function, 0, at)[0] for at in (plain_places, swapped))
    size = ROUNDING * np.maximum(1, np.abs(right))
    both = np.isnan(right) & np.isnan(left)
    with np.errstate(invalid="ignore"):
        return bool(np.all(both | (np.abs(right - left) <= size)))


def _canonical(
    graph: Graph, output: Term, order: Sequence[int], known: dict
) -> tuple[int, int]:
    """Number and sign that are equal for formulas that differ in the order of sums and products only.

    The sign is kept apart, so that -(a - b) and b - a are the same.
    """
    names: dict[int, tuple[int, int]] = {}
    sums: dict[
        int, dict[int, int]
    ] = {}  # of every sum: how often each term stands in it
    products: dict[int, tuple[dict[int, int], int]] = {}  # powers of factors, and sign
    for index in graph.needed([output]):
        node, sign = graph.nodes[index], 1
        if node.operation == "argument":
            key: tuple = ("argument", order[int(node.value)])
        elif node.operation == "number":
            key, sign = ("number", abs(node.value)), -1 if node.value < 0 else 1
        elif node.operation in ("+", "-", "negative"):
            sums[index] = _terms(node, names, sums)
            terms = sorted(sums[index].items())
            sign = -1 if terms and terms[0][1] < 0 else 1
            if len(terms) == 1 and abs(terms[0][1]) == 1:
                names[index] = terms[0][0], sign
                continue
            key = ("sum", *((name, sign * count) for name, count in terms))
        elif node.operation in ("*", "/"):
            products[index] = _factors(node, names, products)
            factors, sign = products[index]
            key = ("product", *sorted(factors.items()))
        else:
            sources = tuple(names[source] for source in node.sources)
            key = (node.operation, node.value, *sources)
        names[index] = known.setdefault(key, len(known)), sign
    return names[output.index]


def _terms(node: Node, names: dict, sums: dict) -> dict[int, int]:
    """The terms of a sum with their signs, brackets dissolved."""
    last = 1 if node.operation == "+" else -1
    signs = (last,) if node.operation == "negative" else (1, last)
    found: Counter[int] = Counter()
    for source, sign in zip(node.sources, signs, strict=True):
        name, own = names[source]
        for term, count in sums.get(source, {name: own}).items():
            found[term] += sign * count
    return {term: count for term, count in found.items() if count}


def _factors(node: Node, names: dict, products: dict) -> tuple[dict[int, int], int]:
    """The factors of a product with their powers, brackets dissolved; and its sign."""
    found: Counter[int] = Counter()
    total = 1
    for source, power in zip(
        node.sources, (1, -1 if node.operation == "/" else 1), strict=True
    ):
        name, own = names[source]
        factors, sign = products.get(source, ({name: 1}, own))
        total *= sign
        for factor, count in factors.items():
            found[factor] += power * count
    return dict(found), total


# ---- terms ----------------------------------------------------------------------------------------------------------


def mirrored(term: Term) -> Term:
    """The term with -z in the place of z."""
    graph, made = term.graph, {}
    for index in graph.needed([term]):
        node = graph.nodes[index]
        sources = [made[source] for source in node.sources]
        made[index] = _rebuilt(Term(graph, index), sources)
    return made[term.index]


def _rebuilt(term: Term, sources: list[Term]) -> Term:
    graph, node = term.graph, term.node
    match node.operation:
        case "argument":
            return -term
        case "+":
            return sources[0] + sources[1]
        case "-":
            return sources[0] - sources[1]
        case "*":
            return sources[0] * sources[1]
        case "/":
            return sources[0] / sources[1]
        case "negative":
            return -sources[0]
        case "whole_power" if sources[0].node.operation == "negative":
            inner = graph.source(sources[0]) ** float(node.value)
            return -inner if node.value % 2 else inner
        case "abs" if sources[0].node.operation == "negative":
            return graph.make("abs", graph.source(sources[0]))
    return graph.make(node.operation, *sources, value=node.value)


def same(one: Term, other: Term) -> bool:
    known: dict = {}
    order = range(MOST_ARGUMENTS)
    return one.index == other.index or (
        _canonical(one.graph, one, order, known)
        == _canonical(other.graph, other, order, known)
    )
