"""Dropout: neurons that are silent for a sample in training steps (Srivastava et al. 2014, section 4, inverted).

Comes in: the share of each neuron, and a key. Goes out: a plan with a table of them, and the kernel that takes the
place of `kernels.forward_kernel` where there is one. Called by `session.py`.

A neuron is silent for a sample with probability p; otherwise its output counts 1/(1 - p). Output and derivatives are
both multiplied on the way forward: the way back needs to know nothing. Values alone (level 0) are those of the whole
network.

Which neurons are silent is a hash of key, epoch, sample and neuron: it depends neither on batches nor on tiles or
threads. All steps of a sequence have one mask (Gal and Ghahramani 2016).
"""

from dataclasses import replace

import numpy as np
from numba import carray

from wildwire.engine.blas import INNER
from wildwire.engine.counters import bits
from wildwire.engine.forward import (
    delta_table,
    expression_rows,
    forward_heads,
    forward_stage,
)
from wildwire.engine.losses import load_rows
from wildwire.engine.parts import ANY
from wildwire.functions.cache import cached_njit
from wildwire.functions.intrinsics import select
from wildwire.program import plan as p

# The table: two halves of the key, the epoch, then for each row of values a threshold (0: never silent), and the number
# of its neuron in the network.
EPOCH, HEAD = 2, 3
WHOLE = 2**32  # thresholds are parts of it
HALF, LOW_HALF = np.uint64(32), np.uint64(0xFFFFFFFF)


def with_dropout(program, shares: np.ndarray, key: int):
    """The program with a table of dropout.

    Parameters
    ----------
    shares : float array (n_neurons,)
        0 <= share < 1; in the network's order.
    key : int
        64 bits.
    """
    rows, plan = program.n_rows, program.plan
    table = np.zeros(HEAD + 2 * rows, np.int64)
    table[:EPOCH] = key & 0xFFFFFFFF, key >> 32
    places = HEAD + program.row_of_neuron
    table[places] = np.minimum(np.rint(shares * WHOLE), WHOLE - 1)
    table[places + rows] = np.arange(len(shares))
    made = np.concatenate([plan, table.astype(np.uint32).view(np.int32)])
    made[p.DROPS], made[p.LENGTH] = len(plan), len(made)
    return replace(program, plan=made)


def set_epoch(program, epoch: int) -> None:
    """The epoch whose masks the next steps take; nothing where there is no dropout."""
    place = int(program.plan[p.DROPS])
    if place:
        program.plan[place + EPOCH] = np.int32(epoch)


@cached_njit(**INNER)
def _positive(number):
    """32 bits of the plan as a number of 0 or more."""
    return np.int64(number) & np.int64(0xFFFFFFFF)


@cached_njit(**INNER)
def _factors(plan, first, stop, key, work, z, columns, c):
    """For sample `c` of the tile: 0 or 1/(1 - p) for rows first .. stop - 1, where their z stood."""
    one = work[0]  # row 0 is 1
    shares = np.int64(plan[p.DROPS]) + HEAD
    neurons = shares + plan[p.ROWS]
    for row in range(first, stop):
        threshold = _positive(plan[shares + row])
        if threshold == 0:
            continue
        drawn = np.int64(bits(key, _positive(plan[neurons + row])) >> HALF)
        factor = work.dtype.type(WHOLE / (WHOLE - np.float64(threshold)))
        work[z + row * columns + c] = select(drawn < threshold, one - one, factor)


@cached_njit(**INNER)
def _multiply(work, first, factors, columns):
    """Multiply a row; what is silent is 0 even where it was not finite."""
    for c in range(columns):
        factor = work[factors + c]
        work[first + c] = select(factor == 0, factor, work[first + c] * factor)


@cached_njit(**INNER)
def _silence(plan, s, epoch_key, order, start, real, work, columns):
    """Silence neurons of stage `s`, whose values are there."""
    stage = plan[p.STAGE_TABLE] + s * p.STAGE_WIDTH
    table = np.int64(plan[p.ROWS]) * columns
    # A hidden neuron's z has been read; its row is free until the way back.
    z = delta_table(plan, columns)
    low = np.int64(plan[stage + 4])
    high = low + plan[stage + 5]
    for c in range(columns):
        sample = order[min(start + c, start + real - 1)]
        _factors(plan, low, high, bits(epoch_key, sample), work, z, columns, c)
    for row in range(low, high):
        if plan[plan[p.DROPS] + HEAD + row] == 0:
            continue
        for t in range(2 + np.int64(plan[p.MAX_PARAMETERS])):
            at = row * columns
            _multiply(work, t * table + at, z + at, columns)
    first = expression_rows(plan, columns)
    for i in range(plan[stage + 6], plan[stage + 6] + plan[stage + 7]):
        e = plan[p.EXPRESSION_TABLE] + i * p.EXPRESSION_WIDTH
        row, count = np.int64(plan[e]), np.int64(plan[e + 1])
        if plan[plan[p.DROPS] + HEAD + row] == 0:
            continue
        result = first + (np.int64(plan[e + 6]) + count) * columns
        for t in range(1 + count + np.int64(plan[e + 4])):
            _multiply(work, result + t * columns, z + row * columns, columns)


def forward_dropped(
    plan_, addresses_, level, weights_, work_, guards_, X_, order_, start, real, columns
):
    """As `kernels.forward_kernel`, with silent neurons at level 1."""
    plan, work = carray(plan_, ANY), carray(work_, ANY)
    addresses, weights = carray(addresses_, ANY), carray(weights_, ANY)
    order, guards = carray(order_, ANY), carray(guards_, ANY)
    load_rows(plan, carray(X_, ANY), order, start, real, work, columns)
    drops = plan[p.DROPS]
    key = np.uint64(_positive(plan[drops]))
    key |= np.uint64(_positive(plan[drops + 1])) << HALF
    epoch_key = bits(key, _positive(plan[drops + EPOCH]))
    for s in range(plan[p.STAGES]):
        forward_stage(plan, addresses, level, weights, work, guards, columns, s)
        if level == 1:
            _silence(plan, s, epoch_key, order, start, real, work, columns)
    forward_heads(plan, addresses, weights, work, columns)
