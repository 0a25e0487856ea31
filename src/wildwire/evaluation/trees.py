"""Boosted trees, with all numbers of rounds for the price of the largest.

Comes in: a prepared `Sample` and a setting. Goes out: a `Fitted` model or a path of
predictions. Called by plain.py and tuning.py.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wildwire.evaluation.family import Family, Fitted, Setting, grid
from wildwire.evaluation.problem import Floats
from wildwire.evaluation.sample import Sample, class_probabilities

BINS = 250
"""Different values of a column of weighted rows; scikit-learn has 255 bins."""


def boosted_trees(rows: int) -> Family:
    """The family for a number of rows.

    Few large steps of small trees lose nothing on small tables (measured on diabetes,
    wine, breast cancer and friedman1 against 240 rounds at rate 0.05) and take a fifth
    of the time.
    """
    axes = {"smallest": (10,), "share": (0.5,)}
    if rows <= 2000:
        floor = grid(leaves=(2, 6), rate=(0.2,), rounds=(48,), **axes)
    else:
        floor = grid(leaves=(6, 31), rate=(0.1,), rounds=(144,), **axes)
    slower = grid(leaves=(3, 8, 16), rate=(0.1,), rounds=(120,), **axes)
    wider = grid(
        leaves=(3, 8), rate=(0.05,), rounds=(240,), smallest=(5, 20), share=(1.0,)
    )
    return Family("boosted trees", _fit_trees, floor, slower + wider, _tree_path)


def _fit_trees(sample: Sample, setting: Setting, seed: int) -> Fitted:
    models = _grown(sample, setting, seed)
    stored = sum(
        len(tree.nodes)
        for model in models
        for stage in model._predictors  # no public way to count nodes
        for tree in stage
    )
    if sample.class_count:
        return Fitted(class_probabilities(models[0], sample.class_count), stored)
    return Fitted(
        lambda inputs: np.column_stack([model.predict(inputs) for model in models]),
        stored,
    )


def _tree_path(
    sample: Sample, setting: Setting, seed: int, inputs: Floats
) -> list[tuple[Setting, Floats]]:
    # One boosted model of 48 rounds contains those of 4, 8, ... rounds.
    models = _grown(sample, setting, seed)
    wanted = {setting["rounds"] * part // 12 for part in (1, 2, 3, 4, 6, 9, 12)}
    found = []
    for round_number, stages in enumerate(_stages(models, sample, inputs), start=1):
        if round_number in wanted:
            found.append(({**setting, "rounds": round_number}, stages))
    return found


def _grown(sample: Sample, setting: Setting, seed: int) -> list[Any]:
    """One boosted model per target, or one for all classes."""
    inputs, weight = sample.inputs, None
    if np.any(sample.weight != sample.weight[0]):
        # scikit-learn 1.9 takes seconds to find weighted percentiles of a column with
        # more values than bins, and no time with fewer.
        inputs, weight = _coarse(inputs), sample.weight
    return [
        _trees_model(setting, seed, bool(sample.class_count)).fit(
            inputs, target, sample_weight=weight
        )
        for target in _each_target(sample)
    ]


def _coarse(inputs: Floats) -> Floats:
    """Columns of more than 250 different values, cut into that many by rank."""
    found = inputs.copy()
    for column in found.T:
        values, place, counts = np.unique(
            column, return_inverse=True, return_counts=True
        )
        if len(values) > BINS:
            bins = (np.cumsum(counts) - 1) * BINS // len(column)
            centres = np.bincount(bins, values * counts, BINS) / np.maximum(
                np.bincount(bins, counts, BINS), 1
            )
            column[:] = centres[bins][place]
    return found


def _stages(models: list[Any], sample: Sample, inputs: Floats) -> Any:
    if not sample.class_count:
        staged = zip(*(model.staged_predict(inputs) for model in models), strict=True)
        yield from (np.column_stack(stage) for stage in staged)
        return
    for probabilities in models[0].staged_predict_proba(inputs):
        found = np.zeros((len(inputs), sample.class_count))
        found[:, models[0].classes_] = probabilities
        yield found


def _each_target(sample: Sample) -> list[NDArray]:
    return [sample.target] if sample.class_count else list(sample.target.T)


def _trees_model(setting: Setting, seed: int, classify: bool) -> Any:
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    kind = HistGradientBoostingClassifier if classify else HistGradientBoostingRegressor
    return kind(
        learning_rate=setting["rate"],
        max_iter=setting["rounds"],
        max_leaf_nodes=setting["leaves"],
        min_samples_leaf=setting["smallest"],
        max_features=setting["share"],
        early_stopping=False,
        random_state=seed,
    )
