"""What products with the Hessian start from: values, slopes, curvatures and deltas of a tile, and its gradient.

Comes in: the table of a bound program whose plan is that of `program/second.py`. Goes out: a work array that
`second_order_kernels.py` reads, the gradient of the weights and the totals of the loss. Called from there.

Functions are called at level 2. Where a function has no parameters, the table behind its slopes holds

    kappa = sigma''(z) * dE/dy,   so that later   R{delta} = sigma' R{dE/dy} + kappa R{z}

and where it has some, rows of its own hold all its second derivatives times dE/dy. An expression keeps its second
derivatives as they are, for its delta is dE/dy. A neuron's dE/dy stands in the middle table of what moves until
then: where loops settle it is a sum over sweeps.
"""

import numpy as np
from numba import carray

from wildwire.engine import calls, vectors
from wildwire.engine import places as at
from wildwire.engine.backward import (
    add_fused,
    block_gradient,
    block_push,
    clear_deltas,
    gather_apart,
)
from wildwire.engine.blas import INNER, is_wide
from wildwire.engine.forward import delta_table, expression_rows, inputs_of
from wildwire.engine.losses import SLOPES, loss_deltas, loss_table
from wildwire.engine.parts import (
    ANY,
    DELTAS,
    EXPRESSIONS,
    FORWARD,
    GRADIENT,
    LOSS,
    PUSH,
    WIDE,
)
from wildwire.engine.pointers import (
    flags_at,
    integers_at,
    longs_at,
    pointer_at,
)
from wildwire.engine.second_order_losses import curve_losses
from wildwire.engine.sequence_kernels import (
    feed_back,
    feed_deltas,
    hold_ended,
    past_deltas,
    past_gradient,
    set_past,
    zero_deltas,
)
from wildwire.engine.settle_kernels import (
    BROKEN,
    DONE,
    MOST_TIMES,
    keep_deltas,
    next_seeds,
    put_back,
    spoil_gradient,
)
from wildwire.engine.steps import columns_of, kernel_of
from wildwire.functions.cache import cached_njit
from wildwire.functions.intrinsics import shifted
from wildwire.program import plan as p


@cached_njit(**INNER)
def tables_of(count):
    """Result tables of level 2 of a function of `count` numbers."""
    return 1 + count + count * (count + 1) // 2


@cached_njit(**INNER)
def steps_of(plan):
    """Steps of a sequence; rows are sequences of one."""
    return max(np.int64(plan[p.STEPS]), np.int64(1))


@cached_njit(**INNER)
def seconds_of(plan, r, row, columns):
    """Where the results of level 2 of a neuron with parameters stand, run r."""
    count = 1 + np.int64(plan[r + 4])
    number = np.int64(plan[r + 5]) + (row - plan[r]) * tables_of(count)
    return expression_rows(plan, columns) + number * columns


@cached_njit(**INNER)
def _run_seconds(plan, addresses, weights, work, guards, columns):
    """Level 2 of all neurons with parameters, before deltas take the place of z."""
    z = delta_table(plan, columns)
    for i in range(plan[p.RUNS]):
        r = plan[p.RUN_TABLE] + i * p.RUN_WIDTH
        if plan[r + 4] == 0:
            continue
        for m in range(plan[r + 1]):
            row = np.int64(plan[r] + m)
            calls.call_function(
                addresses[plan[r + 2]], work, z + row * columns, weights,
                np.int64(plan[r + 3]) + m * plan[r + 4], work,
                seconds_of(plan, r, row, columns), guards, row, np.int64(1), columns,
                columns, columns, columns,
            )  # fmt: skip


@cached_njit(**INNER)
def _curve(plan, r, row, told, work, columns):
    """Multiply the second derivatives of a neuron by its dE/dy, which stands at `told`."""
    if plan[r + 4] == 0:
        kappa = 2 * np.int64(plan[p.ROWS]) * columns + row * columns
        for c in range(columns):
            work[kappa + c] *= work[told + c]
        return
    count = 1 + np.int64(plan[r + 4])
    first = seconds_of(plan, r, row, columns) + (1 + count) * columns
    for k in range(count * (count + 1) // 2):
        for c in range(columns):
            work[first + k * columns + c] *= work[told + c]


@cached_njit(**INNER)
def _run_deltas(plan, r, weights, work, gradient, d, columns):
    """Deltas of a run and the gradient of its parameters, with dE/dy kept or used up."""
    table = np.int64(plan[p.ROWS]) * columns
    kept = d - 2 * table
    parameters = plan[r + 4]
    for m in range(plan[r + 1]):
        row = np.int64(plan[r] + m)
        place = row * columns
        gather_apart(plan, row, weights, work, d, columns)
        for j in range(parameters):
            gradient[plan[r + 3] + m * parameters + j] += vectors.dot(
                work, d + place, work, (2 + j) * table + place, columns
            )
        if plan[p.GUESSES] > 0:
            for c in range(columns):
                work[kept + place + c] += work[d + place + c]
        else:
            _curve(plan, r, row, d + place, work, columns)
        for c in range(columns):
            work[d + place + c] *= work[table + place + c]


@cached_njit(**INNER)
def _back(plan, addresses, weights, work, gradient, turned, fused, columns, is_first):
    """Deltas and gradient of one step (or sweep), as `backward.backward`; a loss over z counts in the first sweep."""
    d, parts = delta_table(plan, columns), 3 * plan[p.FUNCTIONS]
    slopes = loss_table(plan, columns, SLOPES)
    inward = np.int64(plan[p.GUESSES] > 0)
    for s in range(plan[p.STAGES] - 1, -1, -1):
        stage = plan[p.STAGE_TABLE] + s * p.STAGE_WIDTH
        for i in range(plan[stage + 2], plan[stage + 2] + plan[stage + 3]):
            r = plan[p.RUN_TABLE] + i * p.RUN_WIDTH
            _run_deltas(plan, r, weights, work, gradient, d, columns)
        for i in range(plan[stage + 6], plan[stage + 6] + plan[stage + 7]):
            e = plan[p.EXPRESSION_TABLE] + i * p.EXPRESSION_WIDTH
            gather_apart(plan, np.int64(plan[e]), weights, work, d, columns)
            calls.call_part(
                addresses[parts + EXPRESSIONS], plan, addresses, DELTAS, e, weights,
                work, gradient, d, columns, inward,
            )  # fmt: skip
        if is_first:
            first, count = plan[stage + 4], plan[stage + 5]
            add_fused(plan, fused, slopes, work, first, count, d, columns)
        for i in range(plan[stage], plan[stage] + plan[stage + 1]):
            b = plan[p.BLOCK_TABLE] + i * p.BLOCK_WIDTH
            start = np.int64(0 if inward else plan[b + 5])
            pushes = plan[b + 1] > 1 and start < plan[b + 3]
            wide = is_wide(plan, b, columns)
            gradient_of(
                plan, addresses, b, wide, weights, work, gradient, turned, d, columns
            )
            if pushes:
                push_of(
                    plan, addresses, b, wide, weights, work, gradient, d, columns, start
                )
    for row in range(np.int64(1), np.int64(1 + inward * plan[p.INPUTS])):
        gather_apart(plan, row, weights, work, d, columns)


@cached_njit(**INNER)
def gradient_of(plan, addresses, b, wide, weights, work, gradient, turned, d, columns):
    """`gradient[k, m] += sum_c source[k, c] * delta[m, c]` of block b, by tiles or BLAS."""
    if wide:
        calls.call_part(
            addresses[3 * plan[p.FUNCTIONS] + WIDE], plan, addresses, GRADIENT, b,
            weights, work, gradient, d, columns, 0,
        )  # fmt: skip
    else:
        block_gradient(plan, b, work, gradient, turned, d, columns)


@cached_njit(**INNER)
def push_of(plan, addresses, b, wide, weights, work, gradient, d, columns, start):
    """Push the deltas of block b to its sources from number `start` on, by tiles or BLAS."""
    if wide:
        calls.call_part(
            addresses[3 * plan[p.FUNCTIONS] + WIDE], plan, addresses, PUSH, b, weights,
            work, gradient, d, columns, start,
        )  # fmt: skip
    else:
        block_push(plan, b, weights, work, d, columns, start)


@cached_njit(**INNER)
def _sweeps_back(plan_, addresses, weights, work, gradient, turned, fused, columns):
    """`_back` again for what guesses are told (`settle_kernels.py`), until that is small; deltas become sums."""
    plan = carray(plan_, ANY)
    within = carray(shifted(plan_, np.int64(plan[p.WITHIN])), ANY)
    told = delta_table(plan, columns) - 2 * np.int64(plan[p.ROWS]) * columns
    for i in range(np.int64(plan[p.ROWS]) * columns):
        work[told + i] = 0
    _back(plan, addresses, weights, work, gradient, turned, fused, columns, True)
    keep_deltas(plan, work, columns, True)
    state = next_seeds(plan, work, columns, True)
    for _ in range(MOST_TIMES * np.int64(plan[p.SETTLE_STEPS])):
        if state == DONE:
            break
        _back(within, addresses, weights, work, gradient, turned, fused, columns, False)
        keep_deltas(plan, work, columns, False)
        if state == BROKEN:
            break
        state = next_seeds(plan, work, columns, False)
    put_back(plan, work, columns)
    if state != DONE:
        spoil_gradient(plan, work, gradient, columns)
    for i in range(plan[p.RUNS]):
        r = plan[p.RUN_TABLE] + i * p.RUN_WIDTH
        for m in range(plan[r + 1]):
            row = np.int64(plan[r] + m)
            _curve(plan, r, row, told + row * columns, work, columns)


@cached_njit(**INNER)
def _forward(table, real, work_, first, count, columns):
    """Values of all steps, and level 2 of neurons with parameters."""
    plan_ = integers_at(table, at.PLAN)
    plan, work = carray(plan_, ANY), carray(work_, ANY)
    addresses = carray(longs_at(table, at.ADDRESSES), ANY)
    weights_ = pointer_at(table, at.WEIGHTS, real)
    weights, X_ = carray(weights_, ANY), pointer_at(table, at.X, real)
    guards = carray(longs_at(table, at.GUARDS), ANY)
    order = carray(longs_at(table, at.ORDER), ANY)
    seconds = carray(longs_at(table, at.SECONDS), ANY)
    frame = np.int64(plan[p.FRAME]) * columns
    inputs = np.int64(plan[p.SEQUENCES]) * inputs_of(plan)
    if plan[p.DELAYS] > 0:
        set_past(plan, weights, work, columns)
    for t in range(steps_of(plan)):
        here = (plan[p.DELAYS] + t) * frame
        calls.call_forward(
            kernel_of(plan, addresses, FORWARD), plan, addresses, 2, weights,
            shifted(work_, here), guards, shifted(X_, t * inputs), order, first, count,
            columns,
        )  # fmt: skip
        hold_ended(plan, work, here, t, order, first, count, columns)
        feed_back(plan, work, here, t, columns)
        frame_ = carray(shifted(work_, here), ANY)
        _run_seconds(plan, seconds, weights, frame_, guards, columns)


@cached_njit(**INNER)
def _losses(table, real, work_, first, count, columns, totals):
    """Losses of all steps, added to the totals; their slopes and second derivatives."""
    plan = carray(integers_at(table, at.PLAN), ANY)
    addresses = carray(longs_at(table, at.ADDRESSES), ANY)
    forms = carray(longs_at(table, at.LOSS_FORMS), ANY)
    fused = carray(flags_at(table, at.LOSS_FUSED), ANY)
    parameters = carray(pointer_at(table, at.LOSS_PARAMETERS, real), ANY)
    scale = carray(pointer_at(table, at.LOSS_SCALE, real), ANY)
    factor = carray(pointer_at(table, at.LOSS_FACTOR, real), ANY)
    guards = carray(longs_at(table, at.GUARDS), ANY)
    Y_ = pointer_at(table, at.Y, real)
    weight_ = pointer_at(table, at.SAMPLE_WEIGHT, real)
    order = carray(longs_at(table, at.ORDER), ANY)
    second_forms = carray(longs_at(table, at.SECOND_FORMS), ANY)
    second_parameters = carray(pointer_at(table, at.SECOND_PARAMETERS, real), ANY)
    scratch = carray(pointer_at(table, at.SCRATCH, real), ANY)
    width, n = table[at.SAMPLE_WEIGHT_WIDTH], np.int64(plan[p.SEQUENCES])
    frame = np.int64(plan[p.FRAME]) * columns
    for t in range(steps_of(plan)):
        here_ = shifted(work_, (plan[p.DELAYS] + t) * frame)
        calls.call_loss(
            kernel_of(plan, addresses, LOSS), plan, addresses, table[at.LOSS_KIND],
            forms, fused, parameters, table[at.LOSS_WIDTH], scale, factor, totals,
            here_, guards, shifted(Y_, t * n * plan[p.OUTPUTS]),
            shifted(weight_, t * n * width), width, order, first, count, columns,
        )  # fmt: skip
        curve_losses(
            plan, second_forms, second_parameters, table[at.LOSS_WIDTH], factor,
            carray(here_, ANY), scratch, guards, columns,
        )  # fmt: skip


@cached_njit(**INNER)
def base_of_tile(table, real, work_, first, count, gradient, totals):
    """Samples `first` .. `first + count` of the order; adds to the gradient of the weights and to the totals."""
    plan_ = integers_at(table, at.PLAN)
    plan, work = carray(plan_, ANY), carray(work_, ANY)
    addresses = carray(longs_at(table, at.ADDRESSES), ANY)
    weights = carray(pointer_at(table, at.WEIGHTS, real), ANY)
    turned = carray(pointer_at(table, at.TURNED, real), ANY)
    fused = carray(flags_at(table, at.LOSS_FUSED), ANY)
    columns = columns_of(count, table[at.TILE])
    _forward(table, real, work_, first, count, columns)
    _losses(table, real, work_, first, count, columns, totals)
    frame, inward = np.int64(plan[p.FRAME]) * columns, plan[p.GUESSES] > 0
    delays, steps = np.int64(plan[p.DELAYS]), steps_of(plan)
    to_inputs = inward or plan[p.STEPS] > 0
    for k in range(delays + steps):
        clear_deltas(plan, carray(shifted(work_, k * frame), ANY), columns, to_inputs)
    zero_deltas(plan, work, frame, delays + steps, 2 * delays + steps, columns)
    for t in range(steps - 1, -1, -1):
        here = (delays + t) * frame
        feed_deltas(plan, weights, work, here, t, columns)
        step = carray(shifted(work_, here), ANY)
        loss_deltas(plan, addresses, fused, step, columns)
        if inward:
            _sweeps_back(
                plan_, addresses, weights, step, gradient, turned, fused, columns
            )
        else:
            _back(
                plan, addresses, weights, step, gradient, turned, fused, columns, True
            )
    past_deltas(plan, weights, work, columns)
    past_gradient(plan, work, gradient, columns)
