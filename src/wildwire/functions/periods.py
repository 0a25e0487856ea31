"""After which step a function of one argument repeats itself.

Comes in: a `Function`. Goes out: its smallest period, or None. Called by `Function.period`, and by
`wildwire.symmetry` for its report.

The graph of the formula is read first: every part is slope*z plus something periodic, or unknown. Numbers at
irregular places must then agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from wildwire.functions.derive import tables
from wildwire.functions.evaluate import evaluate, node_values
from wildwire.functions.exchange import places
from wildwire.functions.graph import COMPARISONS, Node

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["period"]

_MOST_TURNS = 1000
"""Periods whose ratio is no fraction with a smaller denominator count as incommensurable."""


@dataclass(frozen=True)
class _Wave:
    """slope*z plus something with this period (None: a constant)."""

    slope: float = 0.0
    period: float | None = None

    @property
    def still(self) -> bool:
        return self.slope == 0


@lru_cache(maxsize=512)
def period(function: Function) -> float | None:
    """The smallest period of a function of one argument at default parameters, or None.

    Found where z goes through sine, cosine, tangent or a rounding down, at rates whose ratio is a fraction with
    a denominator up to 1000; confirmed at irregular places.
    """
    if len(function.arguments) != 1:
        return None
    found = _read_period(function)
    if found is None or not _repeats(function, found):
        return None
    if _repeats(function, found * math.sqrt(0.5)):
        return None  # a constant: every number is a period of it
    for prime in (2, 3, 5, 7):
        while _repeats(function, found / prime):
            found /= prime
    return found


def _read_period(function) -> float | None:
    derived = tables(function, 0)
    graph, output = derived.graph, derived.outputs[0]
    values = node_values(graph, output, 1, function.defaults)
    waves: dict[int, _Wave | None] = {}
    for index in graph.needed([output]):
        node = graph.nodes[index]
        parts = [waves[source] for source in node.sources]
        numbers = [float(values[source]) for source in node.sources]
        waves[index] = _wave(node, parts, numbers)
    found = waves[output.index]
    return found.period if found is not None and found.still else None


def _wave(node: Node, parts: list, numbers: list[float]) -> _Wave | None:
    """How one operation moves with z, from how its sources move; `numbers` are theirs where they stand still."""
    if node.operation == "argument":
        return _Wave(1.0)
    if any(part is None for part in parts):
        return None
    if all(part == _Wave() for part in parts):
        return _Wave()
    first = parts[0]
    match node.operation:
        case "negative":
            return _Wave(-first.slope, first.period)
        case "+" | "-":
            sign = 1 if node.operation == "+" else -1
            return _joined(first.slope + sign * parts[1].slope, parts)
        case "*" | "/" if parts[1] == _Wave() and numbers[1] != 0:
            factor = numbers[1] if node.operation == "*" else 1 / numbers[1]
            return _Wave(first.slope * factor, first.period)
        case "*" if first == _Wave():
            return _Wave(parts[1].slope * numbers[0], parts[1].period)
        case "sin" | "cos":
            return _turned(first, 2 * math.pi, 0.0)
        case "floor":
            return _turned(first, 1.0, first.slope)
    if node.operation in COMPARISONS:  # the difference decides
        level = math.isclose(parts[0].slope, parts[1].slope)
        return _joined(0.0, parts) if level else None
    return _joined(0.0, parts) if all(part.still for part in parts) else None


def _turned(inside: _Wave, turn: float, slope: float) -> _Wave | None:
    """What repeats when its argument has moved on by `turn`."""
    if inside.still:
        return inside
    return _joined(slope, [inside, _Wave(0.0, turn / abs(inside.slope))])


def _joined(slope: float, parts: list[_Wave]) -> _Wave | None:
    """The shortest time after which all parts are where they were."""
    if abs(slope) < 1e-14 * max(abs(part.slope) for part in parts):
        slope = 0.0
    periods = [part.period for part in parts if part.period is not None]
    found = None
    for one in periods:
        found = one if found is None else _common(found, one)
        if found is None:
            return None
    return _Wave(slope, found)


def _common(one: float, other: float) -> float | None:
    ratio = Fraction(one / other).limit_denominator(_MOST_TURNS)
    if ratio == 0 or not math.isclose(one / other, ratio, rel_tol=1e-12):
        return None
    return one * ratio.denominator


def _repeats(function: Function, shift: float) -> bool:
    (z,) = places(1)
    z = z * min(shift, 1.0)
    here = evaluate(function, 0, [z])[0]
    there = evaluate(function, 0, [z + shift])[0]
    with np.errstate(invalid="ignore"):
        size = 1e-9 * np.maximum(1, here * here)
        return bool(np.all(np.abs(there - here) <= size))
