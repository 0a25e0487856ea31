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
    """All numbers of one kind: what they are, and whose."""

    kind: str
    owner: np.ndarray
    value: np.ndarray
    free: np.ndarray
    shared: list
    sign: np.ndarray

    @classmethod
    def of(cls, kind: str, owner, about: list[dict], value: str, prefix: str):
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
        return cls(kind, np.asarray(owner, np.int64), numbers, ~frozen, shared, sign)


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
        Its theta has, per neuron, the numbers of the links, the bias and the parameters; shared numbers come last.

    Raises
    ------
    NetworkError
        A number that is frozen but unknown.
    """
    numbers = [
        _Numbers.of("link", network.link_target, edges, "weight", ""),
        _Numbers.of("bias", np.arange(len(nodes)), nodes, "bias", "bias_"),
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
    return _Numbers.of("parameter", owner, about, "value", "")


def _assign(numbers: list[_Numbers]):
    """Places in theta: per neuron its links, its bias, its parameters; shared numbers last."""
    owner = np.concatenate([table.owner for table in numbers])
    kind = np.repeat(range(len(numbers)), [len(table.owner) for table in numbers])
    shared = [name for table in numbers for name in table.shared]
    is_shared = np.array([name is not None for name in shared], bool)
    free = np.concatenate([table.free for table in numbers]) & ~is_shared
    value = np.concatenate([table.value for table in numbers])
    sign = np.concatenate([table.sign for table in numbers])
    order = np.lexsort((kind, owner))
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
