"""k-nearest neighbours with weighted rows, for many k at once.

Comes in: a prepared `Sample`, a metric and how neighbours vote. Goes out: predictions.
Called by plain.py. scikit-learn's own estimator cannot weigh rows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wildwire.evaluation.problem import Floats
from wildwire.evaluation.sample import Sample

COUNTS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50)


def neighbour_path(
    sample: Sample, setting: dict[str, Any], inputs: Floats
) -> list[tuple[dict[str, Any], Floats]]:
    """Predictions with each k of `COUNTS`; the neighbours are looked up once."""
    most = min(COUNTS[-1], len(sample.inputs))
    found = _votes(sample, setting, most)(inputs)
    return [
        ({**setting, "k": k}, _predict(sample, *found, k)) for k in COUNTS if k <= most
    ]


def fit_neighbours(
    sample: Sample, setting: dict[str, Any]
) -> Callable[[Floats], Floats]:
    """A predictor with one k; the table itself is the model."""
    k = min(setting.get("k", 10), len(sample.inputs))
    look_up = _votes(sample, setting, k)
    return lambda inputs: _predict(sample, *look_up(inputs), k)


def _votes(
    sample: Sample, setting: dict[str, Any], most: int
) -> Callable[[Floats], tuple[NDArray, Floats]]:
    from sklearn.neighbors import NearestNeighbors

    finder = NearestNeighbors(n_neighbors=most, metric=setting["metric"])
    finder.fit(sample.inputs)

    def look_up(inputs: Floats) -> tuple[NDArray, Floats]:
        distances, nearest = finder.kneighbors(inputs)
        votes = sample.weight[nearest]
        if setting["votes"] == "by distance":
            # The floor keeps an exact repetition of a row finite.
            votes = votes / np.maximum(distances, 1e-9)
        return nearest, votes

    return look_up


def _predict(sample: Sample, nearest: NDArray, votes: Floats, k: int) -> Floats:
    nearest, votes = nearest[:, :k], votes[:, :k]
    if not sample.class_count:
        total = np.einsum("ij,ijk->ik", votes, sample.target[nearest])
        return total / votes.sum(axis=1, keepdims=True)
    of_class = sample.target[nearest][:, :, None] == np.arange(sample.class_count)
    shares = np.einsum("ij,ijk->ik", votes, of_class)
    shares /= votes.sum(axis=1, keepdims=True)
    # The class frequencies get one vote of k + 1: without it a single unanimous
    # mistake would cost 13.8 in log loss and k-NN would be a straw man.
    frequency = np.bincount(sample.target, sample.weight, sample.class_count)
    return (k * shares + frequency / frequency.sum()) / (k + 1)
