"""The mark of a transfer on a neuron: what it makes of its links, in a few letters.

Comes in: a transfer. Goes out: its mark, and SVG elements. Called by `neurons.py`, `legend.py` and `blocks.py`.
A weighted sum has no mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wildwire.drawing import canvas
from wildwire.drawing.canvas import element, label, text_width

if TYPE_CHECKING:
    from wildwire.functions.transfer import Transfer
    from wildwire.network import Network

MARKS = {
    "quadratic": "x²", "product": "Π", "distance": "d", "squared_distance": "d²",
    "weighted_mean": "μ", "power_mean": "μp", "max": "max", "min": "min", "cosine": "cos",
    "contrast": "con", "softmax_pooling": "soft", "polynomial": "xᵖ",
}  # fmt: skip

FONT = 8.0
HEIGHT = 11.0


def mark(transfer: Transfer) -> str:
    """A few letters; of a user's own transfer the first of its name."""
    return MARKS.get(transfer.name, transfer.name[:4])


def badge(transfer: Transfer, x: float, y: float) -> str:
    """The mark on a small plate around (x, y)."""
    text = mark(transfer)
    half = badge_width(transfer) / 2
    plate = element(
        "rect", x=x - half, y=y - HEIGHT / 2, width=2 * half, height=HEIGHT,
        rx=HEIGHT / 2, fill=canvas.INK, stroke=canvas.CARD, stroke_width=1.2,
    )  # fmt: skip
    return plate + label(x, y + 2.9, text, FONT, fill=canvas.CARD)


def badge_width(transfer: Transfer) -> float:
    """Width of the plate in pixels."""
    return max(HEIGHT, text_width(mark(transfer), FONT) + 6)


def used_transfers(network: Network, first: int, count: int) -> list[Transfer]:
    """The transfers of some neurons, without the weighted sum."""
    used = np.unique(network.transfer[first : first + count]).tolist()
    found = [network.transfers[place] for place in used]
    return [transfer for transfer in found if transfer is not None]
