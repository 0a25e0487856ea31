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

from wildwire.engine import tiles
from wildwire.engine.backward import backward, clear_deltas
from wildwire.engine.blas import INLINE, KERNEL
from wildwire.engine.forward import forward
from wildwire.engine.losses import (
    SLOPES,
    load_rows,
    load_targets,
    loss_deltas,
    loss_table,
    loss_values,
)
from wildwire.engine.mapping import gradient_to_theta, weights_from_theta
from wildwire.functions.cache import cached_njit


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
    """Samples: inputs, targets, weights (one column, or one per output), their order."""

    X: np.ndarray
    Y: np.ndarray
    weight: np.ndarray
    order: np.ndarray


class Loss(NamedTuple):
    """A loss made ready: addresses of its two forms (on o; on z) and its numbers per output."""

    kind: int
    addresses: np.ndarray
    fused: np.ndarray  # int8 (n_outputs,)
    parameters: np.ndarray  # (n_outputs * width,)
    width: int
    scale: np.ndarray  # outputs and targets are multiplied by it
    factor: np.ndarray  # the loss is multiplied by it
    totals: np.ndarray  # float64 (n_outputs,), added to


class Update(NamedTuple):
    """What changes the vector that learning acts on (weights, or theta)."""

    rule: int
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
def batch_gradient(machine, data, loss, start, stop, tile):
    """Loss and gradient summed over rows start..stop of the order; returns their weight.

    Adds to `loss.totals` and `machine.gradient`.
    """
    plan, work = machine.plan, machine.work
    total = 0.0
    for at in range(start, stop, tile):
        real = min(tile, stop - at)
        columns = np.int64(1) if tile == 1 else np.int64((real + 7) // 8 * 8)
        load_rows(plan, data.X, data.order, at, real, work, columns)
        total += load_targets(
            plan, data.Y, data.weight, data.order, at, real, work, columns
        )
        forward(
            plan, machine.addresses, 1, machine.weights, work, machine.guards, columns
        )
        loss_values(plan, loss, work, machine.guards, columns, loss.totals)
        clear_deltas(plan, work, columns, False)
        loss_deltas(plan, loss, work, columns)
        slopes = loss_table(plan, columns, SLOPES)
        backward(
            plan, machine.addresses, machine.weights, work, machine.gradient,
            machine.sums, loss.fused,
            slopes, columns, False,
        )  # fmt: skip
    return total


@cached_njit(**INLINE)
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


@cached_njit(**INLINE)
def _clip(update):
    """Shorten the gradient to the length `clip`."""
    gradient = update.gradient
    length = np.sqrt(tiles.dot(gradient, 0, gradient, 0, gradient.size))
    if length > update.settings[2]:
        gradient *= gradient.dtype.type(update.settings[2] / length)


@cached_njit(**INLINE)
def _bury(update):
    """A link whose weight would cross zero stays at zero for good."""
    for i in range(update.vector.size):
        if update.penalised[i] != 0 and update.before[i] * update.vector[i] < 0:
            update.vector[i] = 0
            update.free[i] = 0
            update.settings[3] = 1


@cached_njit(**INLINE)
def apply_update(update, number, step):
    """One change of the vector from its gradient."""
    if update.settings[0] != 0 or update.settings[1] != 0:
        _penalise(update)
    if update.settings[3] != 0:
        gradient, free = update.gradient, update.free
        gradient *= free
    if update.settings[2] > 0:
        _clip(update)
    update.numbers[0] = update.rates[number]
    if update.before.size:
        update.before[:] = update.vector
    tiles.call_rule(
        update.rule, update.vector, update.gradient, update.free, update.state,
        update.numbers, np.int64(update.vector.size), np.int64(step),
    )  # fmt: skip
    if update.before.size:
        _bury(update)
    for i in range(update.low.size):
        update.vector[i] = min(max(update.vector[i], update.low[i]), update.high[i])


@cached_njit(**INLINE)
def _is_finite(gradient, free):
    """Whether all gradients are finite, and their sum."""
    total = tiles.dot(gradient, 0, free, 0, gradient.size)
    return np.isfinite(total)


@cached_njit(**KERNEL)
def run_steps(
    machine, data, loss, update, mapping, is_mapped, is_mean, batch, tile, first, step
):
    """Run `len(update.rates)` mini-batches, from batch number `first` of the order.

    Returns
    -------
    status : int
        0, or 1 + index of the step whose loss or gradient was not finite (not applied).
    weight : float
        Sum of the rows' weights.
    """
    weight = 0.0
    n = data.order.size
    for number in range(update.rates.size):
        start = (first + number) * batch
        machine.gradient[:] = 0
        here = batch_gradient(machine, data, loss, start, min(start + batch, n), tile)
        weight += here
        if here == 0:
            continue
        if is_mean and here != 1:
            gradient = machine.gradient
            gradient *= gradient.dtype.type(1 / here)
        if is_mapped:
            gradient_to_theta(mapping, update.vector, machine.gradient, update.gradient)
        if not (
            np.isfinite(loss.totals.sum()) and _is_finite(update.gradient, update.free)
        ):
            return number + 1, weight
        apply_update(update, number, step + number)
        if is_mapped:
            weights_from_theta(mapping, update.vector, machine.weights)
    return 0, weight
