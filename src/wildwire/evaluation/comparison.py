"""Repeated cross-validation of a network against plain models, and what it shows.

Comes in: a `Problem` and the network's `Procedure`. Goes out: a `Comparison`: one
`ModelResult` a row of the table, and the verdict. Called by the command line.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wildwire.errors import DataError, SettingError
from wildwire.evaluation.fold import ON_NEURONS, FoldResult, OutOfTime, Task, run_fold
from wildwire.evaluation.intervals import Interval, over_rows
from wildwire.evaluation.measures import figures, loss_of
from wildwire.evaluation.parallel import results_of
from wildwire.evaluation.plain import families
from wildwire.evaluation.problem import Floats, Problem, split, too_small
from wildwire.evaluation.tuning import Procedure
from wildwire.evaluation.verdict import Tally, Verdict, judge, tested_rows

Progress = Callable[[int, int], None]
START_SECONDS = 6.0
"""Folds that take no longer together are run in this process."""


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
        Mean over folds of tuning and fit.
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


@dataclass
class _Ledger:
    """Fold results as they come in."""

    problem: Problem
    repeats: int
    results: list[FoldResult] = field(default_factory=list)

    def arrays(self, name: str) -> tuple[Floats, NDArray]:
        """Measures (repeats, n, m), and the fold of each row (repeats, n)."""
        width = next(iter(self.results[0].outcomes.values())).measures.shape[1]
        n = len(self.problem.inputs)
        measures = np.full((self.repeats, n, width), np.nan)
        fold_of = np.full((self.repeats, n), -1)
        for result in self.results:
            task = result.task
            measures[task.repeat, task.test] = result.outcomes[name].measures
            fold_of[task.repeat, task.test] = task.fold
        return measures, fold_of

    def complete_names(self) -> list[str]:
        """Models that came through every fold."""
        return [
            name
            for name in self.results[0].outcomes
            if all(name in result.outcomes for result in self.results)
        ]


def compare(
    problem: Problem,
    network: Procedure | None = None,
    *,
    repeats: int = 4,
    folds: int = 5,
    seed: int = 0,
    time_limit: float | None = None,
    jobs: int = 1,
    further: Mapping[str, int] | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Judge a network's whole procedure against plain models by cross-validation.

    Every model sees the same folds, on one thread; tuning, scaling and imputation
    are done again inside each. Ctrl-C and the time limit end it after the folds that
    are done.

    Parameters
    ----------
    network : Procedure or None
        None compares the plain models among themselves.
    repeats, folds : int
        From 1 and from 2.
    time_limit : float or None
        In seconds; a fold that does not end in time is not counted.
    jobs : int
        Processes at most; results do not depend on it. One is used where all folds
        together take less than a few seconds, which others would need to start.
    further : mapping or None
        Settings beyond each plain model's floor grid. None measures on the first
        fold how many fit into the network's seconds, which depends on the machine;
        `Comparison.further` repeats them.
    progress : callable or None
        progress(folds done, folds planned) after each fold.

    Raises
    ------
    DataError
        If there are fewer than 10 rows or 3 groups.
    SettingError
        If repeats, folds, jobs or the time limit are out of range, or the time was too
        short for a single fold.
    KeyboardInterrupt
        If interrupted before the first fold was done.
    """
    _check_settings(repeats, folds, jobs, time_limit)
    if reason := too_small(problem):
        raise DataError(f"{reason}: skip it with --no-compare")
    deadline = None if time_limit is None else time.time() + time_limit
    tasks = _tasks(problem, repeats, folds, seed, deadline)
    ledger = _Ledger(problem, repeats)
    stopped = None
    counts: dict[str, int] = {} if further is None else dict(further)

    def note(result: FoldResult) -> None:
        ledger.results.append(result)
        if progress is not None:
            progress(len(ledger.results), len(tasks))

    started = time.perf_counter()
    try:
        first = run_fold(problem, network, tasks[0], further)
        if further is None:
            counts = _counts(problem, first)
        note(first)
        left = (time.perf_counter() - started) * (len(tasks) - 1)
        used = jobs if left > START_SECONDS else 1
        for result in results_of(problem, network, tasks[1:], counts, used):
            note(result)
    except OutOfTime:
        stopped = "time"
    except KeyboardInterrupt:
        if not ledger.results:
            raise
        stopped = "interrupted"
    if not ledger.results:
        raise SettingError(
            f"not one of {len(tasks)} folds ended within {time_limit:g} s: "
            "give a longer --time-limit, or --no-compare"
        )
    return _summary(ledger, network, folds, len(tasks), stopped, counts)


def _check_settings(
    repeats: int, folds: int, jobs: int, time_limit: float | None
) -> None:
    for name, value, least in (("repeats", repeats, 1), ("folds", folds, 2)):
        if value < least:
            raise SettingError(f"{name} is {value}: give at least {least}")
    if jobs < 1:
        raise SettingError(f"jobs is {jobs}: give at least 1")
    if time_limit is not None and not time_limit > 0:
        raise SettingError(f"the time limit is {time_limit} s: give more than 0")


def _tasks(
    problem: Problem, repeats: int, folds: int, seed: int, deadline: float | None
) -> list[Task]:
    found = []
    for repeat in range(repeats):
        split_seed = _seed(seed, repeat)
        pairs = split(problem, problem.rows, folds, split_seed)
        for fold, (train, test) in enumerate(pairs):
            fold_seed = _seed(seed, repeat, fold)
            found.append(Task(repeat, fold, train, test, fold_seed, deadline))
    return found


def _seed(*path: int) -> int:
    # 31 bits: scikit-learn and NumPy's legacy generators take no more.
    return int(np.random.SeedSequence(path).generate_state(1)[0] >> 1)


def _counts(problem: Problem, first: FoldResult) -> dict[str, int]:
    """Settings beyond the floor that the first fold used, for all later folds."""
    found = {}
    for family in families(problem):
        outcome = first.outcomes.get(family.name)
        found[family.name] = 0 if outcome is None else outcome.further
    return found


def _summary(
    ledger: _Ledger,
    network: Procedure | None,
    folds: int,
    planned: int,
    stopped: str | None,
    counts: dict[str, int],
) -> Comparison:
    problem = ledger.problem
    special = (ON_NEURONS, network.name if network else None)
    names = [n for n in ledger.complete_names() if n not in special]
    ordered = names + [n for n in special if n in ledger.complete_names()]
    models, tallies = [], {}
    fold_of: Any = None
    for name in ordered:
        measures, fold_of = ledger.arrays(name)
        models.append(_model(ledger, name, measures, name in names))
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
        folds=folds,
        folds_done=len(ledger.results),
        folds_planned=planned,
        stopped=stopped,
        further=counts,
        notes=_failures(ledger),
    )


def _model(ledger: _Ledger, name: str, measures: Floats, plain: bool) -> ModelResult:
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
        parameters=int(np.median([outcome.parameters for outcome in outcomes])),
        seconds=float(np.mean([outcome.seconds for outcome in outcomes])),
        row_losses=by_row,
        tried=outcomes[0].tried,
        plain=plain,
    )


def _failures(ledger: _Ledger) -> tuple[str, ...]:
    found = {}
    for result in ledger.results:
        for name, reason in result.failures.items():
            found.setdefault(name, f"{name} failed and is left out ({reason})")
    return tuple(found.values())
