"""Files as whole byte strings: read at once, written at once or not at all.

Comes in: a path, bytes. Goes out: bytes, a file. Called by `files.py`, and by whatever
else writes a file that a user keeps. Every failure is a FileError of one line.
"""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from wildwire.errors import FileError


def read_bytes(path: str | Path) -> bytes:
    """The content of a file.

    Raises
    ------
    FileError
        No such file, a directory, or no permission.
    """
    path = Path(path)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise FileError(f"no file {path}") from None
    except IsADirectoryError:
        raise FileError(f"{path} is a directory; give a file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"cannot read {path}: {reason}") from error


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write a whole file or nothing.

    The bytes go to a new file in the same directory, are forced to the disk, and only
    then take the name: after a crash, a full disk or Ctrl-C there is the old file or
    the new one, never half of one. A symbolic link stays a link; permissions are kept.

    Raises
    ------
    FileError
        The directory is missing or not writable, the path is a directory, the disk
        full.
    """
    path = Path(path)
    try:
        target = path.resolve()
        if target.is_dir():
            raise FileError(f"{path} is a directory; give a file name")
        temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}")
        try:
            _write(temporary, data)
            with suppress(FileNotFoundError):
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            temporary.replace(target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        _sync_directory(target.parent)
    except (OSError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"cannot write {path}: {reason}") from error


def _write(path: Path, data: bytes) -> None:
    # Mode 666 less the umask, as an ordinary new file; never through a link put there.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    """Force the new name to the disk; systems that cannot are left alone."""
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
