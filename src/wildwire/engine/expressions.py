"""Neurons with a formula of their own: values, and the way back to their sources and numbers.

Comes in: an expression of the plan and the work array. Goes out: its row of values; its share of the
deltas of its sources and of the gradient. Compiled only for programs that have one, and called by
address; the signature is that of `parts.py`.

Behind the tables of the program the work array has rows for each expression: copies of its sources,
which the function reads as its arguments, then the function's result tables: value, one derivative for
each source, one for each number.
"""

import numpy as np
from numba import carray

from wildwire.engine import calls, vectors
from wildwire.engine.blas import INNER
from wildwire.engine.forward import expression_rows
from wildwire.engine.parts import ANY, VALUES
from wildwire.engine.pointers import add_at, longs_from, value_at
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


@cached_njit(**INNER)
def _values(plan, addresses, e, level, weights, work, guards, columns):
    row, count = np.int64(plan[e]), np.int64(plan[e + 1])
    sources = plan[p.SOURCES] + plan[e + 5]
    arguments = expression_rows(plan, columns) + np.int64(plan[e + 6]) * columns
    for a in range(count):
        source = np.int64(plan[sources + a]) * columns
        for c in range(columns):
            work[arguments + a * columns + c] = value_at(work, source + c)
    result = arguments + count * columns
    calls.call_function(
        addresses[3 * plan[e + 2] + level],
        work, arguments, weights, np.int64(plan[e + 3]), work, result, guards, row,
        np.int64(1), columns, columns, columns, columns,
    )  # fmt: skip
    for c in range(columns):
        work[row * columns + c] = work[result + c]


@cached_njit(**INNER)
def _deltas(plan, e, work, gradient, d, columns, to_inputs):
    """`dE/do_a += dE/dy dy/do_a` for the sources, `dE/dp_j += sum_c dE/dy dy/dp_j` for the numbers."""
    row, count = np.int64(plan[e]), np.int64(plan[e + 1])
    sources = plan[p.SOURCES] + plan[e + 5]
    result = expression_rows(plan, columns) + (np.int64(plan[e + 6]) + count) * columns
    delta = d + row * columns
    for a in range(count):
        source = np.int64(plan[sources + a])
        if 0 <= source <= plan[p.INPUTS] and not to_inputs:
            continue
        derivative = result + (1 + a) * columns
        for c in range(columns):
            share = work[delta + c] * work[derivative + c]
            add_at(work, d + source * columns + c, share)
    for j in range(plan[e + 4]):
        derivative = result + (1 + count + j) * columns
        gradient[plan[e + 3] + j] += vectors.dot(work, delta, work, derivative, columns)


def expression_kernel(
    plan_, addresses_, which, e, weights_, work_, gradient_, d, columns, start
):
    """One part of a pass for the expression at place `e`; see `parts.py`.

    `start` is the level of the values, or whether the deltas of inputs are wanted. Values need no table
    of deltas: there `d` is the address of the guards' counts.
    """
    plan, work = carray(plan_, ANY), carray(work_, ANY)
    if which == VALUES:
        _values(
            plan, carray(addresses_, ANY), e, start, carray(weights_, ANY), work,
            carray(longs_from(d), ANY), columns,
        )  # fmt: skip
    else:
        _deltas(plan, e, work, carray(gradient_, ANY), d, columns, start)
