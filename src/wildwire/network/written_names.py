"""Nodes as they are called in formulas.

Comes in: a network and node numbers. Goes out: `Name`s, whole groups by one. Called by `generate.py`,
`write_neurons.py` and `express.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wildwire.language.expression import Category, Name, Place
from wildwire.network.tables import Column, Group

if TYPE_CHECKING:
    from wildwire.network.description import Network


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
    return _ranges(items)


def _ranges(items: list[Name]) -> list[Name]:
    """The names with delays that follow one another as one: `y@1, y@2, y@3` is `y@1..3`."""
    joined: list[Name] = []
    for name in items:
        last = joined[-1] if joined else None
        if last is not None and (last.name, last.index) == (name.name, name.index):
            first, end = (
                last.delay if isinstance(last.delay, tuple) else (last.delay or 0,) * 2
            )
            if (name.delay or 0) == end + 1:
                joined[-1] = Name(name.name, name.index, (first, end + 1))
                continue
        joined.append(name)
    return joined


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
