"""The loss in products with the Hessian: its second derivatives, and how its slopes move.

Comes in: a frame of the work array with the loss's tables, later with how outputs move. Goes out: second derivatives
over outputs (or z), R{dE/do} where `second_order_back.py` reads it. Called by the kernels of `second_order_*.py`.
"""

import numpy as np

from wildwire.engine import calls
from wildwire.engine.blas import INNER
from wildwire.engine.forward import delta_table, expression_rows
from wildwire.engine.losses import (
    ARGUMENTS,
    SLOPES,
    TARGETS,
    WEIGHTS,
    loss_table,
)
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


@cached_njit(**INNER)
def loss_seconds(plan, columns):
    """Where the loss's second derivatives stand; behind them, as many rows for how its slopes over z move."""
    return expression_rows(plan, columns) + np.int64(plan[p.SECONDS]) * columns


@cached_njit(**INNER)
def curve_losses(
    plan, forms, parameters, width, factor, work, scratch, guards, columns
):
    """The weighted second derivative of each output's loss; of a softmax with its own loss the weight alone."""
    outputs = np.int64(plan[p.OUTPUTS])
    seconds = loss_seconds(plan, columns)
    arguments = loss_table(plan, columns, ARGUMENTS)
    weights = loss_table(plan, columns, WEIGHTS)
    for q in range(outputs):
        if forms[q] == 0:
            for c in range(columns):
                weight = work[weights + q * columns + c]
                work[seconds + q * columns + c] = weight * factor[q]
            continue
        calls.call_function(
            forms[q], work, arguments + q * columns, parameters, q * width, scratch,
            np.int64(0), guards, np.int64(plan[p.ROWS]) + q, np.int64(1), columns,
            columns, columns, outputs * columns,
        )  # fmt: skip
        found, place = forms[outputs + q] * columns, seconds + q * columns
        for c in range(columns):
            weight = work[weights + q * columns + c]
            # Without weight the target may be missing.
            work[place + c] = 0
            if weight != 0:
                work[place + c] = scratch[found + c] * weight * factor[q]


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
