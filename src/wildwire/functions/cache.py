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
import hashlib
import logging
import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wildwire.functions.fingerprint import kernel_fingerprint

__all__ = [
    "cache_directory",
    "cached_cfunc",
    "cached_njit",
    "is_kept",
    "jitable",
    "kernel_fingerprint",
    "set_compile_notice",
    "statistics",
]

LOCATION_VARIABLE = "WILDWIRE_CACHE_DIR"
KEPT_FINGERPRINTS = 8

log = logging.getLogger("wildwire")

statistics = {"hits": 0, "misses": 0}
"""How many kernels of this process came from disk and how many were compiled."""

_notice: list[Callable[[], None]] = []


def set_compile_notice(callback: Callable[[], None] | None) -> None:
    """Have `callback()` called once, just before the first kernel is compiled.

    Parameters
    ----------
    callback : callable or None
        Typically prints one line saying that kernels are being compiled once.
        None removes the notice.
    """
    _notice.clear()
    if callback is not None:
        _notice.append(callback)


def _private(path: Path) -> Path:
    """Make a directory that only its owner may enter, and refuse anyone else's."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise PermissionError(f"{path} is not a directory")
    if hasattr(os, "getuid"):
        if status.st_uid != os.getuid():
            raise PermissionError(f"{path} belongs to another user")
        if stat.S_IMODE(status.st_mode) & 0o077:
            path.chmod(0o700)
    return path


def _forget_old(root: Path) -> None:
    """Remove the code of all but the newest `KEPT_FINGERPRINTS` versions."""
    kept = [path for path in root.glob("kernels-*") if path.is_dir()]
    kept.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[KEPT_FINGERPRINTS:]:
        shutil.rmtree(path, ignore_errors=True)


def cache_directory() -> Path | None:
    """The directory that holds compiled code for this version on this machine.

    Returns
    -------
    Path or None
        Made if needed, with access for its owner only. None, with one line in the
        log, when nothing can be written: kernels are then compiled in every process.
    """
    return _directory(os.environ.get(LOCATION_VARIABLE))


@functools.lru_cache(maxsize=4)
def _directory(location: str | None) -> Path | None:
    import platformdirs

    root = Path(location or platformdirs.user_cache_path("wildwire", appauthor=False))
    try:
        # The root is checked as well: who may write there could exchange the inner one.
        _private(root)
        path = root / f"kernels-{kernel_fingerprint()}"
        fresh = not path.exists()
        _private(path)
        probe = path / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
        os.utime(path)
        if fresh:
            _forget_old(root)
    except OSError as error:
        log.warning(
            "compiled kernels are not kept, every process compiles them again: %s "
            "(set %s to a directory of your own)",
            error,
            LOCATION_VARIABLE,
        )
        return None
    return path


def _announce() -> None:
    statistics["misses"] += 1
    while _notice:
        _notice.pop()()


@functools.lru_cache(maxsize=4096)
def _file_hash(path: str, modified: int, size: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _source_stamp(path: str) -> str:
    try:
        status = Path(path).stat()
    except OSError:
        return ""
    return _file_hash(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=1)
def _storage_class() -> type:
    """Numba's cache of one function, in our directory; late, as Numba is imported late."""
    from numba.core import caching

    class Locator(caching._CacheLocator):
        def __init__(self, py_func: Callable, directory: Path):
            self._py_file = py_func.__code__.co_filename
            self._line = py_func.__code__.co_firstlineno
            self._directory = directory

        def ensure_cache_path(self) -> None:
            _private(self._directory)

        def get_cache_path(self) -> str:
            return str(self._directory)

        def get_source_stamp(self) -> str:
            return _source_stamp(self._py_file)

        def get_disambiguator(self) -> str:
            return str(self._line)

    class Implementation(caching.CompileResultCacheImpl):
        # The base class would obey NUMBA_CACHE_LOCATOR_CLASSES and write elsewhere.
        def __init__(self, py_func: Callable):
            folder = cache_directory()
            assert folder is not None, "PrivateCache asks only where there is one"
            self._lineno = py_func.__code__.co_firstlineno
            self._locator = Locator(py_func, folder)
            # The module's full name: stems such as "tanh" exist for both float types.
            name = f"{py_func.__module__}.{py_func.__qualname__}"
            self._filename_base = self.get_filename_base(
                name, getattr(sys, "abiflags", "")
            )

    class Storage(caching.FunctionCache):
        _impl_class = Implementation

    return Storage


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
            return _storage_class()(self._py_func) if cache_directory() else None

        @property
        def cache_path(self) -> str | None:
            return self._storage.cache_path if self._storage else None

        def is_kept(self) -> bool:
            if not self._storage:
                return False
            return Path(self._storage._cache_file._index_path).exists()

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            found = None
            if self._storage:
                try:
                    found = self._storage.load_overload(sig, target_context)
                except Exception as error:
                    # Whatever a damaged file raises: compiling again is always right.
                    log.info("compiled kernel unreadable, made again: %s", error)
                    self.flush()
            if found is None:
                _announce()
            else:
                statistics["hits"] += 1
            return found

        def save_overload(self, sig: Any, cres: Any) -> None:
            if not self._storage:
                return
            try:
                self._storage.save_overload(sig, cres)
            except OSError as error:
                log.info("compiled kernel not kept: %s", error)

        def flush(self) -> None:
            if not self._storage:
                return
            try:
                self._storage.flush()
            except OSError as error:
                log.info("index of compiled kernels not written: %s", error)

    return PrivateCache


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

    Costs one look at a file; what it holds is read and judged when the function is called.
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
