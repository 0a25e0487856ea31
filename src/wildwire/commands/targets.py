"""Which columns of a table hold what a model predicts.

Comes in: a model and a table. Goes out: target columns and values as the network's
outputs. Called by `tracing.py` and `comparing.py`.
"""

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np

from wildwire.errors import DataError
from wildwire.model import Model
from wildwire.preparation.inputs import identifier
from wildwire.tables import Table, TableColumn


def target_columns(model: Model, table: Table) -> list[Any]:
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


def _find(name: str, table: Table) -> Any:
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


def ordered_targets(model: Model, table: Table, given: Sequence[str]) -> list[Any]:
    """The target columns that a user named, in the order of the model's outputs."""
    columns = [table.column(name) for name in given]
    by_name = {column.name: column for column in columns}
    by_name.update({identifier(name, ()): by_name[name] for name in list(by_name)})
    names = target_names(model)
    if all(name in by_name for name in names):
        return [by_name[name] for name in names]
    return columns


def target_values(
    model: Model, columns: Sequence[TableColumn], table: Table, used: np.ndarray
) -> np.ndarray:
    """Targets of all rows: numbers (n, k), or class codes (n,) in the model's order.

    Parameters
    ----------
    used : ndarray of bool, shape (n,)
        Rows that must have a target; the others get 0.

    Raises
    ------
    DataError
        A target is missing, text for a number, or a class that the model does not have.
    """
    for column in columns:
        gone = np.flatnonzero(column.missing & used)
        if len(gone):
            raise DataError(
                f"{table.source}, {table.row_label(gone[0])}: target '{column.name}' is "
                "missing"
            )
    if model.classes is not None:
        return _class_codes(model.classes, columns[0], table, used)
    for column in columns:
        if column.kind not in ("number", "boolean"):
            raise DataError(
                f"{table.source}: target '{column.name}' is '{column.text(0)}', and "
                "the model predicts a number"
            )
    values = np.column_stack([column.values for column in columns])
    return np.where(used[:, None], values, 0.0).astype(np.float64)


def _class_codes(
    classes: Sequence[Any], column: TableColumn, table: Table, used: np.ndarray
) -> np.ndarray:
    places = {_comparable(label): code for code, label in enumerate(classes)}
    codes = np.zeros(table.n_rows, dtype=np.int64)
    for row in np.flatnonzero(used).tolist():
        code = places.get(_comparable(_label(column, row)))
        if code is None:
            known = ", ".join(str(label) for label in classes)
            raise DataError(
                f"{table.source}, {table.row_label(row)}: target '{column.name}' is "
                f"'{_label(column, row)}', and the classes of the model are {known}"
            )
        codes[row] = code
    return codes


def _label(column: TableColumn, row: int) -> Any:
    if column.kind == "boolean":
        return "True" if column.values[row] else "False"
    return column.text(row)


def _comparable(label: Any) -> str:
    # 1, 1.0 and "1" are one class: a table of texts may hold the numbers of another.
    try:
        return repr(float(str(label)))
    except ValueError:
        return str(label)


def target_row(
    model: Model, columns: Sequence[TableColumn], table: Table
) -> np.ndarray:
    """Targets of the only row of a table as the network's outputs, (n_outputs,)."""
    values = target_values(model, columns, table, np.ones(1, bool))
    if model.classes is None:
        return values[0]
    if model.network.n_outputs == 1:
        return values.astype(np.float64)
    return np.eye(len(model.classes))[values[0]]


def loss_of_model(model: Model) -> str:
    """The loss that suits the outputs: squared, logistic or softmax."""
    if model.classes is None:
        return "squared"
    return "logistic" if model.network.n_outputs == 1 else "softmax"
