"""`NetworkRegressor`: scikit-learn's face of a network that predicts numbers.

Comes in: arrays or frames. Goes out: predictions, a `Model`. Called by users.
"""

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array

from wildwire.errors import SettingError
from wildwire.estimators.base import NetworkEstimator
from wildwire.estimators.targets import target_names, unique_names
from wildwire.tables import TableColumn
from wildwire.tables.frames import number_column


class NetworkRegressor(RegressorMixin, NetworkEstimator):
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
        One of `ww.learners`, or its name. None, as "auto": Adam stopped early or Levenberg-Marquardt under a penalty,
        whichever loses less on held-out rows.
    loss : str, Function, list or dict
        "squared", "absolute", "huber", or a formula in o and t; a list with one for each target, or a dict of
        some by the targets' names (those of a frame's columns, else y0, y1, ...).
    batch : int or "full", optional
        None: all rows up to 4,000, else 64.
    epochs : int, optional
        How often the rows are gone through, at most.
    l2 : float, optional
        Penalty l2/2 * sum w**2, of the mean loss in units of the targets' spread. None
        chooses it on held-out rows, for a network made here.
    penalty : str or Function, optional
        A formula of the weight w of a link, such as "0.01*abs(w)", added like l2, which is then 0 unless given.
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
    uncertainty_ : Uncertainty or None
        Standard errors of the numbers, where finding them costs little: see `ww.learning.uncertainty`.
    notes_ : tuple of str
        What was chosen, filled in and left out, which numbers the data leave open, and which neurons' guards were
        active.
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
        penalty=None,
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
        self.penalty = penalty
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

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Predicted numbers, of shape (n_samples,) or (n_samples, n_targets) as y was.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
        return_std : bool
            Also the standard deviation of the predictive distribution: of a new target (of weight 1) about the
            prediction, noise and uncertain numbers together, as of scikit-learn's BayesianRidge and of a
            GaussianProcessRegressor whose kernel has a WhiteKernel. `uncertainty_.prediction_std` also tells that of
            the mean alone.

        Returns
        -------
        ndarray, or two ndarrays of the same shape
            The standard deviation is infinite where a prediction depends on what the data leave open.

        Raises
        ------
        SettingError
            The fit has kept no standard errors; the message says why.
        """
        checked = self._checked(X)
        outputs = self.model_.run(checked)
        if not return_std:
            return self._as_y(outputs)
        if self.uncertainty_ is None:
            raise SettingError(
                f"return_std needs standard errors, and the last fit has kept none: {self._no_errors}. "
                "wildwire.learning.uncertainty(network, theta, X, y) finds them from rows"
            )
        _, std = self.uncertainty_.prediction_std(self.model_.encode(checked))
        return self._as_y(outputs), self._as_y(std)

    def _as_y(self, table: np.ndarray) -> np.ndarray:
        return table[:, 0] if self._one_dimensional else table

    def _target_columns(self, y, taken) -> list[TableColumn]:
        names = target_names(y, taken)
        y = check_array(
            y, ensure_2d=False, dtype=np.float64, input_name="y", ensure_min_samples=0
        )
        self._one_dimensional = y.ndim == 1
        y = y[:, None] if y.ndim == 1 else y
        names = names or [f"y{i}" for i in range(y.shape[1])]
        if y.shape[1] == 1 and names == ["y0"]:
            names = ["y"]
        return [
            number_column(name, y[:, i])
            for i, name in enumerate(unique_names(names, taken))
        ]
