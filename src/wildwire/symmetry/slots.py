"""Which learnable numbers stand in one place only.

Comes in: a network. Goes out: a mask over theta. Called by `hidden.py`, `parts.py` and `assemble.py`.
"""

from __future__ import annotations

import numpy as np


def own_slots(network) -> np.ndarray:
    """True for numbers of theta that exactly one link, bias or parameter uses, as it is; (n_theta,)."""
    used = np.zeros(network.n_theta, np.int64)
    for kind in ("link", "bias", "parameter"):
        slot = getattr(network, f"{kind}_slot")
        np.add.at(used, slot[slot >= 0], 1)
    np.add.at(used, network.derived.slot, 2)
    used[[slot for _, slot in network.lets]] += 2  # a name that is written stays
    return used == 1
