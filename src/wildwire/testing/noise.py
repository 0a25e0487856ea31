"""What rounding errors become in a formula's results.

Comes in: a function and places. Goes out: how far the results move when every operation is wrong by some units in the
last place. Called by `kernels.py` and `derivatives.py`, which so ask of a formula only what its arithmetic can give.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wildwire.functions.derive import tables
from wildwire.functions.evaluate import Change, values_of
from wildwire.functions.graph import Node

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["DRAWS", "noise", "spread_of"]

NOISE, DRAWS = 8, 6
"""Units in the last place put into every operation; how often that is tried."""

EXPONENTIAL = (
    "exp",
    "expm1",
    "logistic",
    "softplus",
    "sech2",
    "erfc",
    "normal_cdf",
    "normal_pdf",
    "power",
)
FLUSHED = 16.0
"""Kernels give 0 for results of these up to some times the smallest normal number."""

WHOLE = 2.0**12
EXACT = ("number", "parameter")
UNROUNDED = ("argument", "negative", "where", "abs", "sign", "floor")


def spread_of(
    function: Function, level: int, arguments: Sequence, parameters: Sequence,
    wanted: np.ndarray, random: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """Largest distance from the tables `wanted`; nan where noise decides between a number and none."""
    derived = tables(function, level)
    spread = np.zeros(wanted.shape)
    for draw in range(DRAWS):
        noisy = np.array(
            values_of(
                function,
                derived.graph,
                derived.outputs,
                arguments,
                parameters,
                noise(random, draw),
            ),
            wanted.dtype,
        )
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.abs(noisy - wanted)
        same = (np.isnan(noisy) & np.isnan(wanted)) | (noisy == wanted)
        spread = np.maximum(spread, np.where(same, 0, apart))
    return np.where(np.isfinite(spread), spread, np.nan)


def noise(random: np.random.Generator, draw: int) -> Change:
    """Changes each operation's result as a rounding error would, and subnormal numbers to their neighbours."""

    seen = itertools.count()

    def change(node: Node, value: np.ndarray, sources: list[np.ndarray]) -> np.ndarray:
        if node.operation in EXACT or value.dtype == bool:
            return value
        kind = np.finfo(value.dtype)
        result = value
        if node.operation not in UNROUNDED:
            ulps = NOISE * (1 + _digits(value)) if node.operation == "power" else NOISE
            shift = random.uniform(-1, 1, value.shape) * ulps * float(kind.eps)
            exact = functools.reduce(np.logical_and, map(_whole, (value, *sources)))
            result = np.where(exact, value, value * (1 + shift)).astype(value.dtype)
        limit = kind.tiny * (FLUSHED if node.operation in EXPONENTIAL else 1)
        small = (value != 0) & (np.abs(value) <= limit)
        if not small.any():
            return result
        return np.where(
            small, _other(value, kind.tiny, random, draw, next(seen)), result
        )

    return change


def _other(
    value: np.ndarray, tiny: float, random: np.random.Generator, draw: int, place: int
) -> np.ndarray:
    """What a kernel may take a number for that is hardly more than 0: 0, or the smallest normal number.

    All down, all up, in turn, the other way round, and then at random: two such numbers in one formula
    are seen in every combination.
    """
    ups = (0.0, 1.0, place % 2, 1 - place % 2)
    up = random.random(value.shape) < (ups[draw] if draw < len(ups) else 0.5)
    larger = np.sign(value) * np.maximum(np.abs(value), tiny)
    return np.where(up, larger, 0).astype(value.dtype)


def _whole(value: np.ndarray) -> np.ndarray:
    """Small whole numbers: arithmetic among them is exact, and as exponents they have to be."""
    return (np.abs(value) < WHOLE) & (value == np.floor(value))


def _digits(value: np.ndarray) -> np.ndarray:
    """|log2| of a number: `power` is as exact as its exponent is long."""
    size = np.abs(value)
    return np.abs(np.log2(np.where((size > 0) & np.isfinite(size), size, 1)))
