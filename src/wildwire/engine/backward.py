"""Gradients: the way back through a program for a tile of samples.

Comes in: a work array after `forward` at level 1, with dE/dy added to the deltas of the output
rows. Goes out: the gradient of the weights, added up, and the deltas of all rows. Called by
`steps.py` and `evaluate.py`.

    delta_k = sigma'_k * dE/do_k                            output neuron
    delta_j = sigma'_j * sum_k delta_k * dz_k/do_j          any other neuron
    dE/dw_ij = delta_j * dz_j/dw_ij = delta_j * o_i         linear transfer

A neuron whose consumers share their sources with others has its delta pushed by them (a matrix
product); from lonely consumers it gathers along its out-links: loads only, where scattering would
store once per link.
"""

import numpy as np

from wildwire.engine import calls, outer, tiles, vectors
from wildwire.engine.blas import INLINE, INNER, MERGED, is_wide
from wildwire.engine.emitter import MOST_VECTORS, TALL
from wildwire.engine.forward import delta_table, lanes_of
from wildwire.engine.losses import SLOPES, loss_table
from wildwire.engine.parts import (
    DELTAS,
    EXPRESSIONS,
    GRADIENT,
    PUSH,
    TRANSFERS,
    WIDE,
)
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


@cached_njit(**MERGED)
def clear_deltas(plan, work, columns, to_inputs):
    """Zero the deltas of the rows that others add to."""
    d = delta_table(plan, columns)
    first = 0 if to_inputs else 1 + plan[p.INPUTS]
    for row in range(first, 1 + plan[p.INPUTS] + plan[p.NEURONS]):
        if plan[plan[p.KEEP] + row]:
            for c in range(columns):
                work[d + row * columns + c] = 0


@cached_njit(**INLINE)
def _gather(plan, row, slope, weights, work, d, columns):
    """Complete the delta of one row; `slope` is the place of its factors."""
    lanes = lanes_of(weights)
    low = plan[plan[p.OUT_POINTERS] + row]
    count = plan[plan[p.OUT_POINTERS] + row + 1] - low
    pairs = np.int64(plan[p.OUT_LINKS] + 2 * low)
    keep = np.int64(plan[plan[p.KEEP] + row])
    place = d + row * columns
    c = 0
    while not TALL and c + 8 * lanes <= columns:
        tiles.gather_8(
            work, place + c, slope + c, d + c, columns, keep, plan, pairs, count,
            weights,
        )  # fmt: skip
        c += 8 * lanes
    while c + 4 * lanes <= columns:
        tiles.gather_4(
            work, place + c, slope + c, d + c, columns, keep, plan, pairs, count,
            weights,
        )  # fmt: skip
        c += 4 * lanes
    while c + 2 * lanes <= columns:
        tiles.gather_2(
            work, place + c, slope + c, d + c, columns, keep, plan, pairs, count,
            weights,
        )  # fmt: skip
        c += 2 * lanes
    while c < columns:
        tiles.gather_1(
            work, place + c, slope + c, d + c, columns, keep, plan, pairs, count,
            weights,
        )  # fmt: skip
        c += lanes


@cached_njit(**INNER)
def gather_apart(plan, row, weights, work, d, columns):
    """The same for rows without a slope, compiled once for all its callers."""
    _gather(plan, row, np.int64(0), weights, work, d, columns)


@cached_njit(**INNER)
def _run_deltas(plan, r, weights, work, gradient, d, columns):
    """Deltas of a run of neurons with one function, and their parameters' gradient."""
    table = np.int64(plan[p.ROWS]) * columns
    first, width, parameters = plan[r], plan[r + 1], plan[r + 4]
    for row in range(np.int64(first), np.int64(first + width)):
        # With parameters the slope is multiplied in later: dE/dy is wanted first, and row 0 is all 1.
        slope = np.int64(0) if parameters else table + row * columns
        _gather(plan, row, slope, weights, work, d, columns)
        if parameters == 0:
            continue
        at = plan[r + 3] + (row - first) * parameters
        for j in range(parameters):
            derivative = (2 + j) * table + row * columns
            gradient[at + j] += vectors.dot(
                work, d + row * columns, work, derivative, columns
            )
        for c in range(columns):
            work[d + row * columns + c] *= work[table + row * columns + c]


@cached_njit(**INNER)
def _turn_deltas(plan, b, work, d, columns, turned):
    """Deltas of block b as `samples x neurons`, in lines of whole vectors."""
    lanes = lanes_of(work)
    row, width = plan[b], plan[b + 1]
    line = (width + lanes - 1) // lanes * lanes
    for m in range(0, width, lanes):
        for c in range(0, columns, lanes):
            outer.turn_square(
                work, d + (row + m) * columns + c, columns, turned, c * line + m, line
            )
    return line


@cached_njit(**INNER)
def _wide_gradient(plan, b, work, gradient, turned, d, columns, m, vectors_):
    """`dE/dw[k, m..]` of block b for the neurons of `vectors_` vectors from number m on."""
    lanes = lanes_of(gradient)
    width, count = np.int64(plan[b + 1]), plan[b + 3]
    first, weight = plan[p.SOURCES] + plan[b + 2], plan[b + 4]
    line = (width + lanes - 1) // lanes * lanes
    left = min(width - m - (vectors_ - 1) * lanes, lanes)
    k = 0
    while k + 4 <= count:
        place = weight + k * width + m
        if vectors_ == 4:
            outer.outer_4x4(
                work, plan, first + k, columns, columns, turned, m, line, gradient,
                place, width, left,
            )  # fmt: skip
        elif vectors_ == 2:
            outer.outer_4x2(
                work, plan, first + k, columns, columns, turned, m, line, gradient,
                place, width, left,
            )  # fmt: skip
        else:
            outer.outer_4x1(
                work, plan, first + k, columns, columns, turned, m, line, gradient,
                place, width, left,
            )  # fmt: skip
        k += 4
    while k < count:
        place = weight + k * width + m
        if vectors_ == 4:
            outer.outer_1x4(
                work, plan, first + k, columns, columns, turned, m, line, gradient,
                place, width, left,
            )  # fmt: skip
        elif vectors_ == 2:
            outer.outer_1x2(
                work, plan, first + k, columns, columns, turned, m, line, gradient,
                place, width, left,
            )  # fmt: skip
        else:
            outer.outer_1x1(
                work, plan, first + k, columns, columns, turned, m, line, gradient,
                place, width, left,
            )  # fmt: skip
        k += 1


@cached_njit(**INNER)
def _narrow_gradient(plan, b, work, gradient, d, columns, m):
    """`dE/dw[k, m]` of block b for one neuron, some sources at a time."""
    group = min(lanes_of(gradient), outer.MOST_SOURCES)
    row, width, count = plan[b], np.int64(plan[b + 1]), plan[b + 3]
    first, weight = plan[p.SOURCES] + plan[b + 2], plan[b + 4]
    for k in range(0, count, group):
        outer.outer_by_source(
            work, plan, first + k, min(count - k, group), columns, columns, work,
            d + (row + m) * columns, gradient, weight + k * width + m, width,
        )  # fmt: skip


@cached_njit(**INNER)
def block_gradient(plan, b, work, gradient, turned, d, columns):
    """`dE/dw[k, m] += sum_c o[k, c] * delta[m, c]` for the links of block b."""
    lanes = lanes_of(gradient)
    width = np.int64(plan[b + 1])
    # Of one type at every call, or a kernel is compiled once more for the constant.
    m = np.int64(0) * width
    if width * 4 >= lanes:
        _turn_deltas(plan, b, work, d, columns, turned)
    # A last vector that would be mostly empty costs more than single neurons.
    while (width - m) * 4 >= lanes:
        count = (width - m + lanes - 1) // lanes
        if (width - m) % lanes * 4 < lanes and (width - m) > lanes:
            count = (width - m) // lanes
        vectors_ = 4 if count >= MOST_VECTORS else (2 if count >= 2 else 1)
        vectors_ = min(vectors_, MOST_VECTORS)
        _wide_gradient(plan, b, work, gradient, turned, d, columns, m, vectors_)
        m += vectors_ * lanes
    while m < width:
        _narrow_gradient(plan, b, work, gradient, d, columns, m)
        m += 1


@cached_njit(**INNER)
def block_push(plan, b, weights, work, d, columns, start):
    """`dE/do[k, c] += sum_m w[k, m] * delta[m, c]` for the sources from `start` on."""
    lanes = lanes_of(weights)
    row, width, count = plan[b], plan[b + 1], plan[b + 3]
    first, weight = plan[p.SOURCES] + plan[b + 2], plan[b + 4]
    k = start
    deltas = d + row * columns
    while TALL and k + 8 <= count:
        c = 0
        while c + 2 * lanes <= columns:
            tiles.push_8x2(
                work, deltas + c, columns, width, weights, weight + k * width, width,
                plan, first + k, d + c,
            )  # fmt: skip
            c += 2 * lanes
        if c < columns:
            for half in (k, k + 4):
                tiles.push_4x1(
                    work, deltas + c, columns, width, weights, weight + half * width,
                    width, plan, first + half, d + c,
                )  # fmt: skip
        k += 8
    while k + 4 <= count:
        at = weight + k * width
        c = 0
        while c + 2 * lanes <= columns:
            tiles.push_4x2(
                work, deltas + c, columns, width, weights, at, width, plan, first + k,
                d + c,
            )  # fmt: skip
            c += 2 * lanes
        if c < columns:
            tiles.push_4x1(
                work, deltas + c, columns, width, weights, at, width, plan, first + k,
                d + c,
            )  # fmt: skip
        k += 4
    while k < count:
        c = 0
        while c + 2 * lanes <= columns:
            tiles.push_1x2(
                work, deltas + c, columns, width, weights, weight + k * width, width,
                plan, first + k, d + c,
            )  # fmt: skip
            c += 2 * lanes
        if c < columns:
            tiles.push_1x1(
                work, deltas + c, columns, width, weights, weight + k * width, width,
                plan, first + k, d + c,
            )  # fmt: skip
        k += 1


@cached_njit(**INNER)
def add_fused(plan, fused, slopes, work, first, rows, d, columns):
    """Add dE/dz of outputs whose loss reads z (logistic with its partner loss)."""
    for q in range(plan[p.OUTPUTS]):
        row = plan[plan[p.OUTPUT_ROWS] + q]
        if fused[q] and first <= row < first + rows:
            for c in range(columns):
                work[d + row * columns + c] += work[slopes + q * columns + c]


@cached_njit(**MERGED)
def backward(plan, addresses, weights, work, gradient, sums, fused, columns, to_inputs):
    """Deltas of all rows, last stage first; adds to the gradient of the weights.

    Parameters
    ----------
    plan, addresses, weights, work, columns
        As in `forward`, after it.
    gradient : array (n_weights,)
        Added to.
    sums : array (8,)
        Scratch.
    fused : int8 array (n_outputs,)
        1 where the loss's slopes are dE/dz, not yet added to the deltas.
    to_inputs : bool
        Whether the deltas of the inputs are wanted.
    """
    d = delta_table(plan, columns)
    slopes = loss_table(plan, columns, SLOPES)
    parts = 3 * plan[p.FUNCTIONS]
    for s in range(plan[p.STAGES] - 1, -1, -1):
        stage = plan[p.STAGE_TABLE] + s * p.STAGE_WIDTH
        for i in range(plan[stage + 2], plan[stage + 2] + plan[stage + 3]):
            r = plan[p.RUN_TABLE] + i * p.RUN_WIDTH
            _run_deltas(plan, r, weights, work, gradient, d, columns)
        for i in range(plan[stage + 6], plan[stage + 6] + plan[stage + 7]):
            e = plan[p.EXPRESSION_TABLE] + i * p.EXPRESSION_WIDTH
            gather_apart(plan, np.int64(plan[e]), weights, work, d, columns)
            calls.call_part(
                addresses[parts + EXPRESSIONS], plan, addresses, DELTAS, e, weights,
                work, gradient, d, columns, np.int64(to_inputs),
            )  # fmt: skip
        add_fused(
            plan, fused, slopes, work, plan[stage + 4], plan[stage + 5], d, columns
        )
        for i in range(plan[stage + 8], plan[stage + 8] + plan[stage + 9]):
            t = plan[p.TRANSFER_TABLE] + i * p.TRANSFER_WIDTH
            calls.call_part(
                addresses[parts + TRANSFERS], plan, addresses, DELTAS, t, weights, work,
                gradient, d, columns, np.int64(to_inputs),
            )  # fmt: skip
        for i in range(plan[stage], plan[stage] + plan[stage + 1]):
            b = plan[p.BLOCK_TABLE] + i * p.BLOCK_WIDTH
            start = 0 if to_inputs else plan[b + 5]
            pushes = plan[b + 1] > 1 and start < plan[b + 3]
            if is_wide(plan, b, columns):
                part = addresses[parts + WIDE]
                calls.call_part(
                    part, plan, addresses, GRADIENT, b, weights, work, gradient, d,
                    columns, 0,
                )  # fmt: skip
                if pushes:
                    calls.call_part(
                        part, plan, addresses, PUSH, b, weights, work, gradient, d,
                        columns, start,
                    )  # fmt: skip
                continue
            block_gradient(plan, b, work, gradient, sums, d, columns)
            if pushes:
                block_push(plan, b, weights, work, d, columns, start)
    for row in range(np.int64(1), np.int64(1 + plan[p.INPUTS] if to_inputs else 1)):
        gather_apart(plan, row, weights, work, d, columns)
