"""One change of the numbers that learning acts on, from their gradient.

Comes in: the table of a bound program, with the gradient of a batch. Goes out: a changed vector.
Called by `steps.py`.

Penalties, the one of a formula called by address; the mask of free numbers; clipping; the update rule, called
by address; links that L1 has killed; greatest lengths; bounds.
"""

import numpy as np
from numba import carray

from wildwire.engine import calls
from wildwire.engine import places as at
from wildwire.engine.blas import INNER
from wildwire.engine.norms import shorten
from wildwire.engine.parts import ANY
from wildwire.engine.pointers import longs_at, pointer_at
from wildwire.functions.cache import cached_njit

L1, L2, CLIP, HELD, NORM, NOISE = range(6)  # of the settings


@cached_njit(**INNER)
def _penalise(settings, vector, gradient, penalised, size):
    """Add the gradients of l1 * sum |w| and l2/2 * sum w**2."""
    l1, l2 = settings[L1], settings[L2]
    for i in range(size):
        w = vector[i]
        slope = l2 * w
        if w > 0:
            slope += l1
        elif w < 0:
            slope -= l1
        gradient[i] += slope * penalised[i]


@cached_njit(**INNER)
def _penalise_by_formula(table, real, vector, gradient, free, penalised, size):
    """Add the slopes of the penalty's formula; False, and nothing added, where one is no finite number.

    Selected and not multiplied by 0: what is not penalised, or dead, may have a slope that is infinite.
    """
    tables = carray(pointer_at(table, at.PENALTY_TABLES, real), ANY)
    guards = carray(longs_at(table, at.GUARDS), ANY)
    none = np.int64(0)
    calls.call_function(
        table[at.PENALTY], vector, none, vector, none, tables, none, guards, none,
        np.int64(1), size, size, size, size,
    )  # fmt: skip
    finite = True
    for i in range(size):
        if penalised[i] != 0 and free[i] != 0:
            finite &= np.isfinite(tables[size + i]) and np.isfinite(tables[i])
    if finite:
        for i in range(size):
            if penalised[i] != 0 and free[i] != 0:
                gradient[i] += tables[size + i]
    return finite


@cached_njit(**INNER)
def _clip(gradient, limit, size):
    """Shorten the gradient to the length `limit`."""
    largest = 0.0
    for i in range(size):
        largest = max(largest, np.float64(abs(gradient[i])))
    # Each divided by the largest: the squares themselves may overflow.
    total = 0.0
    for i in range(size):
        part = gradient[i] / largest if largest > 0 else 0.0
        total += part * part
    length = largest * np.sqrt(total)
    if length > limit:
        share = limit / length
        for i in range(size):
            gradient[i] = gradient.dtype.type(gradient[i] * share)


@cached_njit(**INNER)
def _bury(settings, vector, before, free, penalised, size):
    """A link whose weight would cross zero stays at zero for good."""
    for i in range(size):
        if penalised[i] != 0 and before[i] * vector[i] < 0:
            vector[i] = 0
            free[i] = 0
            settings[HELD] = 1


@cached_njit(**INNER)
def keep_within(table, real, vector):
    """Numbers beyond a bound are put on it."""
    low = carray(pointer_at(table, at.LOW, real), ANY)
    high = carray(pointer_at(table, at.HIGH, real), ANY)
    for i in range(table[at.VECTOR_SIZE]):
        vector[i] = min(max(vector[i], low[i]), high[i])


@cached_njit(**INNER)
def apply_update(table, real, number):
    """Change the vector by step `number` of this call; 1, and no change, where the penalty is not finite."""
    size = table[at.VECTOR_SIZE]
    vector = carray(pointer_at(table, at.VECTOR, real), ANY)
    gradient = carray(pointer_at(table, at.VECTOR_GRADIENT, real), ANY)
    free = carray(pointer_at(table, at.FREE, real), ANY)
    penalised = carray(pointer_at(table, at.PENALISED, real), ANY)
    state = carray(pointer_at(table, at.STATE, real), ANY)
    numbers = carray(pointer_at(table, at.NUMBERS, real), ANY)
    rates = carray(pointer_at(table, at.RATES, real), ANY)
    before = carray(pointer_at(table, at.BEFORE, real), ANY)
    settings = carray(pointer_at(table, at.SETTINGS, real), ANY)
    if settings[L1] != 0 or settings[L2] != 0:
        _penalise(settings, vector, gradient, penalised, size)
    if table[at.PENALTY] != 0 and not _penalise_by_formula(
        table, real, vector, gradient, free, penalised, size
    ):
        return 1
    if settings[HELD] != 0:
        for i in range(size):
            gradient[i] *= free[i]
    if settings[CLIP] > 0:
        _clip(gradient, settings[CLIP], size)
    numbers[0] = rates[number]
    if table[at.LINKS_DIE]:
        for i in range(size):
            before[i] = vector[i]
    calls.call_rule(
        table[at.RULE], vector, gradient, free, state, numbers, size,
        table[at.FIRST_STEP] + number,
    )  # fmt: skip
    if table[at.LINKS_DIE]:
        _bury(settings, vector, before, free, penalised, size)
    if table[at.N_NORMS]:
        shorten(table, vector, settings[NORM])
    if table[at.HAS_BOUNDS]:
        keep_within(table, real, vector)
    return 0
