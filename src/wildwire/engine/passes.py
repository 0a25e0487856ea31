"""Passes over a whole data set: values, loss, gradient with respect to the inputs.

Comes in: a bound program and data. Goes out: arrays filled, tile by tile. Called by `evaluate.py`
and `session.py`.
"""

import numpy as np

from wildwire.engine.backward import backward, clear_deltas
from wildwire.engine.blas import INLINE, KERNEL
from wildwire.engine.forward import delta_table, forward
from wildwire.engine.losses import (
    SLOPES,
    load_rows,
    load_targets,
    loss_table,
    loss_values,
)
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


@cached_njit(**INLINE)
def tile_columns(real, tile):
    """Columns that `real` samples need: 1 in a program made for single samples."""
    return np.int64(1) if tile == 1 else np.int64((real + 7) // 8 * 8)


@cached_njit(**KERNEL)
def values_of(machine, X, order, rows, out, tile):
    """Fill `out` (samples, len(rows)) with the values of the rows of the value table."""
    n = order.size
    for at in range(0, n, tile):
        real = min(tile, n - at)
        columns = tile_columns(real, tile)
        load_rows(machine.plan, X, order, at, real, machine.work, columns)
        forward(
            machine.plan, machine.addresses, 0, machine.weights, machine.work,
            machine.guards, columns,
        )  # fmt: skip
        for i in range(rows.size):
            row = np.int64(rows[i]) * columns
            for c in range(real):
                out[at + c, i] = machine.work[row + c]


@cached_njit(**KERNEL)
def loss_of(machine, data, loss, tile):
    """Add the weighted losses of all samples to `loss.totals`; returns their weight."""
    n = data.order.size
    plan, work = machine.plan, machine.work
    total = 0.0
    for at in range(0, n, tile):
        real = min(tile, n - at)
        columns = tile_columns(real, tile)
        load_rows(plan, data.X, data.order, at, real, work, columns)
        total += load_targets(
            plan, data.Y, data.weight, data.order, at, real, work, columns
        )
        forward(
            plan, machine.addresses, 0, machine.weights, work, machine.guards, columns
        )
        loss_values(plan, loss, work, machine.guards, columns, loss.totals)
    return total


@cached_njit(**KERNEL)
def input_gradient_of(machine, X, order, output, fused, out, tile):
    """Fill `out` (samples, inputs) with d output / d input."""
    n = order.size
    plan, work = machine.plan, machine.work
    for at in range(0, n, tile):
        real = min(tile, n - at)
        columns = tile_columns(real, tile)
        load_rows(plan, X, order, at, real, work, columns)
        forward(
            plan, machine.addresses, 1, machine.weights, work, machine.guards, columns
        )
        clear_deltas(plan, work, columns, True)
        _seed(plan, work, output, columns)
        slopes = loss_table(plan, columns, SLOPES)
        backward(
            plan, machine.addresses, machine.weights, work, machine.gradient,
            machine.sums, fused, slopes,
            columns, True,
        )  # fmt: skip
        d = delta_table(plan, columns)
        for i in range(X.shape[1]):
            for c in range(real):
                out[at + c, i] = work[d + (1 + i) * columns + c]


@cached_njit(**KERNEL)
def _seed(plan, work, output, columns):
    """Delta 1 for one output; through its head if it stands in one."""
    d = delta_table(plan, columns)
    row = np.int64(plan[plan[p.OUTPUT_ROWS] + output])
    if row < 1 + plan[p.INPUTS] + plan[p.NEURONS]:
        work[d + row * columns : d + (row + 1) * columns] += 1
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
