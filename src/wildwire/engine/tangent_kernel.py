"""Forward mode: how every value of a step moves with some directions, in one sweep along time.

Comes in: the table of a bound program for single sequences, at level 1. Goes out: values, and their derivatives along
K directions: the numbers of theta (real-time recurrent learning) or the numbers of a state. Called through `bound.py`
by `tangent.py`.

    ds_j(t) = sigma'_j * (sum over links i -> j with delay d of  w_ij ds_i(t - d) + o_i(t - d) dw_ij)

O(links * K) a step (a sweep, where loops settle), however many steps there are; back-propagation costs O(links) a step
and output that is wanted, but for each of them goes back through all steps before.
"""

import numpy as np
from numba import carray

from wildwire.engine import calls, vectors
from wildwire.engine import places as at
from wildwire.engine.blas import INNER
from wildwire.engine.forward import delta_table, expression_rows, inputs_of
from wildwire.engine.parts import ANY, DELTAS, STEP_FORWARD, TRANSFERS
from wildwire.engine.pointers import (
    add_at,
    doubles_at,
    integers_at,
    longs_at,
    pointer_at,
    value_at,
)
from wildwire.engine.sequence_kernels import feed_back
from wildwire.engine.settle_kernels import BACKWARD_64, LEAST_32, MOST_TIMES
from wildwire.functions.cache import cached_njit
from wildwire.functions.intrinsics import shifted
from wildwire.program import plan as p


@cached_njit(**INNER)
def _source(plan, row):
    """Where the directions of a row stand, counted in rows from those of the same step."""
    if row >= 0:
        return np.int64(row)
    frame, rows = np.int64(plan[p.FRAME]), np.int64(plan[p.ROWS])
    back = (-np.int64(row) + frame - 1) // frame
    return np.int64(row) + back * (frame - rows)


@cached_njit(**INNER)
def _add(S, to, of, factor, K):
    """`S[to] += factor * S[of]`."""
    if factor != 0:
        vectors.add_scaled(factor, S, of * K, S, to * K, K)


@cached_njit(**INNER)
def _add_weight(S, to, factor, weight, pointers, places, slopes, K):
    """`S[to] += factor * dw`, of a weight whose few derivatives along the directions are listed."""
    for e in range(pointers[weight], pointers[weight + 1]):
        S[to * K + places[e]] += factor * slopes[e]


@cached_njit(**INNER)
def _clear(S, to, K):
    for k in range(K):
        S[to * K + k] = 0


@cached_njit(**INNER)
def _blocks(plan, first, count, weights, work, here, S, base, lists, K):
    pointers, places, slopes = lists
    for i in range(first, first + count):
        b = plan[p.BLOCK_TABLE] + i * p.BLOCK_WIDTH
        row, width, length = np.int64(plan[b]), np.int64(plan[b + 1]), plan[b + 3]
        sources, weight = plan[p.SOURCES] + plan[b + 2], np.int64(plan[b + 4])
        for m in range(width):
            to = base + row + m
            _clear(S, to, K)
            for k in range(length):
                source = np.int64(plan[sources + k])
                w = weight + k * width + m
                if source != 0:
                    _add(S, to, base + _source(plan, source), weights[w], K)
                value = value_at(work, here + source)
                _add_weight(S, to, value, w, pointers, places, slopes, K)


@cached_njit(**INNER)
def _transfers(
    plan, addresses, first, count, weights, work, here, scratch, S, base, lists, K
):
    """z of other transfers: their own way back, from a delta of 1, gives dz over sources and numbers."""
    pointers, places, slopes = lists
    d = here + delta_table(plan, 1)
    for i in range(first, first + count):
        t = plan[p.TRANSFER_TABLE] + i * p.TRANSFER_WIDTH
        row, links = np.int64(plan[t]), np.int64(plan[t + 1])
        sources = plan[p.SOURCES] + plan[t + 4]
        to = base + row
        _clear(S, to, K)
        for k in range(links):
            place = d + np.int64(plan[sources + k])
            add_at(work, place, -value_at(work, place))
        own, others = np.int64(plan[t + 6]), np.int64(plan[t + 8])
        for k in range(own):
            scratch[plan[t + 5] + k] = 0
        for k in range(others):
            scratch[plan[t + 3] + k] = 0
        add_at(work, d + row, 1 - value_at(work, d + row))
        calls.call_part(
            addresses[3 * plan[p.FUNCTIONS] + TRANSFERS], plan, addresses, DELTAS, t,
            weights, work[here:], scratch, delta_table(plan, 1), 1, 1,
        )  # fmt: skip
        for k in range(links):
            source = np.int64(plan[sources + k])
            share = value_at(work, d + source)
            _add(S, to, base + _source(plan, source), share, K)
            add_at(work, d + source, -share)  # a source that is named twice counts once
        for k in range(own):
            w = np.int64(plan[t + 5]) + k
            _add_weight(S, to, scratch[w], w, pointers, places, slopes, K)
        for k in range(others):
            w = np.int64(plan[t + 3]) + k
            _add_weight(S, to, scratch[w], w, pointers, places, slopes, K)


@cached_njit(**INNER)
def _keep(S, to, row, kept, K):
    """Directions of z, where they are wanted."""
    out_rows, width, Z = kept
    for i in range(width):
        if out_rows[i] == -1 - row:
            for k in range(K):
                Z[i * K + k] = S[to * K + k]


@cached_njit(**INNER)
def _runs(plan, first, count, work, here, S, base, lists, kept, K):
    """From z to y: the slope, and the activation's own parameters."""
    pointers, places, slopes = lists
    rows = np.int64(plan[p.ROWS])
    for i in range(first, first + count):
        r = plan[p.RUN_TABLE] + i * p.RUN_WIDTH
        for m in range(plan[r + 1]):
            row = np.int64(plan[r]) + m
            to, slope = base + row, work[here + rows + row]
            if kept[1] > 0:
                _keep(S, to, row, kept, K)
            for k in range(K):
                S[to * K + k] *= slope
            for j in range(plan[r + 4]):
                w = np.int64(plan[r + 3]) + m * plan[r + 4] + j
                value = work[here + (2 + j) * rows + row]
                _add_weight(S, to, value, w, pointers, places, slopes, K)


@cached_njit(**INNER)
def _expressions(plan, first, count, work, here, S, base, lists, K):
    pointers, places, slopes = lists
    for i in range(first, first + count):
        e = plan[p.EXPRESSION_TABLE] + i * p.EXPRESSION_WIDTH
        row, length = np.int64(plan[e]), np.int64(plan[e + 1])
        sources = plan[p.SOURCES] + plan[e + 5]
        result = here + expression_rows(plan, 1) + plan[e + 6] + length
        to = base + row
        _clear(S, to, K)
        for a in range(length):
            source = base + _source(plan, np.int64(plan[sources + a]))
            _add(S, to, source, work[result + 1 + a], K)
        for j in range(plan[e + 4]):
            w, value = np.int64(plan[e + 3]) + j, work[result + 1 + length + j]
            _add_weight(S, to, value, w, pointers, places, slopes, K)


@cached_njit(**INNER)
def _heads(plan, work, here, S, base, K):
    """dp_k = p_k (dz_k - sum_j p_j dz_j)."""
    for i in range(plan[p.HEADS]):
        h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
        sources = plan[p.OUTPUT_ROWS] + plan[p.OUTPUTS] + plan[h]
        row, count = np.int64(plan[h + 1]), plan[h + 2]
        for k in range(K):
            mean = work[here] - work[here]
            for j in range(count):
                of = (base + np.int64(plan[sources + j])) * K + k
                mean += work[here + row + j] * S[of]
            for j in range(count):
                of = (base + np.int64(plan[sources + j])) * K + k
                S[(base + row + j) * K + k] = work[here + row + j] * (S[of] - mean)


@cached_njit(**INNER)
def _turn(plan, work, S, position, K):
    """Move the frames of the past, and their directions, to the beginning of the ring."""
    delays, frame, rows = (
        np.int64(plan[p.DELAYS]),
        np.int64(plan[p.FRAME]),
        np.int64(plan[p.ROWS]),
    )
    for k in range(delays):
        of = position - delays + k
        for i in range(rows):
            work[k * frame + i] = work[of * frame + i]
        for i in range(rows * K):
            S[k * rows * K + i] = S[of * rows * K + i]


@cached_njit(**INNER)
def _stages(plan, addresses, weights, work, here, scratch, S, base, lists, kept, K):
    """Directions of all neurons, from those of inputs, guesses and the past."""
    for s in range(plan[p.STAGES]):
        g = plan[p.STAGE_TABLE] + s * p.STAGE_WIDTH
        _blocks(plan, plan[g], plan[g + 1], weights, work, here, S, base, lists, K)
        _transfers(
            plan, addresses, plan[g + 8], plan[g + 9], weights, work, here, scratch, S,
            base, lists, K,
        )  # fmt: skip
        _runs(plan, plan[g + 2], plan[g + 3], work, here, S, base, lists, kept, K)
        _expressions(plan, plan[g + 6], plan[g + 7], work, here, S, base, lists, K)


@cached_njit(**INNER)
def _guess_on(plan, S, base, K):
    """The directions of guessed neurons become those of their guesses; whether any still changes."""
    first = base + inputs_of(plan) + 1
    # Rounding keeps a fixed point moving by a unit or so in the last place: not as small as for a sum that fades.
    least = LEAST_32 if S.itemsize == 4 else BACKWARD_64
    most = change = S[base * K] - S[base * K]
    for g in range(plan[p.GUESSES]):
        of = (base + np.int64(plan[plan[p.GUESS_TABLE] + g * p.GUESS_WIDTH])) * K
        for k in range(K):
            new, place = S[of + k], (first + g) * K + k
            most = max(most, abs(new))
            change = max(change, abs(new - S[place]))
            S[place] = new
    return not change <= least * most or not np.isfinite(most)


@cached_njit(**INNER)
def _move(plan, addresses, weights, work, here, scratch, S, base, lists, kept, K):
    """Directions of a step: one sweep, or, of loops without delay, sweeps until they stand still.

    ds = dF/dg ds + dF/dtheta has the eigenvalues of the sweeps that found the values. What does not stand still within
    `MOST_TIMES` as many of them is no derivative: NaN.
    """
    for row in range(1 + np.int64(plan[p.INPUTS])):
        _clear(S, base + row, K)
    moves = True
    for _ in range(MOST_TIMES * plan[p.SETTLE_STEPS] if plan[p.GUESSES] > 0 else 1):
        _stages(plan, addresses, weights, work, here, scratch, S, base, lists, kept, K)
        moves = K > 0 and plan[p.GUESSES] > 0 and _guess_on(plan, S, base, K)
        if not moves:
            break
    if moves:
        for i in range((1 + plan[p.INPUTS]) * K, plan[p.ROWS] * K):
            S[base * K + i] = np.nan
        for i in range(kept[1] * K):
            kept[2][i] = np.nan


@cached_njit(**INNER)
def _wants_z(out_rows, width):
    """`width` if z of any row is wanted, else 0."""
    for i in range(width):
        if out_rows[i] < 0:
            return width
    return 0 * width


def tangent_kernel(table, real, thread):
    """Values and directions of PLAN's steps, going on from the state that work array and directions hold.

    OUT_ROWS says of which rows; -1 - row stands for z of a row.
    """
    plan = carray(integers_at(table, at.PLAN), ANY)
    addresses = carray(longs_at(table, at.ADDRESSES), ANY)
    weights = carray(pointer_at(table, at.WEIGHTS, real), ANY)
    work_ = pointer_at(table, at.WORK, real)
    work = carray(work_, ANY)
    guards = carray(longs_at(table, at.GUARDS), ANY)
    X_ = pointer_at(table, at.X, real)
    order = carray(longs_at(table, at.ORDER), ANY)
    scratch = carray(pointer_at(table, at.GRADIENT, real), ANY)
    S = carray(pointer_at(table, at.DIRECTIONS, real), ANY)
    lists = (
        carray(longs_at(table, at.DIRECT_POINTERS), ANY),
        carray(longs_at(table, at.DIRECT_PLACES), ANY),
        carray(doubles_at(table, at.DIRECT_SLOPES), ANY),
    )
    out = carray(pointer_at(table, at.OUT, real), ANY)
    moved = carray(pointer_at(table, at.OUT_DIRECTIONS, real), ANY)
    out_rows = carray(integers_at(table, at.OUT_ROWS), ANY)
    status = carray(longs_at(table, at.STATUS), ANY)
    width, K = table[at.N_OUT_ROWS], table[at.N_DIRECTIONS]
    Z = carray(pointer_at(table, at.Z_DIRECTIONS, real), ANY)
    kept, z = (out_rows, _wants_z(out_rows, width), Z), delta_table(plan, 1)
    step = addresses[3 * plan[p.FUNCTIONS] + STEP_FORWARD]
    frame, rows = np.int64(plan[p.FRAME]), np.int64(plan[p.ROWS])
    position = status[1]
    for t in range(np.int64(plan[p.STEPS])):
        if position == table[at.RING]:
            _turn(plan, work, S, position, K)
            position = np.int64(plan[p.DELAYS])
        here, base = position * frame, position * rows
        calls.call_forward(
            step, plan, addresses, 1, weights, shifted(work_, here), guards,
            shifted(X_, t * inputs_of(plan)), order, 0, 1, 1,
        )  # fmt: skip
        for i in range(kept[1]):
            if out_rows[i] < 0:  # z stands where directions need the room
                out[t * width + i] = work[here + z - out_rows[i] - 1]
        _move(plan, addresses, weights, work, here, scratch, S, base, lists, kept, K)
        _heads(plan, work, here, S, base, K)
        feed_back(plan, work, here, t, 1)
        for i in range(plan[p.FEEDS] if t >= plan[p.FEED_FROM] else 0):
            f = plan[p.FEED_TABLE] + i * p.FEED_WIDTH
            for k in range(K):
                S[(base + plan[f]) * K + k] = S[(base + plan[f + 1]) * K + k]
        for i in range(width):
            line, row = (t * width + i) * K, np.int64(out_rows[i])
            if row < 0:
                for k in range(K):
                    moved[line + k] = Z[i * K + k]
                continue
            out[t * width + i] = work[here + row]
            for k in range(K):
                moved[line + k] = S[(base + row) * K + k]
        position += 1
    status[1] = position
