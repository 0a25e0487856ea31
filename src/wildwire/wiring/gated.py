"""Gated memory cells, LSTM and GRU, as ordinary lines of a text.

Comes in: sizes, names. Goes out: a `Network` read from a text in which every gate is a group of neurons. Called by
users, through `wildwire.wiring`.
"""

from __future__ import annotations

from collections.abc import Sequence

from wildwire.errors import SettingError
from wildwire.functions import Function
from wildwire.functions.calls import own_functions
from wildwire.language.expression import Call, Name
from wildwire.language.parser import parse_text
from wildwire.language.tree import (
    Document,
    Input,
    InputItem,
    Learnt,
    Numbers,
    Output,
    OutputItem,
    Target,
)
from wildwire.language.words import print_name
from wildwire.network import Group, Network
from wildwire.network.array_names import check_head
from wildwire.network.array_numbers import resolved
from wildwire.network.generate import definition_of
from wildwire.network.write_neurons import choices_of
from wildwire.wiring.ends import is_number, layer_name, named, widths_of

__all__ = ["gru", "lstm"]

LSTM = """\
i{s}[{n}] ~ logistic({x}, h{s}@1)  # input gate: what is taken in
f{s}[{n}] ~ logistic({x}, h{s}@1)  # forget gate: what is kept
g{s}[{n}] ~ tanh({x}, h{s}@1)  # what is offered
o{s}[{n}] ~ logistic({x}, h{s}@1)  # output gate: what is shown
c{s}[k: {n}] = f{s}[k]*c{s}[k]@1 + i{s}[k]*g{s}[k]
h{s}[k: {n}] = o{s}[k]*tanh(c{s}[k])
"""

GRU = """\
r{s}[{n}] ~ logistic({x}, h{s}@1)  # reset gate: what of the past is looked at
z{s}[{n}] ~ logistic({x}, h{s}@1)  # update gate: what is kept
m{s}[k: {n}] = r{s}[k]*h{s}[k]@1
g{s}[{n}] ~ tanh({x}, m{s})  # what is offered
h{s}[k: {n}] = z{s}[k]*h{s}[k]@1 + ([1] - z{s}[k])*g{s}[k]
"""


def lstm(
    n_inputs: int | Sequence,
    n_hidden: int | Sequence[int],
    n_outputs: int | Sequence = 1,
    *,
    forget_bias: float | None = 1.0,
    output_activation: str | Function = "identity",
    head: str | None = None,
    classes: Sequence | None = None,
) -> Network:
    """Long short-term memory: cells whose content is kept, changed and shown as gates decide.

    Parameters
    ----------
    n_inputs, n_outputs : int or sequence of str
        Sizes or names, as in `layered`.
    n_hidden : int, or one per layer
        Memory cells `c` with their outputs `h`; of several layers `c1`, `h1`, `c2`, ..., each reading the one below.
    forget_bias : float or None
        Start of the forget gates' biases, which learn: with 1 the cells begin by remembering. None: drawn as others.
    output_activation, head, classes
        As in `layered`.

    Returns
    -------
    Network
        Per layer 4*(n*(n_below + n) + n) numbers, n its cells; the outputs have n_outputs*(n + 1).

    Raises
    ------
    SettingError
        A width or function that makes no sense; the message says which.
    DuplicateNameError
        An input or output that is called as a gate is: i, f, g, o, c, h.

    References
    ----------
    S. Hochreiter, J. Schmidhuber: Long short-term memory. Neural Computation 9 (1997) 1735-1780; forget gates and
    their bias: F. A. Gers, J. Schmidhuber, F. Cummins: Learning to forget. Neural Computation 12 (2000) 2451-2471.
    No peepholes.

    Examples
    --------
    >>> import wildwire.wiring
    >>> print(wildwire.wiring.lstm(2, 8, forget_bias=None))
    input x[2]
    i[8] ~ logistic(x, h@1)  # input gate: what is taken in
    f[8] ~ logistic(x, h@1)  # forget gate: what is kept
    g[8] ~ tanh(x, h@1)  # what is offered
    o[8] ~ logistic(x, h@1)  # output gate: what is shown
    c[k: 8] = f[k]*c[k]@1 + i[k]*g[k]
    h[k: 8] = o[k]*tanh(c[k])
    y ~ identity(h)
    output y
    """
    ends = (n_inputs, n_hidden, n_outputs)
    return _gated(LSTM, *ends, output_activation, head, classes, forget_bias)


def gru(
    n_inputs: int | Sequence,
    n_hidden: int | Sequence[int],
    n_outputs: int | Sequence = 1,
    *,
    output_activation: str | Function = "identity",
    head: str | None = None,
    classes: Sequence | None = None,
) -> Network:
    """Gated recurrent units: cells that mix their past with what is new, as gates decide.

    Parameters
    ----------
    n_inputs, n_outputs : int or sequence of str
        Sizes or names, as in `layered`.
    n_hidden : int, or one per layer
        Cells `h`; of several layers `h1`, `h2`, ..., each reading the one below.
    output_activation, head, classes
        As in `layered`.

    Returns
    -------
    Network
        Per layer 3*(n*(n_below + n) + n) numbers, n its cells; the outputs have n_outputs*(n + 1).

    Raises
    ------
    SettingError
        A width or function that makes no sense; the message says which.
    DuplicateNameError
        An input or output that is called as a gate is: r, z, m, g, h.

    Notes
    -----
    The reset gate acts on the past before its weights, with one bias per neuron, as in the paper; PyTorch and cuDNN
    let it act behind them, with a bias more.

    References
    ----------
    K. Cho et al.: Learning phrase representations using RNN encoder-decoder for statistical machine translation.
    EMNLP 2014, equations 5 to 8.

    Examples
    --------
    >>> import wildwire.wiring
    >>> wildwire.wiring.gru(2, 8)
    <Network: 2 inputs, 41 neurons, 288 links, 1 outputs, 273 numbers>
    """
    return _gated(GRU, n_inputs, n_hidden, n_outputs, output_activation, head, classes)


def _gated(
    cell: str, n_inputs, n_hidden, n_outputs, activation, head, classes, forget=None
) -> Network:
    """The network whose layers are written as `cell` says."""
    inputs, below = named(n_inputs, "x", "the number of inputs")
    outputs, _ = named(n_outputs, "y", "the number of outputs")
    widths = widths_of(n_hidden)
    reads = ", ".join(print_name(group.name) for group in inputs)
    statements: list = [Input(tuple(InputItem(g.name, g.size) for g in inputs))]
    for place, n in enumerate(widths):
        suffix = layer_name("", place, len(widths))
        lines = parse_text(cell.format(s=suffix, n=n, x=reads)).statements
        statements += lines if forget is None else _forgetting(lines, below, n, forget)
        reads, below = f"h{suffix}", n
    statements += _read_out(reads, outputs, activation, head, classes)
    return Network.from_document(Document(tuple(statements)))


def _forgetting(lines: tuple, below: int, n: int, bias) -> list:
    """The lines of a cell, with a table of the forget gates' numbers: all unknown but the biases."""
    if not is_number(bias):
        raise SettingError(f"forget_bias must be a number, or None; it is {bias!r}.")
    row = (None,) * (below + n) + (float(bias),)
    place = next(i for i, line in enumerate(lines) if line.target.name.startswith("f"))
    table = Numbers(lines[place].target.name, (row,) * n)
    return [*lines[: place + 1], table, *lines[place + 1 :]]


def _read_out(reads: str, outputs: list[Group], activation, head, classes) -> list:
    """The lines of the outputs, with the definition of their function if it is the user's own."""
    check_head(head)
    function = resolved(activation)
    call = Call(function.name, (Name(reads),), choices_of(function))
    lines: list = [Learnt(Target(g.name, g.size), call) for g in outputs]
    lines += [definition_of(own) for own in own_functions((function,))]
    names = tuple(Name(group.name) for group in outputs)
    if head is None:
        items = tuple(OutputItem((name,)) for name in names)
    else:
        items = (OutputItem(names, head),)
    return [*lines, Output(items, None if classes is None else tuple(classes))]
