"""One step of a product with the Hessian: how its values move, and how its deltas move.

Comes in: a plan of `program/second.py` in which everything moves, and a frame of the work array. Goes out: R{o},
R{delta}, and how the gradient of the weights moves. Called by `second_order_kernels.py`, which has the equations.

Where a neuron's own numbers move with it, or its sources go through a formula, u are those moves:

    R{y} = f_z R{z} + sum_p f_p v_p,    R{dE/dp} = f_p R{dE/dy} + dE/dy (f_pz R{z} + sum_q f_pq v_q)
"""

import numpy as np
from numba import carray

from wildwire.engine import calls
from wildwire.engine.backward import add_fused, gather_apart
from wildwire.engine.blas import INNER, is_wide
from wildwire.engine.forward import (
    block_sums,
    delta_table,
    expression_rows,
    lonely_sums,
)
from wildwire.engine.losses import SLOPES, TARGETS, loss_table
from wildwire.engine.parts import ANY, SUMS, WIDE
from wildwire.engine.pointers import add_at, value_at
from wildwire.engine.second_order_base import (
    gradient_of,
    loss_seconds,
    push_of,
    seconds_of,
)
from wildwire.engine.settle_kernels import (
    BACKWARD_64,
    BROKEN,
    DONE,
    MOST_TIMES,
    first_guess,
    next_seeds,
    spoil_gradient,
)
from wildwire.functions.cache import cached_njit
from wildwire.functions.intrinsics import shifted
from wildwire.program import plan as p
from wildwire.program.second import CROSSED, MOVED, STEADY


@cached_njit(**INNER)
def _block(plan, which, i):
    """Place of block i in one of the four tables."""
    return np.int64(plan[p.BLOCK_TABLE] + (which * plan[p.BLOCKS] + i) * p.BLOCK_WIDTH)


@cached_njit(**INNER)
def _is_wide(base, i, columns):
    """Whether block i goes through BLAS, as in a gradient."""
    return is_wide(base, base[p.BLOCK_TABLE] + i * p.BLOCK_WIDTH, columns)


# ---- forward -------------------------------------------------------------------------------------------------------


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
def _results(plan, e, columns):
    """Where the results of an expression stand: value, slopes, second derivatives."""
    rows = np.int64(plan[e + 6]) + np.int64(plan[e + 1])
    return expression_rows(plan, columns) + rows * columns


@cached_njit(**INNER)
def _expression_moves(plan, e, both, n_weights, work, d, columns):
    moved = d - 2 * np.int64(plan[p.ROWS]) * columns
    links, place = np.int64(plan[e + 1]), moved + np.int64(plan[e]) * columns
    sources, slopes = (
        plan[p.SOURCES] + plan[e + 5],
        _results(plan, e, columns) + columns,
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
            b = _block(plan, np.int64(0), i)
            if plan[b + 1] == 1:
                lonely_sums(plan, b, np.int64(0), both, work, d, columns)
            elif _is_wide(base, i, columns):
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
            state = max(state, np.int64(1))
    return state


@cached_njit(**INNER)
def sweep_moves(plan, base, addresses, both, n_weights, work, columns):
    """R{o} where loops settle: R{g} = dF/dg R{g} + dF/dtheta v, until it stands still; else NaN."""
    state = DONE
    for _ in range(MOST_TIMES * np.int64(plan[p.SETTLE_STEPS])):
        moves_of_step(plan, base, addresses, both, n_weights, work, columns)
        state = _guesses_move(plan, work, columns)
        if state != 1:
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


# ---- the loss ------------------------------------------------------------------------------------------------------


@cached_njit(**INNER)
def fused_curvature(plan, fused, work, columns):
    """How slopes over z of losses that read it move, while R{z} stands where R{delta} will."""
    d, seconds = delta_table(plan, columns), loss_seconds(plan, columns)
    outputs = np.int64(plan[p.OUTPUTS])
    for q in range(outputs):
        row = np.int64(plan[plan[p.OUTPUT_ROWS] + q])
        if not fused[q] or row > plan[p.INPUTS] + plan[p.NEURONS]:
            continue
        of, to = seconds + q * columns, seconds + (outputs + q) * columns
        for c in range(columns):
            work[to + c] = work[of + c] * work[d + row * columns + c]


@cached_njit(**INNER)
def _own_head_moves(plan, h, work, d, columns):
    """R{dE/dz_k} = w_k R{p_k} sum_j t_j of a softmax with its own loss; its weights are those of `loss_seconds`."""
    sources = plan[p.OUTPUT_ROWS] + plan[p.OUTPUTS] + plan[h]
    row, count, first = np.int64(plan[h + 1]), np.int64(plan[h + 2]), plan[h + 3]
    targets = loss_table(plan, columns, TARGETS) + first * columns
    weights = loss_seconds(plan, columns) + first * columns
    moved = d - 2 * np.int64(plan[p.ROWS]) * columns
    for c in range(columns):
        mass = work[0] - work[0]
        for k in range(count):
            mass += work[targets + k * columns + c]
        for k in range(count):
            to = d + np.int64(plan[sources + k]) * columns + c
            slope = work[weights + k * columns + c] * mass
            work[to] += slope * work[moved + (row + k) * columns + c]


@cached_njit(**INNER)
def _other_head_moves(plan, h, curves, work, d, columns):
    """How p_k (g_k - sum_j g_j p_j) moves; without curves g is steady and only R{g} = E''_k R{p_k} counts."""
    sources = plan[p.OUTPUT_ROWS] + plan[p.OUTPUTS] + plan[h]
    row, count, first = np.int64(plan[h + 1]), np.int64(plan[h + 2]), plan[h + 3]
    slopes = loss_table(plan, columns, SLOPES) + first * columns
    seconds = loss_seconds(plan, columns) + first * columns
    moved = d - 2 * np.int64(plan[p.ROWS]) * columns
    for c in range(columns):
        mean = mean_move = work[0] - work[0]
        for k in range(count):
            value = (row + k) * columns + c
            move = work[seconds + k * columns + c] * work[moved + value]
            mean_move += move * work[value]
            if curves:
                slope = work[slopes + k * columns + c]
                mean += slope * work[value]
                mean_move += slope * work[moved + value]
        for k in range(count):
            value = (row + k) * columns + c
            move = work[seconds + k * columns + c] * work[moved + value]
            total = work[value] * (move - mean_move)
            if curves:
                total += work[moved + value] * (work[slopes + k * columns + c] - mean)
            work[d + np.int64(plan[sources + k]) * columns + c] += total


@cached_njit(**INNER)
def loss_moves(plan, fused, curves, work, columns):
    """R{dE/do} of outputs, added to what later steps want; losses over z are added where their neurons are."""
    d, seconds = delta_table(plan, columns), loss_seconds(plan, columns)
    moved = d - 2 * np.int64(plan[p.ROWS]) * columns
    for i in range(plan[p.HEADS]):
        h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
        if fused[plan[h + 3]]:
            _own_head_moves(plan, h, work, d, columns)
        else:
            _other_head_moves(plan, h, curves, work, d, columns)
    for q in range(np.int64(plan[p.OUTPUTS])):
        row = np.int64(plan[plan[p.OUTPUT_ROWS] + q])
        if fused[q] or row > plan[p.INPUTS] + plan[p.NEURONS]:
            continue
        for c in range(columns):
            slope = work[seconds + q * columns + c]
            work[d + row * columns + c] += slope * work[moved + row * columns + c]


# ---- backward ------------------------------------------------------------------------------------------------------


@cached_njit(**INNER)
def _add_product(work, to, first, i, k, count, of, steady, columns):
    """Add the second derivative over numbers i and k, times how number k moves, to a row."""
    low, high = min(i, k), max(i, k)
    place = first + (low * count - low * (low - 1) // 2 + high - low) * columns
    if of == 0:
        for c in range(columns):
            work[to + c] += work[place + c] * steady
        return
    for c in range(columns):
        work[to + c] += work[place + c] * value_at(work, of + c)


@cached_njit(**INNER)
def _run_back(plan, r, both, n_weights, work, gradient, d, curves, columns):
    """R{delta} of a run, and how the gradient of its parameters moves."""
    table = np.int64(plan[p.ROWS]) * columns
    own = np.int64(plan[r + 4])
    for m in range(np.int64(plan[r + 1])):
        row = np.int64(plan[r]) + m
        place = row * columns
        gather_apart(plan, row, both, work, d, columns)
        told, kept, slope = d + place, d - table + place, table + place
        if own > 0:
            _parameters_back(
                plan, r, m, both, n_weights, work, gradient, d, curves, columns
            )
        elif curves:
            for c in range(columns):
                work[told + c] = work[told + c] * work[slope + c] + work[kept + c]
        else:
            for c in range(columns):
                work[told + c] *= work[slope + c]


@cached_njit(**INNER)
def _parameters_back(plan, r, m, both, n_weights, work, gradient, d, curves, columns):
    """The same of one neuron whose activation has parameters; its second derivatives stand times dE/dy.

    Sums are formed in the first rows of its results, which nobody reads.
    """
    row, own = np.int64(plan[r]) + m, np.int64(plan[r + 4])
    table, place = np.int64(plan[p.ROWS]) * columns, row * columns
    count, told = 1 + own, d + place
    kept = told - table
    weight = np.int64(plan[r + 3]) + m * own
    scratch = seconds_of(plan, r, row, columns)
    first = scratch + (1 + count) * columns
    for i in range(count):
        for c in range(columns):
            work[scratch + c] = work[told + c] * work[(1 + i) * table + place + c]
        if curves:
            _add_product(
                work, scratch, first, i, np.int64(0), count, kept, 0.0, columns
            )
            for k in range(1, count):
                v = both[n_weights + weight + k - 1]
                _add_product(work, scratch, first, i, k, count, np.int64(0), v, columns)
        if i == 0:
            for c in range(columns):
                work[scratch + columns + c] = work[scratch + c]
        else:
            total = work[0] - work[0]
            for c in range(columns):
                total += work[scratch + c]
            gradient[weight + i - 1] += total
    for c in range(columns):
        work[told + c] = work[scratch + columns + c]


@cached_njit(**INNER)
def _expression_back(
    plan, e, both, n_weights, work, gradient, d, curves, inward, columns
):
    """What an expression tells its sources and numbers, and how that moves; its delta is dE/dy."""
    table = np.int64(plan[p.ROWS]) * columns
    links, own = np.int64(plan[e + 1]), np.int64(plan[e + 4])
    count, told = links + own, d + np.int64(plan[e]) * columns
    steady, moved = told + table, d - 2 * table
    sources, results = plan[p.SOURCES] + plan[e + 5], _results(plan, e, columns)
    slopes, first = results + columns, results + (1 + count) * columns
    weight = np.int64(plan[e + 3])
    for i in range(count):
        source = np.int64(plan[sources + i]) if i < links else np.int64(-1)
        if i < links and 0 <= source <= plan[p.INPUTS] and not inward:
            continue
        for c in range(columns):
            work[results + c] = 0
        if curves:
            for a in range(links):
                of = moved + np.int64(plan[sources + a]) * columns
                _add_product(work, results, first, i, a, count, of, 0.0, columns)
            for k in range(own):
                v = both[n_weights + weight + k]
                _add_product(
                    work, results, first, i, links + k, count, np.int64(0), v, columns
                )
        for c in range(columns):
            work[results + c] = (
                work[results + c] * work[steady + c]
                + work[told + c] * work[slopes + i * columns + c]
            )
        if i < links:
            for c in range(columns):
                add_at(work, d + source * columns + c, work[results + c])
        else:
            total = work[0] - work[0]
            for c in range(columns):
                total += work[results + c]
            gradient[weight + i - links] += total


@cached_njit(**INNER)
def moves_back(
    plan, base, addresses, both, n_weights, work, gradient, turned, fused, curves,
    columns, is_first,
):  # fmt: skip
    """R{delta} of a step, last stage first, and how the gradient moves.

    Of sweeps after the first (`is_first` is False) the plan has one table of blocks.
    """
    d, outputs = delta_table(plan, columns), np.int64(plan[p.OUTPUTS])
    over_z = loss_seconds(plan, columns) + outputs * columns
    inward = plan[p.GUESSES] > 0
    for s in range(plan[p.STAGES] - 1, -1, -1):
        stage = plan[p.STAGE_TABLE] + s * p.STAGE_WIDTH
        for i in range(plan[stage + 2], plan[stage + 2] + plan[stage + 3]):
            r = plan[p.RUN_TABLE] + i * p.RUN_WIDTH
            _run_back(plan, r, both, n_weights, work, gradient, d, curves, columns)
        for i in range(plan[stage + 6], plan[stage + 6] + plan[stage + 7]):
            e = plan[p.EXPRESSION_TABLE] + i * p.EXPRESSION_WIDTH
            gather_apart(plan, np.int64(plan[e]), both, work, d, columns)
            _expression_back(
                plan, e, both, n_weights, work, gradient, d, curves, inward, columns
            )
        if is_first:
            first, count = plan[stage + 4], plan[stage + 5]
            add_fused(plan, fused, over_z, work, first, count, d, columns)
        for i in range(plan[stage], plan[stage] + plan[stage + 1]):
            wide = _is_wide(base, i, columns)
            b = _block(plan, np.int64(MOVED if is_first else 0), i)
            start = np.int64(0 if inward else plan[b + 5])
            pushes = plan[b + 1] > 1 and start < plan[b + 3]
            gradient_of(
                plan, addresses, b, wide, both, work, gradient, turned, d, columns
            )
            if pushes:
                push_of(
                    plan, addresses, b, wide, both, work, gradient, d, columns, start
                )
            if not curves:
                continue
            if start < plan[b + 3]:
                crossed = _block(plan, np.int64(CROSSED), i)
                gradient_of(
                    plan, addresses, crossed, wide, both, work, gradient, turned, d,
                    columns,
                )  # fmt: skip
            if pushes:
                steady = _block(plan, np.int64(STEADY), i)
                push_of(
                    plan, addresses, steady, wide, both, work, gradient, d, columns,
                    start,
                )  # fmt: skip
    for row in range(np.int64(1), np.int64(1 + plan[p.INPUTS] if inward else 1)):
        gather_apart(plan, row, both, work, d, columns)


@cached_njit(**INNER)
def sweep_moves_back(
    plan_, addresses, both, n_weights, work, gradient, turned, fused, columns
):
    """What guesses are told goes round again, linearly, until it is small (`settle_kernels.py`)."""
    plan = carray(plan_, ANY)
    within = carray(shifted(plan_, np.int64(plan[p.WITHIN])), ANY)
    state = next_seeds(plan, work, columns, True)
    for _ in range(MOST_TIMES * np.int64(plan[p.SETTLE_STEPS])):
        if state != 1:
            break
        moves_back(
            within, within, addresses, both, n_weights, work, gradient, turned, fused,
            np.int64(0), columns, False,
        )  # fmt: skip
        state = next_seeds(plan, work, columns, False)
    if state != DONE:
        spoil_gradient(plan, work, gradient, columns)
