"""Where the threads of one kernel wait for each other.

Comes in: an int64 array that all threads share. Goes out: nothing before all have come. Used by
`steps.py`; the array is made by `bound.py`.

A waiting thread looks some thousand times, then lets others run after every look: a step of a small
network is shorter than waking a thread, and a machine may have fewer free processors than threads.
"""

import ctypes
import os

import numpy as np

from wildwire.engine.blas import INNER
from wildwire.engine.pointers import atomic_add, atomic_get, atomic_set, call_plain
from wildwire.functions.cache import cached_njit

# the shared array; the first two stand on cache lines of their own
ARRIVED, MEETINGS, YIELD = 0, 8, 16
SIZE = 24
LOOKS = 4000


def new_meeting() -> np.ndarray:
    """The array that threads share to meet."""
    shared = np.zeros(SIZE, np.int64)
    shared[YIELD] = yield_address()
    return shared


def yield_address() -> int:
    """Address of the system's function that lets other threads run."""
    library, name = (
        (ctypes.windll.kernel32, "SwitchToThread")  # type: ignore[attr-defined]
        if os.name == "nt"
        else (ctypes.CDLL(None), "sched_yield")
    )
    return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0


@cached_njit(**INNER)
def meet(shared, threads):
    """Wait until `threads` threads are here."""
    if threads == 1:
        return
    number = atomic_get(shared, MEETINGS)
    if atomic_add(shared, ARRIVED, 1) == threads - 1:
        atomic_set(shared, ARRIVED, 0)
        atomic_set(shared, MEETINGS, number + 1)
        return
    looks = 0
    while atomic_get(shared, MEETINGS) == number:
        looks += 1
        if looks > LOOKS:
            call_plain(shared[YIELD])
