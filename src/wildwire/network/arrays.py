"""Networks from link arrays.

Comes in: sources and targets as arrays, with whatever else is known per link and per neuron. Goes
out: a `Network`. Called by users, by `wiring` and by models that load arrays; nothing is done link
by link, so that a million links take under two seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from wildwire.errors import DuplicateNameError, NetworkError
from wildwire.network.around import labels_needed
from wildwire.network.array_numbers import (
    BiasTable,
    LinkTable,
    activations,
    assign_slots,
    bias_table,
    check_targets,
    link_table,
    parameter_table,
)
from wildwire.network.description import Network
from wildwire.network.naming import group_nodes, look_up
from wildwire.network.tables import Column, Group, Head


def from_arrays(
    inputs: int | Sequence,
    source,
    target,
    *,
    neurons: int | Sequence | None = None,
    outputs: Sequence | None = None,
    activation="tanh",
    parameters: Mapping | None = None,
    delay=None,
    weight=None,
    frozen=None,
    bias=None,
    bias_frozen=None,
    lets: Mapping[str, float] | None = None,
    link_let=None,
    link_sign=None,
    head: str | None = None,
    classes: Sequence | None = None,
    output_names: Sequence[str] | None = None,
) -> Network:
    """Make a network from arrays, one entry per link or per neuron.

    Parameters
    ----------
    inputs : int or sequence of str, (str, int) or Column
        Names of the inputs; a pair is a group; a number n stands for the group `x[n]`.
    source : array_like of int, (n_links,)
        Node numbers: inputs first, then neurons.
    target : array_like of int, (n_links,)
        Neuron numbers, from 0. Any order; links of one neuron keep theirs.
    neurons : int, sequence of str, (str, int) or Group, or None
        Names of the neurons; a pair is a group. A number n stands for the neurons `n_0`, `n_1`, ...; None
        counts them in `target`.
    outputs : sequence of str or int, or None
        Names (a group's name is all of it) or neuron numbers; None: the neurons that nobody reads.
    activation : str, Function or sequence of them
        One for all, or one per neuron.
    parameters : mapping of str to array_like of float, or None
        Parameters of activations that learn, by name, one start value for all neurons or one per neuron; NaN
        is unknown. Those not named are frozen at their default.
    delay : array_like of int, (n_links,), or None
        Steps into the past; None is 0.
    weight : array_like of float, (n_links,), or None
        Start values, NaN is unknown; None is all unknown.
    frozen : array_like of bool, (n_links,), or None
        Weights that must not learn.
    bias : array_like of float, (n_neurons,), or bool or None
        Start values, NaN is unknown. None and True: all unknown. False: no biases. An entry that is frozen at
        0 is no bias.
    bias_frozen : array_like of bool, (n_neurons,), or None
    lets : mapping of str to float, or None
        Shared numbers by name; NaN is unknown.
    link_let : array_like of int, (n_links,), or None
        Which of `lets` is the weight of the link; -1 for none.
    link_sign : array_like of int, (n_links,), or None
        1 or -1, for links with a shared number.
    head : "softmax" or None
        Computed over all outputs together.
    classes : sequence or None
        Labels of the outputs.
    output_names : sequence of str or None
        What the outputs are called instead of the names of their neurons. The text of a network
        has only the latter.

    Returns
    -------
    Network

    Raises
    ------
    NetworkError
        Arrays that do not fit together; LoopError, DuplicateNameError and UnknownNameError as in `Network.parse`.

    Notes
    -----
    Linear in the links: a million take under 2 s, keep 33 bytes each and need under 300 at peak.
    """
    links = link_table(source, target, delay, weight, frozen, link_let, link_sign)
    columns = _columns(inputs)
    groups = _groups(neurons, links)
    n_neurons = sum(group.count for group in groups)
    check_targets(links.target, n_neurons)
    functions, index = activations(activation, n_neurons)
    table = parameter_table(functions, index, parameters or {}, n_neurons)
    biases = bias_table(bias, bias_frozen, n_neurons)
    lets = {} if lets is None else dict(lets)
    slots, start = assign_slots(links, biases, table, lets)
    whole, groups = groups, _dissolved(groups, links, biases, index)
    nodes, names = _outputs(outputs, columns, whole, groups, links)
    if output_names is not None:
        names = tuple(output_names)
    heads, classes = _heads(head, classes, nodes, columns, groups)
    return Network(
        columns=columns, groups=groups,
        link_source=links.source, link_target=links.target, link_delay=links.delay,
        link_slot=slots.link, link_sign=links.sign,
        link_value=np.where(slots.link == -1, links.weight, 0.0),
        bias_slot=slots.bias, bias_sign=np.ones(n_neurons, np.int8),
        bias_value=np.where(slots.bias == -1, biases.start, 0.0),
        activation=index, functions=functions,
        parameter_offset=table.offset, parameter_slot=slots.parameter,
        parameter_sign=np.ones(len(table.start), np.int8),
        parameter_value=np.where(slots.parameter == -1, table.start, 0.0),
        transfer=np.zeros(n_neurons, np.int32),
        start=start, output_node=nodes, output_names=names,
        heads=heads, classes=classes,
        slot_names=tuple(slots.lets.items()),
        lets=tuple((name, slot) for slot, name in slots.lets.items()),
    )  # fmt: skip


# ---- names ----------------------------------------------------------------------------------------------------------


def _columns(inputs) -> tuple[Column, ...]:
    if isinstance(inputs, int | np.integer):
        return (Column("x", size=_size("inputs", inputs), indexed=True),)
    return tuple(_column(item) for item in _items("inputs", inputs))


def _column(item) -> Column:
    if isinstance(item, Column):
        _size(item.name, item.size)
        return replace(item, name=_name("inputs", item.name))
    if isinstance(item, str):
        return Column(_name("inputs", item))
    name, size = _pair("inputs", item)
    return Column(name, size=size, indexed=True)


def _groups(neurons, links: LinkTable) -> tuple[Group, ...]:
    if neurons is None:
        neurons = int(links.target[-1]) + 1 if len(links.target) else 0
    if isinstance(neurons, int | np.integer):
        return (Group("n", int(neurons), dissolved=True),) if neurons else ()
    return tuple(_group(item) for item in _items("neurons", neurons))


def _group(item) -> Group:
    if isinstance(item, Group):
        _size(item.name, item.count)
        return replace(item, name=_name("neurons", item.name))
    if isinstance(item, str):
        return Group(_name("neurons", item))
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
    is_whole = isinstance(size, int | np.integer) and not isinstance(size, bool)
    if is_whole and size >= 1:
        return int(size)
    raise NetworkError(
        f"{name!r} has the size {size!r}; a size is a whole number, 1 or more"
    )


def _outputs(outputs, columns, whole, groups, links):
    first = sum(column.size for column in columns)
    n_neurons = sum(group.count for group in groups)
    if outputs is None:
        read = np.zeros(first + n_neurons, bool)
        inside = (links.source >= 0) & (links.source < len(read))
        read[links.source[inside]] = True
        chosen = np.flatnonzero(~read[first:])
    else:
        chosen = _chosen_outputs(_items("outputs", outputs), whole, n_neurons)
    nodes = np.asarray(chosen, np.int32) + np.int32(first)
    return nodes, tuple(_neuron_names(groups, chosen))


def _chosen_outputs(outputs, groups, n_neurons) -> list[int]:
    table: dict[str, list[int]] = {}
    everything: list[str] = []
    if any(isinstance(item, str) for item in outputs):
        for group in groups:
            begin = len(everything)
            everything += group_nodes(group)
            table[group.name] = list(range(begin, len(everything)))
        table.update({name: [i] for i, name in enumerate(everything)})
    chosen: list[int] = []
    for item in outputs:
        if isinstance(item, str):
            chosen += look_up(table, item, "neuron for the output")
        elif isinstance(item, int | np.integer) and 0 <= item < n_neurons:
            chosen.append(int(item))
        else:
            raise NetworkError(
                f"output {item} is no neuron: they are 0 to {n_neurons - 1}"
            )
    if len(set(chosen)) < len(chosen):
        twice = next(i for i in chosen if chosen.count(i) > 1)
        name = _neuron_names(groups, [twice])[0]
        raise DuplicateNameError(f"{name!r} is an output twice")
    return chosen


def _neuron_names(groups, chosen) -> list[str]:
    """Raw names of some neurons, without making those of all."""
    first = np.cumsum([0, *(group.count for group in groups)])
    names = []
    for neuron in np.asarray(chosen, int):
        place = int(np.searchsorted(first, neuron, side="right")) - 1
        group, index = groups[place], neuron - first[place]
        if group.size is None:
            names.append(group.name)
        elif group.dissolved:
            names.append(f"{group.name}_{index}")
        else:
            names.append(f"{group.name}[{index}]")
    return names


def _heads(head, classes, nodes, columns, groups):
    labels = None if classes is None else tuple(classes)
    if head not in (None, "softmax"):
        raise NetworkError(f"unknown head {head!r}: this version has 'softmax'")
    if labels is not None:
        expected = labels_needed(len(nodes), head)
        if len(labels) != expected:
            raise NetworkError(
                f"{len(nodes)} outputs need {expected} classes, not {len(labels)}"
            )
        if head is None and len(nodes) > 1 and not _is_whole(nodes, columns, groups):
            raise NetworkError(
                "classes name the outputs of one group or of a softmax head, "
                "not several outputs that stand alone"
            )
    if head is None:
        return (), labels
    return (Head(head, 0, len(nodes), labels),), labels


def _is_whole(nodes, columns, groups) -> bool:
    """Whether the outputs are exactly one group."""
    node = sum(column.size for column in columns)
    for group in groups:
        if node == nodes[0]:
            one_line = group.size is not None and not group.dissolved
            run = np.arange(node, node + group.count)
            return one_line and np.array_equal(nodes, run)
        node += group.count
    return False


def _dissolved(groups, links: LinkTable, biases: BiasTable, index) -> tuple[Group, ...]:
    """The groups; those that no single line can say are marked as dissolved into neurons of their own."""
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
