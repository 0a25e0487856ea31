"""A large network drawn as blocks of neurons, with counts.

Comes in: a network of any size. Goes out: SVG text. Called by `svg.draw`. Costs a few passes over the link
table; names are made for nothing that is not shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wildwire.drawing import canvas
from wildwire.drawing.block_search import (
    Block,
    block_levels,
    find_blocks,
    links_between,
)
from wildwire.drawing.canvas import element, label, text_width, tooltip
from wildwire.drawing.icons import curve
from wildwire.drawing.layout import Layout, arrange
from wildwire.drawing.marks import used_transfers

if TYPE_CHECKING:
    from wildwire.network import Network

ICONS_SHOWN = 3
ICON, FONT = 26.0, 11.0
LANE = 34.0  # a lane carries its link's two lines of text


def draw_blocks(network: Network) -> str:
    """The drawing; see `svg.draw`."""
    blocks = find_blocks(network)
    forward, back = links_between(network, blocks)
    levels = block_levels(len(blocks), forward)
    sizes = [_size(network, block) for block in blocks]
    texts = {pair: _texts(blocks, pair, count) for pair, count in forward.items()}
    widest = max(
        (text_width(t, 10.0) for two in texts.values() for t in two), default=0
    )
    layout = arrange(
        levels, sizes, list(forward), lane=LANE, space=28.0,
        gaps=(widest + 60, widest + 130),
    )  # fmt: skip
    shift = 24.0 * len(back) + (8.0 if back else 0.0)
    strongest = max([*forward.values(), *back.values(), 1])
    parts = [
        _band(
            layout, sizes, lanes, pair, count / strongest, ", ".join(texts[pair]), shift
        )
        for lanes, (pair, count) in zip(layout.lanes, forward.items(), strict=True)
    ]
    parts += _place_texts(layout, sizes, texts, shift)
    for place, (pair, count) in enumerate(back.items()):
        text = ", ".join(_texts(blocks, pair, count))
        parts += _returning(
            layout, sizes, levels, pair, place, count / strongest, text, shift
        )
    for i, block in enumerate(blocks):
        x, y = layout.x[i], layout.y[i] + shift
        parts.append(_block(network, block, x, y, sizes[i]))
    return canvas.card(parts, layout.width, layout.height + shift, _about(network))


def _texts(blocks: list[Block], pair, count: int) -> tuple[str, str]:
    begin, end = (blocks[i].count for i in pair)
    return f"{begin:,} → {end:,}", f"{count:,} link{'s' if count != 1 else ''}"


def _lines(network: Network, block: Block) -> list[str]:
    """What is written in a block below its name."""
    what = "input" if block.kind == "input" else "neuron"
    lines = [f"{block.count:,} {what}{'s' if block.count != 1 else ''}"]
    if block.inside:
        lines.append(f"{block.inside:,} links inside")
    if block.kind != "input":
        first = block.first - network.n_inputs
        names = [t.name for t in used_transfers(network, first, block.count)]
        lines += [canvas.shortened(f"of {', '.join(names)}", 170.0, FONT)] * bool(names)
    return lines


def _functions(network: Network, block: Block) -> list[int]:
    """The activations of a block, the most frequent first, as indices into `network.functions`."""
    if block.kind == "input":
        return []
    first = block.first - network.n_inputs
    used = network.activation[first : first + block.count]
    counts = np.bincount(used, minlength=len(network.functions))
    order = np.argsort(-counts, kind="stable")
    return [int(i) for i in order if counts[i]]


def _size(network: Network, block: Block) -> tuple[float, float]:
    lines = [canvas.shortened(block.name, 170.0, FONT + 1), *_lines(network, block)]
    n_icons = min(len(_functions(network, block)), ICONS_SHOWN)
    width = max(text_width(line, FONT + 1) for line in lines)
    width = max(width, n_icons * (ICON + 6)) + 24
    height = 20 + 15 * len(lines) + (ICON + 8 if n_icons else 0)
    return width, height + 10 * np.log10(block.count)


def _band(layout: Layout, sizes, lanes, pair, share: float, text: str, shift: float):
    """A link of blocks: a band as wide as its share."""
    begin, end = pair
    start = (layout.x[begin] + sizes[begin][0] / 2, layout.y[begin] + shift)
    stop = (layout.x[end] - sizes[end][0] / 2, layout.y[end] + shift)
    moved = [(column, height + shift) for column, height in lanes]
    return element(
        "path", tooltip(text), d=canvas.link_path(layout, moved, start, stop),
        fill="none", stroke=canvas.POSITIVE, stroke_opacity=0.28,
        stroke_width=f"{2 + 12 * share**0.5:.1f}",
    )  # fmt: skip


def _place_texts(layout: Layout, sizes, texts, shift: float) -> list[str]:
    """The counts of all bands, each on its band where no other text stands."""
    taken: list[tuple[float, float, float]] = []
    parts = []
    for lanes, (pair, two) in zip(layout.lanes, texts.items(), strict=True):
        half = max(text_width(text, 10.0) for text in two) / 2 + 5
        places = list(_places(layout, sizes, lanes, pair, shift))
        x, y = next((p for p in places if _is_free(p, half, taken)), places[0])
        taken.append((x, y, half))
        parts += [
            element(
                "rect", x=x - half, y=y - 14, width=2 * half, height=28.0, rx=6,
                fill=canvas.CARD, fill_opacity=0.85,
            ),
            label(x, y - 2.5, two[0], 10.0, fill=canvas.FAINT),
            label(x, y + 10, two[1], 10.0),
        ]  # fmt: skip
    return parts


def _places(layout: Layout, sizes, lanes, pair, shift: float):
    """Where the text of a band may stand: in the middle of a lane, or along a band without lanes."""
    for column, y in sorted(
        lanes, key=lambda lane: abs(lane[0] - lanes[len(lanes) // 2][0])
    ):
        yield (layout.left[column] + layout.right[column]) / 2, y + shift
    if lanes:
        return
    begin, end = pair
    x, y = layout.x[begin] + sizes[begin][0] / 2, layout.y[begin] + shift
    to_x, to_y = layout.x[end] - sizes[end][0] / 2, layout.y[end] + shift
    for t in (0.5, 0.4, 0.6, 0.3, 0.7):
        # The Bezier curve of `canvas.link_path`, whose handles lie half way across.
        across = 1.5 * t * (1 - t) + t**3
        yield x + across * (to_x - x), y + t * t * (3 - 2 * t) * (to_y - y)


def _is_free(place, half: float, taken) -> bool:
    x, y = place
    return all(abs(x - u) >= half + w or abs(y - v) >= 29 for u, v, w in taken)


def _returning(layout, sizes, levels, pair, place, share, text, shift):
    """A link back to an earlier block, over the drawing."""
    begin, end = pair
    start = (layout.x[begin] + sizes[begin][0] / 2, layout.y[begin] + shift + 10)
    stop = (layout.x[end] - sizes[end][0] / 2, layout.y[end] + shift + 10)
    outside = (
        layout.right[levels[begin]] + 14 + 4 * place,
        layout.left[levels[end]] - 14 - 4 * place,
    )
    ceiling = 16.0 + 24.0 * place
    path = canvas.return_path(start, stop, ceiling, outside)
    return [
        element(
            "path", tooltip(text), d=path, fill="none", stroke=canvas.NEGATIVE,
            stroke_width=f"{2 + 4 * share**0.5:.1f}", stroke_opacity=0.4,
        ),
        label((outside[0] + outside[1]) / 2, ceiling - 5, text, 10.0),
    ]  # fmt: skip


def _block(network: Network, block: Block, x: float, y: float, size) -> str:
    width, height = size
    fill = {
        "input": canvas.INPUT_FILL,
        "neuron": canvas.NEURON_FILL,
        "output": canvas.OUTPUT_FILL,
    }
    functions = _functions(network, block)
    names = ", ".join(network.functions[i].name for i in functions)
    parts = [
        tooltip(f"{block.name}: {names}" if names else block.name),
        element(
            "rect", x=x - width / 2, y=y - height / 2, width=width, height=height, rx=9,
            fill=fill[block.kind], stroke=canvas.INK,
            stroke_width=2.2 if block.kind == "output" else 1.3,
        ),
    ]  # fmt: skip
    shown = functions[:ICONS_SHOWN]
    lines = [canvas.shortened(block.name, 170.0, FONT + 1), *_lines(network, block)]
    text_height = 15 * len(lines) + (ICON + 8 if shown else 0)
    base = y - text_height / 2 + 11
    parts.append(label(x, base, lines[0], FONT + 1, font_weight="bold"))
    for i, line in enumerate(lines[1:], 1):
        parts.append(label(x, base + 15 * i, line, FONT, fill=canvas.FAINT))
    middle = base + 15 * (len(lines) - 1) + 10 + ICON / 2
    for place, function in enumerate(shown):
        across = x + (place - (len(shown) - 1) / 2) * (ICON + 6)
        parts.append(_icon(network.functions[function], across, middle))
    return element("g", "".join(parts))


def _icon(function, x: float, y: float) -> str:
    return element(
        "path", d=curve(function, function.starts, ICON - 4), fill="none", stroke=canvas.INK,
        transform=f"translate({x:.1f} {y:.1f})", stroke_width=1.6, stroke_linecap="round",
    )  # fmt: skip


def _about(network: Network) -> str:
    return (
        f"Network: {network.n_inputs:,} inputs, {network.n_neurons:,} neurons, "
        f"{network.n_links:,} links, {network.n_outputs:,} outputs"
    )
