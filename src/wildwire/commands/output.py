"""Where words go: results to stdout, notes and progress to stderr; tables of text.

Comes in: sentences and cells. Goes out: what a terminal or a pipe shows. Called by the
other files of `commands/`. Rich is loaded here when something is drawn with it.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wildwire.disk import write_atomically
from wildwire.errors import FileError

WIDTH = 120
"""Of tables that no terminal limits: a pipe has no width, and Rich would take 80."""


def say(text: str) -> None:
    """A result: one line on stdout."""
    print(text)


def note(text: str, *, quiet: bool = False) -> None:
    """A remark: one line on stderr, unless quiet."""
    if not quiet:
        print(text, file=sys.stderr)


def notes(lines: Iterable[str], *, quiet: bool = False) -> None:
    """Several remarks, each on a line of its own."""
    for line in lines:
        note(f"note: {line}", quiet=quiet)


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    texts: int = 1,
    title: str | None = None,
) -> None:
    """A table on stdout; the first `texts` columns are words, the others numbers."""
    from rich import box
    from rich.table import Table

    table = Table(
        box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False
    )
    for number, heading in enumerate(headings):
        right = number >= texts
        side = "right" if right else "left"
        # Words that are wider than their column go on below: nothing is left out.
        table.add_column(heading, justify=side, no_wrap=right, overflow="fold")
    for row in rows:
        # Text objects and not strings: names such as `h[3]` are no markup.
        table.add_row(*(_plain(cell) for cell in row))
    _console().print(table)


def _plain(cell: str) -> Any:
    from rich.text import Text

    return Text(cell)


def _console(*, stderr: bool = False) -> Any:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH
    return Console(file=stream, width=width, highlight=False)


@contextmanager
def progress_bar(text: str, *, quiet: bool) -> Iterator[Any]:
    """A bar on stderr while something runs; yields `update(done, planned)`.

    Nothing is shown where stderr is no terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda done, planned: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f}"),
        TimeRemainingColumn(compact=True),
        console=_console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(text, total=None)

        def update(done: int, planned: int) -> None:
            bar.update(task, completed=done, total=planned)

        yield update


def check_free(path: Path | None, force: bool) -> None:
    """Refuse to write over a file, or into a directory that is not there.

    Called before the work: nobody wants to learn it afterwards.

    Raises
    ------
    FileError
    """
    if path is None:
        return
    if path.is_dir():
        raise FileError(f"{path} is a directory; give a file name")
    if not path.parent.is_dir():
        raise FileError(f"there is no directory {path.parent}; make it first")
    if path.exists() and not force:
        raise FileError(f"{path} exists; give another --out, or --force to replace it")


def write_text(path: Path | None, text: str) -> None:
    """Text to a file, whole or not at all, or to stdout."""
    if path is None:
        sys.stdout.write(text)
    else:
        write_atomically(path, text.encode())
