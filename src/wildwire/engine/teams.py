"""Threads that work together on one call.

Comes in: functions without arguments. Goes out: nothing, after all have returned. Called by `bound.py`
and `population.py`.

The functions may wait for each other, so every one needs a thread of its own: a team is taken from
the idle ones as a whole or made, never queued for. Threads are kept for later calls, because
starting one costs more than a short call; a forked child has none of its parent's and makes its own.
"""

import atexit
import os
import queue
import threading
from collections.abc import Callable, Sequence

_MOST_IDLE = 64


class _Worker:
    """A thread that waits for functions to call."""

    def __init__(self):
        self.tasks: queue.SimpleQueue = queue.SimpleQueue()
        threading.Thread(target=self._work, name="wildwire", daemon=True).start()

    def _work(self):
        while True:
            task = self.tasks.get()
            if task is None:
                return
            task()


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
        except RuntimeError:  # the system gives no further thread
            self.give_back(taken)
            raise
        return taken

    def give_back(self, workers: list[_Worker]) -> None:
        with self.lock:
            room = _MOST_IDLE - len(self.workers)
            self.workers += workers[:room]
        for worker in workers[max(room, 0) :]:
            worker.tasks.put(None)


_idle = _Idle()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.renew)


@atexit.register
def _end() -> None:
    for worker in _idle.borrow(len(_idle.workers)):
        worker.tasks.put(None)


def together(functions: Sequence[Callable[[], object]]) -> None:
    """Call all functions at the same time, the first in this thread, and wait for all.

    Parameters
    ----------
    functions : sequence of callables
        They release the interpreter's lock and raise nothing, or the first error is raised here
        after all have ended.

    Raises
    ------
    RuntimeError
        The system gives no further thread; nothing has been called then.
    """
    if len(functions) == 1:
        functions[0]()
        return
    workers = _idle.borrow(len(functions) - 1)
    ended: queue.SimpleQueue = queue.SimpleQueue()

    def told(function):
        try:
            function()
        except BaseException as error:  # carried to the thread that asked
            ended.put(error)
        else:
            ended.put(None)

    for worker, function in zip(workers, functions[1:], strict=True):
        worker.tasks.put(lambda function=function: told(function))
    told(functions[0])
    errors = [ended.get() for _ in functions]
    _idle.give_back(workers)
    for error in errors:
        if error is not None:
            raise error
