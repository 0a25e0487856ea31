"""Networks of layers and the fully cascaded network.

Comes in: sizes, names, functions. Goes out: a `Network`. Called by users, estimators and the command line, through
`wildwire.wiring`. Everything is made as arrays, a million links in about a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import SettingError
from wildwire.network import Group, Network
from wildwire.wiring.ends import (
    check_size,
    columns_of,
    group_of,
    layer_name,
    named,
    per_layer,
    repeated,
    transfers_of,
)

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.functions.transfer import Transfer

__all__ = ["cascade", "layered"]


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
    inputs, n_inputs = named(widths[0], "x", "the number of inputs")
    outputs, n_outputs = named(widths[-1], "y", "the number of outputs")
    hidden = [
        check_size(width, f"the width of hidden layer {i}")
        for i, width in enumerate(widths[1:-1], 1)
    ]
    sizes = [n_inputs, *hidden, n_outputs]
    source, target = _layer_links(sizes, _layer_pairs(skip, len(sizes)))
    groups = [
        group_of(layer_name("h", i, len(hidden)), n) for i, n in enumerate(hidden)
    ]
    functions = [*per_layer(activation, len(hidden)), output_activation]
    transfers = transfers_of(transfer, len(hidden), output_transfer)
    return Network.from_arrays(
        columns_of(inputs), source, target,
        neurons=groups + outputs,
        outputs=range(sum(hidden), sum(hidden) + n_outputs),
        activation=repeated(functions, sizes[1:]), bias=bias, head=head,
        classes=classes, transfer=transfers and repeated(transfers, sizes[1:]),
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
    inputs, first = named(n_inputs, "x", "the number of inputs")
    outputs, count = named(n_outputs, "y", "the number of outputs")
    n_hidden = check_size(n_hidden, "the number of hidden neurons", low=0)
    reads = first + np.concatenate([np.arange(n_hidden), np.full(count, n_hidden)])
    target = np.repeat(np.arange(n_hidden + count), reads)
    source = np.arange(len(target)) - np.repeat(np.cumsum(reads) - reads, reads)
    names = [Group(f"h{i + 1}") for i in range(n_hidden)]
    functions = [*per_layer(activation, n_hidden), *[output_activation] * count]
    return Network.from_arrays(
        columns_of(inputs), source, target,
        neurons=names + outputs, outputs=range(n_hidden, n_hidden + count),
        activation=functions, bias=bias,
        transfer=transfers_of(transfer, n_hidden, output_transfer, count),
    )  # fmt: skip


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
