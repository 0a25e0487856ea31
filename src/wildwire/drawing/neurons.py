"""A small network drawn neuron by neuron.

Comes in: a network of up to some 200 links, and theta. Goes out: SVG text. Called by `svg.draw`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wildwire.drawing import canvas
from wildwire.drawing.canvas import element, label, text_width, tooltip
from wildwire.drawing.icons import curve
from wildwire.drawing.legend import heads, legend
from wildwire.drawing.marks import badge
from wildwire.drawing.picture import (
    Picture,
    colour,
    inner_name,
    make_picture,
    name_distance,
    outer_name,
    output_label,
    side_names,
    thickness,
)
from wildwire.language.expression_printer import print_expression

if TYPE_CHECKING:
    from wildwire.network import Network

BESIDE = 6.0  # between links that join the same two nodes


LONGEST_FORMULA = 120  # characters in a tooltip


def draw_neurons(network: Network, theta=None) -> str:
    """The drawing; see `svg.draw`."""
    picture = make_picture(network, network.start if theta is None else theta)
    links = sorted(range(network.n_links), key=lambda i: thickness(picture, i))
    parts = [_link(picture, i) for i in links]
    parts += [_node(picture, node) for node in range(len(network.names))]
    parts += heads(picture)
    left, right = side_names(picture)
    height = picture.layout.height + picture.shift
    explained, legend_width, legend_height = legend(picture, height + 26)
    body = element("g", "\n".join(parts), transform=f"translate({left:.1f} 0)")
    width = max(left + picture.layout.width + right, legend_width)
    return canvas.card(
        [body, *explained], width, height + legend_height, _about(network)
    )


# ---- links ------------------------------------------------------------------------------


def _link(picture: Picture, link: int) -> str:
    network, layout, r = picture.network, picture.layout, picture.radius
    source = int(network.link_source[link])
    target = network.n_inputs + int(network.link_target[link])
    (x, y), (to_x, to_y) = picture.centre(source), picture.centre(target)
    beside = BESIDE * _parallel(network, link)
    y, to_y = y + beside, to_y + beside
    if link in picture.ceilings:
        ceiling = picture.ceilings[link]
        outside = (
            layout.right[picture.levels[source]] + 12 + ceiling * 0.3,
            layout.left[picture.levels[target]] - 12 - ceiling * 0.3,
        )
        path = canvas.return_path((x + r, y), (to_x - r, to_y), ceiling, outside)
        mark = _delay_mark(network, link, (outside[0] + outside[1]) / 2, ceiling)
    else:
        lanes = [
            (column, height + picture.shift) for column, height in layout.lanes[link]
        ]
        path = canvas.link_path(layout, lanes, (x + r, y), (to_x - r, to_y))
        mark = ""
    weight = picture.weight[link]
    return element(
        "path", tooltip(_link_text(picture, link)), d=path, fill="none",
        stroke=colour(weight), stroke_width=f"{thickness(picture, link):.2f}",
        stroke_opacity=0.85 if np.isfinite(weight) else 0.7,
        stroke_linecap="round", stroke_dasharray=_dashes(network, link),
    ) + mark  # fmt: skip


def _parallel(network: Network, link: int) -> int:
    """How many links of the same two nodes stand before this one."""
    before = slice(
        int(np.searchsorted(network.link_target, network.link_target[link])), link
    )
    return int(np.sum(network.link_source[before] == network.link_source[link]))


def _delay_mark(network: Network, link: int, x: float, y: float) -> str:
    """How far a link looks back, written on it; nothing for one that closes a loop without delay."""
    if network.link_delay[link] == 0:
        return ""
    text = f"@{network.link_delay[link]}"
    half = text_width(text, 9.0) / 2 + 2
    back = element(
        "rect", x=x - half, y=y - 6, width=2 * half, height=12, fill=canvas.CARD
    )
    return back + label(x, y + 3, text, 9.0, fill=canvas.FAINT)


def _dashes(network: Network, link: int) -> str | None:
    if network.link_delay[link]:
        return "0.1 5"
    return "6 4" if network.link_slot[link] == -1 else None


def _link_text(picture: Picture, link: int) -> str:
    network, weight = picture.network, picture.weight[link]
    delay = int(network.link_delay[link])
    source = network.names[network.link_source[link]] + (f"@{delay}" if delay else "")
    target = network.names[network.n_inputs + int(network.link_target[link])]
    value = f"{weight:.6g}" if np.isfinite(weight) else "unknown"
    frozen = ", frozen" if network.link_slot[link] == -1 else ""
    return f"{source} → {target}: {value}{frozen}"


# ---- nodes ------------------------------------------------------------------------------


def _node(picture: Picture, node: int) -> str:
    network, r = picture.network, picture.radius
    x, y = picture.centre(node)
    is_input = node < network.n_inputs
    is_output = node in network.output_node
    fill = canvas.INPUT_FILL if is_input else canvas.NEURON_FILL
    parts = [
        tooltip(_node_text(picture, node)),
        element(
            "circle", cx=x, cy=y, r=r,
            fill=canvas.OUTPUT_FILL if is_output else fill,
            stroke=canvas.INK, stroke_width=2.2 if is_output else 1.3,
        ),
    ]  # fmt: skip
    if is_input:
        parts.append(element("circle", cx=x, cy=y, r=3.0, fill=canvas.INK))
    else:
        neuron = node - network.n_inputs
        parts += _inside(picture, neuron, x, y)
        transfer = network.transfer_of(neuron)
        if transfer is not None:
            parts.append(badge(transfer, x, y - r - 3))
    return element("g", "".join([*parts, _name(picture, node, x, y)]))


def _name(picture: Picture, node: int, x: float, y: float) -> str:
    network, r, font = picture.network, picture.radius, picture.font
    level, last = picture.levels[node], max(picture.levels)
    if level == 0:
        text = outer_name(network.names[node], font)
        return label(x - r - 7, y + font / 3, text, font + 1, text_anchor="end")
    if level == last:
        text = outer_name(output_label(network, node), font)
        at = x + r + name_distance(picture)
        return label(at, y + font / 3, text, font + 1, text_anchor="start")
    return label(x, y + r + font + 1, inner_name(network.names[node], font), font)


def _inside(picture: Picture, neuron: int, x: float, y: float) -> list[str]:
    """The curve of the activation, and a mark for the bias."""
    network, r = picture.network, picture.radius
    function = network.function_of(neuron)
    if function.kind == "expression" or len(function.arguments) > 1:  # no curve
        return [label(x, y + r / 3, "f", 0.95 * r, font_style="italic")]
    begin, end = network.parameter_offset[neuron : neuron + 2]
    parameters = tuple(picture.parameter[begin:end].tolist())
    path = curve(function, parameters, 1.25 * r)
    parts = [
        element(
            "path", d=f"M{x - 0.72 * r:.1f} {y:.1f}H{x + 0.72 * r:.1f}",
            stroke=canvas.EDGE, stroke_width=0.8,
        ),
        element(
            "path", d=path, transform=f"translate({x:.1f} {y:.1f})", fill="none",
            stroke=canvas.INK, stroke_width=1.6, stroke_linejoin="round",
            stroke_linecap="round",
        ),
    ]  # fmt: skip
    bias = picture.bias[neuron]
    if network.bias_slot[neuron] != -1 or bias != 0:
        side = 6.0
        at = 0.72 * r
        parts.append(
            element(
                "rect", x=x - at - side / 2, y=y + at - side / 2, width=side,
                height=side, fill=colour(bias), stroke=canvas.CARD, stroke_width=0.8,
            )
        )  # fmt: skip
    return parts


def _node_text(picture: Picture, node: int) -> str:
    network = picture.network
    name = network.names[node]
    if node < network.n_inputs:
        return f"input {name}"
    neuron = node - network.n_inputs
    bias = picture.bias[neuron]
    function = network.function_of(neuron)
    about = f"{name}: {function.name}"
    if function.kind == "expression":
        text = print_expression(function.formula)
        links = np.flatnonzero(network.link_target == neuron)
        sources = ", ".join(network.names[i] for i in network.link_source[links])
        about = f"{name} = {text[:LONGEST_FORMULA]} of {sources[:LONGEST_FORMULA]}"
    transfer = network.transfer_of(neuron)
    about += f" of {transfer.name}" if transfer is not None else ""
    if network.bias_slot[neuron] != -1 or bias != 0:
        about += f", bias {bias:.6g}" if np.isfinite(bias) else ", bias unknown"
    reasons = [reason for who, reason in network.refusals if who == name]
    return "; ".join([about, *reasons])


def _about(network: Network) -> str:
    return (
        f"Network: {network.n_inputs} inputs, {network.n_neurons} neurons, "
        f"{network.n_links} links, {network.n_outputs} outputs"
    )
