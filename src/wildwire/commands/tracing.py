"""`wildwire trace`: the numbers of one forward and one backward step on one row.

Comes in: a model, a table, the number of a row. Goes out: a table of neurons and a table
of links, or JSON. Called by `cli.py`; the numbers are those of `wildwire.trace`.
"""

import json as json_format
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from wildwire.commands.output import notes, print_table, say
from wildwire.commands.targets import (
    loss_of_model,
    ordered_targets,
    target_columns,
    target_row,
)
from wildwire.engine.trace import Trace, trace
from wildwire.errors import DataError, UntrainedError
from wildwire.model import Model, load
from wildwire.tables import Table, read_table

NEURON_HEADINGS = ("neuron", "z", "output", "slope", "delta = dE/dz")
LINK_HEADINGS = ("source", "target", "weight", "dz/dw", "dE/dw", "new weight")


def trace_command(
    model_path: Path,
    data: Path,
    row: int,
    *,
    targets: Sequence[str],
    rate: float,
    loss: str | None,
    digits: int,
    json: bool,
) -> None:
    """Print one forward and backward step.

    Parameters
    ----------
    row : int
        Of the data, from 1; the header is not counted.
    targets : sequence of str
        Columns; empty finds them by the names of the outputs.
    rate : float
        Of gradient descent, for the new weights.
    loss : str or None
        None takes the one that suits the model: logistic or softmax for classes,
        otherwise squared.

    Raises
    ------
    DataError
        No such row, or a column is missing.
    """
    model = load(model_path)
    table = read_table(data)
    notes(table.notes)
    if row > table.n_rows:
        raise DataError(
            f"{data} has {table.n_rows} rows of data; there is no row {row}"
        )
    only = table.take(np.array([row - 1]))
    step = trace_row(model, only, targets, rate=rate, loss=loss)
    if json:
        say(json_format.dumps(_as_dict(step, model)))
        return
    _print(step, row, digits)


def trace_row(
    model: Model,
    table: Table,
    targets: Sequence[str] = (),
    *,
    rate: float = 0.1,
    loss: str | None = None,
) -> Trace:
    """The step for the only row of a table."""
    unknown = np.isnan(model.theta)
    if unknown.any():
        name = model.network.theta_names[int(np.argmax(unknown))]
        raise UntrainedError(
            f"'{name}' is unknown (the first of {int(unknown.sum())} numbers): fit the "
            "network before it is traced, or give the numbers in its text"
        )
    if targets:
        columns = ordered_targets(model, table, targets)
    else:
        columns = target_columns(model, table)
    x = model.encode(table.drop([column.name for column in columns]))[0]
    t = target_row(model, columns, table)
    chosen = loss or loss_of_model(model)
    return trace(model.network, model.theta, x, t, loss=chosen, rate=rate)


def _print(step: Trace, row: int, digits: int) -> None:
    def short(value: float) -> str:
        return f"{value:.{digits}g}"

    def listed(values: dict[str, float]) -> str:
        return ", ".join(f"{name} = {short(value)}" for name, value in values.items())

    say(f"row {row}: {listed(step.inputs)}")
    say(f"targets: {listed(step.targets)}")
    say(f"outputs: {listed(step.outputs)}")
    say(f"loss E = {short(step.loss)}")
    say("")
    neurons = [
        (n.name, *map(short, (n.z, n.output, n.slope, n.delta))) for n in step.neurons
    ]
    print_table(
        NEURON_HEADINGS, neurons, title="forward and backward, neuron by neuron"
    )
    links = [
        (k.source, k.target, *map(short, (k.weight, k.dz_dw, k.dE_dw, k.new_weight)))
        for k in step.links
    ]
    title = f"links; source 1 is the bias; new weight = weight - {step.rate:g} * dE/dw"
    print_table(LINK_HEADINGS, links, texts=2, title=title)
    _print_parameters(step, short)


def _print_parameters(step: Trace, short: Any) -> None:
    rows = [
        (neuron.name, name, *map(short, numbers))
        for neuron in step.neurons
        for name, numbers in neuron.parameters.items()
    ]
    if rows:
        headings = ("neuron", "parameter", "value", "dE/dp", "new value")
        print_table(headings, rows, texts=2, title="parameters of functions")


def _as_dict(step: Trace, model: Model) -> dict[str, Any]:
    names = model.network.theta_names
    return {
        "inputs": step.inputs,
        "targets": step.targets,
        "outputs": step.outputs,
        "loss": step.loss,
        "rate": step.rate,
        "neurons": [asdict(neuron) for neuron in step.neurons],
        "links": [asdict(link) for link in step.links],
        "gradient": dict(zip(names, step.gradient.tolist(), strict=True)),
        "new_numbers": dict(zip(names, step.theta.tolist(), strict=True)),
    }
