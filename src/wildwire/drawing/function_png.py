"""Functions as pixels: the drawings of `function_svg.py` for those who need a PNG.

Comes in: entries of the registry. Goes out: the bytes of a PNG file, drawn by Matplotlib, which is an optional package.
Called by the command `wildwire functions --format png`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wildwire.drawing import canvas
from wildwire.drawing.curve_marks import GUARD, SECOND
from wildwire.drawing.curves import Curve, Mark, Plot, plot_of
from wildwire.errors import DependencyError

if TYPE_CHECKING:
    from wildwire.functions.entry import Entry

__all__ = ["function_png", "sheet_png"]

COLUMNS = 6
DPI = 110
WIDEST = 340.0


def function_png(entry: Entry) -> bytes:
    """One function; see `function_svg.draw_function`.

    Raises
    ------
    DependencyError
        Matplotlib is not installed.
    """
    figure = _figure(5.6, 4.6)
    axes = figure.add_axes((0.04, 0.2, 0.92, 0.7))
    _draw(axes, plot_of(entry), 11)
    _legend(figure, [axes], 3)
    return _bytes(figure)


def sheet_png(entries: Sequence[Entry], title: str) -> bytes:
    """Many functions on one sheet; see `function_svg.draw_sheet`.

    Raises
    ------
    DependencyError
        Matplotlib is not installed.
    """
    columns = min(COLUMNS, len(entries))
    rows = math.ceil(len(entries) / columns)
    high = 2.1 * rows + 1.0
    figure = _figure(2.7 * columns, high)
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    figure.subplots_adjust(0.01, 0.7 / high, 0.99, 1 - 0.6 / high, 0.08, 0.45)
    for axes, entry in zip(places, entries, strict=False):
        _draw(axes, plot_of(entry), 8)
    for axes in places[len(entries) :]:
        axes.set_visible(False)
    figure.suptitle(title, x=0.01, y=1 - 0.1 / high, ha="left", fontweight="bold")
    _legend(figure, places[: len(entries)], 9)
    return _bytes(figure)


def _legend(figure: Any, places: Any, columns: int) -> None:
    """What the lines and marks of all plots mean, below them."""
    handles: dict[str, Any] = {}
    for axes in places:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    columns = min(columns, len(handles))
    figure.legend(
        handles.values(), handles, loc="lower center", ncols=columns, frameon=False,
        fontsize=8.5,
    )  # fmt: skip


def _figure(width: float, height: float) -> Any:
    """An empty figure, made without pyplot: nothing global, no window."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise DependencyError(
            "PNG drawings are made by Matplotlib, which is not installed: "
            "pip install 'wildwire[plots]', or take --format svg"
        ) from None
    return Figure((width, height), dpi=DPI)


def _bytes(figure: Any) -> bytes:
    memory = io.BytesIO()
    figure.savefig(memory, format="png", facecolor=canvas.CARD)
    return memory.getvalue()


def _draw(axes: Any, plot: Plot, size: float) -> None:
    """One plot: axes through 0, the same scale for all."""
    left, right, bottom, top = plot.limits
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    for side in ("left", "bottom"):
        axes.spines[side].set(position="zero", color=canvas.EDGE)
    axes.spines[["right", "top"]].set_visible(False)
    axes.set_xticks([-4, -2, 2, 4])
    axes.set_yticks([-2, 2])
    axes.annotate(
        plot.x_name, (right, 0), (0, 3), textcoords="offset points", ha="right",
        fontsize=0.85 * size, style="italic", color=canvas.FAINT,
    )  # fmt: skip
    axes.tick_params(colors=canvas.FAINT, labelsize=0.8 * size)
    axes.set_title(plot.title, loc="left", fontsize=1.15 * size, fontweight="bold")
    axes.text(
        0, -0.02, canvas.shortened(plot.formula, WIDEST, 10.0), transform=axes.transAxes, va="top",
        family="monospace", fontsize=0.72 * size, color=canvas.FAINT, parse_math=False,
    )  # fmt: skip
    for number, curve in enumerate(plot.curves):
        _curve(axes, plot, curve, number, size)


def _curve(axes: Any, plot: Plot, curve: Curve, number: int, size: float) -> None:
    colour, second = canvas.POSITIVE, canvas.NEGATIVE
    if len(plot.curves) > 1:
        colour = second = (canvas.POSITIVE, SECOND)[number]
    name = f" ({curve.name})" if curve.name else ""
    for low, high in curve.held:
        axes.axvspan(
            low, high, color=GUARD, alpha=0.25, label=_once(axes, "held by a guard")
        )
    for pieces, kind, line, width, shade in (
        (curve.slope, f"{plot.slope_name}{name}", "--", 0.12, second),
        (curve.value, f"value{name}", "-", 0.17, colour),
    ):
        for x, y in pieces:
            axes.plot(
                x, y, line, color=shade, linewidth=width * size, label=_once(axes, kind)
            )
    for mark in curve.marks:
        _mark(axes, mark, colour, size)


def _mark(axes: Any, mark: Mark, colour: str, size: float) -> None:
    if mark.what in ("edge of a guard", "pole"):
        return
    shape = "D" if "curvature" in mark.what else "o"
    axes.plot(
        [mark.x, mark.x], [mark.left, mark.right], shape, color=colour,
        markerfacecolor=canvas.CARD, markersize=0.4 * size, label=_once(axes, mark.what),
    )  # fmt: skip


def _once(axes: Any, name: str) -> str:
    """The name for the legend, or nothing where it stands there already."""
    return "_" if name in axes.get_legend_handles_labels()[1] else name
