"""Elementary functions of one float32, without branches.

Comes in: a number inside a compiled kernel. Goes out: the function value; infinities,
nan and signed zeros as IEEE 754 has them, errors as in the table of `docs/functions.md`.
Coefficients are from `benchmarks/minimax.py`. Every constant is a float32: one plain literal
would turn the whole chain into float64.
"""

from __future__ import annotations

import math

import numpy as np

from wildwire.functions.cache import cached_njit
from wildwire.functions.intrinsics import (
    absolute,
    copy_sign,
    exponent,
    flip_if_odd,
    floor,
    mantissa,
    polynomial,
    power_of_two,
    select,
    square_root,
    upper_half,
)
from wildwire.functions.vectormath import float64

__all__ = [
    "SIN_LIMIT",
    "arctan",
    "cbrt",
    "cos",
    "cos_any",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "floor",
    "log",
    "log1p",
    "logistic",
    "normal_cdf",
    "normal_pdf",
    "power",
    "sech2",
    "sin",
    "sin_any",
    "softplus",
    "sqrt",
    "tanh",
]

_inlined = cached_njit(error_model="numpy", fastmath={"contract"}, forceinline=True)
sqrt = square_root

_real = np.float32

SIN_LIMIT = _real(1e5)
"""Up to here sin and cos reduce their argument exactly enough."""

_ZERO, _HALF, _ONE, _TWO, _FOUR = map(_real, (0.0, 0.5, 1.0, 2.0, 4.0))
_INFINITY, _NAN = _real(math.inf), _real(math.nan)
_THIRD = _real(1 / 3)
_ROUND = _real(12582912.0)  # 1.5 * 2**23
# ln 2 in 10 + 24 digits, pi in 8 + 9 + 9 + 24 + 24: products with the rounded quotient are
# exact, whether or not the machine fuses multiplication and addition.
_LOG2_E = _real(1.4426950408889634)
_LN2 = _real(0.6931471805599453)
_LN2_HIGH, _LN2_LOW = _real(0.6923828125), _real(0.0007643680437467992)
_ONE_OVER_PI = _real(0.3183098861837907)
_PI_1, _PI_2 = _real(3.140625), _real(0.0009670257568359375)
_PI_3, _PI_4 = _real(6.277114152908325e-07), _real(1.215420125655342e-10)
_PI_5 = _real(-2.435410355594793e-18)
_HALF_PI, _QUARTER_PI = _real(math.pi / 2), _real(math.pi / 4)
_HALF_PI_LOW = _real(math.pi / 2 - float(_HALF_PI))
_TAN_EIGHTH, _TAN_THREE_EIGHTHS = _real(0.41421356237309503), _real(2.414213562373095)
_ROOT_TWO_LESS_ONE, _ROOT_HALF = _real(0.41421356237309503), _real(0.7071067811865476)
_PDF_AT_ZERO = _real(0.3989422804014327)
# Where results overflow, vanish, or no longer change.
_EXP_HIGHEST, _EXP_LOWEST, _EXPM1_LOWEST = map(_real, (89.0, -86.98, -20.0))
_DECAY_LONGEST = _real(87.33)
_ERFC_LONGEST, _ERF_LONGEST, _NORMAL_LONGEST = map(_real, (11.0, 4.5, 15.0))
_NORMAL = _real(1.1754943508222875e-38)
_TO_NORMAL, _CBRT_FROM_NORMAL = _real(2.0**24), _real(2.0**-8)

_EXP = (
    _real(0.5),
    _real(0.1666654348373413),
    _real(0.04166628420352936),
    _real(0.008366521447896957),
    _real(0.0013946329709142447),
)
_TWICE_EXP = (_TWO, _TWO, *(_TWO * term for term in _EXP))
_LOG = (
    _real(0.666667640209198),
    _real(0.3997860252857208),
    _real(0.29847830533981323),
)
_SIN = (
    _real(-0.16666661202907562),
    _real(0.00833309069275856),
    _real(-0.00019811297534033656),
    _real(2.609294142530416e-06),
)
_ARCTAN = (
    _real(-0.3333296775817871),
    _real(0.19978247582912445),
    _real(-0.13882631063461304),
    _real(0.08067765086889267),
)
_ERF = (
    _real(1.1283791065216064),
    _real(-0.3761262595653534),
    _real(0.11283600330352783),
    _real(-0.026854444295167923),
    _real(0.005189535208046436),
    _real(-0.0008020839304663241),
    _real(7.889113476267084e-05),
)
_ERF_FAR = (
    _real(0.5577057600021362),
    _real(1.2529700994491577),
    _real(1.034358024597168),
    _real(6.157027721405029),
    _real(-1.8161230087280273),
    _real(-3.1972057819366455),
)
_ERFCX = (
    _real(1.2329950332641602),
    _real(-0.1396210938692093),
    _real(0.015383880585432053),
    _real(0.06809605658054352),
    _real(-0.10108867287635803),
    _real(0.09374142438173294),
    _real(-0.06611645221710205),
    _real(0.03713665157556534),
    _real(-0.016619175672531128),
    _real(0.005086900666356087),
    _real(-0.00036510886275209486),
    _real(-0.00025036887382157147),
)


@_inlined
def exp(x):
    """e**x; results below 2e-38 are 0."""
    y = select(x > _EXP_HIGHEST, _EXP_HIGHEST, x)
    t = y * _LOG2_E + _ROUND
    k = t - _ROUND
    r = (y - k * _LN2_HIGH) - k * _LN2_LOW
    # 2 e**r * 2**(k-1): 2**k alone may overflow where the result does not.
    grown = polynomial(r, _TWICE_EXP) * power_of_two(t - _ONE)
    return select(x < _EXP_LOWEST, _ZERO, grown)


@_inlined
def expm1(x):
    """e**x - 1, accurate next to 0."""
    y = select(x > _EXP_HIGHEST, _EXP_HIGHEST, x)
    y = select(y < _EXPM1_LOWEST, _EXPM1_LOWEST, y)
    t = y * _LOG2_E + _ROUND
    k = t - _ROUND
    r = (y - k * _LN2_HIGH) - k * _LN2_LOW
    # Half of the result, since 2**k may overflow where the result does not.
    s = power_of_two((k - _ONE) + _ROUND)
    half = s * (r + r * r * polynomial(r, _EXP)) + (s - _HALF)
    return select(x == _ZERO, x, half + half)


@_inlined
def _decay(a):
    """e**-a and e**-a - 1 for a >= 0, both accurate; e**-a is 0 where not normal."""
    x = -select(a > _DECAY_LONGEST, _DECAY_LONGEST, a)
    t = x * _LOG2_E + _ROUND
    k = t - _ROUND
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    p = r + r * r * polynomial(r, _EXP)
    s = power_of_two(t)
    # a > longest is false for nan, which then stays nan.
    return select(a > _DECAY_LONGEST, _ZERO, s * p + s), s * p + (s - _ONE)


@_inlined
def logistic(x):
    """1/(1 + e**-x), the lower tail relatively accurate."""
    e, _ = _decay(absolute(x))
    q = _ONE / (_ONE + e)
    return select(x < _ZERO, e * q, q)


@_inlined
def tanh(x):
    """Hyperbolic tangent, relatively accurate next to 0."""
    a = absolute(x)
    _, m = _decay(a + a)
    # The reciprocal is the one of sech2: value and slope together cost one division.
    return copy_sign(m * (_ONE / (m + _TWO)), x)


@_inlined
def sech2(x):
    """1/cosh(x)**2, the slope of tanh, its tails relatively accurate."""
    a = absolute(x)
    e, m = _decay(a + a)
    q = _ONE / (m + _TWO)
    return _FOUR * e * q * q


@_inlined
def softplus(x):
    """log(1 + e**x), the lower tail relatively accurate."""
    e, _ = _decay(absolute(x))
    upper = e > _ROOT_TWO_LESS_ONE
    f = select(upper, _HALF * e - _HALF, e)
    s = f / (_TWO + f)
    z = s * s
    tail = f - s * (f - z * polynomial(z, _LOG))
    tail += select(upper, _LN2, _ZERO)
    return select(x > _ZERO, x, _ZERO) + select(x == x, tail, x)


@_inlined
def _log_positive(x):
    """log of a positive normal number."""
    k = exponent(x)
    f = mantissa(x) - _ONE
    s = f / (_TWO + f)
    z = s * s
    # log(1 + f) = 2s + s z P(z) = f - s (f - z P(z)): f is exact, the rest is small.
    return k * _LN2_HIGH + (f - s * (f - z * polynomial(z, _LOG)) + k * _LN2_LOW)


@_inlined
def log(x):
    """Natural logarithm; -inf at 0, nan below; what is not normal counts as normal."""
    y = _log_positive(select(x < _NORMAL, _NORMAL, x))
    y = select(x < _INFINITY, y, x)
    return select(x > _ZERO, y, select(x == _ZERO, -_INFINITY, _NAN))


@_inlined
def log1p(x):
    """log(1 + x), accurate next to 0; -inf at -1, nan below."""
    u = _ONE + x
    lost = select(absolute(u - _ONE) < _INFINITY, x - (u - _ONE), _ZERO)
    y = _log_positive(u) + lost / u
    y = select(x < _INFINITY, y, x)
    y = select(x > -_ONE, y, select(x == -_ONE, -_INFINITY, _NAN))
    return select(x == _ZERO, x, y)


@_inlined
def _reduced(x, k):
    """x - k pi."""
    return ((((x - k * _PI_1) - k * _PI_2) - k * _PI_3) - k * _PI_4) - k * _PI_5


@_inlined
def sin(x):
    """Sine for |x| <= SIN_LIMIT; beyond, use `sin_any`."""
    t = x * _ONE_OVER_PI + _ROUND
    k = t - _ROUND
    r = _reduced(x, k)
    z = r * r
    y = flip_if_odd(r + r * z * polynomial(z, _SIN), t)
    return select(x == _ZERO, x, y)


@_inlined
def cos(x):
    """Cosine for |x| <= SIN_LIMIT; beyond, use `cos_any`."""
    t = (absolute(x) * _ONE_OVER_PI + _HALF) + _ROUND
    # x = r + (k - 1/2) pi, so that cos x = sin(r + k pi).
    k = (t - _ROUND) - _HALF
    r = _reduced(absolute(x), k)
    z = r * r
    return flip_if_odd(r + r * z * polynomial(z, _SIN), t)


@_inlined
def sin_any(x):
    """Sine of any number: a call of the C library, ten times slower."""
    return _real(math.sin(np.float64(x)))


@_inlined
def cos_any(x):
    """Cosine of any number: a call of the C library, ten times slower."""
    return _real(math.cos(np.float64(x)))


@_inlined
def arctan(x):
    """Inverse tangent."""
    a = absolute(x)
    big = a > _TAN_THREE_EIGHTHS
    mid = a > _TAN_EIGHTH
    top = select(big, -_ONE, select(mid, a - _ONE, a))
    bottom = select(big, a, select(mid, a + _ONE, _ONE))
    r = top / bottom
    z = r * r
    rest = r + r * z * polynomial(z, _ARCTAN)
    start = select(big, _HALF_PI, select(mid, _QUARTER_PI, _ZERO))
    low = select(big, _HALF_PI_LOW, select(mid, _HALF * _HALF_PI_LOW, _ZERO))
    return copy_sign(start + (rest + low), x)


@_inlined
def _bell(a, scale):
    """e**-(a*a*scale) for a >= 0 and scale 1 or 1/2; 0 where not normal.

    Rounding a*a would cost 1e-13 in the tails: the square is split in two.
    """
    high = upper_half(a)
    x = -(high * high) * scale
    low = -(a - high) * (a + high) * scale
    y = select(x < -_DECAY_LONGEST, -_DECAY_LONGEST, x)
    t = y * _LOG2_E + _ROUND
    k = t - _ROUND
    r = (y - k * _LN2_HIGH) - k * _LN2_LOW + low
    grown = _ONE + (r + r * r * polynomial(r, _EXP))
    return select(x < -_DECAY_LONGEST, _ZERO, grown * power_of_two(t))


@_inlined
def _erfcx(a):
    """e**(a*a) * erfc(a) for a >= 0."""
    c = _ONE + a + a
    w = _ONE / ((a + _FOUR) * c)
    q = (a - _FOUR) * c * w
    return polynomial(q, _ERFCX) * ((a + _FOUR) * w)


@_inlined
def erfc(x):
    """1 - erf(x), the upper tail relatively accurate."""
    a = absolute(x)
    a = select(a > _ERFC_LONGEST, _ERFC_LONGEST, a)
    y = _bell(a, _ONE) * _erfcx(a)
    return select(x < _ZERO, _TWO - y, y)


@_inlined
def erf(x):
    """Error function."""
    a = absolute(x)
    a = select(a > _ERF_LONGEST, _ERF_LONGEST, a)
    near = a * polynomial(a * a, _ERF)
    w = _ONE / (a + _TWO)
    far = _ONE - _decay(a * a)[0] * (w * polynomial(w, _ERF_FAR))
    return copy_sign(select(a < _ONE, near, far), x)


@_inlined
def normal_cdf(x):
    """Share of a standard normal below x, the lower tail relatively accurate."""
    a = absolute(x)
    a = select(a > _NORMAL_LONGEST, _NORMAL_LONGEST, a)
    y = _HALF * _bell(a, _HALF) * _erfcx(a * _ROOT_HALF)
    return select(x > _ZERO, _ONE - y, y)


@_inlined
def normal_pdf(x):
    """Density of a standard normal, the tails relatively accurate."""
    a = absolute(x)
    a = select(a > _NORMAL_LONGEST, _NORMAL_LONGEST, a)
    return _PDF_AT_ZERO * _bell(a, _HALF)


@_inlined
def cbrt(x):
    """Cube root with the sign of x."""
    a = absolute(x)
    small = a < _NORMAL
    a = select(small, a * _TO_NORMAL, a)
    y = exp(_log_positive(a) * _THIRD)
    y -= (y - a / (y * y)) * _THIRD
    y = select(small, y * _CBRT_FROM_NORMAL, y)
    return select(a > _ZERO, select(a < _INFINITY, copy_sign(y, x), x), x)


@_inlined
def power(x, y):
    """x**y; for x < 0 only whole y, else nan. Computed in float64."""
    return _real(float64.power(np.float64(x), np.float64(y)))
