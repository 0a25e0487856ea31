"""Generators of wiring: layered, fully cascaded, random, with memory; and the door to NetworkX.

Comes in: sizes, names, functions, a seed. Goes out: a `Network`. Called by users, estimators and the command line.
`layers.py`, `random_wires.py` and `perceptron.py` make networks without memory. With memory: `recurrent.py` (Elman,
Jordan), `lagged.py` (NARX), `echo_state.py` (reservoirs), `gated.py` (LSTM, GRU), `associative.py` (Hopfield).
`slopes.py` makes a network that computes the derivatives of another as well.
"""

from wildwire.network.graphs import from_networkx
from wildwire.wiring.associative import hopfield
from wildwire.wiring.echo_state import reservoir
from wildwire.wiring.gated import gru, lstm
from wildwire.wiring.lagged import narx
from wildwire.wiring.layers import cascade, layered
from wildwire.wiring.perceptron import perceptron1958
from wildwire.wiring.random_wires import random
from wildwire.wiring.recurrent import elman, jordan
from wildwire.wiring.slopes import slope_network

__all__ = [
    "cascade", "elman", "from_networkx", "gru", "hopfield", "jordan", "layered", "lstm",
    "narx", "perceptron1958", "random", "reservoir", "slope_network",
]  # fmt: skip
