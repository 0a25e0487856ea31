"""A private disk cache for compiled kernels.

Comes in: Python functions that Numba can compile. Goes out: dispatchers and C function
addresses whose machine code is kept in a directory of our own, named by a hash of
everything that can change that code. Called by `native.py`, `vectormath`, the engine
and the update rules.

Numba's global configuration is never touched: only the `_cache` of our own dispatchers
is replaced. Numba stamps a cached function with the contents of its own file and does
not see a change in a function it calls, so the directory carries a hash of all kernel
files. Numba is imported when the first kernel is built, not with this module.
"""

from __future__ import annotations

import functools
import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

from wildwire.functions.cache_file import storage_class
from wildwire.functions.cache_place import (
    LOCATION_VARIABLE,
    cache_directory,
    not_kept,
)
from wildwire.functions.fingerprint import kernel_fingerprint

__all__ = [
    "LOCATION_VARIABLE",
    "cache_directory",
    "cached_cfunc",
    "cached_njit",
    "is_kept",
    "jitable",
    "kernel_fingerprint",
    "say_compiling",
    "set_compile_notice",
    "statistics",
]

log = logging.getLogger("wildwire")

statistics = {"hits": 0, "misses": 0, "unkept": 0}
"""How many kernels of this process came from disk, were compiled, and how many of those
could not be written to disk."""

_said = threading.Event()
_damage_told = threading.Event()


def say_compiling() -> None:
    """One line on stderr, once in a process: each new learner or loss compiles something."""
    if not _said.is_set():
        _said.set()
        print("wildwire: compiling kernels, once for this version", file=sys.stderr)


# Also where nobody seems to watch: these seconds come once, and a log should explain them.
_notice: list[Callable[[], None]] = [say_compiling]


def set_compile_notice(callback: Callable[[], None] | None) -> None:
    """Have `callback()` called once, just before the next kernel is compiled.

    Parameters
    ----------
    callback : callable or None
        In place of the one before; at first it is `say_compiling`. None: silence.
    """
    _notice.clear()
    if callback is not None:
        _notice.append(callback)


def _announce() -> None:
    statistics["misses"] += 1
    while _notice:
        _notice.pop()()


@functools.lru_cache(maxsize=1)
def _cache_class() -> type:
    """What our dispatchers hold as their cache: never fails, and counts hits and misses."""
    from numba.core import caching

    class PrivateCache(caching.NullCache):
        """Finds its directory when first used, not when the module is imported."""

        def __init__(self, py_func: Callable):
            self._py_func = py_func

        @functools.cached_property
        def _storage(self) -> Any:
            folder = cache_directory()
            return storage_class()(self._py_func, folder) if folder else None

        @property
        def cache_path(self) -> str | None:
            return self._storage.cache_path if self._storage else None

        def is_kept(self) -> bool:
            return bool(self._storage) and self._storage.holds_any()

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            found = None
            if self._storage:
                try:
                    found = self._storage.load_overload(sig, target_context)
                except Exception as error:
                    # Whatever a damaged file raises: compiling again is always right.
                    _tell_damage(error)
            if found is None:
                _announce()
            else:
                statistics["hits"] += 1
            return found

        def save_overload(self, sig: Any, cres: Any) -> None:
            try:
                if self._storage:
                    self._storage.save_overload(sig, cres)
                    return
            except OSError as error:
                not_kept(error)
            statistics["unkept"] += 1

    return PrivateCache


def _tell_damage(error: Exception) -> None:
    if not _damage_told.is_set():
        _damage_told.set()
        log.info("compiled kernel unreadable, made again: %s", error)


def cached_njit(**options: Any) -> Callable[[Callable], Any]:
    """Decorate a kernel: `numba.njit(**options)` with its code kept on disk.

    Parameters
    ----------
    **options
        Options of `numba.njit`, such as `nogil=True`, `error_model="numpy"`,
        `fastmath={"contract"}`. `cache` is not one of them.

    Returns
    -------
    callable
        Decorator that returns a Numba dispatcher. Nothing is compiled before the
        first call; the function must stand in a file.
    """
    import numba

    def decorate(py_func: Callable) -> Any:
        dispatcher = numba.njit(**options)(py_func)
        dispatcher._cache = _cache_class()(py_func)
        return dispatcher

    return decorate


def jitable(py_func: Callable) -> Callable:
    """Mark a function that kernels call and that also runs as it stands; needs no code of its own on disk."""
    from numba.extending import register_jitable

    return register_jitable(py_func)


def is_kept(dispatcher: Any) -> bool:
    """Whether the disk holds code of a function that `cached_njit` has decorated.

    For any signature. Costs one look into the directory; what a file holds is judged when the function is called.
    """
    return dispatcher._cache.is_kept()


def cached_cfunc(
    py_func: Callable, signature: Any, compiler: type | None = None, **options: Any
) -> Any:
    """Compile a Python function to a C function, or load its code from disk.

    Parameters
    ----------
    py_func : function
        In a file; it may call what `cached_njit` decorated.
    signature : numba signature or str
        C types of result and arguments.
    compiler : subclass of numba.core.compiler.CompilerBase, optional
        In place of Numba's own; part of the fingerprint through its source file.
    **options
        Options of `numba.cfunc`.

    Returns
    -------
    numba.core.ccallback.CFunc
        Its `address` stays valid while this object lives. About 0.1 to 0.3 s when
        compiled, a few milliseconds when loaded.
    """
    from numba.core import sigutils
    from numba.core.ccallback import CFunc

    own = {} if compiler is None else {"pipeline_class": compiler}
    signature = sigutils.normalize_signature(signature)
    compiled: Any = CFunc(py_func, signature, locals={}, options=options, **own)
    compiled._cache = _cache_class()(py_func)
    compiled.compile()
    return compiled
