"""Figure files by Matplotlib, which is an optional package: no window, no global state, the same bytes for the same
numbers.

Comes in: a path and a function that draws into a figure. Goes out: a file. Called by the files of this folder.
"""

import os
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from wildwire.errors import DependencyError, FileError, SettingError
from wildwire.learning.settings import one_line

__all__ = ["BLUE", "FAINT", "INK", "ORANGE", "shortened", "tidy", "write_figure"]

# Apart in lightness too, so that they differ in print without colour.
BLUE, ORANGE = "#1f5f99", "#e08a2e"
INK, FAINT = "#222222", "#6b7683"
_METADATA = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
DPI = 130


def write_figure(
    path: str | os.PathLike, size: tuple[float, float], draw: Callable[[Any], None]
) -> None:
    """Have `draw(figure)` fill a figure of `size` inches and write it; the ending of `path` says which kind.

    Raises
    ------
    DependencyError
        Matplotlib is not installed.
    SettingError, FileError
        The ending is none of .png, .svg, .pdf, or the file cannot be written.
    """
    ending = _ending(path)
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise DependencyError(
            "plots are made by Matplotlib, which is not installed: pip install 'wildwire[plots]'"
        ) from None
    # The salt names the parts of an SVG; without one they are named by chance.
    with rc_context({"svg.hashsalt": "wildwire", "font.size": 9.0}):
        figure = Figure(size, dpi=DPI, layout="constrained")
        draw(figure)
        try:
            figure.savefig(os.fspath(path), metadata=_METADATA[ending])
        except OSError as error:
            raise FileError(f"cannot write {path}: {error.strerror}") from error


def _ending(path) -> str:
    if not isinstance(path, (str, os.PathLike)):
        raise SettingError(f"draw takes the path of a file, not {one_line(path)}")
    ending = PurePath(os.fspath(path)).suffix.lower()
    if ending not in _METADATA:
        raise SettingError(
            f"cannot draw {path}: the name must end in {', '.join(_METADATA)}"
        )
    return ending


def shortened(text: str, most: int = 48) -> str:
    """A name as an axis can carry it."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def tidy(axes: Any) -> None:
    """Take away the lines that bound nothing."""
    axes.spines[["right", "top"]].set_visible(False)
    axes.tick_params(colors=INK, labelsize=8)
