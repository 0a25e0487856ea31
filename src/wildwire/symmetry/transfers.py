"""What a transfer function does not notice.

Comes in: an entry of `network.transfers`. Goes out: `Invariance`. Called by `forms.py`, `hidden.py`, `parts.py` and
`builder.py`, which know nothing else of transfers.
"""

from __future__ import annotations

import numpy as np

from wildwire.functions.transfer_symmetry import Invariance, invariance_of

__all__ = ["Invariance", "invariance", "invariance_at"]

SUM = Invariance(order=True, signs=True, scale=True, negates=True)


def invariance(transfer) -> Invariance:
    """The rules of a transfer (None: the weighted sum), from its formula, whatever the values of its parameters are."""
    return SUM if transfer is None else invariance_of(transfer)


def invariance_at(network, neuron) -> Invariance:
    """The rules of a neuron's transfer at the values of its parameters, where all of them are frozen."""
    transfer = network.transfer_of(neuron)
    first, last = network.transfer_offset[neuron : neuron + 2]
    if transfer is None or np.any(network.transfer_slot[first:last] != -1):
        return invariance(transfer)
    values = network.transfer_sign[first:last] * network.transfer_value[first:last]
    return invariance_of(transfer, tuple(values.tolist()))
