"""Training steps: whole runs of mini-batches inside one kernel call, for one or several threads.

Comes in: the table of a bound program (`places.py`). Goes out: changed weights (or theta), the loss
of the steps, a status. Called through `bound.py` by `session.py`, which says how many steps fit into
its slice of time.

One step: shake the weights if wanted (`noise.py`); clear the gradient; for each tile of the batch load,
forward, loss, backward; divide by the batch's weight if the mean is wanted; then the update (`update.py`).

A batch is cut into parts whose number depends on batch and network only. Every part has a gradient of
its own, and these are added in order: the same bits come out for any number of threads. All threads
enter the kernel once and meet after the parts, after the sum, and after the update.
"""

import numpy as np
from numba import carray

from wildwire.engine import calls, vectors
from wildwire.engine import places as at
from wildwire.engine.blas import INLINE, INNER
from wildwire.engine.emitter import LANES_32
from wildwire.engine.mapping import TO_THETA, TO_WEIGHTS
from wildwire.engine.meeting import meet
from wildwire.engine.noise import settle_down, shake
from wildwire.engine.parts import ANY, BACKWARD, FORWARD, LOSS
from wildwire.engine.pointers import (
    call_on,
    doubles_at,
    flags_at,
    integers_at,
    longs_at,
    pointer_at,
)
from wildwire.engine.update import apply_update
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


@cached_njit(**INLINE)
def kernel_of(plan, addresses, which):
    """Address of one of the kernels, by its number in `parts.py`."""
    return addresses[3 * plan[p.FUNCTIONS] + which]


@cached_njit(**INLINE)
def columns_of(real, tile):
    """Columns that `real` samples need: 1 in a program made for single samples."""
    if tile == 1:
        return np.int64(1)
    return np.int64((real + LANES_32 - 1) // LANES_32 * LANES_32)


@cached_njit(**INNER)
def loss_of_rows(table, real, totals, start, stop, gradient, level):
    """Loss of rows start..stop of the order, and with level 1 their gradient, both added up."""
    plan = carray(integers_at(table, at.PLAN), ANY)
    addresses = carray(longs_at(table, at.ADDRESSES), ANY)
    weights = carray(pointer_at(table, at.WEIGHTS, real), ANY)
    work = carray(pointer_at(table, at.WORK, real), ANY)
    guards = carray(longs_at(table, at.GUARDS), ANY)
    turned = carray(pointer_at(table, at.TURNED, real), ANY)
    X = carray(pointer_at(table, at.X, real), ANY)
    Y = carray(pointer_at(table, at.Y, real), ANY)
    sample_weight = carray(pointer_at(table, at.SAMPLE_WEIGHT, real), ANY)
    order = carray(longs_at(table, at.ORDER), ANY)
    forms = carray(longs_at(table, at.LOSS_FORMS), ANY)
    fused = carray(flags_at(table, at.LOSS_FUSED), ANY)
    parameters = carray(pointer_at(table, at.LOSS_PARAMETERS, real), ANY)
    scale = carray(pointer_at(table, at.LOSS_SCALE, real), ANY)
    factor = carray(pointer_at(table, at.LOSS_FACTOR, real), ANY)
    kind, tile = table[at.LOSS_KIND], table[at.TILE]
    for first in range(start, stop, tile):
        count = min(tile, stop - first)
        columns = columns_of(count, tile)
        calls.call_forward(
            kernel_of(plan, addresses, FORWARD), plan, addresses, level, weights, work,
            guards, X, order, first, count, columns,
        )  # fmt: skip
        calls.call_loss(
            kernel_of(plan, addresses, LOSS), plan, addresses, kind, forms, fused,
            parameters, table[at.LOSS_WIDTH], scale, factor, totals, work, guards, Y,
            sample_weight, table[at.SAMPLE_WEIGHT_WIDTH], order, first, count, columns,
        )  # fmt: skip
        if level == 1:
            calls.call_backward(
                kernel_of(plan, addresses, BACKWARD), plan, addresses, weights, work,
                gradient, turned, fused, kind, columns, 0,
            )  # fmt: skip


@cached_njit(**INNER)
def _parts(table, real, start, stop, thread, outputs):
    """Losses and gradients of this thread's parts of a batch."""
    size, rows = table[at.N_WEIGHTS], table[at.PART_ROWS]
    gradients = carray(pointer_at(table, at.PART_GRADIENTS, real), ANY)
    totals = carray(doubles_at(table, at.PART_TOTALS), ANY)
    for part in range(thread, table[at.N_PARTS], table[at.N_THREADS]):
        first = start + part * rows
        here = gradients[part * size :]
        for i in range(size):
            here[i] = 0
        losses = totals[part * (outputs + 1) :]
        for q in range(outputs + 1):
            losses[q] = 0
        if first < stop:
            loss_of_rows(table, real, losses, first, min(first + rows, stop), here, 1)


@cached_njit(**INNER)
def _sum_of_parts(table, real, thread):
    """This thread's share of the weights: the gradients of all parts, added in order."""
    size, threads = table[at.N_WEIGHTS], table[at.N_THREADS]
    gradients = carray(pointer_at(table, at.PART_GRADIENTS, real), ANY)
    gradient = carray(pointer_at(table, at.GRADIENT, real), ANY)
    share = (size + threads - 1) // threads
    first, last = thread * share, min((thread + 1) * share, size)
    for i in range(first, last):
        gradient[i] = gradients[i]
    for part in range(1, table[at.N_PARTS]):
        shift = part * size
        for i in range(first, last):
            gradient[i] += gradients[shift + i]


@cached_njit(**INNER)
def _batch_gradient(table, real, start, stop, thread, outputs):
    """Loss and gradient of a batch, formed by all threads together."""
    threads, n_parts = table[at.N_THREADS], table[at.N_PARTS]
    totals = carray(doubles_at(table, at.TOTALS), ANY)
    if n_parts == 1:
        gradient = carray(pointer_at(table, at.GRADIENT, real), ANY)
        if thread == 0:
            for i in range(table[at.N_WEIGHTS]):
                gradient[i] = 0
            loss_of_rows(table, real, totals, start, stop, gradient, 1)
        return
    shared = longs_at(table, at.MEETING)
    _parts(table, real, start, stop, thread, outputs)
    meet(shared, threads)
    _sum_of_parts(table, real, thread)
    if thread == 0:
        of_parts = carray(doubles_at(table, at.PART_TOTALS), ANY)
        for part in range(n_parts):
            for q in range(outputs + 1):
                totals[q] += of_parts[part * (outputs + 1) + q]
    meet(shared, threads)


@cached_njit(**INNER)
def _finish(table, real, before, number, outputs):
    """From the gradient of a batch to the change of the weights; 0, or 1 for no finite number."""
    totals = carray(doubles_at(table, at.TOTALS), ANY)
    by_weight = carray(pointer_at(table, at.GRADIENT, real), ANY)
    here = totals[outputs] - before
    if here == 0:
        return 0
    if table[at.IS_MEAN] and here != 1:
        share = by_weight.dtype.type(1 / here)
        for i in range(table[at.N_WEIGHTS]):
            by_weight[i] *= share
    gradient = carray(pointer_at(table, at.VECTOR_GRADIENT, real), ANY)
    if table[at.IS_MAPPED]:
        call_on(table[at.MAP], table, real, TO_THETA)
    if table[at.RULE] == 0:
        return 0
    free = carray(pointer_at(table, at.FREE, real), ANY)
    total = np.float64(vectors.dot(gradient, 0, free, 0, table[at.VECTOR_SIZE]))
    for q in range(outputs):
        total += totals[q]
    if not np.isfinite(total):
        return 1
    if apply_update(table, real, number):
        return 1
    if table[at.IS_MAPPED]:
        call_on(table[at.MAP], table, real, TO_WEIGHTS)
    return 0


def steps_kernel(table, real, thread):
    """Run `table[N_STEPS]` mini-batches, from batch number FIRST_BATCH of the order.

    `STATUS` becomes 0, or 1 + index of the step whose loss or gradient was not finite (not
    applied). Every thread calls it with its own table and its number; `real` is a null pointer of the
    engine's type.
    """
    plan = carray(integers_at(table, at.PLAN), ANY)
    shared = longs_at(table, at.MEETING)
    status = carray(longs_at(table, at.STATUS), ANY)
    totals = carray(doubles_at(table, at.TOTALS), ANY)
    outputs = np.int64(plan[p.OUTPUTS])
    batch, n = table[at.BATCH], table[at.END_ROW]
    # A batch of one part is the work of one thread: it would wait for the others for ever.
    threads = table[at.N_THREADS] if table[at.N_PARTS] > 1 else 1
    for number in range(table[at.N_STEPS]):
        start = (table[at.FIRST_BATCH] + number) * batch
        before = totals[outputs]
        if table[at.HAS_NOISE]:
            if thread == 0:
                shake(table, real, number)
            meet(shared, threads)
        _batch_gradient(table, real, start, min(start + batch, n), thread, outputs)
        if thread == 0 and table[at.HAS_NOISE]:
            settle_down(table, real)
        if thread == 0 and _finish(table, real, before, number, outputs):
            status[0] = number + 1
        meet(shared, threads)
        if status[0] != 0:
            return
