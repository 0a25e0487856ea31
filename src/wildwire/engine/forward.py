"""Values: one pass through a program for a tile of samples.

Comes in: a plan, addresses of compiled functions, weights in program order, and a work array whose
input rows are loaded. Goes out: the values of all rows (and, with level 1, slopes and parameter
derivatives). Called by `steps.py` and `evaluate.py`.

The work array holds tables of `rows x columns`, in this order: values, slopes, one table per
function parameter, deltas. Before backward fills it, the table of deltas holds z, the sums that the
neurons' functions read.
"""

import numpy as np

from wildwire.engine import calls, tiles
from wildwire.engine.blas import INLINE, INNER, MERGED, is_wide
from wildwire.engine.emitter import LANES_32, LANES_64, TALL
from wildwire.engine.parts import EXPRESSIONS, HEADS, SUMS, TRANSFERS, VALUES, WIDE
from wildwire.engine.pointers import address_of
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


@cached_njit(**INLINE)
def lanes_of(array):
    """Lanes of a 256-bit vector of the array's type."""
    return LANES_32 if array.itemsize == 4 else LANES_64


@cached_njit(**INLINE)
def delta_table(plan, columns):
    """Offset of the table of deltas (and of z) in the work array."""
    return (2 + np.int64(plan[p.MAX_PARAMETERS])) * plan[p.ROWS] * columns


@cached_njit(**INLINE)
def inputs_of(plan):
    """Inputs that X has; guesses, the last input rows, are not among them."""
    return np.int64(plan[p.INPUTS] - plan[p.GUESSES])


@cached_njit(**INLINE)
def expression_rows(plan, columns):
    """Offset of the rows of expressions in the work array."""
    return (3 + np.int64(plan[p.MAX_PARAMETERS])) * plan[p.ROWS] * columns


@cached_njit(**INLINE)
def lonely_sums(plan, b, m, weights, work, z, columns):
    """z of neuron m of block b."""
    lanes = lanes_of(weights)
    width, count = plan[b + 1], plan[b + 3]
    first, weight = plan[p.SOURCES] + plan[b + 2], plan[b + 4]
    out = z + (plan[b] + m) * columns
    c = 0
    while not TALL and c + 8 * lanes <= columns:
        tiles.sums_1x8(
            work, c, columns, plan, first, count, weights, weight + m, width,
            work, out + c,
        )  # fmt: skip
        c += 8 * lanes
    while c + 4 * lanes <= columns:
        tiles.sums_1x4(
            work, c, columns, plan, first, count, weights, weight + m, width,
            work, out + c,
        )  # fmt: skip
        c += 4 * lanes
    while c + 2 * lanes <= columns:
        tiles.sums_1x2(
            work, c, columns, plan, first, count, weights, weight + m, width,
            work, out + c,
        )  # fmt: skip
        c += 2 * lanes
    while c < columns:
        tiles.sums_1x1(
            work, c, columns, plan, first, count, weights, weight + m, width,
            work, out + c,
        )  # fmt: skip
        c += lanes


@cached_njit(**INNER)
def block_sums(plan, b, weights, work, z, columns):
    """z of the neurons of block b for a tile of samples."""
    lanes = lanes_of(weights)
    row, width, count = plan[b], plan[b + 1], plan[b + 3]
    first, weight = plan[p.SOURCES] + plan[b + 2], plan[b + 4]
    m = 0
    while TALL and m + 8 <= width:
        out = z + (row + m) * columns
        c = 0
        while c + 2 * lanes <= columns:
            tiles.sums_8x2(
                work, c, columns, plan, first, count, weights, weight + m, width,
                work, out + c,
            )  # fmt: skip
            c += 2 * lanes
        if c < columns:
            tiles.sums_8x1(
                work, c, columns, plan, first, count, weights, weight + m, width,
                work, out + c,
            )  # fmt: skip
        m += 8
    while width >= 4 and m < width:
        # The last four again rather than one by one: sums are written, not added to.
        m = min(m, width - 4)
        out = z + (row + m) * columns
        c = 0
        while c + 2 * lanes <= columns:
            tiles.sums_4x2(
                work, c, columns, plan, first, count, weights, weight + m, width,
                work, out + c,
            )  # fmt: skip
            c += 2 * lanes
        if c < columns:
            tiles.sums_4x1(
                work, c, columns, plan, first, count, weights, weight + m, width,
                work, out + c,
            )  # fmt: skip
        m += 4
    while m < width:
        lonely_sums(plan, b, m, weights, work, z, columns)
        m += 1


@cached_njit(**MERGED)
def forward_stage(plan, addresses, level, weights, work, guards, columns, s):
    """Values of the rows of stage `s`; arguments as those of `forward`."""
    table = np.int64(plan[p.ROWS]) * columns
    z = delta_table(plan, columns)
    parts = 3 * plan[p.FUNCTIONS]
    stage = plan[p.STAGE_TABLE] + s * p.STAGE_WIDTH
    for i in range(plan[stage], plan[stage] + plan[stage + 1]):
        b = plan[p.BLOCK_TABLE] + i * p.BLOCK_WIDTH
        if plan[b + 1] == 1:
            lonely_sums(plan, b, np.int64(0), weights, work, z, columns)
        elif is_wide(plan, b, columns):
            calls.call_part(
                addresses[parts + WIDE], plan, addresses, SUMS, b, weights, work,
                work, z, columns, 0,
            )  # fmt: skip
        else:
            block_sums(plan, b, weights, work, z, columns)
    for i in range(plan[stage + 8], plan[stage + 8] + plan[stage + 9]):
        t = plan[p.TRANSFER_TABLE] + i * p.TRANSFER_WIDTH
        calls.call_part(
            addresses[parts + TRANSFERS], plan, addresses, VALUES, t, weights,
            work, work, z, columns, address_of(guards),
        )  # fmt: skip
    for i in range(plan[stage + 2], plan[stage + 2] + plan[stage + 3]):
        r = plan[p.RUN_TABLE] + i * p.RUN_WIDTH
        row = np.int64(plan[r])
        calls.call_function(
            addresses[3 * plan[r + 2] + level],
            work, z + row * columns, weights, np.int64(plan[r + 3]),
            work, row * columns, guards, row,
            np.int64(plan[r + 1]), columns, columns, table, np.int64(0),
        )  # fmt: skip
    for i in range(plan[stage + 6], plan[stage + 6] + plan[stage + 7]):
        e = plan[p.EXPRESSION_TABLE] + i * p.EXPRESSION_WIDTH
        calls.call_part(
            addresses[parts + EXPRESSIONS], plan, addresses, VALUES, e, weights,
            work, work, address_of(guards), columns, level,
        )  # fmt: skip


@cached_njit(**MERGED)
def forward_heads(plan, addresses, weights, work, columns):
    """Values of the softmax heads, once all stages are there."""
    z = delta_table(plan, columns)
    for i in range(plan[p.HEADS]):
        h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
        calls.call_part(
            addresses[3 * plan[p.FUNCTIONS] + HEADS], plan, addresses, VALUES, h,
            weights, work, work, z, columns, 0,
        )  # fmt: skip


@cached_njit(**MERGED)
def forward(plan, addresses, level, weights, work, guards, columns):
    """Values of all rows, stage by stage.

    Parameters
    ----------
    plan : int32 array
    addresses : int64 array
        Address of function f at level l at 3*f + l; behind them those of `parts.py`, then of transfers.
    level : int
        0 values; 1 also slopes and parameter derivatives.
    weights : array (n_weights,)
    work : array
    guards : int64 array (rows,)
    columns : int
        Samples of the tile, whole vectors of float32.
    """
    for s in range(plan[p.STAGES]):
        forward_stage(plan, addresses, level, weights, work, guards, columns, s)
    forward_heads(plan, addresses, weights, work, columns)
