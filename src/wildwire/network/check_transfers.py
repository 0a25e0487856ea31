"""What must hold for the transfers of a network.

Comes in: a network whose links are in order. Goes out: nothing, or an error that names the neuron. Called by
`check.py`; a network without transfers costs one look at its functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import FunctionError, NetworkError

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.functions.transfer import Transfer
    from wildwire.network.description import Network


def about(error: NetworkError, neuron: int) -> NetworkError:
    """The error with the number of its neuron, by which `elaborate.py` finds the line of text."""
    vars(error)["neuron"] = neuron
    return error


def check_kinds(network: Network) -> None:
    """NetworkError unless the first transfer is None, the weighted sum, and every other one a `Transfer`."""
    from wildwire.functions.transfer import Transfer

    if network.transfers[:1] != (None,):
        raise NetworkError("transfers[0] must be None, the weighted sum")
    for place, transfer in enumerate(network.transfers[1:], 1):
        if not isinstance(transfer, Transfer):
            raise NetworkError(f"transfers[{place}] is {transfer!r}, not a Transfer")


def check_transfers(network: Network) -> None:
    """Check what every neuron's transfer needs.

    Raises
    ------
    NetworkError
        A neuron has more or fewer numbers than its transfer, a bias that its transfer does not name, more links
        than pairs allow, or an activation that does not take as many numbers as the transfer returns.
    """
    _check_arguments(network)
    numbers = np.diff(network.transfer_offset)
    if len(network.transfers) == 1 and not numbers.any():
        return
    links = np.bincount(network.link_target, minlength=network.n_neurons)
    for transfer, members in users(network):
        _check_links(transfer, members, links)
        if not transfer.has_bias:
            _check_no_bias(network, transfer, members)
    _check_counts(network, numbers, links)


def users(network: Network) -> Iterator[tuple[Transfer, np.ndarray]]:
    """Every transfer that some neurons have, with the numbers of those neurons."""
    for place, transfer in enumerate(network.transfers):
        members = np.flatnonzero(network.transfer == place)
        if transfer is not None and len(members):
            yield transfer, members


def fits(transfer: Transfer | None, activation: Function) -> str | None:
    """What to say where the activation does not take what the transfer returns; None where it does."""
    given = 1 if transfer is None else transfer.n_values
    taken = len(activation.arguments)
    if activation.kind == "expression":
        if transfer is None:
            return None
        return f"the transfer {transfer.name} stands around a formula of several sources; give it an activation"
    if given == taken:
        return None
    if transfer is None:
        return (
            f"the activation {activation.name} takes {taken} numbers, and a weighted sum is one: put a transfer "
            f"inside that returns {taken}"
        )
    numbers = "one number" if given == 1 else f"{given} numbers"
    arguments = "one argument" if given == 1 else f"{given} arguments"
    return (
        f"the transfer {transfer.name} returns {numbers}, and the activation {activation.name} takes {taken}: "
        f"write an activation of {arguments} around it"
    )


def _check_arguments(network: Network) -> None:
    usual = all(len(f.arguments) == 1 for f in network.functions)
    if usual and len(network.transfers) == 1:
        return
    width = len(network.functions)
    pairs = network.transfer.astype(np.int64) * width + network.activation
    kinds, first = np.unique(pairs, return_index=True)
    for kind, neuron in zip(kinds.tolist(), first.tolist(), strict=True):
        transfer = network.transfers[kind // width]
        message = fits(transfer, network.functions[kind % width])
        if message is not None:
            raise about(NetworkError(f"{_name(network, neuron)}: {message}"), neuron)


def _check_counts(network: Network, numbers, links) -> None:
    expected = np.zeros(network.n_neurons, np.int64)
    for transfer, members in users(network):
        counts, which = np.unique(links[members], return_inverse=True)
        sizes = np.array([transfer.n_numbers(n) for n in counts.tolist()], np.int64)
        expected[members] = sizes[which]
    wrong = np.flatnonzero(numbers != expected)
    if len(wrong):
        neuron = int(wrong[0])
        transfer = network.transfer_of(neuron)
        what = "linear" if transfer is None else transfer.name
        message = (
            f"the neuron {_name(network, neuron)} has {numbers[neuron]} numbers of its transfer in transfer_offset; "
            f"{what} with {links[neuron]} links has {expected[neuron]}"
        )
        raise about(NetworkError(message), neuron)


def _check_links(transfer: Transfer, members, links) -> None:
    most = members[np.argmax(links[members])]
    try:
        transfer.check_links(int(links[most]))
    except FunctionError as error:
        raise about(NetworkError(str(error)), int(most)) from None


def _check_no_bias(network: Network, transfer: Transfer, members) -> None:
    slot, value = network.bias_slot[members], network.bias_value[members]
    biased = members[(slot != -1) | (value != 0)]
    if len(biased):
        neuron = int(biased[0])
        message = (
            f"the neuron {_name(network, neuron)} has a bias, and its transfer {transfer.name} knows none: "
            "leave it out"
        )
        raise about(NetworkError(message), neuron)


def _name(network: Network, neuron: int) -> str:
    return repr(network.names[network.n_inputs + neuron])
