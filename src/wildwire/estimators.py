"""scikit-learn's face: `NetworkRegressor` and `NetworkClassifier`.

Comes in: arrays or frames as scikit-learn passes them. Goes out: fitted estimators whose
`model_` is a `Model`. Called by users. Thin: everything is done by `procedure`, as for the
command line. scikit-learn is imported with this file and nowhere earlier.
"""

import os
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from wildwire.errors import DataError, SettingError
from wildwire.learning.learners import Adam
from wildwire.model import Model
from wildwire.network import Network
from wildwire.preparation import Prepared, prepare
from wildwire.procedure.fit_table import describe, learn
from wildwire.procedure.options import Options
from wildwire.tables import Table, TableColumn, as_table
from wildwire.tables.frames import is_frame, number_column

_ROWS = 2  # fewer say nothing about a relation


class _NetworkEstimator(BaseEstimator):
    """What both estimators share; each adds its constructor, its targets, its predictions.

    A table goes through `prepare` and `learn` as on the command line. Arrays are matched
    by position and must be finite; frames are matched by name, may hold categories, and
    missing values are filled in and the rule kept in the model.
    """

    _task: Any = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the network.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or, for numbers, (n_samples, n_targets)
        sample_weight : array-like of shape (n_samples,), optional
            Whole weights count repetitions: the same model as from repeated rows.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Data that cannot be learnt from (DataError), a setting outside its range
            (SettingError), a network text with an error (LanguageError).
        """
        go_on = self.warm_start and hasattr(self, "model_")
        table, targets, weight = self._table(X, y, sample_weight, reset=not go_on)
        options = self._options()
        seed = self._seed()
        if go_on:
            prepared = self._prepare(
                table, targets, weight, network=self.model_.network
            )
            options = self._options(l2=self._l2, early_stopping=False)
            theta = self.model_.theta
        else:
            prepared, theta = self._prepare(table, targets, weight), None
        return self._learn(prepared, options, seed, table, theta)

    def _partial_fit(self, X, y, sample_weight, classes=None) -> Self:
        first = not hasattr(self, "model_")
        table, targets, weight = self._table(X, y, sample_weight, reset=first)
        if first:
            prepared = self._prepare(table, targets, weight, classes=classes)
            theta = prepared.network.initial(self._seed())
        else:
            prepared = self._prepare(
                table, targets, weight, network=self.model_.network, classes=classes
            )
            theta = self.model_.theta
        options = self._options(
            learner=self.learner or Adam(rate=0.003),
            batch=self.batch or 32,
            epochs=1,
            early_stopping=False,
            l2=self.l2 or 0.0,
        )
        before = [] if first else self.loss_curve_
        self._learn(prepared, options, self._seed(), table, theta)
        self.loss_curve_ = [*before, *self.loss_curve_]
        self.n_iter_ = len(self.loss_curve_)
        return self

    # ---- steps ----------------------------------------------------------------

    def _table(self, X, y, sample_weight, *, reset: bool):
        """X and y as one table, names of the targets, weights; all checked."""
        if y is None:
            raise DataError(
                f"This {type(self).__name__} estimator requires y to be passed, but the "
                f"target y is None."
            )
        if is_frame(X):
            validate_data(self, X, reset=reset, skip_check_array=True)
            inputs = as_table(X)
            check_consistent_length(X, y)
            # The rule of scikit-learn, with its words.
            check_array(np.zeros((len(inputs), 1)), ensure_min_samples=_ROWS)
        else:
            X = validate_data(
                self, X, reset=reset, dtype=np.float64, ensure_min_samples=_ROWS
            )
            inputs = as_table(X)
            check_consistent_length(X, y)
        columns = self._target_columns(y, set(inputs.names))
        weight = _check_sample_weight(
            sample_weight, np.zeros((len(inputs), 1)), dtype=np.float64
        )
        table = Table(
            (*inputs.columns, *columns), inputs.source, inputs.lines, named=inputs.named
        )
        return table, [column.name for column in columns], weight

    def _prepare(
        self, table, targets, weight, *, network=None, classes=None
    ) -> Prepared:
        if network is None and self.network is not None:
            network = self.network
            if isinstance(network, str):
                network = Network.parse(network)
            elif not isinstance(network, Network):
                raise SettingError(
                    f"network must be a text or a Network, not {network!r}"
                )
        return prepare(
            table,
            targets,
            network=network,
            hidden=self.hidden if network is None else None,
            weight=weight,
            task=self._task,
            classes=classes,
            keep_all=not table.named,
        )

    def _learn(self, prepared, options, seed, table, theta) -> Self:
        learning, result, choice = learn(prepared, options, seed, theta)
        facts = describe(table, prepared, learning, result, choice)
        self.model_ = Model(prepared.network, result.theta, facts)
        self.result_ = result
        self.notes_ = (*prepared.notes, *([choice.note] if choice.note else []))
        self.loss_curve_ = [float(loss) for loss in result.history["loss"]]
        self.n_iter_ = result.epochs
        self._l2 = choice.l2
        return self

    def _options(self, **changes: Any) -> Options:
        share = self.early_stopping
        is_share = isinstance(share, float | np.floating)
        settings = {
            "learner": self.learner,
            "batch": self.batch,
            "epochs": self.epochs,
            "l2": self.l2,
            "early_stopping": True if is_share else share,
            "validation_fraction": float(share) if is_share else 0.2,
            "class_weight": getattr(self, "class_weight", None),
            "loss": getattr(self, "loss", None),
            "time_limit": self.time_limit,
            "threads": _threads(self.n_jobs),
            "progress": False,
        }
        return Options(**(settings | changes))

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _outputs(self, X: Any) -> np.ndarray:
        """The network's outputs, shape (n, n_outputs)."""
        check_is_fitted(self, "model_")
        if is_frame(X):
            validate_data(self, X, reset=False, skip_check_array=True)
            return self.model_.run(X)
        return self.model_.run(validate_data(self, X, reset=False, dtype=np.float64))


class NetworkRegressor(RegressorMixin, _NetworkEstimator):
    """A network of any wiring that predicts numbers.

    Scaling of inputs and targets stands inside the network, as do rules for missing values
    of frames and the ranges of the inputs.

    Parameters
    ----------
    network : str or Network, optional
        The wiring; its inputs are matched to the features by name, in arrays by position.
        None makes one: hidden tanh neurons and links from the inputs directly to the
        outputs, so that the linear model is inside.
    hidden : str, int or sequence of int, optional
        Sizes of hidden layers, as "16,8"; 0 for none. None: one layer of the advised size.
    learner : Learner or str, optional
        One of `ww.learners`. None: Adam with a falling rate.
    loss : str or Function
        "squared", "absolute", "huber", or a formula in o and t.
    batch : int or "full", optional
        None: all rows up to 4,000, else 64.
    epochs : int, optional
        How often the rows are gone through, at most.
    l2 : float, optional
        Penalty l2/2 * sum w**2, of the mean loss in units of the targets' spread. None
        chooses it on held-out rows, for a network made here.
    early_stopping : bool, float or "auto"
        Choose the number of epochs on held-out rows, then learn again from all rows; a
        number is the share held out (0.2). "auto": from 200 rows up.
    warm_start : bool
        Let `fit` go on from the numbers of the last fit, the network unchanged.
    time_limit : float or str, optional
        90, "90s", "5m": for choosing and learning together.
    random_state : int, RandomState or None
    n_jobs : int, optional
        Threads; results do not depend on them. -1: all cores.

    Attributes
    ----------
    model_ : Model
        Predicts, saves, shows itself as text.
    n_iter_ : int
        Epochs of the last fit.
    loss_curve_ : list of float
        Loss per epoch, in the targets' units.
    result_ : Result
    notes_ : tuple of str
        What was chosen, filled in and left out.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Notes
    -----
    442 rows of 10 inputs take about 0.3 s. Equal rows and row weights are equivalent for
    full batches; with mini-batches the order of the rows matters.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.linspace(-2, 2, 60)[:, None]
    >>> y = np.sin(2*X[:, 0])
    >>> regressor = NetworkRegressor(hidden=6, random_state=0).fit(X, y)
    >>> bool(regressor.score(X, y) > 0.99)
    True
    """

    _task = "regression"

    def __init__(
        self,
        network=None,
        *,
        hidden=None,
        learner=None,
        loss="squared",
        batch=None,
        epochs=None,
        l2=None,
        early_stopping="auto",
        warm_start=False,
        time_limit=None,
        random_state=None,
        n_jobs=None,
    ):
        self.network = network
        self.hidden = hidden
        self.learner = learner
        self.loss = loss
        self.batch = batch
        self.epochs = epochs
        self.l2 = l2
        self.early_stopping = early_stopping
        self.warm_start = warm_start
        self.time_limit = time_limit
        self.random_state = random_state
        self.n_jobs = n_jobs

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch on these rows; the first call also makes and scales the network.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`. The first rows decide on scaling: let them be typical.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """Predicted numbers, of shape (n_samples,) or (n_samples, n_targets) as y was."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._one_dimensional else outputs

    def _target_columns(self, y, taken) -> list[TableColumn]:
        names = _target_names(y, taken)
        y = check_array(
            y, ensure_2d=False, dtype=np.float64, input_name="y", ensure_min_samples=0
        )
        self._one_dimensional = y.ndim == 1
        y = y[:, None] if y.ndim == 1 else y
        names = names or [f"y{i}" for i in range(y.shape[1])]
        if y.shape[1] == 1 and names == ["y0"]:
            names = ["y"]
        return [
            number_column(name, y[:, i]) for i, name in enumerate(_unique(names, taken))
        ]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags


class NetworkClassifier(ClassifierMixin, _NetworkEstimator):
    """A network of any wiring that predicts classes.

    Two classes are one logistic output, more are a softmax; the labels stand in the
    network.

    Parameters
    ----------
    network : str or Network, optional
        The wiring; see `NetworkRegressor`. It ends in a logistic output or a softmax;
        labels are written into it if it has none.
    hidden, learner, batch, epochs, l2, early_stopping, warm_start, time_limit
        See `NetworkRegressor`.
    class_weight : "balanced", dict or None
        Weight per class, times `sample_weight`.
    random_state, n_jobs
        See `NetworkRegressor`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    model_, n_iter_, loss_curve_, result_, notes_, n_features_in_, feature_names_in_
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
            labels = _labels(np.unique(classes))
        elif hasattr(self, "model_"):
            labels = _labels(self.classes_)
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
        names = _target_names(y, taken) or ["y"]
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        labels, codes = np.unique(y, return_inverse=True)
        if not (self.warm_start and hasattr(self, "classes_")):
            self.classes_ = labels
        name = _unique(names, taken)[0]
        if labels.dtype.kind == "b":
            return [TableColumn(name, "boolean", y.astype(np.float64), integer=True)]
        if labels.dtype.kind in "iuf" and len(np.unique(labels.astype(float))) == len(
            labels
        ):
            return [number_column(name, y.astype(np.float64))]
        levels = tuple(str(label) for label in labels)
        return [TableColumn(name, "category", codes.astype(np.int32), levels)]


def _target_names(y: Any, taken: set[str]) -> list[str]:
    """Names that the targets bring along, or none."""
    if is_frame(y):
        names = list(as_table(y).names)
        return names if all(name and name != "None" for name in names) else []
    return []


def _unique(names: list[str], taken: set[str]) -> list[str]:
    """The names, each lengthened until no feature has it."""
    result = []
    for name in names:
        while name in taken or name in result:
            name += "_"
        result.append(name)
    return result


def _labels(classes: np.ndarray) -> tuple:
    """Class labels as the network's text holds them."""
    if classes.dtype.kind == "b":
        return tuple(bool(label) for label in classes)
    if classes.dtype.kind in "iuf":
        return tuple(
            int(v) if float(v).is_integer() else float(v) for v in classes.tolist()
        )
    return tuple(str(label) for label in classes)


def _threads(n_jobs: Any) -> int:
    """n_jobs as scikit-learn counts: None is 1, -1 all cores, -2 all but one."""
    if n_jobs is None:
        return 1
    if (
        isinstance(n_jobs, bool)
        or not isinstance(n_jobs, int | np.integer)
        or n_jobs == 0
    ):
        raise SettingError(
            f"n_jobs must be a whole number other than 0, not {n_jobs!r}"
        )
    if n_jobs > 0:
        return int(n_jobs)
    return max(1, (os.cpu_count() or 1) + 1 + int(n_jobs))
