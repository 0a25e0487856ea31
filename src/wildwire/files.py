"""The two model files: `.wire` (text) and `.safetensors` (text and arrays).

Comes in: a network, theta and provenance, or a path. Goes out: a file written at once
or not at all, or the three things read back, bit for bit. Called by `model.py` and the
command line. Reading runs no code: a text is parsed by our grammar, the other file
holds a JSON header and raw numbers whose sizes are compared with the length of the file
first.

The formats are described in docs/files.md.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from wildwire.disk import read_bytes, write_atomically
from wildwire.errors import FileError, SettingError, WildwireError
from wildwire.network import Network

VERSION = 1
TEXT_LINKS = 20_000  # more links than this are written as arrays unless asked otherwise
TEXT_LIMIT = 256_000_000  # bytes of text; a network of several million links
_HEADER_LIMIT = 100_000_000  # bytes of JSON, as the safetensors format has it
_MARK = "#| "
_END = "#| end"  # a file that has our block and not this has lost its end
_VERSION_LINE = re.compile(r"^[ \t]*wire[ \t]+(\S+)[ \t]*(?:#.*)?$", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Stored:
    """What a model file holds.

    Parameters
    ----------
    network : Network
    theta : ndarray of float64, shape (n_theta,)
        NaN where a number is still unknown.
    provenance : dict of str
        Where the model comes from, for people: version, date, seed, data, metrics.
    """

    network: Network
    theta: np.ndarray
    provenance: dict[str, str] = field(default_factory=dict)


def default_suffix(network: Network) -> str:
    """ ".wire" up to 20,000 links, ".safetensors" above."""
    return ".wire" if network.n_links <= TEXT_LINKS else ".safetensors"


def save(path: str | Path, stored: Stored) -> Path:
    """Write a model file; the suffix of the path decides the format.

    Parameters
    ----------
    path : str or Path
        Ends in .wire or .safetensors. An existing file is replaced; whatever goes
        wrong, it stays as it was.
    stored : Stored

    Raises
    ------
    SettingError
        Another suffix.
    FileError
        The file cannot be written.
    """
    path = Path(path)
    writers = {".wire": to_text, ".safetensors": to_safetensors}
    if path.suffix not in writers:
        raise SettingError(
            f"{path.name}: a model is saved as .wire (text) or .safetensors (arrays), "
            f"not as '{path.suffix}'"
        )
    data = writers[path.suffix](stored)
    write_atomically(path, data)
    return path


def load(path: str | Path) -> Stored:
    """Read a model file of either format, recognised by its content.

    Raises
    ------
    FileError
        No such file, damaged, truncated, or written by a newer version.
    """
    path = Path(path)
    data = read_bytes(path)
    if len(data) > 8 and data[8:9] == b"{" and b"\0" in data[:8]:
        return from_safetensors(data, path.name)
    return from_text(data, path.name)


# ---- text ---------------------------------------------------------------------


def to_text(stored: Stored) -> bytes:
    """The .wire file: the network's text with theta in it, provenance as comments."""
    text = stored.network.to_text(stored.theta)
    if not _VERSION_LINE.search(text):
        text = f"wire {VERSION}\n{text}"
    # Behind the line with the version, so that a reader sees both at once.
    end = text.index("\n", _first_version(text).start()) + 1
    block = "".join(f"{_MARK}{k}: {_line(v)}\n" for k, v in stored.provenance.items())
    last = f"{_END}\n" if block else ""
    return (text[:end] + block + text[end:].rstrip("\n") + "\n" + last).encode()


def from_text(data: bytes, source: str) -> Stored:
    """Read the content of a .wire file."""
    if not data.strip():
        raise FileError(f"{source} is empty")
    if len(data) > TEXT_LIMIT:
        raise FileError(f"{source} has {len(data)} bytes of text; {TEXT_LIMIT} at most")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise FileError(f"{source} is not UTF-8 text: {error}") from None
    text, provenance = _split_provenance(text, source)
    network = _parse(text, source)
    return Stored(network, np.array(network.start), provenance)


def _split_provenance(text: str, source: str) -> tuple[str, dict[str, str]]:
    lines = text.rstrip().split("\n")
    provenance = {}
    for line in lines:
        if line.startswith(_MARK) and line != _END:
            key, _, value = line[len(_MARK) :].partition(": ")
            provenance[key] = value
    if provenance and lines[-1] != _END:
        raise FileError(f"{source} is truncated: the line '{_END}' is missing")
    kept = "\n".join(line for line in lines if not line.startswith(_MARK))
    return kept + "\n", provenance


def _first_version(text: str) -> re.Match[str]:
    match = _VERSION_LINE.search(text)
    assert match is not None  # to_text has just put it there
    return match


def _line(value: Any) -> str:
    return " ".join(str(value).split())


def _parse(text: str, source: str) -> Network:
    _check_version(text, source)
    try:
        return Network.parse(text)
    except WildwireError as error:
        raise FileError(f"{source}: {error}") from error


def _check_version(text: str, source: str) -> None:
    for line in text.split("\n"):
        code = line.partition("#")[0].strip()
        if not code:
            continue
        words = code.split()
        if words[0] == "wire" and len(words) == 2 and words[1].isdecimal():
            _refuse_newer(int(words[1][:9]), source)
        return


def _refuse_newer(version: int, source: str) -> None:
    if version > VERSION:
        raise FileError(
            f"{source} is of version {version}; this Wildwire reads up to {VERSION}: "
            f"install a newer one"
        )
    if version < 1:
        raise FileError(f"{source} claims version {version}; versions start at 1")


# ---- safetensors --------------------------------------------------------------


def to_safetensors(stored: Stored) -> bytes:
    """The .safetensors file: structure as text in the header, theta as an array."""
    from safetensors.numpy import save as serialise

    theta = np.ascontiguousarray(stored.theta, dtype=np.float64)
    provenance = {key: _line(value) for key, value in stored.provenance.items()}
    header = {
        "wildwire": str(VERSION),
        "structure": stored.network.to_text(),
        "provenance": json.dumps(provenance, ensure_ascii=False),
    }
    return serialise({"theta": theta}, metadata=header)


def from_safetensors(data: bytes, source: str) -> Stored:
    """Read the content of a .safetensors file.

    Every size is compared with the length of the file before anything is allocated.
    """
    length = int.from_bytes(data[:8], "little")
    if length > min(_HEADER_LIMIT, len(data) - 8):
        raise FileError(
            f"{source} is truncated or damaged: its header claims {length} bytes"
        )
    header = _json(data[8 : 8 + length], source)
    metadata = header.get("__metadata__")
    if not _texts(metadata) or "wildwire" not in metadata:
        raise FileError(f"{source} is a safetensors file, but not of a Wildwire model")
    if not metadata["wildwire"].isdecimal():
        raise FileError(f"{source} is damaged: version '{metadata['wildwire'][:20]}'")
    _refuse_newer(int(metadata["wildwire"][:9]), source)
    body = memoryview(data)[8 + length :]
    theta = _theta(header, body, source)
    network = _parse(str(metadata.get("structure", "")), source)
    if len(theta) != network.n_theta:
        raise FileError(
            f"{source} is damaged: {len(theta)} numbers for a network of "
            f"{network.n_theta}"
        )
    provenance = _json(metadata.get("provenance", "{}").encode(), source)
    if not _texts(provenance):
        raise FileError(f"{source} is damaged: provenance is not a table of texts")
    return Stored(network, theta, provenance)


def _theta(header: dict[str, Any], body: memoryview, source: str) -> np.ndarray:
    """The one array, whose bytes must be exactly the body of the file."""
    names = sorted(set(header) - {"__metadata__"})
    entry = header.get("theta")
    if names != ["theta"] or not isinstance(entry, dict):
        raise FileError(f"{source} is damaged: it holds {names[:5]} instead of theta")
    count = len(body) // 8
    expected = {"dtype": "F64", "shape": [count], "data_offsets": [0, len(body)]}
    if entry != expected or len(body) != 8 * count:
        raise FileError(
            f"{source} is truncated or damaged: the array does not fill the file"
        )
    return np.frombuffer(body, dtype="<f8").astype(np.float64)


def _json(data: bytes, source: str) -> dict[str, Any]:
    """Parse JSON strictly: two equal keys, NaN and numbers without end are refused.

    Readers differ in which of two equal keys they keep: a file could show one network
    to a checker and another one to us.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) != len(pairs):
            raise ValueError("a key stands twice")
        return table

    def refuse(text: str) -> Any:
        raise ValueError(f"{text[:20]} is not allowed")

    try:
        table = json.loads(
            data.decode(), object_pairs_hook=unique, parse_constant=refuse
        )
    except (ValueError, RecursionError) as error:
        raise FileError(f"{source} is damaged: {error}") from None
    if not isinstance(table, dict):
        raise FileError(f"{source} is damaged: its header is not a table")
    return table


def _texts(table: Any) -> TypeGuard[dict[str, str]]:
    """Whether this is a dict from texts to texts."""
    return isinstance(table, dict) and all(isinstance(v, str) for v in table.values())
