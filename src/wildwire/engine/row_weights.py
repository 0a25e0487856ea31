"""Rows of the Jacobian weighted by what a loss says: the summands of the normal equations.

Comes in: the table of a bound program, in float64, with arguments and rows of some points, losses at level 2, targets.
Goes out: rows weighted in place, a gradient, residuals; or directions multiplied by second derivatives. Called through
`bound.py` by `row_workers.py`.

With a the arguments of a point (`row_kernels.py`), J = da/dtheta and H the second derivatives of w * loss over a, the
generalised Gauss-Newton matrix (Schraudolph 2002) is the sum of J^T H J:

    elementwise losses   H = diag(h_q)                                 rows sqrt(h_q) J_q
    softmax              H = m (diag(p) - p p^T), m = sum_k w_k t_k    rows sqrt(m p_k) (J_k - sum_j p_j J_j)

as diag(p) - p p^T = sum_k p_k (e_k - p) (e_k - p)^T.
"""

import numpy as np
from numba import carray

from wildwire.engine import calls, vectors
from wildwire.engine import places as at
from wildwire.engine.blas import INNER
from wildwire.engine.parts import ANY
from wildwire.engine.pointers import doubles_at, integers_at, longs_at
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


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


@cached_njit(**INNER)
def _curve_head(z, t, weights, factor, count, given):
    """given <- m (p * given - p (p . given))."""
    mass, highest = 0.0, z[0]
    for k in range(count):
        highest = max(highest, z[k])
        if weights[k] != 0:
            mass += weights[k] * factor * t[k]
    total, mean = 0.0, 0.0
    for k in range(count):
        share = np.exp(z[k] - highest)
        total += share
        mean += share * given[k]
    for k in range(count):
        share = np.exp(z[k] - highest) / total
        given[k] = mass * share * (given[k] - mean / total)


def curve_kernel(table, real, thread):
    """Multiply what stands in RESIDUALS for the points FIRST_ROW .. END_ROW by H, in place."""
    plan = carray(integers_at(table, at.PLAN), ANY)
    forms = carray(longs_at(table, at.LOSS_FORMS), ANY)
    arguments = carray(doubles_at(table, at.OUT), ANY)
    targets = carray(doubles_at(table, at.Y), ANY)
    weights = carray(doubles_at(table, at.SAMPLE_WEIGHT), ANY)
    factors = carray(doubles_at(table, at.LOSS_FACTOR), ANY)
    curved = carray(longs_at(table, at.CURVATURES), ANY)
    given = carray(doubles_at(table, at.RESIDUALS), ANY)
    tables = carray(doubles_at(table, at.LOSS_TABLES), ANY)
    n, width = np.int64(plan[p.OUTPUTS]), table[at.POINTS_AT_ONCE]
    start, count = table[at.FIRST_ROW], table[at.END_ROW] - table[at.FIRST_ROW]
    _losses(table, plan, count, width, tables)
    for c in range(count):
        line, of = c * n, (start + c) * n
        for q in range(n):
            if forms[q] == 0:
                continue
            weight, curvature = weights[of + q], tables[(curved[q] * n + q) * width + c]
            if weight == 0 or curvature < 0:
                given[line + q] = 0
            else:
                given[line + q] *= weight * factors[q] * curvature
        for i in range(plan[p.HEADS]):
            h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
            first, size = np.int64(plan[h + 3]), np.int64(plan[h + 2])
            if forms[first] == 0:
                _curve_head(
                    arguments[line + first :], targets[of + first :],
                    weights[of + first :], factors[first], size, given[line + first :],
                )  # fmt: skip
