"""Every built-in activation against mpmath at all sizes; what else is promised of it, `tests/testing` checks."""

import math

import mpmath as mp
import numpy as np
import pytest

from functions.kernel_calls import at
from wildwire.functions import catalogue, losses

PLACES = [
    0.0, 1e-300, -1e-300, 1.0, -1.0, 30.0, -30.0, 700.0, -700.0, 1e4, -1e4,
    math.inf, -math.inf,
]  # fmt: skip


def where(condition, yes, no):
    return yes if condition else no


def _guarded_zero(z, distance):
    return where(abs(z) <= distance, where(z < 0, -distance, distance), z)


def _cubes(*terms):
    """Truncated powers: the sum of c*max(z + s, 0)**3/6 over pairs (c, s)."""
    return lambda z: sum(c * max(z + s, mp.mpf(0)) ** 3 for c, s in terms) / 6


ALPHA, LAMBDA = mp.mpf("1.6732632423543772"), mp.mpf("1.0507009873554805")
# Written from the definitions, not from catalogue.wire.
EXACT = {
    "identity": lambda z: z,
    "staircase": mp.floor,
    "step": lambda z: mp.mpf(where(z >= 0, 1, 0)),
    "sign": mp.sign,
    "ramp": lambda z: min(max(z, mp.mpf(0)), mp.mpf(1)),
    "hard_tanh": lambda z: min(max(z, mp.mpf(-1)), mp.mpf(1)),
    "relu": lambda z: max(z, mp.mpf(0)),
    "leaky_relu": lambda z: where(z > 0, z, mp.mpf(0.01) * z),
    "abs": abs,
    "logistic": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "lecun_tanh": lambda z: mp.mpf(1.7159) * mp.tanh(2 * z / 3),
    "softsign": lambda z: z / (1 + abs(z)),
    "arctan": mp.atan,
    "complementary_log_log": lambda z: -mp.expm1(-mp.exp(min(z, mp.mpf(50)))),
    "softplus": lambda z: where(z > 4000, z, mp.log1p(mp.exp(min(z, mp.mpf(4000))))),
    "elu": lambda z: where(z > 0, z, mp.expm1(z)),
    "selu": lambda z: LAMBDA * where(z > 0, z, ALPHA * mp.expm1(z)),
    "gelu": lambda z: where(z < -200, mp.mpf(0), z * mp.erfc(-z / mp.sqrt(2)) / 2),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "bent_identity": lambda z: (mp.sqrt(z * z + 1) - 1) / 2 + z,
    "exponential": lambda z: where(z > 2e4, mp.inf, mp.exp(min(z, mp.mpf(20001)))),
    "square": lambda z: z * z,
    "sqrt": lambda z: where(z <= 0, mp.mpf(0), mp.sqrt(abs(z))),
    "cube_root": lambda z: mp.sign(z) * mp.cbrt(abs(z)),
    "reciprocal": lambda z: 1 / _guarded_zero(z, mp.mpf(1e-12)),
    "log": lambda z: mp.log(max(z, mp.mpf(1e-12))),
    "sin": mp.sin,
    "cos": mp.cos,
    "sinc": lambda z: where(z == 0, mp.mpf(1), mp.sin(z) / where(z == 0, 1, z)),
    "gaussian": lambda z: mp.exp(-z * z / 2),
    "bump": lambda z: mp.exp(-10 * (1 - z) ** 2),
    "multiquadric": lambda z: mp.sqrt(z * z + 1),
    "inverse_multiquadric": lambda z: 1 / mp.sqrt(z * z + 1),
    "cubic_bump": _cubes((1, 2), (-4, 1), (6, 0), (-4, -1), (1, -2)),
    "cubic_step": _cubes((1, 2), (-3, 1), (3, 0), (-1, -1)),
    "cubic_ramp": _cubes((1, 1), (-2, 0), (1, -1)),
    "spline": lambda z: z,  # of control values on the line through -1 and 1
    "triangle": lambda z: max(1 - abs(z), mp.mpf(0)),
    "logistic_bell": lambda z: 1 / (2 * mp.cosh(z / 2)) ** 2,
    "straight_through": lambda z: mp.mpf(1),
}

# At a kink, a jump or the edge of a guard the slope is a convention.
SLOPE_AT = {
    ("step", 0.0): 0, ("sign", 0.0): 0, ("ramp", 0.0): 0, ("ramp", 1.0): 0,
    ("hard_tanh", 1.0): 0, ("hard_tanh", -1.0): 0, ("relu", 0.0): 0, ("abs", 0.0): 0,
    ("leaky_relu", 0.0): 0.01, ("elu", 0.0): 1, ("selu", 0.0): LAMBDA * ALPHA,
    ("sqrt", 0.0): 0, ("cube_root", 0.0): 0, ("reciprocal", 0.0): 0,
    ("cubic_ramp", -1.0): 0, ("cubic_step", 1.0): 0, ("triangle", 0.0): -1,
    ("triangle", 1.0): 0, ("triangle", -1.0): 0,
}  # fmt: skip
JUMPS_EVERYWHERE = {"staircase"}
INF, NAN, HALF_PI = math.inf, math.nan, mp.pi / 2
AT_INFINITY = {  # value and slope towards plus, then towards minus infinity
    "identity": (INF, 1, -INF, 1),
    "staircase": (INF, 0, -INF, 0),
    "step": (1, 0, 0, 0),
    "sign": (1, 0, -1, 0),
    "ramp": (1, 0, 0, 0),
    "hard_tanh": (1, 0, -1, 0),
    "relu": (INF, 1, 0, 0),
    "leaky_relu": (INF, 1, -INF, 0.01),
    "abs": (INF, 1, INF, -1),
    "logistic": (1, 0, 0, 0),
    "tanh": (1, 0, -1, 0),
    "lecun_tanh": (1.7159, 0, -1.7159, 0),
    "softsign": (1, 0, -1, 0),
    "arctan": (HALF_PI, 0, -HALF_PI, 0),
    "complementary_log_log": (1, 0, 0, 0),
    "softplus": (INF, 1, 0, 0),
    "elu": (INF, 1, -1, 0),
    "selu": (INF, LAMBDA, -LAMBDA * ALPHA, 0),
    "gelu": (INF, 1, 0, 0),
    "silu": (INF, 1, 0, 0),
    "bent_identity": (INF, 1.5, -INF, 0.5),
    "exponential": (INF, INF, 0, 0),
    "square": (INF, INF, INF, -INF),
    "sqrt": (INF, 0, 0, 0),
    "cube_root": (INF, 0, -INF, 0),
    "reciprocal": (0, 0, 0, 0),
    "log": (INF, 0, mp.log(mp.mpf(1e-12)), 0),
    "sin": (NAN, NAN, NAN, NAN),
    "cos": (NAN, NAN, NAN, NAN),
    "sinc": (0, 0, 0, 0),
    "gaussian": (0, 0, 0, 0),
    "bump": (0, 0, 0, 0),
    "multiquadric": (INF, 1, INF, -1),
    "inverse_multiquadric": (0, 0, 0, 0),
    "cubic_bump": (0, 0, 0, 0),
    "cubic_step": (1, 0, 0, 0),
    "cubic_ramp": (INF, 1, 0, 0),
    "spline": (INF, 1, -INF, 1),
    "triangle": (0, 0, 0, 0),
    "logistic_bell": (0, 0, 0, 0),
    "straight_through": (1, 0, 1, 0),
}


def exact(name, place):
    """Value and slope as mpmath numbers; at infinity their limits."""
    if math.isinf(place):
        return AT_INFINITY[name][:2] if place > 0 else AT_INFINITY[name][2:]
    function = EXACT[name]
    with mp.workdps(700):
        z = mp.mpf(place)
        value = function(z)
        if (name, place) in SLOPE_AT:
            slope = mp.mpf(SLOPE_AT[name, place])
        elif name in JUMPS_EVERYWHERE:
            slope = mp.mpf(0)
        else:
            step = abs(z) * mp.mpf(10) ** -30 or mp.mpf(10) ** -330
            slope = (function(z + step) - function(z - step)) / (2 * step)
        return value, slope


def assert_close(got, expected, relative, absolute, largest):
    if mp.isnan(expected):
        assert math.isnan(got)
    elif abs(expected) > largest:
        assert got == (math.inf if expected > 0 else -math.inf)
    else:
        error = abs(mp.mpf(float(got)) - expected)
        assert error <= max(relative * abs(expected), absolute), (got, expected)


# relative and absolute tolerance, and beyond what the result is infinite
TOLERANCE = {"float64": (1e-13, 1e-300, 1.7e308), "float32": (2e-6, 1e-37, 3.4e38)}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", list(catalogue()))
def test_value_and_slope_agree_with_mpmath_at_all_sizes(name, dtype):
    function = catalogue()[name]
    places = np.array(PLACES).astype(dtype)
    compiled = at(function, 1, places, parameters=function.starts, dtype=dtype)
    relative, absolute, largest = TOLERANCE[dtype]
    # A spline is a sum of control values of size 1, whatever the size of z.
    absolute = relative / 10 if function.vectors else absolute
    plain = function.evaluate(1, [places])
    for tables in (compiled, plain):
        for place, value, slope in zip(places, tables[0], tables[1], strict=True):
            expected = exact(name, float(place))
            assert_close(value, expected[0], relative, absolute, largest)
            assert_close(slope, expected[1], relative, absolute, largest)


def test_every_activation_has_its_definition_here():
    assert set(EXACT) == set(catalogue())


ALL = [*catalogue().values(), *losses().values()]


@pytest.mark.parametrize("name", ["tanh", "sin", "leaky_relu", "reciprocal", "gelu"])
def test_levels_agree_on_the_value(name):
    function = catalogue()[name]
    places = np.linspace(-4, 4, 41)
    value = at(function, 0, places, parameters=function.starts)
    first = at(function, 1, places, parameters=function.starts)
    np.testing.assert_allclose(value[0], first[0], rtol=4e-16, atol=0)
    assert len(value) == 1


@pytest.mark.parametrize(
    ("name", "parity"),
    [("tanh", "odd"), ("cos", "even"), ("abs", "even"), ("logistic", None),
     ("sinc", "even"), ("softsign", "odd"), ("relu", None)],
)  # fmt: skip
def test_parity_is_found(name, parity):
    assert catalogue()[name].parity == parity


def test_smooth_and_guarded_are_known():
    kinked = {f.name for f in catalogue().values() if not f.smooth}
    assert kinked == {
        "staircase", "step", "sign", "ramp", "hard_tanh", "relu", "leaky_relu", "abs",
        "softsign", "elu", "selu", "sqrt", "cube_root", "reciprocal", "log", "triangle",
    }  # fmt: skip
    guarded = {f.name for f in ALL if f.guarded}
    assert guarded == {
        "sqrt", "cube_root", "reciprocal", "log", "logistic", "softmax", "poisson", "poisson_from_z",
        "gamma", "gamma_from_z",
    }  # fmt: skip


@pytest.mark.parametrize("function", catalogue().values(), ids=list(catalogue()))
def test_values_keep_the_range_that_is_stated(function):
    low, high = function.range or (-math.inf, math.inf)
    places = np.concatenate([np.linspace(-50, 50, 4001), [-1e4, 1e4]])
    (values,) = function.evaluate(0, [places])
    assert values.min() >= low
    assert values.max() <= high
    if function.range is not None and not function.parameters:
        # The stated range is not wider than it has to be.
        if math.isfinite(low):
            assert values.min() <= low + 0.05
        if math.isfinite(high):
            assert values.max() >= high - 0.05
