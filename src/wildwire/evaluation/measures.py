"""Loss of every row, and the figures that a table shows for a model.

Comes in: a `Problem`, rows and predictions. Goes out: measures per row and their
summary. Called by tuning.py and comparison.py.
"""

import numpy as np
from numpy.typing import NDArray

from wildwire.evaluation.problem import Floats, Problem, Rows

LOWEST_PROBABILITY = 1e-6
"""A class that a model calls impossible costs -log(1e-6) = 13.8, not infinity."""


def row_measures(problem: Problem, rows: Rows, predicted: NDArray) -> Floats:
    """What one model's predictions cost on each row.

    Parameters
    ----------
    predicted : ndarray, shape (len(rows), k)
        Numbers in the user's units, or one probability per class.

    Returns
    -------
    ndarray, shape (len(rows), m)
        Regression: the squared error of each target. Classification: log loss,
        and 1 where the likeliest class is wrong.
    """
    truth = problem.target[rows]
    if not problem.class_count:
        return (truth - np.reshape(predicted, truth.shape)) ** 2
    return np.column_stack(
        [log_losses(truth, predicted), np.argmax(predicted, axis=1) != truth]
    )


def log_losses(codes: NDArray, probabilities: NDArray) -> Floats:
    """-log of the probability given to the true class; shape (n,)."""
    chosen = probabilities[np.arange(len(codes)), codes]
    return -np.log(np.clip(chosen, LOWEST_PROBABILITY, 1.0))


def loss_of(problem: Problem, measures: Floats) -> Floats:
    """The one loss per row that models are ranked by; shape of measures[..., 0].

    Squared error in the user's units for one target; for several, the mean over
    targets of the squared error divided by the target's variance, so that units do
    not decide; log loss for classes.
    """
    if problem.class_count or measures.shape[-1] == 1:
        return measures[..., 0]
    return np.mean(measures / target_variance(problem), axis=-1)


def target_variance(problem: Problem) -> Floats:
    """Weighted variance of each target over all rows; 1 for a constant; shape (k,)."""
    rows = problem.rows
    weight, target = problem.weight[rows], problem.target[rows]
    mean = np.average(target, axis=0, weights=weight)
    variance = np.average((target - mean) ** 2, axis=0, weights=weight)
    return np.where(variance > 0, variance, 1.0)


def figures(problem: Problem, rows: Rows, measures: Floats) -> dict[str, float]:
    """The error of a model in the terms that a table shows.

    Returns
    -------
    dict
        Regression: `rmse` and `r2` (several targets: in units of each target's
        standard deviation, R2 averaged). Classification: `log_loss`, `accuracy`.
    """
    weight = problem.weight[rows]
    means = np.average(measures, axis=0, weights=weight)
    if problem.class_count:
        return {"log_loss": float(means[0]), "accuracy": float(1 - means[1])}
    loss = np.average(loss_of(problem, measures), weights=weight)
    r2 = np.mean(1 - means / target_variance(problem))
    return {"rmse": float(np.sqrt(loss)), "r2": float(r2)}
