"""Ctrl-C as a request instead of an exception.

Comes in: SIGINT while a run is under way. Goes out: a flag that the loop reads between two kernel calls, so that no
state is left half changed. Used by `learning/loop.py`. A second Ctrl-C raises KeyboardInterrupt at once, as without
us.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Interruption", "listening"]


class Interruption:
    """Whether the user has asked to stop."""

    def __init__(self):
        self.asked = False

    def __call__(self, number, frame) -> None:
        if self.asked:
            signal.default_int_handler(number, frame)
        self.asked = True


@contextmanager
def listening() -> Iterator[Interruption]:
    """Listen for Ctrl-C; does nothing outside the main thread or where the host has a handler of its own."""
    interruption = Interruption()
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interruption
        return
    signal.signal(signal.SIGINT, interruption)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
