"""95 % intervals of a mean loss and of the difference between two models.

Comes in: losses per row, their weights and groups, the folds they came from.
Goes out: an `Interval`. Called by comparison.py, verdict.py and the benchmark.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wildwire.evaluation.problem import Floats

FEW_UNITS = 100
"""Below this many rows (or groups) the interval is Nadeau and Bengio's."""


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval; `method` says how it was found."""

    mean: float
    low: float
    high: float
    method: str


def over_rows(values: Floats, weight: Floats, group: NDArray | None) -> Interval:
    """95 % interval of the weighted mean of values, one per row.

    With groups the rows of one group count as one draw (cluster-robust). Without,
    every row is a group of its own, and equal weights give the classical t interval.

    Parameters
    ----------
    values, weight : ndarray, shape (n,)
    group : ndarray of int, shape (n,), or None
    """
    total = weight.sum()
    mean = float(values @ weight / total)
    shares = weight * (values - mean) / total
    if group is not None:
        units = np.unique(group, return_inverse=True)[1]
        shares = np.bincount(units, weights=shares)
    count = len(shares)
    if count < 2:
        return Interval(mean, -np.inf, np.inf, "rows")
    error = float(np.sqrt(np.sum(shares**2) * count / (count - 1)))
    reach = _student(count - 1) * error
    return Interval(mean, mean - reach, mean + reach, "rows")


def over_folds(differences: Floats, test_share: Floats) -> Interval:
    """Corrected resampled t interval over the folds of a repeated cross-validation.

    Source: Nadeau & Bengio, Inference for the generalization error, Machine Learning
    52 (2003), the corrected resampled t-test: variance * (1/J + n_test/n_train).

    Parameters
    ----------
    differences : ndarray, shape (J,)
        Mean difference of each fold.
    test_share : ndarray, shape (J,)
        n_test / n_train of each fold.
    """
    count = len(differences)
    mean = float(np.mean(differences))
    if count < 2:
        return Interval(mean, -np.inf, np.inf, "folds")
    variance = float(np.var(differences, ddof=1))
    reach = _student(count - 1) * np.sqrt(
        variance * (1 / count + float(np.mean(test_share)))
    )
    return Interval(mean, mean - reach, mean + reach, "folds")


def _student(freedom: int) -> float:
    # Imported here: only a comparison needs SciPy; scipy.stats would load far more.
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))
