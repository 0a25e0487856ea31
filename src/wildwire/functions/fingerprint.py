"""What decides the machine code of the kernels, as one hash.

Comes in: the package's source files, and the versions of Python, Numba and llvmlite and
the processor. Goes out: a fingerprint that names the directory of compiled code. Called
by `cache.py`.
"""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["PACKAGE", "kernel_files", "kernel_fingerprint"]

PACKAGE = Path(__file__).resolve().parents[1]
_MARKS = (b"cached_njit", b"import numba", b"from numba")
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]*(\([^)]*\)|[^\n(]*)"
    rb"|import[ \t]+([\w.]+))",
    re.MULTILINE,
)


def _imported_files(content: bytes, root: Path) -> Iterable[Path]:
    """Files of the package below `root` that a source text imports by absolute name."""
    for origin, names, plain in _IMPORT.findall(content):
        module = (origin or plain).decode()
        if module.split(".")[0] != root.name:
            continue
        base = root.joinpath(*module.split(".")[1:])
        children = re.findall(rb"\w+", names)
        for path in (base, *(base / child.decode() for child in children)):
            for candidate in (path.with_suffix(".py"), path / "__init__.py"):
                if candidate.is_file():
                    yield candidate


def kernel_files(root: Path = PACKAGE) -> list[Path]:
    """Source files that can change compiled code: kernels and all that they import.

    Parameters
    ----------
    root : Path
        The package folder to look through.

    Returns
    -------
    list of Path
        Sorted. Files that use Numba, generated kernels, and, followed through their
        imports, the modules that hold constants frozen into them.
    """
    found: set[Path] = set()
    waiting = []
    for path in root.rglob("*.py"):
        content = path.read_bytes()
        generated = path.parent.name == "generated"
        if generated or any(mark in content for mark in _MARKS):
            found.add(path)
            if not generated:
                waiting.append(content)
    while waiting:
        for path in _imported_files(waiting.pop(), root):
            if path not in found:
                found.add(path)
                waiting.append(path.read_bytes())
    return sorted(found)


def kernel_fingerprint(root: Path = PACKAGE) -> str:
    """Hash of all that decides what machine code the kernels become.

    Parameters
    ----------
    root : Path
        The package folder.

    Returns
    -------
    str
        16 hexadecimal digits from kernel sources, Python, Numba, llvmlite, and the
        processor's name and features.
    """
    import llvmlite
    import numba
    from numba.core.registry import cpu_target

    from wildwire.functions.vector_width import vector_bits

    target: Any = cpu_target
    digest = hashlib.sha256()
    for path in kernel_files(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    surroundings = (
        sys.version,
        platform.machine(),
        numba.__version__,
        llvmlite.__version__,
        # The processor that code is made for: this one, or that of NUMBA_CPU_NAME.
        *target.target_context.codegen().magic_tuple(),
        str(vector_bits()),
    )
    digest.update("\0".join(surroundings).encode())
    return digest.hexdigest()[:16]
