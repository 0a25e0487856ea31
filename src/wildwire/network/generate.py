"""The document of a network that was made from arrays.

Comes in: a network without document, and theta. Goes out: a `Document` that reads back as the same
network: the same names, links and order of theta, with theta as its start. Called by `express.py`,
which also takes the names of nodes from here.

Groups whose neurons read the same sources become one line; everything else is written neuron by
neuron: as a `~` line where everything is free and unknown, else as an `=` line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from wildwire.language.expression import (
    Binary,
    Call,
    Category,
    Name,
    Number,
    Place,
    add,
    negate,
)
from wildwire.language.tree import (
    Definition,
    Document,
    Formula,
    Input,
    InputItem,
    Learnt,
    Let,
    Missing,
    Numbers,
    Output,
    OutputItem,
    Range,
    Target,
)
from wildwire.network.prepare import number
from wildwire.network.tables import Column, Group

if TYPE_CHECKING:
    from wildwire.network.description import Network

WIDEST_LINE = 32
"""Neurons with more links than this keep their `~` line, with their numbers as a table."""


def generated_document(network: Network, theta: np.ndarray) -> Document:
    """The document of a network whose numbers are plain, frozen or shared (none derived); NaN in theta is unknown."""
    return Document(tuple(_statements(network, theta)))


def _statements(network: Network, theta) -> Iterator:
    if network.columns:
        yield Input(tuple(_item(column) for column in network.columns))
    for column in network.columns:
        yield from _column_facts(column)
    for name, slot in network.lets:
        yield _let(network, name, theta[slot], slot)
    first, writer = 0, _Writer(network, theta)
    for group in network.groups:
        members = range(first, first + group.count)
        if group.size is None or group.dissolved:
            for neuron in members:
                yield from writer.single(neuron)
        else:
            yield from writer.group(group, members)
        first += group.count
    yield from _definitions(network)
    yield from _outputs(network)


# ---- around the neurons ---------------------------------------------------------------------------------------------


def _item(column: Column) -> InputItem:
    size = column.size if column.indexed else None
    return InputItem(column.name, size, column.label, column.categories)


def _column_facts(column: Column) -> Iterator:
    for name, value in _each(column, column.missing):
        yield Missing(name, value)
    highs = dict(_each(column, column.high))
    for name, low in _each(column, column.low):
        yield Range(name, low, highs[name])


def _each(column: Column, value) -> Iterator[tuple[Name, Any]]:
    """A fact of a column with its name, one by one where every element has its own."""
    if isinstance(value, tuple):
        for place, single in enumerate(value):
            if single is not None:
                yield Name(column.name, Place(place)), single
    elif value is not None:
        yield Name(column.name), value


def _let(network: Network, name: str, value: float, slot: int) -> Let:
    if network.bounds is None:
        return Let(name, number(value))
    low, high = network.bounds[slot].tolist()
    return Let(name, number(value), low, high)


def _definitions(network: Network) -> Iterator[Definition]:
    """The user's own functions, those that others call among them."""
    from wildwire.functions import catalogue

    seen = set()
    for function in network.functions:
        base = function.base or function
        for found in (*function.uses, *base.uses, base):
            known = catalogue().get(found.name)
            if found.name not in seen and (known is None or known.key != found.key):
                seen.add(found.name)
                yield _definition(found)


def _definition(function) -> Definition:
    if function.written is not None:
        return function.written
    clauses = ()
    if function.slope is not None:
        clauses += (("slope", function.slope),)
    if function.range is not None:
        clauses += (("range", function.range),)
    return Definition(
        function.kind, function.name, function.arguments, function.parameters,
        function.formula, clauses,
    )  # fmt: skip


def _outputs(network: Network) -> Iterator[Output]:
    nodes, items, place = network.output_node.tolist(), [], 0
    for head in sorted(network.heads, key=lambda head: head.first):
        items += [OutputItem((s,)) for s in sources(network, nodes[place : head.first])]
        place = head.first + head.count
        inside = sources(network, nodes[head.first : place])
        items.append(OutputItem(tuple(inside), head.kind))
    items += [OutputItem((s,)) for s in sources(network, nodes[place:])]
    yield Output(tuple(items), network.classes)


def node_name(network: Network, node: int, delay: int = 0) -> Name:
    """The name of a node as it is read in a formula."""
    lag = delay or None
    starts, records = network._remember("records", lambda: _records(network))
    place = int(np.searchsorted(starts, node, side="right")) - 1
    record, index = records[place], int(node - starts[place])
    if isinstance(record, Column):
        if record.categories is not None:
            label = record.categories[index]
            where = Category(label) if isinstance(label, str) else Place(index)
            return Name(record.name, where, lag)
        return Name(record.name, Place(index) if record.indexed else None, lag)
    if record.size is None:
        return Name(record.name, None, lag)
    if record.dissolved:
        return Name(f"{record.name}_{index}", None, lag)
    return Name(record.name, Place(index), lag)


def _records(network: Network) -> tuple[np.ndarray, list]:
    """Columns and groups, with the first node of each."""
    records = [*network.columns, *network.groups]
    counts = [r.size if isinstance(r, Column) else r.count for r in records]
    return np.cumsum([0, *counts[:-1]]), records


def sources(network: Network, nodes: list[int], delays=None) -> list:
    """Sources as short as they can be written: a whole group by its name, else node by node."""
    whole = network._remember("whole groups", lambda: _whole_groups(network))
    delays = [0] * len(nodes) if delays is None else delays
    items, place = [], 0
    while place < len(nodes):
        node, delay = nodes[place], delays[place]
        name, count = whole.get(node, (None, 1))
        last, run = place + count, list(range(node, node + count))
        if (
            name is None
            or nodes[place:last] != run
            or delays[place:last] != [delay] * count
        ):
            items.append(node_name(network, node, delay))
            place += 1
        else:
            items.append(Name(name, None, delay or None))
            place = last
    return items


def _whole_groups(network: Network) -> dict[int, tuple[str, int]]:
    """First node of every group -> its name and size."""
    whole, node = {}, 0
    for record in (*network.columns, *network.groups):
        count = record.size if isinstance(record, Column) else record.count
        single = isinstance(record, Group) and (record.size is None or record.dissolved)
        if not single:
            whole[node] = (record.name, count)
        node += count
    return whole


# ---- neurons --------------------------------------------------------------------------------------------------------


class _Writer:
    """Writes neurons as statements; holds the lists that are needed for each of them."""

    def __init__(self, network: Network, theta):
        self.network, self.theta = network, theta
        bounds = np.searchsorted(network.link_target, np.arange(network.n_neurons + 1))
        self.first_link = bounds.tolist()
        self.shared = {slot: name for name, slot in network.lets}

    def links(self, neuron: int) -> slice:
        return slice(*self.first_link[neuron : neuron + 2])

    def is_open(self, neuron: int) -> bool:
        """Whether a `~` line says all: every link free, the bias free or absent, own numbers only."""
        network = self.network
        slots = network.link_slot[self.links(neuron)].tolist()
        bias = int(network.bias_slot[neuron])
        absent = bias == -1 and network.bias_value[neuron] == 0
        own = all(slot >= 0 and slot not in self.shared for slot in slots)
        return own and (absent or (bias >= 0 and bias not in self.shared))

    def slots(self, neuron: int) -> list[int]:
        """The neuron's own numbers, in theta's order."""
        network = self.network
        begin, end = network.parameter_offset[neuron : neuron + 2]
        every = [
            *network.link_slot[self.links(neuron)].tolist(),
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
        if network.bias_slot[neuron] < 0:
            arguments.append(Number(0.0, frozen=True))
        function = network.function_of(neuron).name
        keywords = (*self._choices(neuron), *self._parameters(neuron, known=False))
        return Learnt(target, Call(function, tuple(arguments), keywords))

    def _formula(self, target: Target, neuron: int) -> Formula:
        network, terms = self.network, []
        links = self.links(neuron)
        for link in range(links.start, links.stop):
            node, delay = int(network.link_source[link]), int(network.link_delay[link])
            terms.append(self._number("link", link, node_name(network, node, delay)))
        if network.bias_slot[neuron] >= 0 or network.bias_value[neuron] != 0:
            terms.append(self._number("bias", neuron, None))
        keywords = (*self._choices(neuron), *self._parameters(neuron, known=True))
        function = network.function_of(neuron).name
        return Formula(target, Call(function, (add(terms),), keywords))

    def _number(self, kind: str, place: int, source: Name | None):
        """A number, times its source if there is one."""
        slot = int(getattr(self.network, f"{kind}_slot")[place])
        minus = getattr(self.network, f"{kind}_sign")[place] < 0
        if slot in self.shared:
            factor = Name(self.shared[slot])
        elif slot >= 0:
            factor = number(float(self.theta[slot]))
        else:
            value = float(getattr(self.network, f"{kind}_value")[place])
            value = -value if minus else value
            if abs(value) == 1 and source is not None:
                return negate(source) if value < 0 else source
            factor, minus = Number(value, frozen=True), False
        result = factor if source is None else Binary("*", factor, source)
        return negate(result) if minus else result

    def _choices(self, neuron: int) -> list[tuple]:
        """Keywords that choose the form of the neuron's function."""
        return [
            (name, Name(value) if isinstance(value, str) else Number(float(value)))
            for name, value in self.network.function_of(neuron).choices
        ]

    def _parameters(self, neuron: int, known: bool) -> tuple:
        network = self.network
        function = network.function_of(neuron)
        begin, end = network.parameter_offset[neuron : neuron + 2].tolist()
        frozen_here = network.parameter_slot[begin:end] == -1
        elements = np.array(function.elements, bool)
        # A `~` line means unknown elements without a word, if nothing else learns: these stand last in theta.
        implied = not known and np.array_equal(elements, ~frozen_here)
        keywords = []
        for place, (name, default) in enumerate(function.parameters, begin):
            frozen = bool(frozen_here[place - begin])
            element = bool(elements[place - begin])
            if element and implied:
                continue
            if not frozen or element or network.parameter_value[place] != default:
                value = self._number("parameter", place, None)
                keywords.append((name, value if known or frozen else Number(None)))
        return tuple(keywords)


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
