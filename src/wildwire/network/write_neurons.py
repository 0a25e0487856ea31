"""The neurons of a network that was made from arrays, as statements.

Comes in: a network without document, theta, one neuron or group. Goes out: the statements that read back as it:
a `~` line where everything is free and unknown, else an `=` line, or a `~` line with a table. Called by
`generate.py`; `express.py` takes `table` from here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from wildwire.language.expression import Binary, Call, Name, Number, add, negate
from wildwire.language.tree import Formula, Learnt, Numbers, Target
from wildwire.network.prepare import number
from wildwire.network.spelled import derived_terms, put_in
from wildwire.network.tables import Group
from wildwire.network.write_transfers import transfer_call
from wildwire.network.written_names import node_name, sources

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.functions.transfer import Transfer
    from wildwire.network.description import Network

WIDEST_LINE = 32
"""Neurons with more links than this keep their `~` line, with their numbers as a table."""


class NeuronWriter:
    """Writes neurons as statements; holds the lists that are needed for each of them."""

    def __init__(self, network: Network, theta):
        self.network, self.theta = network, theta
        bounds = np.searchsorted(network.link_target, np.arange(network.n_neurons + 1))
        self.first_link = bounds.tolist()
        self.shared = {slot: name for name, slot in network.lets}

    def links(self, neuron: int) -> slice:
        return slice(*self.first_link[neuron : neuron + 2])

    def numbers(self, neuron: int) -> tuple[range, range]:
        """The places of its transfer's numbers: parameters, and those of links and pairs."""
        begin, end = self.network.transfer_offset[neuron : neuron + 2].tolist()
        transfer = self.network.transfer_of(neuron)
        middle = begin + (0 if transfer is None else transfer.n_parameters)
        return range(begin, middle), range(middle, end)

    def is_open(self, neuron: int) -> bool:
        """Whether a `~` line says all: every link free, the bias free or absent, own numbers only."""
        network = self.network
        _, others = self.numbers(neuron)
        slots = network.link_slot[self.links(neuron)].tolist()
        slots += network.transfer_slot[others.start : others.stop].tolist()
        bias = int(network.bias_slot[neuron])
        absent = bias == -1 and network.bias_value[neuron] == 0
        own = all(slot >= 0 and slot not in self.shared for slot in slots)
        return own and (absent or (bias >= 0 and bias not in self.shared))

    def slots(self, neuron: int) -> list[int]:
        """The neuron's own numbers, in theta's order."""
        network = self.network
        begin, end = network.parameter_offset[neuron : neuron + 2]
        parameters, others = self.numbers(neuron)
        every = [
            *network.link_slot[self.links(neuron)].tolist(),
            *network.transfer_slot[others.start : others.stop].tolist(),
            *network.transfer_slot[parameters.start : parameters.stop].tolist(),
            int(network.bias_slot[neuron]),
            *network.parameter_slot[begin:end].tolist(),
        ]
        return [slot for slot in every if slot >= 0 and slot not in self.shared]

    def group(self, group: Group, members: range) -> Iterator:
        yield self._learnt(Target(group.name, group.size), members[0])
        slots = np.array([self.slots(neuron) for neuron in members])
        if not np.isnan(self.theta[slots]).all():
            yield table(group.name, self.theta[slots])

    def single(self, neuron: int) -> Iterator:
        name = node_name(self.network, self.network.n_inputs + neuron).name
        values = self.theta[self.slots(neuron)]
        unknown = bool(np.isnan(values).all())
        links = self.links(neuron)
        wide = links.stop - links.start > WIDEST_LINE
        if self.is_open(neuron) and (unknown or wide):
            yield self._learnt(Target(name), neuron)
            if not unknown:
                yield table(name, values[None, :])
        else:
            yield self._formula(Target(name), neuron)

    def _learnt(self, target: Target, neuron: int) -> Learnt:
        network, links = self.network, self.links(neuron)
        arguments: list[Any] = sources(
            network,
            network.link_source[links].tolist(),
            network.link_delay[links].tolist(),
        )
        transfer = network.transfer_of(neuron)
        has_bias = transfer is None or transfer.has_bias
        if has_bias and network.bias_slot[neuron] < 0:
            arguments.append(Number(0.0, frozen=True))
        function = network.function_of(neuron)
        keywords = choices_of(function)
        keywords += self._parameters("parameter", neuron, function, known=False)
        if transfer is None:
            return Learnt(target, Call(function.name, tuple(arguments), keywords))
        own = self._parameters("transfer", neuron, transfer, known=False)
        inner = Call(transfer.name, tuple(arguments), own)
        return Learnt(target, _inside(function, inner, keywords))

    def _formula(self, target: Target, neuron: int) -> Formula:
        network = self.network
        function, transfer = network.function_of(neuron), network.transfer_of(neuron)
        keywords = choices_of(function)
        keywords += self._parameters("parameter", neuron, function, known=True)
        if function.kind == "expression":
            return Formula(target, self._expression(neuron))
        if transfer is not None:
            inner = self._transfer(neuron, transfer)
            return Formula(target, _inside(function, inner, keywords))
        terms: list[Any] = [
            self._number("link", link, name)
            for link, name in zip(*self._named_links(neuron), strict=True)
        ]
        bias = int(network.bias_slot[neuron])
        if bias < -1:
            parts = derived_terms(network, bias, self.shared)
            turned = network.bias_sign[neuron] < 0
            terms += [negate(part) for part in parts] if turned else parts
        elif bias >= 0 or network.bias_value[neuron] != 0:
            terms.append(self._number("bias", neuron, None))
        return Formula(target, Call(function.name, (add(terms),), keywords))

    def _expression(self, neuron: int):
        """The formula of a neuron that has one of its own."""
        network = self.network
        begin, end = network.parameter_offset[neuron : neuron + 2].tolist()
        numbers = [self._number("parameter", i, None) for i in range(begin, end)]
        _, names = self._named_links(neuron)
        return put_in(network.function_of(neuron), names, numbers)

    def _named_links(self, neuron: int) -> tuple[range, list[Name]]:
        """The links of a neuron, and the names of their sources."""
        network, links = self.network, self.links(neuron)
        nodes = network.link_source[links].tolist()
        delays = network.link_delay[links].tolist()
        names = [node_name(network, *pair) for pair in zip(nodes, delays, strict=True)]
        return range(links.start, links.stop), names

    def _transfer(self, neuron: int, transfer: Transfer) -> Call:
        """A transfer with its numbers behind the sources."""
        network = self.network
        links, names = self._named_links(neuron)
        _, others = self.numbers(neuron)
        weights = [self._number("link", link, None) for link in links]
        numbers = [self._number("transfer", place, None) for place in others]
        keywords = self._parameters("transfer", neuron, transfer, known=True)
        if network.bias_slot[neuron] != -1 or network.bias_value[neuron] != 0:
            keywords += (("bias", self._number("bias", neuron, None)),)
        return transfer_call(transfer, names, weights, numbers, keywords)

    def _number(self, kind: str, place: int, source: Name | None):
        """A number, times its source if there is one."""
        slot = int(getattr(self.network, f"{kind}_slot")[place])
        minus = getattr(self.network, f"{kind}_sign")[place] < 0
        if slot in self.shared:
            factor = Name(self.shared[slot])
        elif slot >= 0:
            factor = number(float(self.theta[slot]))
        elif slot < -1:
            (factor,) = derived_terms(self.network, slot, self.shared)
        else:
            value = float(getattr(self.network, f"{kind}_value")[place])
            value = -value if minus else value
            if abs(value) == 1 and source is not None:
                return negate(source) if value < 0 else source
            factor, minus = Number(value, frozen=True), False
        result = factor if source is None else Binary("*", factor, source)
        return negate(result) if minus else result

    def _parameters(
        self, kind: str, neuron: int, function: Function | Transfer, known: bool
    ) -> tuple:
        """The keywords of a neuron's activation or transfer, whose numbers stand in the table `kind`."""
        network = self.network
        begin = int(getattr(network, f"{kind}_offset")[neuron])
        slots = getattr(network, f"{kind}_slot")
        values = getattr(network, f"{kind}_value")
        count = len(function.parameters)
        elements = np.zeros(count, bool)
        if kind == "parameter":
            elements = np.array(self.network.function_of(neuron).elements, bool)
        # A `~` line means unknown elements without a word, if nothing else learns: these stand last in theta.
        learns = slots[begin : begin + count] != -1
        implied = not known and np.array_equal(elements, learns)
        keywords = []
        for place, (name, default) in enumerate(function.parameters, begin):
            frozen, element = slots[place] == -1, bool(elements[place - begin])
            if element and implied:
                continue
            if not frozen or element or values[place] != default:
                value = self._number(kind, place, None)
                keywords.append((name, value if known or frozen else Number(None)))
        return tuple(keywords)


def choices_of(function: Function) -> tuple:
    """Keywords that choose the form of an activation."""
    return tuple(
        (name, Name(value) if isinstance(value, str) else Number(float(value)))
        for name, value in function.choices
    )


def _inside(function: Function, inner: Call, keywords: tuple) -> Call:
    """A transfer in its activation; the identity is not written."""
    from wildwire.functions import catalogue

    if function.key == catalogue()["identity"].key and function.name == "identity":
        return inner
    return Call(function.name, (inner,), keywords)


def table(name: str, values: np.ndarray, old: Numbers | None = None) -> Numbers:
    """The statement `numbers name` with one row per neuron; comments of an old table are kept."""
    rows = tuple(
        tuple(None if math.isnan(value) else value for value in row)
        for row in values.tolist()
    )
    if old is None:
        return Numbers(name, rows)
    return Numbers(
        name, rows, old.row_comments, old.inner_comments, comment=old.comment, line=old.line
    )  # fmt: skip
