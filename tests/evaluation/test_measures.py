"""Losses per row and figures, against numbers worked out by hand."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, r2_score, root_mean_squared_error

from wildwire.evaluation.measures import figures, loss_of, row_measures
from wildwire.evaluation.problem import make_problem

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(20, 2))


def test_regression_figures_are_those_of_scikit_learn():
    target, weight = RNG.normal(size=20), RNG.uniform(0.1, 2, 20)
    problem = make_problem(INPUTS, target, weight=weight)
    predicted = target + RNG.normal(size=20)
    measures = row_measures(problem, problem.rows, predicted)
    found = figures(problem, problem.rows, measures)
    expected = root_mean_squared_error(target, predicted, sample_weight=weight)
    assert found["rmse"] == pytest.approx(expected)
    assert found["r2"] == pytest.approx(
        r2_score(target, predicted, sample_weight=weight)
    )


def test_several_targets_count_the_same_whatever_their_units():
    target = RNG.normal(size=(20, 2))
    predicted = target + RNG.normal(size=(20, 2))
    scale = np.array([1e-21, 1e9])

    def loss(factor):
        problem = make_problem(INPUTS, target * factor)
        measures = row_measures(problem, problem.rows, predicted * factor)
        return loss_of(problem, measures)

    assert loss(scale) == pytest.approx(loss(1.0))


def test_classification_figures_are_those_of_scikit_learn():
    target = RNG.integers(0, 3, 20)
    problem = make_problem(INPUTS, target, class_count=3)
    predicted = RNG.dirichlet(np.ones(3), 20)
    measures = row_measures(problem, problem.rows, predicted)
    found = figures(problem, problem.rows, measures)
    assert found["log_loss"] == pytest.approx(log_loss(target, predicted))
    hits = accuracy_score(target, predicted.argmax(axis=1))
    assert found["accuracy"] == pytest.approx(hits)


def test_an_impossible_class_costs_much_and_not_infinity():
    problem = make_problem(INPUTS, np.repeat([0, 1], 10), class_count=2)
    certain = np.tile([1.0, 0.0], (20, 1))
    measures = row_measures(problem, problem.rows, certain)
    assert measures[0, 0] == 0
    assert measures[-1, 0] == pytest.approx(13.8155, abs=1e-4)
