"""Numbers with no more digits than their standard errors allow.

Comes in: numbers and standard errors. Goes out: rounded numbers, or texts such as `0.531 ± 0.023`. Called by
`uncertainty_result.py` and the command line.
"""

import math

__all__ = ["rounded_to", "with_error"]

DIGITS = 2  # significant digits of a standard error
UNSURE = 4  # significant digits of a number that has none
FIXED = (-4, 7)  # powers of ten that are written out
MOST = 17  # decimals of a float64: more say nothing


def _decimals(error: float) -> int:
    """Decimals that leave `DIGITS` significant digits of an error."""
    exponent = int(f"{error:.{DIGITS - 1}e}".partition("e")[2])
    return DIGITS - 1 - exponent


def rounded_to(value: float, error: float) -> float:
    """The number, rounded to the second significant digit of its error.

    Parameters
    ----------
    value : float
    error : float
        0 or NaN (none): the number as it is. Infinite: four significant digits.
    """
    if math.isinf(error):
        return float(f"{value:.{UNSURE}g}")
    if not error > 0 or not math.isfinite(value):
        return value
    return float(round(value, _decimals(error)))


def with_error(value: float, error: float) -> str:
    """Number and error as people write them: `0.531 ± 0.023`, `(5.502 ± 0.073)e-04`.

    Parameters
    ----------
    value : float
    error : float
        NaN: none is written. Infinite: the number is told to be undetermined.

    Examples
    --------
    >>> with_error(0.53123, 0.0234)
    '0.531 ± 0.023'
    >>> with_error(238.942, 2.707), with_error(5.5015643e-4, 7.2668e-6)
    ('238.9 ± 2.7', '(5.502 ± 0.073)e-04')
    """
    if math.isnan(error):
        return f"{value!r}"
    if math.isinf(error):
        return f"{value:.{UNSURE}g}, undetermined"
    if error == 0 or _decimals(error) > MOST - _exponent(value):
        return f"{value!r} ± {error:.{DIGITS}g}"
    decimals = _decimals(error)
    largest = max(_exponent(value), _exponent(error))
    if FIXED[0] < largest < FIXED[1] and decimals <= 9:
        places = max(decimals, 0)
        shown, told = round(value, decimals), round(error, decimals)
        return f"{shown:.{places}f} ± {told:.{places}f}"
    power = 10.0**largest
    places = max(decimals + largest, 0)
    return f"({value / power:.{places}f} ± {error / power:.{places}f})e{largest:+03d}"


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0
