"""Many different networks in one call: each a table of its own, taken one by one by the threads.

Comes in: the table of a thread, which names the tables of all networks. Goes out: outputs, or losses
and gradients, of every network. Called through `bound.py` by `population.py`; one network at many thetas by
`population_losses.py`.

Scratch belongs to the thread and is lent to the network under work, so that memory grows with the
largest network, not with all of them. A network is done by one thread alone: results do not depend on
how many there are.
"""

import numpy as np
from numba import carray

from wildwire.engine import places as at
from wildwire.engine.blas import INNER
from wildwire.engine.mapping import TO_THETA, TO_WEIGHTS
from wildwire.engine.parts import ANY
from wildwire.engine.passes import READY, UNKNOWN_NUMBER, take_theta, values_of
from wildwire.engine.pointers import (
    atomic_add,
    call_on,
    doubles_at,
    integers_at,
    longs_at,
    pointer_at,
)
from wildwire.engine.steps import loss_of_rows
from wildwire.functions.cache import cached_njit
from wildwire.functions.intrinsics import shifted
from wildwire.program import plan as p

TAKEN = 0  # place in the shared array: how many networks have been taken


@cached_njit(**INNER)
def _lend(own, table):
    """Give the scratch of a thread to a network."""
    for place in (
        at.WORK, at.TURNED, at.GUARDS, at.VECTOR, at.GRADIENT, at.DERIVED, at.WEIGHTS,
    ):  # fmt: skip
        table[place] = own[place]


@cached_njit(**INNER)
def _next(own, real):
    """Number of the next network, made ready: scratch lent, theta taken; N_NETWORKS when none is left.

    A network with an unknown number is left as it is, and passed over.
    """
    shared = longs_at(own, at.MEETING)
    while True:
        number = atomic_add(shared, TAKEN, 1)
        if number >= own[at.N_NETWORKS]:
            return own[at.N_NETWORKS]
        table = _table(own, number)
        _lend(own, table)
        if take_theta(table, real):
            table[at.STATUS] = READY
            return number
        table[at.STATUS] = UNKNOWN_NUMBER


@cached_njit(**INNER)
def _table(own, number):
    return shifted(longs_at(own, at.NETWORKS), number * at.N_PLACES)


def values_of_many(own, real, thread):
    """Outputs of all networks for all rows."""
    number = _next(own, real)
    while number < own[at.N_NETWORKS]:
        values_of(_table(own, number), real)
        number = _next(own, real)


def gradients_of_many(own, real, thread):
    """Losses of all networks, and their gradients over theta, summed over all rows."""
    number = _next(own, real)
    while number < own[at.N_NETWORKS]:
        table = _table(own, number)
        by_weight = carray(pointer_at(table, at.GRADIENT, real), ANY)
        for i in range(table[at.N_WEIGHTS]):
            by_weight[i] = 0
        totals = carray(doubles_at(table, at.TOTALS), ANY)
        loss_of_rows(table, real, totals, np.int64(0), table[at.END_ROW], by_weight, 1)
        call_on(table[at.MAP], table, real, TO_THETA)
        number = _next(own, real)


@cached_njit(**INNER)
def _take(table, real, number):
    """Theta number `number` of those at THETA into the weights."""
    size = table[at.N_THETA]
    given = carray(doubles_at(table, at.THETA), ANY)
    vector = carray(pointer_at(table, at.VECTOR, real), ANY)
    for i in range(size):
        vector[i] = given[number * size + i]
    call_on(table[at.MAP], table, real, TO_WEIGHTS)


def losses_of_thetas(table, real, thread):
    """Weighted losses of one network at N_NETWORKS thetas: OUT (thetas, parts, outputs + 1), which is 0 before.

    Threads take a part of the samples at one theta at a time. A table belongs to one thread.
    """
    plan = carray(integers_at(table, at.PLAN), ANY)
    out = carray(doubles_at(table, at.OUT), ANY)
    none = carray(pointer_at(table, at.VECTOR, real), ANY)
    shared = longs_at(table, at.MEETING)
    width = np.int64(plan[p.OUTPUTS]) + 1
    parts, rows, stop = (
        table[at.N_LOSS_PARTS], table[at.LOSS_PART_ROWS], table[at.END_ROW],
    )  # fmt: skip
    at_hand = np.int64(-1)
    while True:
        item = atomic_add(shared, TAKEN, 1)
        number, first = item // parts, item % parts * rows
        if number >= table[at.N_NETWORKS]:
            return
        if number != at_hand:
            _take(table, real, number)
            at_hand = number
        if first < stop:
            last = min(first + rows, stop)
            loss_of_rows(table, real, out[item * width :], first, last, none, 0)
