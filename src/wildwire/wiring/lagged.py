"""Networks that read their own past as an input: NARX.

Comes in: names, lags, sizes, functions. Goes out: a `Network`. Called by users and forecasters, through
`wildwire.wiring`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import SettingError
from wildwire.network import Group, Network
from wildwire.network.naming import look_up
from wildwire.wiring.draft import Draft
from wildwire.wiring.ends import (
    delays_of,
    group_of,
    layer_name,
    named,
    per_layer,
    widths_of,
)

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["narx"]


def narx(
    exogenous: int | Sequence = 0,
    lags: int | Sequence[int] = 1,
    exogenous_lags: int | Sequence[int] | Mapping = 0,
    n_hidden: int | Sequence[int] = 8,
    *,
    target: str | Sequence[str] = "y",
    direct: bool = False,
    activation: str | Function | Sequence = "tanh",
    output_activation: str | Function = "identity",
    bias: bool = True,
) -> Network:
    """A network that predicts a series from its own past and that of other columns.

    Parameters
    ----------
    exogenous : int or sequence of str
        Other columns: their names, or their number, then `u` or the group `u`; 0 for none.
    lags : int or sequence of int, 1 or more
        Steps back at which the target is read: p stands for 1 to p, a sequence such as (1, 2, 12) for just these.
    exogenous_lags : int or sequence of int, 0 or more, or mapping of str to these
        Steps back at which the other columns are read: q stands for 0 to q, where 0 is the value of the very step
        that is predicted; where that is not known yet, give (1, 2, ..., q). A mapping has one entry per column.
    n_hidden : int, or one per hidden layer
        0: no hidden layer, a linear autoregression.
    target : str or sequence of str
        The column to be predicted, an input; its prediction is the output `y_next`. Several are predicted together,
        each from the past of all.
    direct : bool
        The outputs also read all lags themselves, so that a linear autoregression is inside.
    activation, output_activation, bias
        As in `layered`.

    Returns
    -------
    Network
        Inputs are the targets, then the other columns. The output at step t is a prediction of the target at
        step t, from the target at t-1, ..., t-p.

    Raises
    ------
    SettingError
        A lag, width or activation that makes no sense; the message says which.
    UnknownNameError
        exogenous_lags has a column that is none.

    Notes
    -----
    It learns from the true past, `fit(network, X, Y)` with Y the target column of X, and then predicts many steps by
    `feedback={"y": "y_next"}`, which puts the prediction where the true value is not known.

    References
    ----------
    I. J. Leontaritis, S. A. Billings: Input-output parametric models for non-linear systems. International Journal of
    Control 41 (1985) 303-344; K. S. Narendra, K. Parthasarathy: Identification and control of dynamical systems using
    neural networks. IEEE Transactions on Neural Networks 1 (1990) 4-27.

    Examples
    --------
    >>> import wildwire.wiring
    >>> print(wildwire.wiring.narx("heat", lags=3, exogenous_lags=1, n_hidden=4, direct=True))
    input y, heat
    h[4] ~ tanh(y@1..3, heat@0..1)
    y_next ~ identity(h, y@1..3, heat@0..1)
    output y_next
    """
    targets, _ = named(target, "y", "the number of targets")
    others = _others(exogenous)
    draft = Draft(targets + others)
    hidden = [] if _is_none(n_hidden) else widths_of(n_hidden)
    own = [delays_of(lags, "lags", 1)] * len(targets)
    read = _lagged(draft, own + _others_lags(exogenous_lags, others))
    below = []
    for place, (width, function) in enumerate(
        zip(hidden, per_layer(activation, len(hidden)), strict=True)
    ):
        group = group_of(layer_name("h", place, len(hidden)), width)
        layer = draft.neurons([group], function, bias=bias)
        for nodes, delay in below or read:
            draft.join(nodes, layer, delay)
        below = [(layer, 0)]
    outputs = [Group(f"{group.name}_next", group.size) for group in targets]
    top = draft.neurons(outputs, output_activation, bias=bias)
    for nodes, delay in [*below, *(read if direct or not below else [])]:
        draft.join(nodes, top, delay)
    return draft.network(top)


def _is_none(n_hidden) -> bool:
    return not isinstance(n_hidden, Sequence | bool) and n_hidden == 0


def _others(exogenous) -> list[Group]:
    """The groups of the other columns; there may be none."""
    if isinstance(exogenous, Sequence) and not len(exogenous):
        return []
    if (
        isinstance(exogenous, int | np.integer)
        and not isinstance(exogenous, bool)
        and exogenous == 0
    ):
        return []
    return named(exogenous, "u", "the number of exogenous columns")[0]


def _others_lags(given, others: list[Group]) -> list[list[int]]:
    """The delays of each of the other columns."""
    if not isinstance(given, Mapping):
        return [delays_of(given, "exogenous_lags", 0)] * len(others)
    names = {group.name: group for group in others}
    for name in given:
        look_up(names, name, "exogenous column")
    missing = [name for name in names if name not in given]
    if missing:
        raise SettingError(
            f"exogenous_lags says nothing of {missing[0]!r}: give one entry per column."
        )
    return [delays_of(given[name], f"the lags of {name!r}", 0) for name in names]


def _lagged(draft: Draft, delays: list[list[int]]) -> list[tuple[np.ndarray, int]]:
    """All inputs with their delays, column by column."""
    read, first = [], 0
    for column, steps in zip(draft.columns, delays, strict=True):
        nodes = draft.inputs[first : first + column.size]
        read += [(nodes, delay) for delay in steps]
        first += column.size
    return read
