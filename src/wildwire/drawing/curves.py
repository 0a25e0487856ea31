"""The curve of a function and of its slope as points, ready to be drawn at any size.

Comes in: an entry of the registry. Goes out: `Plot`: pieces of curves between the places where they break, marks,
limits of the axes. Called by `function_svg.py` and `function_png.py`, which so show the same.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wildwire.functions.entry import drawn_form
from wildwire.functions.places import breaks

if TYPE_CHECKING:
    from wildwire.functions.entry import Entry

__all__ = ["Curve", "Mark", "Plot", "plot_of"]

POINTS = 240
SIDE = (4.4, 2.4, 3.4)
LONGEST_TITLE = 34
"""Reach of every plot to the sides, down and up, in units that are equally long both ways."""

NARROW = 1e-6

TARGETS = {"o": (-1.0, 1.0), "z": (0.0, 1.0)}
"""Of a loss that asks for more than the error, by the name of its first argument."""


@dataclass(frozen=True)
class Mark:
    """A place where a curve breaks: its sort, and the values on both sides, equal where it does not jump."""

    what: str
    x: float
    left: float
    right: float


@dataclass(frozen=True)
class Curve:
    """Value and slope at one target.

    Attributes
    ----------
    name : str
        "t = 1", or "" where there is one curve only.
    value, slope : tuple of (array, array)
        Pieces of x and y without a jump inside; y may be far outside of the frame.
    marks : tuple of Mark
    held : tuple of (float, float)
        Where a guard is active, from and to.
    """

    name: str
    value: tuple[tuple[np.ndarray, np.ndarray], ...]
    slope: tuple[tuple[np.ndarray, np.ndarray], ...]
    marks: tuple[Mark, ...]
    held: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Plot:
    """Everything that is drawn of one function.

    Attributes
    ----------
    title, formula : str
    x_name : str
        What the horizontal axis is: "z", "o - t".
    slope_name : str
        "slope" or "training slope".
    curves : tuple of Curve
    limits : tuple of float
        Left, right, bottom, top of the frame.
    """

    title: str
    formula: str
    x_name: str
    slope_name: str
    curves: tuple[Curve, ...]
    limits: tuple[float, float, float, float]


def plot_of(entry: Entry) -> Plot:
    """The curves of a function at its default parameters.

    An activation is drawn over its argument, a loss over the error o - t: one curve where nothing else counts, else
    one for each of two targets (0 and 1 for probabilities, -1 and 1 for others).
    """
    entry = drawn_form(entry)
    side, down, up = SIDE
    x_name, targets = _targets(entry)
    curves = []
    for target in targets:
        rest = () if target is None else (target,) * (len(entry.arguments) - 1)
        shift = rest[0] if rest and "-" in x_name else 0.0
        name = f"{entry.arguments[1]} = {target:g}" if len(targets) > 1 else ""
        curves.append(_curve(entry, rest, shift, name))
    return Plot(
        title=_title(entry),
        formula=entry.meaning,
        x_name=x_name,
        slope_name="training slope" if entry.trained else "slope",
        curves=tuple(curves),
        limits=(-side, side, -down, up),
    )


def _title(entry: Entry) -> str:
    """The signature, if it has numbers to tell of and is short enough for a small frame."""
    told = bool(entry.parameters) and len(entry.signature) <= LONGEST_TITLE
    return entry.signature if told else entry.name


def _targets(entry: Entry) -> tuple[str, tuple[float | None, ...]]:
    """Name of the horizontal axis, and the second arguments at which curves are drawn."""
    first = entry.arguments[0]
    if len(entry.arguments) == 1:
        return first, (None,)
    x_name = first if first == "z" else f"{first} - {entry.arguments[1]}"
    if entry.range == (0.0, 1.0):
        return x_name, (0.0, 1.0)
    error = np.linspace(-3, 3, 41)
    at = [
        entry.function.evaluate(0, [error + t, np.full(41, t)])[0] for t in (0.0, 0.7)
    ]
    if np.allclose(at[0], at[1], 1e-9, 1e-9):
        return x_name, (0.0,)
    return x_name, TARGETS.get(first, TARGETS["o"])


def _curve(entry: Entry, rest: tuple[float, ...], shift: float, name: str) -> Curve:
    """One curve; `shift` is what the horizontal axis subtracts from the first argument."""
    low, high = -SIDE[0] + shift, SIDE[0] + shift
    if entry.kind == "loss" and entry.range is not None:
        low, high = max(low, entry.range[0]), min(high, entry.range[1])
    places = [pair for pair in breaks(entry.function, rest) if low < pair[0] < high]
    ends = [low, *(at for at, _ in places), high]
    value, slope = [], []
    for left, right in itertools.pairwise(ends):
        if right - left < NARROW:
            continue  # the inside of a guard, which a line would show as a pole
        x = _inside(left, right)
        y, dy = _evaluate(entry, rest, x)
        value += _finite(x - shift, y)
        slope += _finite(x - shift, dy)
    return Curve(
        name,
        tuple(value),
        tuple(slope),
        tuple(_mark(entry, rest, shift, *pair) for pair in places),
        _held(entry, rest, shift, low, high),
    )


def _inside(left: float, right: float) -> np.ndarray:
    """Places between two breaks, more of them near the ends, where a curve may be steep."""
    width = right - left
    near = np.geomspace(1e-9, 0.02, 20) * width
    count = max(2, int(POINTS * width / (2 * SIDE[0])))
    return np.unique(
        [
            *(left + near),
            *np.linspace(left + 0.02 * width, right - 0.02 * width, count),
            *(right - near),
        ]
    )


def _evaluate(entry: Entry, rest: tuple, x: np.ndarray) -> np.ndarray:
    return entry.function.evaluate(1, [x, *(np.full_like(x, t) for t in rest)])[:2]


def _finite(x: np.ndarray, y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The stretches of a curve where it is a number; huge ones are cut, far outside of every frame."""
    good = np.isfinite(y)
    edges = np.flatnonzero(np.diff([False, *good, False])).reshape(-1, 2)
    return [(x[a:b], np.clip(y[a:b], -99, 99)) for a, b in edges if b - a > 1]


def _mark(entry: Entry, rest: tuple, shift: float, at: float, what: str) -> Mark:
    step = 1e-9 * (abs(at) or 1.0)
    left, right = _evaluate(entry, rest, np.array([at - step, at + step]))[0]
    return Mark(what, at - shift, float(left), float(right))


def _held(
    entry: Entry, rest: tuple, shift: float, low: float, high: float
) -> tuple[tuple[float, float], ...]:
    """Stretches where a guard is active."""
    edges = np.array([at for at, _ in breaks(entry.function, rest)])
    beside = [np.nextafter(edges, side) for side in (-np.inf, np.inf)]
    x = np.unique([*np.linspace(low, high, 2 * POINTS), *edges, *beside[0], *beside[1]])
    x = x[(x >= low) & (x <= high)]
    active = entry.function.guards([x, *(np.full_like(x, t) for t in rest)]) > 0
    runs = np.flatnonzero(np.diff([False, *active, False])).reshape(-1, 2)
    return tuple((float(x[a] - shift), float(x[b - 1] - shift)) for a, b in runs)
