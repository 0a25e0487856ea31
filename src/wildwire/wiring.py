"""Generators of wiring: layered, fully cascaded, random; and the door to NetworkX.

Comes in: sizes, names, functions, a seed. Goes out: a `Network`. Called by users, estimators and the command
line. Everything is made as arrays, a million links in about a second; the kinds of random graph are in
`random_graphs.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import SettingError
from wildwire.network import Column, Group, Network
from wildwire.network.graphs import from_networkx
from wildwire.random_graphs import random_graph

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.functions.transfer import Transfer

__all__ = ["cascade", "from_networkx", "layered", "random"]


def layered(
    *widths: int | Sequence,
    activation: str | Function | Sequence = "tanh",
    output_activation: str | Function = "identity",
    transfer: str | Transfer | Sequence | None = None,
    output_transfer: str | Transfer | None = None,
    skip: bool | str | Iterable[tuple[int, int]] = False,
    bias: bool = True,
    head: str | None = None,
    classes: Sequence | None = None,
) -> Network:
    """A network of layers: inputs, any number of hidden layers, outputs.

    Parameters
    ----------
    *widths : int, or sequence of str for the first and the last
        Sizes from the inputs to the outputs. Names instead of a size name the inputs or outputs; otherwise they
        are `x` and `y`, groups where they are several. Hidden layers are the groups `h`, or `h1`, `h2`, ...
    activation : str, Function, or one per hidden layer
    output_activation : str or Function
    transfer : str, Transfer, None, or one per hidden layer
        What a neuron makes of its links, such as "distance" or "product"; None is the weighted sum.
    output_transfer : str, Transfer or None
    skip : False, True, "inputs" or pairs of layers
        Links that pass over layers. True: each layer reads all layers before it. "inputs": the outputs also
        read the inputs, so that a linear model is inside. Pairs `(from, to)` count layers from 0, the inputs.
    bias : bool
        Where the transfer knows one.
    head : "softmax" or None
        Computed over all outputs together.
    classes : sequence or None
        Labels of the outputs.

    Returns
    -------
    Network
        A neuron reads the nearest layer first and then those before it, which is also the order of its weights
        in theta.

    Raises
    ------
    SettingError
        A width, activation or pair that makes no sense; the message says which.

    Examples
    --------
    >>> import wildwire.wiring
    >>> wildwire.wiring.layered(4, 8, 3, activation="tanh")
    <Network: 4 inputs, 11 neurons, 56 links, 3 outputs, 67 numbers>
    """
    if len(widths) < 2:
        raise SettingError(
            "layered() needs at least the number of inputs and the number of outputs, "
            f"such as layered(4, 8, 3); it got {len(widths)} sizes."
        )
    inputs, n_inputs = _named(widths[0], "x", "the number of inputs")
    outputs, n_outputs = _named(widths[-1], "y", "the number of outputs")
    hidden = [
        _check_size(width, f"the width of hidden layer {i}")
        for i, width in enumerate(widths[1:-1], 1)
    ]
    sizes = [n_inputs, *hidden, n_outputs]
    source, target = _layer_links(sizes, _layer_pairs(skip, len(sizes)))
    groups = [_group(_layer_name(i, hidden), n) for i, n in enumerate(hidden)]
    functions = [*_per_layer(activation, len(hidden)), output_activation]
    transfers = _transfers(transfer, len(hidden), output_transfer)
    return Network.from_arrays(
        _columns(inputs), source, target,
        neurons=groups + outputs,
        outputs=range(sum(hidden), sum(hidden) + n_outputs),
        activation=_repeated(functions, sizes[1:]), bias=bias, head=head,
        classes=classes, transfer=transfers and _repeated(transfers, sizes[1:]),
    )  # fmt: skip


def cascade(
    n_inputs: int | Sequence,
    n_hidden: int,
    n_outputs: int | Sequence = 1,
    *,
    activation: str | Function | Sequence = "tanh",
    output_activation: str | Function = "identity",
    transfer: str | Transfer | Sequence | None = None,
    output_transfer: str | Transfer | None = None,
    bias: bool = True,
) -> Network:
    """A fully cascaded network: every neuron reads all inputs and all neurons before it.

    Parameters
    ----------
    n_inputs, n_outputs : int or sequence of str
        Sizes or names, as in `layered`. The outputs read the inputs and all hidden neurons, not one another.
    n_hidden : int, 0 or more
        Hidden neurons `h1`, `h2`, ..., one above the other: the deepest wiring there is.
    activation : str, Function, or one per hidden neuron
    output_activation : str or Function
    transfer, output_transfer
        As in `layered`, for hidden neurons one for all or one for each.
    bias : bool

    Returns
    -------
    Network
        With n_hidden * (n_hidden - 1) / 2 links among the hidden neurons.

    References
    ----------
    S. E. Fahlman, C. Lebiere: The cascade-correlation learning architecture. NIPS 2 (1990); B. M. Wilamowski:
    Neural network architectures and learning algorithms. IEEE Industrial Electronics Magazine 3 (2009).
    """
    inputs, first = _named(n_inputs, "x", "the number of inputs")
    outputs, count = _named(n_outputs, "y", "the number of outputs")
    n_hidden = _check_size(n_hidden, "the number of hidden neurons", low=0)
    reads = first + np.concatenate([np.arange(n_hidden), np.full(count, n_hidden)])
    target = np.repeat(np.arange(n_hidden + count), reads)
    source = np.arange(len(target)) - np.repeat(np.cumsum(reads) - reads, reads)
    names = [Group(f"h{i + 1}") for i in range(n_hidden)]
    functions = [*_per_layer(activation, n_hidden), *[output_activation] * count]
    return Network.from_arrays(
        _columns(inputs), source, target,
        neurons=names + outputs, outputs=range(n_hidden, n_hidden + count),
        activation=functions, bias=bias,
        transfer=_transfers(transfer, n_hidden, output_transfer, count),
    )  # fmt: skip


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
    inputs, first = _named(n_inputs, "x", "the number of inputs")
    outputs, count = _named(n_outputs, "y", "the number of outputs")
    n = _check_size(n_neurons, "the number of neurons")
    low, high = random_graph(kind, n, p=p, k=k, m=m, seed=seed)
    heads = np.flatnonzero(np.bincount(high, minlength=n) == 0)
    tails = np.flatnonzero(np.bincount(low, minlength=n) == 0)
    source = [np.tile(np.arange(first), len(heads)), first + low]
    target = [np.repeat(heads, first), high]
    source.append(np.tile(first + tails, count))
    target.append(np.repeat(np.arange(n, n + count), len(tails)))
    return Network.from_arrays(
        _columns(inputs), np.concatenate(source), np.concatenate(target),
        neurons=[Group("h", n, dissolved=True), *outputs],
        outputs=range(n, n + count),
        activation=[*_per_layer(activation, n), *[output_activation] * count],
        bias=bias, transfer=_transfers(transfer, n, output_transfer, count),
    )  # fmt: skip


def _check_size(value, what: str, low: int = 1) -> int:
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if is_whole and value >= low:
        return int(value)
    raise SettingError(
        f"{what} must be a whole number, {low} or more; it is {value!r}."
    )


def _named(size, letter: str, what: str) -> tuple[list[Group], int]:
    """The nodes of an end of the network, from its size or its names."""
    if isinstance(size, str):
        return [Group(size)], 1
    if isinstance(size, Sequence):
        groups = [Group(str(name)) for name in size]
        _check_size(len(groups), what)
        return groups, len(groups)
    size = _check_size(size, what)
    return [_group(letter, size)], size


def _group(name: str, size: int) -> Group:
    return Group(name) if size == 1 else Group(name, size)


def _columns(groups: list[Group]) -> list[Column]:
    return [
        Column(group.name, size=group.count, indexed=group.size is not None)
        for group in groups
    ]


def _layer_name(number: int, hidden: Sequence[int]) -> str:
    return "h" if len(hidden) == 1 else f"h{number + 1}"


def _per_layer(chosen, count: int, what: str = "activations") -> list:
    """One activation or transfer per layer or neuron, from one for all or a sequence of them."""
    if isinstance(chosen, str) or not isinstance(chosen, Sequence):
        return [chosen] * count
    if len(chosen) != count:
        raise SettingError(
            f"{len(chosen)} {what} were given, {count} are needed: give one "
            "for all, or one for each."
        )
    return list(chosen)


def _transfers(transfer, count: int, output, n_outputs: int = 1) -> list | None:
    """The transfers of hidden layers or neurons and of the outputs; None where all are weighted sums."""
    if transfer is None and output is None:
        return None
    return [*_per_layer(transfer, count, "transfers"), *[output] * n_outputs]


def _repeated(items: list, sizes: Sequence[int]) -> list:
    """Every item as often as its layer has neurons."""
    return [item for item, n in zip(items, sizes, strict=True) for _ in range(n)]


def _layer_pairs(skip, n_layers: int) -> list[tuple[int, int]]:
    """Pairs (from, to) of layers that are linked, by target, nearest source first."""
    pairs = set(pairwise(range(n_layers)))
    if skip is True:
        pairs |= {(i, j) for j in range(n_layers) for i in range(j)}
    elif isinstance(skip, str):
        if skip != "inputs":
            raise SettingError(
                f"skip={skip!r} is not known; it is False, True, 'inputs' or pairs "
                "(from, to) of layers."
            )
        pairs.add((0, n_layers - 1))
    elif skip:
        pairs |= {_check_pair(pair, n_layers) for pair in skip}
    return sorted(pairs, key=lambda pair: (pair[1], -pair[0]))


def _check_pair(pair, n_layers: int) -> tuple[int, int]:
    try:
        begin, end = pair
        if 0 <= begin < end < n_layers:
            return int(begin), int(end)
    except (TypeError, ValueError):
        begin = end = None
    raise SettingError(
        f"the skip {pair!r} must be a pair (from, to) of layers with from < to, counted "
        f"from 0, the inputs, to {n_layers - 1}, the outputs."
    )


def _layer_links(sizes: list[int], pairs) -> tuple[np.ndarray, np.ndarray]:
    """Full links between layers; a stable sort keeps each neuron's sources in order."""
    first = np.cumsum([0, *sizes]).astype(np.int32)
    source, target = [], []
    for begin, end in pairs:
        nodes = np.arange(first[begin], first[begin + 1], dtype=np.int32)
        neurons = np.arange(first[end], first[end + 1], dtype=np.int32) - first[1]
        source.append(np.tile(nodes, len(neurons)))
        target.append(np.repeat(neurons, len(nodes)))
    return np.concatenate(source), np.concatenate(target)
