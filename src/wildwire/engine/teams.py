"""Threads that work together on one call of a kernel.

Comes in: the address of a kernel and the tables to call it on. Goes out: nothing, after all calls have
returned. Called by `bound.py` and `population.py`.

The calls may wait for each other, so every one needs a thread of its own: a team is taken from the
idle workers as a whole or made, never queued for. Workers are kept for later calls; a forked child has
none of its parent's and makes its own.
"""

import atexit
import contextlib
import ctypes
import functools
import os
import queue
import signal
import threading
from collections.abc import Sequence

import numpy as np

from wildwire.engine import crew_kernel
from wildwire.engine.meeting import yield_address
from wildwire.errors import SettingError
from wildwire.functions import native

_MOST_IDLE = 64


@functools.lru_cache(maxsize=1)
def _functions():
    """`work`, `post` and `wait` of `crew_kernel.py`, callable with the array's address."""
    plain = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)
    asked = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)
    return (
        plain(native.compile_address(crew_kernel.work, crew_kernel.SIGNATURE)),
        asked(native.compile_address(crew_kernel.post, crew_kernel.POST)),
        plain(native.compile_address(crew_kernel.wait, crew_kernel.SIGNATURE)),
    )


class _Worker:
    """A thread that answers calls."""

    def __init__(self):
        self.shared = np.zeros(crew_kernel.SIZE, np.int64)
        # It begins asleep: the first call wakes it.
        self.shared[crew_kernel.STATE] = 1
        self.shared[crew_kernel.YIELD] = yield_address()
        self.address = self.shared.ctypes.data
        self.bell: queue.SimpleQueue = queue.SimpleQueue()
        threading.Thread(target=self._work, name="wildwire", daemon=True).start()

    def _work(self):
        work, _, _ = _functions()
        while self.bell.get():
            work(self.address, 1)

    def call(self, function: int, table: int, number: int) -> None:
        """Have a kernel called; `wait` tells when it has returned."""
        _, post, _ = _functions()
        shared = self.shared
        shared[crew_kernel.FUNCTION] = function
        shared[crew_kernel.TABLE] = table
        shared[crew_kernel.NUMBER] = number
        if post(self.address):
            self.bell.put(True)

    def wait(self) -> None:
        """Return when all calls are answered."""
        _functions()[2](self.address, 0)

    def end(self) -> None:
        """End the thread, when it sleeps next."""
        self.bell.put(False)


class _Idle:
    """The idle workers of this process."""

    def __init__(self):
        self.renew()

    def renew(self):
        self.lock, self.workers = threading.Lock(), []

    def borrow(self, count: int) -> list[_Worker]:
        with self.lock:
            taken = [self.workers.pop() for _ in range(min(count, len(self.workers)))]
        try:
            while len(taken) < count:
                taken.append(_Worker())
        except RuntimeError:
            self.give_back(taken)
            raise SettingError(
                f"the system gives no {count + 1} threads: ask for fewer, threads=1"
            ) from None
        return taken

    def give_back(self, workers: list[_Worker]) -> None:
        with self.lock:
            room = max(_MOST_IDLE - len(self.workers), 0)
            self.workers += workers[:room]
        for worker in workers[room:]:
            worker.end()


_idle = _Idle()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.renew)


@atexit.register
def _end() -> None:
    for worker in _idle.borrow(len(_idle.workers)):
        worker.end()


def together(function: int, tables: Sequence[int], first: int = 0) -> None:
    """Call a kernel on all tables at the same time, the first in this thread, and wait for all.

    Parameters
    ----------
    function : int
        Address of a kernel (see `bound.KERNELS`).
    tables : sequence of int
        Addresses of the tables of the threads.
    first : int
        Number that the first is called with; the others count on.

    Raises
    ------
    SettingError
        The system gives no further thread; nothing has been called then.

    Notes
    -----
    About a microsecond for each thread when calls follow each other within 0.2 ms; some 50
    microseconds when the threads have to be woken.
    """
    workers = _idle.borrow(len(tables) - 1)
    with _uninterrupted():
        _call_all(workers, function, tables, first)
    _idle.give_back(workers)


def _call_all(workers, function, tables, first):
    for number, (worker, table) in enumerate(zip(workers, tables[1:], strict=True)):
        worker.call(function, table, first + 1 + number)
    _callable(function)(tables[0], None, first)
    for worker in workers:
        worker.wait()


@contextlib.contextmanager
def _uninterrupted():
    """Hold Ctrl-C back: an exception between two calls of a team would leave the others waiting for ever.

    Only the main thread runs handlers of signals; elsewhere nothing has to be held back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = []
    before = signal.getsignal(signal.SIGINT)
    if before is None:  # not set from Python: no exception comes of it
        yield
        return
    signal.signal(signal.SIGINT, lambda number, frame: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        signal.raise_signal(signal.SIGINT)


@functools.lru_cache(maxsize=64)
def _callable(function: int):
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    return kind(function)
