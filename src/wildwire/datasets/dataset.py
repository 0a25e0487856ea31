"""What a data set is, and the checks that all makers of data sets share.

Comes in: arrays and names, or arguments to check. Goes out: a `Dataset`, or a `SettingError`. Called by the other files
of this folder.
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np

from wildwire.errors import SettingError


class Dataset(NamedTuple):
    """A table to learn from.

    Attributes
    ----------
    X : ndarray of float64, (n_samples, n_inputs)
        One row per example.
    y : ndarray of float64, (n_samples,)
        What is to be learnt; for classes the two label values.
    names : tuple of str
        One name per column of X, usable as names of a network's inputs.
    target : str
        The name of y.

    Examples
    --------
    >>> import wildwire.datasets
    >>> X, y, names, target = wildwire.datasets.xor()
    >>> y
    array([0., 1., 1., 0.])
    >>> f"input {', '.join(names)}"
    'input x1, x2'
    """

    X: np.ndarray
    y: np.ndarray
    names: tuple[str, ...]
    target: str = "y"


def numbered(n_inputs: int) -> tuple[str, ...]:
    """x1, x2, ..., as in the books."""
    return tuple(f"x{i + 1}" for i in range(n_inputs))


def check_count(value: int, what: str, low: int, high: int | None = None) -> int:
    """A whole number in low..high, or an error that says which argument is wrong."""
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if is_whole and value >= low and (high is None or value <= high):
        return int(value)
    allowed = f"{low} or more" if high is None else f"{low} to {high}"
    raise SettingError(f"{what} must be a whole number, {allowed}; it is {value!r}.")


def generator(seed) -> np.random.Generator:
    """The random generator of a seed, or an error that says what seeds there are."""
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise SettingError(
            "seed must be a whole number, 0 or more, None, a SeedSequence or a "
            f"Generator; it is {seed!r}."
        ) from None


def check_noise(noise: float) -> float:
    """A finite, non-negative number."""
    if isinstance(noise, Real) and math.isfinite(noise) and noise >= 0:
        return float(noise)
    raise SettingError(f"noise must be 0 or a positive number; it is {noise!r}.")


def check_labels(labels: tuple[float, float]) -> tuple[float, float]:
    """Two different finite numbers, first the negative class."""
    try:
        negative, positive = (float(label) for label in labels)
    except (TypeError, ValueError):
        negative = positive = math.nan
    if math.isfinite(negative) and math.isfinite(positive) and negative != positive:
        return negative, positive
    raise SettingError(
        "labels must be two different numbers, (negative class, positive class), such "
        f"as (0, 1); they are {labels!r}."
    )
