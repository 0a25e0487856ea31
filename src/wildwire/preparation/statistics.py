"""Weighted mean, spread and range of columns, as short numbers.

Comes in: a column's values and the weights of its rows. Goes out: `Moments`. Called by
`inputs.py` and `targets.py`. Everything here is the same for a row of weight 3 and for
three equal rows, in any order.
"""

import math
from dataclasses import dataclass

import numpy as np

# A column whose spread is below this share of its size is constant: what varies is the
# rounding of its numbers.
CONSTANT = 1e-13


@dataclass(frozen=True, slots=True)
class Moments:
    """What scaling needs of a column.

    Parameters
    ----------
    mean, spread : float
        Weighted mean and standard deviation, to four digits of the spread.
    low, high : float
        Smallest and largest value.
    constant : bool
        Whether there is nothing to learn from; `spread` is then 1.
    """

    mean: float
    spread: float
    low: float
    high: float
    constant: bool


def moments(values: np.ndarray, weight: np.ndarray) -> Moments:
    """Moments over the rows that are present (not NaN) and have weight.

    Parameters
    ----------
    values, weight : ndarray of float64, shape (n,)
        At least one row must be present.

    Notes
    -----
    The mean is rounded to 1e-4 of the spread and the spread to four digits: scaling
    needs no more, and the numbers stand in a text that people read.
    """
    rows = (weight > 0) & ~np.isnan(values)
    values, weight = values[rows], weight[rows]
    low, high = float(values.min()), float(values.max())
    # The largest weight is divided out first: weights 1/sigma**2 may be near the
    # limits.
    weight = weight / weight.max()
    centre = low / 2 + high / 2
    shifted = values - centre
    size = float(np.abs(shifted).max())
    if size <= CONSTANT * max(abs(low), abs(high)):
        return Moments(low, 1.0, low, high, True)
    # Scaled to [-1, 1], so that the squares of 1e-200 or 1e200 stay finite.
    shifted = shifted / size
    mean = float(np.average(shifted, weights=weight))
    variance = float(np.average((shifted - mean) ** 2, weights=weight))
    spread = math.sqrt(variance) * size
    if not spread > 0:
        return Moments(low, 1.0, low, high, True)
    return Moments(
        short(mean * size + centre, spread), four_digits(spread), low, high, False
    )


def short(value: float, spread: float) -> float:
    """`value` rounded to 1e-4 of `spread`."""
    decimals = 4 - math.floor(math.log10(spread))
    # Rounded twice: sums in another order differ in the last bits, and must not fall on
    # different sides of a tie.
    return round(float(f"{value:.13g}"), decimals) + 0.0


def four_digits(value: float) -> float:
    """`value` rounded to four significant digits, ties decided beforehand."""
    return float(f"{float(f'{value:.13g}'):.4g}")


def row_count(weight: np.ndarray) -> float:
    """How many rows the weights stand for.

    Whole weights count repetitions: their sum. Other weights say how well a row is
    known: Kish's number of equally weighted rows, (sum w)**2 / sum w**2.
    """
    weight = weight[weight > 0]
    if len(weight) == 0:
        return 0.0
    if np.all(weight == np.rint(weight)):
        return float(weight.sum())
    weight = weight / weight.max()
    return float(weight.sum() ** 2 / (weight**2).sum())
