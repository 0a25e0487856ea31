"""One step of a product with the Hessian: how its values move with theta along v.

Comes in: a plan of `program/second.py` in which everything moves, and a frame of the work array. Goes out: R{o} of all
neurons and heads. Called by `second_order_kernels.py`, which has the equations.

Where a neuron's own numbers move with it, or its sources go through a formula,

    R{y} = f_z R{z} + sum_p f_p v_p
"""

import numpy as np

from wildwire.engine import calls
from wildwire.engine.blas import INNER, is_wide
from wildwire.engine.forward import (
    block_sums,
    delta_table,
    expression_rows,
    lonely_sums,
)
from wildwire.engine.parts import SUMS, WIDE
from wildwire.engine.pointers import value_at
from wildwire.engine.settle_kernels import (
    BACKWARD_64,
    BROKEN,
    DONE,
    MOST_TIMES,
    ON,
    first_guess,
)
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


@cached_njit(**INNER)
def block_of(plan, which, i):
    """Place of block i in one of the four tables."""
    return np.int64(plan[p.BLOCK_TABLE] + (which * plan[p.BLOCKS] + i) * p.BLOCK_WIDTH)


@cached_njit(**INNER)
def is_wide_block(base, i, columns):
    """Whether block i goes through BLAS, as in a gradient."""
    return is_wide(base, base[p.BLOCK_TABLE] + i * p.BLOCK_WIDTH, columns)


@cached_njit(**INNER)
def _run_moves(plan, r, both, n_weights, work, d, columns):
    """R{o} of a run from R{z}, which stands at `d`; between the two, the neuron's own share of R{delta}, or R{z}."""
    table = np.int64(plan[p.ROWS]) * columns
    own = np.int64(plan[r + 4])
    for m in range(np.int64(plan[r + 1])):
        place = (np.int64(plan[r]) + m) * columns
        z, kept, moved = d + place, d - table + place, d - 2 * table + place
        slope, kappa = table + place, 2 * table + place
        if own == 0:
            for c in range(columns):
                move = work[z + c]
                work[moved + c] = work[slope + c] * move
                work[kept + c] = work[kappa + c] * move
            continue
        for c in range(columns):
            work[kept + c] = work[z + c]
            work[moved + c] = work[slope + c] * work[z + c]
        for j in range(own):
            v = both[n_weights + plan[r + 3] + m * own + j]
            derivative = kappa + j * table
            for c in range(columns):
                work[moved + c] += work[derivative + c] * v


@cached_njit(**INNER)
def results_of(plan, e, columns):
    """Where the results of an expression stand: value, slopes, second derivatives."""
    rows = np.int64(plan[e + 6]) + np.int64(plan[e + 1])
    return expression_rows(plan, columns) + rows * columns


@cached_njit(**INNER)
def _expression_moves(plan, e, both, n_weights, work, d, columns):
    moved = d - 2 * np.int64(plan[p.ROWS]) * columns
    links, place = np.int64(plan[e + 1]), moved + np.int64(plan[e]) * columns
    sources, slopes = (
        plan[p.SOURCES] + plan[e + 5],
        results_of(plan, e, columns) + columns,
    )
    for c in range(columns):
        work[place + c] = 0
    for a in range(links):
        of = moved + np.int64(plan[sources + a]) * columns
        for c in range(columns):
            work[place + c] += work[slopes + a * columns + c] * value_at(work, of + c)
    for j in range(plan[e + 4]):
        v, of = both[n_weights + plan[e + 3] + j], slopes + (links + j) * columns
        for c in range(columns):
            work[place + c] += work[of + c] * v


@cached_njit(**INNER)
def _head_moves(plan, work, d, columns):
    """R{p_k} = p_k (R{z_k} - sum_j p_j R{z_j})."""
    moved = d - 2 * np.int64(plan[p.ROWS]) * columns
    for i in range(plan[p.HEADS]):
        h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
        sources = plan[p.OUTPUT_ROWS] + plan[p.OUTPUTS] + plan[h]
        row, count = np.int64(plan[h + 1]), np.int64(plan[h + 2])
        for c in range(columns):
            mean = work[0] - work[0]
            for k in range(count):
                of = moved + np.int64(plan[sources + k]) * columns + c
                mean += work[(row + k) * columns + c] * work[of]
            for k in range(count):
                of = moved + np.int64(plan[sources + k]) * columns + c
                to = (row + k) * columns + c
                work[moved + to] = work[to] * (work[of] - mean)


@cached_njit(**INNER)
def moves_of_step(plan, base, addresses, both, n_weights, work, columns):
    """R{o} of all neurons and heads of a step, stage by stage."""
    d = delta_table(plan, columns)
    for s in range(plan[p.STAGES]):
        stage = plan[p.STAGE_TABLE] + s * p.STAGE_WIDTH
        for i in range(plan[stage], plan[stage] + plan[stage + 1]):
            b = block_of(plan, np.int64(0), i)
            if plan[b + 1] == 1:
                lonely_sums(plan, b, np.int64(0), both, work, d, columns)
            elif is_wide_block(base, i, columns):
                calls.call_part(
                    addresses[3 * plan[p.FUNCTIONS] + WIDE], plan, addresses, SUMS, b,
                    both, work, work, d, columns, 0,
                )  # fmt: skip
            else:
                block_sums(plan, b, both, work, d, columns)
        for i in range(plan[stage + 2], plan[stage + 2] + plan[stage + 3]):
            r = plan[p.RUN_TABLE] + i * p.RUN_WIDTH
            _run_moves(plan, r, both, n_weights, work, d, columns)
        for i in range(plan[stage + 6], plan[stage + 6] + plan[stage + 7]):
            e = plan[p.EXPRESSION_TABLE] + i * p.EXPRESSION_WIDTH
            _expression_moves(plan, e, both, n_weights, work, d, columns)
    _head_moves(plan, work, d, columns)


@cached_njit(**INNER)
def _guesses_move(plan, work, columns):
    """The moves of guessed neurons become those of their guesses; whether any sample still changes."""
    moved = delta_table(plan, columns) - 2 * np.int64(plan[p.ROWS]) * columns
    first, state = moved + first_guess(plan) * columns, DONE
    for c in range(columns):
        most = change = work[0] - work[0]
        for g in range(plan[p.GUESSES]):
            row = np.int64(plan[plan[p.GUESS_TABLE] + g * p.GUESS_WIDTH])
            new = work[moved + row * columns + c]
            most = max(most, abs(new))
            change = max(change, abs(new - work[first + g * columns + c]))
            work[first + g * columns + c] = new
            if not np.isfinite(new):
                state = BROKEN
        if change > BACKWARD_64 * most:
            state = max(state, ON)
    return state


@cached_njit(**INNER)
def sweep_moves(plan, base, addresses, both, n_weights, work, columns):
    """R{o} where loops settle: R{g} = dF/dg R{g} + dF/dtheta v, until it stands still; else NaN."""
    state = DONE
    for _ in range(MOST_TIMES * np.int64(plan[p.SETTLE_STEPS])):
        moves_of_step(plan, base, addresses, both, n_weights, work, columns)
        state = _guesses_move(plan, work, columns)
        if state != ON:
            break
    if state != DONE:
        moved = delta_table(plan, columns) - 2 * np.int64(plan[p.ROWS]) * columns
        for i in range(np.int64(plan[p.ROWS]) * columns):
            work[moved + i] = np.nan


@cached_njit(**INNER)
def hold_moves(plan, work, t, order, start, real, columns):
    """Sequences that have ended move no more: what is filled up acts on nothing."""
    if plan[p.STEP_COUNTS] == 0:
        return
    table, d = np.int64(plan[p.ROWS]) * columns, delta_table(plan, columns)
    for c in range(columns):
        sequence = order[min(start + c, start + real - 1)]
        if t < plan[plan[p.STEP_COUNTS] + sequence]:
            continue
        for row in range(np.int64(plan[p.ROWS])):
            for which in range(3):
                work[d - which * table + row * columns + c] = 0
