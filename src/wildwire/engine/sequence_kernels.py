"""Sequences: the kernels of one step, called for one step after another.

Comes in: pointers, as in `kernels.py`; X, Y and weights are (steps, sequences, ...), and a sample is a
sequence. Goes out: work, totals and a gradient filled. Called by address in place of the kernels of a step, by
the same loops of `steps.py`; `sequence_values.py` shares the helpers.

The work array holds one frame after another: those of the past before the first step, one for each step, and as
many beyond the last as a link looks back, whose deltas stay 0. A step works relative to its own frame; links
with a delay reach into others by their row numbers (`program/plan.py`).

    dE/do_i(t) = sum over links i -> j with delay d of w_ij * delta_j(t + d)        back-propagation through time

runs from the last step to the first. Truncated at k steps, nothing flows from step m*k to the one before.
"""

import numpy as np
from numba import carray

from wildwire.engine import calls
from wildwire.engine.backward import clear_deltas
from wildwire.engine.blas import INNER
from wildwire.engine.forward import delta_table, inputs_of
from wildwire.engine.parts import (
    ANY,
    OF_SEQUENCE,
    STEP_BACKWARD,
    STEP_FORWARD,
    STEP_LOSS,
)
from wildwire.functions.cache import cached_njit
from wildwire.functions.intrinsics import shifted
from wildwire.program import plan as p


@cached_njit(**INNER)
def set_past(plan, weights, work, columns):
    """Values before the first step: 0, or what is stated."""
    size = np.int64(plan[p.ROWS]) * columns
    for k in range(np.int64(plan[p.DELAYS])):
        frame = k * plan[p.FRAME] * columns
        for i in range(size):
            work[frame + i] = 0
        for i in range(plan[p.PASTS]):
            at = plan[p.PAST_TABLE] + i * p.PAST_WIDTH
            line = frame + np.int64(plan[at]) * columns
            for c in range(columns):
                work[line + c] = weights[plan[at + 1]]


@cached_njit(**INNER)
def feed_back(plan, work, here, t, columns):
    """Inputs that take an output's value, in the frame at `here`, once its step is computed."""
    if t < plan[p.FEED_FROM]:
        return
    for i in range(plan[p.FEEDS]):
        at = plan[p.FEED_TABLE] + i * p.FEED_WIDTH
        to = here + np.int64(plan[at]) * columns
        of = here + np.int64(plan[at + 1]) * columns
        for c in range(columns):
            work[to + c] = work[of + c]


@cached_njit(**INNER)
def hold_ended(plan, work, here, t, order, start, real, columns):
    """Sequences that have ended keep their last values: what is filled up must not run away to infinity."""
    if plan[p.STEP_COUNTS] == 0 or t == 0:
        return
    before = here - np.int64(plan[p.FRAME]) * columns
    stop = np.int64(plan[p.ROWS])
    if plan[p.GUESSES] > 0:
        # Of a step that does not settle slopes are not finite, either, and 0 times NaN is NaN.
        stop = (3 + np.int64(plan[p.MAX_PARAMETERS])) * stop + plan[p.EXPRESSION_ROWS]
    for c in range(columns):
        sequence = order[min(start + c, start + real - 1)]
        if t < plan[plan[p.STEP_COUNTS] + sequence]:
            continue
        for row in range(1, stop):
            work[here + row * columns + c] = work[before + row * columns + c]


def forward_sequence(
    plan_, addresses_, level, weights_, work_, guards_, X_, order_, start, real, columns
):
    """Evaluate `real` sequences from number `start` of the order on, step by step."""
    plan, addresses = carray(plan_, ANY), carray(addresses_, ANY)
    work, order = carray(work_, ANY), carray(order_, ANY)
    set_past(plan, carray(weights_, ANY), work, columns)
    step = addresses[3 * plan[p.FUNCTIONS] + STEP_FORWARD]
    frame = np.int64(plan[p.FRAME]) * columns
    inputs = np.int64(plan[p.SEQUENCES]) * inputs_of(plan)
    for t in range(np.int64(plan[p.STEPS])):
        here = (plan[p.DELAYS] + t) * frame
        calls.call_forward(
            step, plan_, addresses_, level, weights_, shifted(work_, here), guards_,
            shifted(X_, t * inputs), order_, start, real, columns,
        )  # fmt: skip
        hold_ended(plan, work, here, t, order, start, real, columns)
        feed_back(plan, work, here, t, columns)


def loss_sequence(
    plan_, addresses_, kind, forms_, fused_, parameters_, width, scale_, factor_,
    totals_, work_, guards_, Y_, weight_, weight_width, order_, start, real, columns,
):  # fmt: skip
    """Values and slopes of the loss at every step, added to the totals."""
    plan, addresses = carray(plan_, ANY), carray(addresses_, ANY)
    step = addresses[3 * plan[p.FUNCTIONS] + STEP_LOSS]
    frame = np.int64(plan[p.FRAME]) * columns
    n = np.int64(plan[p.SEQUENCES])
    for t in range(np.int64(plan[p.STEPS])):
        calls.call_loss(
            step, plan_, addresses_, kind, forms_, fused_, parameters_, width, scale_,
            factor_, totals_, shifted(work_, (plan[p.DELAYS] + t) * frame), guards_,
            shifted(Y_, t * n * plan[p.OUTPUTS]), shifted(weight_, t * n * weight_width),
            weight_width, order_, start, real, columns,
        )  # fmt: skip


@cached_njit(**INNER)
def zero_deltas(plan, work, frame, first, stop, columns):
    """No deltas in frames first .. stop-1."""
    size, d = np.int64(plan[p.ROWS]) * columns, delta_table(plan, columns)
    for k in range(first, stop):
        for i in range(size):
            work[k * frame + d + i] = 0


@cached_njit(**INNER)
def past_gradient(plan, work, gradient, columns):
    """Gradient of stated values before the first step."""
    d = delta_table(plan, columns)
    for i in range(plan[p.PASTS]):
        at = plan[p.PAST_TABLE] + i * p.PAST_WIDTH
        total = gradient[plan[at + 1]]
        for k in range(np.int64(plan[p.DELAYS])):
            line = (k * plan[p.FRAME] + plan[at]) * columns + d
            for c in range(columns):
                total += work[line + c]
        gradient[plan[at + 1]] = total


@cached_njit(**INNER)
def _gather_row(plan, row, weights, work, d, columns):
    """Complete the delta of a row whose readers are all in later steps."""
    low = plan[plan[p.OUT_POINTERS] + row]
    pairs = plan[p.OUT_LINKS] + 2 * low
    place = d + row * columns
    if plan[plan[p.KEEP] + row] == 0:
        for c in range(columns):
            work[place + c] = 0
    for e in range(plan[plan[p.OUT_POINTERS] + row + 1] - low):
        of = d + np.int64(plan[pairs + 2 * e]) * columns
        w = weights[plan[pairs + 2 * e + 1]]
        for c in range(columns):
            work[place + c] += w * work[of + c]


@cached_njit(**INNER)
def feed_deltas(plan, weights, work, here, t, columns):
    """What later steps want of a fed input is wanted of the output that it took its value from."""
    if t < plan[p.FEED_FROM]:
        return
    d = here + delta_table(plan, columns)
    for i in range(plan[p.FEEDS]):
        at = plan[p.FEED_TABLE] + i * p.FEED_WIDTH
        row, target = np.int64(plan[at]), np.int64(plan[at + 1])
        _gather_row(plan, row, weights, work, d, columns)
        for c in range(columns):
            work[d + target * columns + c] += work[d + row * columns + c]


@cached_njit(**INNER)
def _gather_past(plan, row, k, weights, work, d, columns):
    """The same for a row of frame `k` of the past: readers before the first step do not exist."""
    low = plan[plan[p.OUT_POINTERS] + row]
    pairs = plan[p.OUT_LINKS] + 2 * low
    frame, place = np.int64(plan[p.FRAME]), d + row * columns
    if plan[plan[p.KEEP] + row] == 0:
        for c in range(columns):
            work[place + c] = 0
    for e in range(plan[plan[p.OUT_POINTERS] + row + 1] - low):
        target = np.int64(plan[pairs + 2 * e])
        if k + target // frame < plan[p.DELAYS]:
            continue
        w = weights[plan[pairs + 2 * e + 1]]
        for c in range(columns):
            work[place + c] += w * work[d + target * columns + c]


@cached_njit(**INNER)
def past_deltas(plan, weights, work, columns):
    """Complete the deltas of stated values before the first step: what out-links lead to stands in later frames."""
    d = delta_table(plan, columns)
    for i in range(plan[p.PASTS]):
        row = np.int64(plan[plan[p.PAST_TABLE] + i * p.PAST_WIDTH])
        for k in range(np.int64(plan[p.DELAYS])):
            here = k * plan[p.FRAME] * columns + d
            _gather_past(plan, row, k, weights, work, here, columns)


def backward_sequence(
    plan_, addresses_, weights_, work_, gradient_, sums_, fused_, kind, columns,
    to_inputs,
):  # fmt: skip
    """Back-propagation through time, added to the gradient of the weights."""
    plan, addresses = carray(plan_, ANY), carray(addresses_, ANY)
    work, weights = carray(work_, ANY), carray(weights_, ANY)
    step = addresses[3 * plan[p.FUNCTIONS] + STEP_BACKWARD]
    frame = np.int64(plan[p.FRAME]) * columns
    delays, steps = np.int64(plan[p.DELAYS]), np.int64(plan[p.STEPS])
    cut = np.int64(plan[p.TRUNCATE])
    for k in range(delays + steps):
        clear_deltas(plan, carray(shifted(work_, k * frame), ANY), columns, True)
    zero_deltas(plan, work, frame, delays + steps, 2 * delays + steps, columns)
    for t in range(steps - 1, -1, -1):
        here = (delays + t) * frame
        feed_deltas(plan, weights, work, here, t, columns)
        calls.call_backward(
            step, plan_, addresses_, weights_, shifted(work_, here),
            gradient_, sums_, fused_, kind, columns, OF_SEQUENCE,
        )  # fmt: skip
        if cut > 0 and t % cut == 0 and t > 0:
            zero_deltas(plan, work, frame, t, t + 2 * delays, columns)
    past_deltas(plan, weights, work, columns)
    past_gradient(plan, work, carray(gradient_, ANY), columns)
