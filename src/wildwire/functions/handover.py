"""When work that is first done without the compiler is handed over to a compiled kernel.

Comes in: a way to find the kernel. Goes out: the kernel, once calling it pays. Called by `network`
and `program`, whose work on a small network takes a millisecond without the compiler, while the
kernel takes tens of milliseconds to load and seconds to compile.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from wildwire.functions.cache import is_kept

__all__ = ["Handover"]

CALLS_BEFORE_LOADING = 4
CALLS_BEFORE_COMPILING = 20


class Handover:
    """A kernel that a process uses only when it has asked for it often.

    A process that makes one network waits for neither disk nor compiler; one that makes hundreds loads the kernel
    at the fifth, or compiles it at the twenty-first if the disk does not hold it.

    Parameters
    ----------
    find : callable
        Gives the dispatcher that `cached_njit` made; called late, so that a module with kernels need not be
        imported before.

    Attributes
    ----------
    kernel : dispatcher or None
        None until it pays.
    """

    def __init__(self, find: Callable[[], Any]):
        self.kernel: Any = None
        self._find = find
        self._calls = 0

    def ask(self) -> Any:
        """The kernel, or None; counts the call. Never the first to import Numba."""
        if self.kernel is None and "numba" in sys.modules:
            self._calls += 1
            if self._calls > CALLS_BEFORE_COMPILING or (
                self._calls == CALLS_BEFORE_LOADING + 1 and is_kept(self._find())
            ):
                self.kernel = self._find()
        return self.kernel

    def insist(self) -> Any:
        """The kernel, whatever it costs."""
        self.kernel = self._find()
        return self.kernel
