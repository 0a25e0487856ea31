"""Softmax heads: values, cross-entropy from z, and the way back.

Comes in: a head of the plan and the work array. Goes out: its rows of values, its loss, its
sources' deltas. Compiled only for programs that have a head, and called by address; the signature
is that of `parts.py`.
"""

import numpy as np
from numba import carray

from wildwire.engine.blas import INNER
from wildwire.engine.losses import (
    SLOPES,
    SOFTMAX,
    TARGETS,
    VALUES,
    WEIGHTS,
    loss_table,
)
from wildwire.engine.parts import ANY, CROSS_ENTROPY, HEAD_DELTAS
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


@cached_njit(**INNER)
def _softmax(plan, h, work, columns):
    """Values of a head: exp(o_k - max) / sum exp(o_j - max), column by column."""
    sources = plan[p.OUTPUT_ROWS] + plan[p.OUTPUTS] + plan[h]
    row, count = plan[h + 1], plan[h + 2]
    for c in range(columns):
        highest = work[plan[sources] * columns + c]
        for k in range(1, count):
            highest = max(highest, work[plan[sources + k] * columns + c])
        total = work[0] - work[0]  # a zero of the right type: row 0 is 1
        for k in range(count):
            value = np.exp(work[plan[sources + k] * columns + c] - highest)
            work[(row + k) * columns + c] = value
            total += value
        for k in range(count):
            work[(row + k) * columns + c] /= total


@cached_njit(**INNER)
def _weigh_targets(plan, h, work, columns):
    """Where the outputs of a head weigh differently, w_k t_k stands for t_k, and 1 for w_k.

    -sum w_k t_k log p_k is linear in the targets, and dE/dz_k = p_k sum_j w_j t_j - w_k t_k is no multiple of w_k.
    Equal weights are left alone, to the bit.
    """
    count, first = plan[h + 2], plan[h + 3]
    targets = loss_table(plan, columns, TARGETS) + first * columns
    weights = loss_table(plan, columns, WEIGHTS) + first * columns
    for c in range(columns):
        differ = False
        for k in range(1, count):
            differ = differ or work[weights + k * columns + c] != work[weights + c]
        for k in range(count if differ else 0):
            place, weight = targets + k * columns + c, weights + k * columns + c
            # Without weight a target may be missing.
            own = work[weight] * work[place]
            work[place] = own if work[weight] != 0 else work[weight]
            work[weight] = 1


@cached_njit(**INNER)
def _softmax_cross_entropy(plan, h, work, columns):
    """-sum t_k log p_k from z: value sum t_k (log sum exp z - z_k), slope p_k sum t - t_k."""
    sources = plan[p.OUTPUT_ROWS] + plan[p.OUTPUTS] + plan[h]
    row, count, first = plan[h + 1], plan[h + 2], plan[h + 3]
    targets = loss_table(plan, columns, TARGETS) + first * columns
    values = loss_table(plan, columns, VALUES) + first * columns
    slopes = loss_table(plan, columns, SLOPES) + first * columns
    _weigh_targets(plan, h, work, columns)
    for c in range(columns):
        highest = work[plan[sources] * columns + c]
        for k in range(1, count):
            highest = max(highest, work[plan[sources + k] * columns + c])
        total = work[0] - work[0]
        mass = total
        for k in range(count):
            total += np.exp(work[plan[sources + k] * columns + c] - highest)
            mass += work[targets + k * columns + c]
        level = np.log(total) + highest
        for k in range(count):
            target = work[targets + k * columns + c]
            value = level - work[plan[sources + k] * columns + c]
            work[values + k * columns + c] = target * value if target != 0 else target
            work[slopes + k * columns + c] = (
                work[(row + k) * columns + c] * mass - target
            )


@cached_njit(**INNER)
def _head_deltas(plan, h, kind, work, slopes, d, columns):
    """dE/dz of a softmax: the slope itself (partner loss), or p_k (g_k - sum g_j p_j)."""
    sources = plan[p.OUTPUT_ROWS] + plan[p.OUTPUTS] + plan[h]
    row, count, first = plan[h + 1], plan[h + 2], plan[h + 3]
    for c in range(columns):
        inner = work[0] - work[0]
        if kind != SOFTMAX:
            for k in range(count):
                slope = work[slopes + (first + k) * columns + c]
                inner += slope * work[(row + k) * columns + c]
        for k in range(count):
            slope = work[slopes + (first + k) * columns + c]
            if kind != SOFTMAX:
                slope = (slope - inner) * work[(row + k) * columns + c]
            work[d + plan[sources + k] * columns + c] += slope


def head_kernel(
    plan_, addresses_, which, at, weights_, work_, gradient_, d, columns, kind
):
    """One part of a pass for the head at place `at`; see `parts.py`."""
    plan, work = carray(plan_, ANY), carray(work_, ANY)
    if which == HEAD_DELTAS:
        _head_deltas(
            plan, at, kind, work, loss_table(plan, columns, SLOPES), d, columns
        )
    elif which == CROSS_ENTROPY:
        _softmax_cross_entropy(plan, at, work, columns)
    else:
        _softmax(plan, at, work, columns)
