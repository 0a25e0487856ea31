"""A network under one theta as plain lists: what reads what, with which number.

Comes in: a network and theta. Goes out: `Weighted`. Called by the searches of this package.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from wildwire.network.numbers import all_values
from wildwire.program import compile_network

if TYPE_CHECKING:
    from wildwire.network import Network


@dataclass(frozen=True)
class Weighted:
    """Numbers of a network in place.

    Attributes
    ----------
    network : Network
    order : list of int
        Neurons so that each follows all that it reads.
    links : list of list of (int, float)
        Of every neuron, source node and weight in written order.
    bias : list of float
    parameters : list of tuple of float
    """

    network: Network
    order: list[int]
    links: list[list[tuple[int, float]]]
    bias: list[float]
    parameters: list[tuple[float, ...]]

    def reaching(self) -> np.ndarray:
        """Which nodes reach an output through weights that are not 0."""
        network = self.network
        reaches = np.zeros(network.n_inputs + network.n_neurons, bool)
        reaches[network.output_node] = True
        for neuron in reversed(self.order):
            if reaches[network.n_inputs + neuron]:
                for source, weight in self.links[neuron]:
                    if weight != 0:
                        reaches[source] = True
        return reaches


def weighted(network: Network, theta) -> Weighted:
    """The lists of a network; theta has been checked."""
    weights = all_values(network, "link", theta).tolist()
    sources = network.link_source.tolist()
    links: list[list[tuple[int, float]]] = [[] for _ in range(network.n_neurons)]
    for target, source, weight in zip(
        network.link_target.tolist(), sources, weights, strict=True
    ):
        links[target].append((source, weight))
    values = all_values(network, "parameter", theta).tolist()
    ends = network.parameter_offset.tolist()
    return Weighted(
        network,
        np.argsort(compile_network(network).row_of_neuron).tolist(),
        links,
        all_values(network, "bias", theta).tolist(),
        [tuple(values[i:j]) for i, j in pairwise(ends)],
    )
