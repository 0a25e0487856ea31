"""Noise on weights: each step's gradient is that of weights shaken at random (Graves 2011; Murray and Edwards 1994).

Comes in: the table of a bound program. Goes out: a shaken vector, and the vector as it was. Called by `steps.py` around
the gradient of a batch; bound by `session.py`.
"""

import numpy as np
from numba import carray

from wildwire.engine import places as at
from wildwire.engine.blas import INNER
from wildwire.engine.counters import bits, normal
from wildwire.engine.mapping import TO_WEIGHTS
from wildwire.engine.parts import ANY
from wildwire.engine.pointers import call_on, longs_at, pointer_at
from wildwire.engine.update import NOISE, keep_within
from wildwire.functions.cache import cached_njit

# Dropout draws under the same key.
PURPOSE = 0x5851F42D4C957F2D


def put_noise(bound, numbers: np.ndarray, key: int) -> None:
    """Bind noise on the places of the vector whose `numbers` are not -1: what they are in theta."""
    bound.set(at.HAS_NOISE, 1)
    bound.set(at.NOISE_KEY, np.array(key ^ PURPOSE, np.uint64).view(np.int64))
    bound.put(at.NOISE_NUMBERS, np.ascontiguousarray(numbers, np.int64))
    bound.zeros(at.CALM, len(numbers))


@cached_njit(**INNER)
def shake(table, real, number):
    """Add noise to the vector for step `number` of this call, and keep what it was."""
    vector = carray(pointer_at(table, at.VECTOR, real), ANY)
    calm = carray(pointer_at(table, at.CALM, real), ANY)
    free = carray(pointer_at(table, at.FREE, real), ANY)
    settings = carray(pointer_at(table, at.SETTINGS, real), ANY)
    numbers = carray(longs_at(table, at.NOISE_NUMBERS), ANY)
    key = bits(np.uint64(table[at.NOISE_KEY]), table[at.FIRST_STEP] + number)
    for i in range(table[at.VECTOR_SIZE]):
        calm[i] = vector[i]
        if numbers[i] >= 0:
            drawn = vector.dtype.type(normal(bits(key, numbers[i])))
            vector[i] += free[i] * (settings[NOISE] * drawn)
    if table[at.HAS_BOUNDS]:
        keep_within(table, real, vector)
    if table[at.IS_MAPPED]:
        call_on(table[at.MAP], table, real, TO_WEIGHTS)


@cached_njit(**INNER)
def settle_down(table, real):
    """The vector as it was before `shake`."""
    vector = carray(pointer_at(table, at.VECTOR, real), ANY)
    calm = carray(pointer_at(table, at.CALM, real), ANY)
    for i in range(table[at.VECTOR_SIZE]):
        vector[i] = calm[i]
    if table[at.IS_MAPPED]:
        call_on(table[at.MAP], table, real, TO_WEIGHTS)
