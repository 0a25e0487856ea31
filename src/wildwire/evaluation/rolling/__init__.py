"""Forecasts of a network against plain forecasts, from many origins of a series.

Comes in: a series and the procedure that fits the network. Goes out: a table of errors and a verdict. Called by users
and the command line.
"""

from wildwire.evaluation.rolling.compare import compare_forecasts
from wildwire.evaluation.rolling.summary import ForecastComparison, ForecastResult

__all__ = ["ForecastComparison", "ForecastResult", "compare_forecasts"]
