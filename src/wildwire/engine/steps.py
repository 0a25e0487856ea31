"""Training steps: whole runs of mini-batches inside one kernel call.

Comes in: a program, data, loss and update rule as plain arrays and addresses. Goes out: changed
weights (or theta), the loss of the steps, a status. Called by `session.py`, which says how many
steps fit into its slice of time.

One step: clear the gradient; for each tile of the batch load, forward, loss, backward; divide by
the batch's weight if the mean is wanted; penalties; clipping; the update rule, called by address;
links that L1 has killed; bounds.
"""

from typing import NamedTuple

import numpy as np

from wildwire.engine import calls, vectors
from wildwire.engine.blas import INLINE, KERNEL, MERGED
from wildwire.engine.emitter import LANES_32
from wildwire.engine.mapping import gradient_to_theta, weights_from_theta
from wildwire.engine.parts import BACKWARD, FORWARD, LOSS
from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p


class Machine(NamedTuple):
    """A program bound to a process and a type: what the kernels run."""

    plan: np.ndarray
    addresses: np.ndarray
    weights: np.ndarray
    work: np.ndarray
    guards: np.ndarray
    gradient: np.ndarray
    sums: np.ndarray  # scratch (8,)


class Data(NamedTuple):
    """Samples, one row after another, and the order to take them in."""

    X: np.ndarray
    Y: np.ndarray
    weight: np.ndarray
    weight_width: int  # 1, or the number of outputs
    order: np.ndarray


class Update(NamedTuple):
    """What changes the vector that learning acts on (weights, or theta)."""

    rule: int  # 0: nothing is changed, only the gradient formed
    vector: np.ndarray
    gradient: np.ndarray
    free: np.ndarray  # 1 or 0
    penalised: np.ndarray  # 1 where L1 and L2 act
    low: np.ndarray  # bounds; empty: none
    high: np.ndarray
    state: np.ndarray
    numbers: np.ndarray
    rates: np.ndarray
    before: np.ndarray  # scratch; empty: links do not die
    settings: np.ndarray  # l1, l2, clip, whether some numbers are not free


@cached_njit(**INLINE)
def kernel_of(plan, addresses, which):
    """Address of one of the kernels, by its number in `parts.py`."""
    return addresses[3 * plan[p.FUNCTIONS] + which]


@cached_njit(**INLINE)
def columns_of(real, tile):
    """Columns that `real` samples need: 1 in a program made for single samples."""
    return (
        np.int64(1)
        if tile == 1
        else np.int64((real + LANES_32 - 1) // LANES_32 * LANES_32)
    )


@cached_njit(**MERGED)
def _batch_gradient(
    plan, addresses, weights, work, guards, gradient, sums, X, Y, weight, weight_width,
    order, kind, forms, fused, parameters, width, scale, factor, totals,
    start, stop, tile,
):  # fmt: skip
    """Loss and gradient summed over rows start..stop of the order, added up."""
    for at in range(start, stop, tile):
        real = min(tile, stop - at)
        columns = columns_of(real, tile)
        calls.call_forward(
            kernel_of(plan, addresses, FORWARD), plan, addresses, 1, weights, work,
            guards, X, order, at, real, columns,
        )  # fmt: skip
        calls.call_loss(
            kernel_of(plan, addresses, LOSS), plan, addresses, kind, forms, fused,
            parameters, width, scale, factor, totals, work, guards, Y, weight, weight_width, order,
            at, real, columns,
        )  # fmt: skip
        calls.call_backward(
            kernel_of(plan, addresses, BACKWARD), plan, addresses, weights, work,
            gradient, sums, fused, kind, columns, 0,
        )  # fmt: skip


@cached_njit(**MERGED)
def _penalise(update):
    """Add the gradients of l1 * sum |w| and l2/2 * sum w**2."""
    l1, l2 = update.settings[0], update.settings[1]
    vector, gradient, penalised = update.vector, update.gradient, update.penalised
    for i in range(vector.size):
        w = vector[i]
        slope = l2 * w
        if w > 0:
            slope += l1
        elif w < 0:
            slope -= l1
        gradient[i] += slope * penalised[i]


@cached_njit(**MERGED)
def _clip(update):
    """Shorten the gradient to the length `clip`."""
    gradient = update.gradient
    largest = 0.0
    for i in range(gradient.size):
        largest = max(largest, np.float64(abs(gradient[i])))
    total = (
        0.0  # of squares, each divided by the largest: those themselves may overflow
    )
    for i in range(gradient.size):
        part = gradient[i] / largest if largest > 0 else 0.0
        total += part * part
    length = largest * np.sqrt(total)
    if length > update.settings[2]:
        share = update.settings[2] / length
        for i in range(gradient.size):
            gradient[i] = gradient.dtype.type(gradient[i] * share)


@cached_njit(**MERGED)
def _bury(update):
    """A link whose weight would cross zero stays at zero for good."""
    for i in range(update.vector.size):
        if update.penalised[i] != 0 and update.before[i] * update.vector[i] < 0:
            update.vector[i] = 0
            update.free[i] = 0
            update.settings[3] = 1


@cached_njit(**MERGED)
def apply_update(update, number, step):
    """One change of the vector from its gradient."""
    if update.settings[0] != 0 or update.settings[1] != 0:
        _penalise(update)
    if update.settings[3] != 0:
        gradient, free = update.gradient, update.free
        for i in range(gradient.size):
            gradient[i] *= free[i]
    if update.settings[2] > 0:
        _clip(update)
    update.numbers[0] = update.rates[number]
    if update.before.size:
        for i in range(update.before.size):
            update.before[i] = update.vector[i]
    calls.call_rule(
        update.rule, update.vector, update.gradient, update.free, update.state,
        update.numbers, np.int64(update.vector.size), np.int64(step),
    )  # fmt: skip
    if update.before.size:
        _bury(update)
    for i in range(update.low.size):
        update.vector[i] = min(max(update.vector[i], update.low[i]), update.high[i])


@cached_njit(**KERNEL)
def run_steps(
    machine, data, loss, update, mapping, is_mapped, is_mean, batch, tile, first, step
):
    """Run `len(update.rates)` mini-batches, from batch number `first` of the order.

    Returns
    -------
    status : int
        0, or 1 + index of the step whose loss or gradient was not finite (not applied).
    """
    # Taken apart once: every access of a tuple's array counts references.
    plan, addresses, weights, work, guards, by_weight, sums = machine
    X, Y, weight, weight_width, order = data
    kind, forms, fused, parameters, width, scale, factor, totals = loss
    vector, gradient, free = update.vector, update.gradient, update.free
    last = totals.size - 1
    n = order.size
    for number in range(update.rates.size):
        start = (first + number) * batch
        before = totals[last]
        for i in range(by_weight.size):
            by_weight[i] = 0
        _batch_gradient(
            plan, addresses, weights, work, guards, by_weight, sums, X, Y, weight,
            weight_width, order, kind, forms, fused, parameters, width, scale, factor,
            totals, start, min(start + batch, n), tile,
        )  # fmt: skip
        here = totals[last] - before
        if here == 0:
            continue
        if is_mean and here != 1:
            share = by_weight.dtype.type(1 / here)
            for i in range(by_weight.size):
                by_weight[i] *= share
        if is_mapped:
            gradient_to_theta(mapping, vector, by_weight, gradient)
        if update.rule == 0:
            continue
        total = vectors.dot(gradient, 0, free, 0, gradient.size)
        for q in range(last):
            total += totals[q]
        if not np.isfinite(total):
            return number + 1
        apply_update(update, number, step + number)
        if is_mapped:
            weights_from_theta(mapping, vector, weights)
    return 0
