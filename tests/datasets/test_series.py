"""The series against values that are known, and against their formulas."""

import numpy as np
import pytest

from wildwire import datasets
from wildwire.errors import SettingError


def test_sunspots_have_the_published_values():
    X, y, names, target = datasets.sunspots()
    years = dict(zip(X[:, 0].astype(int), y, strict=True))
    assert (len(years), min(years), max(years)) == (309, 1700, 2008)
    assert (names, target) == (("year",), "sunspots")
    known = {
        1700: 5,
        1712: 0,
        1778: 154.4,
        1810: 0,
        1957: 190.2,
        1979: 155.4,
        2008: 2.9,
    }
    assert {year: years[year] for year in known} == known
    assert max(years, key=years.__getitem__) == 1957


def test_logistic_map_is_its_formula():
    y = datasets.logistic_map(50, r=3.7, start=0.2).y
    assert y[0] == 0.2
    assert np.array_equal(y[1:], 3.7 * y[:-1] * (1 - y[:-1]))
    assert y.min() >= 0 and y.max() <= 1


def test_mackey_glass_solves_its_equation():
    fine, coarse = datasets.mackey_glass(400).y, datasets.mackey_glass(60).y
    assert np.array_equal(fine[:60], coarse)
    assert 0.2 < fine.min() < 0.6 and 1.1 < fine.max() < 1.4
    # Over a step of 1, Simpson's rule with the slopes at both ends and between them (cubic).
    t = np.arange(100, 300)
    past = fine[t - 17], fine[t - 16]
    slopes = [
        0.2 * p / (1 + p**10) - 0.1 * x
        for p, x in zip(past, (fine[t], fine[t + 1]), strict=True)
    ]
    steps = fine[t + 1] - fine[t]
    assert np.abs(steps - (slopes[0] + slopes[1]) / 2).max() < 0.01
    assert np.abs(steps).max() > 0.05


def test_mackey_glass_starts_by_its_seed():
    one, same, other = (datasets.mackey_glass(50, seed=seed).y for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.allclose(one, other)


def test_a_constant_delay_settles():
    assert np.ptp(datasets.mackey_glass(200, tau=1).y) < 1e-6


@pytest.mark.parametrize(
    "make",
    [
        lambda: datasets.mackey_glass(0),
        lambda: datasets.mackey_glass(10, tau=0),
        lambda: datasets.mackey_glass(10, tau="x"),
        lambda: datasets.logistic_map(10, r=5),
        lambda: datasets.logistic_map(10, start=-1),
        lambda: datasets.logistic_map(2.5),
    ],
)
def test_bad_arguments_are_named(make):
    with pytest.raises(SettingError, match=r"n |tau|r must|start"):
        make()
