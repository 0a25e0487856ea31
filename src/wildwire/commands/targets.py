"""Which columns of a table hold what a model predicts.

Comes in: a model and a table. Goes out: target columns and values as the network's
outputs. Called by `tracing.py` and `comparing.py`.
"""

import difflib
from typing import Any

import numpy as np

from wildwire.errors import DataError
from wildwire.model import Model
from wildwire.preparation.inputs import identifier


def target_columns(model: Model, table: Any) -> list[Any]:
    """The columns that the model predicts, found by their names.

    A column belongs to an output if it has its name, or turns into it when it is made
    a name of the language.

    Raises
    ------
    DataError
        There is no such column.
    """
    return [_find(name, table) for name in target_names(model)]


def target_names(model: Model) -> list[str]:
    """Names of the targets in the language: one per output, or one for all classes."""
    network = model.network
    if model.classes is None or network.n_outputs == 1:
        return list(network.output_names)
    # The outputs of a softmax stand for one column: `y[0]`, `y[1]`, ... for `y`.
    first = network.names[int(network.output_node[0])]
    return [first.partition("[")[0]]


def _find(name: str, table: Any) -> Any:
    by_name: dict[str, Any] = {}
    for column in table.columns:
        by_name.setdefault(identifier(column.name, ()), column)
    by_name.update({column.name: column for column in table.columns})
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name, by_name, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise DataError(
        f"{table.source}: no column '{name}', which the model predicts{hint}"
    )


def encode_target_row(model: Model, table: Any) -> np.ndarray:
    """Targets of the only row of a table as the network's outputs, (n_outputs,)."""
    columns = target_columns(model, table)
    for column in columns:
        if column.missing[0]:
            raise DataError(f"{table.source}: target '{column.name}' is missing there")
    if model.classes is None:
        for column in columns:
            if column.kind not in ("number", "boolean"):
                raise DataError(
                    f"{table.source}: target '{column.name}' is '{column.text(0)}', and "
                    "the model predicts a number"
                )
        return np.array([float(column.values[0]) for column in columns])
    code = class_code(model, columns[0], table)
    if model.network.n_outputs == 1:
        return np.array([float(code)])
    return np.eye(len(model.classes))[code]


def class_code(model: Model, column: Any, table: Any) -> int:
    """The number of the class that stands in the first row."""
    assert model.classes is not None
    found = column.text(0)
    for code, label in enumerate(model.classes):
        if isinstance(label, str):
            same = label == found or (
                column.kind == "boolean" and label == str(bool(column.values[0]))
            )
        else:
            same = column.kind == "number" and float(label) == column.values[0]
        if same:
            return code
    known = ", ".join(str(label) for label in model.classes)
    raise DataError(
        f"{table.source}: target '{column.name}' is '{found}', and the classes of the "
        f"model are {known}"
    )


def loss_of_model(model: Model) -> str:
    """The loss that suits the outputs: squared, logistic or softmax."""
    if model.classes is None:
        return "squared"
    return "logistic" if model.network.n_outputs == 1 else "softmax"
