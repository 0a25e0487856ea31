"""The interval of a mean over origins that follow one another in time, and the verdict from it.

Comes in: a loss per origin, cut into blocks. Goes out: an `Interval`, a `Verdict`. Called by `summary.py`.

Forecasts from neighbouring origins overlap and share a fit, so that single origins are no independent draws. The means
of whole blocks nearly are: each block has a fit of its own and spans a horizon at least, so that only neighbours have
values in common. What these have in common is added: the covariance of neighbouring block means, where it is positive
(Hansen and Hodrick 1980 with one lag, whose weight is 1).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wildwire.evaluation.intervals import Interval, student
from wildwire.evaluation.problem import Floats
from wildwire.evaluation.verdict import Verdict, conclude

TOO_FEW_BLOCKS = 6
"""Below this many blocks the data cannot tell."""


def over_blocks(losses: Floats, block: NDArray) -> Interval:
    """95 % interval of the mean over blocks of the mean loss in each.

    Parameters
    ----------
    losses : ndarray, shape (origins,)
    block : ndarray of int, shape (origins,)
        Number of the block of each, in the order of time.
    """
    means = np.array([losses[block == b].mean() for b in np.unique(block)])
    mean, count = float(means.mean()), len(means)
    if count < 2:
        return Interval(mean, -np.inf, np.inf, "blocks")
    away = means - mean
    variance = float(away @ away) / (count - 1)
    # Each pair of neighbours counts twice: once from each side.
    variance += max(0.0, 2 * float(away[1:] @ away[:-1]) / (count - 1))
    reach = student(count - 1) * np.sqrt(variance / count)
    return Interval(mean, mean - reach, mean + reach, "blocks")


def judge_blocks(
    network: Floats,
    plain: Mapping[str, Floats],
    stored: Mapping[str, int],
    block: NDArray,
    name: str,
) -> Verdict:
    """Compare the network with the best plain model.

    Parameters
    ----------
    network : ndarray, shape (origins,)
        Loss per origin.
    plain : mapping
        Name -> losses of each plain model; not empty.
    stored : mapping
        Name -> numbers stored, of all models.
    name : str
        Of the network.
    """
    losses = {**plain, name: network}

    def against(one: str, other: str) -> Interval:
        return over_blocks(losses[one] - losses[other], block)

    means = {key: over_blocks(losses[key], block).mean for key in plain}
    units = len(np.unique(block))
    return conclude(means, against, stored, name, units, TOO_FEW_BLOCKS)
