"""What the folds of a comparison amount to: a row per model, and the verdict.

Comes in: the results of all folds that were run. Goes out: a `Comparison`.
Called by comparison.py.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wildwire.evaluation.fold import ON_NEURONS, FoldResult
from wildwire.evaluation.intervals import Interval, over_rows
from wildwire.evaluation.measures import figures, loss_of
from wildwire.evaluation.problem import Floats, Problem
from wildwire.evaluation.tuning import Procedure
from wildwire.evaluation.verdict import (
    TOO_FEW_UNITS,
    Tally,
    Verdict,
    judge,
    tested_rows,
)


@dataclass(frozen=True, eq=False)
class ModelResult:
    """One row of the table.

    Attributes
    ----------
    name : str
    figures : dict
        `rmse` and `r2`, or `log_loss` and `accuracy`.
    interval : Interval
        Of the mean loss over rows; take the root of its ends for an RMSE.
    parameters : int
        Numbers stored, median over folds.
    seconds : float
        Tuning and fit, median over folds.
    row_losses : ndarray, shape (n,)
        Averaged over repeats; NaN for a row that was not predicted.
    tried : int
        Settings tried in each fold.
    plain : bool
        False for the network and for the linear model on its neurons.
    """

    name: str
    figures: dict[str, float]
    interval: Interval
    parameters: int
    seconds: float
    row_losses: Floats
    tried: int
    plain: bool


@dataclass(frozen=True, eq=False)
class Comparison:
    """Everything that the table shows.

    Attributes
    ----------
    models : tuple of ModelResult
        Plain models first, simplest first; the network last.
    verdict : Verdict or None
        None without a network.
    folds_done, folds_planned : int
    stopped : str or None
        "interrupted" or "time" if not all folds were run.
    further : dict
        Settings beyond the floor grid; given to `compare` again, they repeat this
        table to the bit.
    notes : tuple of str
    """

    models: tuple[ModelResult, ...]
    verdict: Verdict | None
    rows: int
    classification: bool
    repeats: int
    folds: int
    folds_done: int
    folds_planned: int
    stopped: str | None
    further: dict[str, int]
    notes: tuple[str, ...] = ()
    units: ClassVar[str] = "rows (or groups)"
    fewest: ClassVar[int] = TOO_FEW_UNITS


@dataclass
class Ledger:
    """Fold results as they come in."""

    problem: Problem
    repeats: int
    folds: int
    results: list[FoldResult]

    def measures(self, name: str) -> Floats:
        """Measures of a model, (repeats, n, m); NaN where a row was not predicted."""
        width = self.results[0].outcomes[name].measures.shape[1]
        found = np.full((self.repeats, len(self.problem.inputs), width), np.nan)
        for result in self.results:
            rows = (result.task.repeat, result.task.test)
            found[rows] = result.outcomes[name].measures
        return found

    def fold_of(self) -> NDArray:
        """The fold that tested each row, (repeats, n); -1 where none has."""
        found = np.full((self.repeats, len(self.problem.inputs)), -1)
        for result in self.results:
            found[result.task.repeat, result.task.test] = result.task.fold
        return found

    def complete_names(self) -> list[str]:
        """Models that came through every fold."""
        return [
            name
            for name in self.results[0].outcomes
            if all(name in result.outcomes for result in self.results)
        ]


def summarise(
    ledger: Ledger,
    network: Procedure | None,
    planned: int,
    stopped: str | None,
    further: dict[str, int],
) -> Comparison:
    """All rows of the table, and the verdict where there is a network.

    Parameters
    ----------
    planned : int
        Folds that were to be run.
    stopped : str or None
        Why not all of them were.
    """
    problem = ledger.problem
    special = (ON_NEURONS, network.name if network else None)
    names = [n for n in ledger.complete_names() if n not in special]
    ordered = names + [n for n in special if n in ledger.complete_names()]
    models, tallies = [], {}
    fold_of = ledger.fold_of()
    for name in ordered:
        measures = ledger.measures(name)
        stored = network.stored if network and name == network.name else None
        models.append(_model(ledger, name, measures, stored, name in names))
        tallies[name] = Tally(loss_of(problem, measures), models[-1].parameters)
    verdict = None
    if network is not None and names:
        plain = {name: tallies[name] for name in names}
        verdict = judge(problem, tallies[network.name], plain, fold_of, network.name)
    return Comparison(
        models=tuple(models),
        verdict=verdict,
        rows=len(tested_rows(next(iter(tallies.values())).loss)),
        classification=problem.class_count > 0,
        repeats=ledger.repeats,
        folds=ledger.folds,
        folds_done=len(ledger.results),
        folds_planned=planned,
        stopped=stopped,
        further=further,
        notes=_failures(ledger),
    )


def _model(
    ledger: Ledger, name: str, measures: Floats, stored: int | None, plain: bool
) -> ModelResult:
    problem = ledger.problem
    loss = loss_of(problem, measures)
    rows = tested_rows(loss)
    by_row = np.full(loss.shape[1], np.nan)
    by_row[rows] = np.nanmean(loss[:, rows], axis=0)
    outcomes = [result.outcomes[name] for result in ledger.results]
    group = None if problem.group is None else problem.group[rows]
    return ModelResult(
        name=name,
        figures=figures(problem, rows, np.nanmean(measures[:, rows], axis=0)),
        interval=over_rows(by_row[rows], problem.weight[rows], group),
        parameters=stored or int(np.median([o.parameters for o in outcomes])),
        seconds=float(np.median([outcome.seconds for outcome in outcomes])),
        row_losses=by_row,
        tried=outcomes[0].tried,
        plain=plain,
    )


def _failures(ledger: Ledger) -> tuple[str, ...]:
    found = {}
    for result in ledger.results:
        for name, reason in result.failures.items():
            found.setdefault(name, f"{name} failed and is left out ({reason})")
    return tuple(found.values())
