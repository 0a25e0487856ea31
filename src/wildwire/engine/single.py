"""The parts of a program for one sample at a time: vectors over neurons instead of samples.

Comes in: a block, run or row of the plan. Goes out: sums, deltas, gradients. Compiled only when a
program is bound for single samples, and called by address from `forward.py` and `backward.py`; the
signature is that of `parts.py`.
"""

import numpy as np
from numba import carray

from wildwire.engine import tiles, vectors
from wildwire.engine.blas import INNER
from wildwire.engine.forward import lanes_of
from wildwire.engine.parts import ANY, DELTAS, GRADIENT, PUSH, SUMS
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


@cached_njit(**INNER)
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
        total = weights[weight + m] * work[plan[first]]
        for k in range(1, count):
            total += weights[weight + k * width + m] * work[plan[first + k]]
        work[z + row + m] = total
        m += 1


@cached_njit(**INNER)
def _gather(plan, row, weights, work, d):
    """`dE/do` of a row: what others have pushed, and its share along the out-links."""
    low = plan[plan[p.OUT_POINTERS] + row]
    pairs = plan[p.OUT_LINKS] + 2 * low
    # Row 0 is 1: a zero of the right type.
    total = work[d + row] if plan[plan[p.KEEP] + row] else work[0] - work[0]
    for e in range(plan[plan[p.OUT_POINTERS] + row + 1] - low):
        total += weights[plan[pairs + 2 * e + 1]] * work[d + plan[pairs + 2 * e]]
    work[d + row] = total


@cached_njit(**INNER)
def _run_deltas(plan, r, weights, work, gradient, d):
    rows = np.int64(plan[p.ROWS])
    first, width, parameters = plan[r], plan[r + 1], plan[r + 4]
    for row in range(first, first + width):
        _gather(plan, row, weights, work, d)
        at = plan[r + 3] + (row - first) * parameters
        for j in range(parameters):
            gradient[at + j] += work[d + row] * work[(2 + j) * rows + row]
        work[d + row] *= work[rows + row]


@cached_njit(**INNER)
def _gradient(plan, b, work, gradient, d):
    row, width, count = plan[b], plan[b + 1], plan[b + 3]
    first, weight = plan[p.SOURCES] + plan[b + 2], plan[b + 4]
    for k in range(count):
        vectors.add_scaled(
            work[plan[first + k]], work, d + row, gradient, weight + k * width, width
        )


@cached_njit(**INNER)
def _push(plan, b, weights, work, d, start):
    row, width, count = plan[b], plan[b + 1], plan[b + 3]
    first, weight = plan[p.SOURCES] + plan[b + 2], plan[b + 4]
    for i in range(start, count):
        work[d + plan[first + i]] += vectors.dot(
            weights, np.int64(weight + i * width), work, d + row, np.int64(width)
        )


def single_kernel(
    plan_, addresses_, which, at, weights_, work_, gradient_, d, columns, start
):
    """One part of a pass for one sample; see `parts.py`."""
    plan, work = carray(plan_, ANY), carray(work_, ANY)
    weights, gradient = carray(weights_, ANY), carray(gradient_, ANY)
    if which == SUMS:
        _sums(plan, at, weights, work, d)
    elif which == DELTAS:
        _run_deltas(plan, at, weights, work, gradient, d)
    elif which == GRADIENT:
        _gradient(plan, at, work, gradient, d)
    elif which == PUSH:
        _push(plan, at, weights, work, d, start)
    else:
        _gather(plan, at, weights, work, d)
