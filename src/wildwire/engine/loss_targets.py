"""Targets that a loss can learn: elsewhere it would have no minimum, and learning would run to infinity.

Comes in: the losses of a network's outputs, targets, weights. Goes out: nothing, or a DataError that names row
and column. The one rule for `ww.loss_and_gradient`, `ww.trace` and `learning/`.
"""

import numpy as np

from wildwire.errors import DataError

# How far the targets of a softmax head may sum from 1: rounding of shares, not wrong columns.
SUM_TOLERANCE = 1e-6


def check_loss_targets(
    losses, network, Y, weight=None, *, number=None, what=""
) -> None:
    """Refuse targets for which a loss has no minimum.

    Parameters
    ----------
    losses : OutputLosses
        Of this network: the engine has accepted the two.
    Y : array (n, n_outputs)
    weight : array (n,), (n, 1) or (n, n_outputs), or None
        Where it is 0, any target will do.
    number : int array (n,) or None
        What the rows are called; None counts them from 0.
    what : str
        Stands before Y in messages.

    Raises
    ------
    DataError
        A target outside the loss's range, or targets of a softmax that do not sum to 1.

    Notes
    -----
    Nothing to do for losses of numbers; else two passes over the targets.
    """
    for loss in losses.distinct:
        if loss.targets is None or not Y.size:
            continue
        columns = losses.columns_of(loss)
        heads = _heads_of(network, columns) if loss.name == "softmax" else ()
        own = Y if len(losses.distinct) == 1 else Y[:, columns]
        low, high = loss.targets
        # Of a head too large a target is a wrong sum, unless another one is negative.
        top = np.inf if heads else high
        if own.min() < low or own.max() > top:
            bad = ((own < low) | (own > top)) & (_weights(weight, Y)[:, columns] > 0)
            if bad.any():
                row, place = np.argwhere(bad)[0]
                name = network.output_names[columns[place]]
                shown = f"{what}Y: row {_number(number, row)}, column {name!r} is {own[row, place]:.17g}"
                raise DataError(f"{shown}; {_told(loss, bool(heads))}")
        for head in heads:
            _check_sums(head, Y, weight, number, what)


def _heads_of(network, columns) -> list:
    return [head for head in network.heads if head.first in columns]


def _weights(weight, Y) -> np.ndarray:
    """Weights as (n, n_outputs)."""
    if weight is None:
        return np.ones(Y.shape)
    return np.broadcast_to(weight.reshape(len(Y), -1), Y.shape)


def _number(number, row) -> int:
    return int(row if number is None else number[row])


def _told(loss, in_head: bool) -> str:
    """What the targets of a loss must be."""
    name, (low, high) = loss.name, loss.targets
    if (low, high) == (0, 1):
        advice = "labels -1 and 1 become probabilities by (y + 1)/2"
        if in_head:
            advice = "one column per class, 1 for the row's class, else 0"
        return f"targets of the loss {name!r} are probabilities from 0 to 1: {advice}"
    bound = "0 or more" if low == 0 else "above 0"
    return f"targets of the loss {name!r} are {bound}: with others it has no minimum"


def _check_sums(head, Y, weight, number, what) -> None:
    at = slice(head.first, head.first + head.count)
    sums = Y[:, at].sum(axis=1, dtype=np.float64)
    bad = np.abs(sums - 1) > SUM_TOLERANCE
    if bad.any():
        bad &= (_weights(weight, Y)[:, at] > 0).all(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"{what}Y: row {_number(number, row)} sums to {sums[row]:.9g} over columns "
            f"{head.first} to {head.first + head.count - 1}; targets of a softmax are "
            "probabilities that sum to 1: 1 for the row's class, else 0"
        )
