"""Lags, ridge on them, and forecasts step by step, against loops and scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from wildwire.datasets import logistic_map
from wildwire.forecasting import neighbours, series_from_arrays
from wildwire.forecasting.lags import (
    Lags,
    continued,
    differenced,
    given_lags,
    inner_splits,
    lagged,
    orders,
    season_note,
)
from wildwire.forecasting.linear import choose_linear, fit_linear
from wildwire.forecasting.neighbours import choose_by_neighbours

RNG = np.random.default_rng(0)
Y = np.cumsum(RNG.normal(size=60))
X = RNG.normal(size=(70, 2))
LAGS = Lags((1, 3), (0, 2))


def test_lagged_columns():
    Z = lagged(Y, X, LAGS, np.array([5, 9]))
    expected = [
        [Y[t - 1], Y[t - 3], X[t, 0], X[t - 2, 0], X[t, 1], X[t - 2, 1]] for t in (5, 9)
    ]
    assert Z.tolist() == expected


@pytest.mark.parametrize("way", [continued, differenced])
def test_steps_follow_one_another(way):
    weights = np.array([0.5, 0.2, 1.0, -1.0, 0.3, 0.1])
    found = way(lambda Z: Z @ weights, Y, X, LAGS, np.array([10, 30]), 4)
    for row, origin in zip(found, (10, 30), strict=True):
        known = list(Y[:origin])
        for step in range(4):
            t = origin + step
            past = known if way is continued else [0, *np.diff(known)]
            z = [past[t - 1], past[t - 3], X[t, 0], X[t - 2, 0], X[t, 1], X[t - 2, 1]]
            known.append(z @ weights + (0 if way is continued else known[-1]))
            assert row[step] == pytest.approx(known[-1], rel=1e-12)


def test_forecasts_read_nothing_behind_their_origin():
    series = series_from_arrays(Y, X)
    model = fit_linear(series.until(40), LAGS, 1.0)
    spoilt = series_from_arrays(np.where(np.arange(60) < 40, Y, 1e6), X)
    origins = np.array([40])
    assert np.array_equal(
        model.forecasts(series, origins, 5), model.forecasts(spoilt, origins, 5)
    )


def test_ridge_is_that_of_scikit_learn():
    rows = np.arange(3, 60)
    Z, t = lagged(Y, X, LAGS, rows), Y[rows]
    ours = fit_linear(series_from_arrays(Y, X), LAGS, 2.5)
    theirs = Ridge(alpha=2.5).fit(StandardScaler().fit_transform(Z), t)
    assert np.allclose(ours.weights, theirs.coef_, rtol=1e-9)
    assert ours.level == pytest.approx(theirs.intercept_)


def test_the_right_lags_are_chosen():
    y = np.zeros(400)
    for t in range(2, 400):
        y[t] = 1.6 * y[t - 1] - 0.8 * y[t - 2] + RNG.normal()
    candidates = [Lags((1,)), Lags((1, 2))]
    found = choose_linear(series_from_arrays(y), 5, candidates)
    assert found.lags == candidates[1]
    assert found.tried == 2 * 2 * 7


def test_neighbours_see_what_no_line_sees():
    series = series_from_arrays(logistic_map(200).y)
    candidates = [Lags(tuple(range(1, p + 1))) for p in (1, 2, 4, 8)]
    assert choose_by_neighbours(series, 4, candidates) == candidates[0]


def test_choices_are_judged_on_values_that_are_not_learnt_from():
    for n in (30, 100, 500):
        for origins in inner_splits(n, 6, 3):
            assert origins[0] >= 0.4 * n
            assert origins[-1] + 6 <= n
    assert [int(part[0]) for part in inner_splits(100, 6, 3)] == [80, 60, 40]
    assert inner_splits(12, 6, 3) == []


def test_candidates_leave_enough_to_learn_from():
    assert max(map(max, orders(100, 12, None))) == 18
    assert (1, 2, 12, 13) in orders(100, 12, 12)
    assert orders(10, 6, None) == [(1,)]


def test_lags_around_a_season_are_tried_wherever_they_can_be_judged():
    assert orders(44, 6, 12)[-2:] == [(1, 2, 12, 13), tuple(range(1, 9))]
    assert season_note(44, 6, 12) == season_note(44, 6, None) == ()
    for horizon in range(1, 25):
        for n in range(24, 80):
            found = orders(n, horizon, 12)
            if (1, 2, 12, 13) in found and n < 5 * 13:
                # A network that learns changes from row to row looks back one row more.
                assert inner_splits(n, horizon, 14)[0][0] >= 14 + horizon + 2
            untold = season_note(n, horizon, 12) == ()
            assert untold == any(12 in lags for lags in found)


def test_neighbours_are_sought_in_long_series_too(monkeypatch):
    monkeypatch.setattr(neighbours, "LARGEST", 40)
    monkeypatch.setattr(neighbours, "AT_ONCE", 7)
    series = series_from_arrays(logistic_map(300).y)
    sets = [Lags(own) for own in ((1,), (2,), (3, 4))]
    assert choose_by_neighbours(series, 6, sets) == sets[0]
    # Values behind the first 40 of the end, and before the last 40 ahead of it, are not compared.
    away = np.r_[0:190, 290:300]
    spoilt = series.y.copy()
    spoilt[away] = np.random.default_rng(0).normal(size=len(away))
    assert choose_by_neighbours(series_from_arrays(spoilt), 6, sets) == sets[0]


def test_given_lags():
    assert given_lags(3, 1) == (1, 2, 3)
    assert given_lags(2, 0) == (0, 1, 2)
    assert given_lags([12, 1, 1], 1) == (1, 12)
    for bad in (0, [0], [1.5], []):
        with pytest.raises(ValueError):
            given_lags(bad, 1)
