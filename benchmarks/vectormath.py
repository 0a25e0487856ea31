"""Nanoseconds per element: our elementary functions, `math.*` in Numba, NumPy.

Comes in: nothing. Goes out: a row per function and float type, called by `suite.py`; `python -m
benchmarks.vectormath [NAME ...]` measures these rows alone. All three work on 2048 random numbers that
stay in the first-level cache. Our functions run as the engine runs them, in a loop that is marked for
two vectors at a time.
"""

import ctypes
import math
import sys
from collections.abc import Callable
from functools import partial

import numba
import numpy as np
import scipy.special

from benchmarks.measure import Prepared, Row, Unavailable

GROUP = "Elementary functions"
ELEMENTS, INNER = 2048, 40
# name, the function of `math`, the function of NumPy or SciPy, the places
FUNCTIONS = [
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


def _places(low, high, dtype) -> np.ndarray:
    return np.random.default_rng(0).uniform(low, high, ELEMENTS).astype(dtype)


def _looped(function: Callable, dtype: str) -> Callable:
    """A C function that applies `function` to a table, INNER times over."""
    from wildwire.functions.interleave import InterleavingCompiler
    from wildwire.functions.intrinsics import load, store

    def run(x, y, count, times):
        for _ in range(times):
            for i in range(count):
                store(0, y, i, function(load(x, i)))

    real = getattr(numba.types, dtype)
    pointer, whole = numba.types.CPointer(real), numba.types.int64
    return numba.cfunc(
        numba.types.void(pointer, pointer, whole, whole),
        pipeline_class=InterleavingCompiler,
        error_model="numpy",
        fastmath={"contract"},
    )(run)


def _ours(name: str, low, high, dtype: str) -> Prepared:
    from wildwire.functions.vectormath import float32, float64

    module = {"float64": float64, "float32": float32}[dtype]
    x = _places(low, high, dtype)
    y = np.empty_like(x)
    compiled = _looped(getattr(module, name), dtype)
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 2, *[ctypes.c_int64] * 2)(
        compiled.address
    )
    # The default arguments keep arrays and code alive as long as the call.
    return Prepared(
        lambda x=x, y=y, compiled=compiled: call(
            x.ctypes.data, y.ctypes.data, ELEMENTS, INNER
        ),
        INNER * ELEMENTS,
    )


def _plain(function: Callable | None, low, high, dtype: str) -> Prepared:
    """`math.*` in the loop that a user of Numba would write."""
    if function is None:
        raise Unavailable("no such function")

    @numba.njit(error_model="numpy")
    def run(x, y, times):
        for _ in range(times):
            for i in range(x.size):
                y[i] = function(x[i])

    x = _places(low, high, dtype)
    y = np.empty_like(x)
    return Prepared(lambda: run(x, y, INNER), INNER * ELEMENTS)


def _arrays(function: Callable | None, low, high, dtype: str) -> Prepared:
    if function is None:
        raise Unavailable("no such function")
    x = _places(low, high, dtype)
    y = np.empty_like(x)
    return Prepared(lambda: function(x, y), ELEMENTS)


def rows() -> list[Row]:
    """A row per function and type."""
    return [
        Row(
            f"vectormath {name}", GROUP, "ns per element", 1e9,
            {
                "wildwire": partial(_ours, name, low, high, dtype),
                "numba math": partial(_plain, plain, low, high, dtype),
                "numpy": partial(_arrays, numpy_function, low, high, dtype),
            },
            dtype,
        )
        for name, plain, numpy_function, (low, high) in FUNCTIONS
        for dtype in ("float64", "float32")
    ]  # fmt: skip


if __name__ == "__main__":
    from benchmarks.suite import main

    raise SystemExit(main([f"vectormath {name}" for name in sys.argv[1:] or [""]]))
