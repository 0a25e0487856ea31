"""Samples to learn from, as the engine reads them: rows, or sequences.

Comes in: X, Y and weights as users give them. Goes out: checked arrays of the engine's type, and how a program is bound
for them. Called by `evaluate.py`, `session.py` and `learning/`.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wildwire.engine.checks import (
    check_inputs,
    check_is_network,
    check_targets,
    check_weights,
)
from wildwire.engine.loss_targets import check_loss_targets
from wildwire.engine.machine import partition_of
from wildwire.engine.memory import NO_MEMORY, Memory, bind_sequences
from wildwire.engine.sequences import (
    Sequences,
    are_sequences,
    check_long_enough,
    read_sequences,
    read_targets,
    read_weights,
)
from wildwire.errors import SettingError


@dataclass(frozen=True)
class Samples:
    """What a network learns from: rows, or sequences laid out step by step.

    Attributes
    ----------
    X, Y, weight : array
        (n, ...) for rows, (n_steps, n, ...) for sequences.
    n : int
        Rows or sequences.
    sequences : Sequences or None
    memory : Memory
    """

    network: Any
    X: np.ndarray
    Y: np.ndarray
    weight: np.ndarray
    n: int
    sequences: Sequences | None = None
    memory: Memory = NO_MEMORY

    def weighing(self, row_weight) -> "Samples":
        """The same rows, which weigh this in means, (n,), and not the mean of their outputs' weights."""
        own = np.asarray(row_weight, self.weight.dtype).reshape(-1, 1)
        each = np.broadcast_to(self.weight, (self.n, self.network.n_outputs))
        return replace(self, weight=np.ascontiguousarray(np.hstack((each, own))))

    def bind(self, program, batch, dtype):
        """The program for these samples, how batches are cut, and the frames of a sequence (0 for rows)."""
        if self.sequences is None:
            return program, partition_of(program, batch, max(self.n, 1), dtype), 0
        return bind_sequences(
            program, self.network, self.sequences, self.memory, batch, dtype
        )

    def check_loss(self, losses) -> None:
        """DataError for targets that the losses do not take."""
        network, Y, weight = self.network, self.Y, self.weight
        if self.sequences is None:
            check_loss_targets(losses, network, Y, weight)
            return
        if all(loss.targets is None for loss in losses.distinct):
            return  # one sequence after another only where there is something to find
        for i in range(self.n):
            check_loss_targets(
                losses, network, Y[:, i], weight[:, i], what=f"sequence {i} of "
            )


def read_samples(network, X, Y, sample_weight, dtype, memory=NO_MEMORY) -> Samples:
    """Check samples; errors name row and column, or sequence, step and name."""
    check_is_network(network)
    if are_sequences(network, X):
        data = read_sequences(network, X, dtype)
        check_long_enough(network, data)
        weight = read_weights(network, data, sample_weight, memory.warm_up, dtype)
        Y = read_targets(network, data, Y, dtype, weight)
        return Samples(network, data.X, Y, weight, data.n, data, memory)
    if memory != NO_MEMORY:
        raise SettingError(
            "warm_up, truncate and feedback are for sequences: give X as (n_sequences, n_steps, n_inputs)"
        )
    X = check_inputs(network, X, dtype)
    Y = check_targets(network, Y, len(X), dtype)
    weight = check_weights(network, sample_weight, len(X), dtype)
    return Samples(network, X, Y, weight, len(X))
