"""What both estimators share: checking, preparing, learning, going on.

Comes in: arrays or frames as scikit-learn passes them. Goes out: a fitted estimator whose
`model_` is a `Model`. Base of `regressor.py` and `classifier.py`. Thin: everything is done
by `procedure`, as for the command line.
"""

import os
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from wildwire.errors import DataError, SettingError
from wildwire.learning.learners import Adam
from wildwire.model import Model
from wildwire.network import Network
from wildwire.preparation import Prepared, prepare
from wildwire.procedure.fit_table import describe, guard_notes, learn
from wildwire.procedure.kept_errors import facts_of, find_errors, open_note
from wildwire.procedure.options import Options, losses_by_target
from wildwire.tables import Table, TableColumn, as_table
from wildwire.tables.frames import is_frame

_ROWS = 2  # fewer say nothing about a relation


class NetworkEstimator(BaseEstimator):
    """What both estimators share; each adds its constructor, its targets, its predictions.

    A table goes through `prepare` and `learn` as on the command line. Arrays are matched
    by position and must be finite; frames are matched by name, may hold categories, and
    missing values are filled in and the rule kept in the model.
    """

    _task: Any = None
    # Arguments of the constructors; scikit-learn reads them from their signatures.
    network: Any
    hidden: Any
    learner: Any
    batch: Any
    epochs: Any
    l2: Any
    penalty: Any
    early_stopping: Any
    warm_start: Any
    time_limit: Any
    random_state: Any
    n_jobs: Any
    n_iter_: int
    loss_curve_: list[float]

    def _target_columns(self, y: Any, taken: set[str]) -> list[TableColumn]:
        """The targets as columns whose names no feature has, checked."""
        raise NotImplementedError

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
        options = self._options(targets)
        seed = self._seed()
        if go_on:
            prepared = self._prepare(
                table, targets, weight, network=self.model_.network
            )
            options = self._options(targets, l2=self._l2, early_stopping=False)
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
            targets,
            learner=self.learner or Adam(rate=0.003),
            batch=self.batch or 32,
            epochs=1,
            early_stopping=False,
            l2=self.l2 or 0.0,
            standard_errors=False,
        )
        before = [] if first else self.loss_curve_
        self._learn(prepared, options, self._seed(), table, theta)
        self.loss_curve_ = [*before, *self.loss_curve_]
        self.n_iter_ = len(self.loss_curve_)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # pyrefly: ignore[missing-attribute]
        tags.target_tags.multi_output = self._task == "regression"
        return tags

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
        hidden = self.hidden if network is None else None
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
            hidden=hidden,
            weight=weight,
            task=self._task,
            classes=classes,
            keep_all=not table.named,
        )

    def _learn(self, prepared, options, seed, table, theta) -> Self:
        learning, result, choice = learn(prepared, options, seed, theta)
        facts = describe(table, prepared, learning, result, choice)
        errors = find_errors(prepared, learning, result, choice)
        self.uncertainty_, self._no_errors = errors
        told = "" if errors.found is None else open_note(errors.found)
        if errors.found is not None:
            facts |= facts_of(errors.found)
        self.model_ = Model(prepared.network, result.theta, facts)
        self.result_ = result
        more = [line for line in (choice.note, told) if line]
        self.notes_ = (*prepared.notes, *more, *guard_notes(prepared, result))
        self.loss_curve_ = [float(loss) for loss in result.history["loss"]]
        self.n_iter_ = result.epochs
        self._l2 = choice.l2
        return self

    def _options(self, targets: list[str], **changes: Any) -> Options:
        share = self.early_stopping
        is_share = isinstance(share, float | np.floating)
        settings: dict[str, Any] = {
            "learner": self.learner,
            "batch": self.batch,
            "epochs": self.epochs,
            "l2": self.l2,
            "penalty": self.penalty,
            "early_stopping": True if is_share else share,
            "validation_fraction": float(share) if is_share else 0.2,
            "class_weight": getattr(self, "class_weight", None),
            "loss": losses_by_target(getattr(self, "loss", None), targets),
            "time_limit": self.time_limit,
            "threads": threads(self.n_jobs),
            "progress": False,
        }
        return Options(**(settings | changes))

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _checked(self, X: Any) -> Any:
        """Features as `Model.run` takes them."""
        check_is_fitted(self, "model_")
        if is_frame(X):
            validate_data(self, X, reset=False, skip_check_array=True)
            return X
        return validate_data(self, X, reset=False, dtype=np.float64)

    def _outputs(self, X: Any) -> np.ndarray:
        """The network's outputs, shape (n, n_outputs)."""
        checked = self._checked(X)
        return self.model_.run(checked)


def threads(n_jobs: Any) -> int:
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
