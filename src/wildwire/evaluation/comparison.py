"""Repeated cross-validation of a network against plain models, and what it shows.

Comes in: a `Problem` and the network's `Procedure`. Goes out: a `Comparison`: one
`ModelResult` a row of the table, and the verdict. Called by the command line.
"""

import time
from collections.abc import Callable, Mapping

import numpy as np

from wildwire.errors import DataError, SettingError
from wildwire.evaluation.fold import FoldResult, OutOfTime, Task, run_fold
from wildwire.evaluation.parallel import results_of
from wildwire.evaluation.plain import families
from wildwire.evaluation.problem import Problem, split, too_small
from wildwire.evaluation.summary import Comparison, Ledger, summarise
from wildwire.evaluation.tuning import Procedure

Progress = Callable[[int, int], None]
START_SECONDS = 6.0
"""Folds that take no longer together are run in this process."""


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
        If there are fewer than 10 rows or 3 groups, or the network predicts a number
        that is not finite.
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
    tasks = tasks_of(problem, repeats, folds, seed, deadline)
    ledger = Ledger(problem, repeats, folds, [])
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
    return summarise(ledger, network, len(tasks), stopped, counts)


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


def tasks_of(
    problem: Problem,
    repeats: int,
    folds: int,
    seed: int,
    deadline: float | None = None,
) -> list[Task]:
    """The outer folds of a comparison, in order, each with a seed of its own."""
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
