"""The transfers of a network from arrays, and their numbers.

Comes in: what the caller of `from_arrays` says of transfers. Goes out: the transfers with an index per neuron, and
the table of their numbers in the order of `Network.transfer_offset`. Called by `arrays.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wildwire.errors import FunctionError, NetworkError
from wildwire.functions import Transfer, find_transfer
from wildwire.network.array_numbers import checked_array, per_neuron

LINEAR = (None, "linear")
"""What stands for the weighted sum."""


@dataclass
class NumberTable:
    """The numbers of all neurons' transfers.

    Attributes
    ----------
    offset : ndarray of int64, (n_neurons+1,)
    neuron : ndarray of int64, (n_numbers,)
        Whose they are.
    is_parameter : ndarray of bool, (n_numbers,)
        Of the neuron, not of its links or pairs of them.
    start : ndarray of float64, (n_numbers,)
    free : ndarray of bool, (n_numbers,)
    """

    offset: np.ndarray
    neuron: np.ndarray
    is_parameter: np.ndarray
    start: np.ndarray
    free: np.ndarray


def transfers_of(transfer, n_neurons: int) -> tuple[tuple, np.ndarray]:
    """The transfers, the first None, and the place of each neuron's."""
    if isinstance(transfer, str | Transfer) or not isinstance(transfer, Sequence):
        transfer = [transfer] * n_neurons
    if len(transfer) != n_neurons:
        raise NetworkError(
            f"{len(transfer)} transfers for {n_neurons} neurons: give one, or one per neuron"
        )
    found = [_resolved(item) for item in transfer]
    places = {item: place for place, item in enumerate(dict.fromkeys([None, *found]))}
    return tuple(places), np.array([places[item] for item in found], np.int32)


def _resolved(item) -> Transfer | None:
    if item is None or item in LINEAR:
        return None
    if isinstance(item, str):
        return find_transfer(item)
    if not isinstance(item, Transfer):
        raise NetworkError(
            f"transfer is {item!r}; it must be a name such as 'distance', or what transfer() made"
        )
    return item


def number_table(
    transfers: tuple, index: np.ndarray, target: np.ndarray, chosen: Mapping, given, frozen
) -> NumberTable:  # fmt: skip
    """The numbers of the transfers: by default unknown, but parameters frozen at the default of their definition.

    Parameters
    ----------
    transfers, index : tuple and array
        As `transfers_of` gives them.
    target : ndarray of int, (n_links,)
    chosen : mapping of str to array_like
        Start values of parameters that learn, by name.
    given, frozen : array_like or None
        Start values, and whether they must not learn.
    """
    links = np.bincount(target, minlength=len(index))
    members = [np.flatnonzero(index == place) for place in range(len(transfers))]
    count = np.zeros(len(index), np.int64)
    for transfer, own in zip(transfers[1:], members[1:], strict=True):
        _check_links(transfer, links[own])
        for n in np.unique(links[own]).tolist():
            count[own[links[own] == n]] = transfer.n_numbers(n)
    offset = np.concatenate([[0], np.cumsum(count)])
    neuron = np.repeat(np.arange(len(index)), count)
    start, is_parameter = np.full(len(neuron), np.nan), np.zeros(len(neuron), bool)
    free = np.ones(len(neuron), bool)
    for transfer, own in zip(transfers[1:], members[1:], strict=True):
        for place, (_, default) in enumerate(transfer.parameters):
            rows = offset[own] + place
            start[rows], free[rows], is_parameter[rows] = default, False, True
    if given is not None:
        start = checked_array("transfer_numbers", given, np.float64, len(neuron))
    if frozen is not None:
        free = ~checked_array("transfer_frozen", frozen, bool, len(neuron))
    for transfer, own in zip(transfers[1:], members[1:], strict=True):
        for place, (name, _) in enumerate(transfer.parameters):
            if name in chosen:
                rows = offset[own] + place
                start[rows] = per_neuron(name, chosen[name], len(index))[own]
                free[rows] = True
    unknown = np.flatnonzero(np.isnan(start) & ~free)
    if len(unknown):
        raise NetworkError(f"transfer number {unknown[0]} is frozen, but unknown")
    return NumberTable(offset, neuron, is_parameter, start, free)


def _check_links(transfer: Transfer, links: np.ndarray) -> None:
    """Before memory is taken for its pairs."""
    try:
        transfer.check_links(int(links.max(initial=0)))
    except FunctionError as error:
        raise NetworkError(str(error)) from None


def parameter_names(transfers: tuple) -> set[str]:
    """Names of the parameters of all transfers."""
    own = [transfer for transfer in transfers if transfer is not None]
    return {name for transfer in own for name, _ in transfer.parameters}


def without_bias(transfers: tuple, index: np.ndarray) -> np.ndarray:
    """For every neuron whether its transfer knows no bias."""
    return np.array([t is not None and not t.has_bias for t in transfers])[index]


def are_alike(table: NumberTable, index: np.ndarray, members: slice) -> bool:
    """Whether one `~` line can say the numbers of all these neurons, which have equally many links."""
    if np.any(index[members] != index[members.start]):
        return False
    rows = slice(table.offset[members.start], table.offset[members.stop])
    shape = (members.stop - members.start, -1)
    free, start = table.free[rows].reshape(shape), table.start[rows].reshape(shape)
    parameter = table.is_parameter[rows].reshape(shape)
    held = ~free[:1] & parameter[:1]
    same = np.all(free == free[:1]) and np.all((start == start[:1]) | ~held)
    return bool(same and np.all(free | parameter))
