"""Elementary functions against mpmath, in units in the last place, and at the edges."""

import math

import mpmath as mp
import numpy as np
import pytest

from wildwire.functions.cache import cached_njit
from wildwire.functions.vectormath import float32, float64

EXACT = {
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "sin": mp.sin,
    "cos": mp.cos,
    "arctan": mp.atan,
    "tanh": mp.tanh,
    "sech2": lambda x: mp.sech(x) ** 2,
    "logistic": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "erf": mp.erf,
    "erfc": mp.erfc,
    "normal_cdf": lambda x: mp.erfc(-x / mp.sqrt(2)) / 2,
    "normal_pdf": mp.npdf,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
}
# Largest error in units in the last place that the documentation states.
ULPS = dict.fromkeys(EXACT, 4) | {"sech2": 6, "erfc": 12, "normal_cdf": 12}
WIDEST = {  # where results are normal numbers
    "exp": (-707.9, 709.7), "expm1": (-50, 709.7), "log": (3e-308, 1e308),
    "log1p": (-1, 1e300), "sin": (-1e5, 1e5), "cos": (-1e5, 1e5),
    "erfc": (-6, 26.2), "normal_cdf": (-37, 9), "normal_pdf": (-37, 37),
    "sech2": (-354, 354), "logistic": (-708, 40), "softplus": (-708, 800),
}  # fmt: skip
WIDEST_SINGLE = {
    "exp": (-86.9, 88.7), "expm1": (-20, 88.7), "log": (1e-38, 3e38),
    "log1p": (-1, 1e38), "erfc": (-4, 9.1), "normal_cdf": (-12.9, 6),
    "normal_pdf": (-13, 13), "sech2": (-43.6, 43.6), "logistic": (-87, 20),
    "softplus": (-87, 100),
}  # fmt: skip
MODULES = {"float64": float64, "float32": float32}


def kernel(name, dtype):
    function = getattr(MODULES[dtype], name)

    def fill(places, values):
        for i in range(places.size):
            values[i] = function(places[i])

    import numba

    run = numba.njit(error_model="numpy")(fill)

    def call(places):
        places = np.asarray(places, dtype)
        values = np.empty_like(places)
        run(places, values)
        return values

    return call


def places_of(name, dtype, count):
    """Small, middling and extreme places; near multiples of pi for sine and cosine."""
    low, high = WIDEST.get(name, (-30, 30))
    if dtype == "float32":
        low, high = WIDEST_SINGLE.get(name, (low, high))
    random = np.random.default_rng(11)
    near = random.choice([-1, 1], count) * 10.0 ** random.uniform(-12, 1, count)
    parts = [near, random.uniform(-8, 8, count)]
    if low > 0:
        parts += [10.0 ** random.uniform(math.log10(low), math.log10(high), count)]
        parts += [random.uniform(0.5, 2, count)]
    elif high > 1e20:
        parts += [10.0 ** random.uniform(-30, math.log10(high), count)]
    else:
        parts += [random.uniform(low, high, count)]
    if name in ("sin", "cos"):
        parts += [random.integers(1, 63_000, count) * (math.pi / 2)]
    places = np.concatenate(parts).astype(dtype)
    return places[(places > low) & (places < high) & (places != 0)]


@pytest.mark.parametrize("dtype", list(MODULES))
@pytest.mark.parametrize("name", list(EXACT))
def test_errors_stay_within_the_stated_units_in_the_last_place(name, dtype):
    places = places_of(name, dtype, 250)
    values = kernel(name, dtype)(places)
    real = np.dtype(dtype).type
    smallest = float(np.finfo(dtype).tiny)
    assert len(places) > 300
    with mp.workdps(45):
        for place, value in zip(places.tolist(), values.tolist(), strict=True):
            exact = EXACT[name](mp.mpf(place))
            if abs(exact) < smallest:
                assert abs(value) <= 2 * smallest
                continue
            unit = mp.mpf(float(np.spacing(real(abs(float(exact))))))
            assert abs(mp.mpf(value) - exact) <= ULPS[name] * unit, place


INF, NAN = math.inf, math.nan
EDGES = [
    ("exp", [INF, -INF, 0.0, 1e4, -1e4], [INF, 0, 1, INF, 0]),
    ("expm1", [INF, -INF, 0.0, -0.0, -1e4], [INF, -1, 0.0, -0.0, -1]),
    ("log", [INF, 0.0, -0.0, -1, 1, -INF], [INF, -INF, -INF, NAN, 0, NAN]),
    ("log1p", [INF, -1, -2, 0.0, -0.0, -INF], [INF, -INF, NAN, 0.0, -0.0, NAN]),
    ("sin", [0.0, -0.0, INF, -INF], [0.0, -0.0, NAN, NAN]),
    ("cos", [0.0, -0.0, INF, -INF], [1, 1, NAN, NAN]),
    ("sin_any", [0.0, INF], [0.0, NAN]),
    ("cos_any", [0.0, INF], [1, NAN]),
    ("arctan", [0.0, -0.0], [0.0, -0.0]),
    ("tanh", [INF, -INF, 0.0, -0.0, 1e4, -1e4], [1, -1, 0.0, -0.0, 1, -1]),
    ("sech2", [INF, -INF, 0.0, 1e4], [0, 0, 1, 0]),
    ("logistic", [INF, -INF, 0.0, 1e4, -1e4], [1, 0, 0.5, 1, 0]),
    ("softplus", [INF, -INF, 1e4, -1e4], [INF, 0, 1e4, 0]),
    ("erf", [INF, -INF, 0.0, -0.0, 1e4], [1, -1, 0.0, -0.0, 1]),
    ("erfc", [INF, -INF, 0.0, 1e4], [0, 2, 1, 0]),
    ("normal_cdf", [INF, -INF, 0.0, 1e4, -1e4], [1, 0, 0.5, 1, 0]),
    ("normal_pdf", [INF, -INF, 1e4], [0, 0, 0]),
    ("cbrt", [INF, -INF, 0.0, -0.0, -8], [INF, -INF, 0.0, -0.0, -2]),
    ("sqrt", [INF, 0.0, -1, 4], [INF, 0.0, NAN, 2]),
    ("floor", [INF, -INF, -0.5, 2.9], [INF, -INF, -1, 2]),
]


@pytest.mark.parametrize("dtype", list(MODULES))
@pytest.mark.parametrize(("name", "places", "expected"), EDGES)
def test_infinities_zeros_and_nan(name, places, expected, dtype):
    values = kernel(name, dtype)([*places, NAN])
    assert math.isnan(values[-1])
    np.testing.assert_allclose(values[:-1], np.array(expected, dtype), rtol=3e-7)
    zero = np.array(expected) == 0
    np.testing.assert_array_equal(
        np.signbit(values[:-1])[zero], np.signbit(np.array(expected))[zero]
    )


@pytest.mark.parametrize("dtype", list(MODULES))
def test_numbers_that_are_not_normal(dtype):
    tiny = np.finfo(dtype).tiny
    smallest = np.finfo(dtype).smallest_subnormal
    assert kernel("log", dtype)([smallest])[0] == kernel("log", dtype)([tiny])[0]
    (root,) = kernel("cbrt", dtype)([smallest])
    assert root == pytest.approx(np.cbrt(float(smallest)), rel=3e-7)
    np.testing.assert_array_equal(kernel("tanh", dtype)([smallest]), smallest)


POWERS = [
    (2.0, 10.0), (2.0, -10.0), (9.0, 0.5), (1e-5, 1.5), (-2.0, 3.0), (-2.0, 4.0),
    (-2.0, -3.0), (1.0, 1e6), (-1.0, 7.0), (0.0, 0.0), (0.0, 2.0), (5.0, 0.0),
    (0.3, 200.7), (1e20, 7.5),
]  # fmt: skip


@pytest.mark.parametrize("dtype", list(MODULES))
def test_powers_of_both_signs(dtype):
    power = MODULES[dtype].power

    @cached_njit(error_model="numpy")
    def fill(x, y, values):
        for i in range(x.size):
            values[i] = power(x[i], y[i])

    x, y = np.array(POWERS, dtype).T.copy()
    usable = np.abs(y * np.log(np.abs(x) + (x == 0))) < (
        700 if dtype == "float64" else 85
    )
    values = np.empty_like(x)
    fill(x, y, values)
    tolerance = 2e-13 if dtype == "float64" else 2e-7
    for base, exponent, value, fits in zip(x, y, values, usable, strict=True):
        if fits:
            exact = mp.power(mp.mpf(float(base)), mp.mpf(float(exponent)))
            assert value == pytest.approx(float(exact), rel=tolerance)
    special = np.array([[-8, 1 / 3], [0, -1], [NAN, 0], [NAN, 1], [2, NAN]], dtype)
    values = np.empty(5, dtype)
    fill(special[:, 0].copy(), special[:, 1].copy(), values)
    np.testing.assert_array_equal(values, np.array([NAN, INF, 1, NAN, NAN], dtype))
