"""Rows to learn from, checked: what reaches the engine is finite, of one shape, and has some weight.

Comes in: X, Y, sample weights and the validation argument as the user gave them. Goes out: `Rows`, contiguous
float64 arrays. Called by `learning/fitting.py` and `learning/objective.py`.
"""

import math
from dataclasses import dataclass

import numpy as np

from wildwire.engine.memory import NO_MEMORY, Memory
from wildwire.engine.sequences import are_sequences
from wildwire.errors import DataError, SettingError
from wildwire.learning.sequences import SequenceRows, as_sequences
from wildwire.learning.settings import one_line
from wildwire.learning.shuffling import split_rows

__all__ = ["Rows", "as_rows", "as_samples", "real_numbers", "split_validation"]


@dataclass(frozen=True, slots=True)
class Rows:
    """Inputs (n, n_inputs), targets (n, n_outputs), weights; `number` maps a row to that of the user.

    Weights are (n,) or None; or (n, n_outputs), 0 where there is no target, and then `row_weight` is that of each row.
    """

    X: np.ndarray
    Y: np.ndarray
    weight: np.ndarray | None
    number: np.ndarray
    row_weight: np.ndarray | None = None

    word = "row"
    memory = NO_MEMORY
    n_steps = 1

    def __len__(self) -> int:
        return len(self.X)

    @property
    def samples(self) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """X, Y and weight as the engine takes them."""
        return self.X, self.Y, self.weight

    @property
    def tables(self) -> tuple[np.ndarray | None, ...]:
        """All numbers, for a checksum."""
        own = () if self.row_weight is None else (self.row_weight,)
        return *self.samples, *own

    @property
    def targets(self) -> np.ndarray:
        """The targets, (n, n_outputs)."""
        return self.Y

    @property
    def target_weight(self) -> np.ndarray | None:
        """The weights of the targets."""
        return self.weight

    def check_loss(self, loss, network, what: str) -> None:
        """DataError for targets that the loss does not take."""
        from wildwire.engine.loss_targets import check_loss_targets

        check_loss_targets(
            loss, network, self.Y, self.weight, number=self.number, what=what
        )

    @property
    def total(self) -> float:
        """Sum of the weights."""
        weight = self.weight if self.row_weight is None else self.row_weight
        return float(len(self.X) if weight is None else weight.sum())

    def take(self, rows: np.ndarray) -> "Rows":
        """The rows with these indices."""
        weight, own = (
            None if each is None else each[rows]
            for each in (self.weight, self.row_weight)
        )
        return Rows(self.X[rows], self.Y[rows], weight, self.number[rows], own)


def real_numbers(what: str, values) -> np.ndarray:
    """`values` as a float64 array, or a DataError that names `what`."""
    try:
        array = np.asarray(values)
        if array.dtype.kind == "c":
            raise DataError(
                f"{what} is complex; real numbers are needed: "
                "give real and imaginary parts as columns of their own"
            )
        return np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        told = " ".join(str(error).split())
        raise DataError(f"{what} must be numbers: {told}") from None


def _in_order(network, X, table: np.ndarray, what: str) -> np.ndarray:
    """The columns of a data frame in the order of the network's inputs, by name; of anything else as they are.

    Where no name is an input's, the order of the columns is taken for that of the inputs.
    """
    names = getattr(X, "column_names", getattr(X, "columns", None))
    if names is None or table.ndim != 2:
        return table
    places = {name: i for i, name in enumerate(names) if isinstance(name, str)}
    inputs = _input_names(network)
    found = [next((places[n] for n in either if n in places), -1) for either in inputs]
    if all(place < 0 for place in found):
        return table
    absent = [either[0] for either, i in zip(inputs, found, strict=True) if i < 0]
    others = [name for i, name in enumerate(names) if i not in found]
    if absent or others:
        lacks = f"lacks {', '.join(map(repr, absent[:6]))}" if absent else ""
        extra = f"also has {', '.join(map(repr, others[:6]))}" if others else ""
        told = "; it ".join(part for part in (lacks, extra) if part)
        raise DataError(
            f"{what} has only some columns named as the network's inputs: it {told}. "
            "Give exactly the inputs' columns, or an array in their order"
        )
    return table[:, found]


def _input_names(network) -> list[tuple[str, ...]]:
    """What a frame may call each input: its name or its label."""
    names: list[tuple[str, ...]] = [
        (name,) for name in network.names[: network.n_inputs]
    ]
    first = 0
    for column in getattr(network, "columns", ()):
        if column.size == 1 and column.label is not None:
            names[first] += (column.label,)
        first += column.size
    return names


def _table(table: np.ndarray, what: str, names: tuple[str, ...]) -> np.ndarray:
    if table.ndim == 1 and len(names) == 1:
        table = table.reshape(-1, 1)
    if table.ndim != 2 or table.shape[1] != len(names):
        shown = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
        raise DataError(
            f"{what} must have shape (rows, {len(names)}) for {shown}; it has {table.shape}"
        )
    bad = ~np.isfinite(table)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"{what}: row {row}, column {names[column]!r} is {table[row, column]}; "
            "leave the row out or fill in a number"
        )
    return np.ascontiguousarray(table)


def _weights(sample_weight, n_rows: int) -> np.ndarray | None:
    if sample_weight is None:
        return None
    weight = np.ascontiguousarray(real_numbers("sample_weight", sample_weight))
    if weight.shape != (n_rows,):
        raise DataError(
            f"sample_weight must have shape ({n_rows},), not {weight.shape}"
        )
    bad = ~(np.isfinite(weight) & (weight >= 0))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"sample_weight of row {row} is {weight[row]}; 0 or more is needed"
        )
    if not weight.any():
        raise DataError("all sample weights are 0: there is nothing to learn from")
    return weight


def as_samples(
    network, X, Y, sample_weight=None, memory: Memory = NO_MEMORY, what: str = ""
) -> "Rows | SequenceRows":
    """Rows, or sequences where X has their form or the network a memory; checked by `as_rows` or `as_sequences`."""
    if not are_sequences(network, X):
        if memory != NO_MEMORY:
            raise SettingError(
                "warm_up, truncate and feedback are for sequences: give X as (n_sequences, n_steps, n_inputs)"
            )
        return as_rows(network, X, Y, sample_weight, what)
    if hasattr(X, "columns") or hasattr(X, "column_names"):
        X = _in_order(network, X, real_numbers(f"{what}X", X), f"{what}X")
    return as_sequences(network, X, Y, sample_weight, memory, what)


def as_rows(network, X, Y, sample_weight=None, what: str = "") -> Rows:
    """Check `X`, `Y` and `sample_weight` against `network`.

    Shape (n,) is accepted for a single input or output, and is never broadcast. Columns of a data frame X are
    matched by name (see `_in_order`). `what` stands before X and Y in messages.

    Raises
    ------
    DataError
        Wrong shapes, a frame that has only some of the inputs, complex numbers, text, NaN or infinity (row and column
        are named), no rows, or no weight at all.
    """
    x = _in_order(network, X, real_numbers(f"{what}X", X), f"{what}X")
    x = _table(x, f"{what}X", tuple(network.names[: network.n_inputs]))
    y = real_numbers(f"{what}Y", Y)
    y = _table(y, f"{what}Y", tuple(network.output_names))
    if len(x) != len(y):
        raise DataError(f"{what}X has {len(x)} rows, {what}Y has {len(y)}")
    if not len(x):
        raise DataError(f"{what}X has no rows: there is nothing to learn from")
    return Rows(x, y, _weights(sample_weight, len(x)), np.arange(len(x)))


def split_validation(network, rows: Rows | SequenceRows, validation, key: int):
    """Rows to train on and rows to validate on (None without validation).

    Parameters
    ----------
    validation : None, float or tuple
        A share in 0..1 of the rows, drawn at random from the seed's `key`; or (X, Y) or (X, Y, weight) of its own.

    Raises
    ------
    SettingError, DataError
        It is none of these, or leaves no row on one side.
    """
    if validation is None:
        return rows, None
    if isinstance(validation, (tuple, list)):
        if len(validation) not in (2, 3):
            raise SettingError(
                f"validation must be (X, Y) or (X, Y, weight), not {len(validation)} parts"
            )
        held = as_samples(network, *validation, memory=rows.memory, what="validation ")
        return rows, held
    share = validation if isinstance(validation, (float, np.floating)) else math.nan
    if not 0 < share < 1:
        raise SettingError(
            f"validation must be a share such as 0.2 or (X, Y), not {one_line(validation)}"
        )
    n_held = max(1, round(share * len(rows)))
    if n_held >= len(rows):
        raise DataError(
            f"validation={share} leaves no {rows.word} to learn from; there are {len(rows)}"
        )
    kept, held = split_rows(key, len(rows), n_held)
    for name, part in (("training", kept), ("validation", held)):
        if not rows.take(part).total > 0:
            raise DataError(
                f"all {name} rows have weight 0; choose another seed or share"
            )
    return rows.take(kept), rows.take(held)
