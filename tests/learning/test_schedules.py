"""Rate schedules: values at known times, shapes, and refusals."""

import math

import numpy as np
import pytest

from wildwire.errors import SettingError
from wildwire.learning import schedules as s

TIME = np.array([0.0, 0.5, 1.0, 4.0, 10.0, 15.0])

CASES = [
    (s.Constant(0.3), [0.3] * 6),
    (s.Step(1.0, factor=0.1, every=4), [1, 1, 1, 0.1, 0.01, 1e-3]),
    (s.Exponential(2.0, factor=0.5), [2, 2 * 0.5**0.5, 1, 0.125, 2 * 0.5**10, 2 * 0.5**15]),
    (s.Cosine(1.0), [(1 + math.cos(math.pi * min(t / 10, 1))) / 2 for t in TIME]),
    (
        s.Cosine(1.0, end=0.2, epochs=4),
        [1, 0.2 + 0.4 * (1 + math.cos(math.pi / 8)), 0.2 + 0.4 * (1 + math.cos(math.pi / 4)), 0.2, 0.2, 0.2],
    ),
    (s.Plateau(0.8, factor=0.5), [0.1] * 6),
    (s.Plateau(0.8, factor=0.5, least=0.3), [0.3] * 6),
    (s.Warmup(0.4, epochs=2), [0, 0.1, 0.2, 0.4, 0.4, 0.4]),
    (s.Warmup(s.Constant(0.4), epochs=2, start=0.5), [0.2, 0.25, 0.3, 0.4, 0.4, 0.4]),
]  # fmt: skip


@pytest.mark.parametrize(("schedule", "expected"), CASES, ids=lambda v: repr(v)[:40])
def test_rates(schedule, expected):
    rates = schedule.rates(TIME, epochs=10, reductions=3)
    np.testing.assert_allclose(rates, expected, rtol=1e-14, atol=1e-15)
    assert rates.dtype == np.float64


def test_cosine_ends_with_the_fit_behind_a_warmup():
    schedule = s.Warmup(s.Cosine(1.0), epochs=2)
    late = schedule.rates(np.array([5.0, 10.0]), 10, 0)
    np.testing.assert_allclose(late, [0.5, 0.0], atol=1e-15)


def test_the_plateau_is_found_inside_a_warmup():
    plateau = s.Plateau(0.1)
    assert s.Warmup(plateau).plateau is plateau
    assert s.Warmup(0.1).plateau is None
    assert s.Constant(0.1).plateau is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: s.Constant(-0.1),
        lambda: s.Constant(math.nan),
        lambda: s.Constant("fast"),
        lambda: s.Constant(True),
        lambda: s.Step(0.1, every=0),
        lambda: s.Step(0.0),
        lambda: s.Exponential(0.1, factor=-1),
        lambda: s.Cosine(0.1, epochs=0),
        lambda: s.Plateau(0.1, factor=1.0),
        lambda: s.Plateau(0.1, patience=0),
        lambda: s.Warmup(0.1, start=2),
        lambda: s.Warmup(-1),
        lambda: s.as_schedule(None),
    ],
)
def test_refusals(make):
    with pytest.raises(SettingError):
        make()
