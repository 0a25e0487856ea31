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
from wildwire.engine.blas import INLINE, INNER, MERGED
from wildwire.engine.forward import delta_table, expression_rows, inputs_of, lanes_of
from wildwire.engine.parts import CROSS_ENTROPY, HEAD_DELTAS, HEADS
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p

ARGUMENTS, TARGETS, WEIGHTS, VALUES, SLOPES = range(5)
ELEMENTWISE, SOFTMAX, MIXED = 0, 1, 2


class Loss(NamedTuple):
    """The losses of all outputs made ready.

    Each output has the address of the form it needs (on o, or on z where `fused`); those of a softmax head
    with its own loss have none, and are fused.
    """

    kind: int
    addresses: np.ndarray  # (n_outputs,), 0: softmax
    fused: np.ndarray  # int8 (n_outputs,): the loss reads z
    parameters: np.ndarray  # (n_outputs * width,), see `machine.bind_loss`
    width: int
    scale: np.ndarray  # outputs and targets are multiplied by it
    factor: np.ndarray  # the loss is multiplied by it
    totals: np.ndarray  # float64 (n_outputs + 1,), added to; last, the rows' weights
    unit: (
        np.ndarray
    )  # float64 (n_outputs,): what totals are multiplied by to be reported


@cached_njit(**INLINE)
def loss_table(plan, columns, which):
    """Offset of one of the loss's tables in the work array."""
    tables = expression_rows(plan, columns) + plan[p.EXPRESSION_ROWS] * columns
    return tables + which * plan[p.OUTPUTS] * columns


@cached_njit(**INNER)
def _turned(X, width, order, start, real, work, offset, columns):
    """`work[offset + i*columns + c] = X[order[start + c], i]`; the last row is repeated.

    Squares of lanes x lanes numbers are turned in registers: written one by one, every number of a
    wide row would touch a cache line of its own.
    """
    lanes = lanes_of(work)
    whole = width - width % lanes
    last = start + real - 1
    for c in range(0, columns, lanes):
        for i in range(0, whole, lanes):
            vectors.turn_tile(
                X, width, order, start + c, last, i, lanes, work,
                offset + i * columns + c, columns,
            )  # fmt: skip
        if width - whole > 3:
            vectors.turn_part(
                X, width, order, start + c, last, whole, width - whole, work,
                offset + whole * columns + c, columns,
            )  # fmt: skip
            continue
        for k in range(lanes if whole < width else 0):
            sample = order[min(start + c + k, last)] * width
            for i in range(whole, width):
                work[offset + i * columns + c + k] = X[sample + i]


@cached_njit(**MERGED)
def load_rows(plan, X, order, start, real, work, columns):
    """Inputs of `real` samples as rows of the value table; the last is repeated."""
    for c in range(columns):
        work[c] = 1
    _turned(X, inputs_of(plan), order, start, real, work, columns, columns)


@cached_njit(**MERGED)
def load_targets(plan, Y, weight, width, order, start, real, work, columns):
    """Targets and weights of a tile; padded columns weigh 0.

    Returns the sum of the rows' weights; with a weight for every output, that of a row is their mean, unless
    it stands behind them as one more.
    """
    targets = loss_table(plan, columns, TARGETS)
    weights = loss_table(plan, columns, WEIGHTS)
    outputs = np.int64(plan[p.OUTPUTS])
    _turned(Y, outputs, order, start, real, work, targets, columns)
    _turned(weight, width, order, start, real, work, weights, columns)
    total = 0.0
    # A row's own weight stands where the loss's values will: it is read here and nowhere else.
    first = outputs if width > outputs else np.int64(0)
    for q in range(width):
        line = weights + q * columns
        for c in range(real, columns):
            work[line + c] = 0
        if q >= first:
            for c in range(real):
                total += work[line + c]
    for at in range(weights + width * columns, weights + outputs * columns):
        work[at] = work[at - columns]
    return total / (width - first)


@cached_njit(**MERGED)
def elementwise(plan, forms, fused, parameters, width, scale, work, guards, columns):
    """Values and slopes of a loss that looks at one output at a time."""
    arguments = loss_table(plan, columns, ARGUMENTS)
    targets = loss_table(plan, columns, TARGETS)
    values = loss_table(plan, columns, VALUES)
    z = delta_table(plan, columns)
    table = targets - arguments
    outputs = np.int64(plan[p.OUTPUTS])
    for q in range(outputs):
        row = np.int64(plan[plan[p.OUTPUT_ROWS] + q])
        source = (z if fused[q] else np.int64(0)) + row * columns
        unit = scale[q]
        at = q * columns
        for c in range(columns):
            work[arguments + at + c] = work[source + c] * unit
            work[targets + at + c] *= unit
    first = np.int64(0)
    for q in range(1, outputs + 1):
        # Neighbours of one form in one call; a softmax has none.
        if q < outputs and forms[q] == forms[first]:
            continue
        if forms[first] != 0:
            calls.call_function(
                forms[first],
                work, arguments + first * columns, parameters, first * width,
                work, values + first * columns, guards, np.int64(plan[p.ROWS]) + first,
                q - first, columns, columns, table, table,
            )  # fmt: skip
        first = q


@cached_njit(**MERGED)
def _weigh(plan, scale, factor, work, columns, sums):
    """Weigh values and slopes; adds the sums of weight * loss per output."""
    weights = loss_table(plan, columns, WEIGHTS)
    values = loss_table(plan, columns, VALUES)
    slopes = loss_table(plan, columns, SLOPES)
    for q in range(plan[p.OUTPUTS]):
        outer = factor[q] * scale[q]
        at = q * columns
        sums[q] += vectors.weighed(
            work, weights + at, values + at, slopes + at, outer, columns
        )


@cached_njit(**MERGED)
def loss_deltas(plan, addresses, fused, work, columns):
    """Add the slopes to the deltas of the neurons that the outputs come from."""
    d = delta_table(plan, columns)
    slopes = loss_table(plan, columns, SLOPES)
    in_head = 0
    for i in range(plan[p.HEADS]):
        h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
        in_head += plan[h + 2]
        calls.call_part(
            addresses[3 * plan[p.FUNCTIONS] + HEADS], plan, addresses, HEAD_DELTAS, h,
            work, work, work, d, columns, np.int64(fused[plan[h + 3]]),
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
    if kind != ELEMENTWISE:
        for i in range(plan[p.HEADS]):
            h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
            if fused[plan[h + 3]]:
                calls.call_part(
                    addresses[3 * plan[p.FUNCTIONS] + HEADS], plan, addresses,
                    CROSS_ENTROPY, h, work, work, work, 0, columns, kind,
                )  # fmt: skip
    if kind != SOFTMAX:
        elementwise(plan, forms, fused, parameters, width, scale, work, guards, columns)
    _weigh(plan, scale, factor, work, columns, totals)
