"""Imputation, one-hot coding and scaling learn from train rows only."""

import numpy as np
import pytest

from wildwire.evaluation.problem import make_problem
from wildwire.evaluation.sample import Preparation

NAN = np.nan
INPUTS = np.array(
    [[1, 0], [2, 1], [NAN, 1], [3, NAN], [5, 0], [100, 2], [NAN, 2]]
    + [[7, 0], [8, 0], [9, 0]]
)
TRAIN, TEST = np.arange(5), np.arange(5, 10)


def prepared(inputs=INPUTS, target=None, **more):
    target = np.arange(len(inputs), dtype=float) if target is None else target
    problem = make_problem(inputs, target, categorical=[False, True], **more)
    return Preparation(problem, TRAIN)


def test_columns_by_hand():
    # median 2.5; columns: number, missing, category 0, 1 and missing
    raw = np.array(
        [[1, 0, 1, 0, 0], [2, 0, 0, 1, 0], [2.5, 1, 0, 1, 0], [3, 0, 0, 0, 1]]
        + [[5, 0, 1, 0, 0]]
    )
    expected = (raw - raw.mean(axis=0)) / raw.std(axis=0)
    assert prepared().inputs(TRAIN) == pytest.approx(expected)


def test_an_unseen_category_is_all_zeros():
    raw = np.array([[2.5, 1, 0, 0, 0]])
    train = prepared()
    centre = np.array([2.7, 0.2, 0.4, 0.4, 0.2])
    assert train.inputs(np.array([6]))[0] * train._scale + centre == pytest.approx(
        raw[0]
    )


def test_test_rows_change_nothing():
    changed = INPUTS.copy()
    changed[TEST] = [[-50, 1]] * 5
    target = np.arange(10.0)
    other = np.where(np.arange(10) >= 5, 1e6, target)
    before, after = prepared(target=target), prepared(changed, target=other)
    assert np.array_equal(before.inputs(TRAIN), after.inputs(TRAIN))
    assert np.array_equal(before.sample(TRAIN).target, after.sample(TRAIN).target)


def test_targets_come_back_in_their_units():
    target = 1e-21 * np.arange(10.0)
    train = prepared(target=target)
    sample = train.sample(TRAIN)
    assert sample.target.std() == pytest.approx(1)
    assert train.predicted(sample.target)[:, 0] == pytest.approx(target[TRAIN])


def test_a_constant_column_stays_harmless():
    inputs = INPUTS.copy()
    inputs[:, 0] = 0.1
    inputs[9, 0] = 0.2
    assert np.abs(prepared(inputs).inputs(np.arange(10))).max() < 10


def test_a_weight_of_two_equals_two_rows():
    weight = np.array([1, 2, 1, 3, 1, 1, 1, 1, 1, 1])
    rows = np.repeat(np.arange(10), weight)
    target = np.arange(10.0)
    weighted = prepared(target=target, weight=weight)
    problem = make_problem(
        INPUTS[rows], target[rows], categorical=np.array([False, True])
    )
    repeated = Preparation(problem, np.flatnonzero(rows < 5))
    # The median of the one gap is not weighted; all other columns are.
    assert weighted._centre[1:] == pytest.approx(repeated._centre[1:])
    assert weighted._target_scale == pytest.approx(repeated._target_scale)
