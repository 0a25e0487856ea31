"""The linear model: the next number from the last ones by ridge regression.

Comes in: a problem and its data. Goes out: a `Fitted`. Called by `__main__.py`. For series it is linear
autoregression. The number of steps that it reads and the penalty are those with the lowest error on the last fifth
of the sequences; then it is fitted to all.
"""

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np

from benchmarks.memory_problems.problems import Data, Problem

PENALTIES = (1e-8, 1e-4, 1e-2, 1.0, 100.0)


class Fitted(NamedTuple):
    """What was learnt.

    Attributes
    ----------
    numbers : int
        How many numbers were learnt.
    predict : callable
        X (n, steps, n_inputs) -> predictions in the shape of the targets; of a closed problem, the inputs from step
        `warm_up` on are not read.
    """

    numbers: int
    predict: Callable[[np.ndarray], np.ndarray]


def columns(X, lags, is_closed) -> np.ndarray:
    """The last inputs of every step, (n, steps, lags * n_inputs + 1); 0 before the first. The last column is 1.

    Of a closed problem, the step's own input is the target and not among them.
    """
    n, steps, n_inputs = X.shape
    first = 1 if is_closed else 0
    found = np.zeros((n, steps, lags * n_inputs + 1))
    found[:, :, -1] = 1
    for lag in range(lags):
        late = lag + first
        place = slice(lag * n_inputs, (lag + 1) * n_inputs)
        found[:, late:, place] = X[:, : max(0, steps - late)]
    return found


def fit(problem: Problem, data: Data, seed=0) -> Fitted:
    """Choose, fit; nothing is random."""
    del seed
    held = max(1, len(data.X) // 5)

    def error_of(choice):
        known = data.X[:-held], data.Y[:-held]
        predict = _fitted(problem, *known, *choice).predict
        predicted = predict(data.X[-held:])
        return float(np.mean((_counted(problem, data.Y[-held:] - predicted)) ** 2))

    best = min(product(problem.lags, PENALTIES), key=error_of)
    return _fitted(problem, data.X, data.Y, *best)


def _counted(problem, a):
    return a[:, problem.warm_up :] if a.ndim == 3 else a


def _fitted(problem, X, Y, lags, penalty) -> Fitted:
    table = columns(X, lags, problem.is_closed)
    table = table[:, problem.warm_up :] if Y.ndim == 3 else table[:, -1]
    A, b = table.reshape(-1, table.shape[-1]), _counted(problem, Y).reshape(-1)
    weights = np.linalg.solve(
        A.T @ A + penalty * np.diag([1.0] * (A.shape[1] - 1) + [0]), A.T @ b
    )

    def predict(X):
        if problem.is_closed:
            return _closed(problem, X, lags, weights)
        found = columns(X, lags, False) @ weights
        return found[:, :, None] if Y.ndim == 3 else found[:, -1:]

    return Fitted(len(weights), predict)


def _closed(problem, X, lags, weights):
    """Forecast step by step, each from the ones before."""
    X = X.copy()
    predicted = columns(X, lags, True) @ weights
    for t in range(problem.warm_up, X.shape[1]):
        last = X[:, max(0, t - lags) : t, 0][:, ::-1]
        predicted[:, t] = last @ weights[: last.shape[1]] + weights[-1]
        X[:, t, 0] = np.clip(predicted[:, t], -1e6, 1e6)
    return predicted[:, :, None]
