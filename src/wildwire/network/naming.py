"""Names of nodes and of learnable numbers, made only when somebody asks.

Comes in: a network's columns, groups and link table. Goes out: tuples of names and dictionaries
back to numbers. Called by `description.py`; a network of a million links never builds them unless
it is printed or asked by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import UnknownNameError
from wildwire.language.words import nearest, print_name, print_text

if TYPE_CHECKING:
    from wildwire.network.description import Network
    from wildwire.network.tables import Column, Group


def column_nodes(column: Column) -> list[str]:
    """Names of a column's input nodes: `x`, `x[0]`, `colour["red"]`.

    A category that is no text has the name of its place: in brackets a number is always a place.
    """
    name = print_name(column.name)
    if column.categories is not None:
        labels = enumerate(column.categories)
        places = (print_text(c) if isinstance(c, str) else i for i, c in labels)
        return [f"{name}[{place}]" for place in places]
    if column.indexed:
        return [f"{name}[{i}]" for i in range(column.size)]
    return [name]


def category_text(category) -> str:
    """A category or class as it stands in the text: strings are quoted, numbers are not."""
    if isinstance(category, str):
        return print_text(category)
    if isinstance(category, bool):
        return str(category).lower()
    return str(category)


def group_nodes(group: Group) -> list[str]:
    """Names of a group's neurons: `h`, `h[0]` or, where the group has dissolved, `h_0`."""
    if group.size is None:
        return [print_name(group.name)]
    if group.dissolved:
        return [print_name(f"{group.name}_{i}") for i in range(group.size)]
    name = print_name(group.name)
    return [f"{name}[{i}]" for i in range(group.size)]


def node_names(columns: Iterable[Column], groups: Iterable[Group]) -> tuple[str, ...]:
    """Names of all nodes, inputs first, each as it is written in the text."""
    names: list[str] = []
    for column in columns:
        names += column_nodes(column)
    for group in groups:
        names += group_nodes(group)
    return tuple(names)


def suggestion(name: str, known: Iterable[str]) -> str:
    """` Did you mean 'h1'?`, or nothing when no known name is near."""
    near = nearest(name, known, 0.5)
    return f" Did you mean {near!r}?" if near else ""


def look_up(table: dict, name: str, what: str):
    """The entry of a table by name, or an error with the nearest name."""
    try:
        return table[name]
    except KeyError:
        raise UnknownNameError(
            f"there is no {what} {name!r}.{suggestion(name, table)}"
        ) from None


def theta_names(network: Network) -> tuple[str, ...]:
    """One name per learnable number: `x1 -> h`, `x1@2 -> h`, `x1 -> h c`, `(x1, x2) -> h`, `h bias`, `h k`, `a`.

    A number used in several places outside `let` has the name of the first; a link that repeats another's name
    gets ` #2`,
    ` #3`, ... in written order.
    """
    names: list[str | None] = [None] * network.n_theta
    for slot, name in network.slot_names:
        names[slot] = name
    for slot, name in _places(network):
        if names[slot] is None:
            names[slot] = name
    return tuple(distinct(names))


def _places(network: Network) -> Iterator[tuple[int, str]]:
    nodes, first = network.names, network.n_inputs
    for source, target, delay, slot in zip(
        network.link_source.tolist(), network.link_target.tolist(),
        network.link_delay.tolist(), network.link_slot.tolist(), strict=True,
    ):  # fmt: skip
        if slot >= 0:
            lag = f"@{delay}" if delay else ""
            yield slot, f"{nodes[source]}{lag} -> {nodes[first + target]}"
    for neuron, slot in enumerate(network.bias_slot.tolist()):
        if slot >= 0:
            yield slot, f"{nodes[first + neuron]} bias"
    yield from _transfer_places(network)
    for neuron in range(network.n_neurons):
        names = [name for name, _ in network.function_of(neuron).parameters]
        begin, end = network.parameter_offset[neuron : neuron + 2]
        for place, slot in enumerate(network.parameter_slot[begin:end].tolist()):
            if slot >= 0 and place < len(names):
                yield slot, f"{nodes[first + neuron]} {names[place]}"


def _transfer_places(network: Network) -> Iterator[tuple[int, str]]:
    """The numbers of transfers: `h p`, `x1 -> h c`, `(x1, x2) -> h`."""
    first = network.n_inputs
    for neuron in np.flatnonzero(np.diff(network.transfer_offset)).tolist():
        begin, end = network.transfer_offset[neuron : neuron + 2]
        slots = network.transfer_slot[begin:end].tolist()
        target = network.names[first + neuron]
        for slot, (what, name) in zip(
            slots, number_names(network, neuron), strict=True
        ):
            if slot >= 0:
                yield slot, f"{what} -> {target}{name}" if what else f"{target}{name}"


def number_names(network: Network, neuron: int) -> Iterator[tuple[str, str]]:
    """Of each number of a neuron's transfer what it belongs to, and its own name behind a blank.

    The first is empty for the transfer's parameters; the second for the only number of a pair.
    """
    transfer = network.transfer_of(neuron)
    if transfer is None:
        return
    for name, _ in transfer.parameters:
        yield "", f" {name}"
    sources = source_names(network, neuron)
    for source in sources:
        for name in transfer.link_numbers:
            yield source, f" {name}"
    for i, j in transfer.pairs(len(sources)):
        for name in transfer.pair_numbers:
            only = len(transfer.pair_numbers) == 1
            yield f"({sources[i]}, {sources[j]})", "" if only else f" {name}"


def source_names(network: Network, neuron: int) -> list[str]:
    """What a neuron reads, link by link: `x1`, `h[2]`, `x1@2`."""
    first, last = np.searchsorted(network.link_target, [neuron, neuron + 1])
    names = network.names
    nodes = network.link_source[first:last].tolist()
    delays = network.link_delay[first:last].tolist()
    return [
        f"{names[n]}@{delay}" if delay else names[n]
        for n, delay in zip(nodes, delays, strict=True)
    ]


def distinct(names: Sequence[str | None]) -> Iterator[str]:
    """The names, repeated ones with ` #2`, ` #3`, ... behind them; what has none is called by its place."""
    seen: Counter[str] = Counter()
    for slot, name in enumerate(names):
        text = f"number {slot}" if name is None else name
        seen[text] += 1
        yield text if seen[text] == 1 else f"{text} #{seen[text]}"
