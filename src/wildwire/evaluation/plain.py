"""The plain models that a network has to beat, each with its small grid.

Comes in: a prepared `Sample` and one setting of the grid. Goes out: a `Fitted` model.
`families` lists them; tuning.py chooses among the settings inside every fold.
"""

import numpy as np

from wildwire.evaluation.family import Family, Fitted, Setting, grid
from wildwire.evaluation.neighbours import fit_neighbours, neighbour_path
from wildwire.evaluation.problem import Problem
from wildwire.evaluation.sample import Sample, class_probabilities
from wildwire.evaluation.trees import boosted_trees


def families(problem: Problem) -> list[Family]:
    """The plain models that suit this problem, simplest first.

    Left out: degree-2 terms above 1000 of them or with one column, Gaussian
    processes above 600 rows, and what cannot weigh rows when weights differ.
    """
    rows = len(problem.rows)
    chosen = [_CONSTANT[_task(problem)], _LINEAR[_task(problem)]]
    width = _width(problem)
    if width >= 2 and width * (width + 3) // 2 <= 1000:
        chosen.append(_quadratic(_LINEAR[_task(problem)]))
    chosen += [_NEIGHBOURS, boosted_trees(rows)]
    weighable = not (problem.class_count and problem.weighted)
    if rows <= 600 and problem.class_count <= 10 and weighable:
        chosen.append(Family("Gaussian process", _fit_gaussian_process))
    if not problem.weighted or _mlp_takes_weights():
        chosen.append(_perceptron(rows))
    return chosen


def _width(problem: Problem) -> int:
    """Columns after one-hot coding, without those that mark gaps."""
    numbers = int(np.sum(~problem.categorical))
    coded = problem.inputs[:, problem.categorical]
    return numbers + sum(len(np.unique(column)) for column in coded.T)


def _task(problem: Problem) -> int:
    return 1 if problem.class_count else 0


def fit_constant(sample: Sample, setting: Setting, seed: int) -> Fitted:
    """The mean, or the frequency of each class, whatever the inputs say."""
    if sample.class_count:
        counts = np.bincount(sample.target, sample.weight, sample.class_count)
        value = counts / counts.sum()
    else:
        value = np.average(sample.target, axis=0, weights=sample.weight)
    return Fitted(lambda inputs: np.tile(value, (len(inputs), 1)), len(value))


def _fit_ridge(sample: Sample, setting: Setting, seed: int) -> Fitted:
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=setting["penalty"])
    model.fit(sample.inputs, sample.target, sample_weight=sample.weight)
    count = sample.target.shape[1]
    return Fitted(
        lambda inputs: np.reshape(model.predict(inputs), (len(inputs), count)),
        count * (sample.inputs.shape[1] + 1),
    )


def _fit_logistic(sample: Sample, setting: Setting, seed: int) -> Fitted:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1 / setting["penalty"], max_iter=500)
    model.fit(sample.inputs, sample.target, sample_weight=sample.weight)
    return Fitted(
        class_probabilities(model, sample.class_count),
        model.coef_.size + model.intercept_.size,
    )


def _quadratic(linear: Family) -> Family:
    def fit(sample: Sample, setting: Setting, seed: int) -> Fitted:
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import PolynomialFeatures, StandardScaler

        terms = make_pipeline(
            PolynomialFeatures(2, include_bias=False), StandardScaler()
        )
        expanded = terms.fit_transform(sample.inputs)
        inner = linear.fit(
            Sample(expanded, sample.target, sample.weight, sample.class_count),
            setting,
            seed,
        )
        return Fitted(
            lambda inputs: inner.predict(terms.transform(inputs)), inner.parameters
        )

    name = f"{linear.name.split()[0]} on degree-2 terms"
    return Family(name, fit, linear.floor, linear.further)


def _fit_gaussian_process(sample: Sample, setting: Setting, seed: int) -> Fitted:
    from wildwire.evaluation.processes import fit_process

    predict, parameters = fit_process(sample, seed)
    return Fitted(predict, parameters)


def _fit_perceptron(sample: Sample, setting: Setting, seed: int) -> Fitted:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind = MLPClassifier if sample.class_count else MLPRegressor
    model = kind(
        hidden_layer_sizes=(setting["hidden"],),
        activation="tanh",
        alpha=setting["penalty"],
        solver=setting["solver"],
        max_iter=setting["iterations"],
        random_state=seed,
    )
    target = sample.target
    if not sample.class_count and target.shape[1] == 1:
        target = target[:, 0]
    weights = {"sample_weight": sample.weight} if _mlp_takes_weights() else {}
    model.fit(sample.inputs, target, **weights)
    stored = sum(part.size for part in (*model.coefs_, *model.intercepts_))
    if sample.class_count:
        return Fitted(class_probabilities(model, sample.class_count), stored)
    count = sample.target.shape[1]
    return Fitted(
        lambda inputs: np.reshape(model.predict(inputs), (len(inputs), count)), stored
    )


def _mlp_takes_weights() -> bool:
    # scikit-learn 1.6, the oldest that is supported, does not.
    from sklearn.neural_network import MLPRegressor
    from sklearn.utils.validation import has_fit_parameter

    return has_fit_parameter(MLPRegressor(), "sample_weight")


_PENALTIES = tuple(10.0**power for power in range(-2, 5))
_FINER = tuple(10.0 ** (power / 2) for power in (1, 3, 5, -1, 7, -3))

_CONSTANT = (Family("mean", fit_constant), Family("majority", fit_constant))
_LINEAR = (
    Family(
        "ridge regression",
        _fit_ridge,
        grid(penalty=_PENALTIES),
        grid(penalty=_FINER),
    ),
    Family(
        "logistic regression",
        _fit_logistic,
        grid(penalty=_PENALTIES),
        grid(penalty=_FINER),
    ),
)
LINEAR = _LINEAR
"""Ridge and logistic regression, by task; also fitted on a network's neurons."""


def _fit_votes(sample: Sample, setting: Setting, seed: int) -> Fitted:
    predict = fit_neighbours(sample, setting)
    return Fitted(predict, sample.inputs.size + sample.target.size)


_NEIGHBOURS = Family(
    "k-nearest neighbours",
    _fit_votes,
    grid(metric=("euclidean",), votes=("equal", "by distance")),
    grid(metric=("manhattan",), votes=("equal", "by distance")),
    lambda sample, setting, seed, inputs: neighbour_path(sample, setting, inputs),
)


def _perceptron(rows: int) -> Family:
    axes = (
        {"solver": ("lbfgs",), "iterations": (100,)}
        if rows <= 2000
        else {"solver": ("adam",), "iterations": (60,)}
    )
    floor = grid(hidden=(16,), penalty=(1.0, 10.0, 100.0), **axes)
    further = grid(hidden=(4, 32), penalty=(10.0, 100.0, 1.0, 0.1), **axes)
    return Family("scikit-learn's MLP", _fit_perceptron, floor, further)
