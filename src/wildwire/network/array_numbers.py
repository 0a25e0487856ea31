"""The numbers of a network from arrays: links, biases, parameters, and their places in theta.

Comes in: what the caller of `from_arrays` gives per link and per neuron. Goes out: checked tables,
sorted by target, and the slot of every number. Called by `arrays.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import FunctionError, NetworkError
from wildwire.functions import Function, find
from wildwire.network.naming import look_up

if TYPE_CHECKING:
    from wildwire.network.array_transfers import NumberTable

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
    source = checked_array("source", source, np.int32)
    n = len(source)
    target = checked_array("target", target, np.int32, n)
    zeros, ones = np.zeros(n, np.int32), np.ones(n, np.int8)
    delay = zeros if delay is None else checked_array("delay", delay, np.int32, n)
    sign = ones if sign is None else checked_array("link_sign", sign, np.int8, n)
    let = None if link_let is None else checked_array("link_let", link_let, np.int32, n)
    if weight is None:
        weight = np.full(n, np.nan)
    else:
        weight = checked_array("weight", weight, np.float64, n)
    free = (
        np.ones(n, bool)
        if frozen is None
        else ~checked_array("frozen", frozen, bool, n)
    )
    if let is not None:
        if np.any(let < -1):
            wrong = int(np.argmax(let < -1))
            raise NetworkError(
                f"link_let[{wrong}] is {let[wrong]}; it is a place in lets, or -1"
            )
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


def checked_array(name: str, values, dtype, size: int | None = None) -> np.ndarray:
    """A copy of the values in the type that is kept; nothing is rounded or wrapped round."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise NetworkError(f"{name} must have one dimension") from None
    if array.ndim != 1:
        raise NetworkError(f"{name} must have one dimension, it has {array.ndim}")
    if size is not None and len(array) != size:
        raise NetworkError(f"{name} has {len(array)} entries, expected {size}")
    if not len(array):
        return np.zeros(0, dtype)
    if np.issubdtype(dtype, np.integer):
        _check_whole(name, array, np.iinfo(dtype))
    elif array.dtype.kind == "c" or not _is_numeric(array):
        raise NetworkError(f"{name} must hold numbers, not {array.dtype}")
    return np.array(array, dtype=dtype)


def _check_whole(name: str, array: np.ndarray, limits: np.iinfo) -> None:
    if not np.issubdtype(array.dtype, np.integer):
        raise NetworkError(f"{name} must hold whole numbers, not {array.dtype}")
    beyond = (array < limits.min) | (array > limits.max)
    if np.any(beyond):
        place = int(np.argmax(beyond))
        raise NetworkError(
            f"{name}[{place}] is {array[place]}; it must lie in "
            f"{limits.min} to {limits.max}"
        )


def _is_numeric(array: np.ndarray) -> bool:
    """Whether it holds numbers; objects such as None or Decimal are tried one by one."""
    if array.dtype.kind != "O":
        return array.dtype.kind in "biuf"
    return all(isinstance(value, Real) for value in array)


def check_targets(target: np.ndarray, n_neurons: int) -> None:
    if len(target) and (target[0] < 0 or target[-1] >= n_neurons):
        wrong = target[0] if target[0] < 0 else target[-1]
        raise NetworkError(
            f"target {wrong} is no neuron: neurons are numbered 0 to {n_neurons - 1}, "
            "inputs are not counted"
        )


# ---- functions ------------------------------------------------------------------------------------------------------


def activations(activation, n_neurons: int):
    if isinstance(activation, str) or not isinstance(activation, Sequence):
        return (resolved(activation),), np.zeros(n_neurons, np.int32)
    if len(activation) != n_neurons:
        raise NetworkError(
            f"{len(activation)} activations for {n_neurons} neurons: give one, or one per neuron"
        )
    for item in activation:
        if not isinstance(item, (str, Function)):
            resolved(item)
    places = {item: place for place, item in enumerate(dict.fromkeys(activation))}
    index = np.array([places[item] for item in activation], np.int32)
    return tuple(resolved(item) for item in places), index


def resolved(item) -> Function:
    """The activation that an entry of `activation` names or is."""
    if isinstance(item, str):
        return find(item)
    if not isinstance(item, Function):
        raise NetworkError(
            f"activation is {item!r}; it must be a name such as 'tanh', or what "
            "activation() made"
        )
    if item.kind == "expression":
        raise FunctionError(
            "a formula of several sources cannot be given as an activation: "
            "write the network as a text"
        )
    if item.kind != "activation":
        raise FunctionError(
            f"{item.name} is a {item.kind}; a neuron needs an activation"
        )
    return item


@dataclass
class ParameterTable:
    offset: np.ndarray
    neuron: np.ndarray
    start: np.ndarray
    free: np.ndarray


def parameter_table(
    functions, index, chosen: Mapping, n_neurons: int, others: Iterable[str] = ()
) -> ParameterTable:
    """The parameters of the activations; `others` are names that the transfers know."""
    known = {name for function in functions for name, _ in function.parameters}
    for name in chosen:
        look_up(dict.fromkeys([*known, *others]), name, "parameter of these functions")
    count = np.array([len(f.parameters) for f in functions], np.int64)[index]
    offset = np.concatenate([[0], np.cumsum(count)])
    neuron = np.repeat(np.arange(n_neurons), count)
    start, free = np.zeros(len(neuron)), np.zeros(len(neuron), bool)
    for number, function in enumerate(functions):
        members = np.flatnonzero(index == number)
        for place, (name, default) in enumerate(function.parameters):
            rows = offset[members] + place
            if name in chosen:
                values = per_neuron(name, chosen[name], n_neurons)
                start[rows], free[rows] = values[members], True
            elif function.elements[place]:
                start[rows], free[rows] = np.nan, True
            else:
                start[rows] = default
    return ParameterTable(offset, neuron, start, free)


def per_neuron(name: str, values, n_neurons: int) -> np.ndarray:
    """One value per neuron, from one for all or an array of them."""
    what = f"the parameter {name!r}"
    if np.ndim(values) == 0:
        return np.full(n_neurons, checked_array(what, [values], np.float64)[0])
    return checked_array(what, values, np.float64, n_neurons)


@dataclass
class BiasTable:
    start: np.ndarray
    free: np.ndarray


def bias_table(bias, bias_frozen, n_neurons: int, without=None) -> BiasTable:
    """Biases; `without` marks neurons that have none unless an array says so."""
    if bias is False:
        return BiasTable(np.zeros(n_neurons), np.zeros(n_neurons, bool))
    if bias is None or bias is True:
        start = np.full(n_neurons, np.nan)
    else:
        start = checked_array("bias", bias, np.float64, n_neurons)
    free = np.ones(n_neurons, bool)
    if without is not None and (bias is None or bias is True):
        start[without], free[without] = 0.0, False
    if bias_frozen is not None:
        free = ~checked_array("bias_frozen", bias_frozen, bool, n_neurons)
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
    number: np.ndarray
    lets: dict[int, str]


def assign_slots(
    links: LinkTable, biases: BiasTable, table: ParameterTable, lets: Mapping,
    numbers: NumberTable,
):  # fmt: skip
    """Slots in theta's order, and theta's start.

    Per neuron its links, the numbers of its transfer (parameters last), its bias, its activation's parameters; then
    the `let` numbers.
    """
    n = len(biases.free)
    of_links = numbers.free & ~numbers.is_parameter
    own = numbers.free & numbers.is_parameter
    parts = [
        (links.target, links.free, links.weight),
        (numbers.neuron, of_links, numbers.start),
        (numbers.neuron, own, numbers.start),
        (np.arange(n), biases.free, biases.start),
        (table.neuron, table.free, table.start),
    ]
    counts = [np.bincount(owner[free], minlength=n) for owner, free, _ in parts]
    first = np.concatenate([[0], np.cumsum(sum(counts))])
    n_own = int(first[-1])
    start = np.empty(n_own + len(lets))
    begin, slots = first[:-1], []
    for (owner, free, values), count in zip(parts, counts, strict=True):
        slots.append(_ranked(owner, free, begin, count))
        start[slots[-1][free]] = values[free]
        begin = begin + count
    start[n_own:] = checked_array("lets", list(lets.values()), np.float64)
    link, number, of_transfer, bias, parameter = slots
    if links.let is not None:
        if len(links.let) and links.let.max() >= len(lets):
            raise NetworkError(
                f"link_let has {links.let.max()}, but there are {len(lets)} lets"
            )
        link = np.where(links.let >= 0, n_own + links.let, link).astype(np.int32)
    number = np.where(own, of_transfer, number)
    names = dict(enumerate(lets, n_own))
    return Slots(link, bias, parameter, number, names), start


def _ranked(owner, free, begin, count) -> np.ndarray:
    """For entries sorted by owner: begin[owner] + rank among the owner's free entries, or -1."""
    rank = np.cumsum(free, dtype=np.int64) - 1
    before = np.cumsum(count) - count
    rank += (begin - before)[owner]
    return np.where(free, rank, -1).astype(np.int32)
