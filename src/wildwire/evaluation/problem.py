"""The rows that models are compared on, and how they are cut into folds.

Comes in: inputs with missing values and category codes, targets, weights, groups.
Goes out: a checked `Problem` and its train and test rows.
Called by comparison.py, plain.py and the command line.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wildwire.errors import DataError

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be predicted from what; made by `make_problem`.

    Attributes
    ----------
    inputs : ndarray, shape (n, d)
        NaN is a missing value; a categorical column holds codes 0, 1, 2, ...
    target : ndarray, shape (n, k) float64, or (n,) int64
        Numbers for a regression, class codes for a classification.
    categorical : ndarray of bool, shape (d,)
    class_count : int
        0 for a regression.
    weight : ndarray, shape (n,)
        Non-negative; rows of weight 0 take no part.
    group : ndarray of int64, shape (n,), or None
        Rows of one group never stand on both sides of a split.
    """

    inputs: Floats
    target: NDArray
    categorical: NDArray[np.bool_]
    class_count: int
    weight: Floats
    group: Rows | None

    @property
    def rows(self) -> Rows:
        """The numbers of the rows that take part."""
        return np.flatnonzero(self.weight > 0)

    @property
    def weighted(self) -> bool:
        """True if the rows that take part differ in weight."""
        weight = self.weight[self.rows]
        return bool(np.any(weight != weight[0]))

    def unit_count(self, rows: Rows) -> int:
        """How many independent units these rows hold: groups, otherwise rows."""
        return len(rows) if self.group is None else len(np.unique(self.group[rows]))


def make_problem(
    inputs: ArrayLike,
    target: ArrayLike,
    *,
    class_count: int = 0,
    categorical: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    group: ArrayLike | None = None,
) -> Problem:
    """Check and bring into one form what models are to be compared on.

    Parameters
    ----------
    inputs : array_like, shape (n, d)
    target : array_like, shape (n,) or (n, k)
        Numbers, or class codes from 0 to `class_count - 1`.
    class_count : int
        0 says regression.
    categorical : array_like of bool, shape (d,), optional
    weight, group : array_like, shape (n,), optional
        Groups may be of any type that can be sorted.

    Raises
    ------
    DataError
        If shapes differ, or a target or weight is not finite.
    """
    table = np.asarray(inputs, dtype=np.float64)
    n = len(table)
    truth = np.asarray(target, dtype=np.int64 if class_count else np.float64)
    if not class_count:
        truth = truth.reshape(len(truth), -1)
    weights = np.ones(n) if weight is None else np.asarray(weight, dtype=np.float64)
    groups = None
    if group is not None:
        groups = np.unique(np.asarray(group), return_inverse=True)[1].astype(np.int64)
    flags = np.zeros(table.shape[1:2], bool) if categorical is None else categorical
    problem = Problem(
        table, truth, np.asarray(flags, bool), class_count, weights, groups
    )
    _check(problem)
    return problem


def _check(problem: Problem) -> None:
    n = len(problem.inputs)
    for name in ("target", "weight", "group"):
        values = getattr(problem, name)
        if values is not None and len(values) != n:
            raise DataError(
                f"{name} has {len(values)} rows and the inputs have {n}: "
                f"give one {name} per row"
            )
    if not np.all(np.isfinite(problem.target)):
        raise DataError("a target is not a finite number: drop such rows first")
    if not np.all(problem.weight >= 0) or np.any(np.isinf(problem.weight)):
        raise DataError("a weight is negative or not finite: weights start from 0")


def too_small(problem: Problem) -> str | None:
    """Why a comparison is impossible: too few rows or groups; None if it is possible."""
    rows = problem.rows
    if len(rows) < 10:
        return f"a comparison needs at least 10 rows, and there are {len(rows)}"
    groups = problem.unit_count(rows)
    if groups < 3:
        return f"a comparison needs at least 3 groups, and there are {groups}"
    return None


def split(
    problem: Problem, rows: Rows, folds: int, seed: int
) -> Iterator[tuple[Rows, Rows]]:
    """Cut rows into train and test rows, `folds` times, in a random order.

    Classes are spread evenly over the folds and groups are never torn apart.
    With fewer groups than folds there are as many folds as groups.
    """
    # Imported here: loading scikit-learn takes most of a second.
    from sklearn.model_selection import (
        GroupKFold,
        KFold,
        StratifiedGroupKFold,
        StratifiedKFold,
    )

    group = None if problem.group is None else problem.group[rows]
    target = problem.target[rows]
    count = min(folds, problem.unit_count(rows))
    stratified = problem.class_count > 0 and np.max(np.bincount(target)) >= count
    kinds: tuple[Any, ...] = (
        (KFold, StratifiedKFold)
        if group is None
        else (GroupKFold, StratifiedGroupKFold)
    )
    splitter = kinds[int(stratified)](count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer members than folds is legal here, only unevenly spread.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        pieces = list(splitter.split(rows, target, group))
    for train, test in pieces:
        if len(train) and len(test):
            yield rows[train], rows[test]
