"""Progress: who is told, and on which stream."""

import sys
from threading import Event
from types import ModuleType, SimpleNamespace

import pytest

from wildwire.functions import cache
from wildwire.learning import progress as p


def test_silent_unless_somebody_watches(capsys):
    assert isinstance(p.choose_progress(False), p.Silent)
    assert isinstance(p.choose_progress(None), p.Silent)  # stderr is captured here
    told = p.choose_progress(None)
    told.update(1, 2, 0.5)
    told.close()
    assert capsys.readouterr() == ("", "")


def test_a_terminal_is_told(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert isinstance(p.choose_progress(None), p.Terminal)
    assert isinstance(p.choose_progress(False), p.Silent)


def test_the_bar_goes_to_stderr(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    told = p.choose_progress(True)
    told.update(3, 10, 0.25, 0.5)
    told.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert "epoch 3 of 10" in err
    assert "loss 0.25  validation 0.5" in err


def test_a_short_run_shows_nothing_in_a_terminal(capsys):
    told = p.Terminal(quiet_seconds=60)
    told.update(1, 10, 0.25)
    told.close()
    assert capsys.readouterr() == ("", "")


def test_compiling_is_announced_once(capsys, monkeypatch):
    """`cache` calls the notice before the first kernel that is not on disk."""
    monkeypatch.setitem(cache.statistics, "misses", cache.statistics["misses"])
    monkeypatch.setattr(cache, "_said", Event())
    p.announce_compiling(None)
    cache._announce()
    cache._announce()
    assert capsys.readouterr() == (
        "",
        "wildwire: compiling kernels, once for this version\n",
    )
    p.announce_compiling(None)  # the next fit, with another learner
    cache._announce()
    assert capsys.readouterr() == ("", "")


def test_compiling_is_not_announced_to_those_who_want_no_progress(capsys, monkeypatch):
    monkeypatch.setitem(cache.statistics, "misses", cache.statistics["misses"])
    monkeypatch.setattr(cache, "_said", Event())
    p.announce_compiling(None)
    p.announce_compiling(False)
    cache._announce()
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def notebook(monkeypatch):
    """A stand-in for IPython inside a Jupyter kernel; gives the list of what was shown."""
    shown = []

    def show(data, raw, display_id=False):
        assert raw
        shown.append(data["text/plain"])
        return SimpleNamespace(update=show)

    ipython, display = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = lambda: SimpleNamespace(config={"IPKernelApp": {}})
    display.display = show
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(p, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(p, "REFRESH_SECONDS", 0.0)
    return shown


def test_a_notebook_rewrites_one_line(notebook):
    told = p.choose_progress(None)
    told.update(1.5, 4, 0.5)
    told.update(4, 4, 0.125, 0.25)
    told.close()
    assert notebook[0] == "epoch 1 of 4  loss 0.5"
    assert notebook[-1] == "epoch 4 of 4  loss 0.125  validation 0.25"
