"""Sequences: the kernels of one step, called for one step after another.

Comes in: pointers, as in `kernels.py`; X, Y and weights are (steps, sequences, ...), and a sample is a
sequence. Goes out: work, totals and a gradient filled. Called by address in place of the kernels of a step, by
the same loops of `steps.py` and `passes.py`.

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
from wildwire.engine.forward import delta_table
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
def _set_past(plan, weights, work, columns):
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


def forward_sequence(
    plan_, addresses_, level, weights_, work_, guards_, X_, order_, start, real, columns
):
    """Evaluate `real` sequences from number `start` of the order on, step by step."""
    plan, addresses = carray(plan_, ANY), carray(addresses_, ANY)
    _set_past(plan, carray(weights_, ANY), carray(work_, ANY), columns)
    step = addresses[3 * plan[p.FUNCTIONS] + STEP_FORWARD]
    frame = np.int64(plan[p.FRAME]) * columns
    inputs = np.int64(plan[p.SEQUENCES]) * plan[p.INPUTS]
    for t in range(np.int64(plan[p.STEPS])):
        calls.call_forward(
            step, plan_, addresses_, level, weights_,
            shifted(work_, (plan[p.DELAYS] + t) * frame), guards_,
            shifted(X_, t * inputs), order_, start, real, columns,
        )  # fmt: skip


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
def _zero_deltas(plan, work, frame, first, stop, columns):
    """No deltas in frames first .. stop-1."""
    size, d = np.int64(plan[p.ROWS]) * columns, delta_table(plan, columns)
    for k in range(first, stop):
        for i in range(size):
            work[k * frame + d + i] = 0


@cached_njit(**INNER)
def _past_gradient(plan, work, gradient, columns):
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


def backward_sequence(
    plan_, addresses_, weights_, work_, gradient_, sums_, fused_, kind, columns,
    to_inputs,
):  # fmt: skip
    """Back-propagation through time, added to the gradient of the weights."""
    plan, addresses = carray(plan_, ANY), carray(addresses_, ANY)
    work = carray(work_, ANY)
    step = addresses[3 * plan[p.FUNCTIONS] + STEP_BACKWARD]
    frame = np.int64(plan[p.FRAME]) * columns
    delays, steps = np.int64(plan[p.DELAYS]), np.int64(plan[p.STEPS])
    cut = np.int64(plan[p.TRUNCATE])
    for k in range(delays + steps):
        clear_deltas(plan, carray(shifted(work_, k * frame), ANY), columns, True)
    _zero_deltas(plan, work, frame, delays + steps, 2 * delays + steps, columns)
    for t in range(steps - 1, -1, -1):
        calls.call_backward(
            step, plan_, addresses_, weights_, shifted(work_, (delays + t) * frame),
            gradient_, sums_, fused_, kind, columns, OF_SEQUENCE,
        )  # fmt: skip
        if cut > 0 and t % cut == 0 and t > 0:
            _zero_deltas(plan, work, frame, t, t + 2 * delays, columns)
    _past_gradient(plan, work, carray(gradient_, ANY), columns)
