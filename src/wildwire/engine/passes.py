"""Passes over a whole data set: values, loss, gradient with respect to the inputs.

Comes in: a bound program and data. Goes out: arrays filled, tile by tile. Called by `evaluate.py`
and `session.py`.
"""

import numpy as np

from wildwire.engine import calls
from wildwire.engine.backward import clear_deltas
from wildwire.engine.blas import INLINE, KERNEL
from wildwire.engine.forward import delta_table
from wildwire.engine.parts import BACKWARD, FORWARD, LOSS
from wildwire.engine.steps import columns_of, kernel_of
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


@cached_njit(**KERNEL)
def values_of(machine, X, order, rows, out, tile):
    """Fill `out` (samples, len(rows)) with the values of the rows of the value table."""
    plan, addresses, weights, work, guards, _, _ = machine
    n = order.size
    for at in range(0, n, tile):
        real = min(tile, n - at)
        columns = columns_of(real, tile)
        calls.call_forward(
            kernel_of(plan, addresses, FORWARD), plan, addresses, 0, weights, work,
            guards, X, order, at, real, columns,
        )  # fmt: skip
        for i in range(rows.size):
            row = np.int64(rows[i]) * columns
            for c in range(real):
                out[at + c, i] = work[row + c]


@cached_njit(**KERNEL)
def loss_of(machine, data, loss, tile):
    """Add the weighted losses of all samples, and their weights, to `loss.totals`."""
    plan, addresses, weights, work, guards, _, _ = machine
    X, Y, weight, weight_width, order = data
    kind, forms, fused, parameters, width, scale, factor, totals = loss
    n = order.size
    for at in range(0, n, tile):
        real = min(tile, n - at)
        columns = columns_of(real, tile)
        calls.call_forward(
            kernel_of(plan, addresses, FORWARD), plan, addresses, 0, weights, work,
            guards, X, order, at, real, columns,
        )  # fmt: skip
        calls.call_loss(
            kernel_of(plan, addresses, LOSS), plan, addresses, kind, forms, fused,
            parameters, width, scale, factor, totals, work, guards, Y, weight, weight_width, order,
            at, real, columns,
        )  # fmt: skip


@cached_njit(**KERNEL)
def input_gradient_of(machine, X, order, output, fused, out, tile):
    """Fill `out` (samples, inputs) with d output / d input."""
    plan, addresses, weights, work, guards, gradient, sums = machine
    n = order.size
    for at in range(0, n, tile):
        real = min(tile, n - at)
        columns = columns_of(real, tile)
        calls.call_forward(
            kernel_of(plan, addresses, FORWARD), plan, addresses, 1, weights, work,
            guards, X, order, at, real, columns,
        )  # fmt: skip
        clear_deltas(plan, work, columns, True)
        _seed(plan, work, output, columns)
        calls.call_backward(
            kernel_of(plan, addresses, BACKWARD), plan, addresses, weights, work,
            gradient, sums, fused, 0, columns, 1,
        )  # fmt: skip
        d = delta_table(plan, columns)
        for i in range(out.shape[1]):
            for c in range(real):
                out[at + c, i] = work[d + (1 + i) * columns + c]


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
