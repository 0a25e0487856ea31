"""Numbers of theta by name, and as the matrices of layers.

Comes in: a network with a vector theta, or a dictionary of numbers. Goes out: dictionaries,
vectors, matrices for people. Called by the methods of `Network`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wildwire.errors import SettingError
from wildwire.network import naming

if TYPE_CHECKING:
    from wildwire.network.description import Network


def as_theta(network: Network, theta) -> np.ndarray:
    """The vector as float64 of the right length, or an error that says which length it should have."""
    try:
        vector = np.asarray(theta, dtype=np.float64)
    except (TypeError, ValueError):
        raise SettingError(
            f"theta must be a vector of {network.n_theta} numbers, not "
            f"{type(theta).__name__}"
        ) from None
    if vector.shape != (network.n_theta,):
        raise SettingError(
            f"theta has shape {vector.shape}, but this network has {network.n_theta} "
            f"learnable numbers: expected shape ({network.n_theta},)"
        )
    return vector


def numbers(network: Network, theta) -> dict[str, float]:
    """The learnable numbers by name, in theta's order."""
    return dict(
        zip(network.theta_names, as_theta(network, theta).tolist(), strict=True)
    )


def vector(network: Network, given: Mapping[str, float]) -> np.ndarray:
    """The start vector with the given numbers in it.

    Raises
    ------
    UnknownNameError
        A name that theta does not have.
    SettingError
        What is given is no mapping, or a value is no number.
    """
    if not isinstance(given, Mapping):
        raise SettingError(
            f"theta() takes numbers by name, as in theta({{'a': 0.5}}), not {given!r}"
        )
    theta = np.array(network.start)
    places = {name: slot for slot, name in enumerate(network.theta_names)}
    for name, value in given.items():
        slot = naming.look_up(places, name, "learnable number")
        try:
            theta[slot] = value
        except (TypeError, ValueError):
            raise SettingError(f"{name!r} must be a number; it is {value!r}") from None
    return theta


class WeightMatrix(NamedTuple):
    """The weights into a neuron or group.

    Attributes
    ----------
    weights : ndarray of float64, (n_neurons, n_sources)
        0 where there is no link; several links between the same pair with the same delay are added.
    sources : tuple of str
        Names of the columns, `x1` or `x1@2`, in the order of their first link.
    biases : ndarray of float64, (n_neurons,)
    """

    weights: np.ndarray
    sources: tuple[str, ...]
    biases: np.ndarray


def matrix(network: Network, theta, name: str) -> WeightMatrix:
    """The weights into the neuron or group `name` under theta.

    Raises
    ------
    UnknownNameError
        There is no such neuron or group.
    """
    found = network.neurons[name]
    members = found if isinstance(found, list) else [found]
    first, count = members[0].number, len(members)
    weight = all_values(network, "link", theta)
    bias = all_values(network, "bias", theta)[first : first + count]
    begin, end = np.searchsorted(network.link_target, [first, first + count])
    links = slice(begin, end)
    pairs = list(
        zip(network.link_source[links].tolist(), network.link_delay[links].tolist(), strict=True)
    )  # fmt: skip
    columns = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
    result = np.zeros((count, len(columns)))
    rows = network.link_target[links] - first
    place = np.array([columns[pair] for pair in pairs], np.intp)
    np.add.at(result, (rows, place), weight[links])
    names = network.names
    sources = (f"{names[s]}@{d}" if d else names[s] for s, d in columns)
    return WeightMatrix(result, tuple(sources), bias)


def all_values(network: Network, kind: str, theta) -> np.ndarray:
    """All numbers of the table `kind` ("link", "bias", "parameter", "transfer") under theta."""
    theta = as_theta(network, theta)
    slot = getattr(network, f"{kind}_slot")
    value = np.array(getattr(network, f"{kind}_value"))
    value[slot >= 0] = theta[slot[slot >= 0]]
    if len(network.derived):
        value[slot < -1] = network.derived.values(theta)[-slot[slot < -1] - 2]
    return value * getattr(network, f"{kind}_sign")
