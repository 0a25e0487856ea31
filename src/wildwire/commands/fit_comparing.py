"""How a comparison runs once a model is saved: a bar, a word on how long it takes, and what ends it early.

Comes in: a function that compares. Goes out: its comparison, or none with a note that says why. Called by `fitting.py`
and `forecast_fit.py`. The model is saved, and stays so whatever happens here.
"""

import math
import time
from collections.abc import Callable
from typing import TypeVar

from wildwire.commands.output import note, progress_bar
from wildwire.errors import WildwireError
from wildwire.evaluation import Comparison

LONG = 60.0
"""Seconds from which a comparison is announced."""

Found = TypeVar("Found", bound=Comparison)
Progress = Callable[[int, int], None]
"""Told how many parts are done, of how many."""


def compared(
    run: Callable[[Progress], Found], what: str, *, jobs: int, quiet: bool
) -> tuple[Found | None, bool]:
    """The comparison, or None; and whether it was interrupted.

    Parameters
    ----------
    run : callable
        Compares, and tells its progress.
    what : str
        Words beside the bar; the last one is the name of a part.
    jobs : int
        Parts that run at a time.
    """
    began = time.perf_counter()
    part = what.split()[-1]

    def progress(done: int, planned: int) -> None:
        bar(done, planned)
        if done == 1:
            seconds = (time.perf_counter() - began) * (planned - 1) / jobs
            _announce(seconds, part, quiet=quiet)

    try:
        with progress_bar(what, quiet=quiet) as bar:
            found = run(progress)
    except WildwireError as error:
        note(f"note: no comparison: {error}", quiet=quiet)
        return None, False
    except KeyboardInterrupt:
        note(f"the model is saved, and not compared: no {part} was done")
        return None, True
    return found, found.stopped == "interrupted"


def _announce(seconds: float, part: str, *, quiet: bool) -> None:
    """Say how long a comparison will take, if that is long."""
    if seconds > LONG:
        note(
            f"note: the comparison takes about {math.ceil(seconds / 60)} min; Ctrl-C "
            f"shows the {part}s that are done, --no-compare leaves it out",
            quiet=quiet,
        )
