"""Checkpoint files: round trip, atomic writing, refusals."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from wildwire.errors import FileError, SettingError
from wildwire.learning.checkpoint import (
    Checkpoint,
    as_checkpoint,
    read_checkpoint,
    write_checkpoint,
)

ARRAYS = {
    "theta": np.array([0.1, -np.pi, 5e-324, np.inf]),
    "alive": np.array([1, 0], np.uint8),
    "state 0": np.ones((2, 3), np.float32)[:, ::2],
}
FACTS = {"counts": {"epoch": 3}, "settings": {"learner": "Adam(rate=0.01)"}}


def test_round_trip(tmp_path):
    path = tmp_path / "run.ckpt"
    write_checkpoint(path, ARRAYS, FACTS)
    arrays, facts = read_checkpoint(path)
    assert facts == FACTS
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        assert arrays[name].tobytes() == array.tobytes()


def test_a_failed_writing_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "run.ckpt"
    write_checkpoint(path, ARRAYS, FACTS)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(FileError, match="No space left"):
        write_checkpoint(path, {}, {})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_replaces_the_old_one(tmp_path):
    path = tmp_path / "run.ckpt"
    write_checkpoint(path, ARRAYS, FACTS)
    write_checkpoint(path, {"theta": np.zeros(1)}, FACTS)
    assert list(read_checkpoint(path)[0]) == ["theta"]
    assert list(tmp_path.iterdir()) == [path]


def damaged(path, kind):
    header = {"format": "wildwire checkpoint", "version": "1", "facts": "{}"}
    theta = {"theta": np.zeros(3)}
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("wire 1\ninput x\n")
    elif kind == "cut":
        write_checkpoint(path, ARRAYS, FACTS)
        path.write_bytes(path.read_bytes()[:-7])
    elif kind == "other":
        save_file(theta, path)
    elif kind == "newer":
        save_file(theta, path, metadata=header | {"version": "99"})
    elif kind == "no version":
        save_file(theta, path, metadata=header | {"version": "one"})
    elif kind == "facts":
        save_file(theta, path, metadata=header | {"facts": json.dumps(FACTS)[:-3]})


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "there is no checkpoint"),
        ("empty", "damaged"),
        ("text", "damaged"),
        ("cut", "damaged"),
        ("other", "is not a checkpoint"),
        ("newer", "version 99.*upgrade"),
        ("no version", "version one"),
        ("facts", "damaged"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, kind, words):
    path = tmp_path / "run.ckpt"
    damaged(path, kind)
    with pytest.raises(FileError, match=words):
        read_checkpoint(path)


def test_options(tmp_path):
    assert as_checkpoint(None) is None
    assert as_checkpoint(tmp_path / "a").seconds == 60
    point = Checkpoint(tmp_path / "a", seconds=None, epochs=2)
    assert as_checkpoint(point) is point
    with pytest.raises(FileError, match="no folder"):
        as_checkpoint(tmp_path / "nowhere" / "a")
    for bad in ({"seconds": 0}, {"epochs": -1}, {"seconds": float("nan")}):
        with pytest.raises(SettingError, match="must be above 0"):
            Checkpoint("a", **bad)
