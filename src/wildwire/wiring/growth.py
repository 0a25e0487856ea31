"""Further neurons for a network that there is, with numbers that it has.

Comes in: a network; neuron by neuron what is added. Goes out: the `Network` of both, with the same theta. Called by
`slopes.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wildwire.functions import catalogue
from wildwire.functions.function import Function
from wildwire.functions.transfer import Transfer
from wildwire.language.expression import Binary, Name
from wildwire.network import Group, Network

__all__ = ["FROZEN_ONE", "ONE", "Code", "Growth", "Neuron", "Term", "frozen"]

ONE = -1
"""Stands for a node whose value is always 1, which is made when something must read it."""


class Code(NamedTuple):
    """A number as a network holds it: slot, sign, and the value of a frozen one; see `Network`."""

    slot: int
    sign: int
    value: float


def frozen(value: float) -> Code:
    return Code(-1, 1, value)


FROZEN_ONE, NO_BIAS = frozen(1.0), frozen(0.0)
Term = tuple[int, Code]
PRODUCT = Function(
    "expression", "expression", ("x0", "x1"), (), Binary("*", Name("x0"), Name("x1"))
)


class Neuron(NamedTuple):
    """What a neuron is: its links as (node, weight), and all its numbers."""

    function: Function
    links: Sequence[Term]
    bias: Code = NO_BIAS
    parameters: Sequence[Code] = ()
    transfer: Transfer | None = None
    numbers: Sequence[Code] = ()


class Growth:
    """The neurons of a network and those added to it.

    Parameters
    ----------
    network : Network
        Without memory.
    """

    def __init__(self, network: Network):
        self.network = network
        self.n_inputs = network.n_inputs
        self.n_nodes = network.n_inputs + network.n_neurons
        self.names = list(network.names)
        self.added: list[Neuron] = []
        self.identity = catalogue()["identity"]
        groups = {group.name for group in network.groups}
        columns = {column.name for column in network.columns}
        self._taken = groups | columns | {*network.theta_names, *network.names}
        self._ends = np.searchsorted(
            network.link_target, np.arange(network.n_neurons + 1)
        ).tolist()
        self._products: dict[tuple[int, int], int] = {}

    # ---- the neurons there are ------------------------------------------------------------------

    def neuron(self, node: int) -> Neuron:
        """A neuron of the network, or one that was added."""
        if node >= self.n_nodes:
            return self.added[node - self.n_nodes]
        network, j = self.network, node - self.n_inputs
        first, last = self._ends[j], self._ends[j + 1]
        return Neuron(
            network.function_of(j),
            list(zip(self._sources[first:last], self._codes["link"][first:last])),  # noqa: B905
            self._codes["bias"][j],
            self._numbers("parameter", j),
            network.transfer_of(j),
            self._numbers("transfer", j),
        )

    @functools.cached_property
    def _sources(self) -> list[int]:
        return self.network.link_source.tolist()

    @functools.cached_property
    def _codes(self) -> dict[str, list[Code]]:
        kinds = ("link", "bias", "parameter", "transfer")
        return {kind: self._table(kind) for kind in kinds}

    def _table(self, kind: str) -> list[Code]:
        parts = (
            getattr(self.network, f"{kind}_{p}") for p in ("slot", "sign", "value")
        )
        return [Code(*code) for code in zip(*(p.tolist() for p in parts), strict=True)]

    def _numbers(self, kind: str, j: int) -> list[Code]:
        offset = getattr(self.network, f"{kind}_offset")
        return self._codes[kind][offset[j] : offset[j + 1]]

    # ---- what is added --------------------------------------------------------------------------

    def add(self, name: str, neuron: Neuron) -> int:
        """The node of a new neuron; where the name is taken, it gets an apostrophe."""
        if any(node == ONE for node, _ in neuron.links):
            links = [(self._one if n == ONE else n, code) for n, code in neuron.links]
            neuron = neuron._replace(links=links)
        while name in self._taken:
            name += "'"
        self._taken.add(name)
        self.names.append(name)
        self.added.append(neuron)
        return self.n_nodes + len(self.added) - 1

    @functools.cached_property
    def _one(self) -> int:
        return self.add("one", Neuron(self.identity, [(0, frozen(0.0))], FROZEN_ONE))

    def sum(self, name: str, terms: Sequence[Term]) -> int:
        """A node with this sum; a node that is all of it stands for itself."""
        if len(terms) == 1 and terms[0][1] == FROZEN_ONE:
            return terms[0][0]
        return self.add(name, Neuron(self.identity, terms))

    def named(self, name: str, terms: Sequence[Term]) -> int:
        """A node of this name with this sum: in a text an output is called as its neuron."""
        node = self.sum(name, terms)
        if node != ONE and self.names[node] == name:
            return node
        return self.add(name, Neuron(self.identity, [(node, FROZEN_ONE)]))

    def product(self, name: str, first: int, second: int) -> int:
        """A node with the product of two others."""
        if ONE in (first, second):
            return second if first == ONE else first
        pair = min(first, second), max(first, second)
        if pair not in self._products:
            links = [(node, FROZEN_ONE) for node in pair]
            self._products[pair] = self.add(name, Neuron(PRODUCT, links))
        return self._products[pair]

    def gated(self, name: str, gate: int | None, terms: Sequence[Term]) -> int:
        """A node with `gate` times a sum; None is 1."""
        if gate is None:
            return self.sum(name, terms)
        if all(node == ONE for node, _ in terms):
            return self.sum(name, [(gate, code) for _, code in terms])
        return self.product(name, gate, self.sum(f"{name} before", terms))

    # ---- the network of both --------------------------------------------------------------------

    def grown(self, outputs: Sequence[int], output_names: Sequence[str]) -> Network:
        """The network with the new neurons, and these nodes as outputs behind its own."""
        network = self.network
        counts = [len(neuron.links) for neuron in self.added]
        first = network.n_neurons
        links = [link for neuron in self.added for link in neuron.links]
        functions, index = _indexed(
            network.functions, network.activation, [n.function for n in self.added]
        )
        transfers, which = _indexed(
            network.transfers, network.transfer, [n.transfer for n in self.added]
        )
        named = network.theta_names
        return Network(
            columns=network.columns, groups=self._groups(),
            link_source=_joined(network.link_source, [node for node, _ in links]),
            link_target=_joined(
                network.link_target, np.repeat(np.arange(first, first + len(counts)), counts)
            ),
            link_delay=_joined(network.link_delay, [0] * len(links)),
            **self._columns("link", [code for _, code in links]),
            **self._columns("bias", [neuron.bias for neuron in self.added]),
            activation=index, functions=functions,
            **self._ragged("parameter", [neuron.parameters for neuron in self.added]),
            transfer=which, transfers=transfers,
            **self._ragged("transfer", [neuron.numbers for neuron in self.added]),
            derived=network.derived, start=network.start, bounds=network.bounds,
            output_node=_joined(network.output_node, list(outputs)),
            output_names=(*network.output_names, *output_names),
            heads=network.heads, classes=network.classes,
            # A number that stands in several places is one number in the text only by its name.
            slot_names=tuple(enumerate(named)), lets=self._lets(named),
            refusals=network.refusals,
        )  # fmt: skip

    def _groups(self) -> tuple[Group, ...]:
        """Neurons one by one: the numbers of a group are written as its own."""
        network, first = self.network, self.n_inputs
        if all(group.size is None for group in network.groups):
            own = network.groups
        else:
            own = [Group(name) for name in network.names[first:]]
        return (*own, *(Group(name) for name in self.names[self.n_nodes :]))

    def _lets(self, named: Sequence[str]) -> tuple[tuple[str, int], ...]:
        known = {slot: name for name, slot in self.network.lets}
        nodes = {*self.names, *(column.name for column in self.network.columns)}
        lets = []
        for slot, name in enumerate(named):
            name = known.get(slot, name)
            while name in nodes:
                name += "'"
            lets.append((name, slot))
        return tuple(lets)

    def _columns(self, kind: str, codes: Sequence[Code]) -> dict[str, Any]:
        columns = zip(*codes, strict=True) if codes else ((), (), ())
        names = (f"{kind}_{part}" for part in ("slot", "sign", "value"))
        return {
            name: _joined(getattr(self.network, name), column)
            for name, column in zip(names, columns, strict=True)
        }

    def _ragged(self, kind: str, lists: Sequence[Sequence[Code]]) -> dict[str, Any]:
        offset = getattr(self.network, f"{kind}_offset")
        more = offset[-1] + np.cumsum([len(codes) for codes in lists], dtype=np.int64)
        columns = self._columns(kind, [code for codes in lists for code in codes])
        return {f"{kind}_offset": np.concatenate((offset, more)), **columns}


def _joined(array: np.ndarray, more) -> np.ndarray:
    return np.concatenate((array, np.asarray(more, array.dtype)))


def _indexed(
    known: Sequence, index: np.ndarray, more: Sequence
) -> tuple[tuple, np.ndarray]:
    """The functions with new ones behind them, and the place of each neuron's."""
    places: dict = {}
    for place, item in enumerate(known):
        places.setdefault(item, place)
    all_of = list(known)
    found = []
    for item in more:
        if item not in places:
            places[item] = len(all_of)
            all_of.append(item)
        found.append(places[item])
    return tuple(all_of), _joined(index, found)
