"""The network's side of a comparison: its whole procedure, and its data for the rivals.

Comes in: a table, a `Recipe` and the model that it gave on all rows. Goes out: a
`Problem` and a `NetworkProcedure` for `evaluation.compare`. Called by `fitting.py`.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wildwire.commands.recipe import Recipe
from wildwire.commands.targets import ordered_targets, target_values
from wildwire.evaluation import Problem, make_problem
from wildwire.model import Model
from wildwire.preparation.encode import find_columns
from wildwire.tables import Table, TableColumn

NETWORK_NAME = "this network"


def problem_of(recipe: Recipe, table: Table, model: Model) -> Problem:
    """The data of the rivals: the columns that the network reads, the same targets.

    Parameters
    ----------
    model : Model
        Fitted to the whole table.
    """
    columns = columns_read(model, recipe.inputs(table))
    weight = recipe.weights(table)
    used = np.ones(table.n_rows, bool) if weight is None else weight > 0
    targets = ordered_targets(model, table, recipe.targets)
    return make_problem(
        np.column_stack([_codes(column) for column in columns]),
        target_values(model, targets, table, used),
        class_count=len(model.classes) if model.classes else 0,
        categorical=[column.kind in ("category", "date") for column in columns],
        weight=weight,
        group=recipe.groups(table),
    )


def columns_read(model: Model, inputs: Table) -> list[TableColumn]:
    """The columns of a table that the model reads, each once."""
    parts = find_columns(model.network.columns, inputs)
    found = {column.name: column for some in parts for column in some}
    return list(found.values())


def _codes(column: TableColumn) -> np.ndarray:
    """Values with NaN for missing; a category as codes."""
    return np.where(column.missing, np.nan, column.values.astype(np.float64))


@dataclass(frozen=True, eq=False)
class NetworkProcedure:
    """Fits the network to some rows of the table, from the very beginning.

    Attributes
    ----------
    classes : tuple or None
        Of the whole table: a train set may lack one.
    time_limit : float or None
        Of each fit, in seconds.
    stored : int or None
        Learnt numbers of the network that all rows gave.
    """

    recipe: Recipe
    table: Table
    classes: tuple | None
    time_limit: float | None = None
    stored: int | None = None
    name: str = NETWORK_NAME

    def fit(self, rows: np.ndarray, seed: int) -> "NetworkPredictor":
        """Prepare, fit and forget everything about the other rows.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C ends a fit early and keeps its best numbers; a comparison must not
            judge such a network.
        """
        train = self.table.take(rows)
        fitted = self.recipe.fit(
            train, seed=seed, time_limit=self.time_limit, standard_errors=False
        )
        if fitted.result.reason == "interrupted":
            raise KeyboardInterrupt
        return self.predictor(fitted.model, train)

    def predictor(self, model: Model, train: Table) -> "NetworkPredictor":
        """A model that was fitted to these rows, predicting rows of the whole table."""
        inputs = self.recipe.inputs(self.table)
        read = columns_read(model, self.recipe.inputs(train))
        known = tuple(_Known.of(column) for column in read)
        return NetworkPredictor(model, inputs, self.classes, known)


@dataclass(frozen=True, eq=False)
class NetworkPredictor:
    """A fitted network, predicting rows of the table by number."""

    model: Model
    inputs: Table
    classes: tuple | None
    known: "tuple[_Known, ...]"

    @property
    def parameters(self) -> int:
        """Learnt numbers."""
        return self.model.network.n_theta

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Numbers, or a probability for each class of the whole table."""
        table = self._table(rows)
        if self.classes is None:
            return self.model.run(table)
        assert self.model.classes is not None
        found = np.zeros((len(rows), len(self.classes)))
        places = [self.classes.index(label) for label in self.model.classes]
        found[:, places] = self.model.predict_proba(table)
        return found

    def hidden(self, rows: np.ndarray) -> np.ndarray:
        """What the output neurons read, (len(rows), h)."""
        from wildwire.engine.evaluate import values

        network, theta = self.model.network, self.model.theta
        nodes = nodes_read_by_outputs(network)
        X = self.model.encode(self._table(rows))
        everything = np.column_stack([X, values(network, theta, X)])
        return everything[:, nodes]

    def _table(self, rows: np.ndarray) -> Table:
        """These rows, where what the train rows never had has become something known."""
        table = self.inputs.take(rows)
        repaired = {known.name: known for known in self.known}
        columns = tuple(
            repaired[column.name].repair(column) if column.name in repaired else column
            for column in table.columns
        )
        return replace(table, columns=columns)


@dataclass(frozen=True)
class _Known:
    """What the train rows of one fold have seen of a column.

    A user gets an error for a category that was never seen and for a missing value where
    none was missing. In a fold that is bad luck: the commonest value stands in.
    """

    name: str
    missing_seen: bool
    usual: float
    codes: frozenset[int]

    @classmethod
    def of(cls, column: TableColumn) -> "_Known":
        present = column.values[~column.missing]
        if column.kind != "category":
            mean = float(np.mean(present)) if len(present) else 0.0
            return cls(column.name, bool(column.missing.any()), mean, frozenset())
        codes, counts = np.unique(present, return_counts=True)
        usual = float(codes[np.argmax(counts)]) if len(codes) else -1.0
        seen = frozenset(codes.tolist())
        return cls(column.name, bool(column.missing.any()), usual, seen)

    def repair(self, column: TableColumn) -> TableColumn:
        """The column with only such values as the train rows had."""
        strange = np.zeros(len(column.values), bool)
        if not self.missing_seen:
            strange |= column.missing
        if column.kind == "category":
            strange |= ~column.missing & ~np.isin(column.values, list(self.codes))
        if not strange.any():
            return column
        usual = np.array(self.usual, dtype=column.values.dtype)
        return replace(column, values=np.where(strange, usual, column.values))


def nodes_read_by_outputs(network: Any) -> np.ndarray:
    """Nodes from which the outputs are only a linear step away.

    Walks back from the output neurons; neurons that only add up (their activation is
    identity) are passed through, so that scaling lines do not hide what they scale.

    Returns
    -------
    ndarray of int
        Node numbers, inputs first, in order.
    """
    sources: dict[int, list[int]] = {}
    for source, target in zip(network.link_source, network.link_target, strict=True):
        sources.setdefault(int(target), []).append(int(source))
    found, seen = set(), set()
    todo = [int(node) for node in network.output_node]
    outputs = set(todo)
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        neuron = node - network.n_inputs
        passes = node in outputs or (neuron >= 0 and _adds_up(network, neuron))
        if neuron >= 0 and passes:
            todo += sources.get(neuron, [])
        else:
            found.add(node)
    return np.array(sorted(found), dtype=np.int64)


def _adds_up(network: Any, neuron: int) -> bool:
    function = network.functions[network.activation[neuron]]
    return function.name == "identity" and network.transfer[neuron] == 0
