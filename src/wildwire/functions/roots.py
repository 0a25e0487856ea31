"""Where a term of a formula is 0, or a whole number, along the first argument.

Comes in: a `Function` and a term of its graph. Goes out: places as numbers to the last bit, from -10,000 to 10,000; the
ones nearest to 0 if there are many. Called by `places.py` and `domain.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from wildwire.functions.derive import Tables, tables
from wildwire.functions.evaluate import values_of
from wildwire.functions.graph import Term

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["MOST_ROOTS", "grid", "poles_of", "value_along", "whole_numbers", "zeros"]

REACH = 50.0
MOST_ROOTS = 12


def value_along(
    function: Function, derived: Tables, term: Term, rest: tuple[float, ...]
) -> Callable[[np.ndarray], np.ndarray]:
    """The term as a function of the first argument."""

    def value(z: np.ndarray) -> np.ndarray:
        arguments = [z, *(np.full_like(z, other) for other in rest)]
        return values_of(function, derived.graph, [term], arguments)[0]

    return value


def grid() -> np.ndarray:
    """Ordinary places, some tiny and some huge."""
    sizes = np.logspace(-3, 4, 57)
    return np.unique([*np.linspace(-REACH, REACH, 4001), 0.0, *sizes, *-sizes])


def zeros(value: Callable[[np.ndarray], np.ndarray]) -> list[float]:
    z = grid()
    v = value(z)
    with np.errstate(invalid="ignore"):
        changes = np.flatnonzero(v[:-1] * v[1:] < 0)
    crossings = [(z[i], z[i + 1]) for i in changes]
    found = [*((root, root) for root in z[v == 0]), *crossings]
    near = sorted(found, key=lambda pair: abs(pair[0]))[:MOST_ROOTS]
    roots = (bisect(value, low, high) for low, high in near)
    return sorted({0.0 if abs(root) < 1e-200 else root for root in roots})


def whole_numbers(value: Callable[[np.ndarray], np.ndarray]) -> list[float]:
    """Where the value passes a whole number."""
    z = grid()
    z = z[np.abs(z) < MOST_ROOTS]
    level = np.floor(value(z))
    found = []
    for i in np.flatnonzero(np.diff(level)):
        step = max(level[i], level[i + 1])
        found.append(bisect(lambda x, step=step: value(x) - step, z[i], z[i + 1]))
    return sorted(sorted(set(found), key=abs)[: 2 * MOST_ROOTS])


def bisect(value: Callable, low: float, high: float) -> float:
    """The change of sign between two places, to the last bit."""
    sign = value(np.array([low]))[0] > 0
    for _ in range(1100):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if (value(np.array([middle]))[0] > 0) == sign:
            low = middle
        else:
            high = middle
    return float(high)


def poles_of(function: Function, rest: tuple[float, ...] = ()) -> list[float]:
    """Places along the first argument where a division by 0 leaves nothing finite."""
    derived = tables(function, 0)
    graph, found = derived.graph, []
    for index in graph.needed(derived.outputs):
        if graph.nodes[index].operation == "/":
            divisor = graph.source(Term(graph, index), 1)
            found += zeros(value_along(function, derived, divisor, rest))
    z = np.unique(found)
    value = function.evaluate(0, [z, *(np.full_like(z, other) for other in rest)])[0]
    # A root is known to the last bit only: beside it the value is huge, not infinite.
    return z[~np.isfinite(value) | (np.abs(value) > 1e13)].tolist()
