"""The numbers of a network from arrays: links, biases, parameters, and their places in theta.

Comes in: what the caller of `from_arrays` gives per link and per neuron. Goes out: checked tables,
sorted by target, and the slot of every number. Called by `arrays.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wildwire.errors import NetworkError
from wildwire.network.naming import look_up

# ---- links ----------------------------------------------------------------------------------------------------------


@dataclass
class LinkTable:
    source: np.ndarray
    target: np.ndarray
    delay: np.ndarray
    weight: np.ndarray
    free: np.ndarray
    let: np.ndarray | None
    sign: np.ndarray


def link_table(source, target, delay, weight, frozen, link_let, sign) -> LinkTable:
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
    links = LinkTable(source, target, delay, weight, free, let, sign)
    if np.any(target[1:] < target[:-1]):
        _sort(links)
    return links


def _sort(links: LinkTable) -> None:
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


def check_targets(target: np.ndarray, n_neurons: int) -> None:
    if len(target) and (target[0] < 0 or target[-1] >= n_neurons):
        wrong = target[0] if target[0] < 0 else target[-1]
        raise NetworkError(
            f"target {wrong} is no neuron: neurons are numbered 0 to {n_neurons - 1}, "
            "inputs are not counted"
        )


# ---- functions ------------------------------------------------------------------------------------------------------


def activations(activation, n_neurons: int):
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
class ParameterTable:
    offset: np.ndarray
    neuron: np.ndarray
    start: np.ndarray
    free: np.ndarray


def parameter_table(
    functions, index, chosen: Mapping, n_neurons: int
) -> ParameterTable:
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
    return ParameterTable(offset, neuron, start, free)


@dataclass
class BiasTable:
    start: np.ndarray
    free: np.ndarray


def bias_table(bias, bias_frozen, n_neurons: int) -> BiasTable:
    if bias is False:
        return BiasTable(np.zeros(n_neurons), np.zeros(n_neurons, bool))
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
    return BiasTable(start, free)


# ---- places in theta ------------------------------------------------------------------------------------------------


@dataclass
class Slots:
    link: np.ndarray
    bias: np.ndarray
    parameter: np.ndarray
    lets: dict[int, str]


def assign_slots(
    links: LinkTable, biases: BiasTable, table: ParameterTable, lets: Mapping
):
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
    return Slots(link, bias, parameter, dict(enumerate(lets, n_own))), start


def _ranked(owner, free, begin, count) -> np.ndarray:
    """For entries sorted by owner: begin[owner] + rank among the owner's free entries, or -1."""
    rank = np.cumsum(free, dtype=np.int64) - 1
    before = np.cumsum(count) - count
    rank += (begin - before)[owner]
    return np.where(free, rank, -1).astype(np.int32)
