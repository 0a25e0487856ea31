"""Names for networks from arrays: inputs, neurons, outputs, heads.

Comes in: what the caller of `from_arrays` says of names. Goes out: columns, groups, output nodes and
heads. Called by `arrays.py` and `quick.py`.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate

import numpy as np

from wildwire.errors import DuplicateNameError, NetworkError
from wildwire.language.words import is_bare
from wildwire.network.around import labels_needed
from wildwire.network.array_numbers import BiasTable, LinkTable
from wildwire.network.naming import group_nodes, look_up
from wildwire.network.tables import Column, Group, Head

WHOLE = (int, np.integer)


def columns_of(inputs) -> tuple[Column, ...]:
    if isinstance(inputs, WHOLE):
        return (_indexed_column("x", _size("inputs", inputs)),)
    return tuple(_column(item) for item in _items("inputs", inputs))


def _column(item) -> Column:
    if isinstance(item, Column):
        _size(item.name, item.size)
        return replace(item, name=_name("inputs", item.name))
    if isinstance(item, str):
        return _plain_column(_name("inputs", item))
    return _indexed_column(*_pair("inputs", item))


# The records cannot be changed: the networks of a search share theirs, as most of their names are the same.


@lru_cache(maxsize=4096)
def _plain_column(name: str) -> Column:
    return Column(name)


@lru_cache(maxsize=64)
def _indexed_column(name: str, size: int) -> Column:
    return Column(name, size=size, indexed=True)


@lru_cache(maxsize=4096)
def _single_group(name: str) -> Group:
    return Group(name)


def groups_of(neurons, target) -> tuple[Group, ...]:
    """The groups; `target` counts the neurons where `neurons` is None."""
    if neurons is None:
        neurons = int(target.max()) + 1 if len(target) else 0
    if isinstance(neurons, WHOLE):
        return (Group("n", int(neurons), dissolved=True),) if neurons else ()
    return tuple(_group(item) for item in _items("neurons", neurons))


def _group(item) -> Group:
    if isinstance(item, Group):
        _size(item.name, item.count)
        return replace(item, name=_name("neurons", item.name))
    if isinstance(item, str):
        return _single_group(_name("neurons", item))
    return Group(*_pair("neurons", item))


def _items(what: str, given) -> list:
    """The entries of a sequence; a text is one entry."""
    if isinstance(given, str):
        return [given]
    try:
        return list(given)
    except TypeError:
        raise NetworkError(
            f"{what} is {given!r}; it must be a number or a list of names"
        ) from None


def _pair(what: str, item) -> tuple[str, int]:
    try:
        name, size = item
    except (TypeError, ValueError):
        raise NetworkError(
            f"{what} has the entry {item!r}; an entry is a name or a pair (name, size)"
        ) from None
    return _name(what, name), _size(name, size)


def _name(what: str, name) -> str:
    if isinstance(name, str) and name:
        return str(name)
    raise NetworkError(f"{what} has the name {name!r}; a name is a text, not empty")


def _size(name, size) -> int:
    is_whole = isinstance(size, WHOLE) and not isinstance(size, bool)
    if is_whole and size >= 1:
        return int(size)
    raise NetworkError(
        f"{name!r} has the size {size!r}; a size is a whole number, 1 or more"
    )


def unread(source, n_inputs: int, n_neurons: int) -> list[int]:
    """The neurons that nobody reads."""
    read = np.zeros(n_inputs + n_neurons, bool)
    inside = (source >= 0) & (source < len(read))
    read[source[inside]] = True
    return np.flatnonzero(~read[n_inputs:]).tolist()


def chosen_outputs(outputs, groups, n_neurons: int) -> list[int]:
    """The neurons that the caller names or numbers."""
    outputs = _items("outputs", outputs)
    has_names = any(isinstance(item, str) for item in outputs)
    table = _neurons_by_name(groups, outputs) if has_names else {}
    chosen: list[int] = []
    for item in outputs:
        if isinstance(item, str):
            chosen += look_up(table, item, "neuron for the output")
        elif isinstance(item, WHOLE) and 0 <= item < n_neurons:
            chosen.append(int(item))
        else:
            raise NetworkError(
                f"output {item} is no neuron: they are 0 to {n_neurons - 1}"
            )
    if len(set(chosen)) < len(chosen):
        twice = next(i for i in chosen if chosen.count(i) > 1)
        name = neuron_names(groups, [twice])[0]
        raise DuplicateNameError(f"{name!r} is an output twice")
    return chosen


def _neurons_by_name(groups, wanted) -> dict[str, list[int]]:
    """Neuron numbers by the names of groups and neurons, at least of all that are wanted and exist."""
    if all(group.size is None for group in groups):
        places = {group.name: [place] for place, group in enumerate(groups)}
        # a bare name is written as it is, so no other neuron can be meant
        if all(not isinstance(item, str) or is_bare(item) for item in wanted) and all(
            item in places for item in wanted if isinstance(item, str)
        ):
            return places
    table: dict[str, list[int]] = {}
    everything: list[str] = []
    for group in groups:
        begin = len(everything)
        everything += group_nodes(group)
        table[group.name] = list(range(begin, len(everything)))
    table.update({name: [i] for i, name in enumerate(everything)})
    return table


def neuron_names(groups, chosen) -> tuple[str, ...]:
    """Raw names of some neurons, without making those of all."""
    ends = list(accumulate(group.count for group in groups))
    names = []
    for neuron in chosen:
        place = bisect_right(ends, neuron)
        group = groups[place]
        index = neuron - ends[place] + group.count
        if group.size is None:
            names.append(group.name)
        elif group.dissolved:
            names.append(f"{group.name}_{index}")
        else:
            names.append(f"{group.name}[{index}]")
    return tuple(names)


def check_head(head) -> None:
    """NetworkError for a head that is neither None nor one that this version has."""
    if head is not None and head != "softmax":
        raise NetworkError(f"unknown head {head!r}: this version has 'softmax'")


def heads_of(head, classes, nodes, n_inputs: int, groups):
    labels = None if classes is None else tuple(classes)
    check_head(head)
    if labels is not None:
        expected = labels_needed(len(nodes), head)
        if len(labels) != expected:
            raise NetworkError(
                f"{len(nodes)} outputs need {expected} classes, not {len(labels)}"
            )
        if head is None and len(nodes) > 1 and not _is_whole(nodes, n_inputs, groups):
            raise NetworkError(
                "classes name the outputs of one group or of a softmax head, "
                "not several outputs that stand alone"
            )
    if head is None:
        return (), labels
    return (Head(head, 0, len(nodes), labels),), labels


def _is_whole(nodes: list[int], first: int, groups) -> bool:
    """Whether the outputs are exactly one group."""
    for group in groups:
        if first == nodes[0]:
            one_line = group.size is not None and not group.dissolved
            return one_line and nodes == list(range(first, first + group.count))
        first += group.count
    return False


def dissolved(
    groups, links: LinkTable, biases: BiasTable, index, are_alike=None
) -> tuple[Group, ...]:
    """The groups; those that no single line can say are marked as dissolved into neurons of their own.

    `are_alike` says of neurons with equally many links whether their transfers allow one line.
    """
    first = np.cumsum([0, *(group.count for group in groups)])
    ends = np.searchsorted(links.target, first)
    found = []
    for group, begin, start, end in zip(
        groups, first, ends[:-1], ends[1:], strict=False
    ):
        members, own = slice(begin, begin + group.count), slice(start, end)
        if group.size is None or group.dissolved:
            found.append(group)
        else:
            regular = _is_regular(group.count, members, own, links, biases, index)
            regular = regular and (are_alike is None or are_alike(members))
            found.append(replace(group, dissolved=not regular))
    return tuple(found)


def _is_regular(
    count, members, own, links: LinkTable, biases: BiasTable, index
) -> bool:
    """Whether all neurons of a group have the same function and sources, and all their numbers are their own."""
    n = (own.stop - own.start) // max(count, 1)
    if own.stop - own.start != n * count or not links.free[own].all():
        return False
    sources = links.source[own].reshape(count, n)
    delays = links.delay[own].reshape(count, n)
    targets = links.target[own].reshape(count, n)
    none = ~biases.free[members] & (biases.start[members] == 0)
    return bool(
        np.all(sources == sources[0])
        and np.all(delays == delays[0])
        and np.all(targets == targets[:, :1])
        and (biases.free[members].all() or none.all())
        and np.all(index[members] == index[members.start])
    )
