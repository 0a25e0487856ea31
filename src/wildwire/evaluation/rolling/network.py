"""The network's side of a comparison of forecasts.

Comes in: a `NetworkForecaster` that is not fitted. Goes out: what `compare.py` asks of every model.
"""

from dataclasses import dataclass
from typing import Any

from wildwire.errors import SettingError
from wildwire.forecasting.lags import Floats
from wildwire.forecasting.series import Series

NETWORK_NAME = "this network"


@dataclass(frozen=True, slots=True, eq=False)
class NetworkForecasts:
    """Fits a forecaster of the same settings to each block."""

    forecaster: Any
    name: str = NETWORK_NAME

    @classmethod
    def of(
        cls,
        network: Any,
        lags: Any,
        exogenous_lags: Any,
        season: int | None,
        seconds: float | None,
    ) -> "NetworkForecasts":
        """From a forecaster of the user's, or "auto"; `seconds` is for each fit.

        Raises
        ------
        SettingError
            Neither.
        """
        # Imported here: scikit-learn takes most of a second.
        from wildwire.estimators import NetworkForecaster

        if isinstance(network, NetworkForecaster):
            return cls(_limited(network, seconds))
        if network == "auto":
            made = NetworkForecaster(
                lags=lags, exogenous_lags=exogenous_lags, season=season
            )
            return cls(_limited(made, seconds))
        raise SettingError(
            f"network must be a NetworkForecaster, 'auto' or None, not {network!r}"
        )

    def fit(self, series: Series, horizon: int, seed: int) -> "FittedNetwork":
        """Learn from the whole series.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C ends a fit early and keeps its best numbers; a comparison must not judge such a network.
        """
        from sklearn.base import clone

        forecaster = clone(self.forecaster)
        forecaster.set_params(horizon=horizon, random_state=seed)
        forecaster.fit_series(series)
        if forecaster.interrupted_:
            raise KeyboardInterrupt
        return FittedNetwork(forecaster)


@dataclass(frozen=True, slots=True, eq=False)
class FittedNetwork:
    """A fitted forecaster."""

    forecaster: Any

    @property
    def parameters(self) -> int:
        """Learnt numbers."""
        return self.forecaster.network_.n_theta

    def forecasts(self, series: Series, origins: Floats, horizon: int) -> Floats:
        """In closed loop from each origin."""
        return self.forecaster.forecasts_from(series, origins, horizon)


def _limited(forecaster: Any, seconds: float | None) -> Any:
    from sklearn.base import clone

    copy = clone(forecaster)
    if seconds is not None and copy.time_limit is None:
        copy.set_params(time_limit=seconds)
    return copy
