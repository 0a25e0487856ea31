"""What a thread of a crew does between calls: it waits for one, answers it, and waits again.

Comes in: the int64 array that a worker shares with its caller. Goes out: kernels called with the
table that the array names. Called by `teams.py`, without the interpreter's lock.

A worker that slept between two calls would answer too late: waking a thread takes longer than a step of
a small network. So it looks for the next call for a while, and only then returns to sleep.
"""

from numba import types

from wildwire.engine.blas import INNER
from wildwire.engine.pointers import (
    atomic_add,
    atomic_exchange,
    atomic_get,
    atomic_set,
    call_kernel,
    call_plain,
)
from wildwire.functions.cache import cached_njit

# the shared array; what both sides change stands on cache lines of its own
STATE = 0  # 2 * calls made, plus 1 if the worker sleeps
DONE = 8  # calls answered
FUNCTION, TABLE, NUMBER, YIELD = 16, 17, 18, 19
SIZE = 24
LOOKS = 2000  # some microseconds
YIELDS = 400  # some hundred microseconds

SIGNATURE = types.void(types.CPointer(types.int64), types.int64)
POST = types.int64(types.CPointer(types.int64))


@cached_njit(**INNER)
def _next_call(own, calls):
    """Wait for call number `calls` + 1; False if none came and the worker should sleep."""
    looks = 0
    while True:
        if atomic_get(own, STATE) >> 1 != calls:
            return True
        looks += 1
        if looks > LOOKS:
            call_plain(own[YIELD])
        if looks > LOOKS + YIELDS and atomic_exchange(
            own, STATE, 2 * calls, 2 * calls + 1
        ):
            return False


def work(own, slept):
    """Answer calls until none comes for a while."""
    if slept:
        atomic_add(own, STATE, -1)
    calls = atomic_get(own, DONE)
    while _next_call(own, calls):
        calls += 1
        call_kernel(own[FUNCTION], own[TABLE], own[NUMBER])
        atomic_set(own, DONE, calls)


def post(own):
    """Make a call; 1 if the worker sleeps and has to be woken."""
    return atomic_add(own, STATE, 2) & 1


def wait(own, _):
    """Wait until all calls are answered."""
    looks = 0
    while atomic_get(own, DONE) != atomic_get(own, STATE) >> 1:
        looks += 1
        if looks > LOOKS:
            call_plain(own[YIELD])
