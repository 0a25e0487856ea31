"""`NetworkClassifier`: scikit-learn's face of a network that predicts classes.

Comes in: arrays or frames. Goes out: predictions, a `Model`. Called by users.
"""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from wildwire.estimators.base import NetworkEstimator
from wildwire.estimators.targets import plain_labels, target_names, unique_names
from wildwire.tables import TableColumn
from wildwire.tables.frames import number_column


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """A network of any wiring that predicts classes.

    Two classes are one logistic output, more are a softmax; the labels stand in the
    network.

    Parameters
    ----------
    network : str or Network, optional
        The wiring; see `NetworkRegressor`. It ends in a logistic output or a softmax;
        labels are written into it if it has none.
    hidden, learner, batch, epochs, l2, penalty, early_stopping, warm_start, time_limit
        See `NetworkRegressor`.
    class_weight : "balanced", dict or None
        Weight per class, times `sample_weight`.
    random_state, n_jobs
        See `NetworkRegressor`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    model_, n_iter_, loss_curve_, result_, uncertainty_, notes_, n_features_in_, feature_names_in_
        See `NetworkRegressor`.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 5)
    >>> y = X[:, 0] ^ X[:, 1]
    >>> NetworkClassifier(hidden=4, random_state=0).fit(X, y).score(X, y)
    1.0
    """

    _task = "classification"

    def __init__(
        self,
        network=None,
        *,
        hidden=None,
        learner=None,
        batch=None,
        epochs=None,
        l2=None,
        penalty=None,
        early_stopping="auto",
        class_weight=None,
        warm_start=False,
        time_limit=None,
        random_state=None,
        n_jobs=None,
    ):
        self.network = network
        self.hidden = hidden
        self.learner = learner
        self.batch = batch
        self.epochs = epochs
        self.l2 = l2
        self.penalty = penalty
        self.early_stopping = early_stopping
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.time_limit = time_limit
        self.random_state = random_state
        self.n_jobs = n_jobs

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> Self:
        """One epoch on these rows; the first call also makes and scales the network.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes : array-like, optional
            All labels; needed in the first call if its rows do not show them all.
        """
        labels = None
        if classes is not None:
            labels = plain_labels(np.unique(classes))
        elif hasattr(self, "model_"):
            labels = plain_labels(self.classes_)
        self._partial_fit(X, y, sample_weight, classes=labels)
        self.classes_ = self.classes_ if classes is None else np.unique(classes)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predicted labels, shape (n_samples,)."""
        probabilities = self.predict_proba(X)
        return self.classes_[np.argmax(probabilities, axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of `classes_`, shape (n_samples, n_classes)."""
        outputs = self._outputs(X)
        if outputs.shape[1] == 1:
            return np.column_stack([1 - outputs[:, 0], outputs[:, 0]])
        return outputs

    def _target_columns(self, y, taken) -> list[TableColumn]:
        names = target_names(y, taken) or ["y"]
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        labels, codes = np.unique(y, return_inverse=True)
        if not (self.warm_start and hasattr(self, "classes_")):
            self.classes_ = labels
        name = unique_names(names, taken)[0]
        if labels.dtype.kind == "b":
            return [TableColumn(name, "boolean", y.astype(np.float64), integer=True)]
        if labels.dtype.kind in "iuf" and len(np.unique(labels.astype(float))) == len(
            labels
        ):
            return [number_column(name, y.astype(np.float64))]
        levels = tuple(str(label) for label in labels)
        return [TableColumn(name, "category", codes.astype(np.int32), levels)]
