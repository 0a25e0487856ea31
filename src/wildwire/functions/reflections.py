"""Whether a function is odd or even, about which value, in which of its arguments.

Comes in: a `Function` and values of its parameters. Goes out: a `Reflection`. Called by `Function.parity`, and by
`wildwire.symmetry` for neurons.

The graph of the formula is read first: a sum of odd parts is odd, a product of two odd parts even. Numbers at
irregular places must then agree. Where the graph leaves it open (a choice between unlike pieces is not followed),
the numbers alone decide, and the answer says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from wildwire.functions.derive import tables
from wildwire.functions.evaluate import evaluate, node_values
from wildwire.functions.exchange import ROUNDING, mirrored, places, same
from wildwire.functions.graph import COMPARISONS, Graph, Node, Term

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["Reflection", "parity", "reflection", "turned"]

EXACT = (0.0, 1.0, 2.0)
"""Where steps and kinks like to be; looked at only where the formula proves nothing."""

# ---- odd and even ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reflection:
    """What becomes of the value when the signs of some arguments are turned.

    Attributes
    ----------
    kind : {"even", "odd"}
        "even": nothing. "odd": the value v becomes 2*centre - v.
    centre : float
        0 for what is called an odd function; 1/2 for the logistic function.
    proved : bool
        True: read off the formula and confirmed by numbers; False: seen in numbers alone.
    """

    kind: str
    centre: float = 0.0
    proved: bool = True


_ODD = {"cbrt", "sin", "arctan", "tanh", "erf", "sign", "guard_zero"}
_EVEN = {"cos", "sech2", "normal_pdf", "abs"}
_HALF_TURN = {"logistic": 0.5, "normal_cdf": 0.5, "erfc": 1.0}
"""Primitives p with p(-u) = 2c - p(u)."""


@lru_cache(maxsize=2048)
def reflection(
    function: Function,
    parameters: tuple[float, ...] | None = None,
    flipped: frozenset[int] = frozenset([0]),
) -> Reflection | None:
    """What turning the signs of some arguments does to the value, or None where there is no rule.

    Parameters
    ----------
    function : Function
    parameters : tuple of float or None
        None: the defaults.
    flipped : frozenset of int
        Places of the arguments whose sign is turned.
    """
    numbers = function.defaults if parameters is None else parameters
    at = places(len(function.arguments))
    seen = _seen_reflection(function, numbers, flipped, at)
    if seen is None:
        return None
    read = _read_reflection(function, numbers, flipped)
    if read is None:
        exact = [np.append(x, EXACT) for x in at]
        return _seen_reflection(function, numbers, flipped, exact)
    kind, centre = read
    if kind == "constant":
        kind, centre = "even", 0.0
    same = seen.kind == kind and math.isclose(seen.centre, centre, abs_tol=1e-9)
    return Reflection(kind, centre) if same else seen


def parity(function: Function) -> str | None:
    """Whether a function of one argument is "even" or "odd" at default parameters, else None."""
    if len(function.arguments) != 1:
        return None
    found = reflection(function)
    return None if found is None or found.centre != 0 else found.kind


def _read_reflection(function, numbers, flipped) -> tuple[str, float] | None:
    """The rule that follows from the graph: ("constant" | "even" | "odd", value or centre)."""
    derived = tables(function, 0)
    graph, output = derived.graph, derived.outputs[0]
    values = node_values(graph, output, len(function.arguments), numbers)
    known: dict[int, tuple[str, float] | None] = {}
    for index in graph.needed([output]):
        node = graph.nodes[index]
        parts = [known[source] for source in node.sources]
        if node.operation == "argument":
            known[index] = ("odd", 0.0) if int(node.value) in flipped else ("even", 0.0)
        elif all(part is not None and part[0] == "constant" for part in parts):
            known[index] = ("constant", float(values[index]))
        elif node.operation in COMPARISONS:
            known[index] = _compared(node, parts)
        else:
            known[index] = _reflected(graph, node, parts)
        if known[index] is None and flipped == frozenset([0]):
            known[index] = _looked_at(Term(graph, index), float(values[index]))
    return known[output.index]


def _reflected(graph: Graph, node: Node, parts: list) -> tuple[str, float] | None:
    """The rule of one operation from those of what it reads."""
    operation = node.operation
    if operation == "where":
        return _chosen(graph, node, parts)
    if any(part is None for part in parts):
        return None
    kinds = {kind for kind, _ in parts}
    if kinds <= {"even", "constant"}:
        return "even", 0.0
    kind, centre = parts[0]
    if operation == "negative":
        return kind, -centre
    if operation in ("+", "-"):
        if "even" in kinds:  # what is odd plus a constant is odd about another centre
            return None
        other = parts[1][1]
        return "odd", centre + other if operation == "+" else centre - other
    if operation in ("*", "/"):
        return _multiplied(operation, parts)
    alone = len(parts) == 1 or operation == "guard_zero"  # whose distance is a number
    rule = turned(node) if alone and centre == 0 else None
    if rule is None:
        return None
    return ("even", 0.0) if rule[0] > 0 else ("odd", rule[1] / 2)


def turned(node: Node) -> tuple[float, float] | None:
    """Of an operation on one source: factor and shift of its value when the source is negated, or None."""
    operation = node.operation
    if operation in _HALF_TURN:
        return -1.0, 2 * _HALF_TURN[operation]
    if operation in _EVEN or (operation == "whole_power" and node.value % 2 == 0):
        return 1.0, 0.0
    odd = operation in _ODD or operation in ("negative", "whole_power")
    return (-1.0, 0.0) if odd else None


def _compared(node: Node, parts: list) -> tuple[str, float] | None:
    """A comparison that the turned signs leave alone."""
    if any(part is None for part in parts):
        return None
    if all(kind in ("even", "constant") for kind, _ in parts):
        return "even", 0.0
    # u == c about the centre c
    level = parts[1][0] == "constant" and parts[0][1] == parts[1][1]
    return ("even", 0.0) if level and node.operation in ("==", "!=") else None


def _multiplied(operation: str, parts: list) -> tuple[str, float] | None:
    (kind, centre), (other, factor) = parts
    if other == "constant":
        return kind, centre * factor if operation == "*" else centre / factor
    if kind == "constant" and operation == "*":
        return other, centre * factor
    if (kind == "odd" and centre != 0) or (other == "odd" and factor != 0):
        return None
    return ("even" if kind == other else "odd"), 0.0


def _chosen(graph: Graph, node: Node, parts: list) -> tuple[str, float] | None:
    """`where`, by a condition that the turned signs leave alone."""
    condition, one, other = parts
    if one is None or other is None or condition is None:
        return None
    return _either(one, other) if condition[0] in ("even", "constant") else None


def _looked_at(term: Term, at_zero: float) -> tuple[str, float] | None:
    """The rule of a sum or choice whose parts have none: of sinh(z) as exp(z) - exp(-z), say."""
    if term.node.operation == "where":
        return _pieces(term.graph, term.index, at_zero)
    if term.node.operation in ("+", "-"):
        image = mirrored(term)
        if same(image, term):
            return "even", 0.0
        return ("odd", 0.0) if same(image, -term) else None
    return None


def _pieces(graph: Graph, index: int, at_zero: float):
    """A choice whose pieces left and right of 0 are mirror images: of one argument z, cut at 0 or at -c and c.

    `where(z > 0, A, B)` is even where A(-z) is B; `where(z < -c, A, where(z > c, B, C))` where also C is even; odd
    likewise.
    """
    cut, left, rest = (Term(graph, source) for source in graph.nodes[index].sources)
    place = _cut(graph, cut)
    if place is None:
        return None
    middle, right = None, rest
    if place != (cut.node.operation, 0.0):
        if rest.node.operation != "where":
            return None
        second, right, middle = (graph.source(rest, i) for i in range(3))
        opposite = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[place[0]]
        if _cut(graph, second) != (opposite, -place[1]):
            return None
        # the outer pieces must not overlap
        if (place[1] > 0) == (place[0] in ("<", "<=")):
            return None
    for kind, image in (("even", right), ("odd", -right)):
        fits = same(mirrored(left), image)
        if middle is not None:
            fits = fits and same(
                mirrored(middle), middle if kind == "even" else -middle
            )
        if fits and (kind == "even" or at_zero == 0):
            return kind, 0.0
    return None


def _cut(graph: Graph, condition: Term) -> tuple[str, float] | None:
    """Operator and number of a condition `z < 3`."""
    if condition.node.operation not in ("<", "<=", ">", ">="):
        return None
    side, number = graph.source(condition), graph.source(condition, 1).number
    if side.node.operation != "argument" or number is None:
        return None
    return condition.node.operation, number


def _either(one: tuple, other: tuple) -> tuple[str, float] | None:
    """The rule that holds for both branches."""
    if one == other:
        return one
    kinds = {one[0], other[0]}
    if kinds <= {"even", "constant"}:
        return "even", 0.0
    # a constant is also odd about itself
    return ("odd", one[1]) if "even" not in kinds and one[1] == other[1] else None


def _seen_reflection(function, numbers, flipped, at) -> Reflection | None:
    turned = [-x if i in flipped else x for i, x in enumerate(at)]
    right, left = (evaluate(function, 0, x, numbers)[0] for x in (at, turned))
    usable = np.isfinite(right) & np.isfinite(left)
    if np.any(np.isfinite(right) != np.isfinite(left)) or usable.sum() < 10:
        return None
    right, left = right[usable], left[usable]
    size = ROUNDING * np.maximum(1, np.maximum(np.abs(right), np.abs(left)))
    if np.all(np.abs(right - left) <= size):
        return Reflection("even", proved=False)
    centre = float(np.median(right + left)) / 2
    if abs(centre) <= ROUNDING:
        centre = 0.0
    if np.any(np.abs(right + left - 2 * centre) > 2 * size):
        return None
    return Reflection("odd", centre, proved=False)
