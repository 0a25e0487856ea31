"""From a table and its targets to a network and the arrays it learns from.

Comes in: a table, the names of the targets, and either a network of the user's or sizes
of hidden layers. Goes out: `Prepared`. Called by `fitting.py`, which serves the command
line and the estimators alike.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wildwire.advice import hidden_size
from wildwire.errors import DataError, SettingError
from wildwire.language.words import WORDS
from wildwire.network import Network
from wildwire.preparation.encode import encode_table
from wildwire.preparation.given import adapt_network, match_targets
from wildwire.preparation.inputs import choose_inputs
from wildwire.preparation.statistics import row_count
from wildwire.preparation.targets import Target, Task, read_target
from wildwire.preparation.text import Wiring, network_text, output_name
from wildwire.tables import Table

_LARGEST_LAYER = 100_000


@dataclass(frozen=True, eq=False)
class Prepared:
    """A network and its data.

    Parameters
    ----------
    network : Network
        Scaling of inputs and targets, imputation, ranges and classes stand inside.
    X : ndarray of float64, shape (n, n_inputs)
    Y : ndarray of float64, shape (n, n_outputs)
        In the units of the table; one column of 0 and 1 per class, or one for two
        classes.
    weight : ndarray of float64, shape (n,)
        Above 0: rows of weight 0 are gone.
    rows : ndarray of int
        Which rows of the table these are.
    targets : tuple of Target
        One per target column, with all rows of the table that have weight.
    wiring : Wiring or None
        Of a network that was made here; None for the user's own.
    notes : tuple of str
        What was recognised, filled in and left out.
    """

    network: Network
    X: np.ndarray
    Y: np.ndarray
    weight: np.ndarray
    rows: np.ndarray
    targets: tuple[Target, ...]
    wiring: Wiring | None
    notes: tuple[str, ...]

    @property
    def task(self) -> Task:
        """ "regression" or "classification"."""
        return self.targets[0].task

    @property
    def classes(self) -> tuple | None:
        """Labels of the classes, or None."""
        return self.targets[0].classes or None

    @property
    def n_rows(self) -> float:
        """How many rows the weights stand for (see `row_count`)."""
        return row_count(self.weight)


def prepare(
    table: Table,
    targets: str | int | Sequence[str | int],
    *,
    network: Network | None = None,
    hidden: str | int | Sequence[int] | None = None,
    activation: str = "tanh",
    ignore: Sequence[str | int] = (),
    weight: np.ndarray | None = None,
    task: Task | None = None,
    classes: Sequence | None = None,
    keep_all: bool = False,
) -> Prepared:
    """Make a network for a table, or fit a table to a network, and encode the rows.

    Parameters
    ----------
    table : Table
    targets : name or number of a column, or several
        Several regressions, or one classification.
    network : Network, optional
        The user's own; it is used as it is written, with the ranges of its inputs
        added, and a rule for missing values where some are missing.
    hidden : str, int or sequence of int, optional
        Sizes of hidden layers, as "16,8"; empty or 0 for none. Without it and without
        `network`: one layer of the advised size. Direct links from the inputs to the
        outputs always put the linear model inside.
    activation : str
        Of the hidden layers.
    ignore : sequence of names or numbers of columns
    weight : array of shape (n,), optional
        Finite, 0 or more, not all 0. Rows of weight 0 are dropped before anything else.
    task : {"regression", "classification"}, optional
        None recognises it.
    classes : sequence, optional
        All labels of a classification, where the rows may not show every one.
    keep_all : bool
        Keep every column in the network's input line, used or not (arrays are matched
        by position).

    Raises
    ------
    DataError, SettingError
        One line each, naming row and column: see `choose_inputs`, `read_target`,
        `encode_table`.
    """
    if network is not None and hidden is not None:
        raise SettingError("give a network or sizes of hidden layers, not both")
    rows, weight = _weighted_rows(table, weight)
    if len(rows) < table.n_rows:
        table = table.take(rows)
    chosen = [targets] if isinstance(targets, str | int) else list(targets)
    target_columns = [table.column(which) for which in chosen]
    inputs = table.drop([*chosen, *ignore])
    read, notes = [], []
    for column in target_columns:
        target, note = read_target(table, column, weight, task, classes)
        read.append(target)
        notes.append(note)
    _check_targets(read)
    if network is not None:
        ordered = match_targets(network, read)
        network, more = adapt_network(network, inputs, ordered[0], weight)
        wiring, read = None, ordered
    else:
        network, wiring, more = _make_network(
            inputs, read, weight, hidden, activation, keep_all
        )
    X = encode_table(network.columns, inputs)
    Y = encode_targets(read, network.n_outputs)
    return Prepared(network, X, Y, weight, rows, tuple(read), wiring, (*notes, *more))


def hidden_sizes(hidden: str | int | Sequence[int]) -> tuple[int, ...]:
    """Sizes of hidden layers from "16,8", 16 or (16, 8); 0 or "" is no layer.

    Raises
    ------
    SettingError

    Examples
    --------
    >>> hidden_sizes("16, 8"), hidden_sizes(4), hidden_sizes(0)
    ((16, 8), (4,), ())
    """
    parts: list = [hidden]
    if isinstance(hidden, str):
        parts = [part.strip() for part in hidden.split(",") if part.strip()]
    elif isinstance(hidden, Sequence | np.ndarray):
        parts = list(hidden)
    try:
        sizes = [int(p) if isinstance(p, str) else operator.index(p) for p in parts]
    except (TypeError, ValueError):
        sizes = [-1]
    if sizes == [0]:
        return ()
    if any(not 1 <= size <= _LARGEST_LAYER for size in sizes):
        raise SettingError(
            f"hidden must be sizes of layers such as '16,8', each from 1 to "
            f"{_LARGEST_LAYER}, not {hidden!r}"
        )
    return tuple(sizes)


def encode_targets(targets: Sequence[Target], n_outputs: int) -> np.ndarray:
    """Targets as the network's outputs should be, float64 of shape (n, n_outputs)."""
    first = targets[0]
    if first.task == "classification" and n_outputs > 1:
        return (first.values[:, None] == np.arange(n_outputs)).astype(np.float64)
    return np.column_stack([target.values.astype(np.float64) for target in targets])


def _make_network(
    inputs: Table,
    targets: Sequence[Target],
    weight: np.ndarray,
    hidden: str | int | Sequence[int] | None,
    activation: str,
    keep_all: bool,
) -> tuple[Network, Wiring, list[str]]:
    taken = set(WORDS)
    for target in targets:
        taken.add(output_name(target.name, taken))
    chosen, notes = choose_inputs(inputs, weight, taken, keep_all=keep_all)
    if hidden is None:
        n_inputs = sum(item.size for item in chosen if item.read)
        first = targets[0]
        n_outputs = max(
            len(targets), len(first.classes) if len(first.classes) > 2 else 1
        )
        size = hidden_size(row_count(weight), n_inputs, n_outputs)
        notes.append(f"one hidden layer of {size} (advised for these data)")
        sizes: tuple[int, ...] = (size,)
    else:
        sizes = hidden_sizes(hidden)
    wiring = network_text(chosen, targets, sizes, activation=activation)
    return Network.parse(wiring.text), wiring, notes


def _weighted_rows(
    table: Table, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and weights of the rows that have weight."""
    if weight is None:
        weight = np.ones(table.n_rows)
    weight = np.asarray(weight, dtype=np.float64)
    if weight.shape != (table.n_rows,):
        raise DataError(
            f"weights have shape {weight.shape}; the table has {table.n_rows} rows"
        )
    bad = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if len(bad):
        raise DataError(
            f"{table.source}, {table.row_label(bad[0])}: weight {weight[bad[0]]:g}; "
            f"weights must be finite and 0 or more"
        )
    rows = np.flatnonzero(weight > 0)
    if len(rows) < 2:
        raise DataError(
            f"{table.source}: {len(rows)} row(s) with weight are too few to learn from"
        )
    return rows, weight[rows]


def _check_targets(targets: Sequence[Target]) -> None:
    if not targets:
        raise SettingError("no target: name the column that is to be predicted")
    classes = [target.name for target in targets if target.task == "classification"]
    if classes and len(targets) > 1:
        raise DataError(
            f"several targets must all be numbers, and '{classes[0]}' holds classes: fit "
            f"one network per target"
        )
