"""The plain forecasts: what they say, and that they read nothing behind an origin."""

import numpy as np
import pytest

from wildwire.evaluation.rolling.plain import (
    BoostedTrees,
    LastValue,
    LinearAutoregression,
    SeasonalNaive,
    plain_forecasts,
)
from wildwire.forecasting import series_from_arrays
from wildwire.forecasting.lags import Lags

N = 120
Y = 10 + np.sin(np.arange(N) * np.pi / 6) + 0.05 * np.arange(N)
SERIES = series_from_arrays(Y)
ORIGINS = np.array([80, 97])
FAMILIES = plain_forecasts(12, None, (0,))


def test_last_value_and_season():
    last = LastValue().fit(SERIES, 3, 0).forecasts(SERIES, ORIGINS, 3)
    assert last.tolist() == [[Y[79]] * 3, [Y[96]] * 3]
    season = SeasonalNaive(4).forecasts(SERIES, ORIGINS, 6)
    assert season[0].tolist() == [*Y[76:80], Y[76], Y[77]]


def test_the_seasonal_one_needs_a_season():
    assert [one.name for one in plain_forecasts(None, None, (0,))] == [
        "last value",
        "linear autoregression",
        "boosted trees on lags",
    ]
    assert len(FAMILIES) == 4


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_nothing_behind_an_origin_is_read(family):
    model = family.fit(SERIES.until(80), 6, 0)
    spoilt = series_from_arrays(np.where(np.arange(N) < 80, Y, -1e6))
    first = ORIGINS[:1]
    one, other = (model.forecasts(s, first, 6) for s in (SERIES, spoilt))
    assert np.array_equal(one, other)
    assert model.parameters >= 1


def test_a_trend_with_a_season_is_no_problem_for_lines_and_trees():
    for family in (LinearAutoregression(), BoostedTrees()):
        model = family.fit(SERIES.until(80), 6, 0)
        found = model.forecasts(SERIES, ORIGINS, 6)
        truth = Y[ORIGINS[:, None] + np.arange(6)]
        assert np.sqrt(np.mean((found - truth) ** 2)) < 0.35
        assert model.tried > 1


def test_given_lags_are_kept():
    model = LinearAutoregression(Lags((1, 12))).fit(SERIES, 6, 0)
    assert model.model.lags.own == (1, 12)
