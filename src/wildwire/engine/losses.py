"""The loss of a tile: values summed per output, slopes into the deltas.

Comes in: a work array after `forward`, targets and weights of the tile's samples. Goes out: the
sums of weight * loss per output, and dE/do (or dE/dz where output and loss are partners) where
`backward` reads it. Called by `steps.py`.

Behind the tables of the program the work array holds tables of `outputs x columns`:
arguments, targets, weights, values, slopes, and the loss's further derivatives.
"""

from typing import NamedTuple

import numpy as np

from wildwire.engine import calls, vectors
from wildwire.engine.blas import INLINE, MERGED
from wildwire.engine.forward import delta_table, lanes_of
from wildwire.engine.parts import CROSS_ENTROPY, HEAD_DELTAS, HEADS
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p

ARGUMENTS, TARGETS, WEIGHTS, VALUES, SLOPES = range(5)
ELEMENTWISE, SOFTMAX = 0, 1


class Loss(NamedTuple):
    """A loss made ready: addresses of its two forms (on o; on z) and its numbers per output."""

    kind: int
    addresses: np.ndarray
    fused: np.ndarray  # int8 (n_outputs,): the loss reads z
    parameters: np.ndarray  # (n_outputs * width,)
    width: int
    scale: np.ndarray  # outputs and targets are multiplied by it
    factor: np.ndarray  # the loss is multiplied by it
    totals: np.ndarray  # float64 (n_outputs + 1,), added to; last, the rows' weights


@cached_njit(**INLINE)
def loss_table(plan, columns, which):
    """Offset of one of the loss's tables in the work array."""
    tables = (3 + np.int64(plan[p.MAX_PARAMETERS])) * plan[p.ROWS] * columns
    return tables + which * plan[p.OUTPUTS] * columns


@cached_njit(**MERGED)
def load_rows(plan, X, order, start, real, work, columns):
    """Inputs of `real` samples as rows of the value table; the last is repeated.

    Squares of lanes x lanes numbers are turned in registers: written one by one, every number of a
    wide input would touch a cache line of its own.
    """
    n_inputs = plan[p.INPUTS]
    for c in range(columns):
        work[c] = 1
    if columns == 1:
        sample = order[start]
        for i in range(n_inputs):
            work[1 + i] = X[sample * n_inputs + i]
        return
    lanes = lanes_of(work)
    whole = n_inputs - n_inputs % lanes
    last = start + real - 1
    for c in range(0, columns, lanes):
        for i in range(0, whole, lanes):
            vectors.turn_tile(
                X, n_inputs, order, start + c, last, i, work,
                (1 + i) * columns + c, columns,
            )  # fmt: skip
        for i in range(whole, n_inputs):
            for k in range(lanes):
                sample = order[min(start + c + k, last)]
                work[(1 + i) * columns + c + k] = X[sample * n_inputs + i]


@cached_njit(**MERGED)
def load_targets(plan, Y, weight, width, order, start, real, work, columns):
    """Targets and weights of a tile; padded columns weigh 0.

    Returns the sum of the rows' weights; with a weight for every output, that of a row is their mean.
    """
    targets = loss_table(plan, columns, TARGETS)
    weights = loss_table(plan, columns, WEIGHTS)
    outputs = plan[p.OUTPUTS]
    total = 0.0
    for c in range(columns):
        sample = order[start + min(c, real - 1)]
        for q in range(outputs):
            work[targets + q * columns + c] = Y[sample * outputs + q]
            own = weight[sample * width + (0 if width == 1 else q)]
            work[weights + q * columns + c] = own if c < real else own * 0
        for q in range(width if c < real else 0):
            total += weight[sample * width + q]
    return total / width


@cached_njit(**MERGED)
def _elementwise(plan, forms, fused, parameters, width, scale, work, guards, columns):
    """Values and slopes of a loss that looks at one output at a time."""
    arguments = loss_table(plan, columns, ARGUMENTS)
    targets = loss_table(plan, columns, TARGETS)
    values = loss_table(plan, columns, VALUES)
    z = delta_table(plan, columns)
    table = targets - arguments
    for q in range(plan[p.OUTPUTS]):
        row = np.int64(plan[plan[p.OUTPUT_ROWS] + q])
        base = z if fused[q] else np.int64(0)
        unit = scale[q]
        for c in range(columns):
            at = q * columns + c
            work[arguments + at] = work[base + row * columns + c] * unit
            work[targets + at] *= unit
        calls.call_function(
            forms[fused[q]],
            work, arguments + q * columns, parameters, q * width,
            work, values + q * columns, guards, np.int64(0),
            np.int64(1), columns, columns, table, table,
        )  # fmt: skip


@cached_njit(**MERGED)
def _weigh(plan, scale, factor, work, columns, sums):
    """Weigh values and slopes; adds the sums of weight * loss per output."""
    weights = loss_table(plan, columns, WEIGHTS)
    values = loss_table(plan, columns, VALUES)
    slopes = loss_table(plan, columns, SLOPES)
    for q in range(plan[p.OUTPUTS]):
        outer = factor[q] * scale[q]
        total = 0.0
        for c in range(columns):
            at = q * columns + c
            weight = work[weights + at]
            if weight != 0:
                total += np.float64(weight) * np.float64(work[values + at])
                work[slopes + at] *= weight * outer
            else:  # a missing target may be NaN
                work[slopes + at] = 0
        sums[q] += total


@cached_njit(**MERGED)
def loss_deltas(plan, addresses, kind, fused, work, columns):
    """Add the slopes to the deltas of the neurons that the outputs come from."""
    d = delta_table(plan, columns)
    slopes = loss_table(plan, columns, SLOPES)
    in_head = 0
    for i in range(plan[p.HEADS]):
        h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
        in_head += plan[h + 2]
        calls.call_part(
            addresses[3 * plan[p.FUNCTIONS] + HEADS], plan, addresses, HEAD_DELTAS, h,
            work, work, work, d, columns, kind,
        )  # fmt: skip
    if in_head == plan[p.OUTPUTS]:
        return
    first_head_row = 1 + plan[p.INPUTS] + plan[p.NEURONS]
    for q in range(plan[p.OUTPUTS]):
        row = plan[plan[p.OUTPUT_ROWS] + q]
        if fused[q] or row >= first_head_row:
            continue
        for c in range(columns):
            work[d + row * columns + c] += work[slopes + q * columns + c]


@cached_njit(**MERGED)
def loss_values(
    plan, addresses, kind, forms, fused, parameters, width, scale, factor, totals,
    work, guards, columns,
):  # fmt: skip
    """Values and weighted slopes of a tile; adds to `totals`."""
    if kind == SOFTMAX:
        for i in range(plan[p.HEADS]):
            h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
            calls.call_part(
                addresses[3 * plan[p.FUNCTIONS] + HEADS], plan, addresses,
                CROSS_ENTROPY, h, work, work, work, 0, columns, kind,
            )  # fmt: skip
    else:
        _elementwise(
            plan, forms, fused, parameters, width, scale, work, guards, columns
        )
    _weigh(plan, scale, factor, work, columns, totals)
