"""Nanoseconds per element: our elementary functions, `math.*` in Numba, NumPy.

Comes in: nothing. Goes out: a table on stdout, one line per function and float type.
Run alone on a quiet machine: `python -m benchmarks.vectormath [names]`. All three work
on 2048 random numbers that stay in the first-level cache; the best of many repetitions
counts. Our functions run as the engine runs them, in a loop that is marked for two
vectors at a time.
"""

from __future__ import annotations

import ctypes
import math
import sys
import time
from collections.abc import Callable

import numba
import numpy as np
import scipy.special

from wildwire.functions.interleave import InterleavingCompiler
from wildwire.functions.intrinsics import load, store
from wildwire.functions.vectormath import float32, float64

ELEMENTS, INNER, OUTER = 2048, 40, 25
MODULES = {"float64": float64, "float32": float32}
# name, the function of `math`, the function of NumPy or SciPy, the places
ROWS = [
    ("exp", math.exp, np.exp, (-20, 20)),
    ("expm1", math.expm1, np.expm1, (-5, 5)),
    ("log", math.log, np.log, (1e-3, 100)),
    ("log1p", math.log1p, np.log1p, (0, 5)),
    ("tanh", math.tanh, np.tanh, (-5, 5)),
    ("logistic", None, scipy.special.expit, (-10, 10)),
    ("softplus", None, None, (-10, 10)),
    ("sin", math.sin, np.sin, (-10, 10)),
    ("cos", math.cos, np.cos, (-10, 10)),
    ("arctan", math.atan, np.arctan, (-5, 5)),
    ("erf", math.erf, scipy.special.erf, (-4, 4)),
    ("erfc", math.erfc, scipy.special.erfc, (-4, 8)),
    ("normal_cdf", None, scipy.special.ndtr, (-6, 6)),
    ("cbrt", None, np.cbrt, (-9, 9)),
]


def _best(work: Callable[[], object], inner: int) -> float:
    """Nanoseconds per element of the fastest repetition."""
    work()
    times = []
    for _ in range(OUTER):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times) / inner / ELEMENTS * 1e9


def _looped(function: Callable, dtype: str) -> Callable:
    """A C function that applies `function` to a table, INNER times over."""

    def run(x, y, count, times):
        for _ in range(times):
            for i in range(count):
                store(0, y, i, function(load(x, i)))

    real = getattr(numba.types, dtype)
    pointer, whole = numba.types.CPointer(real), numba.types.int64
    compiled = numba.cfunc(
        numba.types.void(pointer, pointer, whole, whole),
        pipeline_class=InterleavingCompiler,
        error_model="numpy",
        fastmath={"contract"},
    )(run)
    return compiled


def _ours(function: Callable, x: np.ndarray) -> float:
    y = np.empty_like(x)
    compiled = _looped(function, x.dtype.name)
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 2, *[ctypes.c_int64] * 2)(
        compiled.address
    )
    return _best(lambda: call(x.ctypes.data, y.ctypes.data, ELEMENTS, INNER), INNER)


def _plain(function: Callable, x: np.ndarray) -> float:
    """`math.*` in the loop that a user of Numba would write."""

    @numba.njit(error_model="numpy")
    def run(x, y, times):
        for _ in range(times):
            for i in range(x.size):
                y[i] = function(x[i])

    y = np.empty_like(x)
    return _best(lambda: run(x, y, INNER), INNER)


def main() -> None:
    """Print the table for the functions named on the command line, or for all."""
    chosen = sys.argv[1:]
    print(f"{'':12s} {'':8s} {'ours':>7s} {'math':>7s} {'numpy':>7s}   math/ours")
    random = np.random.default_rng(0)
    for name, plain, numpy_function, (low, high) in ROWS:
        if chosen and name not in chosen:
            continue
        for dtype, module in MODULES.items():
            x = random.uniform(low, high, ELEMENTS).astype(dtype)
            ours = _ours(getattr(module, name), x)
            other = _plain(plain, x) if plain else math.nan
            array = math.nan
            if numpy_function:
                y = np.empty_like(x)
                array = _best(lambda f=numpy_function, x=x, y=y: f(x, y), 1)
            print(
                f"{name:12s} {dtype:8s} {ours:7.2f} {other:7.2f} {array:7.2f}"
                f"   {other / ours:8.1f}"
            )


if __name__ == "__main__":
    main()
