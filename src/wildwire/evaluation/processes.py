"""Gaussian processes for small tables.

Comes in: a prepared `Sample`. Goes out: a predictor and the numbers that it stores.
Called by plain.py. The kernel's numbers are found by marginal likelihood, so that no
grid is needed.
"""

import warnings
from typing import Any

import numpy as np

from wildwire.evaluation.problem import Floats
from wildwire.evaluation.sample import Predict, Sample, class_probabilities


def fit_process(sample: Sample, seed: int) -> tuple[Predict, int]:
    """Fit an isotropic Gaussian process; cost O(n^3) for each of some 30 trials.

    Returns
    -------
    predict : callable
        (m, p) inputs -> (m, k) targets or class probabilities.
    parameters : int
        The table, one weight per row and target or class, and the kernel's numbers.
    """
    if sample.class_count:
        return _classifier(sample, seed)
    model = _regressor(sample, seed)
    rows, count = sample.target.shape
    return (
        lambda inputs: np.reshape(model.predict(inputs), (len(inputs), count)),
        sample.inputs.size + rows * count + len(model.kernel_.theta),
    )


def _regressor(sample: Sample, seed: int) -> Any:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, WhiteKernel

    length = np.sqrt(max(sample.inputs.shape[1], 1))
    smooth = 1.0 * RBF(length, (length / 30, length * 300))
    kernel = smooth + WhiteKernel(0.3, (1e-6, 10.0))
    model: Any = GaussianProcessRegressor(
        kernel, optimizer=_short_search, random_state=seed
    ).fit(sample.inputs, sample.target)
    if np.all(sample.weight == sample.weight[0]):
        return model
    # The kernel's noise is one number; rows of unequal weight get theirs as alpha.
    noise = model.kernel_.k2.noise_level / sample.weight
    return GaussianProcessRegressor(model.kernel_.k1, alpha=noise, optimizer=None).fit(
        sample.inputs, sample.target
    )


def _short_search(objective: Any, start: Floats, bounds: Floats) -> tuple[Any, float]:
    from scipy.optimize import minimize

    # The likelihood is flat near its top: 15 steps give the same predictions to 0.1 %.
    found = minimize(
        objective,
        start,
        method="L-BFGS-B",
        jac=True,
        bounds=bounds,
        options={"maxiter": 15},
    )
    return found.x, found.fun


def _classifier(sample: Sample, seed: int) -> tuple[Predict, int]:
    from sklearn.gaussian_process import GaussianProcessClassifier
    from sklearn.gaussian_process.kernels import RBF

    length = np.sqrt(max(sample.inputs.shape[1], 1))
    present = len(np.unique(sample.target))
    model = GaussianProcessClassifier(
        4.0 * RBF(length, (length / 30, length * 300)),
        optimizer=_short_search,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(sample.inputs, sample.target)
    machines = 1 if present == 2 else present
    stored = sample.inputs.size + machines * (len(sample.inputs) + 2)
    return class_probabilities(model, sample.class_count), stored
