"""Files of kernels: damaged, stale, exchanged, vanished or unwritable; numbers stay right."""

import errno
import importlib.util
import logging
import shutil
from threading import Event

import numpy as np
import pytest
from numba.core import caching

from functions.kernel_calls import at
from wildwire.functions import activation, cache, cache_place
from wildwire.functions.cache import cached_njit


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty directory of compiled code, and a process that has said nothing yet."""
    monkeypatch.setenv(cache.LOCATION_VARIABLE, str(tmp_path))
    monkeypatch.setattr(cache_place, "_warned", Event())
    monkeypatch.setattr(cache, "_damage_told", Event())
    for name in cache.statistics:
        monkeypatch.setitem(cache.statistics, name, 0)
    cache.set_compile_notice(None)
    cache_place._directory.cache_clear()
    yield cache.cache_directory()
    cache_place._directory.cache_clear()


def add_one(x):
    return x + 1


def twice(x):
    return 2 * x


def kernel(function=add_one):
    return cached_njit(error_model="numpy")(function)


def counts():
    return tuple(cache.statistics[name] for name in ("hits", "misses", "unkept"))


def test_each_signature_has_a_file_and_there_is_no_index(folder):
    first = kernel()
    assert (first(1), first(1.5)) == (2, 2.5)
    assert len(list(folder.iterdir())) == 2
    assert {path.suffix for path in folder.iterdir()} == {".nbc"}
    again = kernel()
    assert (again(1.5), again(1)) == (2.5, 2)
    assert counts() == (2, 2, 0)


DAMAGES = {
    "empty": lambda content: b"",
    "garbage": lambda content: b"garbage",
    "cut in the middle": lambda content: content[: len(content) // 2],
    "cut at the end": lambda content: content[:-1],
    "one bit": lambda content: flipped(content, len(content) // 2),
    "zeros": lambda content: bytes(len(content)),
}


def flipped(content, place):
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_made_again(folder, damage, caplog):
    assert kernel()(1) == 2
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    path.write_bytes(DAMAGES[damage](whole))
    caplog.set_level(logging.INFO, logger="wildwire")
    assert kernel()(1) == 2
    assert counts() == (0, 2, 0)
    assert len(caplog.records) == 1
    assert kernel()(1) == 2
    assert counts() == (1, 2, 0)


def test_many_damaged_files_are_told_in_one_line(folder, caplog):
    caplog.set_level(logging.INFO, logger="wildwire")
    for _ in range(2):
        assert (kernel()(1), kernel(twice)(4)) == (2, 8)
        for path in folder.iterdir():
            path.write_bytes(b"")
    assert len(caplog.records) == 1


def test_the_file_of_another_signature_is_not_believed(folder):
    """What two writers of one numbered file would leave behind."""
    assert kernel()(1) == 2
    (first,) = folder.iterdir()
    assert kernel()(1.5) == 2.5
    (second,) = set(folder.iterdir()) - {first}
    shutil.copy(first, second)
    assert kernel()(1.5) == 2.5
    assert counts() == (0, 3, 0)


def test_code_of_an_older_source_is_not_believed(folder, tmp_path):
    """Constants are no part of the bytecode: only the file's contents tell."""

    def load(number):
        path = tmp_path / "changing.py"
        path.write_text(f"def f(x):\n    return x + {number}\n")
        spec = importlib.util.spec_from_file_location("changing", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return kernel(module.f)

    assert load(100)(1) == 101
    assert load(20000)(1) == 20001
    assert len(list(folder.iterdir())) == 1
    assert load(20000)(1) == 20001
    assert counts() == (1, 2, 0)


def test_a_directory_that_is_removed_comes_back(folder):
    """Another process may remove old versions while this one still uses its own."""
    first = kernel()
    assert first(1) == 2
    shutil.rmtree(folder)
    assert (first(1), kernel(twice)(4)) == (2, 8)
    assert [path.suffix for path in folder.iterdir()] == [".nbc"]
    shutil.rmtree(folder)
    function = activation("removed(z) = 5*z")
    assert at(function, 0, [2.0])[0].tolist() == [10.0]
    assert {path.suffix for path in folder.iterdir()} == {".nbc", ".py"}
    assert counts() == (0, 3, 0)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_closed_disk_costs_one_line(folder, code, monkeypatch, caplog):
    assert kernel()(1) == 2

    def refuse(*_, **__):
        raise OSError(code, "cannot write")

    monkeypatch.setattr(caching.IndexDataCacheFile, "_open_for_write", refuse)
    monkeypatch.setattr("wildwire.functions.native.tempfile.mkstemp", refuse)
    assert (kernel()(1), kernel(twice)(4), kernel(twice)(4.5)) == (2, 8, 9)
    function = activation(f"closed(z) = {code}*z")
    np.testing.assert_array_equal(at(function, 0, [2.0])[0], [2.0 * code])
    assert counts() == (1, 4, 3)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "cannot write" in caplog.text


def test_a_disk_that_fills_up_leaves_no_halves(folder, monkeypatch):
    """The text of a user's function is written in one move, or not at all."""

    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr("wildwire.functions.native.Path.replace", refuse)
    function = activation("halves(z) = 9*z")
    assert at(function, 0, [2.0])[0].tolist() == [18.0]
    assert {path.suffix for path in folder.iterdir()} == {".nbc"}
