"""The numbers of a graph's nodes and edges, given their places in theta.

Comes in: a network whose numbers do not matter yet, and dictionaries of attributes. Goes out: the network with
them. Called by `graphs.from_networkx`. `from_arrays` cannot be told which single parameter is frozen or which
bias is shared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.errors import NetworkError
from wildwire.network.description import Network


@dataclass
class _Numbers:
    """All numbers of one kind: what they are, whose, and the rank of each among a neuron's numbers in theta."""

    kind: str
    rank: np.ndarray
    owner: np.ndarray
    value: np.ndarray
    free: np.ndarray
    shared: list
    sign: np.ndarray

    @classmethod
    def of(cls, kind: str, rank, owner, about: list[dict], value: str, prefix: str):
        numbers = np.array([_number(item.get(value)) for item in about])
        frozen = np.array([bool(item.get(f"{prefix}frozen")) for item in about], bool)
        shared = [item.get(f"{prefix}shared") for item in about]
        signs = [_sign(item.get(f"{prefix}sign", 1)) for item in about]
        sign = np.array(signs, np.int8)
        if np.any(frozen & np.isnan(numbers)):
            place = int(np.argmax(frozen & np.isnan(numbers)))
            raise NetworkError(
                f"{kind} {place} of the graph is frozen, but its {value} is unknown"
            )
        owner = np.asarray(owner, np.int64)
        rank = np.broadcast_to(np.asarray(rank, np.int64), owner.shape)
        return cls(kind, rank, owner, numbers, ~frozen, shared, sign)


def _number(value) -> float:
    try:
        return np.nan if value is None else float(value)
    except (TypeError, ValueError):
        raise NetworkError(
            f"an attribute of the graph that must be a number is {value!r}"
        ) from None


def _sign(value) -> int:
    if value in (1, -1):
        return int(value)
    raise NetworkError(f"a sign in the graph is {value!r}; it is 1 or -1")


def with_numbers(
    network: Network, whole: dict, nodes: list[dict], edges: list[dict]
) -> Network:
    """The network with the numbers of a graph's attributes.

    Parameters
    ----------
    network : Network
        With the right structure and functions; its numbers are replaced.
    whole : dict
        Attributes of the graph.
    nodes, edges : list of dict
        Attributes of the neurons, and of the edges in the order of the network's links.

    Returns
    -------
    Network
        Its theta has, per neuron, the numbers of the links, of the transfer, the bias and the parameters; shared
        numbers come last.

    Raises
    ------
    NetworkError
        A number that is frozen but unknown.
    """
    numbers = [
        _Numbers.of("link", 0, network.link_target, edges, "weight", ""),
        _transfer_numbers(network, nodes),
        _Numbers.of(
            "bias", 3, np.arange(len(nodes)), _biases(network, nodes), "bias", "bias_"
        ),
        _parameter_numbers(network, nodes),
    ]
    slots, start, lets = _assign(numbers)
    changes: dict[str, Any] = {
        "start": start,
        "lets": lets,
        "slot_names": tuple((slot, name) for name, slot in lets),
        "heads": whole.get("heads", ()),
        "classes": whole.get("classes"),
        "bounds": _bounds(whole.get("bounds"), lets, len(start)),
    }
    for table, slot in zip(numbers, slots, strict=True):
        changes[f"{table.kind}_slot"] = slot
        changes[f"{table.kind}_sign"] = table.sign
        changes[f"{table.kind}_value"] = np.where(slot == -1, table.value, 0.0)
    return dataclasses.replace(network, **changes)


def _bounds(given, lets, n_theta: int) -> np.ndarray | None:
    """The bounds of the shared numbers, from a mapping of names to pairs."""
    if not given:
        return None
    bounds = np.tile([-np.inf, np.inf], (n_theta, 1))
    for name, slot in lets:
        try:
            low, high = given.get(name, (-np.inf, np.inf))
            bounds[slot] = low, high
        except (AttributeError, TypeError, ValueError):
            raise NetworkError(
                f"bounds of the graph are {given!r}; they are a mapping of names to "
                "pairs (low, high)"
            ) from None
    return bounds


def _parameter_numbers(network: Network, nodes: list[dict]) -> _Numbers:
    about, owner = [], []
    for neuron, node in enumerate(nodes):
        given = node.get("parameters", {})
        if not isinstance(given, Mapping):
            raise NetworkError(
                f"parameters of neuron {neuron} of the graph are {given!r}; they are a "
                "mapping of names to numbers"
            )
        frozen = node.get("frozen_parameters", ())
        shared = node.get("shared_parameters", {})
        function = network.function_of(neuron)
        for (name, default), element in zip(
            function.parameters, function.elements, strict=True
        ):
            default = None if element else default  # unknown, and learns
            item = {"value": given.get(name, default), "shared": shared.get(name)}
            item["frozen"] = name in frozen or (name not in given and not element)
            about.append(item)
            owner.append(neuron)
    return _Numbers.of("parameter", 4, owner, about, "value", "")


def _biases(network: Network, nodes: list[dict]) -> list[dict]:
    """What nodes say of their bias; one that says nothing has none where its transfer knows none."""
    none = {"bias": 0.0, "bias_frozen": True}
    without = [t is not None and not t.has_bias for t in network.transfers]
    return [
        node if not without[place] or "bias" in node else none
        for node, place in zip(nodes, network.transfer.tolist(), strict=True)
    ]


def _transfer_numbers(network: Network, nodes: list[dict]) -> _Numbers:
    """The numbers of transfers: as given, else parameters at their default, all others unknown."""
    about, owner, rank = [], [], []
    offsets = network.transfer_offset.tolist()
    for neuron, node in enumerate(nodes):
        count = offsets[neuron + 1] - offsets[neuron]
        transfer = network.transfer_of(neuron)
        if transfer is None or not count:
            continue
        own: list[Any] = [{"value": v, "frozen": True} for v in transfer.defaults]
        own += [{} for _ in range(count - len(own))]
        given = node.get("transfer_numbers", own)
        if not isinstance(given, list | tuple) or len(given) != count:
            raise NetworkError(
                f"transfer_numbers of neuron {neuron} of the graph are {given!r}; {transfer.name} has {count} with "
                "these links: leave the attribute out, or give a list of so many"
            )
        about += [g if isinstance(g, Mapping) else {"value": g} for g in given]
        owner += [neuron] * count
        rank += [2] * len(transfer.parameters)
        rank += [1] * (count - len(transfer.parameters))
    return _Numbers.of("transfer", rank, owner, about, "value", "")


def _assign(numbers: list[_Numbers]):
    """Places in theta: per neuron by rank; shared numbers last."""
    owner = np.concatenate([table.owner for table in numbers])
    rank = np.concatenate([table.rank for table in numbers])
    shared = [name for table in numbers for name in table.shared]
    is_shared = np.array([name is not None for name in shared], bool)
    free = np.concatenate([table.free for table in numbers]) & ~is_shared
    value = np.concatenate([table.value for table in numbers])
    sign = np.concatenate([table.sign for table in numbers])
    order = np.lexsort((rank, owner))
    order = order[free[order]]
    slot = np.full(len(owner), -1, np.int64)
    slot[order] = np.arange(len(order))
    names = list(dict.fromkeys(name for name in shared if name is not None))
    start = np.concatenate([value[order], np.full(len(names), np.nan)])
    for place in np.flatnonzero(is_shared).tolist():
        slot[place] = len(order) + names.index(shared[place])
        start[slot[place]] = sign[place] * value[place]
    lets = tuple((name, len(order) + i) for i, name in enumerate(names))
    ends = np.cumsum([len(table.owner) for table in numbers])[:-1]
    return np.split(slot.astype(np.int32), ends), start, lets
