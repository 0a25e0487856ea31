"""Elementary functions of one float64, without branches.

Comes in: a number inside a compiled kernel. Goes out: the function value; infinities,
nan and signed zeros as IEEE 754 has them, errors as in the table of `docs/functions.md`.
Coefficients are from `benchmarks/minimax.py`. AVX2 can not convert between int64 and
float64, so rounding to an integer adds 1.5*2**52 and reads the lowest bits.
"""

from __future__ import annotations

import math

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

SIN_LIMIT = 1e5
"""Up to here sin and cos reduce their argument exactly enough."""

_ZERO, _HALF, _ONE, _TWO, _FOUR = 0.0, 0.5, 1.0, 2.0, 4.0
_INFINITY, _NAN = math.inf, math.nan
_THIRD = 1 / 3
_ROUND = 6755399441055744.0  # 1.5 * 2**52
# ln 2 in 33 + 53 digits, pi in 33 + 33 + 53: products with the rounded quotient are
# exact, whether or not the machine fuses multiplication and addition.
_LOG2_E = 1.4426950408889634
_LN2 = 0.6931471805599453
_LN2_HIGH, _LN2_LOW = 0.6931471804855391, 7.440617110012397e-11
_ONE_OVER_PI = 0.3183098861837907
_PI_1, _PI_2, _PI_3 = 3.1415926534682512, 1.2154201012607932e-10, 4.044532497591901e-21
_HALF_PI, _QUARTER_PI = math.pi / 2, math.pi / 4
_HALF_PI_LOW = 6.123233995736766e-17
_TAN_EIGHTH, _TAN_THREE_EIGHTHS = 0.41421356237309503, 2.414213562373095
_ROOT_TWO_LESS_ONE, _ROOT_HALF = 0.41421356237309503, 0.7071067811865476
_PDF_AT_ZERO = 0.3989422804014327
# Where results overflow, vanish, or no longer change.
_EXP_HIGHEST, _EXP_LOWEST, _EXPM1_LOWEST = 710.0, -708.0, -40.0
_DECAY_LONGEST = 708.39
_ERFC_LONGEST, _ERF_LONGEST, _NORMAL_LONGEST = 28.0, 6.5, 40.0
_NORMAL = 2.2250738585072014e-308
_TO_NORMAL, _CBRT_FROM_NORMAL = 2.0**54, 2.0**-18

_EXP = (
    0.5000000000000006,
    0.16666666666666685,
    0.0416666666665775,
    0.008333333333314964,
    0.0013888888931434355,
    0.0001984126990238211,
    2.4801505339722055e-05,
    2.755722841723747e-06,
    2.762603800021141e-07,
    2.5114357073127088e-08,
)
_TWICE_EXP = (_TWO, _TWO, *(_TWO * term for term in _EXP))
_LOG = (
    0.6666666666666698,
    0.3999999999961189,
    0.2857142870386484,
    0.22222202139706168,
    0.1818339415018864,
    0.15318097206379547,
    0.14757974060777776,
)
_SIN = (
    -0.16666666666666666,
    0.008333333333333219,
    -0.00019841269841217515,
    2.7557319212463653e-06,
    -2.5052106987271122e-08,
    1.605894516742931e-10,
    -7.643127091002439e-13,
    2.7225426230456852e-15,
)
_ARCTAN = (
    -0.3333333333333085,
    0.19999999999220164,
    -0.14285714204323577,
    0.11111106972441928,
    -0.09090788911828482,
    0.07690149595146178,
    -0.06641754642391784,
    0.05695537349723725,
    -0.04366985432635394,
    0.02134838276708199,
)
_ERF = (
    1.1283791670955126,
    -0.3761263890318355,
    0.11283791670945251,
    -0.026866170643275913,
    0.005223977607421526,
    -0.0008548325989625486,
    0.00012055295318893576,
    -1.4924744641022329e-05,
    1.644751748978055e-06,
    -1.6209175036462416e-07,
    1.372297456553698e-08,
    -7.801189044784352e-10,
)
_ERF_FAR = (
    0.5642357286654837,
    1.1261944212848962,
    2.0219113889132942,
    2.204898243919252,
    8.056541178967146,
    -33.18753075887079,
    136.0717787654279,
    -452.8179716024415,
    899.9427448619151,
    -1048.645821943752,
    678.584215415155,
    -191.02349428158618,
)
_ERFCX = (
    1.2329951186255526,
    -0.13962111684055717,
    0.015379652102605324,
    0.06809705425421733,
    -0.10103906603564666,
    0.0937328350108488,
    -0.06633036582389953,
    0.0371675153854881,
    -0.016197733951485275,
    0.005031971007822943,
    -0.000757773852221802,
    -0.00019926097346951503,
    0.00015062353335056444,
    -2.438774511526251e-05,
    -1.1225940074268504e-05,
    5.689473804063045e-06,
    2.990448518336305e-07,
    -8.019652830213849e-07,
    7.036767267512962e-08,
    9.292755041546621e-08,
    -1.6034312901706955e-08,
    -6.9875505904035064e-09,
    1.5113637584704612e-09,
)


@_inlined
def exp(x):
    """e**x; results below 3e-308 are 0."""
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
def sin(x):
    """Sine for |x| <= SIN_LIMIT; beyond, use `sin_any`."""
    t = x * _ONE_OVER_PI + _ROUND
    k = t - _ROUND
    r = ((x - k * _PI_1) - k * _PI_2) - k * _PI_3
    z = r * r
    y = flip_if_odd(r + r * z * polynomial(z, _SIN), t)
    return select(x == _ZERO, x, y)


@_inlined
def cos(x):
    """Cosine for |x| <= SIN_LIMIT; beyond, use `cos_any`."""
    t = (absolute(x) * _ONE_OVER_PI + _HALF) + _ROUND
    # x = r + (k - 1/2) pi, so that cos x = sin(r + k pi).
    k = (t - _ROUND) - _HALF
    r = ((absolute(x) - k * _PI_1) - k * _PI_2) - k * _PI_3
    z = r * r
    return flip_if_odd(r + r * z * polynomial(z, _SIN), t)


@_inlined
def sin_any(x):
    """Sine of any number: a call of the C library, ten times slower."""
    return math.sin(x)


@_inlined
def cos_any(x):
    """Cosine of any number: a call of the C library, ten times slower."""
    return math.cos(x)


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
    """x**y; for x < 0 only whole y, else nan. Relative error up to 2e-16 * |y log x|."""
    a = absolute(x)
    r = exp(y * log(a))
    whole = floor(y) == y
    odd = floor(_HALF * y) != _HALF * y
    signed = select(whole, select(odd, -r, r), _NAN)
    r = select(x < _ZERO, signed, r)
    r = select(a == _ONE, select(x < _ZERO, signed, _ONE), r)
    return select(y == _ZERO, _ONE, r)
