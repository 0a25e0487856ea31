"""Sequences to learn from, checked; the counterpart of `Rows` in `data.py`.

Comes in: X, Y and weights of sequences as the user gave them (see `wildwire.run` for their forms), and the settings of
learning through time. Goes out: `SequenceRows`. Called by `learning/data.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.engine.memory import Memory
from wildwire.engine.samples import read_samples
from wildwire.errors import DataError

__all__ = ["SequenceRows", "as_sequences"]


@dataclass(frozen=True, slots=True)
class SequenceRows:
    """Sequences: inputs (n_steps, n_inputs), targets (n_steps, n_outputs) and weights of each, of any lengths."""

    X: tuple[np.ndarray, ...]
    Y: tuple[np.ndarray, ...]
    weight: tuple[np.ndarray, ...]
    number: np.ndarray
    memory: Memory

    word = "sequence"
    row_weight = None

    def __len__(self) -> int:
        return len(self.X)

    @property
    def n_steps(self) -> int:
        """Steps of the longest."""
        return max(len(x) for x in self.X)

    @property
    def samples(self) -> tuple[Any, Any, Any]:
        """X, Y and weight as the engine takes them: arrays where all sequences have one length, else lists."""
        parts = (self.X, self.Y, self.weight)
        if len({len(x) for x in self.X}) == 1:
            x, y, weight = (np.stack(part) for part in parts)
        else:
            x, y, weight = (list(part) for part in parts)
        return x, y, weight

    @property
    def tables(self) -> tuple[np.ndarray, ...]:
        """All numbers, for a checksum."""
        counts = np.array([len(x) for x in self.X])
        parts = (self.X, self.Y, self.weight)
        return (counts, *(np.concatenate(part) for part in parts))

    @property
    def targets(self) -> np.ndarray:
        """The targets of all steps, one after another."""
        return np.concatenate(self.Y)

    @property
    def target_weight(self) -> np.ndarray:
        """The weight of each step."""
        return np.concatenate(self.weight).mean(axis=1)

    @property
    def total(self) -> float:
        """Sum of the weights."""
        return float(self.target_weight.sum())

    def take(self, rows: np.ndarray) -> "SequenceRows":
        """The sequences with these indices."""
        rows = np.asarray(rows)
        x, y, weight = (
            tuple(part[i] for i in rows.tolist())
            for part in (self.X, self.Y, self.weight)
        )
        return SequenceRows(x, y, weight, self.number[rows], self.memory)

    def check_loss(self, loss, network, what: str) -> None:
        """DataError for targets that the loss does not take."""
        from wildwire.engine.loss_targets import check_loss_targets

        for i, (y, weight) in enumerate(zip(self.Y, self.weight, strict=True)):
            told = f"{what}sequence {self.number[i]} of "
            check_loss_targets(loss, network, y, weight, what=told)


def as_sequences(
    network, X, Y, sample_weight, memory: Memory, what: str
) -> SequenceRows:
    """Check sequences against `network`; see `as_rows`."""
    try:
        samples = read_samples(
            network, X, Y, sample_weight, np.dtype("float64"), memory
        )
    except DataError as error:
        raise DataError(f"{what}{error}") from None
    data = samples.sequences
    assert data is not None
    counts = data.counts.tolist()
    if not counts:
        raise DataError(f"{what}X has no sequences: there is nothing to learn from")
    if not samples.weight.any():
        raise DataError(f"{what}all weights are 0: there is nothing to learn from")
    x, y, weight = (
        tuple(np.ascontiguousarray(table[:count, i]) for i, count in enumerate(counts))
        for table in (data.X, samples.Y, samples.weight)
    )
    return SequenceRows(x, y, weight, np.arange(len(counts)), memory)
