"""From a function to the address of its compiled kernel.

Comes in: a `Function`, a level and a float type, or any Python function with a C
signature. Goes out: an address that the engine can call, valid in this process. Called
by the engine and the learners. Nothing is compiled before it is asked for; what is
compiled is kept in the private cache of `cache.py`.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.abc
import importlib.util
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from wildwire.errors import FunctionError
from wildwire.functions.cache import cached_cfunc
from wildwire.functions.cache_place import (
    cache_directory,
    not_kept,
    private_directory,
)
from wildwire.functions.transfer import Transfer

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = [
    "address",
    "compile_address",
    "kernel_signature",
    "transfer_addresses",
    "transfer_signatures",
]

_OPTIONS = {"error_model": "numpy", "fastmath": {"contract"}}

_lock = threading.RLock()
_addresses: dict[tuple[str, int, str], int] = {}
_compiled: dict[tuple[Callable, str], Any] = {}
_transfers: dict[tuple[str, str], tuple[int, int]] = {}
_modules: dict[tuple[str, str, bool], ModuleType] = {}


def kernel_signature(dtype: str) -> Any:
    """Numba signature of a function kernel in the calling convention.

    Parameters
    ----------
    dtype : {"float64", "float32"}
        Float type of the tables.
    """
    from numba import types

    real = types.CPointer(getattr(types, dtype))
    counts = types.CPointer(types.int64)
    return types.void(real, real, real, counts, *[types.int64] * 5)


def address(function: Function, level: int, dtype: Any = "float64") -> int:
    """Address of the kernel of a function.

    Parameters
    ----------
    function : Function
        Any activation or loss.
    level : {0, 1, 2}
        0 writes the value, 1 also slopes, 2 also second derivatives.
    dtype : {"float64", "float32"} or NumPy dtype
        Float type of all tables.

    Returns
    -------
    int
        Address of a C function in the calling convention of
        docs/design/architecture.md; valid until the process ends. About 0.2 s when
        compiled, a few milliseconds from the disk cache, microseconds afterwards.
    """
    name = _dtype_name(dtype)
    if level not in (0, 1, 2):
        raise FunctionError(f"a kernel has level 0, 1 or 2, not {level!r}")
    place = (function.key, level, name)
    known = _addresses.get(place)
    if known is None:
        with _lock:
            from wildwire.functions.interleave import InterleavingCompiler

            kernel = getattr(_kernels(function, name, level), f"level_{level}")
            signature = kernel_signature(name)
            known = _compile(kernel, signature, compiler=InterleavingCompiler)
            _addresses[place] = known
    return known


def transfer_signatures(dtype: str) -> tuple[Any, Any]:
    """Numba signatures of the kernels `values` and `deltas` of a transfer (docs/design/transfers.md)."""
    from numba import types

    real = types.CPointer(getattr(types, dtype))
    rows, counts = types.CPointer(types.int32), types.CPointer(types.int64)
    number = types.int64
    values = types.void(real, rows, real, real, counts, *[number] * 5)
    deltas = types.void(real, rows, real, real, real, real, *[number] * 8)
    return values, deltas


def transfer_addresses(transfer: Transfer, dtype: Any = "float64") -> tuple[int, int]:
    """Addresses of the kernels of a transfer that returns one number.

    Parameters
    ----------
    transfer : Transfer
    dtype : {"float64", "float32"} or NumPy dtype

    Returns
    -------
    values, deltas : int
        Valid until the process ends.
    """
    name = _dtype_name(dtype)
    place = (transfer.key, name)
    known = _transfers.get(place)
    if known is None:
        with _lock:
            from wildwire.functions.interleave import InterleavingCompiler

            module = _kernels(transfer, name)
            values, deltas = transfer_signatures(name)
            known = _transfers[place] = (
                _compile(module.values, values, InterleavingCompiler),
                _compile(module.deltas, deltas, InterleavingCompiler),
            )
    return known


def _dtype_name(dtype: Any) -> str:
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None)
    if name is None and isinstance(dtype, type):
        name = dtype.__name__
    if name not in ("float64", "float32"):
        raise FunctionError(f"kernels exist for float64 and float32, not {dtype!r}")
    return name


def compile_address(py_func: Callable, signature: Any) -> int:
    """Compile a function that stands in a module to C and give its address.

    Parameters
    ----------
    py_func : function
        Not decorated; it may call what `cached_njit` decorated.
    signature : numba signature or str
        Such as `"void(CPointer(float64), int64)"`.

    Returns
    -------
    int
        Valid until the process ends; the same function is compiled once.
    """
    return _compile(py_func, signature)


def _compile(py_func: Callable, signature: Any, compiler: type | None = None) -> int:
    place = (py_func, str(signature))
    with _lock:
        if place not in _compiled:
            # Kept for ever: the code is freed together with this object.
            _compiled[place] = cached_cfunc(py_func, signature, compiler, **_OPTIONS)
        return _compiled[place].address


def _kernels(function: Function | Transfer, dtype: str, level: int = 1) -> ModuleType:
    """The module with a function's kernels: committed, or written for this user."""
    # Second derivatives are asked for rarely and written apart: there is one for every
    # pair of numbers, and a function may have 64 and more.
    place = (function.key, dtype, level == 2)
    if place not in _modules:
        built_in = _generated_module(function, dtype)
        levels = (2,) if level == 2 else (0, 1)
        _modules[place] = built_in or _user_module(function, dtype, levels)
    return _modules[place]


def _generated_module(function: Function | Transfer, dtype: str) -> ModuleType | None:
    from wildwire.functions.generated.catalogue_index import KERNELS

    name = KERNELS.get(function.key)
    if name is None:
        return None
    return importlib.import_module(f"wildwire.functions.generated.{name}_{dtype}")


class _VerifiedLoader(importlib.abc.SourceLoader):
    """Runs the text it was given, never what stands on disk or in a .pyc file."""

    def __init__(self, path: str, text: bytes) -> None:
        self._path, self._text = path, text

    def get_filename(self, fullname: str) -> str:
        return self._path

    def get_data(self, path: str) -> bytes:
        if path != self._path:
            raise OSError(f"no bytecode is read for {path}")
        return self._text


def _user_module(
    function: Function | Transfer, dtype: str, levels: tuple
) -> ModuleType:
    """Generate a user function's kernels and load them as a module of their own.

    The text is always generated again (milliseconds) and the file only compared with
    it: Numba wants a file to name and stamp, but nothing that it says is trusted.
    """
    text = _text_of(function, dtype, levels).encode()
    stem = f"user_{function.key}_{dtype}" + ("_second" if levels == (2,) else "")
    path = _source_path(stem, text)
    name = f"wildwire_{stem}_{hashlib.sha256(text).hexdigest()[:16]}"
    loader = _VerifiedLoader(path, text)
    spec = importlib.util.spec_from_loader(name, loader, origin=path)
    assert spec is not None, "a loader that names a file always gives one"
    module = importlib.util.module_from_spec(spec)
    # Numba looks the module up by name when it loads compiled code.
    sys.modules[name] = module
    loader.exec_module(module)
    return module


def _text_of(function: Function | Transfer, dtype: str, levels: tuple) -> str:
    if isinstance(function, Transfer):
        from wildwire.functions.transfer_text import transfer_module

        return transfer_module(function, dtype)
    from wildwire.functions.kernel_text import kernel_module

    return kernel_module(function, dtype, levels)


def _source_path(stem: str, text: bytes) -> str:
    """Where the text stands; a label only where no file can be written."""
    folder = cache_directory()
    if folder is not None:
        path = folder / f"{stem}.py"
        try:
            _write_if_other(path, text)
            return str(path)
        except OSError as error:
            not_kept(error)
    return f"<wildwire {stem}>"


def _write_if_other(path: Path, text: bytes) -> None:
    """Put the text in place in one move, unless it stands there already."""
    if path.is_file() and path.read_bytes() == text:
        return
    # Somebody may have removed the directory since it was made.
    private_directory(path.parent)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
