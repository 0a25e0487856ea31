"""Find the polynomial coefficients of `wildwire.functions.vectormath` (Remez, mpmath).

Comes in: nothing. Goes out: one table per function and float type on stdout, which
stands in `vectormath/float64.py` and `float32.py`. Run by hand when a degree changes:
`python benchmarks/minimax.py`. Each polynomial minimises the largest relative error of
the function that it completes; the leading terms are exact and stand outside of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import mpmath as mp
import numpy as np

mp.mp.dps = 50

Real = Callable[[mp.mpf], mp.mpf]


def remez(
    target: Real, weight: Real, low: float, high: float, degree: int
) -> tuple[list[mp.mpf], mp.mpf]:
    """Minimax fit of `target` by 1, x ... x**degree under `weight`.

    Returns the coefficients from order 0 up and the largest weighted error.
    """
    powers = list(range(degree + 1))
    count = len(powers) + 1
    low, high = mp.mpf(low), mp.mpf(high)
    points = [
        (low + high) / 2
        - (high - low) / 2 * mp.cos(mp.pi * (i + mp.mpf(1) / 2) / count)
        for i in range(count)
    ]
    grid = [
        (low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * (i + mp.mpf(1) / 2) / 600)
        for i in range(600)
    ]
    targets = [target(x) for x in grid]
    weights = [weight(x) for x in grid]
    for _ in range(12):
        matrix = mp.matrix(count, count)
        right = mp.matrix(count, 1)
        for i, x in enumerate(points):
            for j, power in enumerate(powers):
                matrix[i, j] = x**power
            matrix[i, count - 1] = (-1) ** i / weight(x)
            right[i] = target(x)
        solution = mp.lu_solve(matrix, right)
        coefficients = [solution[j] for j in range(count - 1)]
        errors = [
            w * (sum(c * x**p for c, p in zip(coefficients, powers, strict=True)) - t)
            for x, t, w in zip(grid, targets, weights, strict=True)
        ]
        new = _extrema(grid, errors, count)
        if new is None or new == points:
            break
        points = new
    return coefficients, max(abs(error) for error in errors)


def _extrema(
    grid: Sequence[mp.mpf], errors: Sequence[mp.mpf], count: int
) -> list[mp.mpf] | None:
    """One point of largest error per stretch of equal sign, `count` of them."""
    best: list[tuple[mp.mpf, mp.mpf]] = []
    for x, error in zip(grid, errors, strict=True):
        if best and (best[-1][1] > 0) == (error > 0):
            if abs(error) > abs(best[-1][1]):
                best[-1] = (x, error)
        else:
            best.append((x, error))
    while len(best) > count:
        best.pop(0 if abs(best[0][1]) < abs(best[-1][1]) else -1)
    return [x for x, _ in best] if len(best) == count else None


def _ratio(function: Real, at_zero: object) -> Real:
    return lambda x: function(x) if abs(x) > 1e-15 else mp.mpf(at_zero)


def erfcx_scaled(shift: int) -> Real:
    """(1 + 2a) exp(a^2) erfc(a) as a function of q = (a - shift)/(a + shift)."""

    def scaled(q: mp.mpf) -> mp.mpf:
        if q >= 1:
            return 2 / mp.sqrt(mp.pi)
        a = shift * (1 + q) / (1 - q)
        if a > 1000:
            series = sum(
                (-1) ** n * mp.fac2(2 * n - 1) / (2 * a * a) ** n for n in range(8)
            )
            return (1 + 2 * a) * series / (a * mp.sqrt(mp.pi))
        return (1 + 2 * a) * mp.exp(a * a) * mp.erfc(a)

    return scaled


def problems() -> dict[str, tuple[Real, Real, float, float, dict[type, int]]]:
    """Per table: target, weight, interval, degree per float type."""
    half_log2 = mp.log(2) / 2 * mp.mpf("1.001")
    quarter, eighth = (mp.pi / 2) ** 2 * mp.mpf("1.0001"), mp.tan(mp.pi / 8) ** 2
    return {
        # e^r = 1 + r + r^2 P(r)
        "exp": (
            _ratio(lambda r: (mp.exp(r) - 1 - r) / r**2, 0.5),
            lambda r: abs(r) + mp.mpf("0.01"),
            -half_log2,
            half_log2,
            {np.float64: 9, np.float32: 4},
        ),
        # log((1+s)/(1-s)) = 2s + s z P(z), z = s^2
        "log": (
            _ratio(
                lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z, 2 / mp.mpf(3)
            ),
            lambda z: z + mp.mpf("1e-3"),
            0.0,
            (3 - 2 * mp.sqrt(2)) ** 2 * mp.mpf("1.001"),
            {np.float64: 6, np.float32: 2},
        ),
        # sin r = r + r z P(z), z = r^2
        "sin": (
            _ratio(lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, -1 / mp.mpf(6)),
            lambda z: z + mp.mpf("0.01"),
            0.0,
            quarter,
            {np.float64: 7, np.float32: 3},
        ),
        # arctan r = r + r z P(z), z = r^2
        "arctan": (
            _ratio(
                lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, -1 / mp.mpf(3)
            ),
            lambda z: z + mp.mpf("1e-3"),
            0.0,
            eighth * mp.mpf("1.001"),
            {np.float64: 9, np.float32: 3},
        ),
        # erf x = x P(z), z = x^2, |x| <= 1
        "erf": (
            _ratio(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z), 2 / mp.sqrt(mp.pi)),
            lambda z: mp.mpf(1),
            0.0,
            1.0,
            {np.float64: 11, np.float32: 6},
        ),
        # erf a = 1 - e^(-a^2) w P(w), w = 1/(a + 2), 1 <= a <= 6.5
        "erf_far": (
            lambda w: mp.exp((1 / w - 2) ** 2) * mp.erfc(1 / w - 2) / w,
            lambda w: mp.exp(-((1 / w - 2) ** 2)) * w,
            1 / mp.mpf(8.5),
            1 / mp.mpf(2.99),
            {np.float64: 11, np.float32: 5},
        ),
        # (1 + 2a) exp(a^2) erfc(a) = P((a - 4)/(a + 4)), or 2 in place of 4
        "erfcx": (
            erfcx_scaled(4),
            lambda q: 1 / erfcx_scaled(4)(q),
            -1.0,
            1.0,
            {np.float64: 22, np.float32: 11},
        ),
    }


def main() -> None:
    """Print the tables that are named on the command line, or all."""
    for name, (target, weight, low, high, degrees) in problems().items():
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        for dtype, degree in degrees.items():
            exact, error = remez(target, weight, low, high, degree)
            table = [float(dtype(float(value))) for value in exact]
            print(f"{name} {dtype.__name__} degree {degree}: {mp.nstr(error, 3)}")
            for value in table:
                print(f"    {value!r},")


if __name__ == "__main__":
    main()
