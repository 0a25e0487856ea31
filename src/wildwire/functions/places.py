"""Where a function is not smooth: in numbers, and in words.

Comes in: a `Function`, taken at its default parameters. Goes out: places of one argument as numbers, or a
condition in words where there are several arguments. Found by evaluating the twin, so it serves users' functions as it
does those of the catalogue. Called by `entry.py` and by the drawing of functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wildwire.functions.as_formula import formula_text, names_of
from wildwire.functions.derive import Tables, tables
from wildwire.functions.graph import Term
from wildwire.functions.roots import (
    MOST_ROOTS,
    poles_of,
    value_along,
    whole_numbers,
    zeros,
)

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["Place", "breaks", "not_smooth"]

WORDS = ("jump", "kink", "jump of the curvature")
EDGE = "edge of a guard"
TARGETS = (-1.0, 0.3, 1.0)
"""Second arguments at which a loss is looked at along its first."""


@dataclass(frozen=True)
class Place:
    """One place, or all places of one condition, where a function is not smooth.

    Attributes
    ----------
    what : str
        "jump" (of the value), "kink" (of the slope), "jump of the curvature", or "edge of a guard".
    where : str
        "z = 1", "every whole z", "o = t".
    at : float or None
        The argument as a number, for functions of one argument.
    """

    what: str
    where: str
    at: float | None = None

    def __str__(self) -> str:
        """As a sentence has it: `kink at z = 0`, `jump where o = t`."""
        return f"{self.what} {'where' if self.at is None else 'at'} {self.where}"


def not_smooth(function: Function) -> tuple[Place, ...]:
    """Places with a jump, a kink, a jump of the curvature or the edge of a guard, in ascending order."""
    function = replace(function, slope=None)
    derived = tables(function, 0)
    found: dict[str, Place] = {}
    for kind, term in derived.kinks:
        for place in _places_of(function, derived, kind, term):
            found.setdefault(place.where, place)
    return tuple(sorted(found.values(), key=lambda place: place.at or 0.0))


def _places_of(
    function: Function, derived: Tables, kind: str, term: Term
) -> Iterator[Place]:
    names = names_of(function)
    others = len(function.arguments) - 1
    if kind == "whole":
        text = formula_text(term, names) or "an inner part"
        yield Place(WORDS[0], f"{text} is a whole number")
        return
    words: list[tuple[float, str]] = []
    for target in TARGETS if others else (0.0,):
        words += _along(function, derived, kind, term, (target,) * others)
    if not others and len(words) < MOST_ROOTS:
        for at, word in words:
            yield Place(word, f"{names[0]} = {at:.6g}", at)
        return
    seen = [word for word in (*WORDS, EDGE) if word in dict(words).values()]
    if seen:
        yield Place(seen[0], _equation(term, names))


def _along(
    function: Function, derived: Tables, kind: str, term: Term, rest: tuple[float, ...]
) -> list[tuple[float, str]]:
    """Where the first argument breaks something because of this term, and what."""
    value = value_along(function, derived, term, rest)
    if kind == "whole":
        return [(at, WORDS[0]) for at in whole_numbers(value)]
    roots = zeros(value)
    if kind == "guard":
        return [(at, EDGE) for at in roots]
    broken = ((at, _broken(function, (at, *rest))) for at in roots)
    return [(at, word) for at, word in broken if word]


def breaks(function: Function, rest: tuple[float, ...] = ()) -> list[tuple[float, str]]:
    """The places nearest to 0 along the first argument where a curve has to be interrupted or marked.

    Parameters
    ----------
    function : Function
    rest : tuple of float
        The other arguments.

    Returns
    -------
    list of (float, str)
        Where, and what as in `Place`, or "pole", in ascending order; every jump of `floor` is one.
    """
    function = replace(function, slope=None)
    derived = tables(function, 0)
    found = dict.fromkeys(poles_of(function, rest), "pole")
    for kind, term in derived.kinks:
        for at, word in _along(function, derived, kind, term, rest):
            found.setdefault(at, word)
    return sorted(found.items())


def _equation(term: Term, names: list[str]) -> str:
    """`o = t` for the term o - t."""
    if term.node.operation == "-":
        left, right = (
            formula_text(term.graph.source(term, side), names) for side in (0, 1)
        )
        if left and right:
            return f"{left} = {right}"
    return f"{formula_text(term, names) or 'an inner part'} = 0"


def _broken(function: Function, root: tuple[float, ...]) -> str:
    """What breaks at a place: the value, the slope, the curvature, or nothing of these."""
    scale = min(1.0, abs(root[0])) or 1.0
    curvature = 1 + len(function.arguments) + len(function.parameters)

    def rows(step: float) -> np.ndarray:
        """Value, slope and curvature on both sides."""
        sides = np.array([root[0] - step, root[0] + step])
        rest = [np.full(2, other) for other in root[1:]]
        return function.evaluate(2, [sides, *rest])[[0, 1, curvature]]

    with np.errstate(invalid="ignore"):
        size = np.maximum(1e-300, np.abs(rows(0.1 * scale)).max(axis=1))
        far, near = (
            np.abs(np.diff(rows(step * scale), axis=1))[:, 0] / size
            for step in (1e-5, 1e-8)
        )
    # A gap that stays when the sides come nearer is a jump; else it is a slope.
    broken = (near > 1e-6) & (near > 0.5 * far)
    return WORDS[int(np.argmax(broken))] if broken.any() else ""
