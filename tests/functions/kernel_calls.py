"""Calls a compiled kernel through its address, as the engine does."""

import ctypes

import numpy as np

from wildwire.functions import native

_POINTER, _COUNT = ctypes.c_void_p, ctypes.c_int64
_KERNEL = ctypes.CFUNCTYPE(None, *[_POINTER] * 4, *[_COUNT] * 5)

UNTOUCHED = 123.25
"""What stands in the result tables before a call."""


def run_kernel(function, level, arguments, parameters=None, dtype="float64", gap=0):
    """Result tables (n_tables, rows, columns) and guard counts (rows,) of one call.

    `arguments` has shape (n_arguments, rows, columns), `parameters` (rows, n);
    rows stand `gap` elements apart, and the gaps must stay untouched.
    """
    arguments = np.asarray(arguments, dtype)
    count, rows, columns = arguments.shape
    stride = columns + gap
    if parameters is None:
        parameters = np.tile(np.asarray(function.defaults), (rows, 1))
    parameters = np.ascontiguousarray(parameters, dtype)
    assert parameters.shape == (rows, function.n_parameters)
    table_size, argument_size = rows * stride + 3, rows * stride + 5
    given = np.full(count * argument_size, UNTOUCHED, dtype)
    for i, table in enumerate(arguments):
        _view(given, i * argument_size, rows, columns, stride)[:] = table
    tables = function.n_tables(level)
    out = np.full(tables * table_size, UNTOUCHED, dtype)
    guards = np.full(rows, 5, np.int64)
    kernel = _KERNEL(native.address(function, level, dtype))
    kernel(
        given.ctypes.data, parameters.ctypes.data, out.ctypes.data, guards.ctypes.data,
        rows, columns, stride, table_size, argument_size,
    )  # fmt: skip
    results = np.empty((tables, rows, columns), dtype)
    for k in range(tables):
        view = _view(out, k * table_size, rows, columns, stride)
        results[k] = view
        view[:] = UNTOUCHED
    assert np.all(out == UNTOUCHED), "the kernel wrote between its rows or tables"
    return results, guards - 5


def _view(flat, start, rows, columns, stride):
    size = flat.itemsize
    return np.lib.stride_tricks.as_strided(
        flat[start:], (rows, columns), (stride * size, size)
    )


def at(function, level, *values, parameters=None, dtype="float64"):
    """Result tables (n_tables, n) of one row of places."""
    arguments = np.asarray(values, dtype)[:, None, :]
    rows = None if parameters is None else np.asarray(parameters)[None, :]
    results, _ = run_kernel(function, level, arguments, rows, dtype)
    return results[:, 0, :]
