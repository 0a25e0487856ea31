"""A small network with everything about it that a drawing needs.

Comes in: a network and theta. Goes out: a `Picture`: numbers, levels, coordinates, names as they are shown.
Called by `neurons.py` and `legend.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wildwire.drawing import canvas
from wildwire.drawing.canvas import text_width
from wildwire.drawing.layout import Layout, arrange
from wildwire.network.numbers import all_values
from wildwire.program.settling import cut_links

if TYPE_CHECKING:
    from wildwire.network import Network

WIDEST_NAME = 150.0  # of inputs and outputs, which have the margin to themselves
THINNEST, THICKEST = 0.9, 4.2
CEILING = 14.0  # between links that run back over the drawing


@dataclass
class Picture:
    """The network with everything that is drawn of it."""

    network: Network
    weight: np.ndarray
    bias: np.ndarray
    parameter: np.ndarray
    levels: list[int]
    radius: float
    font: float
    layout: Layout
    ceilings: dict[int, float]
    shift: float

    def centre(self, node: int) -> tuple[float, float]:
        """Centre of the node's circle: a name below takes the lower part of the box."""
        y = float(self.layout.y[node]) + self.shift
        if self.levels[node] not in (0, max(self.levels)):
            y -= name_height(self.font) / 2
        return float(self.layout.x[node]), y


def node_levels(network: Network) -> list[int]:
    """Level of each node: inputs 0, neurons one above their highest source of the same step, unread neurons last."""
    n = network.n_inputs
    sources: list[list[int]] = [[] for _ in network.names]
    back = network.link_delay > 0
    if network.settle is not None:
        back = back | cut_links(network)  # those that close a loop
    for source, target, is_back in zip(
        network.link_source.tolist(), network.link_target.tolist(),
        back.tolist(), strict=True,
    ):  # fmt: skip
        if not is_back:
            sources[n + target].append(source)
    levels = [0] * n + [-1] * network.n_neurons
    for start in range(n, len(levels)):
        stack = [start]
        while stack:
            node = stack[-1]
            waiting = [s for s in sources[node] if levels[s] < 0]
            if waiting:
                stack += waiting
                continue
            levels[node] = 1 + max((levels[s] for s in sources[node]), default=0)
            stack.pop()
    read = {s for own in sources for s in own}
    last = max(levels)
    outputs = set(network.output_node.tolist())
    return [last if i in outputs - read else level for i, level in enumerate(levels)]


def make_picture(network: Network, theta) -> Picture:
    levels = node_levels(network)
    busiest = max(np.bincount(levels))
    radius, font = (17.0, 11.0) if busiest <= 9 else (14.0, 10.0)
    forward = [i for i in range(network.n_links) if _runs_forward(network, levels, i)]
    ends = [
        (int(network.link_source[i]), network.n_inputs + int(network.link_target[i]))
        for i in forward
    ]
    sizes = [_size(network, node, levels, radius, font) for node in range(len(levels))]
    layout = arrange(levels, sizes, ends)
    lanes = dict(zip(forward, layout.lanes, strict=True))
    layout.lanes = [lanes.get(i, []) for i in range(network.n_links)]
    back = [i for i in range(network.n_links) if i not in lanes]
    ceilings = {link: CEILING * (place + 0.2) for place, link in enumerate(back)}
    return Picture(
        network=network,
        weight=all_values(network, "link", theta),
        bias=all_values(network, "bias", theta),
        parameter=all_values(network, "parameter", theta),
        levels=levels, radius=radius, font=font, layout=layout, ceilings=ceilings,
        shift=CEILING * (len(back) + 0.5) if back else 0.0,
    )  # fmt: skip


def _runs_forward(network: Network, levels: list[int], link: int) -> bool:
    source, target = network.link_source[link], network.link_target[link]
    return levels[source] < levels[network.n_inputs + target]


def _size(network, node: int, levels, radius: float, font: float):
    """Box of a node: the circle, and its name below where it stands neither first nor last."""
    if levels[node] in (0, max(levels)):
        return 2 * radius, 2 * radius
    name = inner_name(network.names[node], font)
    return max(2 * radius, text_width(name, font)), 2 * radius + name_height(font)


def name_height(font: float) -> float:
    return font + 5


def inner_name(name: str, font: float) -> str:
    return canvas.shortened(_bare(name), 80.0, font)


def outer_name(name: str, font: float) -> str:
    return canvas.shortened(_bare(name), WIDEST_NAME, font + 1)


def _bare(name: str) -> str:
    """A name as people say it: the quotes are needed in the text only."""
    if len(name) > 2 and name[0] == '"' and name.find('"', 1) == len(name) - 1:
        return name[1:-1]
    return name


def side_names(picture: Picture) -> tuple[float, float]:
    """Room for names left of the inputs and right of the last column."""
    names, levels = picture.network.names, picture.levels
    font, last = picture.font + 1, max(picture.levels)
    left = [text_width(outer_name(name, font - 1), font)
            for name, level in zip(names, levels, strict=True) if level == 0]  # fmt: skip
    right = [
        text_width(outer_name(output_label(picture.network, node), font - 1), font)
        for node, level in enumerate(levels)
        if level == last
    ]
    bracket = 30 if picture.network.heads else 0
    return max(left) + 8, max(right) + name_distance(picture) + 8 + bracket


def name_distance(picture: Picture) -> float:
    """From an output's circle to its name: further out where links turn back."""
    return 7.0 + (12.0 + 4.0 * len(picture.ceilings) if picture.ceilings else 0.0)


def output_label(network: Network, node: int) -> str:
    """The node's name, and what the output is called where that differs."""
    name = network.names[node]
    places = np.flatnonzero(network.output_node == node)
    if not len(places):
        return name
    output = network.output_names[places[0]]
    classes = network.classes
    if classes is not None and len(classes) == network.n_outputs:
        output = str(classes[places[0]])
    return name if output == name else f"{name} = {output}"


def strongest(picture: Picture) -> float:
    known = np.abs(picture.weight[np.isfinite(picture.weight)])
    return float(known.max()) if known.size and known.max() > 0 else 1.0


def thickness(picture: Picture, link: int) -> float:
    weight = picture.weight[link]
    # Dots of a thin line are lost to the eye.
    least = 2.0 if picture.network.link_delay[link] else THINNEST
    if not np.isfinite(weight):
        return least
    return least + (THICKEST - THINNEST) * abs(weight) / strongest(picture)


def colour(number: float) -> str:
    if not np.isfinite(number):
        return canvas.UNKNOWN
    return canvas.NEGATIVE if number < 0 else canvas.POSITIVE
