"""Rows to learn from and to test on.

Comes in: a seed. Goes out: `Rows`, inputs (and numeric targets) scaled by the training rows. Called by the scripts.

The tables are those that scikit-learn ships; Friedman's three functions have the noise of Breiman (1996) in the rows to
learn from, and none in those to test on. The textbook functions have no noise at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

N_TEST = 1000


class Rows(NamedTuple):
    """Inputs (n, n_inputs), targets (n, n_outputs): numbers of mean 0 and deviation 1, or 0 and 1 for classes."""

    X: np.ndarray
    Y: np.ndarray
    X_test: np.ndarray
    Y_test: np.ndarray


@dataclass(frozen=True)
class Table:
    """A problem: where its rows come from, and the network's size.

    Attributes
    ----------
    make : callable
        Seed -> Rows.
    hidden : int
    kind : str
        Of the output: "linear", "logistic", "softmax".
    """

    name: str
    make: Callable[[int], Rows]
    hidden: int
    kind: str = "linear"


def scaled(A: np.ndarray, by: np.ndarray) -> np.ndarray:
    """A less the means of `by`, over its deviations; columns that are constant there stay."""
    deviation = by.std(axis=0)
    return (A - by.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)


def one_hot(labels: np.ndarray) -> np.ndarray:
    """A column a class; two classes have one column."""
    classes = np.unique(labels)
    if len(classes) == 2:
        return (labels == classes[1]).astype(float)[:, None]
    return (labels[:, None] == classes).astype(float)


def split(X, Y, train, test, is_numeric: bool) -> Rows:
    """Rows of two sets of places."""
    own = scaled(Y, Y[train]) if is_numeric else Y
    X = scaled(X, X[train])
    return Rows(X[train], own[train], X[test], own[test])


def _shipped(loader: str, n_train: float | int, is_numeric: bool = False):
    """Random rows of a table of scikit-learn to learn from, a share or a number; the others are the test."""

    def make(seed: int) -> Rows:
        X, Y = whole(loader, is_numeric)
        count = n_train if isinstance(n_train, int) else int(n_train * len(X))
        places = np.random.default_rng([seed, 1]).permutation(len(X))
        return split(X, Y, places[:count], places[count:], is_numeric)

    return make


def whole(loader: str, is_numeric: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """All inputs and targets of a table that scikit-learn ships."""
    from sklearn import datasets

    X, y = getattr(datasets, loader)(return_X_y=True)
    return X, y[:, None].astype(float) if is_numeric else one_hot(y)


def _friedman(number: int, noise: float, n_train: int = 200):
    def make(seed: int) -> Rows:
        from sklearn import datasets

        draw = getattr(datasets, f"make_friedman{number}")
        X, y = draw(n_train + N_TEST, noise=0.0, random_state=seed)
        y[:n_train] += noise * np.random.default_rng([seed, 2]).standard_normal(n_train)
        places = np.arange(len(X))
        return split(X, y[:, None], places[:n_train], places[n_train:], True)

    return make


def _function(value, n_inputs: int, low: float, high: float, n_train: int):
    """Random points in a box, without noise."""

    def make(seed: int) -> Rows:
        rng = np.random.default_rng([seed, 3])
        X = rng.uniform(low, high, (n_train + N_TEST, n_inputs))
        places = np.arange(len(X))
        Y = value(*X.T)[:, None]
        return split(X, Y, places[:n_train], places[n_train:], True)

    return make


def franke(x, y):
    """Franke 1979, on the unit square."""
    return (
        0.75 * np.exp(-((9 * x - 2) ** 2) / 4 - (9 * y - 2) ** 2 / 4)
        + 0.75 * np.exp(-((9 * x + 1) ** 2) / 49 - (9 * y + 1) / 10)
        + 0.5 * np.exp(-((9 * x - 7) ** 2) / 4 - (9 * y - 3) ** 2 / 4)
        - 0.2 * np.exp(-((9 * x - 4) ** 2) - (9 * y - 7) ** 2)
    )


def sinc(x, y):
    """sin(r)/r of the distance r from the origin."""
    r = np.hypot(x, y)
    return np.sinc(r / np.pi)


def valley(x, y):
    """Rosenbrock's function, its steep factor 100 at 10."""
    return (1 - x) ** 2 + 10 * (y - x * x) ** 2


TABLES = (
    Table("diabetes", _shipped("load_diabetes", 0.75, True), 5),
    Table("breast cancer", _shipped("load_breast_cancer", 0.75), 5, "logistic"),
    Table("digits", _shipped("load_digits", 500), 5, "softmax"),
    Table("friedman1", _friedman(1, 1.0), 8),
    Table("friedman2", _friedman(2, 125.0), 8),
    Table("friedman3", _friedman(3, 0.1), 8),
    Table("sine", _function(np.sin, 1, -np.pi, np.pi, 40), 5),
    Table("Franke", _function(franke, 2, 0, 1, 200), 10),
    Table("x1^2 + x2^2", _function(lambda x, y: x * x + y * y, 2, -1, 1, 100), 10),
    Table("2-D sinc", _function(sinc, 2, -8, 8, 300), 10),
    Table("valley", _function(valley, 2, -1.5, 1.5, 200), 10),
)
