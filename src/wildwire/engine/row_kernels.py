"""Rows of the Jacobian: one way back for every sample, step and output.

Comes in: the table of a bound program for single samples (or single sequences), at level 1. Goes out: what the losses
read, and one row over theta for each of these numbers, or a sum over rows. Called through `bound.py` by
`row_workers.py` and `jacobian.py`.

A point is a row of X, or a step of a sequence. A loss reads the output o, or z where it is computed from there
(`losses.py`); both are called arguments here. `row_weights.py` makes normal equations of the rows.
"""

import numpy as np
from numba import carray

from wildwire.engine import calls
from wildwire.engine import places as at
from wildwire.engine.blas import INNER
from wildwire.engine.losses import ARGUMENTS as ARGUMENTS_OF_LOSS
from wildwire.engine.losses import SLOPES, loss_table
from wildwire.engine.mapping import gradient_to_theta
from wildwire.engine.parts import ANY, BACKWARD, FORWARD, TO_WEIGHTS
from wildwire.engine.pointers import (
    flags_at,
    integers_at,
    longs_at,
    pointer_at,
)
from wildwire.engine.steps import kernel_of
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p

ARGUMENTS, ROWS_OF_OUTPUTS, PULLED_BACK = range(3)  # what is wanted
NO_SAMPLE = -1  # in STATUS[1]: no sample's values stand in the work array


@cached_njit(**INNER)
def _frame_of(plan, step):
    """Where the frame of a step begins in the work array; 0 for rows."""
    return (np.int64(plan[p.DELAYS]) + step) * np.int64(plan[p.FRAME])


@cached_njit(**INNER)
def _keep_arguments(table, plan, work):
    """What the losses read, into their own tables: going back overwrites z. No slope at any step."""
    places = carray(integers_at(table, at.OUT_ROWS), ANY)
    arguments, slopes = (
        loss_table(plan, 1, ARGUMENTS_OF_LOSS),
        loss_table(plan, 1, SLOPES),
    )
    for t in range(max(np.int64(plan[p.STEPS]), 1)):
        here = _frame_of(plan, t)
        for q in range(plan[p.OUTPUTS]):
            work[here + arguments + q] = work[here + places[q]]
            work[here + slopes + q] = 0


@cached_njit(**INNER)
def _evaluate(table, real, plan, addresses, work, sample):
    """Values of a sample at all its steps, unless they are there already."""
    status = carray(longs_at(table, at.STATUS), ANY)
    if status[1] == sample:
        return
    weights = carray(pointer_at(table, at.WEIGHTS, real), ANY)
    guards = carray(longs_at(table, at.GUARDS), ANY)
    X = carray(pointer_at(table, at.X, real), ANY)
    order = carray(longs_at(table, at.ORDER), ANY)
    steps = plan[p.STEPS]
    if plan[p.STEP_COUNTS] > 0:
        plan[p.STEPS] = plan[plan[p.STEP_COUNTS] + sample]
    calls.call_forward(
        kernel_of(plan, addresses, FORWARD), plan, addresses, 1, weights, work, guards,
        X, order, sample, 1, 1,
    )  # fmt: skip
    status[1] = sample
    _keep_arguments(table, plan, work)
    if steps > 0:
        plan[p.STEPS] = steps


@cached_njit(**INNER)
def _go_back(table, real, plan, addresses, work, by_weight, step):
    """Add the gradient of what stands in the slopes to that over the weights.

    What comes after a step does not act on it: the way back begins there.
    """
    steps = plan[p.STEPS]
    if steps > 0:
        plan[p.STEPS] = step + 1
    weights = carray(pointer_at(table, at.WEIGHTS, real), ANY)
    turned = carray(pointer_at(table, at.TURNED, real), ANY)
    fused = carray(flags_at(table, at.LOSS_FUSED), ANY)
    calls.call_backward(
        kernel_of(plan, addresses, BACKWARD), plan, addresses, weights, work, by_weight,
        turned, fused, 0, 1, TO_WEIGHTS,
    )  # fmt: skip
    if steps > 0:
        plan[p.STEPS] = steps


@cached_njit(**INNER)
def _rows_of_point(table, real, plan, addresses, work, step, has_row, rows):
    """One row over theta for every argument of a point; zeros where none is wanted."""
    by_weight = carray(pointer_at(table, at.GRADIENT, real), ANY)
    theta = carray(pointer_at(table, at.VECTOR, real), ANY)
    K = table[at.N_THETA]
    slopes = _frame_of(plan, step) + loss_table(plan, 1, SLOPES)
    for q in range(np.int64(plan[p.OUTPUTS])):
        row = rows[q * K :]
        if has_row[q] == 0:
            for k in range(K):
                row[k] = 0
            continue
        for i in range(table[at.N_WEIGHTS]):
            by_weight[i] = 0
        work[slopes + q] = 1
        _go_back(table, real, plan, addresses, work, by_weight, step)
        work[slopes + q] = 0
        gradient_to_theta(table, real, theta, by_weight, row)


@cached_njit(**INNER)
def _take_cotangents(plan, work, step, given):
    """What is pulled back stands where the slopes of the losses do."""
    slopes = _frame_of(plan, step) + loss_table(plan, 1, SLOPES)
    for q in range(plan[p.OUTPUTS]):
        work[slopes + q] = given[q]


def rows_kernel(table, real, thread):
    """Arguments of the points FIRST_ROW .. END_ROW and their rows, or the rows pulled back.

    OUT (points, outputs) takes the arguments, OUT_DIRECTIONS (points, outputs, theta) the rows. With PULLED_BACK the
    cotangents stand in Y, and GRADIENT is added to; END_ROW then is the end of a sample.
    """
    plan = carray(integers_at(table, at.PLAN), ANY)
    addresses = carray(longs_at(table, at.ADDRESSES), ANY)
    work = carray(pointer_at(table, at.WORK, real), ANY)
    by_weight = carray(pointer_at(table, at.GRADIENT, real), ANY)
    points = carray(longs_at(table, at.POINTS), ANY)
    out = carray(pointer_at(table, at.OUT, real), ANY)
    rows = carray(pointer_at(table, at.OUT_DIRECTIONS, real), ANY)
    given = carray(pointer_at(table, at.Y, real), ANY)
    has_row = carray(flags_at(table, at.HAS_ROW), ANY)
    status = carray(longs_at(table, at.STATUS), ANY)
    first, stop = table[at.FIRST_ROW], table[at.END_ROW]
    wanted, n = table[at.WANTED], np.int64(plan[p.OUTPUTS])
    arguments = loss_table(plan, 1, ARGUMENTS_OF_LOSS)
    for i in range(first, stop):
        sample, step = points[2 * i], points[2 * i + 1]
        _evaluate(table, real, plan, addresses, work, sample)
        here, line = _frame_of(plan, step) + arguments, (i - first) * n
        if wanted == PULLED_BACK:
            _take_cotangents(plan, work, step, given[i * n :])
            if i + 1 == stop or points[2 * i + 2] != sample:
                _go_back(table, real, plan, addresses, work, by_weight, step)
                status[1] = NO_SAMPLE
            continue
        for q in range(n):
            out[line + q] = work[here + q]
        if wanted == ROWS_OF_OUTPUTS:
            _rows_of_point(
                table, real, plan, addresses, work, step, has_row[i * n :],
                rows[line * table[at.N_THETA] :],
            )  # fmt: skip
