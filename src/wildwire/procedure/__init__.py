"""The whole procedure from a table to a model: choices, learning, provenance.

Comes in: a table and options. Goes out: a `Model`. Called by the command line, estimators
and comparisons.
"""

from wildwire.procedure.fit_table import (
    Fitted,
    chi_squared,
    fit_table,
    learn,
    row_weights,
)
from wildwire.procedure.options import Options

__all__ = ["Fitted", "Options", "chi_squared", "fit_table", "learn", "row_weights"]
