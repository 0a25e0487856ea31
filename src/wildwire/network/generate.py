"""The document of a network that was made from arrays.

Comes in: a network without document, and theta. Goes out: a `Document` that reads back as the same
network: the same names, links and order of theta, with theta as its start. Called by `express.py`.
The lines of neurons are written by `write_neurons.py`: groups whose neurons read the same sources become one
line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from wildwire.functions.calls import own_functions
from wildwire.functions.transfer import Transfer
from wildwire.language.expression import Name, Place
from wildwire.language.tree import (
    Definition,
    Document,
    Input,
    InputItem,
    Let,
    Missing,
    Output,
    OutputItem,
    Range,
)
from wildwire.network.prepare import number
from wildwire.network.settle import settle_line
from wildwire.network.tables import Column
from wildwire.network.write_neurons import NeuronWriter
from wildwire.network.written_names import sources

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.network.description import Network


def generated_document(network: Network, theta: np.ndarray) -> Document:
    """The document of a network; numbers that others are derived from must be shared ones. NaN in theta is unknown."""
    return Document(tuple(_statements(network, theta)))


def _statements(network: Network, theta) -> Iterator:
    if network.columns:
        yield Input(tuple(_item(column) for column in network.columns))
    for column in network.columns:
        yield from _column_facts(column)
    for name, slot in network.lets:
        yield _let(network, name, theta[slot], slot)
    first, writer = 0, NeuronWriter(network, theta)
    for group in network.groups:
        members = range(first, first + group.count)
        if group.size is None or group.dissolved:
            for neuron in members:
                yield from writer.single(neuron)
        else:
            yield from writer.group(group, members)
        first += group.count
    if network.settle is not None:
        yield settle_line(network.settle)
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
    own = [transfer for transfer in network.transfers if transfer is not None]
    yield from map(definition_of, own_functions((*network.functions, *own)))


def definition_of(function: Function | Transfer) -> Definition:
    """The statement that defines a function as the user wrote or made it."""
    if isinstance(function, Transfer):
        formula, *others = function.formulas
        return Definition(
            function.kind, function.name, function.arguments, function.parameters,
            formula, others=tuple(others),
        )  # fmt: skip
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
