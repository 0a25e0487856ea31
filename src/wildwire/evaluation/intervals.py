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


def over_rows(
    values: Floats,
    weight: Floats,
    group: NDArray | None,
    fits: tuple[float, int] = (0.0, 0),
) -> Interval:
    """95 % interval of the weighted mean of values, one per row.

    With groups the rows of one group count as one draw (cluster-robust). Without,
    every row is a group of its own, and equal weights give the classical t interval.

    Parameters
    ----------
    values, weight : ndarray, shape (n,)
    group : ndarray of int, shape (n,), or None
    fits : tuple of float and int
        Variance of the mean that comes from the fits and not from the rows, and how
        many fits it was estimated from; see `fit_variance`.
    """
    mean = float(values @ weight / weight.sum())
    variance, count = mean_variance(values, weight, group)
    if count < 2:
        return Interval(mean, -np.inf, np.inf, "rows")
    total = variance + fits[0]
    freedom: float = count - 1
    if fits[0] > 0:
        # Welch and Satterthwaite's degrees of freedom of a sum of two variances.
        parts = variance**2 / (count - 1) + fits[0] ** 2 / max(fits[1] - 1, 1)
        freedom = total**2 / parts
    reach = student(freedom) * float(np.sqrt(total))
    return Interval(mean, mean - reach, mean + reach, "rows")


def mean_variance(
    values: Floats, weight: Floats, group: NDArray | None
) -> tuple[float, int]:
    """Variance of a weighted mean, and how many independent draws it rests on."""
    total = weight.sum()
    shares = weight * (values - values @ weight / total) / total
    if group is not None:
        units = np.unique(group, return_inverse=True)[1]
        shares = np.bincount(units, weights=shares)
    count = len(shares)
    if count < 2:
        return float("inf"), count
    return float(np.sum(shares**2) * count / (count - 1)), count


def fit_variance(means: Floats, variances: Floats) -> tuple[float, int]:
    """How much the luck of single fits (random starts) adds to the variance of a mean.

    A network that found a poor start is worse on all rows of its fold: those rows are
    not independent, and an interval over rows alone alarms falsely (32 % instead of 5 %
    for two copies of one network, measured by benchmarks/verdict.py). The means of the
    folds vary more than their rows explain; what is left over is due to the fits.

    Parameters
    ----------
    means, variances : ndarray, shape (J,)
        Mean difference of each fold, and the variance of that mean over its rows.

    Returns
    -------
    tuple of float and int
        tau^2/J, 0 for models without luck; and J.
    """
    count = len(means)
    if count < 2 or not np.all(np.isfinite(variances)):
        return 0.0, count
    excess = float(np.var(means, ddof=1) - np.mean(variances))
    return max(excess, 0.0) / count, count


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
    reach = student(count - 1) * np.sqrt(
        variance * (1 / count + float(np.mean(test_share)))
    )
    return Interval(mean, mean - reach, mean + reach, "folds")


def student(freedom: float) -> float:
    """97.5 % point of Student's distribution."""
    # Imported here: only a comparison needs SciPy; scipy.stats would load far more.
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))
