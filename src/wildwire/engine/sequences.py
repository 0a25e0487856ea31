"""Sequences as the engine reads them: checked, filled up to one length, step by step.

Comes in: X, Y and weights as users give them, and a network. Goes out: arrays (steps, sequences, ...), a program whose
plan knows how many steps there are, and results in the form in which X came. Called by `evaluate.py`, `session.py` and
`runner.py`.

Three forms of X: an array (n_sequences, n_steps, n_inputs); a list of arrays (n_steps, n_inputs), whose lengths may
differ; and, for a network with memory, one sequence (n_steps, n_inputs). Sequences that end early are filled up behind
their end, where targets weigh nothing; what they hold there never acts on what came before.
"""

from dataclasses import dataclass

import numpy as np

from wildwire.engine.checks import dimensions, real_numbers
from wildwire.errors import DataError, SettingError

ONE, MANY, LIST = "one", "many", "list"


@dataclass(frozen=True)
class Sequences:
    """Inputs of sequences.

    Attributes
    ----------
    X : array (n_steps, n_sequences, n_inputs)
        Filled up to the longest.
    counts : int array (n_sequences,)
        Steps of each.
    form : str
        How X came: "one", "many" or "list".
    """

    X: np.ndarray
    counts: np.ndarray
    form: str

    @property
    def n(self) -> int:
        """Number of sequences."""
        return self.X.shape[1]

    @property
    def n_steps(self) -> int:
        """Steps of the longest."""
        return self.X.shape[0]

    @property
    def is_even(self) -> bool:
        """Whether all have the same number of steps."""
        return bool((self.counts == self.n_steps).all())

    def given_back(self, out):
        """An array (n_steps, n_sequences, width) in the form in which X came."""
        if self.form == ONE:
            return np.ascontiguousarray(out[:, 0])
        if self.form == MANY:
            return np.ascontiguousarray(out.transpose(1, 0, 2))
        return [out[:count, i].copy() for i, count in enumerate(self.counts.tolist())]


def are_sequences(network, X) -> bool:
    """Whether X is read as sequences: it has their form, or the network has a memory."""
    return network.n_delays > 0 or _is_list(X) or dimensions(X) == 3


def _is_list(X) -> bool:
    return isinstance(X, list | tuple) and bool(X) and dimensions(X[0]) == 2


def read_sequences(network, X, dtype) -> Sequences:
    """X checked and laid out step by step.

    Raises
    ------
    DataError
        Another form; a value that is not finite, with its sequence, step and input.
    """
    form = LIST if _is_list(X) else MANY
    if form == LIST:
        each = [real_numbers(x, dtype, f"sequence {i} of X") for i, x in enumerate(X)]
    else:
        array = real_numbers(X, dtype, "X")
        if array.ndim == 1 and network.n_inputs == 1:
            array = array[:, None]
        form = ONE if array.ndim == 2 else MANY
        if array.ndim not in (2, 3):
            raise DataError(
                f"X has {array.ndim} dimensions; sequences are (n_sequences, n_steps, n_inputs), a list "
                "of (n_steps, n_inputs), or one (n_steps, n_inputs)"
            )
        if form == MANY and array.shape[2] == network.n_inputs and array.shape[1]:
            return _read_array(network, array)
        each = [array] if form == ONE else list(array)
    for i, x in enumerate(each):
        if x.ndim != 2 or x.shape[1] != network.n_inputs:
            raise DataError(
                f"sequence {i} of X has shape {x.shape}; this network has {network.n_inputs} inputs, "
                f"so it must be (n_steps, {network.n_inputs})"
            )
        _check_finite(network, x, i)
    counts = np.array([len(x) for x in each], np.int64)
    steps = int(counts.max(initial=0))
    out = np.zeros((steps, len(each), network.n_inputs), dtype)
    for i, x in enumerate(each):
        out[: len(x), i] = x
        if 0 < len(x) < steps:
            out[len(x) :, i] = x[-1]
    if len(each) and counts.min() == 0:
        raise DataError(f"sequence {int(np.argmin(counts))} of X has no steps")
    return Sequences(out, counts, form)


def _read_array(network, array) -> Sequences:
    """Sequences of one length, without a loop over them."""
    if not np.isfinite(array).all():
        i = int(np.argmin(np.isfinite(array).all(axis=(1, 2))))
        _check_finite(network, array[i], i)
    counts = np.full(len(array), array.shape[1], np.int64)
    return Sequences(np.ascontiguousarray(array.transpose(1, 0, 2)), counts, MANY)


def _check_finite(network, x, i) -> None:
    if np.isfinite(x).all():
        return
    step, column = np.argwhere(~np.isfinite(x))[0]
    raise DataError(
        f"X is {x[step, column]} in sequence {i}, step {step}, input {network.names[column]} (from 0): "
        "fill the gap, or cut the sequence there"
    )


def check_long_enough(network, data: Sequences) -> None:
    """DataError for a sequence in which the longest delay reads nothing but the start."""
    delays = network.n_delays
    if data.n and data.counts.min() <= delays:
        i = int(np.argmin(data.counts))
        raise DataError(
            f"sequence {i} has {data.counts[i]} steps, and the longest delay is {delays}: give sequences "
            f"of at least {delays + 1} steps, or shorten the delay"
        )


def read_targets(network, data: Sequences, Y, dtype, weight):
    """Targets (n_steps, n_sequences, n_outputs), and 0 in `weight` where there is none.

    Parameters
    ----------
    weight : array (n_steps, n_sequences, 1 or n_outputs)
        Changed where Y has the last steps only.
    """
    outputs, shape = network.n_outputs, (data.n_steps, data.n, network.n_outputs)
    result = np.zeros(shape, dtype)
    if data.form == LIST:
        _targets_of_list(network, data, Y, dtype, weight, result)
    else:
        array = real_numbers(Y, dtype, "Y")
        if data.form == ONE:
            array = array[None]
        wanted = f"({data.n}, {data.n_steps}, {outputs})"
        if outputs == 1 and array.shape == (data.n, data.n_steps):
            array = array[:, :, None]
        if outputs == 1 and array.shape == (data.n,):
            array = array[:, None]
        if array.shape == (data.n, data.n_steps, outputs):
            result[:] = array.transpose(1, 0, 2)
        elif array.shape == (data.n, outputs) and data.form == MANY:
            result[-1] = array
            weight[:-1] = 0
        else:
            raise DataError(
                f"Y has shape {np.shape(Y)}; {data.n} sequences of {data.n_steps} steps and {outputs} "
                f"outputs need {wanted}, or ({data.n}, {outputs}) for targets at the last step only"
            )
    _check_targets(network, result, weight)
    return result


def _check_count(what, given, data) -> None:
    """DataError unless there is an entry for each sequence."""
    if not hasattr(given, "__len__") or len(given) != data.n:
        count = len(given) if hasattr(given, "__len__") else "no"
        raise DataError(
            f"{what} has {count} entries; X has {data.n} sequences: give one for each"
        )


def _targets_of_list(network, data, Y, dtype, weight, result) -> None:
    _check_count("Y", Y, data)
    outputs = network.n_outputs
    for i, count in enumerate(data.counts.tolist()):
        y = real_numbers(Y[i], dtype, f"sequence {i} of Y")
        if outputs == 1 and y.shape == (count,):
            y = y[:, None]
        if y.shape == (count, outputs):
            result[:count, i] = y
        elif y.size == outputs and y.ndim <= 1:
            result[count - 1, i] = y
            weight[: count - 1, i] = 0
        else:
            raise DataError(
                f"sequence {i} of Y has shape {y.shape}; it needs ({count}, {outputs}), or ({outputs},) for "
                "a target at its last step"
            )


def _check_targets(network, Y, weight) -> None:
    """Every target that weighs something is finite; the others become 0."""
    used = np.broadcast_to(weight, Y.shape) != 0
    bad = used & ~np.isfinite(Y)
    if bad.any():
        step, i, q = np.argwhere(bad)[0]
        raise DataError(
            f"Y is {Y[step, i, q]} in sequence {i}, step {step}, output {network.output_names[q]} (from 0): "
            "give it the weight 0 in sample_weight if there is no target"
        )
    Y[~used] = 0


def _whole_weights(network, data: Sequences, sample_weight, dtype):
    """Weights of sequences of one length without a loop over them; None where that is not what they are."""
    if sample_weight is None:
        return np.ones((data.n_steps, data.n, 1), dtype)
    if data.form != MANY:
        return None
    if dimensions(sample_weight) not in (2, 3):
        return None
    given = real_numbers(sample_weight, dtype, "sample_weight")
    if given.shape[:2] != (data.n, data.n_steps):
        return None
    given = given.reshape(data.n, data.n_steps, -1)
    fits = given.shape[2] in (1, network.n_outputs)
    if not fits or not np.isfinite(given).all() or (given < 0).any():
        return None  # said by name, one by one
    return np.array(given.transpose(1, 0, 2), dtype, order="C")


def _weights_one_by_one(network, data: Sequences, sample_weight, dtype):
    outputs, width = network.n_outputs, 1
    result = np.ones((data.n_steps, data.n, outputs), dtype)
    given = sample_weight
    if data.form == ONE:
        given = [given]
    _check_count("sample_weight", given, data)
    for i, count in enumerate(data.counts.tolist()):
        own = real_numbers(given[i], dtype, "sample_weight")
        if own.shape not in ((), (count,), (count, 1), (count, outputs)):
            raise DataError(
                f"sample_weight of sequence {i} has shape {own.shape}; it needs one number, ({count},) "
                f"or ({count}, {outputs})"
            )
        if own.ndim == 2 and own.shape[1] > 1:
            width = outputs
        if not np.isfinite(own).all() or (own < 0).any():
            raise DataError(
                f"sample_weight of sequence {i} holds a number that is negative or not finite"
            )
        result[:count, i] = own.reshape(-1, 1) if own.ndim < 2 else own
    return np.ascontiguousarray(result[:, :, :width])


def read_weights(network, data: Sequences, sample_weight, warm_up, dtype) -> np.ndarray:
    """Weights (n_steps, n_sequences, 1 or n_outputs): 0 in the warm-up and behind the end of a sequence.

    Parameters
    ----------
    sample_weight : None, or (n_sequences,), (n_sequences, n_steps), (n_sequences, n_steps, n_outputs), or a list
        One number a sequence, a step, or an output; for one sequence without the first dimension.
    warm_up : int
        Steps at the beginning of every sequence that have no loss.
    """
    result = _whole_weights(network, data, sample_weight, dtype)
    if result is None:
        result = _weights_one_by_one(network, data, sample_weight, dtype)
    if not 0 <= warm_up < max(data.n_steps, 1):
        raise SettingError(
            f"warm_up is {warm_up}; it must be from 0 to below the steps, {data.n_steps}"
        )
    result[:warm_up] = 0
    if not data.is_even:
        for i, count in enumerate(data.counts.tolist()):
            result[count:, i] = 0
    return result
