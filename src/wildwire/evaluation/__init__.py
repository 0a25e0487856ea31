"""Honest comparison of a network with plain models.

Comes in: a table's rows, or a series, and the procedure that fits the network. Goes out: a
table of errors and a verdict. Called by the command line.
"""

from wildwire.evaluation.comparison import compare
from wildwire.evaluation.problem import Problem, make_problem, too_small
from wildwire.evaluation.rolling import ForecastComparison, compare_forecasts
from wildwire.evaluation.summary import Comparison, ModelResult
from wildwire.evaluation.verdict import Verdict

__all__ = [
    "Comparison",
    "ForecastComparison",
    "ModelResult",
    "Problem",
    "Verdict",
    "compare",
    "compare_forecasts",
    "make_problem",
    "too_small",
]
