"""Random numbers inside kernels: a hash of what they are for, so that no order of the work changes them.

Comes in: a key and counters. Goes out: 64 random bits, or numbers made of them. Used by `dropout.py` and `noise.py`.

Bits are those of SplitMix64 (Steele, Lea and Flood 2014): a counter in steps of the golden ratio, then Stafford's mix
13.
"""

import math

import numpy as np

from wildwire.engine.blas import INLINE, INNER
from wildwire.functions.cache import cached_njit

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
BY_30, BY_27, BY_31, BY_11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
ONE = np.uint64(1)
UNIT = 2.0**-53


@cached_njit(**INLINE)
def bits(key, counter):
    """64 bits for number `counter` (int64, 0 or more) under `key` (uint64): a key again."""
    x = key + GOLDEN * (np.uint64(counter) + ONE)
    x = (x ^ (x >> BY_30)) * FIRST
    x = (x ^ (x >> BY_27)) * SECOND
    return x ^ (x >> BY_31)


@cached_njit(**INNER)
def normal(key):
    """A number of the standard normal distribution (Box and Muller 1958), float64."""
    radius = np.float64((bits(key, 0) >> BY_11) + ONE) * UNIT  # in (0, 1]
    turn = np.float64(bits(key, 1) >> BY_11) * UNIT
    return math.sqrt(-2.0 * math.log(radius)) * math.cos(2.0 * math.pi * turn)
