"""Choosing a plain model's setting on inner folds, inside every outer fold.

Comes in: a `Family`, the outer train rows and a seed. Goes out: a `Predictor`.
Called by comparison.py. Imputation and scaling are learnt again in every inner fold.
"""

import time
import warnings
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from wildwire.evaluation.family import Family, Fitted, Setting
from wildwire.evaluation.measures import log_losses
from wildwire.evaluation.plain import fit_constant
from wildwire.evaluation.problem import Floats, Problem, Rows, split
from wildwire.evaluation.sample import Preparation, Sample

INNER_FOLDS = 3


class Predictor(Protocol):
    """What a procedure gives back: a model that predicts rows of the problem.

    A predictor may also have `hidden(rows) -> (n, h)`: outputs of its hidden neurons.
    """

    @property
    def parameters(self) -> int:
        """Numbers stored."""
        ...

    def predict(self, rows: Rows) -> Floats:
        """Targets in the user's units, or probabilities; shape (len(rows), k)."""
        ...


class Procedure(Protocol):
    """Everything from train rows to a predictor: tuning, scaling, fit.

    Where `stored` is None the table gives the median over folds, whose models may be
    smaller because their size was chosen from fewer rows.
    """

    @property
    def name(self) -> str:
        """What the table calls it."""
        ...

    @property
    def stored(self) -> int | None:
        """Numbers stored by the model of all rows."""
        ...

    def fit(self, rows: Rows, seed: int) -> Predictor:
        """Learn from these rows only."""
        ...


@dataclass(frozen=True, eq=False)
class PlainPredictor:
    """A fitted plain model together with the scaling of its inputs."""

    preparation: Preparation
    fitted: Fitted

    @property
    def parameters(self) -> int:
        """Numbers stored by the model."""
        return self.fitted.parameters

    def predict(self, rows: Rows) -> Floats:
        """Predictions in the user's units; shape (len(rows), k)."""
        outputs = self.fitted.predict(self.preparation.inputs(rows))
        return self.preparation.predicted(outputs)


class InnerFolds:
    """The inner train and test arrays of one outer fold, made once for all models."""

    def __init__(self, problem: Problem, rows: Rows, seed: int):
        self.rows, self.seed = rows, seed
        self.preparation = Preparation(problem, rows)
        self.whole = self.preparation.sample(rows)
        self.pairs: list[tuple[Sample, Sample]] = []
        for train, test in split(problem, rows, INNER_FOLDS, seed):
            inner = Preparation(problem, train)
            self.pairs.append((inner.sample(train), inner.sample(test)))


@dataclass(frozen=True)
class Tuned:
    """The outcome of a choice.

    Attributes
    ----------
    setting : dict
        The chosen one.
    tried : int
        Settings that were scored, refined ones included.
    further : int
        Settings of the grid that were tried beyond its floor.
    """

    predictor: PlainPredictor
    setting: Setting
    tried: int
    further: int


def tune(
    family: Family, folds: InnerFolds, further: int | None, budget: float = 0.0
) -> Tuned:
    """Try the whole floor grid and settings beyond it, and fit the best.

    The best has the least mean loss over the inner test rows: squared error of the
    scaled targets, or log loss.

    Parameters
    ----------
    further : int or None
        Settings beyond the floor; None: as many as end within the budget.
    budget : float
        In seconds, for floor and further settings together.
    """
    started = time.perf_counter()
    scored: list[tuple[float, Setting]] = []
    if len(family.floor) > 1 or family.path:
        for setting in family.floor:
            scored += _scores(family, setting, folds)
    # Settings beyond the floor are finer and mostly dearer than those of it.
    used, last = 0, 2 * (time.perf_counter() - started) / len(family.floor)
    for setting in family.further[:further]:
        now = time.perf_counter() - started
        # A setting may take as long as the one before it, or longer.
        if further is None and now + last >= budget:
            break
        scored += _scores(family, setting, folds)
        last = time.perf_counter() - started - now
        used += 1
    best = min(scored, key=lambda pair: pair[0])[1] if scored else family.floor[0]
    fitted = fit_quietly(family, folds.whole, best, folds.seed)
    predictor = PlainPredictor(folds.preparation, fitted)
    return Tuned(predictor, best, max(len(scored), 1), used)


def _scores(
    family: Family, setting: Setting, folds: InnerFolds
) -> list[tuple[float, Setting]]:
    totals: dict[str, float] = {}
    refined: dict[str, Setting] = {}
    for train, test in folds.pairs:
        for finer, predicted in _path(family, setting, folds.seed, train, test):
            key = repr(finer)
            refined[key] = finer
            loss = float(test.weight @ _losses(test, predicted))
            totals[key] = totals.get(key, 0.0) + loss
    return [(totals[key], refined[key]) for key in totals]


def _path(
    family: Family, setting: Setting, seed: int, train: Sample, test: Sample
) -> list[tuple[Setting, Floats]]:
    if family.path is None or _one_class(train):
        fitted = fit_quietly(family, train, setting, seed)
        return [(setting, fitted.predict(test.inputs))]
    return family.path(train, setting, seed, test.inputs)


def fit_quietly(family: Family, sample: Sample, setting: Setting, seed: int) -> Fitted:
    """Fit one setting; a train set of one class gets the constant model."""
    if _one_class(sample):
        return fit_constant(sample, setting, seed)
    with warnings.catch_warnings():
        # A rival that has not converged is judged by its error like any other.
        warnings.simplefilter("ignore")
        return family.fit(sample, setting, seed)


def _one_class(sample: Sample) -> bool:
    return bool(sample.class_count) and len(np.unique(sample.target)) < 2


def _losses(sample: Sample, predicted: Floats) -> Floats:
    if sample.class_count:
        return log_losses(sample.target, predicted)
    return np.mean((sample.target - predicted) ** 2, axis=1)


def tune_on_neurons(
    family: Family, folds: InnerFolds, hidden: Floats
) -> tuple[Fitted, Setting]:
    """Fit a linear model on the outputs of a network's hidden neurons.

    Parameters
    ----------
    hidden : ndarray, shape (len(folds.rows), h)
        Scaled outputs of the hidden neurons on the outer train rows. The inner folds
        choose the penalty only: the neurons have seen all of these rows.
    """
    whole = replace(folds.whole, inputs=hidden)
    order = np.random.default_rng(folds.seed).permutation(len(hidden)) % INNER_FOLDS
    losses = []
    for setting in family.floor:
        loss = 0.0
        for fold in range(INNER_FOLDS):
            train, test = _part(whole, order != fold), _part(whole, order == fold)
            fitted = fit_quietly(family, train, setting, folds.seed)
            loss += float(test.weight @ _losses(test, fitted.predict(test.inputs)))
        losses.append(loss)
    best = family.floor[int(np.argmin(losses))]
    return fit_quietly(family, whole, best, folds.seed), best


def _part(sample: Sample, chosen: Floats) -> Sample:
    return Sample(
        sample.inputs[chosen],
        sample.target[chosen],
        sample.weight[chosen],
        sample.class_count,
    )
