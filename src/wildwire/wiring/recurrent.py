"""Recurrent networks of Elman's and Jordan's kind.

Comes in: sizes, names, functions. Goes out: a `Network` whose links look back in time. Called by users, through
`wildwire.wiring`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wildwire.errors import SettingError
from wildwire.network import Group, Network
from wildwire.wiring.draft import Draft
from wildwire.wiring.ends import (
    delays_of,
    group_of,
    is_number,
    layer_name,
    named,
    per_layer,
    widths_of,
)

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.functions.transfer import Transfer

__all__ = ["elman", "jordan"]


def elman(
    n_inputs: int | Sequence,
    n_hidden: int | Sequence[int],
    n_outputs: int | Sequence = 1,
    *,
    delays: int | Sequence[int] = 1,
    activation: str | Function | Sequence = "tanh",
    output_activation: str | Function = "identity",
    transfer: str | Transfer | Sequence | None = None,
    output_transfer: str | Transfer | None = None,
    bias: bool = True,
    head: str | None = None,
    classes: Sequence | None = None,
) -> Network:
    """A layered network whose hidden layers also read themselves, one step back.

    Parameters
    ----------
    n_inputs, n_outputs : int or sequence of str
        Sizes or names, as in `layered`.
    n_hidden : int, or one per hidden layer
        The hidden layers are the groups `h`, or `h1`, `h2`, ...; each reads the layer below it and itself.
    delays : int or sequence of int, 1 or more
        How many steps back a hidden layer reads itself: n stands for 1 to n, a sequence for just these.
    activation, output_activation, transfer, output_transfer, bias, head, classes
        As in `layered`.

    Returns
    -------
    Network
        With one hidden layer and one delay: n_hidden*(n_inputs + n_hidden + 1) + n_outputs*(n_hidden + 1) numbers.

    Raises
    ------
    SettingError
        A width, delay or function that makes no sense; the message says which.

    References
    ----------
    J. L. Elman: Finding structure in time. Cognitive Science 14 (1990) 179-211; hidden layers at several delays are
    the layer-recurrent networks of MATLAB.

    Examples
    --------
    >>> import wildwire.wiring
    >>> print(wildwire.wiring.elman("price", 3))
    input price
    h[3] ~ tanh(price, h@1)
    y ~ identity(h)
    output y
    """
    inputs, _ = named(n_inputs, "x", "the number of inputs")
    outputs, _ = named(n_outputs, "y", "the number of outputs")
    widths, steps = widths_of(n_hidden), delays_of(delays, "delays", 1)
    draft = Draft(inputs)
    below = draft.inputs
    functions = _hidden(widths, activation, transfer)
    for group, function, aggregate in functions:
        layer = draft.neurons([group], function, aggregate, bias)
        draft.join(below, layer)
        for delay in steps:
            draft.join(layer, layer, delay)
        below = layer
    top = draft.neurons(outputs, output_activation, output_transfer, bias)
    draft.join(below, top)
    return draft.network(top, head, classes)


def jordan(
    n_inputs: int | Sequence,
    n_hidden: int | Sequence[int],
    n_outputs: int | Sequence = 1,
    *,
    decay: float | None = None,
    activation: str | Function | Sequence = "tanh",
    output_activation: str | Function = "identity",
    transfer: str | Transfer | Sequence | None = None,
    output_transfer: str | Transfer | None = None,
    bias: bool = True,
    head: str | None = None,
    classes: Sequence | None = None,
) -> Network:
    """A layered network whose first hidden layer also reads the outputs, one step back.

    Parameters
    ----------
    n_inputs, n_outputs : int or sequence of str
        Sizes or names, as in `layered`.
    n_hidden : int, or one per hidden layer
    decay : float, 0 or more and below 1, or None
        Context units between outputs and hidden layer, one for each output, that forget slowly:
        `context = decay*context@1 + y@1`, with the decay frozen. None: the outputs are read themselves.
    activation, output_activation, transfer, output_transfer, bias, head, classes
        As in `layered`. With a head, what is read back is the outputs before it.

    Returns
    -------
    Network
        With one hidden layer: n_hidden*(n_inputs + n_outputs + 1) + n_outputs*(n_hidden + 1) numbers, with context
        units or without.

    Raises
    ------
    SettingError
        A width, decay or function that makes no sense; the message says which.

    Notes
    -----
    While it learns, the hidden layer reads the outputs that the network computes, not the targets; gradients flow
    through them. A network that is taught by the true values of the past is `narx`.

    References
    ----------
    M. I. Jordan: Serial order: a parallel distributed processing approach. ICS report 8604, University of California,
    San Diego (1986).

    Examples
    --------
    >>> import wildwire.wiring
    >>> print(wildwire.wiring.jordan(2, 3, decay=0.5))
    input x[2]
    context = identity([0.5]*context@1 + y@1)
    h[3] ~ tanh(x, context)
    y ~ identity(h)
    output y
    """
    inputs, _ = named(n_inputs, "x", "the number of inputs")
    outputs, n_outputs = named(n_outputs, "y", "the number of outputs")
    hidden = _hidden(widths_of(n_hidden), activation, transfer)
    draft = Draft(inputs)
    context = draft.neurons(*_context(decay, n_outputs), bias=False)
    layers = [draft.neurons([g], f, t, bias) for g, f, t in hidden]
    top = draft.neurons(outputs, output_activation, output_transfer, bias)
    draft.join(draft.inputs, layers[0])
    if decay is None:
        draft.join(top, layers[0], delay=1)
    else:
        draft.link(context, context, 1, float(decay))
        draft.link(top, context, 1, 1.0)
        draft.join(context, layers[0])
    for below, layer in zip(layers, [*layers[1:], top], strict=True):
        draft.join(below, layer)
    return draft.network(top, head, classes)


def _hidden(widths: list[int], activation, transfer) -> list[tuple]:
    """Group, activation and transfer of each hidden layer."""
    count = len(widths)
    groups = [group_of(layer_name("h", i, count), n) for i, n in enumerate(widths)]
    functions = per_layer(activation, count)
    transfers = per_layer(transfer, count, "transfers")
    return list(zip(groups, functions, transfers, strict=True))


def _context(decay, count: int) -> tuple[list[Group], str]:
    """The groups and the activation of the context units; no group without a decay."""
    if decay is None:
        return [], "identity"
    if not is_number(decay) or not 0 <= decay < 1:
        raise SettingError(
            f"decay must be a number from 0 to below 1, or None; it is {decay!r}."
        )
    return [group_of("context", count)], "identity"
