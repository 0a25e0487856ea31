"""The twin in NumPy where NumPy and SciPy alone would not be right."""

import math

import mpmath as mp
import numpy as np
import pytest

from wildwire.functions import activation

TAILS = {
    "erfc": (mp.erfc, np.linspace(0.1, 26, 60)),
    "normal_cdf": (mp.ncdf, np.linspace(-37, -0.1, 60)),
    "normal_pdf": (mp.npdf, np.linspace(-37, 37, 60)),
}


@pytest.mark.parametrize("name", TAILS)
def test_tails_are_relatively_exact(name):
    exact, places = TAILS[name]
    with mp.workdps(40):
        expected = [float(exact(mp.mpf(float(z)))) for z in places]
    found = activation(f"f(z) = {name}(z)").evaluate(0, [places])[0]
    np.testing.assert_allclose(found, expected, rtol=2e-15)


@pytest.mark.parametrize("name", TAILS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_tails_end_in_numbers(name, dtype):
    places = np.array([40, 150, 2000, 1e4, 1e30, math.inf], dtype)
    function = activation(f"f(z) = {name}(z)")
    far, near = function.evaluate(0, [places])[0], function.evaluate(0, [-places])[0]
    ends = {"erfc": (0, 2), "normal_cdf": (1, 0), "normal_pdf": (0, 0)}[name]
    np.testing.assert_array_equal(far, ends[0])
    np.testing.assert_array_equal(near, ends[1])
    assert far.dtype == dtype


MINMAX = [
    ("max(0, z)", np.maximum, 0, 0),
    ("max(z, 0)", np.maximum, 0, 1),
    ("min(0, z)", np.minimum, 0, 0),
    ("max(z, k)", np.maximum, 1, 1),
    ("max(k, z)", np.maximum, 1, 0),
]


@pytest.mark.parametrize(("text", "choose", "other", "at_tie"), MINMAX)
def test_nan_comes_out_of_min_and_max_on_either_side(text, choose, other, at_tie):
    function = activation(f"f(z, k=1) = {text}")
    z = np.array([math.nan, -2.0, float(other), 3.0])
    value, slope, *_ = function.evaluate(1, [z])
    np.testing.assert_array_equal(value, choose(z, other))
    # Where both are equal the slope is that of the first.
    assert slope[2] == at_tie
