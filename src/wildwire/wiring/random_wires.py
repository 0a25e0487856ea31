"""Randomly wired networks; the kinds of graph are in `wildwire.random_graphs`.

Comes in: sizes, names, functions, a seed. Goes out: a `Network`. Called by users through `wildwire.wiring`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wildwire.network import Group, Network
from wildwire.random_graphs import random_graph
from wildwire.wiring.ends import check_size, columns_of, named, per_layer, transfers_of

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.functions.transfer import Transfer

__all__ = ["random"]


def random(
    n_inputs: int | Sequence,
    n_neurons: int,
    n_outputs: int | Sequence = 1,
    *,
    kind: str = "ws",
    p: float | None = None,
    k: int | None = None,
    m: int | None = None,
    activation: str | Function | Sequence = "tanh",
    output_activation: str | Function = "identity",
    transfer: str | Transfer | Sequence | None = None,
    output_transfer: str | Transfer | None = None,
    bias: bool = True,
    seed=0,
) -> Network:
    """A randomly wired network.

    A random graph of n_neurons nodes, each edge directed from the lower to the higher index. Nodes without an edge
    into them read all inputs; nodes without an edge out of them are read by all outputs.

    Parameters
    ----------
    n_inputs, n_outputs : int or sequence of str
        Sizes or names, as in `layered`.
    n_neurons : int, at least 1
        Nodes of the graph, named `h_0`, `h_1`, ...; the outputs come on top.
    kind : "er", "ws" or "ba"
        Erdős–Rényi: every pair is linked with probability p. Watts–Strogatz: a ring in which each node knows
        its k nearest, each edge rewired with probability p. Barabási–Albert: nodes arrive one by one, each with
        m edges to nodes that are chosen in proportion to their degree.
    p : float in [0, 1] or None
        None is 0.2 for "er" and 0.75 for "ws".
    k : int, even, 2 to n_neurons - 1, or None
        None is 4, or 2 for fewer than 5 neurons; "ws" needs at least 3.
    m : int, 1 to n_neurons - 1, or None
        None is 5, or n_neurons - 1 for fewer than 6 neurons; "ba" needs at least 2.
    activation : str, Function, or one per neuron of the graph
    output_activation : str or Function
    transfer, output_transfer
        As in `layered`, for hidden neurons one for all or one for each.
    bias : bool
    seed : int, SeedSequence or Generator

    Returns
    -------
    Network

    Notes
    -----
    Edges: about p*N*(N-1)/2 for "er", exactly N*k/2 for "ws" (64 for N = 32 and k = 4), m*(N - m) for "ba".
    Cost linear in the edges, about a second for a million.

    References
    ----------
    S. Xie, A. Kirillov, R. Girshick, K. He: Exploring randomly wired neural networks for image recognition.
    ICCV 2019, section 3.
    """
    inputs, first = named(n_inputs, "x", "the number of inputs")
    outputs, count = named(n_outputs, "y", "the number of outputs")
    n = check_size(n_neurons, "the number of neurons")
    low, high = random_graph(kind, n, p=p, k=k, m=m, seed=seed)
    heads = np.flatnonzero(np.bincount(high, minlength=n) == 0)
    tails = np.flatnonzero(np.bincount(low, minlength=n) == 0)
    source = [np.tile(np.arange(first), len(heads)), first + low]
    target = [np.repeat(heads, first), high]
    source.append(np.tile(first + tails, count))
    target.append(np.repeat(np.arange(n, n + count), len(tails)))
    return Network.from_arrays(
        columns_of(inputs), np.concatenate(source), np.concatenate(target),
        neurons=[Group("h", n, dissolved=True), *outputs],
        outputs=range(n, n + count),
        activation=[*per_layer(activation, n), *[output_activation] * count],
        bias=bias, transfer=transfers_of(transfer, n, output_transfer, count),
    )  # fmt: skip
