"""Writing SVG: elements, text, the card behind a drawing, paths of links.

Comes in: coordinates and raw text. Goes out: SVG text, escaped. Called by `neurons.py` and `blocks.py`.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from wildwire.drawing.layout import Layout

# Okabe and Ito's palette for the colour-blind, the blue and the vermilion made equally dark.
POSITIVE, NEGATIVE, UNKNOWN = "#0072b2", "#d9660a", "#8b949e"
INK, FAINT, CARD, EDGE = "#24292f", "#6e7781", "#ffffff", "#d0d7de"
INPUT_FILL, NEURON_FILL, OUTPUT_FILL = "#eef1f4", "#ffffff", "#e8f3ec"
MARGIN = 16.0
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"


def element(tag: str, content: str | None = None, **attributes) -> str:
    """One element; underscores in attribute names become hyphens, None is left out.

    `content` is SVG, already escaped.
    """
    written = "".join(
        f" {name.rstrip('_').replace('_', '-')}={quoteattr(_text(value))}"
        for name, value in attributes.items()
        if value is not None
    )
    return (
        f"<{tag}{written}/>"
        if content is None
        else f"<{tag}{written}>{content}</{tag}>"
    )


def _text(value) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.2f}".rstrip("0").rstrip(".")


def tooltip(text: str) -> str:
    """What a browser shows when the mouse rests on the element around it."""
    return element("title", clean(text))


def label(x: float, y: float, text: str, size: float = 11.0, **attributes) -> str:
    """Text; y is the base line."""
    attributes = {"fill": INK, "text_anchor": "middle", **attributes}
    return element("text", clean(text), x=x, y=y, font_size=size, **attributes)


def clean(text: str) -> str:
    """Escaped, and without the control characters that XML does not allow."""
    return escape("".join(c for c in text if c >= " " and c not in "\ufffe\uffff"))


def text_width(text: str, size: float) -> float:
    """An upper estimate of a text's width in pixels: fonts differ from reader to reader."""
    wide = sum(
        1.0 if ord(c) > 0x2E80 else 0.85 if c in "MWmw@%—…" else 0.6 for c in text
    )
    return wide * size


def shortened(text: str, widest: float, size: float) -> str:
    """The text, with its middle left out where it is too long: the ends tell names apart."""
    if text_width(text, size) <= widest:
        return text
    keep = len(text) - 1
    while keep > 2:
        tail = keep // 2
        short = f"{text[: keep - tail]}…{text[-tail:]}"
        if text_width(short, size) <= widest:
            return short
        keep -= 1
    return text[:1] + "…"


def card(parts: list[str], width: float, height: float, about: str) -> str:
    """The whole drawing: the parts on a light card, moved by the margin."""
    full, tall = width + 2 * MARGIN, height + 2 * MARGIN
    back = element(
        "rect", x=0.5, y=0.5, width=full - 1, height=tall - 1, rx=8, fill=CARD,
        stroke=EDGE,
    )  # fmt: skip
    group = element(
        "g", "\n".join(parts), transform=f"translate({MARGIN:g} {MARGIN:g})"
    )
    return element(
        "svg", f"{tooltip(about)}\n{back}\n{group}\n",
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {full:.1f} {tall:.1f}",
        width=full, height=tall, role="img", font_family=FONT,
        style="max-width:100%",
    )  # fmt: skip


def link_path(
    layout: Layout, lanes: list[tuple[int, float]], start: tuple, end: tuple
) -> str:
    """Path data of a link: straight through its lanes, curved between the columns."""
    x, y = start
    parts = [f"M{x:.1f} {y:.1f}"]
    for column, height in lanes:
        parts.append(_bend(x, y, layout.left[column], height))
        x, y = layout.right[column], height
        parts.append(f"H{x:.1f}")
    return "".join([*parts, _bend(x, y, *end)])


def _bend(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (x + to_x) / 2
    return f"C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"


def return_path(start: tuple, end: tuple, ceiling: float, outside: tuple) -> str:
    """Path data of a link that runs back, over the drawing: out to the right, up, left, down, in from the left.

    `outside` holds the two heights of clear space: x right of the source's column, x left of the target's.
    """
    (x, y), (to_x, to_y), (right, left) = start, end, outside
    r = 7.0
    return (
        f"M{x:.1f} {y:.1f}L{right - r:.1f} {y:.1f}Q{right:.1f} {y:.1f} {right:.1f} {y - r:.1f}"
        f"V{ceiling + r:.1f}Q{right:.1f} {ceiling:.1f} {right - r:.1f} {ceiling:.1f}"
        f"H{left + r:.1f}Q{left:.1f} {ceiling:.1f} {left:.1f} {ceiling + r:.1f}"
        f"V{to_y - r:.1f}Q{left:.1f} {to_y:.1f} {left + r:.1f} {to_y:.1f}L{to_x:.1f} {to_y:.1f}"
    )
