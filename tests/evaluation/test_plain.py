"""Plain models: what they predict, how they weigh rows, what they store."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from wildwire.evaluation.family import Family
from wildwire.evaluation.plain import families
from wildwire.evaluation.problem import make_problem
from wildwire.evaluation.sample import Preparation
from wildwire.evaluation.trees import _coarse
from wildwire.evaluation.tuning import InnerFolds, fit_quietly, tune

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(120, 3))
CURVE = INPUTS[:, 0] ** 2 + 0.5 * INPUTS[:, 1] + 0.1 * RNG.normal(size=120)


@pytest.fixture(autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


REGRESSION = make_problem(INPUTS, CURVE)
CLASSES = make_problem(INPUTS, (CURVE > 0.5).astype(int), class_count=2)
NAMES = {
    REGRESSION: [
        "mean",
        "ridge regression",
        "ridge on degree-2 terms",
        "k-nearest neighbours",
        "boosted trees",
        "Gaussian process",
        "scikit-learn's MLP",
    ],
    CLASSES: [
        "majority",
        "logistic regression",
        "logistic on degree-2 terms",
        "k-nearest neighbours",
        "boosted trees",
        "Gaussian process",
        "scikit-learn's MLP",
    ],
}
ALL = [(problem, name) for problem, names in NAMES.items() for name in names]


def family(problem, name) -> Family:
    return next(found for found in families(problem) if found.name == name)


@pytest.mark.parametrize("problem", NAMES)
def test_the_rivals_are_those_of_the_documentation(problem):
    assert [found.name for found in families(problem)] == NAMES[problem]


@pytest.mark.parametrize(("problem", "name"), ALL)
def test_learns_what_it_can(problem, name):
    """Everything nonlinear finds the curve; nothing does worse than the mean."""
    train, test = np.arange(80), np.arange(80, 120)
    found = tune(family(problem, name), InnerFolds(problem, train, 1), 0)
    predicted = found.predictor.predict(test)
    truth = problem.target[test]
    if problem.class_count:
        assert predicted.sum(axis=1) == pytest.approx(1)
        hits = np.mean(predicted.argmax(axis=1) == truth)
        assert hits >= {"majority": 0.5, "logistic regression": 0.5}.get(name, 0.75)
        return
    r2 = 1 - np.mean((predicted - truth) ** 2) / truth.var()
    least = {
        "mean": -0.3,
        "ridge regression": -0.2,
        "k-nearest neighbours": 0.3,
        "boosted trees": 0.3,
    }
    assert r2 > least.get(name, 0.8)


@pytest.mark.parametrize(("problem", "name"), ALL)
def test_the_same_seed_gives_the_same_bits(problem, name):
    rows = np.arange(40)

    def predicted():
        found = tune(family(problem, name), InnerFolds(problem, rows, 3), 0)
        return found.predictor.predict(rows)

    assert np.array_equal(predicted(), predicted())


WEIGHABLE = [
    pair
    for pair in ALL
    if pair[1] not in ("boosted trees", "Gaussian process", "scikit-learn's MLP")
]
SETTING = {"penalty": 1.0, "metric": "euclidean", "votes": "by distance", "k": 7}


@pytest.mark.parametrize(("problem", "name"), WEIGHABLE)
def test_a_weight_of_two_equals_two_rows(problem, name):
    weight = RNG.integers(1, 3, 120)
    rows = np.repeat(np.arange(120), weight)
    setting = SETTING
    if name == "k-nearest neighbours":
        # Repeated rows fill the places of other neighbours: all of them must vote.
        setting = {**SETTING, "k": 300}
    predictions = []
    for inputs, target, weights in (
        (INPUTS, problem.target, weight),
        (INPUTS[rows], problem.target[rows], None),
    ):
        changed = make_problem(
            inputs, target, class_count=problem.class_count, weight=weights
        )
        preparation = Preparation(changed, changed.rows)
        sample = preparation.sample(changed.rows)
        if name.startswith(("ridge", "logistic")):
            # Penalties are per unit of weight: both samples must weigh the same.
            total = weight.sum() / len(sample.weight)
            sample = type(sample)(
                sample.inputs, sample.target, sample.weight * total, sample.class_count
            )
        fitted = fit_quietly(family(problem, name), sample, setting, 0)
        predictions.append(fitted.predict(np.eye(3)))
    if name.endswith("terms"):
        # Degree-2 terms are scaled by rows, which moves the penalty a little.
        assert predictions[0] == pytest.approx(predictions[1], rel=0.1, abs=0.02)
    elif name == "k-nearest neighbours" and problem.class_count:
        # The one vote of the class frequencies is diluted by a different k.
        assert predictions[0] == pytest.approx(predictions[1], abs=0.02)
    else:
        assert predictions[0] == pytest.approx(predictions[1], rel=1e-3, abs=1e-4)


def test_weights_reach_trees_processes_and_perceptrons():
    """Rows of tiny weight with wrong targets must not count."""
    wrong = np.arange(0, 120, 2)
    target = CURVE.copy()
    target[wrong] = 30 - target[wrong]
    weight = np.ones(120)
    weight[wrong] = 1e-6
    problem = make_problem(INPUTS, target, weight=weight)
    for name in ("boosted trees", "Gaussian process", "scikit-learn's MLP"):
        found = tune(family(problem, name), InnerFolds(problem, problem.rows, 1), 0)
        predicted = found.predictor.predict(problem.rows)[1::2, 0]
        assert np.mean((predicted - CURVE[1::2]) ** 2) < 5.0, name


STORED = [
    (REGRESSION, "mean", 1),
    (REGRESSION, "ridge regression", 4),
    (REGRESSION, "ridge on degree-2 terms", 10),
    (REGRESSION, "k-nearest neighbours", 120 * 4),
    (REGRESSION, "Gaussian process", 120 * 4 + 3),
    (REGRESSION, "scikit-learn's MLP", 16 * 4 + 17),
    (CLASSES, "majority", 2),
    (CLASSES, "logistic regression", 4),
]


@pytest.mark.parametrize(("problem", "name", "count"), STORED)
def test_numbers_stored(problem, name, count):
    found = tune(family(problem, name), InnerFolds(problem, problem.rows, 0), 0)
    assert found.predictor.parameters == count


def test_trees_store_thresholds_and_leaves():
    trees = family(REGRESSION, "boosted trees")
    sample = Preparation(REGRESSION, REGRESSION.rows).sample(REGRESSION.rows)
    setting = {**trees.floor[0], "leaves": 2, "rounds": 5}
    fitted = trees.fit(sample, setting, 0)
    assert fitted.parameters == 5 * (1 + 2)


def test_a_path_agrees_with_separate_fits():
    for problem in (REGRESSION, CLASSES):
        for name in ("boosted trees", "k-nearest neighbours"):
            kind = family(problem, name)
            sample = Preparation(problem, problem.rows).sample(problem.rows)
            inputs = sample.inputs[:9] + 0.1
            assert kind.path is not None
            for setting, predicted in kind.path(sample, kind.floor[0], 4, inputs)[::3]:
                alone = kind.fit(sample, setting, 4).predict(inputs)
                assert predicted == pytest.approx(alone)


def test_large_or_weighted_tables_lose_the_rivals_that_cannot_cope():
    def names(rows, columns, **more):
        inputs = np.zeros((rows, columns))
        problem = make_problem(inputs, np.arange(rows) % 2, **more)
        return [found.name for found in families(problem)]

    assert "Gaussian process" not in names(601, 3)
    assert "ridge on degree-2 terms" not in names(20, 44)
    assert "ridge on degree-2 terms" not in names(20, 1)
    weight = np.arange(1.0, 21)
    assert "Gaussian process" not in names(20, 3, class_count=2, weight=weight)
    assert "Gaussian process" in names(20, 3, weight=weight)


def test_trees_of_weighted_rows_are_quick_and_right():
    """Weighted columns of many values took seconds; a cut into bins loses little."""
    inputs = np.random.default_rng(1).normal(size=(900, 3))
    target = np.sin(2 * inputs[:, 0]) + inputs[:, 1]
    kind = family(REGRESSION, "boosted trees")
    errors = []
    for weight in (None, np.where(np.arange(900) % 2, 1.0, 1.001)):
        problem = make_problem(inputs, target, weight=weight)
        sample = Preparation(problem, problem.rows).sample(problem.rows)
        predicted = kind.fit(sample, kind.floor[1], 0).predict(sample.inputs)
        errors.append(np.mean((predicted - sample.target) ** 2))
    assert errors[1] == pytest.approx(errors[0], rel=0.1)
    assert errors[1] < 0.05
    assert all(len(np.unique(column)) <= 250 for column in _coarse(inputs).T)
    order = np.argsort(inputs[:, 0])
    assert np.all(np.diff(_coarse(inputs)[order, 0]) >= 0)
