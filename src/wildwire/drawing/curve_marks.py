"""What stands inside the frame of a function's plot: axes, curves, marks; and the legend that explains them.

Comes in: a `Plot` and the `Frame` that it is drawn in. Goes out: SVG elements. Called by `function_svg.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from wildwire.drawing import canvas
from wildwire.drawing.canvas import element, label, text_width
from wildwire.drawing.curves import SIDE, Curve, Mark, Plot

__all__ = ["Frame", "axes", "curve_parts", "legend"]

SECOND = "#00805f"
"""Of a second target; Okabe and Ito's green, as dark as the blue."""

GUARD = "#8b949e"
DASHES, DOTS = "5 3.5", "1 3"


@dataclass(frozen=True)
class Frame:
    """Size of a plot.

    Attributes
    ----------
    unit : float
        Pixels of one unit, both ways.
    font, stroke : float
        Size of text, width of curves.
    every : int
        Which whole numbers of the axes are written.
    """

    unit: float
    font: float
    stroke: float
    every: int

    @property
    def width(self) -> float:
        """Of the frame, in pixels."""
        return 2 * SIDE[0] * self.unit

    @property
    def height(self) -> float:
        """Of the frame, in pixels."""
        return (SIDE[1] + SIDE[2]) * self.unit

    def x(self, value: float) -> float:
        """Pixels from the left."""
        return (value + SIDE[0]) * self.unit

    def y(self, value: float) -> float:
        """Pixels from the top."""
        return (SIDE[2] - value) * self.unit


def axes(plot: Plot, frame: Frame) -> tuple[str, list[str]]:
    """Both axes through 0 with ticks, which stand behind curves, and their numbers, which stand before."""
    x, y, font = frame.x, frame.y, frame.font
    path = [f"M0 {y(0):.1f}H{frame.width:.1f}", f"M{x(0):.1f} 0V{frame.height:.1f}"]
    numbers = []
    low, high, bottom, top = plot.limits
    for value in _whole(low, high):
        path.append(f"M{x(value):.1f} {y(0) - 2.5:.1f}v5")
        if value % frame.every == 0:
            numbers.append(
                _number(x(value), y(0) + font + 4, f"{value}", font, "middle")
            )
    for value in _whole(bottom, top):
        path.append(f"M{x(0) - 2.5:.1f} {y(value):.1f}h5")
        if value % frame.every == 0:
            at = y(value) + font / 3
            numbers.append(_number(x(0) - 6, at, f"{value}", font, "end"))
    lines = element(
        "path", d="".join(path), stroke=canvas.EDGE, stroke_width=1.0, fill="none"
    )
    name = _number(
        frame.width - 5, y(0) - 5, plot.x_name, font, "end", font_style="italic"
    )
    return lines, [*numbers, name]


def _whole(low: float, high: float) -> Iterable[int]:
    return (n for n in range(math.ceil(low), math.floor(high) + 1) if n)


def _number(x: float, y: float, text: str, size: float, anchor: str, **more) -> str:
    """Text with a halo, so that a curve behind it does not make it unreadable."""
    return label(
        x, y, text.replace("-", "\u2212"), size, text_anchor=anchor, fill=canvas.FAINT,
        stroke="#fbfcfd", stroke_width=2.5, paint_order="stroke", **more,
    )  # fmt: skip


def curve_parts(curve: Curve, number: int, count: int, frame: Frame) -> list[str]:
    """Guards below, then the slope, the value, and its marks."""
    colour, second = _colours(number, count)
    parts = []
    for low, high in curve.held:
        width = max(3.0, frame.x(high) - frame.x(low))
        parts.append(
            element(
                "rect", x=min(frame.x(low), frame.x(high) - width / 2), y=0, width=width,
                height=frame.height, fill=GUARD, fill_opacity=0.22,
            )
        )  # fmt: skip
    parts.append(_line(curve.slope, frame, second, 0.75 * frame.stroke, DASHES))
    parts.append(_line(curve.value, frame, colour, frame.stroke, None))
    for mark in curve.marks:
        parts += _mark(mark, frame, colour)
    return parts


def _colours(number: int, count: int) -> tuple[str, str]:
    """Of the value and of the slope: one hue for both where there are two curves."""
    if count == 1:
        return canvas.POSITIVE, canvas.NEGATIVE
    colour = (canvas.POSITIVE, SECOND)[number % 2]
    return colour, colour


def _line(pieces, frame: Frame, colour: str, width: float, dashes: str | None) -> str:
    text = []
    for x, y in pieces:
        points = np.column_stack([frame.x(x), frame.y(y)])
        text.append("M" + "L".join(f"{a:.2f} {b:.2f}" for a, b in _needed(points)))
    return element(
        "path", d="".join(text), fill="none", stroke=colour, stroke_width=width,
        stroke_dasharray=dashes, stroke_linejoin="round",
    )  # fmt: skip


def _needed(points: np.ndarray) -> np.ndarray:
    """The points without those on a straight line between their neighbours."""
    if len(points) < 3:
        return points
    step = np.diff(points, axis=0)
    turn = np.abs(step[:-1, 0] * step[1:, 1] - step[:-1, 1] * step[1:, 0])
    return points[np.concatenate([[True], turn > 1e-6, [True]])]


def _mark(mark: Mark, frame: Frame, colour: str) -> list[str]:
    x = frame.x(mark.x)
    if mark.what == "edge of a guard":
        return []
    if mark.what == "pole" or not np.isfinite([mark.left, mark.right]).all():
        path = f"M{x:.1f} 0V{frame.height:.1f}"
        return [element("path", d=path, stroke=GUARD, stroke_dasharray=DOTS)]
    r = 1.4 * frame.stroke
    left, right = (frame.y(value) for value in (mark.left, mark.right))
    if mark.what != "jump":
        sign = _diamond if "curvature" in mark.what else _circle
        return [sign(x, right, r, colour)]
    path = f"M{x:.1f} {left:.1f}V{right:.1f}"
    gap = element("path", d=path, stroke=colour, stroke_width=1, stroke_dasharray=DOTS)
    return [gap, _circle(x, left, r, colour), _circle(x, right, r, colour)]


def _circle(x: float, y: float, r: float, colour: str) -> str:
    return element(
        "circle", cx=x, cy=y, r=r, fill=canvas.CARD, stroke=colour, stroke_width=r / 2
    )


def _diamond(x: float, y: float, r: float, colour: str) -> str:
    r *= 1.2
    path = f"M{x - r:.1f} {y:.1f}l{r:.1f} {-r:.1f}l{r:.1f} {r:.1f}l{-r:.1f} {r:.1f}z"
    return element(
        "path", d=path, fill=canvas.CARD, stroke=colour, stroke_width=r / 2.4
    )


# ---- legend -----------------------------------------------------------------------------


def legend(plots: list[Plot], frame: Frame, y: float, width: float) -> list[str]:
    """What lines and marks of these plots mean; the base line is y."""
    curves = [curve for plot in plots for curve in plot.curves]
    marks = {mark.what for curve in curves for mark in curve.marks}
    several = [plot for plot in plots if len(plot.curves) > 1]
    entries: list[tuple[str, str]] = []
    if len(several) < len(plots):
        entries += [("value", canvas.POSITIVE), (plots[0].slope_name, canvas.NEGATIVE)]
    for number in (0, 1) if several else ():
        names = dict.fromkeys(plot.curves[number].name for plot in several)
        first, *others = names
        more = [name.partition("= ")[2] for name in others]
        entries.append((" or ".join([first, *more]), _colours(number, 2)[0]))
    if several:
        entries.append(("their slopes", canvas.FAINT))
    entries += [(what, canvas.POSITIVE) for what in ("kink", "jump") if what in marks]
    if "jump of the curvature" in marks:
        entries.append(("curvature jumps", canvas.POSITIVE))
    if "pole" in marks:
        entries.append(("pole", GUARD))
    if any(curve.held for curve in curves):
        entries.append(("held by a guard", GUARD))
    parts, x = [], 0.0
    for text, colour in entries:
        parts.append(_sample(text, x, y - frame.font / 3, colour, frame))
        parts.append(
            label(x + 27, y, text, frame.font, text_anchor="start", fill=canvas.FAINT)
        )
        x += 27 + text_width(text, frame.font) + 12
    return parts


def _sample(text: str, x: float, y: float, colour: str, frame: Frame) -> str:
    middle, r = x + 11, 1.4 * frame.stroke
    if text in ("kink", "jump"):
        circle = _circle(middle, y, r, colour)
        return (
            circle
            if text == "kink"
            else _circle(middle - 6, y, r, colour) + _circle(middle + 6, y, r, colour)
        )
    if text == "curvature jumps":
        return _diamond(middle, y, r, colour)
    if text == "held by a guard":
        return element(
            "rect", x=x, y=y - 5, width=22, height=10, fill=GUARD, fill_opacity=0.3
        )
    dashes = {"slope": DASHES, "pole": DOTS}.get(text.split()[-1].rstrip("s"))
    return element(
        "path", d=f"M{x:.1f} {y:.1f}h22", stroke=colour, stroke_width=frame.stroke,
        stroke_dasharray=dashes, fill="none",
    )  # fmt: skip
