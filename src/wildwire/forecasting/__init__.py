"""Forecasting: a series becomes a network with memory, and the network continues it.

Comes in: a series as array or table. Goes out: a trained network and its forecasts. Called by the estimator
`NetworkForecaster`, by `evaluation` and by the command line.
"""

from wildwire.forecasting.saved import forecast
from wildwire.forecasting.series import Series, series_from_arrays, series_from_table
from wildwire.forecasting.times import TimeAxis

__all__ = [
    "Series",
    "TimeAxis",
    "forecast",
    "series_from_arrays",
    "series_from_table",
]
