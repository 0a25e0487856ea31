"""One file for each compiled kernel and signature, in our own directory.

Comes in: a Python function, a directory, what Numba compiled. Goes out: a file, or what
it holds. Called by `cache.py`. Numba is imported when the first kernel is built, not
with this module.

Numba itself keeps an index for each function and numbers its data files. Two processes
that compile two signatures of one function at the same time can then take the same
number, and a third would be given the machine code of the other signature. So there is
no index here: the name of a file comes from its key, the file repeats the key, and a
checksum at its end shows whether it is whole.
"""

from __future__ import annotations

import functools
import glob
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wildwire.functions.cache_place import private_directory

__all__ = ["storage_class"]

CHECKSUM = hashlib.sha256
CHECKSUM_BYTES = CHECKSUM().digest_size


@functools.lru_cache(maxsize=4096)
def _file_hash(path: str, modified: int, size: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _source_stamp(path: str) -> str:
    try:
        status = Path(path).stat()
        return _file_hash(path, status.st_mtime_ns, status.st_size)
    except OSError:
        return ""


def _check_whole(path: Path) -> None:
    """Refuse a file that is cut short or changed.

    Raises
    ------
    ValueError
    OSError
        No such file, or it cannot be read.
    """
    content = memoryview(path.read_bytes())
    found = content[-CHECKSUM_BYTES:]
    if CHECKSUM(content[:-CHECKSUM_BYTES]).digest() != found:
        raise ValueError(f"{path} is damaged")


@functools.lru_cache(maxsize=1)
def _implementation_class() -> type:
    """What a function is called among the files, and how its code becomes bytes."""
    from numba.core import caching

    class Locator(caching._CacheLocator):
        def __init__(self, py_func: Callable, directory: Path):
            self._py_file = py_func.__code__.co_filename
            self._line = py_func.__code__.co_firstlineno
            self._directory = directory

        def ensure_cache_path(self) -> None:
            private_directory(self._directory)

        def get_cache_path(self) -> str:
            return str(self._directory)

        def get_source_stamp(self) -> str:
            return _source_stamp(self._py_file)

        def get_disambiguator(self) -> str:
            return str(self._line)

    class Implementation(caching.CompileResultCacheImpl):
        # The base class would obey NUMBA_CACHE_LOCATOR_CLASSES and write elsewhere.
        def __init__(self, py_func: Callable, directory: Path):
            self._lineno = py_func.__code__.co_firstlineno
            self._locator = Locator(py_func, directory)
            # The module's full name: stems such as "tanh" exist for both float types.
            name = f"{py_func.__module__}.{py_func.__qualname__}"
            self._filename_base = self.get_filename_base(
                name, getattr(sys, "abiflags", "")
            )

    return Implementation


@functools.lru_cache(maxsize=1)
def _files_class() -> type:
    """The files of one function."""
    from numba.core import caching

    class KernelFiles(caching.IndexDataCacheFile):
        def __init__(self, directory: str, stem: str, stamp: str):
            super().__init__(directory, stem, stamp)
            self._stem = stem

        def _name(self, key: Any) -> str:
            digest = hashlib.sha256(repr(key).encode()).hexdigest()[:16]
            return f"{self._stem}.{digest}.nbc"

        def _dump(self, obj: Any) -> bytes:
            content = super()._dump(obj)
            return content + CHECKSUM(content).digest()

        def save(self, key: Any, data: Any) -> None:
            self._save_data(self._name(key), (self._source_stamp, key, data))

        def load(self, key: Any) -> Any:
            name = self._name(key)
            try:
                _check_whole(Path(self._data_path(name)))
                stamp, kept, data = self._load_data(name)
            except FileNotFoundError:
                return None
            return data if (stamp, kept) == (self._source_stamp, key) else None

        def flush(self) -> None:
            """Nothing to empty: a file that does not fit is written over."""

    return KernelFiles


@functools.lru_cache(maxsize=1)
def storage_class() -> type:
    """Numba's cache of one function, with our places and files; made on first use."""
    from numba.core import caching

    class Storage(caching.FunctionCache):
        # Not the constructor of the base class, which would make an index.
        def __init__(self, py_func: Callable, directory: Path):
            self._name = repr(py_func)
            self._py_func = py_func
            self._impl = _implementation_class()(py_func, directory)
            locator = self._impl.locator
            self._cache_path = locator.get_cache_path()
            self._cache_file = _files_class()(
                self._cache_path, self._impl.filename_base, locator.get_source_stamp()
            )
            self.enable()

        def holds_any(self) -> bool:
            """Whether the directory has a file of the function, for any signature."""
            pattern = f"{glob.escape(self._impl.filename_base)}.*.nbc"
            return any(Path(self._cache_path).glob(pattern))

    return Storage
