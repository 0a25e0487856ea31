"""What is refused before a comparison, and how rows are cut into folds."""

import numpy as np
import pytest

from wildwire.errors import DataError
from wildwire.evaluation import compare
from wildwire.evaluation.problem import make_problem, split, too_small

TWELVE = np.arange(24.0).reshape(12, 2)

REFUSED = [
    ({"target": np.arange(11.0)}, "target has 11 rows and the inputs have 12"),
    ({"target": np.r_[np.arange(11.0), np.nan]}, "not a finite number"),
    ({"weight": np.ones(3)}, "weight has 3 rows"),
    ({"weight": np.r_[np.ones(11), -1]}, "a weight is negative"),
    ({"weight": np.r_[np.ones(11), np.inf]}, "not finite"),
]


@pytest.mark.parametrize(("changed", "message"), REFUSED)
def test_refused(changed, message):
    arguments = {"target": np.arange(12.0), **changed}
    with pytest.raises(DataError, match=message):
        make_problem(TWELVE, **arguments)


TOO_SMALL = [
    ({"weight": np.r_[np.ones(9), 0, 0, 0]}, "at least 10 rows, and there are 9"),
    ({"group": ["a"] * 6 + ["b"] * 6}, "at least 3 groups, and there are 2"),
]


@pytest.mark.parametrize(("changed", "message"), TOO_SMALL)
def test_too_small(changed, message):
    problem = make_problem(TWELVE, np.arange(12.0), **changed)
    assert message in too_small(problem)
    with pytest.raises(DataError, match=message):
        compare(problem)


def test_large_enough():
    assert too_small(make_problem(TWELVE, np.arange(12.0))) is None


@pytest.mark.parametrize("class_count", [0, 3])
@pytest.mark.parametrize("grouped", [False, True])
def test_every_row_is_tested_once_and_groups_stay_whole(class_count, grouped):
    rng = np.random.default_rng(0)
    n = 60
    target = rng.integers(0, 3, n) if class_count else rng.normal(size=n)
    group = rng.integers(0, 12, n) if grouped else None
    problem = make_problem(
        rng.normal(size=(n, 2)), target, class_count=class_count, group=group
    )
    tested = []
    for train, test in split(problem, problem.rows, 5, seed=1):
        assert not set(train) & set(test)
        assert len(train) + len(test) == n
        if grouped:
            assert not set(group[train]) & set(group[test])
        tested += list(test)
    assert sorted(tested) == list(range(n))


def test_classes_are_spread_evenly():
    target = np.array([0] * 40 + [1] * 10)
    problem = make_problem(np.zeros((50, 1)), target, class_count=2)
    for _, test in split(problem, problem.rows, 5, seed=0):
        assert np.bincount(target[test]).tolist() == [8, 2]


def test_a_class_rarer_than_the_folds_is_no_obstacle():
    target = np.array([0] * 20 + [1] * 2)
    problem = make_problem(np.zeros((22, 1)), target, class_count=2)
    assert len(list(split(problem, problem.rows, 5, seed=0))) == 5


def test_fewer_groups_than_folds():
    group = np.repeat([0, 1, 2], 4)
    problem = make_problem(TWELVE, np.arange(12.0), group=group)
    assert len(list(split(problem, problem.rows, 5, seed=0))) == 3


def test_rows_of_weight_zero_take_no_part():
    weight = np.ones(12)
    weight[[3, 7]] = 0
    problem = make_problem(TWELVE, np.arange(12.0), weight=weight)
    for train, test in split(problem, problem.rows, 5, seed=0):
        assert not {3, 7} & {*train, *test}


def test_the_seed_decides_the_folds():
    problem = make_problem(TWELVE, np.arange(12.0))

    def folds(seed):
        return [test.tolist() for _, test in split(problem, problem.rows, 3, seed)]

    assert folds(1) == folds(1) != folds(2)
