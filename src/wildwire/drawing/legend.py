"""What explains a drawing: brackets around outputs that belong together, the legend.

Comes in: a `Picture`. Goes out: SVG elements. Called by `neurons.py`.
"""

from __future__ import annotations

import numpy as np

from wildwire.drawing import canvas
from wildwire.drawing.canvas import element, label, text_width
from wildwire.drawing.marks import badge, badge_width, used_transfers
from wildwire.drawing.picture import Picture, side_names, strongest

ROW = 16.0
"""Height of a row of the legend."""


def heads(picture: Picture) -> list[str]:
    """A bracket right of the outputs that a head joins."""
    network, parts = picture.network, []
    for head in network.heads:
        nodes = network.output_node[head.first : head.first + head.count]
        heights = [picture.centre(int(node))[1] for node in nodes]
        _, right = side_names(picture)
        x = picture.layout.width + right - 22
        top, bottom = min(heights) - picture.radius, max(heights) + picture.radius
        parts.append(
            element(
                "path", d=f"M{x - 5:.1f} {top:.1f}H{x:.1f}V{bottom:.1f}H{x - 5:.1f}",
                fill="none", stroke=canvas.FAINT, stroke_width=1.2,
            )
        )  # fmt: skip
        middle = (top + bottom) / 2
        parts.append(
            label(
                x + 14, middle, head.kind, 11.0, fill=canvas.FAINT,
                transform=f"rotate(-90 {x + 14:.1f} {middle:.1f})",
            )
        )  # fmt: skip
    return parts


def legend(picture: Picture, y: float) -> tuple[list[str], float, float]:
    """What the colours, dashes and marks of this drawing mean, and how wide and high that is."""
    network, weight = picture.network, picture.weight
    known = np.isfinite(weight)
    most = f"{strongest(picture):.3g}"
    biased = (network.bias_slot != -1) | (picture.bias != 0)
    entries = [
        (
            np.any(weight[known] >= 0),
            f"positive, up to {most}",
            canvas.POSITIVE,
            None,
        ),
        (np.any(weight[known] < 0), "negative", canvas.NEGATIVE, None),
        (np.any(~known), "unknown", canvas.UNKNOWN, None),
        (
            np.any((network.link_slot == -1) & (network.link_delay == 0)),
            "frozen",
            canvas.INK,
            "6 4",
        ),
        (np.any(network.link_delay > 0), "from the past", canvas.INK, "0.1 5"),
        (np.any(biased), "bias", canvas.INK, None),
    ]
    parts, x = [], 0.0
    for is_shown, text, colour, dashes in entries:
        if not is_shown:
            continue
        parts.append(_legend_mark(text, x, y - 3.5, colour, dashes))
        parts.append(
            label(x + 28, y, text, 10.0, text_anchor="start", fill=canvas.FAINT)
        )
        x += 28 + text_width(text, 10.0) + 14
    marks, width, rows = _marks(picture, max(x, picture.layout.width), y + ROW)
    if not parts:
        return [], 0.0, 0.0
    return parts + marks, max(x, width), 34 + ROW * rows


def _marks(picture: Picture, widest: float, y: float) -> tuple[list[str], float, int]:
    """The marks of transfers with their names, in as many rows as they need; their width, and how many rows."""
    network, parts, x, reached = picture.network, [], 0.0, 0.0
    used = used_transfers(network, 0, network.n_neurons)
    rows = 1 if used else 0
    for transfer in used:
        plate = badge_width(transfer)
        width = plate + 5 + text_width(transfer.name, 10.0) + 14
        if x and x + width > widest:
            x, rows = 0.0, rows + 1
        base = y + ROW * (rows - 1)
        parts.append(badge(transfer, x + plate / 2, base - 3.5))
        parts.append(
            label(
                x + plate + 5, base, transfer.name, 10.0, text_anchor="start",
                fill=canvas.FAINT,
            )
        )  # fmt: skip
        x += width
        reached = max(reached, x)
    return parts, reached, rows


def _legend_mark(text: str, x: float, y: float, colour: str, dashes) -> str:
    if text == "bias":
        return element("rect", x=x + 14, y=y - 3, width=6, height=6, fill=colour)
    return element(
        "path", d=f"M{x:.1f} {y:.1f}h22", stroke=colour, stroke_width=2.2,
        stroke_dasharray=dashes, stroke_linecap="round", fill="none",
    )  # fmt: skip
