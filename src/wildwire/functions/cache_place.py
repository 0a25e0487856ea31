"""The directory of compiled code: where it is, whom it is trusted from, what is removed.

Comes in: the variable WILDWIRE_CACHE_DIR, or the user's cache folder. Goes out: a
directory that nobody but its owner can change, named by the fingerprint of the kernels;
or None, and one line in the log. Called by `cache.py`, `native.py` and
`wildwire warmup`.

Machine code that is loaded is run, so only directories of this user or of the
administrator are read. A directory that cannot be written is read all the same: the
image of a container may hold one that was filled when it was built.
"""

from __future__ import annotations

import functools
import logging
import os
import shutil
import stat
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from wildwire.functions.fingerprint import kernel_fingerprint

__all__ = [
    "LOCATION_VARIABLE",
    "cache_directory",
    "not_kept",
    "private_directory",
    "writable_directory",
]

LOCATION_VARIABLE = "WILDWIRE_CACHE_DIR"
KEPT_FINGERPRINTS = 8
ADMINISTRATOR = 0

log = logging.getLogger("wildwire")


_warned = threading.Event()


def not_kept(error: Exception) -> None:
    """Say in the log, once in a process, why compiled code is not on disk afterwards."""
    if _warned.is_set():
        return
    _warned.set()
    log.warning(
        "compiled kernels are not kept, every process compiles them again: %s "
        "(set %s to a directory of your own)",
        error,
        LOCATION_VARIABLE,
    )


def cache_directory() -> Path | None:
    """The directory that holds compiled code for this version on this machine.

    Returns
    -------
    Path or None
        Made if needed, with access for its owner only. None, with one line in the
        log, when there is none and none can be made: kernels are then compiled in
        every process. Whether it can be written is not asked here.
    """
    return _directory(os.environ.get(LOCATION_VARIABLE))


@functools.lru_cache(maxsize=4)
def _directory(location: str | None) -> Path | None:
    try:
        return _prepared(location)
    except (OSError, RuntimeError) as error:
        not_kept(error)
        return None


def writable_directory() -> Path:
    """The same directory, after a file has been written there.

    Raises
    ------
    OSError
        Nothing can be kept there.
    """
    try:
        path = _prepared(os.environ.get(LOCATION_VARIABLE))
    except RuntimeError as error:
        raise OSError(str(error)) from error
    with tempfile.TemporaryFile(dir=path) as file:
        file.write(b"probe")
    return path


def _prepared(location: str | None) -> Path:
    root = _root(location)
    # The root is checked as well: who may write there could exchange the inner one.
    private_directory(root)
    path = root / f"kernels-{kernel_fingerprint()}"
    fresh = not path.exists()
    private_directory(path)
    with suppress(OSError):  # of a directory that may only be read
        os.utime(path)
    if fresh:
        _forget_old(root, path)
    return path


def _root(location: str | None) -> Path:
    """The folder of all versions.

    Raises
    ------
    RuntimeError
        The user has no home: neither HOME nor an entry among the system's users. The
        name would then begin with a literal "~", and a folder "~" be made right here.
    """
    if not location:
        import platformdirs

        location = platformdirs.user_cache_dir("wildwire", appauthor=False)
    return Path(location).expanduser().absolute()


def private_directory(path: Path) -> Path:
    """Make a directory that only its owner may change, and refuse those of strangers.

    Raises
    ------
    OSError
    """
    with suppress(FileExistsError):  # a file, which the next lines tell better
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise PermissionError(f"{path} is not a directory (links are not followed)")
    if not hasattr(os, "getuid"):
        return path
    if status.st_uid not in (os.getuid(), ADMINISTRATOR):
        raise PermissionError(f"{path} belongs to another user")
    if stat.S_IMODE(status.st_mode) & 0o022:
        path.chmod(0o700)
    return path


def _forget_old(root: Path, own: Path) -> None:
    """Remove all but the newest `KEPT_FINGERPRINTS` versions; `own` is one of them.

    A process that still uses one of the others compiles what it needs later again.
    """
    others = [path for path in root.glob("kernels-*") if path != own]
    others.sort(key=_last_used, reverse=True)
    for path in others[KEPT_FINGERPRINTS - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _last_used(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:  # removed at this moment by another process
        return 0.0
