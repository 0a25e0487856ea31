"""Progress of a run: a line on stderr in a terminal, a line under the cell in a notebook, otherwise nothing.

Comes in: epochs done and the latest losses. Goes out: text for people. Called by `learning/loop.py`, at most ten
times a second.
"""

import sys
import time
from importlib import import_module
from typing import Protocol

from wildwire.errors import SettingError
from wildwire.functions.cache import say_compiling, set_compile_notice
from wildwire.learning.settings import one_line

__all__ = ["Bar", "Silent", "announce_compiling", "check_progress", "choose_progress"]

# Runs shorter than this tell nothing: a bar that appears and vanishes only flickers.
QUIET_SECONDS = 0.5
REFRESH_SECONDS = 0.1


def _in_notebook() -> bool:
    """Whether a Jupyter kernel runs this process (IPython in a terminal is none)."""
    shell = sys.modules.get("IPython")
    if shell is None:
        return False
    running = shell.get_ipython()
    return running is not None and "IPKernelApp" in running.config


def check_progress(wanted) -> None:
    """Refuse what is not True, False or None, with a SettingError."""
    if wanted is not None and not isinstance(wanted, bool):
        raise SettingError(
            f"progress must be True, False or None, not {one_line(wanted)}"
        )


def choose_progress(wanted: bool | None, unit: str = "epoch") -> "Bar":
    """The progress for `wanted`: True always shows, False never, None where somebody watches; `unit` is counted."""
    if wanted is False:
        return Silent()
    if _in_notebook():
        return Notebook(unit)
    if wanted or sys.stderr.isatty():
        return Terminal(0.0 if wanted else QUIET_SECONDS, unit)
    return Silent()


def announce_compiling(wanted: bool | None) -> None:
    """Have one line said on stderr when kernels must be compiled, once per process, unless progress is unwanted."""
    set_compile_notice(None if wanted is False else say_compiling)


def _losses(loss: float | None, validation: float | None) -> str:
    told = "" if loss is None else f"loss {loss:.6g}"
    return told if validation is None else f"{told}  validation {validation:.6g}"


class Bar(Protocol):
    """Interface of all progress displays."""

    def update(
        self,
        done: float,
        epochs: int,
        loss: float | None = None,
        validation: float | None = None,
    ) -> None:
        """`done` of `epochs` epochs are run; `loss` and `validation` of the last one."""

    def close(self) -> None:
        """The run has ended."""


class Silent:
    """Tells nothing."""

    def update(self, done, epochs, loss=None, validation=None) -> None:
        pass

    def close(self) -> None:
        pass


class Terminal:
    """A Rich progress bar on stderr, removed when the run ends."""

    def __init__(self, quiet_seconds: float, unit: str = "epoch"):
        self._from, self._unit = time.perf_counter() + quiet_seconds, unit
        self._bar = None

    def _open(self, epochs: int):
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        bar = Progress(
            TextColumn(f"{self._unit} {{task.fields[epoch]}} of {{task.total:.0f}}"),
            BarColumn(),
            TextColumn("{task.fields[losses]}"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
            refresh_per_second=1 / REFRESH_SECONDS,
        )
        self._task = bar.add_task("fit", total=epochs, epoch=0, losses="")
        bar.start()
        return bar

    def update(self, done, epochs, loss=None, validation=None) -> None:
        now = time.perf_counter()
        if now < self._from:
            return
        self._from = now + REFRESH_SECONDS
        if self._bar is None:
            self._bar = self._open(epochs)
        told = _losses(loss, validation)
        self._bar.update(self._task, completed=done, epoch=int(done), losses=told)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


class Notebook:
    """One line of text under the cell, rewritten in place (Rich's own bar would need ipywidgets)."""

    def __init__(self, unit: str = "epoch"):
        self._from, self._unit = time.perf_counter() + QUIET_SECONDS, unit
        self._handle = None
        self._text = ""

    def update(self, done, epochs, loss=None, validation=None) -> None:
        self._text = (
            f"{self._unit} {int(done)} of {epochs}  {_losses(loss, validation)}"
        )
        now = time.perf_counter()
        if now >= self._from:
            self._from = now + REFRESH_SECONDS
            self._show()

    def _show(self) -> None:
        # By name: IPython is no dependency; where there is a notebook, it is there.
        display = import_module("IPython.display").display
        shown = {"text/plain": self._text}
        if self._handle is None:
            self._handle = display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)

    def close(self) -> None:
        if self._handle is not None:
            self._show()
