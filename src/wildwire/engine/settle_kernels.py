"""Networks that settle: the kernels of one sweep, called until every sample stands still.

Comes in: pointers, as in `kernels.py`. Goes out: values at the fixed point, and the gradient through it. Called by
address in place of the kernels of a tile (or of a step of a sequence).

The program has guess rows behind its inputs (`program/settling.py`). A sweep makes new values of the guessed
neurons; they become the next guess:

    g <- F(g, x, theta)   until |F(g) - g| <= tolerance * (1 + |F(g)|) for all guesses of a sample

A sample that stands still keeps its guess while others go on, so that it does not depend on its neighbours. One
that never does, or that leaves the finite numbers, becomes NaN in all its neurons: `settling.py` says why.

By the implicit function theorem dE/dtheta = lambda^T dF/dtheta with lambda = dE/dy + (dF/dy)^T lambda. The way back is
linear in what it starts with, so lambda is summed up as u_0 + u_1 + ..., u_k+1 = (dF/dg)^T u_k, and every sweep adds
its own part of the gradient: no second gradient is needed. It stands still where the values do, as the eigenvalues
of dF/dg are the same.
"""

import numpy as np
from numba import carray

from wildwire.engine import calls
from wildwire.engine.backward import clear_deltas
from wildwire.engine.blas import INNER
from wildwire.engine.forward import delta_table, expression_rows
from wildwire.engine.losses import SLOPES, loss_deltas, loss_table
from wildwire.engine.parts import (
    ANY,
    SWEEP_BACKWARD,
    SWEEP_FORWARD,
    TO_INPUTS,
    TO_WEIGHTS,
)
from wildwire.functions.cache import cached_njit
from wildwire.functions.intrinsics import shifted
from wildwire.program import plan as p

MOST_TIMES = 10  # the sweeps backward, as a multiple of `steps`
LEAST_32, LEAST_64 = (
    1e-5,
    2e-15,
)  # no tolerance is less: where loops are slow, rounding moves values by so much
BACKWARD_32, BACKWARD_64 = 1e-7, 1e-13  # of the largest part of lambda
DONE, ON, BROKEN = 0, 1, 2  # what a sweep backward finds


@cached_njit(**INNER)
def _scratch(plan, columns):
    """Offset of the rows of settling: flags, scales, one for each guess, then a table of deltas."""
    return expression_rows(plan, columns) + plan[p.SETTLE_ROWS] * columns


@cached_njit(**INNER)
def first_guess(plan):
    """The row of the first guess."""
    return np.int64(1 + plan[p.INPUTS] - plan[p.GUESSES])


@cached_njit(**INNER)
def _start_guesses(plan, weights, work, before, columns):
    """What every sample begins with: the value of the step before, else the start value or 0."""
    first = first_guess(plan)
    for g in range(plan[p.GUESSES]):
        at = plan[p.GUESS_TABLE] + g * p.GUESS_WIDTH
        guess, of = (first + g) * columns, np.int64(plan[at]) * columns
        for c in range(columns):
            work[guess + c] = 0
        if plan[p.DELAYS] > 0:
            for c in range(columns):
                work[guess + c] = before[of + c]
        elif plan[at + 1] >= 0:
            for c in range(columns):
                work[guess + c] = weights[plan[at + 1]]


@cached_njit(**INNER)
def _mark_moving(plan, work, tolerance, columns):
    """Flag the samples of which a guess still moves; how many there are."""
    flags, first = _scratch(plan, columns), first_guess(plan)
    for c in range(columns):
        work[flags + c] = 0
    for g in range(plan[p.GUESSES]):
        of = np.int64(plan[plan[p.GUESS_TABLE] + g * p.GUESS_WIDTH]) * columns
        guess = (first + g) * columns
        for c in range(columns):
            new = work[of + c]
            if abs(new - work[guess + c]) > tolerance * (1 + abs(new)):
                work[flags + c] = 1
    moving = 0
    for c in range(columns):
        moving += work[flags + c] > 0
    return moving


@cached_njit(**INNER)
def _take_guesses(plan, work, columns):
    """The new values become the guesses of the samples that still move."""
    flags, first = _scratch(plan, columns), first_guess(plan)
    for g in range(plan[p.GUESSES]):
        of = np.int64(plan[plan[p.GUESS_TABLE] + g * p.GUESS_WIDTH]) * columns
        guess = (first + g) * columns
        for c in range(columns):
            if work[flags + c] > 0:
                work[guess + c] = work[of + c]


@cached_njit(**INNER)
def _spoil(plan, work, columns):
    """NaN for every neuron, value and z, of samples that move or are not finite."""
    flags, z = _scratch(plan, columns), delta_table(plan, columns)
    for g in range(plan[p.GUESSES]):
        of = np.int64(plan[plan[p.GUESS_TABLE] + g * p.GUESS_WIDTH]) * columns
        for c in range(columns):
            if not np.isfinite(work[of + c]):
                work[flags + c] = 1
    for c in range(columns):
        if work[flags + c] > 0:
            for row in range(1 + plan[p.INPUTS], np.int64(plan[p.ROWS])):
                work[row * columns + c] = np.nan
                work[z + row * columns + c] = np.nan


def forward_settled(
    plan_, addresses_, level, weights_, work_, guards_, X_, order_, start, real, columns
):
    """Load `real` samples from number `start` of the order on, and sweep until they stand still."""
    plan, addresses = carray(plan_, ANY), carray(addresses_, ANY)
    weights, work, guards = (
        carray(weights_, ANY),
        carray(work_, ANY),
        carray(guards_, ANY),
    )
    rows = np.int64(plan[p.ROWS]) + plan[p.OUTPUTS]
    spare_ = shifted(guards_, rows)  # so that the last sweep alone counts
    spare = carray(spare_, ANY)
    before = carray(shifted(work_, -np.int64(plan[p.FRAME]) * columns), ANY)
    _start_guesses(plan, weights, work, before, columns)
    sweep = addresses[3 * plan[p.FUNCTIONS] + SWEEP_FORWARD]
    least = LEAST_32 if weights.itemsize == 4 else LEAST_64
    tolerance = max(weights[plan[p.TOLERANCE]], weights.dtype.type(least))
    for _ in range(plan[p.SETTLE_STEPS]):
        for row in range(rows):
            spare[row] = 0
        calls.call_forward(
            sweep, plan_, addresses_, level, weights_, work_, spare_, X_, order_,
            start, real, columns,
        )  # fmt: skip
        if _mark_moving(plan, work, tolerance, columns) == 0:
            break
        _take_guesses(plan, work, columns)
    for row in range(rows):
        guards[row] += spare[row]
    _spoil(plan, work, columns)


@cached_njit(**INNER)
def next_seeds(plan, work, columns, is_first):
    """Begin the next sweep backward: the deltas of guesses become those of their neurons.

    Samples whose deltas have become small against their largest get none.
    """
    scratch, first = _scratch(plan, columns), first_guess(plan)
    d, scale, kept = (
        delta_table(plan, columns),
        scratch + columns,
        scratch + 2 * columns,
    )
    state, guesses = DONE, np.int64(plan[p.GUESSES])
    least = BACKWARD_32 if work.itemsize == 4 else BACKWARD_64
    for c in range(columns):
        most = abs(work[d + first * columns + c])
        for g in range(guesses):
            seed = work[d + (first + g) * columns + c]
            work[kept + g * columns + c] = seed
            most = max(most, abs(seed))
            if not np.isfinite(seed):
                state = BROKEN
        if is_first or most > work[scale + c]:
            work[scale + c] = most
        if most > least * work[scale + c]:
            state = max(state, ON)
        else:
            for g in range(guesses):
                work[kept + g * columns + c] = 0
    if state == DONE:
        return state
    for i in range(np.int64(plan[p.ROWS]) * columns):
        work[d + i] = 0
    for g in range(guesses):
        of = d + np.int64(plan[plan[p.GUESS_TABLE] + g * p.GUESS_WIDTH]) * columns
        for c in range(columns):
            work[of + c] += work[kept + g * columns + c]
    return state


@cached_njit(**INNER)
def keep_deltas(plan, work, columns, is_first):
    """Add the deltas of a sweep to those of all sweeps."""
    d = delta_table(plan, columns)
    total = _scratch(plan, columns) + (2 + np.int64(plan[p.GUESSES])) * columns
    for i in range(np.int64(plan[p.ROWS]) * columns):
        if is_first:
            work[total + i] = work[d + i]
        else:
            work[total + i] += work[d + i]


@cached_njit(**INNER)
def put_back(plan, work, columns):
    """The deltas of all sweeps where those of one stand; NaN for samples that have not settled."""
    d = delta_table(plan, columns)
    total = _scratch(plan, columns) + (2 + np.int64(plan[p.GUESSES])) * columns
    value = np.int64(plan[plan[p.GUESS_TABLE]]) * columns
    for row in range(np.int64(plan[p.ROWS])):
        for c in range(columns):
            spoilt = np.isnan(work[value + c])
            at = row * columns + c
            work[d + at] = work[value + c] if spoilt else work[total + at]


@cached_njit(**INNER)
def spoil_gradient(plan, work, gradient, columns):
    """NaN in the gradient and in all deltas."""
    d = delta_table(plan, columns)
    for i in range(plan[p.WEIGHTS]):
        gradient[i] = np.nan
    for i in range(np.int64(plan[p.ROWS]) * columns):
        work[d + i] = np.nan


def backward_settled(
    plan_, addresses_, weights_, work_, gradient_, sums_, fused_, kind, columns,
    to_inputs,
):  # fmt: skip
    """Gradient through the values that stand still, added up; `to_inputs` as in `kernels.backward_kernel`."""
    plan, addresses = carray(plan_, ANY), carray(addresses_, ANY)
    work = carray(work_, ANY)
    if to_inputs == TO_WEIGHTS:
        clear_deltas(plan, work, columns, True)
    if to_inputs != TO_INPUTS:
        loss_deltas(plan, addresses, carray(fused_, ANY), work, columns)
    sweep = addresses[3 * plan[p.FUNCTIONS] + SWEEP_BACKWARD]
    calls.call_backward(
        sweep, plan_, addresses_, weights_, work_, gradient_, sums_, fused_, kind,
        columns, TO_INPUTS,
    )  # fmt: skip
    slopes = loss_table(plan, columns, SLOPES)
    for i in range(plan[p.OUTPUTS] * columns):
        work[slopes + i] = 0  # a fused loss must not be added again
    keeps = plan[p.WITHIN] > 0 or to_inputs == TO_INPUTS
    within_ = shifted(plan_, np.int64(plan[p.WITHIN]))
    if keeps:
        keep_deltas(plan, work, columns, True)
    state = next_seeds(plan, work, columns, True)
    for _ in range(MOST_TIMES * np.int64(plan[p.SETTLE_STEPS])):
        if state == DONE:
            break
        calls.call_backward(
            sweep, within_, addresses_, weights_, work_, gradient_, sums_, fused_, kind,
            columns, TO_INPUTS,
        )  # fmt: skip
        if keeps:
            keep_deltas(plan, work, columns, False)
        if state == BROKEN:
            break
        state = next_seeds(plan, work, columns, False)
    if keeps:
        put_back(plan, work, columns)
    if state != DONE:
        spoil_gradient(plan, work, carray(gradient_, ANY), columns)
