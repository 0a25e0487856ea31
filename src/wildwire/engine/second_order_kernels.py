"""Products with the Hessian: how values move with theta along v, and then how the gradient moves.

Comes in: the table of a bound program, a work array from `second_order_base.py`, [w, v] as `program/second.py` says.
Goes out: how the gradient of the weights moves. Called through `bound.py` by `second_order.py`.

    R{z_j} = sum_i w_ij R{o_i} + v_ij o_i,     R{o_j} = sigma'_j R{z_j}
    R{delta_j} = sigma'_j R{dE/do_j} + kappa_j R{z_j},     kappa_j = sigma''_j dE/do_j
    R{dE/do_i} = sum_j w_ij R{delta_j} + v_ij delta_j,     R{dE/dw_ij} = R{delta_j} o_i + delta_j R{o_i}

(Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 1994.) Six products of matrices against the
three of a gradient, by the same register tiles. Without kappa, v delta and delta R{o}, and with R{dE/do} = H_loss R{o}
to begin with, the same way back gives the generalised Gauss-Newton product (Schraudolph, Neural Computation 2002).
"""

import numpy as np
from numba import carray

from wildwire.engine import places as at
from wildwire.engine.backward import clear_deltas
from wildwire.engine.blas import INNER
from wildwire.engine.forward import delta_table
from wildwire.engine.parts import ANY
from wildwire.engine.pointers import (
    doubles_at,
    flags_at,
    integers_at,
    longs_at,
    pointer_at,
)
from wildwire.engine.second_order_back import moves_back, sweep_moves_back
from wildwire.engine.second_order_base import base_of_tile, steps_of
from wildwire.engine.second_order_forward import (
    hold_moves,
    moves_of_step,
    sweep_moves,
)
from wildwire.engine.second_order_losses import fused_curvature, loss_moves
from wildwire.engine.sequence_kernels import (
    feed_back,
    feed_deltas,
    past_deltas,
    past_gradient,
    set_past,
    zero_deltas,
)
from wildwire.engine.steps import columns_of
from wildwire.functions.cache import cached_njit
from wildwire.functions.intrinsics import shifted
from wildwire.program import plan as p


@cached_njit(**INNER)
def _forward(table, real, work_, first, count, columns):
    """How the values of all steps move."""
    plan_ = integers_at(table, at.MOVING_PLAN)
    plan = carray(plan_, ANY)
    base = carray(integers_at(table, at.PLAN), ANY)
    addresses = carray(longs_at(table, at.ADDRESSES), ANY)
    both_ = pointer_at(table, at.MOVING_WEIGHTS, real)
    both, n_weights = carray(both_, ANY), table[at.N_WEIGHTS]
    fused = carray(flags_at(table, at.LOSS_FUSED), ANY)
    order = carray(longs_at(table, at.ORDER), ANY)
    frame = np.int64(plan[p.FRAME]) * columns
    d = delta_table(plan, columns)
    moved = d - 2 * np.int64(plan[p.ROWS]) * columns
    of_values = carray(shifted(work_, moved), ANY)
    if plan[p.DELAYS] > 0:
        set_past(plan, carray(shifted(both_, n_weights), ANY), of_values, columns)
    for t in range(steps_of(plan)):
        here = (plan[p.DELAYS] + t) * frame
        step = carray(shifted(work_, here), ANY)
        for i in range((1 + np.int64(plan[p.INPUTS])) * columns):
            step[moved + i] = 0
        if plan[p.GUESSES] > 0:
            sweep_moves(plan, base, addresses, both, n_weights, step, columns)
        else:
            moves_of_step(plan, base, addresses, both, n_weights, step, columns)
        hold_moves(plan, step, t, order, first, count, columns)
        fused_curvature(plan, fused, step, columns)
        feed_back(plan, of_values, here, t, columns)


@cached_njit(**INNER)
def _product_of_tile(table, real, work_, first, count, gradient):
    """Add how the gradient of a tile moves."""
    plan_ = integers_at(table, at.MOVING_PLAN)
    plan, work = carray(plan_, ANY), carray(work_, ANY)
    base = carray(integers_at(table, at.PLAN), ANY)
    addresses = carray(longs_at(table, at.ADDRESSES), ANY)
    both = carray(pointer_at(table, at.MOVING_WEIGHTS, real), ANY)
    turned = carray(pointer_at(table, at.TURNED, real), ANY)
    fused = carray(flags_at(table, at.LOSS_FUSED), ANY)
    n_weights, curves = table[at.N_WEIGHTS], table[at.CURVES]
    columns = columns_of(count, table[at.TILE])
    _forward(table, real, work_, first, count, columns)
    frame, inward = np.int64(plan[p.FRAME]) * columns, plan[p.GUESSES] > 0
    delays, steps = np.int64(plan[p.DELAYS]), steps_of(plan)
    to_inputs = inward or plan[p.STEPS] > 0
    for k in range(delays + steps):
        clear_deltas(plan, carray(shifted(work_, k * frame), ANY), columns, to_inputs)
    zero_deltas(plan, work, frame, delays + steps, 2 * delays + steps, columns)
    for t in range(steps - 1, -1, -1):
        here = (delays + t) * frame
        feed_deltas(plan, both, work, here, t, columns)
        step = carray(shifted(work_, here), ANY)
        loss_moves(plan, fused, curves, step, columns)
        moves_back(
            plan, base, addresses, both, n_weights, step, gradient, turned, fused,
            curves, columns, True,
        )  # fmt: skip
        if inward:
            sweep_moves_back(
                plan_, addresses, both, n_weights, step, gradient, turned, fused,
                columns,
            )  # fmt: skip
    past_deltas(plan, both, work, columns)
    past_gradient(plan, work, gradient, columns)


@cached_njit(**INNER)
def _work_of(table, real, number):
    """The work array of tile `number`."""
    if table[at.SECOND_WORK] == 0:
        return pointer_at(table, at.WORK, real)
    return shifted(
        pointer_at(table, at.SECOND_WORK, real), number * table[at.WORK_SIZE]
    )


@cached_njit(**INNER)
def _parts(table, real, thread, is_product):
    """This thread's parts of the samples: gradients, or how they move, and losses."""
    plan = carray(integers_at(table, at.PLAN), ANY)
    size, rows, tile = table[at.N_WEIGHTS], table[at.PART_ROWS], table[at.TILE]
    gradients = carray(pointer_at(table, at.PART_GRADIENTS, real), ANY)
    spare = carray(pointer_at(table, at.GRADIENT, real), ANY)
    totals = carray(doubles_at(table, at.PART_TOTALS), ANY)
    width = np.int64(plan[p.OUTPUTS]) + 1
    each = (rows + tile - 1) // tile
    for part in range(thread, table[at.N_PARTS], table[at.N_THREADS]):
        gradient = gradients[part * size :]
        for i in range(size):
            gradient[i] = 0
        losses = totals[part * width :]
        for q in range(width):
            losses[q] = 0
        start = part * rows
        for first in range(start, min(start + rows, table[at.END_ROW]), tile):
            count = min(tile, min(start + rows, table[at.END_ROW]) - first)
            work_ = _work_of(table, real, part * each + (first - start) // tile)
            if not is_product:
                base_of_tile(table, real, work_, first, count, gradient, losses)
                continue
            if table[at.SECOND_WORK] == 0:
                own = spare[thread * size :]
                base_of_tile(table, real, work_, first, count, own, losses)
            _product_of_tile(table, real, work_, first, count, gradient)


def second_base_kernel(table, real, thread):
    """Gradients and losses of this thread's parts, and what products with the Hessian need."""
    _parts(table, real, thread, False)


def second_product_kernel(table, real, thread):
    """How the gradients of this thread's parts move."""
    _parts(table, real, thread, True)
