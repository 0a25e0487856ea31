"""Forecasts of a saved model.

Comes in: a `Model` whose network forecasts, newer values. Goes out: their continuation. Called by users and by
`wildwire predict`.
"""

from typing import Any

import numpy as np

from wildwire.errors import UntrainedError
from wildwire.forecasting.closed_loop import forecasts_from
from wildwire.forecasting.memory import Loop, loop_of
from wildwire.forecasting.series import Series, series_from_arrays
from wildwire.model import Model


def forecast(model: Model, y: Any, X: Any = None, *, horizon: int) -> np.ndarray:
    """Continue a series with a model that was saved.

    Parameters
    ----------
    model : Model
        Of `ww.load`; its network forecasts (see `NetworkForecaster`).
    y : array_like of shape (n,), or Series
        At least as many values as the network looks back.
    X : array_like or frame of shape (n + horizon, q), optional
        Columns that are known ahead, called as the network's inputs.
    horizon : int

    Returns
    -------
    ndarray of shape (horizon,)

    Raises
    ------
    UntrainedError
        A number of the network is unknown.
    DataError
        Too few values, columns or future rows; a network that does not forecast.
    """
    loop = model_loop(model)
    name = loop.series
    series = y if isinstance(y, Series) else series_from_arrays(y, X, name=name)
    unknown = np.isnan(model.theta)
    if unknown.any():
        first = model.network.theta_names[int(np.argmax(unknown))]
        raise UntrainedError(
            f"'{first}' is unknown: fit the network before it forecasts"
        )
    origin = [len(series)]
    return forecasts_from(model.network, model.theta, loop, series, origin, horizon)[0]


def model_loop(model: Model) -> Loop:
    """Which input of a model is the series; its provenance tells the name if the network does not.

    Raises
    ------
    DataError
        The network does not forecast.
    """
    return loop_of(model.network, model.provenance.get("forecast of"))


def forecasts_series(model: Model) -> bool:
    """Whether a model was made to continue a series."""
    network = model.network
    named = {f"{name}_forecast" for name in network.names[: network.n_inputs]}
    told = "forecast of" in model.provenance or named & set(network.output_names)
    return network.n_delays > 0 and bool(told)
