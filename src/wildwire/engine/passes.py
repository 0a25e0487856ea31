"""Passes over a whole data set: values, loss, gradient with respect to the inputs.

Comes in: the table of a bound program (`places.py`). Goes out: arrays filled, tile by tile. Called
through `bound.py` by `evaluate.py`, `session.py` and `population.py`.
"""

import numpy as np
from numba import carray

from wildwire.engine import calls
from wildwire.engine import places as at
from wildwire.engine.backward import clear_deltas
from wildwire.engine.blas import INLINE, INNER
from wildwire.engine.forward import delta_table, inputs_of
from wildwire.engine.mapping import TO_WEIGHTS
from wildwire.engine.parts import ANY, BACKWARD, FORWARD
from wildwire.engine.pointers import (
    call_on,
    doubles_at,
    flags_at,
    integers_at,
    longs_at,
    pointer_at,
)
from wildwire.engine.steps import columns_of, kernel_of, loss_of_rows
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p

READY, UNKNOWN_NUMBER, BAD_INPUT = range(3)  # what `values_kernel` leaves in STATUS


@cached_njit(**INNER)
def take_theta(table, real):
    """Theta, as the user gives it, into the weights; False if a number is unknown."""
    given = carray(doubles_at(table, at.THETA), ANY)
    vector = carray(pointer_at(table, at.VECTOR, real), ANY)
    known = True
    for i in range(table[at.N_THETA]):
        known &= given[i] == given[i]
        vector[i] = given[i]
    call_on(table[at.MAP], table, real, TO_WEIGHTS)
    return known


@cached_njit(**INNER)
def values_of(table, real):
    """Fill OUT (rows, N_OUT_ROWS) with rows of the value table."""
    plan = carray(integers_at(table, at.PLAN), ANY)
    addresses = carray(longs_at(table, at.ADDRESSES), ANY)
    weights = carray(pointer_at(table, at.WEIGHTS, real), ANY)
    work = carray(pointer_at(table, at.WORK, real), ANY)
    guards = carray(longs_at(table, at.GUARDS), ANY)
    X = carray(pointer_at(table, at.X, real), ANY)
    order = carray(longs_at(table, at.ORDER), ANY)
    out = carray(pointer_at(table, at.OUT, real), ANY)
    rows = carray(integers_at(table, at.OUT_ROWS), ANY)
    width, tile, stop = table[at.N_OUT_ROWS], table[at.TILE], table[at.END_ROW]
    for first in range(table[at.FIRST_ROW], stop, tile):
        count = min(tile, stop - first)
        columns = columns_of(count, tile)
        calls.call_forward(
            kernel_of(plan, addresses, FORWARD), plan, addresses, 0, weights, work,
            guards, X, order, first, count, columns,
        )  # fmt: skip
        for i in range(width):
            row = np.int64(rows[i]) * columns
            for c in range(count):
                out[(first + c) * width + i] = work[row + c]


def values_kernel(table, real, thread):
    """Take theta (first thread) and form values of rows FIRST_ROW .. END_ROW.

    For a single row, the inputs are looked at here: STATUS tells if one is not finite.
    """
    status = carray(longs_at(table, at.STATUS), ANY)
    if thread == 0:
        status[0] = READY
        if not take_theta(table, real):
            status[0] = UNKNOWN_NUMBER
            return
    if table[at.TILE] == 1 and table[at.FIRST_ROW] < table[at.END_ROW]:
        plan = carray(integers_at(table, at.PLAN), ANY)
        X = carray(pointer_at(table, at.X, real), ANY)
        for i in range(inputs_of(plan)):
            if not np.isfinite(X[i]):
                status[0] = BAD_INPUT
                return
    values_of(table, real)


def loss_kernel_of_rows(table, real, thread):
    """Add the weighted losses of all samples, and their weights, to the totals, part by part."""
    plan = carray(integers_at(table, at.PLAN), ANY)
    width = np.int64(plan[p.OUTPUTS]) + 1
    totals = carray(doubles_at(table, at.PART_TOTALS), ANY)
    none = carray(pointer_at(table, at.GRADIENT, real), ANY)
    rows, stop = table[at.LOSS_PART_ROWS], table[at.END_ROW]
    for part in range(thread, table[at.N_LOSS_PARTS], table[at.N_THREADS]):
        losses = totals[part * width :]
        for q in range(width):
            losses[q] = 0
        first = part * rows
        if first < stop:
            loss_of_rows(table, real, losses, first, min(first + rows, stop), none, 0)


def input_gradient_kernel(table, real, thread):
    """Fill OUT (rows, inputs) with d output / d input."""
    plan = carray(integers_at(table, at.PLAN), ANY)
    addresses = carray(longs_at(table, at.ADDRESSES), ANY)
    weights = carray(pointer_at(table, at.WEIGHTS, real), ANY)
    work = carray(pointer_at(table, at.WORK, real), ANY)
    guards = carray(longs_at(table, at.GUARDS), ANY)
    turned = carray(pointer_at(table, at.TURNED, real), ANY)
    gradient = carray(pointer_at(table, at.GRADIENT, real), ANY)
    X = carray(pointer_at(table, at.X, real), ANY)
    order = carray(longs_at(table, at.ORDER), ANY)
    fused = carray(flags_at(table, at.LOSS_FUSED), ANY)
    out = carray(pointer_at(table, at.OUT, real), ANY)
    inputs, tile, stop = inputs_of(plan), table[at.TILE], table[at.END_ROW]
    for first in range(table[at.FIRST_ROW], stop, tile):
        count = min(tile, stop - first)
        columns = columns_of(count, tile)
        calls.call_forward(
            kernel_of(plan, addresses, FORWARD), plan, addresses, 1, weights, work,
            guards, X, order, first, count, columns,
        )  # fmt: skip
        clear_deltas(plan, work, columns, True)
        _seed(plan, work, table[at.OUTPUT], columns)
        calls.call_backward(
            kernel_of(plan, addresses, BACKWARD), plan, addresses, weights, work,
            gradient, turned, fused, 0, columns, 1,
        )  # fmt: skip
        d = delta_table(plan, columns)
        for i in range(inputs):
            for c in range(count):
                out[(first + c) * inputs + i] = work[d + (1 + i) * columns + c]


@cached_njit(**INLINE)
def _seed(plan, work, output, columns):
    """Delta 1 for one output; through its head if it stands in one."""
    d = delta_table(plan, columns)
    row = np.int64(plan[plan[p.OUTPUT_ROWS] + output])
    if row < 1 + plan[p.INPUTS] + plan[p.NEURONS]:
        for c in range(columns):
            work[d + row * columns + c] += 1
        return
    for i in range(plan[p.HEADS]):
        h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
        first, count = np.int64(plan[h + 1]), np.int64(plan[h + 2])
        if row < first or row >= first + count:
            continue
        sources = plan[p.OUTPUT_ROWS] + plan[p.OUTPUTS] + plan[h]
        for k in range(count):
            target = np.int64(plan[sources + k])
            for c in range(columns):
                value = work[(first + k) * columns + c]
                slope = -value * work[row * columns + c]
                if first + k == row:
                    slope += value
                work[d + target * columns + c] += slope
