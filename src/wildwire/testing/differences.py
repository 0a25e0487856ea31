"""Slopes by central differences, with an error that is estimated and not hoped for.

Comes in: a function of one number, its rounding noise, how far it may be moved. Goes out: the slope at 0 and how far it
may be off. Called by `gradients.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

HALVINGS = 8
"""Steps tried: the first and its halves."""


@dataclass(frozen=True)
class Difference:
    """A measured slope.

    Attributes
    ----------
    value : float
    error : float
        Estimate of how far it may be off: from what the last extrapolations changed, and from rounding.
    step : float
        The smallest step of those it was made from.
    """

    value: float
    error: float
    step: float


def central_difference(
    function: Callable[[float], float], first_step: float, noise: float
) -> Difference:
    """The slope of a function at 0 (Ridders 1982).

    Central differences at a step and its halves are extrapolated to step 0 (Richardson); of the whole scheme
    the entry is taken whose estimated error is least. So the step is chosen by the function itself: large where
    rounding would spoil it, small where it bends.

    Parameters
    ----------
    function : callable
        Of the distance from 0.
    first_step : float
        The largest step; the function is asked between minus and plus that.
    noise : float
        Rounding error of a value of the function.

    Returns
    -------
    Difference

    Notes
    -----
    Asks for 16 values.
    """
    best = Difference(np.nan, np.inf, first_step)
    above: list[float] = []
    for level in range(HALVINGS):
        step = first_step / 2**level
        row = [(function(step) - function(-step)) / (2 * step)]
        for k in range(level):
            factor = 4.0 ** (k + 1)
            row.append((factor * row[k] - above[k]) / (factor - 1))
            change = max(abs(row[k + 1] - row[k]), abs(row[k + 1] - above[k]))
            # Extrapolation weighs the finest difference by at most 1.5.
            error = max(change, 1.5 * noise / step)
            if error < best.error:
                best = Difference(row[k + 1], error, step)
        above = row
    return best
