"""Intervals against textbook formulas and against simulation."""

import numpy as np
import pytest
from scipy import stats

from wildwire.evaluation.intervals import fit_variance, over_folds, over_rows


def test_equal_weights_give_the_classical_t_interval():
    values = np.random.default_rng(0).normal(1, 2, 37)
    found = over_rows(values, np.full(37, 3.0), None)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.mean == pytest.approx(values.mean())


def test_repeated_rows_in_one_group_add_no_information():
    values = np.random.default_rng(0).normal(size=30)
    alone = over_rows(values, np.ones(30), None)
    twice = over_rows(np.repeat(values, 2), np.ones(60), np.repeat(np.arange(30), 2))
    assert (twice.low, twice.high) == pytest.approx((alone.low, alone.high))


def test_a_weight_of_two_equals_two_rows_of_one_group():
    values = np.random.default_rng(0).normal(size=30)
    weight = np.random.default_rng(1).integers(1, 4, 30)
    groups = np.repeat(np.arange(30), weight)
    repeated = over_rows(np.repeat(values, weight), np.ones(len(groups)), groups)
    weighted = over_rows(values, weight.astype(float), None)
    assert weighted.low == pytest.approx(repeated.low)


@pytest.mark.parametrize("correlated", [False, True])
def test_coverage_is_near_95_percent(correlated):
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        values = rng.exponential(size=120)
        group = None
        if correlated:
            group = np.repeat(np.arange(60), 2)
            values = values[group]
        weight = rng.uniform(0.5, 2, 120)
        interval = over_rows(values, weight, group)
        hits += interval.low <= 1 <= interval.high
    assert 0.90 <= hits / 400 <= 0.98


def test_nadeau_bengio_by_hand():
    # variance 4, (1/4 + 1/4) * 4 = 2, t(3) = 3.182446
    differences = np.array([1.0, 5.0, 3.0, 3.0]) * np.sqrt(1.5) - 3 * np.sqrt(1.5)
    found = over_folds(differences, np.full(4, 0.25))
    assert found.high == pytest.approx(3.182446305284263 * np.sqrt(2))
    assert found.low == pytest.approx(-found.high)


def test_one_fold_or_row_says_nothing():
    assert over_folds(np.array([1.0]), np.array([0.25])).high == np.inf
    assert over_rows(np.array([1.0]), np.ones(1), None).low == -np.inf


def test_variance_of_the_fits_by_hand():
    # variance of the means 4, of which 1 is due to rows: (4 - 1)/3
    means = np.array([-2.0, 0, 2])
    assert fit_variance(means, np.ones(3)) == (1.0, 3)
    assert fit_variance(means, np.full(3, 5.0)) == (0.0, 3)
    assert fit_variance(means[:1], np.ones(1)) == (0.0, 1)


def test_degrees_of_freedom_of_both_variances():
    """Only the fits vary: as many degrees of freedom as there are fits, less one."""
    found = over_rows(np.ones(200), np.ones(200), None, (4.0, 20))
    assert found.high - 1 == pytest.approx(2 * stats.t.ppf(0.975, 19))
