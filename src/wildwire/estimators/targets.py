"""Names and labels of targets, from scikit-learn's forms to those of a table.

Comes in: y as the user passed it, class labels. Goes out: column names, plain labels.
Called by `regressor.py` and `classifier.py`.
"""

from typing import Any

import numpy as np

from wildwire.tables import as_table
from wildwire.tables.frames import is_frame


def target_names(y: Any, taken: set[str]) -> list[str]:
    """Names that the targets bring along, or none."""
    if is_frame(y):
        names = list(as_table(y).names)
        return names if all(name and name != "None" for name in names) else []
    return []


def unique_names(names: list[str], taken: set[str]) -> list[str]:
    """The names, each lengthened until no feature has it."""
    result = []
    for name in names:
        while name in taken or name in result:
            name += "_"
        result.append(name)
    return result


def plain_labels(classes: np.ndarray) -> tuple:
    """Class labels as the network's text holds them."""
    if classes.dtype.kind == "b":
        return tuple(bool(label) for label in classes)
    if classes.dtype.kind in "iuf":
        return tuple(
            int(v) if float(v).is_integer() else float(v) for v in classes.tolist()
        )
    return tuple(str(label) for label in classes)
