"""A network without transfers: each becomes neurons with small formulas, one for every link and reduction.

Comes in: a network. Goes out: its arrays, changed, in which neurons are linear or have a formula. Called by
`engine/second_order.py`: second derivatives of formulas are compiled as they are, those of transfers are not.

A term is a neuron that reads its link's source and has its weight as a number; a sum or mean of terms is a linear
neuron, a product or maximum a tree of twos. They stand right before the neuron whose parts they are, so that loops
that settle are cut where they were. The neuron itself keeps its activation and reads its z with a weight of 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from wildwire.functions import catalogue
from wildwire.functions.parted import SECOND, pair_of, parted
from wildwire.network.description import ARRAYS
from wildwire.program.lower import lowered

FIXED = -1  # slot of a number that is what it is
OTHERS = ("heads", "derived", "refusals", "n_theta", "n_delays")


def expanded(network):
    """The network, or its arrays without transfers where it has any."""
    if len(network.transfers) <= 1:
        return network
    simpler = network
    if not network.n_delays and network.settle is None:
        simpler = lowered(network)
    return _Expansion(simpler).finished(network.start, network.settle)


@dataclass
class _Neuron:
    """A neuron to be: sources are ("old", node, delay) or ("new", number); numbers are (slot, sign, value)."""

    function: Any
    links: list = field(default_factory=list)  # (source, number)
    bias: tuple = (FIXED, 1, 0.0)
    parameters: list = field(default_factory=list)
    past: tuple = (FIXED, 1, 0.0)


ONE = (FIXED, 1, 1.0)


class _Expansion:
    def __init__(self, network):
        self.network, self.made = network, []
        self.place: list[int] = []  # of each old neuron
        count = len(network.activation)
        self.ends = np.searchsorted(network.link_target, np.arange(count + 1))
        for j in range(count):
            self._neuron(j)

    def _numbers(self, name, first, last) -> list:
        columns = (
            getattr(self.network, f"{name}_{c}") for c in ("slot", "sign", "value")
        )
        return list(zip(*(c[first:last].tolist() for c in columns), strict=True))

    def _own(self, name, j) -> list:
        offset = getattr(self.network, f"{name}_offset")
        return self._numbers(name, offset[j], offset[j + 1])

    def _neuron(self, j) -> None:
        network, first, last = self.network, *self.ends[j : j + 2]
        sources = [
            ("old", int(s), int(d))
            for s, d in zip(
                network.link_source[first:last],
                network.link_delay[first:last],
                strict=True,
            )
        ]
        weights = self._numbers("link", first, last)
        (bias,) = self._numbers("bias", j, j + 1)
        past = (FIXED, 1, 0.0)
        if network.past_slot.size:
            (past,) = self._numbers("past", j, j + 1)
        made = _Neuron(network.functions[network.activation[j]], past=past)
        made.parameters = self._own("parameter", j)
        if network.transfer[j] == 0:
            made.links, made.bias = list(zip(sources, weights, strict=True)), bias
        else:
            self._take_apart(j, made, _Links(sources, weights, bias))
        self.place.append(len(self.made))
        self.made.append(made)

    def _take_apart(self, j, neuron, links) -> None:
        transfer = self.network.transfers[self.network.transfer[j]]
        links.read(transfer, self._own("transfer", j))
        parts = parted(transfer)
        reduced: list = []
        for reduction in parts.reductions:
            terms = [
                self._part(reduction.term, links, reduced, pair)
                for pair in links.places(reduction.over)
            ]
            reduced.append(self._combined(reduction.kind, terms, links))
        values = [self._part(v, links, reduced, (0, 0)) for v in parts.values]
        neuron.links = [(value, ONE) for value in values]
        if len(values) > 1:
            neuron.function = replace(neuron.function, kind="expression")

    def _put(self, neuron) -> tuple:
        self.made.append(neuron)
        return "new", len(self.made) - 1

    def _part(self, part, links, reduced, pair) -> tuple:
        """A neuron with a formula, for a link or a pair of links."""
        sources = [
            reduced[key] if kind == "reduction" else links.sources[pair[key == SECOND]]
            for kind, key in part.arguments
        ]
        numbers = [links.number(kind, key, pair) for kind, key in part.numbers]
        made = [(source, ONE) for source in sources]
        return self._put(_Neuron(part.function, made, parameters=numbers))

    def _combined(self, kind, terms, links) -> tuple:
        if kind in ("sum", "mean"):
            weight = 1.0 / len(terms) if kind == "mean" else 1.0
            own = [(term, (FIXED, 1, weight)) for term in terms]
            # One link has no pair of two.
            own = own or [(links.sources[0], (FIXED, 1, 0.0))]
            return self._put(_Neuron(catalogue()["identity"], own))
        while len(terms) > 1:
            pairs = [
                self._put(_Neuron(pair_of(kind), [(a, ONE), (b, ONE)]))
                for a, b in zip(terms[::2], terms[1::2], strict=False)
            ]
            terms = pairs + terms[len(terms) - len(terms) % 2 :]
        return terms[0]

    def finished(self, start, settle):
        """The arrays as `program_of` reads them."""
        network, n_inputs = self.network, self.network.n_inputs
        functions: dict = {}
        for neuron in self.made:
            functions.setdefault(neuron.function, len(functions))
        where = [*range(n_inputs), *(n_inputs + place for place in self.place)]
        links = [
            (j, source, number)
            for j, neuron in enumerate(self.made)
            for source, number in neuron.links
        ]
        arrays: dict = {
            "link_target": [j for j, _, _ in links],
            "link_source": [
                where[s[1]] if s[0] == "old" else n_inputs + s[1] for _, s, _ in links
            ],
            "link_delay": [s[2] if s[0] == "old" else 0 for _, s, _ in links],
            "activation": [functions[neuron.function] for neuron in self.made],
            "transfer": [0] * len(self.made),
            "transfer_offset": [0] * (len(self.made) + 1),
        }
        counts = [len(neuron.parameters) for neuron in self.made]
        arrays["parameter_offset"] = np.concatenate(([0], np.cumsum(counts)))
        numbers = {
            "link": [number for _, _, number in links],
            "bias": [neuron.bias for neuron in self.made],
            "parameter": [x for neuron in self.made for x in neuron.parameters],
            "past": [neuron.past for neuron in self.made],
            "transfer": [],
        }
        for name, table in numbers.items():
            for c, column in enumerate(("slot", "sign", "value")):
                arrays[f"{name}_{column}"] = [number[c] for number in table]
        for name, values in arrays.items():
            arrays[name] = np.array(values, ARRAYS[name])
            arrays[name].flags.writeable = False
        outputs = np.array([where[node] for node in network.output_node], np.int32)
        outputs.flags.writeable = False
        known = {name: getattr(network, name) for name in OTHERS}
        return SimpleNamespace(
            **arrays, **known, n_inputs=n_inputs, n_neurons=len(self.made),
            n_links=len(links), output_node=outputs, functions=tuple(functions),
            transfers=(None,), start=start, settle=settle,
        )  # fmt: skip


class _Links:
    """What a neuron's transfer reads: sources, weights, bias, further numbers."""

    def __init__(self, sources, weights, bias):
        self.sources, self.weights, self.bias = sources, weights, bias

    def read(self, transfer, numbers) -> None:
        """The neuron's further numbers, in the order of `functions/transfer.py`."""
        n, own = len(self.sources), transfer.n_parameters
        self.transfer, self.numbers = transfer, numbers
        self.of_links = own
        self.of_pairs = own + n * len(transfer.link_numbers)
        self.pair_number = {pair: k for k, pair in enumerate(transfer.pairs(n))}
        self.names = [name for name, _ in transfer.parameters]

    def places(self, over) -> list:
        """The links, or pairs of links, that a reduction runs over."""
        n = len(self.sources)
        if over == "links":
            return [(i, i) for i in range(n)]
        first = 0 if over == "pairs" else 1
        return [(i, j) for i in range(n) for j in range(i + first, n)]

    def number(self, kind, key, pair) -> tuple:
        """Slot, sign and value of a number for a link or a pair."""
        transfer = self.transfer
        if kind == "bias":
            return self.bias
        if kind == "weight":
            return self.weights[pair[key == SECOND]]
        if kind == "parameter":
            return self.numbers[self.names.index(key)]
        if kind == "pair":
            place = transfer.pair_numbers.index(key)
            width, number = len(transfer.pair_numbers), self.pair_number[pair]
            return self.numbers[self.of_pairs + number * width + place]
        name, which = key
        place, width = transfer.link_numbers.index(name), len(transfer.link_numbers)
        return self.numbers[self.of_links + pair[which == SECOND] * width + place]
