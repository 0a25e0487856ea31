"""What a neuron computes: functions as data, their derivatives, kernels and addresses.

Comes in: names and formulas. Goes out: `Function` and, through `native`, addresses of
compiled kernels. Called by the network (names), the engine (kernels) and the learners
(compilation of update rules). Nothing here imports Numba before a kernel is asked for.

The package is also the registry of what is built in: `ww.functions["tanh"]`, see `listing.py`.
"""

import sys

from wildwire.functions.define import activation, loss, penalty
from wildwire.functions.define_transfer import (
    find_transfer,
    transfer,
    transfer_from_definition,
    transfers,
)
from wildwire.functions.definitions import from_definition, from_definitions
from wildwire.functions.function import Function
from wildwire.functions.listing import Listing
from wildwire.functions.registry import catalogue, find, find_loss, losses
from wildwire.functions.transfer import Transfer

__all__ = [
    "Function",
    "Transfer",
    "activation",
    "catalogue",
    "find",
    "find_loss",
    "find_transfer",
    "from_definition",
    "from_definitions",
    "loss",
    "losses",
    "penalty",
    "transfer",
    "transfer_from_definition",
    "transfers",
]

sys.modules[__name__].__class__ = Listing
