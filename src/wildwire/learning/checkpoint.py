"""Checkpoints: a run written down so that it can go on later, bit for bit.

Comes in: the state of the loop as named arrays and a few plain facts. Goes out: one safetensors file (arrays and a
JSON header; loading it can run no code), written so that a crash at any moment leaves the old file or the new one.
Called by `learning/loop.py`.
"""

import json
import math
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wildwire.errors import FileError, SettingError

__all__ = ["Checkpoint", "as_checkpoint", "read_checkpoint", "write_checkpoint"]

FORMAT = "wildwire checkpoint"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where and how often a run writes itself down; it always does so once more at its end.

    Parameters
    ----------
    path : str or path-like
        The file; an older one is replaced.
    seconds : float or None
        Write when so much time has passed since the last writing (also within long epochs).
    epochs : int or None
        Write after so many epochs.
    """

    path: str | os.PathLike
    seconds: float | None = 60.0
    epochs: int | None = None

    def __post_init__(self):
        for name in ("seconds", "epochs"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise SettingError(
                    f"{name} of a checkpoint must be above 0, not {value!r}"
                )


def as_checkpoint(checkpoint: "Checkpoint | str | os.PathLike | None"):
    """A path stands for `Checkpoint(path)`; None stays None. The folder must exist already.

    Raises
    ------
    FileError
        There is no folder of that name: better told now than after an hour of learning.
    """
    if checkpoint is None:
        return None
    if not isinstance(checkpoint, Checkpoint):
        checkpoint = Checkpoint(checkpoint)
    folder = Path(checkpoint.path).absolute().parent
    if not folder.is_dir():
        raise FileError(
            f"cannot write checkpoints to {checkpoint.path}: no folder {folder}"
        )
    return checkpoint


def write_checkpoint(path: str | os.PathLike, arrays: dict, facts: dict) -> None:
    """Write `arrays` (name -> ndarray) and `facts` (JSON values) to `path`, atomically.

    Raises
    ------
    FileError
        The file cannot be written; an older one is then still there.
    """
    from safetensors.numpy import save

    header = {"format": FORMAT, "version": str(VERSION), "facts": json.dumps(facts)}
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    data = save(whole, metadata=header)
    target = Path(path)
    try:
        _replace(target, data)
    except OSError as error:
        raise FileError(
            f"cannot write the checkpoint {target}: {error.strerror}"
        ) from error


def _replace(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(
        dir=target.absolute().parent, prefix=f".{target.name}."
    )
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_checkpoint(path: str | os.PathLike) -> tuple[dict, dict]:
    """Read what `write_checkpoint` wrote: (arrays, facts).

    Raises
    ------
    FileError
        There is no such file, it is damaged, something else, or of a newer version.
    """
    from safetensors import SafetensorError, safe_open

    if not Path(path).is_file():
        raise FileError(f"there is no checkpoint {path}")
    try:
        with safe_open(path, framework="np") as file:
            header = file.metadata() or {}
            facts = _facts(path, header)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path} is damaged or not a checkpoint: {error}") from error
    return arrays, facts


def _facts(path: str | os.PathLike, header: dict) -> dict:
    if header.get("format") != FORMAT:
        raise FileError(f"{path} is not a checkpoint of a fit")
    version = header.get("version", "")
    if not version.isdigit() or int(version) > VERSION:
        raise FileError(
            f"{path} has checkpoint version {version or '?'}; this Wildwire reads up to "
            f"{VERSION}: upgrade it"
        )
    return json.loads(header.get("facts", ""))
