"""Functions as drawings: one in its own SVG, or many on a sheet.

Comes in: entries of the registry. Goes out: SVG text. Called by the command `wildwire functions`. All plots have
the same scale, one unit being equally long both ways: curves can be compared, and a slope of 1 rises by 45 degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wildwire.drawing import canvas
from wildwire.drawing.canvas import card, element, label, text_width
from wildwire.drawing.curve_marks import Frame, axes, curve_parts, legend
from wildwire.drawing.curves import Plot, plot_of

if TYPE_CHECKING:
    from wildwire.functions.entry import Entry

__all__ = ["draw_function", "draw_sheet"]

COLUMNS = 6
GAP = 26.0
MONO = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace"
LARGE = Frame(unit=52.0, font=12.0, stroke=2.4, every=1)
SMALL = Frame(unit=23.0, font=8.0, stroke=1.5, every=2)


def draw_function(entry: Entry) -> str:
    """One function: value solid, slope dashed, kinks, jumps and guards marked, with a legend.

    Parameters
    ----------
    entry : Entry
        Of the registry, or of a user's function (`entry_of`).

    Returns
    -------
    str
        An SVG element on a light card, 4.4 units to both sides, 3.4 up and 2.4 down.
    """
    plot = plot_of(entry)
    parts, height = _panel(plot, LARGE)
    height += 22
    parts += legend([plot], LARGE, height, LARGE.width)
    return card(parts, LARGE.width, height + 6, f"{entry.kind} {entry.signature}")


def draw_sheet(entries: Sequence[Entry], title: str) -> str:
    """Many functions on one sheet, kind by kind.

    Parameters
    ----------
    entries : sequence of Entry
    title : str

    Returns
    -------
    str
        An SVG element.
    """
    plots = {entry: plot_of(entry) for entry in entries}
    columns = min(COLUMNS, len(entries))
    width = columns * SMALL.width + (columns - 1) * GAP
    parts = [_heading(title, 0.0, 20.0, 20.0)]
    y = 34.0
    for kind in dict.fromkeys(entry.kind for entry in entries):
        own = [plots[entry] for entry in entries if entry.kind == kind]
        parts.append(
            _heading(f"{kind}s" if kind != "loss" else "losses", 0.0, y + 16, 14.0)
        )
        y += 30
        for first in range(0, len(own), columns):
            row = [_panel(plot, SMALL) for plot in own[first : first + columns]]
            for place, (panel, _) in enumerate(row):
                move = f"translate({place * (SMALL.width + GAP):.1f} {y:.1f})"
                parts.append(element("g", "\n".join(panel), transform=move))
            y += max(height for _, height in row) + 18
    parts += legend(list(plots.values()), LARGE, y + 4, width)
    return card(parts, width, y + 12, title)


def _heading(text: str, x: float, y: float, size: float) -> str:
    return label(x, y, text, size, text_anchor="start", font_weight="600")


def _panel(plot: Plot, frame: Frame) -> tuple[list[str], float]:
    """Title, plot and formula of one function, and how high that is."""
    title = 1.35 * frame.font
    parts = [_heading(plot.title, 0.0, title, title)]
    top = title + 0.7 * frame.font
    lines, numbers = axes(plot, frame)
    inside = [lines]
    for number, curve in enumerate(plot.curves):
        inside += curve_parts(curve, number, len(plot.curves), frame)
    inside += numbers
    back = element(
        "rect", x=0, y=top, width=frame.width, height=frame.height, fill="#fbfcfd",
        stroke=canvas.EDGE, stroke_width=0.8,
    )  # fmt: skip
    # An inner svg cuts what is outside of the frame, without a name that must be unique.
    parts += [
        back,
        element(
            "svg", "\n".join(inside), x=0, y=top, width=frame.width,
            height=frame.height, overflow="hidden",
        ),
    ]  # fmt: skip
    y = top + frame.height
    for line in _wrapped(plot.formula, frame):
        y += 1.5 * frame.font
        parts.append(
            label(
                0, y, line, frame.font, text_anchor="start", font_family=MONO,
                fill=canvas.FAINT,
            )
        )  # fmt: skip
    return parts, y


def _wrapped(formula: str, frame: Frame) -> list[str]:
    """The formula in one or two lines; the middle of the rest is left out."""
    most = frame.width / 1.05
    if text_width(formula, frame.font) <= most:
        return [formula]
    words = formula.split(" ")
    count = len(words)
    while count > 1 and text_width(" ".join(words[:count]), frame.font) > most:
        count -= 1
    rest = " ".join(words[count:])
    lines = [" ".join(words[:count]), f"  {rest}" if rest else ""]
    return [canvas.shortened(line, most, frame.font) for line in lines if line]
