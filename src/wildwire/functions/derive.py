"""From a formula to its result tables: value, first and second derivatives.

Comes in: the expression tree of a `Function`. Goes out: `Tables`, a graph with one term
per result table in the order of the calling convention, the guards it passes and the
places where it is not smooth. Called by `evaluate.py` and `generate.py`; knows neither
NumPy nor Numba. Derivatives follow the table of rules in `primitives.py`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wildwire.functions.graph import COMPARISONS, Graph, Term
from wildwire.functions.primitives import GUARDS, PRIMITIVES
from wildwire.functions.reader import Reader

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["Tables", "derivatives", "tables", "variables_of"]


def derivatives(output: Term, variable: Term) -> Term:
    """d output / d variable as a term of the same graph.

    Forward through the nodes that the output needs: time grows with their number.
    """
    graph = output.graph
    zero, one = graph.term(0.0), graph.term(1.0)
    slopes: dict[int, Term] = {}
    for index in graph.needed([output]):
        term = Term(graph, index)
        if index == variable.index:
            slopes[index] = one
        else:
            inner = [slopes[source] for source in term.node.sources]
            moving = any(slope.number != 0 for slope in inner)
            slopes[index] = _slope(term, inner) if moving else zero
    return slopes[output.index]


def _slopes(value: Term, variables: list[Term], through_waist: bool) -> list[Term]:
    """Slopes of the value in every variable.

    With `through_waist`, the chain behind a node that all of several variables pass is derived once and not for
    each of them: a spline reads z, low and high through the place between its knots alone.
    """
    waist = _waist(value, variables) if through_waist else None
    if waist is None:
        return [derivatives(value, variable) for variable in variables]
    behind = derivatives(value, waist)
    return [
        behind * derivatives(waist, variable)
        if not _is_read(value, variable, waist)
        else derivatives(value, variable)
        for variable in variables
    ]


def _waist(value: Term, variables: list[Term]) -> Term | None:
    """The last node, before the value, that the first variable and another one pass on every way to the value."""
    graph = value.graph
    for index in reversed(graph.needed([value])[:-1]):
        node = Term(graph, index)
        if len(node.node.sources) == 0 or _is_read(value, variables[0], node):
            continue
        inside = set(graph.needed([node]))
        if any(v.index in inside for v in variables[1:]):
            return node
    return None


def _is_read(value: Term, variable: Term, waist: Term) -> bool:
    """Whether a way leads from the variable to the value that does not pass the waist."""
    graph = value.graph
    seen = {waist.index}
    waiting = [value.index]
    while waiting:
        index = waiting.pop()
        if index not in seen:
            seen.add(index)
            waiting.extend(graph.nodes[index].sources)
    return variable.index in seen


def _slope(term: Term, inner: list[Term]) -> Term:
    """Slope of one node from the slopes of its sources."""
    graph, node = term.graph, term.node
    sources = [Term(graph, index) for index in node.sources]
    match node.operation:
        case "+":
            return inner[0] + inner[1]
        case "-":
            return inner[0] - inner[1]
        case "*":
            return inner[0] * sources[1] + sources[0] * inner[1]
        case "/":
            return (inner[0] - term * inner[1]) / sources[1]
        case "negative":
            return -inner[0]
        case "whole_power" | "half_power":
            return node.value * sources[0] ** (node.value - 1.0) * inner[0]
        case "where":
            return graph.where(sources[0], inner[1], inner[2])
    if node.operation in COMPARISONS:
        return graph.term(0.0)
    total = graph.term(0.0)
    partial = PRIMITIVES[node.operation].slopes(*sources)
    for outer, slope in zip(partial, inner, strict=True):
        if slope.number != 0:
            total = total + outer * slope
    return total


@dataclass(frozen=True)
class Tables:
    """A function's results at one level, as terms of one graph.

    Attributes
    ----------
    graph : Graph
        Holds every term.
    outputs : tuple of Term
        Level 0: value. Level 1: also the slope in each argument, then parameter.
        Level 2: also the upper triangle of second derivatives, row by row.
    guards : tuple of Term
        The guard nodes that the value passes through.
    kinks : tuple of (str, Term)
        Where the value is not smooth.
    """

    graph: Graph
    outputs: tuple[Term, ...]
    guards: tuple[Term, ...]
    kinks: tuple[tuple[str, Term], ...]


def variables_of(function: Function, graph: Graph) -> dict[str, Term]:
    """The arguments and parameters of a function as leaves of a graph, by name."""
    names = (*function.arguments, *(name for name, _ in function.parameters))
    leaves = [graph.make("argument", value=i) for i in range(len(function.arguments))]
    leaves += [
        graph.make("parameter", value=j) for j in range(len(function.parameters))
    ]
    return dict(zip(names, leaves, strict=True))


@functools.lru_cache(maxsize=512)
def tables(function: Function, level: int) -> Tables:
    """Result tables of a function, in the order of the calling convention.

    Parameters
    ----------
    function : Function
        Any activation or loss.
    level : {0, 1, 2}
        How many orders of derivatives.

    Raises
    ------
    FunctionError
        The formula names what does not exist, or grows beyond its limit.
    """
    graph = Graph()
    names = variables_of(function, graph)
    variables = list(names.values())
    reader = Reader(graph, function.functions)
    value = reader.read(function.formula, names)
    kinks = tuple(reader.kinks)
    outputs = [value]
    slopes: list[Term] = []
    if level >= 1:
        slopes = _slopes(value, variables, function.written is not None)
        if function.slope is not None:
            slopes[0] = reader.read(function.slope, names)
        outputs += slopes
    if level == 2:
        outputs += [
            derivatives(slope, variables[j])
            for i, slope in enumerate(slopes)
            for j in range(i, len(variables))
        ]
    guards = tuple(
        Term(graph, index)
        for index in graph.needed([value])
        if graph.nodes[index].operation in GUARDS
    )
    return Tables(graph, tuple(outputs), guards, kinks)
