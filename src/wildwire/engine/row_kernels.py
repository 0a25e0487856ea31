"""Rows of the Jacobian, one way back for every sample, step and output, and the weights that a loss gives them.

Comes in: the table of a bound program for single samples (or single sequences), at level 1. Goes out: what the losses
read, one row over theta for each of these numbers, or a sum over rows; then the rows weighted for the normal equations.
Called through `bound.py` by `row_workers.py`.

A point is a row of X, or a step of a sequence. A loss reads the output o, or z where it is computed from there
(`losses.py`); both are called arguments here. With a the arguments of a point, J = da/dtheta and H the second
derivatives of w * loss over a, the generalised Gauss-Newton matrix (Schraudolph 2002) is the sum of J^T H J:

    elementwise losses   H = diag(h_q)                                 rows sqrt(h_q) J_q
    softmax              H = m (diag(p) - p p^T), m = sum_k w_k t_k    rows sqrt(m p_k) (J_k - sum_j p_j J_j)
"""

import numpy as np
from numba import carray

from wildwire.engine import calls, vectors
from wildwire.engine import places as at
from wildwire.engine.blas import INNER
from wildwire.engine.losses import ARGUMENTS as ARGUMENTS_OF_LOSS
from wildwire.engine.losses import SLOPES, loss_table
from wildwire.engine.mapping import gradient_to_theta
from wildwire.engine.parts import ANY, BACKWARD, FORWARD, TO_WEIGHTS
from wildwire.engine.pointers import (
    doubles_at,
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


@cached_njit(**INNER)
def _losses(table, plan, count, width, tables):
    """Losses of `count` points with all their derivatives; a table is (outputs, width), and arguments come first."""
    n, size = np.int64(plan[p.OUTPUTS]), np.int64(plan[p.OUTPUTS]) * width
    arguments = carray(doubles_at(table, at.OUT), ANY)
    targets = carray(doubles_at(table, at.Y), ANY)
    forms = carray(longs_at(table, at.LOSS_FORMS), ANY)
    parameters = carray(doubles_at(table, at.LOSS_PARAMETERS), ANY)
    guards = carray(longs_at(table, at.GUARDS), ANY)
    start = table[at.FIRST_ROW] * n
    for c in range(count):
        for q in range(n):
            tables[q * width + c] = arguments[c * n + q]
            tables[size + q * width + c] = targets[start + c * n + q]
    first = np.int64(0)
    for q in range(1, n + 1):
        # Neighbours of one form in one call; a softmax has none.
        if q < n and forms[q] == forms[first]:
            continue
        if forms[first] != 0:
            calls.call_function(
                forms[first], tables, first * width, parameters,
                first * table[at.LOSS_WIDTH], tables, 2 * size + first * width, guards,
                np.int64(plan[p.ROWS]) + first, q - first, count, width, size, size,
            )  # fmt: skip
        first = q


@cached_njit(**INNER)
def _scale(row, factor, K):
    if factor != 1:
        for k in range(K):
            row[k] *= factor


@cached_njit(**INNER)
def _weigh_row(row, slope, curvature, gradient, K):
    """Add slope * row to the gradient, and leave sqrt(curvature) * row; the residual that goes with it."""
    vectors.add_scaled(slope, row, 0, gradient, 0, K)
    # A loss that is not convex there is taken as flat; of a sample that has no loss rows are no numbers, either.
    root = slope if np.isnan(slope) else np.sqrt(0.0 if curvature < 0 else curvature)
    _scale(row, root, K)
    return slope / root if root > 0 else 0.0


@cached_njit(**INNER)
def _weigh_head(z, t, weights, factor, count, K, rows, gradient, residuals, scratch):
    """Rows of a softmax with its cross-entropy: see above. A loss that weighs nothing is no target."""
    mass, highest = 0.0, z[0]
    for k in range(count):
        highest = max(highest, z[k])
        if weights[k] != 0:
            mass += weights[k] * factor * t[k]
    total = 0.0
    for k in range(count):
        total += np.exp(z[k] - highest)
    for i in range(K):
        scratch[i] = 0
    for k in range(count):
        vectors.add_scaled(
            np.exp(z[k] - highest) / total, rows, k * K, scratch, 0, K
        )  # fmt: skip
    for k in range(count):
        share = np.exp(z[k] - highest) / total
        slope, row = mass * share, rows[k * K :]
        if weights[k] != 0:
            slope -= weights[k] * factor * t[k]
        root = np.sqrt(mass * share)
        vectors.add_scaled(slope, row, 0, gradient, 0, K)
        for i in range(K):
            row[i] = root * (row[i] - scratch[i])
        residuals[k] = slope / root if root > 0 else 0.0


@cached_njit(**INNER)
def _weigh_softmax(table, plan, h, count, gradient, scratch):
    """The rows of a head whose outputs have the softmax as their loss, at all points."""
    n, K = np.int64(plan[p.OUTPUTS]), table[at.N_THETA]
    arguments = carray(doubles_at(table, at.OUT), ANY)
    rows = carray(doubles_at(table, at.OUT_DIRECTIONS), ANY)
    targets = carray(doubles_at(table, at.Y), ANY)
    weights = carray(doubles_at(table, at.SAMPLE_WEIGHT), ANY)
    factors = carray(doubles_at(table, at.LOSS_FACTOR), ANY)
    residuals = carray(doubles_at(table, at.RESIDUALS), ANY)
    size, first = np.int64(plan[h + 2]), np.int64(plan[h + 3])
    for c in range(count):
        line = c * n + first
        of = (table[at.FIRST_ROW] + c) * n + first
        if not _weigh_any(weights[of:], size):
            for i in range(size * K):
                rows[line * K + i] = 0
            for k in range(size):
                residuals[line + k] = 0
            continue
        _weigh_head(
            arguments[line:], targets[of:], weights[of:], factors[first], size, K,
            rows[line * K :], gradient, residuals[line:], scratch,
        )  # fmt: skip


@cached_njit(**INNER)
def _weigh_any(weights, count):
    found = False
    for k in range(count):
        found |= weights[k] != 0
    return found


def weigh_kernel(table, real, thread):
    """Weigh the rows of the points FIRST_ROW .. END_ROW for the normal equations, in place.

    Adds to VECTOR_GRADIENT the gradient of the loss, and leaves in RESIDUALS what weighted rows multiply to give it.
    """
    plan = carray(integers_at(table, at.PLAN), ANY)
    forms = carray(longs_at(table, at.LOSS_FORMS), ANY)
    rows = carray(doubles_at(table, at.OUT_DIRECTIONS), ANY)
    weights = carray(doubles_at(table, at.SAMPLE_WEIGHT), ANY)
    factors = carray(doubles_at(table, at.LOSS_FACTOR), ANY)
    curved = carray(longs_at(table, at.CURVATURES), ANY)
    residuals = carray(doubles_at(table, at.RESIDUALS), ANY)
    gradient = carray(doubles_at(table, at.VECTOR_GRADIENT), ANY)
    tables = carray(doubles_at(table, at.LOSS_TABLES), ANY)
    n, K, width = np.int64(plan[p.OUTPUTS]), table[at.N_THETA], table[at.POINTS_AT_ONCE]
    start, count = table[at.FIRST_ROW], table[at.END_ROW] - table[at.FIRST_ROW]
    _losses(table, plan, count, width, tables)
    for q in range(n):
        if forms[q] == 0:
            continue
        slopes, curvatures = (3 * n + q) * width, (curved[q] * n + q) * width
        for c in range(count):
            line, weight = c * n + q, weights[(start + c) * n + q] * factors[q]
            row = rows[line * K :]
            residuals[line] = 0
            if weight == 0:
                for k in range(K):
                    row[k] = 0
                continue
            residuals[line] = _weigh_row(
                row, weight * tables[slopes + c], weight * tables[curvatures + c],
                gradient, K,
            )  # fmt: skip
    scratch = carray(doubles_at(table, at.SCRATCH_ROW), ANY)
    for i in range(plan[p.HEADS]):
        h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
        if forms[plan[h + 3]] == 0:
            _weigh_softmax(table, plan, h, count, gradient, scratch)
