"""Where a function is defined, and where guards hold it: in words.

Comes in: a `Function`, taken at its default parameters. Goes out: texts such as `z <= 0`. Found by evaluating the
twin. Called by `entry.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wildwire.functions.as_formula import formula_text, names_of
from wildwire.functions.derive import tables
from wildwire.functions.plain import sample_places
from wildwire.functions.roots import grid, poles_of

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["guard_texts", "undefined"]


def guard_texts(function: Function) -> tuple[str, ...]:
    """Where guards hold the formula: `held at 1e-12 for z <= 1e-12`."""
    derived = tables(function, 0)
    names, texts = names_of(function), []
    for guard in derived.guards:
        inner = formula_text(derived.graph.source(guard, 0), names) or "an inner part"
        limit = f"{derived.graph.source(guard, 1).number:g}"
        if guard.node.operation == "guard_zero" and limit == "0":
            texts.append(f"slope held at 0 for {inner} = 0")
        elif guard.node.operation == "guard_zero":
            texts.append(f"held {limit} away from 0 for abs({inner}) <= {limit}")
        else:
            sign = "<=" if guard.node.operation == "guard_below" else ">="
            texts.append(f"held at {limit} for {inner} {sign} {limit}")
    return tuple(dict.fromkeys(texts))


def undefined(function: Function) -> str:
    """Where the value is no finite number, in words; "" where it always is but for overflow."""
    if len(function.arguments) > 1:
        return _undefined_of_several(function)
    name = function.arguments[0]
    poles = poles_of(function)
    z = np.unique([*grid(), *poles])
    value = function.evaluate(0, [z])[0]
    bad = ~np.isfinite(value) | np.isin(z, poles)
    pieces = []
    for first, last in sorted(_runs(bad), key=lambda run: abs(z[run[1]])):
        to_the_end = last == len(z) - 1 or first == 0
        if to_the_end and not np.isnan(value[first : last + 1]).any():
            continue  # infinite to the end: an overflow
        pieces.append(_piece(function, name, z, first, last))
    return " and ".join(pieces[:3]) + (" and more" if len(pieces) > 3 else "")


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """First and last index of every run of True."""
    edges = np.flatnonzero(np.diff([False, *flags, False]))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]


def _piece(function: Function, name: str, z: np.ndarray, first: int, last: int) -> str:
    """A run of bad places in words: `z <= 0`."""
    if first == last:
        return f"{name} = {z[first]:.6g}"
    low, high = "", ""
    if first > 0:
        low = _edge(function, name, z[first - 1], z[first], ">")
    if last < len(z) - 1:
        high = _edge(function, name, z[last + 1], z[last], "<")
    return " with ".join(filter(None, (low, high))) or f"all {name}"


def _edge(function: Function, name: str, good: float, bad: float, operator: str) -> str:
    """Where finite values end: `z <= 0` or `z < 1`, whichever number is the rounder one."""
    for _ in range(1100):
        middle = (good + bad) / 2
        if middle in (good, bad):
            break
        if np.isfinite(function.evaluate(0, [np.array([middle])])[0, 0]):
            good = middle
        else:
            bad = middle
    if len(repr(float(good))) < len(repr(float(bad))):
        return f"{name} {operator} {good:.6g}"
    return f"{name} {operator}= {bad:.6g}"


def _undefined_of_several(function: Function) -> str:
    places = sample_places(function)
    value = function.evaluate(0, places)[0]
    if np.isfinite(value).all():
        return ""
    worst = int(np.flatnonzero(~np.isfinite(value))[0])
    pairs = zip(function.arguments, places, strict=True)
    shown = ", ".join(f"{name} = {place[worst]:.3g}" for name, place in pairs)
    return f"some places, such as {shown}"
