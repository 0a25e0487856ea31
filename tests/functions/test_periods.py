"""Periods: found from the rates of sines and roundings, the smallest one, confirmed by numbers."""

import math

import pytest

import wildwire as ww
from wildwire.functions import catalogue


@pytest.mark.parametrize(
    ("formula", "period"),
    [
        ("sin(z)", 2 * math.pi),
        ("sin(2*z) + cos(3*z)", 2 * math.pi),
        ("sin(z/2)*cos(z/3)", 12 * math.pi),
        ("tan(z)", math.pi),
        ("sin(z)**2", math.pi),
        ("abs(cos(3*z))", math.pi / 3),
        ("exp(cos(pi*z))", 2),
        ("sin(z + sin(z))", 2 * math.pi),
        ("z - floor(z)", 1),
        ("floor(z/3) - z/3", 3),
        ("where(sin(z) > 0, 1, cos(z))", 2 * math.pi),
        ("gaussian(sin(2*z))", math.pi / 2),
        # none
        ("3 + 0*z", None),
        ("sin(z)**2 + cos(z)**2", None),
        ("z*sin(z)", None),
        ("sin(z**2)", None),
        ("sin(z) + z", None),
        ("sin(z) + sin(1.41421356*z)", None),
        ("where(z > 0, sin(z), cos(z))", None),
        ("floor(z)", None),
    ],
)
def test_period_of_a_formula(formula, period):
    found = ww.activation(f"f(z) = {formula}").period
    assert found == (None if period is None else pytest.approx(period, rel=1e-14))


def test_period_is_that_of_the_default_parameters():
    assert ww.activation("f(z, k=4) = sin(k*z + 1)").period == pytest.approx(
        math.pi / 2
    )


def test_periods_of_the_catalogue():
    periodic = {name for name, function in catalogue().items() if function.period}
    assert periodic == {"sin", "cos"}
    assert ww.loss("squared").period is None
