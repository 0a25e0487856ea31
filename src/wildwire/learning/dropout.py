"""How often each neuron is silent in training steps, from what the user wrote.

Comes in: a network, and a number or numbers by name. Goes out: a share for every neuron. Called by `binding.py`; the
engine does the rest.
"""

import numpy as np

from wildwire.errors import SettingError
from wildwire.network.naming import suggestion

__all__ = ["dropout_shares", "hidden_neurons"]


def dropout_shares(network, dropout) -> np.ndarray | None:
    """The share of each neuron, (n_neurons,); None where no neuron is ever silent.

    Parameters
    ----------
    dropout : float, or tuple of (name, float)
        One number is that of all `hidden_neurons`; names are those of neurons or groups.

    Raises
    ------
    SettingError
        An unknown name, an output, or a network that settles.
    """
    shares = np.zeros(network.n_neurons)
    if isinstance(dropout, tuple):
        for name, share in dropout:
            shares[_neurons(network, name)] = share
    else:
        shares[hidden_neurons(network)] = dropout
    if not shares.any():
        return None
    if network.settle is not None:
        raise SettingError(
            "dropout is not for networks with `settle`: "
            "with some neurons silent they would settle elsewhere, or not at all"
        )
    return shares


def hidden_neurons(network) -> np.ndarray:
    """Which neurons may be silent by default; bool (n_neurons,).

    Those with numbers of their own that are no outputs. Behind an output without numbers, such as `fixed y = 46*s +
    145`, its sources count as outputs.
    """
    learns = _learns(network)
    out = np.zeros(network.n_neurons, dtype=bool)
    waiting = (network.output_node - network.n_inputs).tolist()
    while waiting:
        j = waiting.pop()
        if j < 0 or out[j]:
            continue
        out[j] = True
        if not learns[j]:
            mine = network.link_target == j
            waiting += (network.link_source[mine] - network.n_inputs).tolist()
    return learns & ~out


def _learns(network) -> np.ndarray:
    """Which neurons have a number that is learnt: a weight, a bias, a parameter."""
    count = network.n_neurons
    found = np.asarray(network.bias_slot) != -1
    found[network.link_target[network.link_slot != -1]] = True
    for offset, slot in (
        (network.parameter_offset, network.parameter_slot),
        (network.transfer_offset, network.transfer_slot),
    ):
        owner = np.repeat(np.arange(count), np.diff(offset))
        found[owner[slot != -1]] = True
    return found


def _neurons(network, name: str) -> list[int]:
    """Numbers of the neuron or of the group's neurons called `name`."""
    names = list(network.names[network.n_inputs :])
    known, first = {own: [j] for j, own in enumerate(names)}, 0
    for group in network.groups:
        size = 1 if group.size is None else group.size
        known.setdefault(group.name, list(range(first, first + size)))
        first += size
    if name not in known:
        raise SettingError(
            f"dropout: there is no neuron or group {name!r}.{suggestion(str(name), known)}"
        )
    outputs = set((network.output_node - network.n_inputs).tolist())
    if outputs & set(known[name]):
        raise SettingError(
            f"dropout: {name!r} is an output, which must not be silent: name hidden neurons"
        )
    return known[name]
