"""Preparation: a table becomes a network's text and the arrays that it learns from.

Comes in: a `Table` and the names of its targets. Goes out: `Prepared`. Called by
`fitting.py` and, for encoding new rows, by `model.py`.
"""

from wildwire.preparation.encode import encode_array, encode_table, outside
from wildwire.preparation.prepare import (
    Prepared,
    encode_targets,
    hidden_sizes,
    prepare,
)
from wildwire.preparation.statistics import row_count
from wildwire.preparation.targets import Target, Task

__all__ = [
    "Prepared",
    "Target",
    "Task",
    "encode_array",
    "encode_table",
    "encode_targets",
    "hidden_sizes",
    "outside",
    "prepare",
    "row_count",
]
