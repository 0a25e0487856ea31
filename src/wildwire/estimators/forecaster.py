"""`NetworkForecaster`: scikit-learn's face of a network that continues a series.

Comes in: a series as an array. Goes out: forecasts, a `Model`. Called by users, by the command line and by comparisons.
Thin: everything is done by `forecasting`.
"""

import datetime
import sys
import time
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from wildwire._version import __version__
from wildwire.errors import DataError, SettingError
from wildwire.forecasting import Series, series_from_arrays
from wildwire.forecasting.closed_loop import forecasts_from
from wildwire.forecasting.lags import check_season, given_lags, targets
from wildwire.forecasting.series import in_order
from wildwire.forecasting.training import STEPS, Settings, Trained, train
from wildwire.learning.settings import checked_number, time_limit_seconds
from wildwire.model import Model
from wildwire.network import Network
from wildwire.preparation import hidden_sizes


class NetworkForecaster(BaseEstimator):
    """A network with memory that continues a series: its own past by delayed links.

    It begins as linear autoregression (ridge on the same lags) and learns what a line cannot do: first one step ahead,
    from true values, then in closed loop over the whole horizon, each forecast being the input of the next. Scaling
    stands inside the network, so that its text is the whole model.

    Parameters
    ----------
    lags : int, sequence of int or "auto"
        Steps back at which the series is read; 12 is 1 to 12. "auto" chooses by linear autoregression.
    exogenous_lags : int or sequence of int
        Delays of every column of X; 2 is 0, 1 and 2.
    horizon : int
        Steps ahead that forecasts are to be good for.
    hidden : int, sequence of int or str, optional
        Sizes of hidden layers; 0 for none, which is linear autoregression. None: one layer of 2 to 8.
    season : int, optional
        Steps of one season; "auto" then also tries lags around it.
    network : str or Network, optional
        The user's own wiring, as it is written, in the units of the series; the input called like the series (`y`) must
        be read with delays only, and further inputs are columns of X. It may hold neurons with a state.
    multi_step : bool
        Learn the second phase, in closed loop.
    loss : str or Function
    l2 : float, optional
        Penalty l2/2 * sum w**2, of the mean loss in units of the series' variance (for another loss than "squared": in
        units of twice its value at an error of one standard deviation). None chooses it.
    epochs : int, optional
        Steps of descent (L-BFGS on all values), at most, in each phase; 200.
    time_limit : float or str, optional
        90, "90s", "5m".
    random_state : int, RandomState or None
    verbose : bool or callable
        Tell on stderr which fit runs; or verbose(fits done, fits planned) is called.

    Attributes
    ----------
    model_ : Model
        Saves, shows itself as text.
    network_, theta_ : Network, ndarray
    lags_ : tuple of int
        Own lags; of a network of the user's own, the steps it looks back.
    l2_ : float
    n_iter_ : tuple of int
        Steps one step ahead, and in closed loop, that were chosen; (0, 0) is linear autoregression.
    loss_curve_ : list of float
    held_out_error_ : float
        Root mean squared error of forecasts over the end of the series, before all of it was learnt from. What was
        chosen was chosen by it: it flatters.
    notes_ : tuple of str

    Notes
    -----
    Penalty and steps are chosen in closed loop on up to three stretches at the end of the series, each a fifth of it or
    a horizon long; what is judged on one has learnt from the values before it alone.
    300 values take about 2 s.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.sin(np.arange(120) / 3)
    >>> forecaster = NetworkForecaster(lags=3, horizon=5, hidden=0, random_state=0).fit(y)
    >>> bool(np.allclose(forecaster.predict(), np.sin(np.arange(120, 125) / 3), atol=0.05))
    True
    """

    def __init__(
        self,
        lags="auto",
        *,
        exogenous_lags=0,
        horizon=12,
        hidden=None,
        season=None,
        network=None,
        multi_step=True,
        loss="squared",
        l2=None,
        epochs=None,
        time_limit=None,
        random_state=None,
        verbose=False,
    ):
        self.lags = lags
        self.exogenous_lags = exogenous_lags
        self.horizon = horizon
        self.hidden = hidden
        self.season = season
        self.network = network
        self.multi_step = multi_step
        self.loss = loss
        self.l2 = l2
        self.epochs = epochs
        self.time_limit = time_limit
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, y: Any, X: Any = None) -> Self:
        """Learn a series.

        Parameters
        ----------
        y : array-like of shape (n,)
            In the order of time, equally spaced, without gaps.
        X : array-like or frame of shape (n, q) or (n + future, q), optional
            Columns that are known ahead; rows beyond y are their future.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Data that cannot be learnt from (DataError), a setting outside its range (SettingError), a network text
            with an error (LanguageError).
        """
        return self.fit_series(series_from_arrays(y, X))

    def fit_series(self, series: Series) -> Self:
        """`fit` for a series that has been checked, with names and times; see `wildwire.forecasting`."""
        settings = self._settings(series)
        began = time.perf_counter()
        trained = train(series, settings)
        self._seconds = time.perf_counter() - began
        self._take(trained, series)
        return self

    def predict(self, horizon: int | None = None, X: Any = None) -> np.ndarray:
        """Continue the series.

        Parameters
        ----------
        horizon : int, optional
            Steps; None: those it was made for.
        X : array-like or frame of shape (horizon, q), optional
            The columns that are known ahead, in the future, by their names; without names by position. None: the rows
            of `fit` beyond y.

        Returns
        -------
        ndarray of shape (horizon,)

        Raises
        ------
        DataError
            Too few future rows, or other columns than were learnt with.
        """
        check_is_fitted(self, "model_")
        series = self.series_
        if X is not None:
            series = self._with_future(series, X)
        return self.continue_series(series, horizon)

    def continue_series(self, series: Series, horizon: int | None = None) -> np.ndarray:
        """Continue another series of the same kind, or this one with newer values; nothing is learnt.

        Parameters
        ----------
        series : Series
            `wildwire.forecasting.series_from_arrays(y, X)`.
        horizon : int, optional

        Returns
        -------
        ndarray of shape (horizon,)
        """
        check_is_fitted(self, "model_")
        steps = self.horizon if horizon is None else horizon
        _whole("horizon", steps)
        return self.forecasts_from(series, [len(series)], steps)[0]

    def forecasts_from(self, series: Series, origins: Any, horizon: int) -> np.ndarray:
        """Forecasts from several origins o of a series, each from y[:o] and X[:o + horizon], (k, horizon).

        Raises
        ------
        DataError
            Too few values before an origin, or too few rows of X behind it.
        """
        check_is_fitted(self, "model_")
        return forecasts_from(
            self.network_, self.theta_, self._loop, series, origins, horizon
        )

    def score(self, y: Any, X: Any = None) -> float:
        """R2 of forecasts of the values that follow the learnt ones.

        Parameters
        ----------
        y : array-like of shape (m,)
            They are forecast from every origin that leaves `horizon` of them, or as many as there are.
        X : array-like or frame of shape (m, q), optional
            As in `predict`.

        Returns
        -------
        float
            1 is perfect, 0 no better than the mean of y.
        """
        check_is_fitted(self, "model_")
        known = self.series_
        if X is None and known.columns:
            raise DataError(
                f"X is missing: the series was learnt with {len(known.columns)} columns that are known ahead"
            )
        X = None if X is None else in_order(X, known.columns)
        later = series_from_arrays(y, X, name=known.name)
        if not len(later):
            raise DataError("y is empty: give the values that follow")
        joined = Series(
            np.concatenate([known.y, later.y]),
            np.concatenate([known.X[: len(known)], later.X]),
            known.name,
            known.columns,
        )
        horizon = min(self.horizon, len(later))
        origins = np.arange(len(known), len(joined) - horizon + 1)
        found = self.forecasts_from(joined, origins, horizon)
        truth = targets(joined.y, origins, horizon)
        rest, spread = np.mean((truth - found) ** 2), np.var(truth)
        return float(1 - rest / spread) if spread > 0 else float(rest == 0)

    def formula(self, digits: int = 4) -> str:
        """The network as text with rounded numbers: what it remembers, and what it makes of it."""
        check_is_fitted(self, "model_")
        rounded = np.array([float(f"{number:.{digits}g}") for number in self.theta_])
        return self.network_.to_text(rounded)

    # ---- private --------------------------------------------------------------

    def _settings(self, series: Series) -> Settings:
        seconds = time_limit_seconds(self.time_limit)
        horizon = _whole("horizon", self.horizon)
        epochs = STEPS if self.epochs is None else _whole("epochs", self.epochs)
        check_season(self.season, len(series))
        known = _delays("exogenous_lags", self.exogenous_lags, 0)
        lags = None
        if not (isinstance(self.lags, str) and self.lags == "auto"):
            lags = _delays("lags", self.lags, 1)
        return Settings(
            lags=lags,
            known=known if series.columns else (0,),
            horizon=horizon,
            hidden=self._hidden(len(series)),
            network=_own_network(self.network),
            season=self.season,
            multi_step=bool(self.multi_step),
            loss=self.loss,
            l2=None if self.l2 is None else checked_number("l2", self.l2),
            steps=epochs,
            seed=int(check_random_state(self.random_state).randint(2**31 - 1)),
            end=time.perf_counter() + seconds,
            told=self.verbose
            if callable(self.verbose)
            else _tell
            if self.verbose
            else None,
        )

    def _hidden(self, n: int) -> tuple[int, ...]:
        if self.hidden is None:
            return (int(np.clip(n // 40, 2, 8)),)
        sizes = hidden_sizes(self.hidden)
        return tuple(size for size in sizes if size > 0)

    def _take(self, trained: Trained, series: Series) -> None:
        """Keep what was learnt."""
        self.network_, self.theta_ = trained.network, np.array(trained.theta)
        self._loop = trained.loop
        self.series_ = series
        self.lags_ = trained.lags.own if trained.lags else trained.loop.depth
        self.l2_, self.n_iter_ = trained.l2, trained.steps
        self.loss_curve_, self.held_out_error_ = trained.losses, trained.held_out
        self.notes_ = (*series.notes, *trained.notes)
        self.reason_ = trained.reason
        self.interrupted_ = trained.reason == "interrupted"
        self.n_features_in_ = series.X.shape[1]
        self.model_ = Model(self.network_, self.theta_, self._facts(series))

    def _facts(self, series: Series) -> dict[str, str]:
        """The provenance of the model, as people read it; `predict` of the command line takes its defaults there."""
        known = ", ".join(series.columns)
        facts = {
            "wildwire": __version__,
            "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "data": f"{series.source}, {len(series)} values",
            "forecast of": series.name,
            "horizon": str(self.horizon),
            "season": str(self.season) if self.season is not None else "",
            "time column": series.time.name if series.time is not None else "",
            "known ahead": known,
            "learner": f"L-BFGS, steps {self.n_iter_[0]} + {self.n_iter_[1]} in closed loop, l2 {self.l2_:.6g}",
            "stopped": self.reason_,
        }
        return {key: value for key, value in facts.items() if value}

    def _with_future(self, series: Series, X: Any) -> Series:
        table = in_order(X, series.columns)
        future = series_from_arrays(np.zeros(0), table, name=series.name).X
        joined = np.concatenate([series.X[: len(series)], future])
        return Series(series.y, joined, series.name, series.columns, series.time)


def _own_network(network: Any) -> Network | None:
    if network is None or isinstance(network, Network):
        return network
    if isinstance(network, str):
        return Network.parse(network)
    raise SettingError(f"network must be a text or a Network, not {network!r}")


def _delays(name: str, value: Any, least: int) -> tuple[int, ...]:
    try:
        return given_lags(value, least)
    except (TypeError, ValueError):
        more = " or 'auto'" if name == "lags" else ""
        raise SettingError(
            f"{name} must be a whole number from {least}, a list of such{more}, not {value!r}"
        ) from None


def _whole(name: str, value: Any, least: int = 1) -> int:
    good = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not good or value < least:
        raise SettingError(f"{name} must be a whole number from {least}, not {value!r}")
    return int(value)


def _tell(done: int, planned: int) -> None:
    print(f"forecaster: fit {done + 1} of {planned}", file=sys.stderr)
