"""Networks from link arrays.

Comes in: sources and targets as arrays, with whatever else is known per link and per neuron. Goes out: a
`Network`. Called by
users, by `wiring` and by models that load arrays; a million links take under two seconds and nothing is done
link by link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wildwire.errors import NetworkError
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
    links = _link_table(source, target, delay, weight, frozen, link_let, link_sign)
    columns = _columns(inputs)
    groups = _groups(neurons, links)
    n_neurons = sum(group.count for group in groups)
    _check_targets(links.target, n_neurons)
    functions, index = _activations(activation, n_neurons)
    table = _parameters(functions, index, parameters or {}, n_neurons)
    biases = _biases(bias, bias_frozen, n_neurons)
    lets = {} if lets is None else dict(lets)
    slots, start = _assign(links, biases, table, lets)
    whole, groups = groups, _dissolved(groups, links, biases, index)
    nodes, names = _outputs(outputs, columns, whole, groups, links)
    if output_names is not None:
        names = tuple(output_names)
    heads, classes = _heads(head, classes, len(nodes))
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


# ---- links ----------------------------------------------------------------------------------------------------------


@dataclass
class _Links:
    source: np.ndarray
    target: np.ndarray
    delay: np.ndarray
    weight: np.ndarray
    free: np.ndarray
    let: np.ndarray | None
    sign: np.ndarray


def _link_table(source, target, delay, weight, frozen, link_let, sign) -> _Links:
    source = _array("source", source, np.int32)
    n = len(source)
    target = _array("target", target, np.int32, n)
    zeros, ones = np.zeros(n, np.int32), np.ones(n, np.int8)
    delay = zeros if delay is None else _array("delay", delay, np.int32, n)
    sign = ones if sign is None else _array("link_sign", sign, np.int8, n)
    let = None if link_let is None else _array("link_let", link_let, np.int32, n)
    if weight is None:
        weight = np.full(n, np.nan)
    else:
        weight = _array("weight", weight, np.float64, n)
    free = np.ones(n, bool) if frozen is None else ~_array("frozen", frozen, bool, n)
    if let is not None:
        free &= let < 0
        if np.any((sign != 1) & (let < 0)):
            raise NetworkError("link_sign is for links with a shared number only")
        weight = np.where(let >= 0, 0.0, weight)
    elif sign is not ones and np.any(sign != 1):
        raise NetworkError("link_sign is for links with a shared number only")
    if np.any(np.isnan(weight) & ~free):
        place = int(np.argmax(np.isnan(weight) & ~free))
        raise NetworkError(f"link {place} is frozen, but its weight is unknown")
    links = _Links(source, target, delay, weight, free, let, sign)
    if np.any(target[1:] < target[:-1]):
        _sort(links)
    return links


def _sort(links: _Links) -> None:
    order = np.argsort(links.target, kind="stable")
    for name in ("source", "target", "delay", "weight", "free", "sign"):
        setattr(links, name, getattr(links, name)[order])
    if links.let is not None:
        links.let = links.let[order]


def _array(name: str, values, dtype, size: int | None = None) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 1:
        raise NetworkError(f"{name} must have one dimension, it has {array.ndim}")
    if size is not None and len(array) != size:
        raise NetworkError(f"{name} has {len(array)} entries, expected {size}")
    whole = np.issubdtype(dtype, np.integer)
    if whole and len(array) and not np.issubdtype(array.dtype, np.integer):
        raise NetworkError(f"{name} must hold whole numbers, not {array.dtype}")
    return np.array(array, dtype=dtype)


def _check_targets(target: np.ndarray, n_neurons: int) -> None:
    if len(target) and (target[0] < 0 or target[-1] >= n_neurons):
        wrong = target[0] if target[0] < 0 else target[-1]
        raise NetworkError(
            f"target {wrong} is no neuron: neurons are numbered 0 to {n_neurons - 1}, "
            "inputs are not counted"
        )


# ---- names ----------------------------------------------------------------------------------------------------------


def _columns(inputs) -> tuple[Column, ...]:
    if isinstance(inputs, int | np.integer):
        return (Column("x", size=int(inputs), indexed=True),)
    if isinstance(inputs, str):
        return (Column(inputs),)
    return tuple(_column(item) for item in inputs)


def _column(item) -> Column:
    if isinstance(item, Column):
        return item
    if isinstance(item, str):
        return Column(item)
    name, size = item
    return Column(name, size=int(size), indexed=True)


def _groups(neurons, links: _Links) -> tuple[Group, ...]:
    if neurons is None:
        neurons = int(links.target[-1]) + 1 if len(links.target) else 0
    if isinstance(neurons, int | np.integer):
        return (Group("n", int(neurons), dissolved=True),) if neurons else ()
    if isinstance(neurons, str):
        neurons = [neurons]
    return tuple(_group(item) for item in neurons)


def _group(item) -> Group:
    if isinstance(item, Group):
        return item
    if isinstance(item, str):
        return Group(item)
    name, size = item
    return Group(name, int(size))


def _outputs(outputs, columns, whole, groups, links):
    first = sum(column.size for column in columns)
    n_neurons = sum(group.count for group in groups)
    if outputs is None:
        read = np.zeros(first + n_neurons, bool)
        inside = (links.source >= 0) & (links.source < len(read))
        read[links.source[inside]] = True
        chosen = np.flatnonzero(~read[first:])
    else:
        chosen = _chosen_outputs(outputs, whole, n_neurons)
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
        elif 0 <= item < n_neurons:
            chosen.append(int(item))
        else:
            raise NetworkError(
                f"output {item} is no neuron: they are 0 to {n_neurons - 1}"
            )
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


def _heads(head, classes, n_outputs):
    labels = None if classes is None else tuple(classes)
    if head is None:
        return (), labels
    if head != "softmax":
        raise NetworkError(f"unknown head {head!r}: this version has 'softmax'")
    return (Head(head, 0, n_outputs, labels),), labels


def _dissolved(groups, links: _Links, biases: _Biases, index) -> tuple[Group, ...]:
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


def _is_regular(count, members, own, links: _Links, biases: _Biases, index) -> bool:
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


# ---- functions ------------------------------------------------------------------------------------------------------


def _activations(activation, n_neurons: int):
    def resolve(item):
        if not isinstance(item, str):
            return item
        from wildwire.functions import find

        return find(item)

    if isinstance(activation, str) or not isinstance(activation, Sequence):
        return (resolve(activation),), np.zeros(n_neurons, np.int32)
    if len(activation) != n_neurons:
        raise NetworkError(
            f"{len(activation)} activations for {n_neurons} neurons: give one, or one per neuron"
        )
    places: dict = {}
    index = np.array([places.setdefault(a, len(places)) for a in activation], np.int32)
    return tuple(resolve(item) for item in places), index


@dataclass
class _Parameters:
    offset: np.ndarray
    neuron: np.ndarray
    start: np.ndarray
    free: np.ndarray


def _parameters(functions, index, chosen: Mapping, n_neurons: int) -> _Parameters:
    known = {name for function in functions for name, _ in function.parameters}
    for name in chosen:
        look_up(dict.fromkeys(known), name, "parameter of these activations")
    count = np.array([len(f.parameters) for f in functions], np.int64)[index]
    offset = np.concatenate([[0], np.cumsum(count)])
    neuron = np.repeat(np.arange(n_neurons), count)
    start, free = np.zeros(len(neuron)), np.zeros(len(neuron), bool)
    for number, function in enumerate(functions):
        members = np.flatnonzero(index == number)
        for place, (name, default) in enumerate(function.parameters):
            rows = offset[members] + place
            if name in chosen:
                values = np.broadcast_to(
                    np.asarray(chosen[name], np.float64), (n_neurons,)
                )
                start[rows], free[rows] = values[members], True
            else:
                start[rows] = default
    return _Parameters(offset, neuron, start, free)


@dataclass
class _Biases:
    start: np.ndarray
    free: np.ndarray


def _biases(bias, bias_frozen, n_neurons: int) -> _Biases:
    if bias is False:
        return _Biases(np.zeros(n_neurons), np.zeros(n_neurons, bool))
    if bias is None or bias is True:
        start = np.full(n_neurons, np.nan)
    else:
        start = _array("bias", bias, np.float64, n_neurons)
    free = np.ones(n_neurons, bool)
    if bias_frozen is not None:
        free = ~_array("bias_frozen", bias_frozen, bool, n_neurons)
    if np.any(np.isnan(start) & ~free):
        place = int(np.argmax(np.isnan(start) & ~free))
        raise NetworkError(f"the bias of neuron {place} is frozen, but unknown")
    return _Biases(start, free)


# ---- places in theta ------------------------------------------------------------------------------------------------


@dataclass
class _Slots:
    link: np.ndarray
    bias: np.ndarray
    parameter: np.ndarray
    lets: dict[int, str]


def _assign(links: _Links, biases: _Biases, table: _Parameters, lets: Mapping):
    """Slots in theta's order: per neuron its links, its bias, its parameters; then the `let` numbers."""
    n = len(biases.free)
    count_links = np.bincount(links.target[links.free], minlength=n)
    count_parameters = np.bincount(table.neuron[table.free], minlength=n)
    count = count_links + biases.free + count_parameters
    first = np.concatenate([[0], np.cumsum(count)])
    n_own = int(first[-1])
    start = np.empty(n_own + len(lets))

    link = _ranked(links.target, links.free, first[:-1], count_links)
    bias = np.where(biases.free, first[:-1] + count_links, -1).astype(np.int32)
    begin = first[:-1] + count_links + biases.free
    parameter = _ranked(table.neuron, table.free, begin, count_parameters)
    start[link[links.free]] = links.weight[links.free]
    start[bias[biases.free]] = biases.start[biases.free]
    start[parameter[table.free]] = table.start[table.free]
    start[n_own:] = list(lets.values())
    if links.let is not None:
        if len(links.let) and links.let.max() >= len(lets):
            raise NetworkError(
                f"link_let has {links.let.max()}, but there are {len(lets)} lets"
            )
        link = np.where(links.let >= 0, n_own + links.let, link).astype(np.int32)
    return _Slots(link, bias, parameter, dict(enumerate(lets, n_own))), start


def _ranked(owner, free, begin, count) -> np.ndarray:
    """For entries sorted by owner: begin[owner] + rank among the owner's free entries, or -1."""
    rank = np.cumsum(free, dtype=np.int64) - 1
    before = np.cumsum(count) - count
    rank += (begin - before)[owner]
    return np.where(free, rank, -1).astype(np.int32)
