"""Samples as the engine reads them: rows, or sequences.

Comes in: X, Y, weights and theta as users give them. Goes out: checked arrays of the engine's type, and how a program
is bound for them. Called by `evaluate.py`, `session.py` and `population.py`.
"""

from dataclasses import dataclass

import numpy as np

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
from wildwire.errors import DataError, SettingError, UnsupportedError, UntrainedError


def check_is_network(network) -> None:
    """SettingError for what is no network, such as its text."""
    if not hasattr(network, "n_theta"):
        raise SettingError(
            f"network is a {type(network).__name__}: read a text with wildwire.parse(text)"
        )


def refuse_memory(network, what) -> None:
    """UnsupportedError for a network with memory: an output depends on the inputs of all steps before."""
    check_is_network(network)
    if network.n_delays:
        raise UnsupportedError(
            f"{what} is for networks without memory, and this one looks {network.n_delays} steps back: "
            "wildwire.jacobian and wildwire.stability tell how its past acts"
        )


def check_theta(network, theta) -> np.ndarray:
    """theta as float64 (n_theta,), all numbers known.

    Raises
    ------
    SettingError
        Wrong length.
    UntrainedError
        A number is NaN; the first is named.
    """
    check_is_network(network)
    try:
        theta = np.asarray(theta, np.float64)
    except (TypeError, ValueError) as error:
        raise SettingError(f"theta cannot be read as numbers: {error}") from None
    if theta.shape != (network.n_theta,):
        raise SettingError(
            f"theta has shape {theta.shape}; this network needs ({network.n_theta},)"
        )
    unknown = np.isnan(theta)
    if unknown.any():
        name = network.theta_names[int(np.argmax(unknown))]
        raise UntrainedError(
            f"the number {name!r} is unknown ({int(unknown.sum())} of {theta.size}): "
            "fit the network, or start from network.initial(seed=0)"
        )
    return theta


def _two_dimensional(array, dtype, what) -> np.ndarray:
    if np.iscomplexobj(array):
        raise DataError(f"{what} holds complex numbers: give real ones")
    try:
        array = np.asarray(array, dtype)
    except (TypeError, ValueError) as error:
        raise DataError(f"{what} cannot be read as numbers: {error}") from None
    if array.ndim == 1 and what != "X":
        array = array[:, None]
    if array.ndim != 2:
        raise DataError(
            f"{what} has {array.ndim} dimensions; it needs 2 (rows, columns)"
        )
    return np.ascontiguousarray(array)


def _finite(array, what) -> None:
    if not np.isfinite(array).all():
        row, column = np.argwhere(~np.isfinite(array))[0]
        raise DataError(
            f"{what} is {array[row, column]} in row {row}, column {column} (from 0): "
            "remove or replace it"
        )


def check_inputs(network, X, dtype) -> np.ndarray:
    """X as a finite C-ordered array (n, n_inputs); DataError names row and column."""
    check_is_network(network)
    if network.n_inputs == 1 and np.ndim(X) == 1:
        X = np.reshape(X, (-1, 1))
    X = _two_dimensional(X, dtype, "X")
    if X.shape[1] != network.n_inputs:
        raise DataError(
            f"X has {X.shape[1]} columns; this network has {network.n_inputs} inputs"
        )
    _finite(X, "X")
    return X


def check_targets(network, Y, n, dtype) -> np.ndarray:
    """Y as an array (n, n_outputs); (n,) is one output, and nothing is broadcast."""
    Y = _two_dimensional(Y, dtype, "Y")
    if Y.shape != (n, network.n_outputs):
        raise DataError(
            f"Y has shape {Y.shape}; {n} rows and {network.n_outputs} outputs need "
            f"({n}, {network.n_outputs})"
        )
    _finite(Y, "Y")
    return Y


def check_weights(network, sample_weight, n, dtype) -> np.ndarray:
    """Weights as (n, 1) or (n, n_outputs), finite and not negative."""
    if sample_weight is None:
        return np.ones((n, 1), dtype)
    weight = _two_dimensional(sample_weight, dtype, "sample_weight")
    if len(weight) != n or weight.shape[1] not in (1, network.n_outputs):
        raise DataError(f"sample_weight has shape {weight.shape}; X has {n} rows")
    _finite(weight, "sample_weight")
    if (weight < 0).any():
        row = int(np.argwhere(weight < 0)[0][0])
        raise DataError(f"sample_weight is negative in row {row} (from 0)")
    return weight


def check_threads(threads) -> int:
    """A whole number of threads, at least 1."""
    whole = isinstance(threads, int | np.integer) and not isinstance(threads, bool)
    if not whole or threads < 1:
        raise SettingError(f"threads must be a whole number from 1 up, not {threads!r}")
    return int(threads)


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

    network: object
    X: np.ndarray
    Y: np.ndarray
    weight: np.ndarray
    n: int
    sequences: Sequences | None = None
    memory: Memory = NO_MEMORY

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
