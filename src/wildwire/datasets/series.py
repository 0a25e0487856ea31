"""Series: sunspots, and two chaotic ones that a formula makes.

Comes in: a length, a seed. Goes out: a `Dataset` whose X is the time, one column, and whose y is the series. Called by
users, examples and tests.
"""

from __future__ import annotations

import numpy as np

from wildwire.datasets.dataset import Dataset, check_count, generator
from wildwire.errors import SettingError

FIRST_YEAR = 1700
SUNSPOTS = """
5 11 16 23 36 58 29 20 10 8 3 0 0 2 11 27 47 63 60 39
28 26 22 11 21 40 78 122 103 73 47 35 11 5 16 34 70 81 111 101
73 40 20 16 5 11 22 40 60 80.9 83.4 47.7 47.8 30.7 12.2 9.6 10.2 32.4 47.6 54
62.9 85.9 61.2 45.1 36.4 20.9 11.4 37.8 69.8 106.1 100.8 81.6 66.5 34.8 30.6 7 19.8 92.5 154.4 125.9
84.8 68.1 38.5 22.8 10.2 24.1 82.9 132 130.9 118.1 89.9 66.6 60 46.9 41 21.3 16 6.4 4.1 6.8
14.5 34 45 43.1 47.5 42.2 28.1 10.1 8.1 2.5 0 1.4 5 12.2 13.9 35.4 45.8 41.1 30.1 23.9
15.6 6.6 4 1.8 8.5 16.6 36.3 49.6 64.2 67 70.9 47.8 27.5 8.5 13.2 56.9 121.5 138.3 103.2 85.7
64.6 36.7 24.2 10.7 15 40.1 61.5 98.5 124.7 96.3 66.6 64.5 54.1 39 20.6 6.7 4.3 22.7 54.8 93.8
95.8 77.2 59.1 44 47 30.5 16.3 7.3 37.6 74 139 111.2 101.6 66.2 44.7 17 11.3 12.4 3.4 6
32.3 54.3 59.7 63.7 63.5 52.2 25.4 13.1 6.8 6.3 7.1 35.6 73 85.1 78 64 41.8 26.2 26.7 12.1
9.5 2.7 5 24.4 42 63.5 53.8 62 48.5 43.9 18.6 5.7 3.6 1.4 9.6 47.4 57.1 103.9 80.6 63.6
37.6 26.1 14.2 5.8 16.7 44.3 63.9 69 77.8 64.9 35.7 21.2 11.1 5.7 8.7 36.1 79.7 114.4 109.6 88.8
67.8 47.5 30.6 16.3 9.6 33.2 92.6 151.6 136.3 134.7 83.9 69.4 31.5 13.9 4.4 38 141.7 190.2 184.8 159
112.3 53.9 37.6 27.9 10.2 15.1 47 93.8 105.9 105.5 104.5 66.6 68.9 38 34.5 15.5 12.6 27.5 92.5 155.4
154.6 140.4 115.9 66.6 45.9 17.9 13.4 29.4 100.2 157.6 142.6 145.7 94.3 54.6 29.9 17.5 8.6 21.5 64.3 93.3
119.6 111 104 63.7 40.4 29.8 15.2 7.5 2.9
"""
STEPS_PER_UNIT = 10
"""Of the integration of the Mackey-Glass equation."""


def sunspots() -> Dataset:
    """Yearly mean sunspot numbers 1700-2008, in the classical (Zurich, version 1) count.

    The series of countless papers on forecasting: cycles of about 11 years of unequal height, steep up and slow down.

    Returns
    -------
    Dataset
        X of shape (309, 1), the year; y of shape (309,), from 0.0 (1711, 1712, 1810) to 190.2 (1957).

    Notes
    -----
    Source: US National Geophysical Data Center, yearly sunspot numbers; the data are in the public domain (measured
    facts, published by a US federal agency), and the statsmodels project, whose copy was compared, says so too.
    """
    y = np.array(SUNSPOTS.split(), dtype=float)
    years = FIRST_YEAR + np.arange(len(y), dtype=float)
    return Dataset(years[:, None], y, ("year",), "sunspots")


def mackey_glass(n: int = 1000, tau: float = 17, seed=0) -> Dataset:
    """The Mackey-Glass equation at whole times: chaotic for tau = 17, one step hardly, far ahead hard to tell.

    dx/dt = 0.2 x(t - tau)/(1 + x(t - tau)**10) - 0.1 x(t), by the classical Runge-Kutta rule with ten steps a unit
    (the delayed value between them by linear interpolation).

    Parameters
    ----------
    n : int, at least 1
        Number of values, one a unit of time, after 300 units that are thrown away.
    tau : float, from 1 to 1000
        The delay; a multiple of 0.1. Chaotic from about 16.8.
    seed : int, SeedSequence or Generator
        For the start: x = 1.2 before time 0, shaken by at most 0.1.

    Returns
    -------
    Dataset
        X of shape (n, 1), the time 0, 1, 2, ...; y of shape (n,), between about 0.2 and 1.4.

    References
    ----------
    M. C. Mackey, L. Glass: Oscillation and chaos in physiological control systems. Science 197 (1977).
    """
    n = check_count(n, "n", 1)
    delay = _delay(tau)
    fine = (300 + n) * STEPS_PER_UNIT
    x = np.empty(delay + fine + 1)
    x[: delay + 1] = 1.2 + generator(seed).uniform(-0.1, 0.1)
    step = 1.0 / STEPS_PER_UNIT
    for i in range(delay, delay + fine):
        now, past, after = x[i], x[i - delay], x[i - delay + 1]
        middle = (past + after) / 2
        k1 = _slope(now, past)
        k2 = _slope(now + step / 2 * k1, middle)
        k3 = _slope(now + step / 2 * k2, middle)
        k4 = _slope(now + step * k3, after)
        x[i + 1] = now + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    y = x[delay + 300 * STEPS_PER_UNIT :: STEPS_PER_UNIT][:n]
    return Dataset(np.arange(float(n))[:, None], y, ("t",), "x")


def _delay(tau: float) -> int:
    try:
        steps = round(float(tau) * STEPS_PER_UNIT)
    except (TypeError, ValueError, OverflowError):
        steps = 0
    if not STEPS_PER_UNIT <= steps <= 1000 * STEPS_PER_UNIT:
        raise SettingError(f"tau must be a number from 1 to 1000; it is {tau!r}.")
    return steps


def _slope(x: float, past: float) -> float:
    return 0.2 * past / (1.0 + past**10) - 0.1 * x


def logistic_map(n: int = 300, r: float = 3.9, start: float = 0.4) -> Dataset:
    """y[t] = r*y[t-1]*(1 - y[t-1]): no straight line tells the next value, one parabola does.

    Parameters
    ----------
    n : int, at least 1
    r : float, from 0 to 4
        Chaotic for most values above 3.57.
    start : float, from 0 to 1
        The first value.

    Returns
    -------
    Dataset
        X of shape (n, 1), the step 0, 1, 2, ...; y of shape (n,) within 0..1.
    """
    n = check_count(n, "n", 1)
    for name, value, high in (("r", r, 4), ("start", start, 1)):
        if not isinstance(value, (int, float, np.number)) or not 0 <= value <= high:
            raise SettingError(
                f"{name} must be a number from 0 to {high}; it is {value!r}."
            )
    y = np.empty(n)
    y[0] = start
    for i in range(1, n):
        y[i] = r * y[i - 1] * (1.0 - y[i - 1])
    return Dataset(np.arange(float(n))[:, None], y, ("t",), "y")
