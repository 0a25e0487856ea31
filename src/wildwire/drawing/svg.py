"""A network as a drawing: SVG text.

Comes in: a network and, if it is known, theta. Goes out: one SVG element as a string. Called by
`Network._repr_svg_`, so by notebooks, and by the command line. Small networks are drawn neuron by neuron
(`neurons.py`), others as blocks (`blocks.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wildwire.drawing.blocks import draw_blocks
from wildwire.drawing.neurons import draw_neurons

if TYPE_CHECKING:
    from wildwire.network import Network

LINKS_SHOWN = 200
NODES_SHOWN = 100


def draw(network: Network, theta=None) -> str:
    """Draw a network by levels, from the inputs on the left to the outputs on the right.

    Every neuron shows the curve of its activation. A link's width is the size of its weight, its colour the
    sign: blue positive, orange negative (told apart also by the colour-blind), grey unknown; frozen weights are
    dashed, links into the past dotted. A link that passes over levels runs around the neurons. Names and
    numbers appear when the mouse rests on a thing.

    Parameters
    ----------
    network : Network
    theta : array_like of float, (n_theta,), or None
        None draws the numbers that stand in the network's text.

    Returns
    -------
    str
        An SVG element with a light card of its own behind it, so that it reads in light and dark surroundings.
        Networks of more than 200 links are drawn as blocks of neurons with counts.

    Raises
    ------
    SettingError
        theta has the wrong length.
    """
    nodes = network.n_inputs + network.n_neurons
    if network.n_links <= LINKS_SHOWN and nodes <= NODES_SHOWN:
        return draw_neurons(network, theta)
    return draw_blocks(network)
