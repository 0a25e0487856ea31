"""Imputation, one-hot coding and scaling for the plain models, learnt on train rows.

Comes in: a `Problem` and its train rows. Goes out: a `Preparation` that turns rows
into scaled arrays, and `Sample`s. Called by tuning.py, again inside every fold.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.evaluation.problem import Floats, Problem, Rows

Predict = Callable[[Floats], Floats]
"""(n, p) scaled inputs -> (n, k) scaled targets or class probabilities."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Prepared rows.

    Attributes
    ----------
    inputs : ndarray, shape (n, p)
        Scaled to mean 0 and standard deviation 1 over the train rows.
    target : ndarray, shape (n, k) float64 scaled likewise, or (n,) int64 codes
    weight : ndarray, shape (n,)
        Scaled to mean 1.
    class_count : int
    """

    inputs: Floats
    target: np.ndarray
    weight: Floats
    class_count: int


class Preparation:
    """Statistics of the train rows, and the arrays that they make of any rows.

    A missing number becomes the median, with a column that says so; a missing
    category is a category of its own; an unseen one is all zeros.
    """

    def __init__(self, problem: Problem, train: Rows):
        self.problem = problem
        inputs, weight = problem.inputs[train], problem.weight[train]
        self._levels = [
            np.unique(inputs[:, j]) if problem.categorical[j] else None
            for j in range(inputs.shape[1])
        ]
        numbers = inputs[:, ~problem.categorical]
        self._gaps = np.isnan(numbers).any(axis=0)
        self._medians = np.array([_median(column) for column in numbers.T])
        raw = self._raw(inputs)
        self._centre, self._scale = moments(raw, weight)
        self._target_centre, self._target_scale = 0.0, 1.0
        if not problem.class_count:
            of_targets = moments(problem.target[train], weight)
            self._target_centre, self._target_scale = of_targets

    def sample(self, rows: Rows) -> Sample:
        """Inputs, targets and weights of some rows."""
        problem = self.problem
        target = problem.target[rows]
        if not problem.class_count:
            target = (target - self._target_centre) / self._target_scale
        weight = problem.weight[rows]
        return Sample(
            self.inputs(rows), target, weight / weight.mean(), problem.class_count
        )

    def inputs(self, rows: Rows) -> Floats:
        """Scaled inputs of some rows, shape (len(rows), p)."""
        return (self._raw(self.problem.inputs[rows]) - self._centre) / self._scale

    def predicted(self, outputs: Floats) -> Floats:
        """Predictions back in the user's units; probabilities as they are."""
        return outputs * self._target_scale + self._target_centre

    def _raw(self, inputs: Floats) -> Floats:
        numbers = inputs[:, ~self.problem.categorical]
        gaps = np.isnan(numbers)
        columns = [np.where(gaps, self._medians, numbers), gaps[:, self._gaps]]
        for j, levels in enumerate(self._levels):
            if levels is not None:
                columns.append(_one_hot(inputs[:, j], levels))
        return np.concatenate(columns, axis=1, dtype=np.float64)


def _median(column: Floats) -> float:
    known = column[~np.isnan(column)]
    return float(np.median(known)) if len(known) else 0.0


def _one_hot(values: Floats, levels: Floats) -> np.ndarray:
    same = values[:, None] == levels[None, :]
    return same | (np.isnan(values)[:, None] & np.isnan(levels)[None, :])


def moments(values: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Weighted mean and standard deviation of columns; 1 for a constant column."""
    centre = np.average(values, axis=0, weights=weight)
    spread = np.sqrt(np.average((values - centre) ** 2, axis=0, weights=weight))
    # A constant column carries rounding noise of this size; dividing by it would
    # blow an unseen value up to 1e16.
    tiny = 1e-12 * np.maximum(np.abs(centre), np.finfo(float).tiny)
    return centre, np.where(spread > tiny, spread, 1.0)


def class_probabilities(model: Any, class_count: int) -> Predict:
    """predict_proba with a column for every class, also those never seen."""

    def predict(inputs: Floats) -> Floats:
        found = np.zeros((len(inputs), class_count))
        found[:, model.classes_] = model.predict_proba(inputs)
        return found

    return predict
