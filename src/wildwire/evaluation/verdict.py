"""Whether the network is better than the best plain model, as far as the data show.

Comes in: losses of every model by repeat and row. Goes out: a `Verdict`.
Called by comparison.py, by `rolling/blocks.py` (`conclude`) and the benchmark that measures the rule's error rates.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wildwire.evaluation.intervals import (
    FEW_UNITS,
    Interval,
    fit_variance,
    mean_variance,
    over_folds,
    over_rows,
)
from wildwire.evaluation.problem import Floats, Problem

TOO_FEW_UNITS = 30
"""Below this many rows (or groups) the data cannot tell."""

Kind = Literal["better", "no difference", "worse", "cannot tell"]


@dataclass(frozen=True, eq=False)
class Tally:
    """Losses of one model.

    Attributes
    ----------
    loss : ndarray, shape (repeats, n)
        NaN where a row has not been predicted.
    parameters : int
    """

    loss: Floats
    parameters: int


@dataclass(frozen=True)
class Verdict:
    """The judgement.

    Attributes
    ----------
    kind : str
        "better", "no difference", "worse" or "cannot tell"; of the network.
    rival : str
        The plain model with the least mean loss.
    difference : Interval
        Loss of the network minus that of the rival.
    recommended : str or None
        The network if better; otherwise the simplest model that is not shown to be
        worse than the rival; None if the data cannot tell.
    units : int
        Independent rows (or groups) that were predicted.
    """

    kind: Kind
    rival: str
    difference: Interval
    recommended: str | None
    units: int


def judge(
    problem: Problem,
    network: Tally,
    plain: Mapping[str, Tally],
    fold_of: NDArray,
    name: str = "this network",
) -> Verdict:
    """Compare the network with the best plain model.

    Parameters
    ----------
    plain : mapping
        Name -> Tally; not empty, predicted on the same rows as the network.
    fold_of : ndarray of int, shape (repeats, n)
        Fold in which a row was tested, -1 where it was not.
    """
    tallies = {**plain, name: network}

    def against(one: str, other: str) -> Interval:
        losses = tallies[one].loss - tallies[other].loss
        return paired_interval(problem, losses, fold_of)

    return conclude(
        {key: mean_loss(tally.loss, problem.weight) for key, tally in plain.items()},
        against,
        {key: tally.parameters for key, tally in tallies.items()},
        name,
        problem.unit_count(tested_rows(network.loss)),
        TOO_FEW_UNITS,
    )


def conclude(
    means: Mapping[str, float],
    against: Callable[[str, str], Interval],
    stored: Mapping[str, int],
    name: str,
    units: int,
    fewest: int,
) -> Verdict:
    """The verdict from what is known of each model.

    Parameters
    ----------
    means : mapping
        Name -> mean loss of each plain model; not empty.
    against : callable
        against(one, other) is the interval of the loss of one model minus that of another.
    stored : mapping
        Name -> numbers stored, of all models.
    name : str
        Of the network.
    units : int
        Independent parts of the data.
    fewest : int
        Below this many of them the data cannot tell.
    """
    rival = min(means, key=lambda key: means[key])
    difference = against(name, rival)
    kind: Kind = "no difference"
    if units < fewest:
        kind = "cannot tell"
    elif difference.high < 0:
        kind = "better"
    elif difference.low > 0:
        kind = "worse"
    choice = list(means) if kind == "worse" else [*means, name]
    good = [key for key in choice if key == rival or against(key, rival).low <= 0]
    simplest = min(good, key=lambda key: stored[key])
    recommended = {"better": name, "cannot tell": None}.get(kind, simplest)
    return Verdict(kind, rival, difference, recommended, units)


def paired_interval(
    problem: Problem, differences: Floats, fold_of: NDArray
) -> Interval:
    """95 % interval of the mean difference between two models.

    Over rows, each averaged over its repeats, widened by what the luck of single fits
    adds; below 100 rows (or groups) over folds, with the correction of Nadeau and
    Bengio.

    Parameters
    ----------
    differences, fold_of : ndarray, shape (repeats, n)
    """
    rows = tested_rows(differences)
    weight, group = problem.weight, problem.group
    means, variances, shares = [], [], []
    for repeat, folds in zip(differences, fold_of, strict=True):
        for fold in np.unique(folds[folds >= 0]):
            test = folds == fold
            mass = weight[test]
            means.append(float(np.average(repeat[test], weights=mass)))
            shares.append(mass.sum() / (weight.sum() - mass.sum()))
            units = None if group is None else group[test]
            variances.append(mean_variance(repeat[test], mass, units)[0])
    if problem.unit_count(rows) < FEW_UNITS:
        return over_folds(np.array(means), np.array(shares))
    by_row = np.nanmean(differences[:, rows], axis=0)
    fits = fit_variance(np.array(means), np.array(variances))
    return over_rows(by_row, weight[rows], None if group is None else group[rows], fits)


def tested_rows(loss: Floats) -> NDArray:
    """Rows with a loss in at least one repeat."""
    return np.flatnonzero(~np.isnan(loss).all(axis=0))


def mean_loss(loss: Floats, weight: Floats) -> float:
    """Weighted mean over rows of the loss averaged over repeats."""
    rows = tested_rows(loss)
    return float(np.average(np.nanmean(loss[:, rows], axis=0), weights=weight[rows]))
