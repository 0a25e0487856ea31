"""The three kernels of a tile for programs that take one sample at a time.

Comes in: pointers, as in `kernels.py`. Goes out: a work array, totals and a gradient filled.
Compiled only when a program is bound for single samples, and then called in place of the kernels
for wide tiles.

Vectors run over neurons instead of samples, and nothing is called between stages but the functions
themselves: a small network's step is shorter than a dozen calls.
"""

import numpy as np
from numba import carray

from wildwire.engine import calls, tiles, vectors
from wildwire.engine.blas import INLINE, MERGED
from wildwire.engine.forward import delta_table, inputs_of, lanes_of
from wildwire.engine.losses import (
    ELEMENTWISE,
    SLOPES,
    SOFTMAX,
    TARGETS,
    WEIGHTS,
    elementwise,
    loss_deltas,
    loss_table,
)
from wildwire.engine.losses import VALUES as VALUES_OF_LOSS
from wildwire.engine.parts import (
    ANY,
    CROSS_ENTROPY,
    DELTAS,
    EXPRESSIONS,
    HEADS,
    TO_INPUTS,
    TO_WEIGHTS,
    TRANSFERS,
    VALUES,
)
from wildwire.engine.pointers import add_at, address_of, value_at
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


@cached_njit(**INLINE)
def _sums(plan, b, weights, work, z):
    """z of the neurons of block b for one sample: vectors over neurons."""
    lanes = lanes_of(weights)
    row, width, count = plan[b], plan[b + 1], plan[b + 3]
    first, weight = plan[p.SOURCES] + plan[b + 2], plan[b + 4]
    m = 0
    while m + 4 * lanes <= width:
        tiles.single_4(
            work, plan, first, count, weights, weight + m, width, work, z + row + m
        )
        m += 4 * lanes
    while m + lanes <= width:
        tiles.single_1(
            work, plan, first, count, weights, weight + m, width, work, z + row + m
        )
        m += lanes
    while m < width:
        total = weights[weight + m] * value_at(work, plan[first])
        for k in range(1, count):
            value = value_at(work, plan[first + k])
            total += weights[weight + k * width + m] * value
        work[z + row + m] = total
        m += 1


def forward_single(
    plan_, addresses_, level, weights_, work_, guards_, X_, order_, start, real, columns
):
    """Load sample number `start` of the order, and evaluate it."""
    plan, work, weights = carray(plan_, ANY), carray(work_, ANY), carray(weights_, ANY)
    addresses, guards, X = (
        carray(addresses_, ANY),
        carray(guards_, ANY),
        carray(X_, ANY),
    )
    inputs = inputs_of(plan)
    sample = carray(order_, ANY)[start] * inputs
    work[0] = 1
    for i in range(inputs):
        work[1 + i] = X[sample + i]
    rows, z = np.int64(plan[p.ROWS]), delta_table(plan, 1)
    for s in range(plan[p.STAGES]):
        stage = plan[p.STAGE_TABLE] + s * p.STAGE_WIDTH
        for i in range(plan[stage], plan[stage] + plan[stage + 1]):
            _sums(plan, plan[p.BLOCK_TABLE] + i * p.BLOCK_WIDTH, weights, work, z)
        for i in range(plan[stage + 8], plan[stage + 8] + plan[stage + 9]):
            t = plan[p.TRANSFER_TABLE] + i * p.TRANSFER_WIDTH
            calls.call_part(
                addresses[3 * plan[p.FUNCTIONS] + TRANSFERS], plan, addresses, VALUES,
                t, weights, work, work, z, 1, address_of(guards),
            )  # fmt: skip
        for i in range(plan[stage + 2], plan[stage + 2] + plan[stage + 3]):
            r = plan[p.RUN_TABLE] + i * p.RUN_WIDTH
            row, width = np.int64(plan[r]), np.int64(plan[r + 1])
            # Without parameters the run is one row of `width` numbers: its guards have one count.
            apart = plan[r + 4] > 0
            calls.call_function(
                addresses[3 * plan[r + 2] + level],
                work, z + row, weights, np.int64(plan[r + 3]), work, row, guards, row,
                width if apart else np.int64(1), np.int64(1) if apart else width,
                np.int64(1), rows, np.int64(0),
            )  # fmt: skip
        for i in range(plan[stage + 6], plan[stage + 6] + plan[stage + 7]):
            e = plan[p.EXPRESSION_TABLE] + i * p.EXPRESSION_WIDTH
            calls.call_part(
                addresses[3 * plan[p.FUNCTIONS] + EXPRESSIONS], plan, addresses, VALUES,
                e, weights, work, work, address_of(guards), 1, level,
            )  # fmt: skip
    for i in range(plan[p.HEADS]):
        h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
        calls.call_part(
            addresses[3 * plan[p.FUNCTIONS] + HEADS], plan, addresses, VALUES, h,
            weights, work, work, z, 1, 0,
        )  # fmt: skip


def loss_single(
    plan_, addresses_, kind, forms_, fused_, parameters_, width, scale_, factor_,
    totals_, work_, guards_, Y_, weight_, weight_width, order_, start, real, columns,
):  # fmt: skip
    """Value and slopes of the loss of sample number `start`, added to the totals."""
    plan, work, totals = carray(plan_, ANY), carray(work_, ANY), carray(totals_, ANY)
    Y, weight = carray(Y_, ANY), carray(weight_, ANY)
    outputs = np.int64(plan[p.OUTPUTS])
    sample = carray(order_, ANY)[start]
    targets = loss_table(plan, 1, TARGETS)
    weights = loss_table(plan, 1, WEIGHTS)
    for q in range(outputs):
        work[targets + q] = Y[sample * outputs + q]
        own = weight[sample * weight_width + (q if weight_width > 1 else 0)]
        work[weights + q] = own
    total = 0.0
    first = outputs if weight_width > outputs else np.int64(0)
    for q in range(first, weight_width):
        total += weight[sample * weight_width + q]
    totals[outputs] += total / (weight_width - first)
    addresses, scale = carray(addresses_, ANY), carray(scale_, ANY)
    fused = carray(fused_, ANY)
    if kind != ELEMENTWISE:
        for i in range(plan[p.HEADS]):
            h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
            if fused[plan[h + 3]]:
                calls.call_part(
                    addresses[3 * plan[p.FUNCTIONS] + HEADS], plan, addresses,
                    CROSS_ENTROPY, h, work, work, work, 0, 1, kind,
                )  # fmt: skip
    if kind != SOFTMAX:
        elementwise(
            plan, carray(forms_, ANY), fused, carray(parameters_, ANY),
            width, scale, work, carray(guards_, ANY), 1,
        )  # fmt: skip
    _weigh(plan, scale, carray(factor_, ANY), work, totals)


@cached_njit(**INLINE)
def _weigh(plan, scale, factor, work, totals):
    """Weigh value and slope of every output; a missing target, of weight 0, may be NaN."""
    weights, values = loss_table(plan, 1, WEIGHTS), loss_table(plan, 1, VALUES_OF_LOSS)
    slopes = loss_table(plan, 1, SLOPES)
    for q in range(plan[p.OUTPUTS]):
        weight = work[weights + q]
        if weight == 0:
            work[slopes + q] = 0
            continue
        totals[q] += np.float64(weight) * np.float64(work[values + q])
        work[slopes + q] *= weight * factor[q] * scale[q]


@cached_njit(**INLINE)
def _gather(plan, row, weights, work, d):
    """`dE/do` of a row: what others have pushed, and its share along the out-links."""
    low = plan[plan[p.OUT_POINTERS] + row]
    pairs = plan[p.OUT_LINKS] + 2 * low
    # Row 0 is 1: a zero of the right type.
    total = work[d + row] if plan[plan[p.KEEP] + row] else work[0] - work[0]
    for e in range(plan[plan[p.OUT_POINTERS] + row + 1] - low):
        total += weights[plan[pairs + 2 * e + 1]] * work[d + plan[pairs + 2 * e]]
    work[d + row] = total
    return total


@cached_njit(**INLINE)
def _run_deltas(plan, r, weights, work, gradient, d):
    rows = np.int64(plan[p.ROWS])
    first, width, parameters = plan[r], plan[r + 1], plan[r + 4]
    for row in range(first, first + width):
        delta = _gather(plan, row, weights, work, d)
        at = plan[r + 3] + (row - first) * parameters
        for j in range(parameters):
            gradient[at + j] += delta * work[(2 + j) * rows + row]
        work[d + row] = delta * work[rows + row]


@cached_njit(**INLINE)
def _gradient(plan, b, work, gradient, d):
    row, width, count = plan[b], plan[b + 1], plan[b + 3]
    first, weight = plan[p.SOURCES] + plan[b + 2], plan[b + 4]
    if width < lanes_of(work):
        for k in range(count):
            value = value_at(work, plan[first + k])
            for m in range(width):
                gradient[weight + k * width + m] += value * work[d + row + m]
        return
    for k in range(count):
        vectors.add_scaled(
            value_at(work, plan[first + k]),
            work,
            d + row,
            gradient,
            weight + k * width,
            width,
        )


@cached_njit(**INLINE)
def _push(plan, b, weights, work, d, start):
    row, width, count = plan[b], plan[b + 1], plan[b + 3]
    first, weight = plan[p.SOURCES] + plan[b + 2], plan[b + 4]
    if width < lanes_of(work):
        for i in range(start, count):
            total = weights[weight + i * width] * work[d + row]
            for m in range(1, width):
                total += weights[weight + i * width + m] * work[d + row + m]
            add_at(work, d + plan[first + i], total)
        return
    for i in range(start, count):
        total = vectors.dot(
            weights, np.int64(weight + i * width), work, d + row, np.int64(width)
        )
        add_at(work, d + plan[first + i], total)


@cached_njit(**MERGED)
def _add_fused(plan, fused, work, first, rows, d):
    """Add dE/dz of outputs whose loss reads z (logistic with its partner loss)."""
    slopes = loss_table(plan, 1, SLOPES)
    for q in range(plan[p.OUTPUTS]):
        row = plan[plan[p.OUTPUT_ROWS] + q]
        if fused[q] and first <= row < first + rows:
            work[d + row] += work[slopes + q]


def backward_single(
    plan_, addresses_, weights_, work_, gradient_, sums_, fused_, kind, columns,
    to_inputs,
):  # fmt: skip
    """Deltas and gradient of one sample; `to_inputs` as in `kernels.backward_kernel`."""
    plan, work, fused = carray(plan_, ANY), carray(work_, ANY), carray(fused_, ANY)
    weights, gradient = carray(weights_, ANY), carray(gradient_, ANY)
    addresses = carray(addresses_, ANY)
    d = delta_table(plan, 1)
    if to_inputs == TO_WEIGHTS:
        for row in range(1 + plan[p.INPUTS], 1 + plan[p.INPUTS] + plan[p.NEURONS]):
            work[d + row] = 0
    if to_inputs != TO_INPUTS:
        loss_deltas(plan, addresses, fused, work, 1)
    for s in range(plan[p.STAGES] - 1, -1, -1):
        stage = plan[p.STAGE_TABLE] + s * p.STAGE_WIDTH
        for i in range(plan[stage + 2], plan[stage + 2] + plan[stage + 3]):
            r = plan[p.RUN_TABLE] + i * p.RUN_WIDTH
            _run_deltas(plan, r, weights, work, gradient, d)
        for i in range(plan[stage + 6], plan[stage + 6] + plan[stage + 7]):
            e = plan[p.EXPRESSION_TABLE] + i * p.EXPRESSION_WIDTH
            _gather(plan, plan[e], weights, work, d)
            calls.call_part(
                addresses[3 * plan[p.FUNCTIONS] + EXPRESSIONS], plan, addresses, DELTAS,
                e, weights, work, gradient, d, 1, np.int64(to_inputs == TO_INPUTS),
            )  # fmt: skip
        _add_fused(plan, fused, work, plan[stage + 4], plan[stage + 5], d)
        for i in range(plan[stage + 8], plan[stage + 8] + plan[stage + 9]):
            t = plan[p.TRANSFER_TABLE] + i * p.TRANSFER_WIDTH
            calls.call_part(
                addresses[3 * plan[p.FUNCTIONS] + TRANSFERS], plan, addresses, DELTAS,
                t, weights, work, gradient, d, 1, np.int64(to_inputs == TO_INPUTS),
            )  # fmt: skip
        for i in range(plan[stage], plan[stage] + plan[stage + 1]):
            b = plan[p.BLOCK_TABLE] + i * p.BLOCK_WIDTH
            start = 0 if to_inputs == TO_INPUTS else plan[b + 5]
            _gradient(plan, b, work, gradient, d)
            if plan[b + 1] > 1 and start < plan[b + 3]:
                _push(plan, b, weights, work, d, start)
    if to_inputs == TO_INPUTS:
        for row in range(1, 1 + plan[p.INPUTS]):
            _gather(plan, row, weights, work, d)
