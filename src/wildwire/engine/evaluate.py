"""What a network computes: outputs, losses, gradients, called from Python.

Comes in: a network, theta, arrays. Goes out: float64 or float32 arrays in the user's order. Called
by users (`ww.run`, `ww.loss_and_gradient`), models and learners.
"""

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.bound import Bound
from wildwire.engine.loss_targets import check_loss_targets
from wildwire.engine.machine import (
    bind_loss,
    dtype_of,
    partition_of,
    tile_width,
)
from wildwire.engine.one import run_one
from wildwire.engine.output_losses import output_losses
from wildwire.errors import DataError, SettingError, UntrainedError
from wildwire.program import compile_network
from wildwire.program import plan as p


def check_is_network(network) -> None:
    """SettingError for what is no network, such as its text."""
    if not hasattr(network, "n_theta"):
        raise SettingError(
            f"network is a {type(network).__name__}: read a text with wildwire.parse(text)"
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


def bound_for(network, theta, rows, dtype, level, threads, loss_width=0, whole=False):
    """A program bound for some rows, its weights set from theta; `whole` as in `compile_network`."""
    program = compile_network(network, whole)
    theta = check_theta(network, theta)
    tile = tile_width(program, max(rows, 1), dtype, values_only=level == 0)
    # More threads than tiles would have nothing to do.
    threads = max(min(check_threads(threads), -(-rows // tile)), 1)
    bound = Bound(program, dtype, tile, level, loss_width, threads)
    bound.take(theta)
    return bound


def check_threads(threads) -> int:
    """A whole number of threads, at least 1."""
    whole = isinstance(threads, int | np.integer) and not isinstance(threads, bool)
    if not whole or threads < 1:
        raise SettingError(f"threads must be a whole number from 1 up, not {threads!r}")
    return int(threads)


def _values(network, theta, X, dtype, threads, rows_of):
    dtype = dtype_of(dtype)
    X = check_inputs(network, X, dtype)
    bound = bound_for(network, theta, len(X), dtype, 0, threads)
    rows = np.ascontiguousarray(rows_of(bound.program))
    out = np.empty((len(X), len(rows)), dtype)
    bound.put(at.OUT, out)
    bound.put(at.OUT_ROWS, rows)
    bound.set(at.N_OUT_ROWS, len(rows))
    bound.take_rows(X)
    bound.share_rows()
    bound.call_all("values", first=1)
    return out


def _output_rows(program):
    first = program.plan[p.OUTPUT_ROWS]
    return program.plan[first : first + program.n_outputs]


def run(network, theta, X, *, dtype="float64", threads=1) -> np.ndarray:
    """Outputs of a network.

    Parameters
    ----------
    network : Network
    theta : array (n_theta,)
    X : array (n_samples, n_inputs)
        Columns by position, in the order of the inputs; (n_samples,) for one input.
    dtype : "float64" or "float32"
    threads : int
        Results do not depend on it, to the bit.

    Returns
    -------
    array (n_samples, n_outputs)

    Raises
    ------
    DataError, SettingError, UntrainedError, UnsupportedError

    Notes
    -----
    O(samples * links). A row's result does not depend on the other rows, except that a single row
    may differ from the same row among others in the last bits.
    """
    out = run_one(network, theta, X, dtype)
    if out is not None:
        return out
    return _values(network, theta, X, dtype, threads, _output_rows)


def values(network, theta, X, *, dtype="float64", threads=1) -> np.ndarray:
    """Outputs of all neurons, (n_samples, n_neurons), in the network's order."""
    return _values(
        network, theta, X, dtype, threads, lambda program: program.row_of_neuron
    )


def loss_and_gradient(
    network, theta, X, Y, *, loss="squared", gradient="mean", sample_weight=None,
    dtype="float64", threads=1,
):  # fmt: skip
    """Loss and its gradient over theta.

    Parameters
    ----------
    network : Network
    theta : array (n_theta,)
    X : array (n_samples, n_inputs)
    Y : array (n_samples,) or (n_samples, n_outputs)
    loss : str, Function, list or dict
        A name, or a formula over `o` and `t`. `"squared"` is (o - t)**2 / 2, summed over outputs. A list has one
        for each output, a dict some by the outputs' names (see `read_losses` in `output_losses.py`).
    gradient : "mean" or "sum"
        Over samples (weighted by `sample_weight`), for both value and gradient.
    sample_weight : array (n_samples,) or (n_samples, n_outputs) or None
        0 in an entry of the second form: no target there. A row then weighs the mean of its entries.
    dtype : "float64" or "float32"
    threads : int
        Results do not depend on it, to the bit.

    Returns
    -------
    value : float
    gradient : float64 array (n_theta,)

    Notes
    -----
    Back-propagation, delta_j = sigma'_j sum_k delta_k dz_k/do_j; about three times the cost of
    `run`.
    """
    if gradient not in ("mean", "sum"):
        raise SettingError(f"gradient is {gradient!r}: use 'mean' or 'sum'")
    dtype = dtype_of(dtype)
    X = check_inputs(network, X, dtype)
    Y = check_targets(network, Y, len(X), dtype)
    weight = check_weights(network, sample_weight, len(X), dtype)
    losses, program = output_losses(loss, network), compile_network(network)
    partition = partition_of(program, max(len(X), 1), max(len(X), 1), dtype)
    threads = min(check_threads(threads), partition.parts)
    bound = Bound(program, dtype, partition.tile, 1, losses.width, threads)
    bound.take(check_theta(network, theta))
    ready = bind_loss(network, program, losses, dtype)
    check_loss_targets(losses, network, Y, weight)
    bound.take_loss(ready)
    bound.take_rows(X, Y, weight)
    bound.make_parts(partition)
    result = gradient_of(bound, max(len(X), 1))
    total = float(ready.totals[-1])
    value = float((ready.totals[:-1] * ready.unit).sum())
    result = result.astype(np.float64)
    if gradient == "mean":
        if total <= 0:
            raise DataError("the sample weights sum to 0: there is nothing to average")
        return value / total, result / total
    return value, result


def gradient_of(bound, batch) -> np.ndarray:
    """The gradient over theta, summed over all rows; losses are left in the totals."""
    bound.zeros(at.GRADIENT, bound.program.n_weights)
    result = bound.zeros(at.VECTOR_GRADIENT, bound.program.n_theta)
    bound.set(at.IS_MAPPED, 1)
    bound.set(at.BATCH, batch)
    bound.set(at.N_STEPS, 1)
    bound.call_all("steps")
    return result


def input_gradient(network, theta, X, *, output=0, dtype="float64") -> np.ndarray:
    """d output / d input for every sample.

    Parameters
    ----------
    output : int or str
        Number or name of the output.

    Returns
    -------
    array (n_samples, n_inputs)
    """
    dtype = dtype_of(dtype)
    X = check_inputs(network, X, dtype)
    number = _output_number(network, output)
    bound = bound_for(network, theta, len(X), dtype, 1, 1)
    out = np.empty(X.shape, dtype)
    bound.zeros(at.GRADIENT, bound.program.n_weights)
    bound.put(at.LOSS_FUSED, np.zeros(network.n_outputs, np.int8))
    bound.put(at.OUT, out)
    bound.set(at.OUTPUT, number)
    bound.take_rows(X)
    bound.call("input_gradient")
    return out


def _output_number(network, output) -> int:
    names = list(network.output_names)
    number = names.index(output) if output in names else output
    if not isinstance(number, int | np.integer) or not 0 <= number < len(names):
        raise SettingError(f"no output {output!r}: the outputs are {', '.join(names)}")
    return int(number)


def first_non_finite(network, theta, X):
    """The first neuron, in evaluation order, whose value is not finite.

    Returns
    -------
    (name, row) or None
        Name of the neuron and number of the first such row of X.
    """
    computed = values(network, theta, X)
    program = compile_network(network)
    for j in np.argsort(program.row_of_neuron):
        bad = ~np.isfinite(computed[:, j])
        if bad.any():
            return network.names[network.n_inputs + j], int(np.argmax(bad))
    return None
