"""scikit-learn's MLPRegressor with Adam: one `max_iter` is one epoch.

It has one activation for all hidden layers and identity outputs for regression; the online logistic
workload therefore differs in its output, which makes it no slower. float32 data keep it in float32.
"""

import warnings

import numpy as np

from benchmarks.measure import Prepared, Unavailable
from benchmarks.systems import steps
from benchmarks.workloads import data


def training(workload, dtype) -> Prepared:
    """An epoch in steps."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    if workload.sizes is None:
        raise Unavailable("has layers only")
    X, Y = (np.asarray(array, dtype) for array in data(workload))
    if Y.shape[1] == 1:
        Y = Y.ravel()
    model = MLPRegressor(
        hidden_layer_sizes=workload.sizes[1:-1],
        activation=workload.hidden,
        solver="adam",
        alpha=0.0,
        batch_size=workload.batch,
        max_iter=1,
        warm_start=True,
        random_state=0,
        tol=0.0,
        n_iter_no_change=10**9,
    )

    def epoch():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X, Y)

    return Prepared(epoch, steps(workload))
