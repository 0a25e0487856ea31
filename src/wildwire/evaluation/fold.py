"""One outer fold: every procedure learns from the train rows and predicts the test rows.

Comes in: a `Problem`, the network's procedure and a `Task`. Goes out: a `FoldResult`.
Called by comparison.py, in this process or in others.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits

from wildwire.errors import DataError
from wildwire.evaluation.family import Family
from wildwire.evaluation.measures import row_measures
from wildwire.evaluation.plain import LINEAR, families
from wildwire.evaluation.problem import Floats, Problem, Rows
from wildwire.evaluation.sample import moments
from wildwire.evaluation.tuning import (
    InnerFolds,
    Predictor,
    Procedure,
    tune,
    tune_on_neurons,
)

ON_NEURONS = "linear on the network's hidden neurons"


class OutOfTime(Exception):
    """The deadline passed inside a fold, which is then not counted."""


@dataclass(frozen=True, eq=False)
class Task:
    """One outer fold.

    Attributes
    ----------
    repeat, fold : int
    train, test : ndarray of int64
    seed : int
        Of everything random in this fold.
    deadline : float or None
        In seconds of `time.time`.
    """

    repeat: int
    fold: int
    train: Rows
    test: Rows
    seed: int
    deadline: float | None = None

    def check_time(self) -> None:
        """Raise OutOfTime once the deadline has passed."""
        if self.deadline is not None and time.time() > self.deadline:
            raise OutOfTime


@dataclass
class Outcome:
    """One model in one fold.

    Attributes
    ----------
    measures : ndarray, shape (len(test), m)
        As `row_measures` gives them.
    seconds : float
        Tuning and fit, without predicting the test rows.
    """

    measures: Floats
    seconds: float
    parameters: int
    setting: dict = field(default_factory=dict)
    tried: int = 1
    further: int = 0


@dataclass
class FoldResult:
    """All models in one fold; a family that failed has its reason in `failures`."""

    task: Task
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def run_fold(
    problem: Problem,
    network: Procedure | None,
    task: Task,
    further: Mapping[str, int] | None,
) -> FoldResult:
    """Fit and test everything in one fold, on one thread.

    Parameters
    ----------
    network : Procedure or None
        Runs first: its seconds are what plain models may use beyond their floor.
    further : mapping or None
        Settings beyond the floor grid for each family; None decides them here by
        the network's seconds.
    """
    # Loaded before the limit, which reaches only the libraries that it finds loaded:
    # a second thread made boosted trees up to 50 times slower on a busy machine.
    import sklearn.ensemble  # noqa: F401

    result = FoldResult(task)
    with threadpool_limits(1):
        predictor, budget = None, 0.0
        if network is not None:
            predictor, budget = _run_network(problem, network, result)
        task.check_time()
        folds = InnerFolds(problem, task.train, task.seed)
        for family in families(problem):
            task.check_time()
            count = None if further is None else further.get(family.name, 0)
            _run_plain(problem, family, folds, result, count, budget)
        if predictor is not None and hasattr(predictor, "hidden"):
            _run_on_neurons(problem, predictor, folds, result)
    return result


def _run_network(
    problem: Problem, network: Procedure, result: FoldResult
) -> tuple[Predictor, float]:
    task = result.task
    started = time.perf_counter()
    predictor = network.fit(task.train, task.seed)
    seconds = time.perf_counter() - started
    predicted = predictor.predict(task.test)
    if not np.all(np.isfinite(predicted)):
        raise DataError(
            f"{network.name} predicts a number that is not finite in fold "
            f"{task.fold + 1} of repeat {task.repeat + 1}"
        )
    measures = row_measures(problem, task.test, predicted)
    result.outcomes[network.name] = Outcome(measures, seconds, predictor.parameters)
    return predictor, seconds


def _run_plain(
    problem: Problem,
    family: Family,
    folds: InnerFolds,
    result: FoldResult,
    further: int | None,
    budget: float,
) -> None:
    started = time.perf_counter()
    try:
        tuned = tune(family, folds, further, budget)
        seconds = time.perf_counter() - started
        predicted = tuned.predictor.predict(result.task.test)
        if not np.all(np.isfinite(predicted)):
            raise ArithmeticError("a prediction is not finite")
    except (ValueError, ArithmeticError, np.linalg.LinAlgError, MemoryError) as error:
        result.failures[family.name] = f"{type(error).__name__}: {error}"
        return
    result.outcomes[family.name] = Outcome(
        row_measures(problem, result.task.test, predicted),
        seconds,
        tuned.predictor.parameters,
        tuned.setting,
        tuned.tried,
        tuned.further,
    )


def _run_on_neurons(
    problem: Problem, predictor: Predictor, folds: InnerFolds, result: FoldResult
) -> None:
    started = time.perf_counter()
    train = predictor.hidden(folds.rows)  # type: ignore[attr-defined]
    if train.shape[1] == 0:
        return
    centre, scale = moments(train, folds.whole.weight)
    family = LINEAR[1 if problem.class_count else 0]
    fitted, setting = tune_on_neurons(family, folds, (train - centre) / scale)
    seconds = time.perf_counter() - started
    test = predictor.hidden(result.task.test)  # type: ignore[attr-defined]
    predicted = folds.preparation.predicted(fitted.predict((test - centre) / scale))
    result.outcomes[ON_NEURONS] = Outcome(
        row_measures(problem, result.task.test, predicted),
        seconds,
        fitted.parameters,
        setting,
        len(family.floor),
    )
