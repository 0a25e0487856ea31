"""One step of a product with the Hessian: how its deltas move, and with them the gradient.

Comes in: a plan of `program/second.py` in which everything moves, and a frame of the work array after
`second_order_forward.py`. Goes out: R{delta} of all neurons; the gradient of the weights is added to. Called by
`second_order_kernels.py`, which has the equations.

Where a neuron's own numbers move with it, or its sources go through a formula, and u are all of those moves,

    R{dE/da} = f_a R{dE/dy} + dE/dy sum_b f_ab u_b        a: a source, a number of the neuron, or z
"""

import numpy as np
from numba import carray

from wildwire.engine.backward import add_fused, gather_apart
from wildwire.engine.blas import INNER
from wildwire.engine.forward import delta_table
from wildwire.engine.parts import ANY
from wildwire.engine.pointers import add_at, value_at
from wildwire.engine.second_order_base import gradient_of, push_of, seconds_of
from wildwire.engine.second_order_forward import block_of, is_wide_block, results_of
from wildwire.engine.second_order_losses import loss_seconds
from wildwire.engine.settle_kernels import (
    DONE,
    MOST_TIMES,
    ON,
    keep_deltas,
    next_seeds,
    put_back,
    spoil_gradient,
)
from wildwire.functions.cache import cached_njit
from wildwire.functions.intrinsics import shifted
from wildwire.program import plan as p
from wildwire.program.second import CROSSED, MOVED, STEADY


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
    sources, results = plan[p.SOURCES] + plan[e + 5], results_of(plan, e, columns)
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
def _block_back(
    plan, base, addresses, which, i, both, work, gradient, turned, d, curves, columns
):
    """How the gradient of block i moves, and what it pushes to its sources; `which` table it stands in."""
    wide = is_wide_block(base, i, columns)
    b = block_of(plan, which, i)
    start = np.int64(0 if plan[p.GUESSES] > 0 else plan[b + 5])
    pushes = plan[b + 1] > 1 and start < plan[b + 3]
    gradient_of(plan, addresses, b, wide, both, work, gradient, turned, d, columns)
    if pushes:
        push_of(plan, addresses, b, wide, both, work, gradient, d, columns, start)
    if curves and start < plan[b + 3]:
        crossed = block_of(plan, np.int64(CROSSED), i)
        gradient_of(
            plan, addresses, crossed, wide, both, work, gradient, turned, d, columns
        )
    if curves and pushes:
        steady = block_of(plan, np.int64(STEADY), i)
        push_of(plan, addresses, steady, wide, both, work, gradient, d, columns, start)


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
            which = np.int64(MOVED if is_first else 0)
            _block_back(
                plan, base, addresses, which, i, both, work, gradient, turned, d,
                curves, columns,
            )  # fmt: skip
    for row in range(np.int64(1), np.int64(1 + plan[p.INPUTS] if inward else 1)):
        gather_apart(plan, row, both, work, d, columns)


@cached_njit(**INNER)
def sweep_moves_back(
    plan_, addresses, both, n_weights, work, gradient, turned, fused, columns
):
    """What guesses are told goes round again, linearly, until it is small (`settle_kernels.py`).

    Earlier steps read the deltas of all sweeps.
    """
    plan = carray(plan_, ANY)
    within = carray(shifted(plan_, np.int64(plan[p.WITHIN])), ANY)
    keep_deltas(plan, work, columns, True)
    state = next_seeds(plan, work, columns, True)
    for _ in range(MOST_TIMES * np.int64(plan[p.SETTLE_STEPS])):
        if state != ON:
            break
        moves_back(
            within, within, addresses, both, n_weights, work, gradient, turned, fused,
            np.int64(0), columns, False,
        )  # fmt: skip
        keep_deltas(plan, work, columns, False)
        state = next_seeds(plan, work, columns, False)
    put_back(plan, work, columns)
    if state != DONE:
        spoil_gradient(plan, work, gradient, columns)
