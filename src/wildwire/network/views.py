"""Neurons and links as small objects, made when somebody looks at them.

Comes in: a network and a number or name. Goes out: `Neuron` and `Link`, which hold no data of their
own. Used by people, by drawings and by exports; nothing that must be fast walks a network through
these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import SettingError
from wildwire.network import naming

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.network.description import Network


@dataclass(frozen=True)
class Link:
    """One directed link with a weight and a delay.

    Attributes
    ----------
    network : Network
    number : int
        Its row in the link table.
    """

    network: Network
    number: int

    @property
    def source(self) -> str:
        """Name of the node it comes from."""
        return self.network.names[self.network.link_source[self.number]]

    @property
    def target(self) -> str:
        """Name of the neuron it goes to."""
        neuron = self.network.link_target[self.number]
        return self.network.names[self.network.n_inputs + neuron]

    @property
    def delay(self) -> int:
        """Steps into the past."""
        return int(self.network.link_delay[self.number])

    @property
    def slot(self) -> int:
        """Place in theta; -1: frozen; below: derived number -slot-2."""
        return int(self.network.link_slot[self.number])

    def weight(self, theta) -> float:
        """The weight under theta, shape (n_theta,)."""
        return number_value(self.network, "link", self.number, theta)

    def numbers(self, theta) -> dict[str, float]:
        """What its neuron's transfer keeps for it besides the weight, by name; empty for a weighted sum."""
        network = self.network
        neuron = int(network.link_target[self.number])
        transfer = network.transfer_of(neuron)
        if transfer is None or not transfer.link_numbers:
            return {}
        first = int(np.searchsorted(network.link_target, neuron))
        names = transfer.link_numbers
        begin = int(network.transfer_offset[neuron]) + transfer.n_parameters
        begin += (self.number - first) * len(names)
        return {
            name: number_value(network, "transfer", place, theta)
            for place, name in enumerate(names, begin)
        }

    def __repr__(self) -> str:
        lag = f"@{self.delay}" if self.delay else ""
        return f"<Link {self.source}{lag} -> {self.target}>"


@dataclass(frozen=True)
class Neuron:
    """One neuron.

    Attributes
    ----------
    network : Network
    number : int
        Its neuron number; its node number is `node`.
    """

    network: Network
    number: int

    @property
    def node(self) -> int:
        """Node number: inputs are counted first."""
        return self.network.n_inputs + self.number

    @property
    def name(self) -> str:
        """Its name as it stands in the text."""
        return self.network.names[self.node]

    @property
    def activation(self) -> Function:
        """Its activation function."""
        return self.network.function_of(self.number)

    @property
    def transfer(self) -> str:
        """Name of its transfer function."""
        function = self.network.transfer_of(self.number)
        return "linear" if function is None else function.name

    @property
    def links(self) -> tuple[Link, ...]:
        """The links into it, in written order."""
        first, last = np.searchsorted(
            self.network.link_target, [self.number, self.number + 1]
        )
        return tuple(Link(self.network, int(i)) for i in range(first, last))

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of what it reads, in written order."""
        return tuple(link.source for link in self.links)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the neurons that read it, without repetition. Costs one pass over the links."""
        reached = np.unique(
            self.network.link_target[self.network.link_source == self.node]
        )
        names, first = self.network.names, self.network.n_inputs
        return tuple(names[first + neuron] for neuron in reached)

    def bias(self, theta) -> float:
        """Its bias under theta; 0 where it has none."""
        return number_value(self.network, "bias", self.number, theta)

    def parameters(self, theta) -> dict[str, float]:
        """The parameters of its activation under theta, by name."""
        begin, end = self.network.parameter_offset[self.number : self.number + 2]
        names = [name for name, _ in self.activation.parameters]
        places = range(begin, end)
        return {
            name: number_value(self.network, "parameter", place, theta)
            for name, place in zip(names, places, strict=False)
        }

    def transfer_numbers(self, theta) -> dict[str, float]:
        """The numbers of its transfer under theta, besides weights and bias: `p`, `x1 c`, `(x1, x2)`.

        Repeated names, of sources that stand twice, get ` #2`, ` #3`, ...
        """
        network = self.network
        names = naming.number_names(network, self.number)
        begin, end = network.transfer_offset[self.number : self.number + 2].tolist()
        shown = naming.distinct([f"{what}{name}".strip() for what, name in names])
        return {
            name: number_value(network, "transfer", place, theta)
            for name, place in zip(shown, range(begin, end), strict=True)
        }

    def __repr__(self) -> str:
        of = "" if self.transfer == "linear" else f" of {self.transfer}"
        return (
            f"<Neuron {self.name}: {self.activation.name}{of}, {len(self.links)} links>"
        )


def number_value(network: Network, kind: str, place: int, theta) -> float:
    """One number of the tables `kind` ("link", "bias", "parameter", "transfer") under theta."""
    slot = int(getattr(network, f"{kind}_slot")[place])
    sign = int(getattr(network, f"{kind}_sign")[place])
    if slot == -1:
        return sign * float(getattr(network, f"{kind}_value")[place])
    theta = np.asarray(theta, dtype=np.float64)
    if slot >= 0:
        return sign * float(theta[slot])
    return sign * float(network.derived.values(theta)[-slot - 2])


class Neurons(Sequence):
    """All neurons of a network: by number, by name, in text order."""

    def __init__(self, network: Network):
        self._network = network

    def __len__(self) -> int:
        return self._network.n_neurons

    def __getitem__(self, key):
        if isinstance(key, str):
            return self._by_name(key)
        if isinstance(key, slice):
            return [Neuron(self._network, i) for i in range(len(self))[key]]
        return Neuron(self._network, range(len(self))[key])

    def _by_name(self, name: str):
        first = 0
        for group in self._network.groups:
            if group.name == name and group.size is not None and not group.dissolved:
                return self[first : first + group.count]
            first += group.count
        table = {
            known: node - self._network.n_inputs
            for known, node in self._network._node_table().items()
            if node >= self._network.n_inputs
        }
        return self[naming.look_up(table, name, "neuron")]

    def __iter__(self) -> Iterator[Neuron]:
        return (Neuron(self._network, i) for i in range(len(self)))

    def __repr__(self) -> str:
        return f"<{len(self)} neurons>"


class Links(Sequence):
    """All links of a network, by number."""

    def __init__(self, network: Network):
        self._network = network

    def __len__(self) -> int:
        return self._network.n_links

    def __getitem__(self, key):
        if isinstance(key, slice):
            return [Link(self._network, i) for i in range(len(self))[key]]
        if isinstance(key, str):
            raise SettingError(
                f"links have numbers, 0 to {len(self) - 1}, not names; those into a "
                'neuron are network.neurons["name"].links'
            )
        return Link(self._network, range(len(self))[key])

    def __repr__(self) -> str:
        return f"<{len(self)} links>"
