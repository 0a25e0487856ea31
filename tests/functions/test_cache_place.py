"""The directory of compiled code: who may enter, what is removed, what is refused."""

import logging
import os
import stat
from pathlib import Path
from threading import Event

import pytest

from wildwire.functions import cache_place as place

owners = pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs owners of files")


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch):
    monkeypatch.setattr(place, "_warned", Event())


@owners
def test_only_the_owner_may_enter(tmp_path):
    root = tmp_path / "cache"
    root.mkdir()
    root.chmod(0o777)
    folder = place._directory(str(root))
    for path in (root, folder):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


@owners
def test_what_others_may_only_read_stays_readable(tmp_path):
    """An image may be filled by one user and run by another."""
    root = tmp_path / "cache"
    root.mkdir()
    root.chmod(0o755)
    place._directory(str(root))
    assert stat.S_IMODE(root.stat().st_mode) == 0o755


def test_a_link_in_place_of_the_directory_is_refused(tmp_path, caplog):
    (tmp_path / "elsewhere").mkdir()
    root = tmp_path / "cache"
    root.symlink_to(tmp_path / "elsewhere")
    assert place._directory(str(root)) is None
    assert "links are not followed" in caplog.text
    assert not list((tmp_path / "elsewhere").iterdir())


@owners
def test_the_directory_of_a_stranger_is_refused_that_of_the_administrator_read(
    tmp_path, monkeypatch, caplog
):
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    monkeypatch.setattr(place, "ADMINISTRATOR", owner + 2)
    strange, trusted = tmp_path / "strange", tmp_path / "trusted"
    strange.mkdir()
    assert place._directory(str(strange)) is None
    assert caplog.text.count("belongs to another user") == 1
    monkeypatch.setattr(place, "ADMINISTRATOR", owner)
    trusted.mkdir()
    assert place._directory(str(trusted)).parent == trusted


def test_without_a_home_nothing_is_written_and_one_line_logged(
    tmp_path, monkeypatch, caplog
):
    pwd = pytest.importorskip("pwd")
    for name in ("HOME", "XDG_CACHE_HOME", place.LOCATION_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", lambda _: {}["no such user"])
    monkeypatch.chdir(tmp_path)
    place._directory.cache_clear()
    for _ in range(2):
        assert place.cache_directory() is None
    place._directory.cache_clear()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert place.LOCATION_VARIABLE in caplog.text
    assert not list(tmp_path.iterdir())


@owners
def test_without_the_variable_home_the_system_knows_where(monkeypatch):
    pwd = pytest.importorskip("pwd")
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    home = pwd.getpwuid(os.getuid()).pw_dir
    assert place._root(None).is_relative_to(home)


def test_a_relative_place_does_not_move_with_the_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert place._root("kept") == tmp_path / "kept"


def test_a_directory_that_can_only_be_read_is_used(tmp_path, monkeypatch, caplog):
    folder = place._prepared(str(tmp_path))

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr(place.tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: None)
    monkeypatch.setenv(place.LOCATION_VARIABLE, str(tmp_path))
    place._directory.cache_clear()
    assert place.cache_directory() == folder
    assert not caplog.records
    with pytest.raises(OSError, match="Read-only"):
        place.writable_directory()


def test_old_versions_are_removed(tmp_path):
    for i in range(place.KEPT_FINGERPRINTS + 4):
        old = tmp_path / f"kernels-{i:016}"
        old.mkdir()
        os.utime(old, (i, i))
    (tmp_path / "unrelated").mkdir()
    newest = place._directory(str(tmp_path))
    kept = sorted(path.name for path in tmp_path.glob("kernels-*"))
    assert len(kept) == place.KEPT_FINGERPRINTS
    assert newest.name in kept
    assert f"kernels-{0:016}" not in kept
    assert (tmp_path / "unrelated").is_dir()


def test_versions_of_the_future_do_not_push_out_our_own(tmp_path):
    """A clock that was wrong once must not make every process compile again."""
    for i in range(place.KEPT_FINGERPRINTS + 2):
        (tmp_path / f"kernels-{i:016}").mkdir()
        os.utime(tmp_path / f"kernels-{i:016}", (4e9, 4e9))
    assert place._directory(str(tmp_path)).is_dir()


def test_a_version_that_vanishes_meanwhile_is_the_oldest(tmp_path):
    assert place._last_used(tmp_path / "gone") == 0.0
