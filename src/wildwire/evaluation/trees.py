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


def boosted_trees(class_count: int) -> Family:
    """The family, for a number of classes; 0 is a regression."""
    axes = {"smallest": (10,), "share": (0.5,)}
    # Three classes and more cost one tree per class and round.
    quick = {"rate": (0.2,), "rounds": (60,)}
    usual = {"rate": (0.15,), "rounds": (84,)}
    floor = grid(leaves=(3, 8), **(quick if class_count > 2 else usual), **axes)
    slower = grid(leaves=(2, 4, 16), rate=(0.05,), rounds=(240,), **axes)
    wider = grid(
        leaves=(3, 8), rate=(0.05,), rounds=(240,), smallest=(5, 20), share=(1.0,)
    )
    return Family("boosted trees", _fit_trees, floor, slower + wider, _tree_path)


def _fit_trees(sample: Sample, setting: Setting, seed: int) -> Fitted:
    models = [
        _trees_model(setting, seed, bool(sample.class_count)).fit(
            sample.inputs, target, sample_weight=sample.weight
        )
        for target in _each_target(sample)
    ]
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
    # One boosted model of 84 rounds contains those of 7, 14, ... rounds.
    models = [
        _trees_model(setting, seed, bool(sample.class_count)).fit(
            sample.inputs, target, sample_weight=sample.weight
        )
        for target in _each_target(sample)
    ]
    wanted = {setting["rounds"] * part // 12 for part in (1, 2, 3, 4, 6, 9, 12)}
    found = []
    for round_number, stages in enumerate(_stages(models, sample, inputs), start=1):
        if round_number in wanted:
            found.append(({**setting, "rounds": round_number}, stages))
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
