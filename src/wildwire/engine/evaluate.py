"""What a network computes: outputs, losses, gradients, called from Python.

Comes in: a network, theta, arrays. Goes out: float64 or float32 arrays in the user's order. Called
by users (`ww.run`, `ww.loss_and_gradient`), models and learners.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.bound import Bound
from wildwire.engine.checks import (
    check_inputs,
    check_is_network,
    check_theta,
    check_threads,
    refuse_memory,
)
from wildwire.engine.machine import bind_loss, dtype_of, tile_width
from wildwire.engine.memory import (
    NO_MEMORY,
    bound_for_values,
    check_loss_width,
    read_memory,
)
from wildwire.engine.one import run_one
from wildwire.engine.output_losses import output_losses
from wildwire.engine.samples import read_samples
from wildwire.engine.sequences import are_sequences, read_sequences
from wildwire.engine.settling import check_gradient, check_settled
from wildwire.errors import DataError, SettingError
from wildwire.program import compile_network
from wildwire.program import plan as p


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


def _values(
    network, theta, X, dtype, threads, rows_of, memory=NO_MEMORY
) -> Any:  # an array, or a list of them
    dtype = dtype_of(dtype)
    check_is_network(network)
    if are_sequences(network, X):
        return _sequence_values(network, theta, X, dtype, threads, rows_of, memory)
    if memory != NO_MEMORY:
        raise SettingError("warm_up and feedback are for sequences; X has rows")
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


def _sequence_values(network, theta, X, dtype, threads, rows_of, memory):
    data = read_sequences(network, X, dtype)
    bound = bound_for_values(
        network,
        check_theta(network, theta),
        data,
        dtype,
        check_threads(threads),
        memory,
    )
    rows = np.ascontiguousarray(rows_of(bound.program))
    out = np.empty((data.n_steps, data.n, len(rows)), dtype)
    bound.put(at.OUT, out)
    bound.put(at.OUT_ROWS, rows)
    bound.set(at.N_OUT_ROWS, len(rows))
    bound.share_rows()
    bound.call_all("sequence_values")
    return data.given_back(out)


def _neuron_rows(program):
    return program.row_of_neuron


def _output_rows(program):
    first = program.plan[p.OUTPUT_ROWS]
    return program.plan[first : first + program.n_outputs]


def run(
    network, theta, X, *, warm_up=0, feedback=None, dtype="float64", threads=1
):  # fmt: skip
    """Outputs of a network.

    Parameters
    ----------
    network : Network
    theta : array (n_theta,)
    X : array (n_samples, n_inputs)
        Columns by position, in the order of the inputs; (n_samples,) for one input. Sequences are an array
        (n_sequences, n_steps, n_inputs), a list of arrays (n_steps, n_inputs) whose lengths may differ, or, for a
        network with memory, one array (n_steps, n_inputs). Every sequence begins with the start values.
    warm_up : int
        Steps before which nothing is fed back.
    feedback : dict of str to str or None
        `{"y": "y_next"}`: from step `warm_up` on, input y takes the value of output y_next once its step is
        computed, in place of what X says; the network reads such an input with a delay only.
    dtype : "float64" or "float32"
    threads : int
        Results do not depend on it, to the bit.

    Returns
    -------
    array (n_samples, n_outputs)
        For sequences (n_sequences, n_steps, n_outputs), or a list, or (n_steps, n_outputs), as X came.

    Raises
    ------
    DataError, SettingError, UntrainedError
    SettleError
        In a network with `settle`, a sample whose values do not stand still; names row and neuron.

    Notes
    -----
    O(samples * links); for sequences O(steps * links) each, in memory that does not grow with the steps.
    A row's result does not depend on the other rows, except that a single row
    may differ from the same row among others in the last bits.
    """
    memory = NO_MEMORY
    if warm_up or feedback:
        memory = read_memory(warm_up, None, feedback)
    else:
        out = run_one(network, theta, X, dtype)
        if out is not None:
            return out
    out = _values(network, theta, X, dtype, threads, _output_rows, memory)
    check_settled(
        network, theta, X, dtype, out,
        lambda: neuron_values(network, theta, X, dtype, memory), bool(feedback),
    )  # fmt: skip
    return out


def values(network, theta, X, *, dtype="float64", threads=1) -> Any:
    """Outputs of all neurons, (n_samples, n_neurons), in the network's order; sequences as in `run`."""
    out = _values(network, theta, X, dtype, threads, _neuron_rows)
    check_settled(network, theta, X, dtype, out, lambda: out)
    return out


def loss_and_gradient(
    network, theta, X, Y, *, loss="squared", gradient="mean", sample_weight=None,
    warm_up=0, truncate=None, feedback=None, dtype="float64", threads=1,
):  # fmt: skip
    """Loss and its gradient over theta.

    Parameters
    ----------
    network : Network
    theta : array (n_theta,)
    X : array (n_samples, n_inputs)
        Or sequences, as in `run`; a network with memory reads (n_steps, n_inputs) as one sequence.
    Y : array (n_samples,) or (n_samples, n_outputs)
        For sequences (n_sequences, n_steps, n_outputs); with one output also (n_sequences, n_steps); targets at the
        last step only as (n_sequences, n_outputs) or (n_sequences,); a list where X is one.
    loss : str, Function, list or dict
        A name, or a formula over `o` and `t`. `"squared"` is (o - t)**2 / 2, summed over outputs. A list has one
        for each output, a dict some by the outputs' names (see `read_losses` in `output_losses.py`).
    gradient : "mean" or "sum"
        Over samples, or over every step of a sequence that has a target (weighted by `sample_weight`), for both
        value and gradient.
    sample_weight : array (n_samples,) or (n_samples, n_outputs) or None
        0 in an entry of the second form: no target there. A row then weighs the mean of its entries. For sequences
        (n_sequences,), (n_sequences, n_steps) or (n_sequences, n_steps, n_outputs); where it is 0, Y may be NaN.
    warm_up : int
        Steps at the beginning of a sequence without loss.
    truncate : int or None
        Back-propagation through time is cut off every so many steps: nothing flows from step m*truncate to the one
        before. None: the exact gradient.
    feedback : dict of str to str or None
        Closed loop from step `warm_up` on, as in `run`; gradients flow through it.
    dtype : "float64" or "float32"
    threads : int
        Results do not depend on it, to the bit.

    Returns
    -------
    value : float
    gradient : float64 array (n_theta,)

    Notes
    -----
    Back-propagation, delta_j = sigma'_j sum_k delta_k dz_k/do_j, through time if there are sequences; about three
    times the cost of `run`. A sequence's steps are kept in memory: O(steps * neurons) for some sequences at a time.
    """
    if gradient not in ("mean", "sum"):
        raise SettingError(f"gradient is {gradient!r}: use 'mean' or 'sum'")
    dtype = dtype_of(dtype)
    memory = read_memory(warm_up, truncate, feedback)
    samples = read_samples(network, X, Y, sample_weight, dtype, memory)
    losses = output_losses(loss, network)
    n = max(samples.n, 1)
    program, partition, frames = samples.bind(compile_network(network), n, dtype)
    check_loss_width(losses.width if frames else 0)
    threads = min(check_threads(threads), partition.parts)
    bound = Bound(program, dtype, partition.tile, 1, losses.width, threads, frames)
    bound.take(check_theta(network, theta))
    ready = bind_loss(network, program, losses, dtype)
    samples.check_loss(losses)
    bound.take_loss(ready)
    bound.take_rows(samples.X, samples.Y, samples.weight, samples.n)
    bound.make_parts(partition)
    result = gradient_of(bound, n)
    total = float(ready.totals[-1])
    value = float((ready.totals[:-1] * ready.unit).sum())
    result = result.astype(np.float64)
    if network.settle is not None and not np.isfinite([value, *result]).all():
        computed = neuron_values(network, theta, X, dtype, memory)
        check_settled(
            network, theta, X, dtype, computed, lambda: computed, bool(feedback)
        )
        check_gradient(network, result)
    if gradient == "mean":
        if total <= 0:
            raise DataError("the sample weights sum to 0: there is nothing to average")
        return value / total, result / total
    return value, result


def neuron_values(network, theta, X, dtype, memory=NO_MEMORY):
    """As `values`, with feedback as in `run`, but samples that do not settle are NaN."""
    memory = replace(memory, truncate=0)  # which does not act on values
    return _values(network, theta, X, dtype, 1, _neuron_rows, memory)


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
    refuse_memory(network, "input_gradient")
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
    if network.settle is not None and not np.isfinite(out).all():
        values(network, theta, X, dtype=dtype)  # says where a row does not settle
        check_gradient(network, out)
    return out


def _output_number(network, output) -> int:
    names = list(network.output_names)
    number = names.index(output) if output in names else output
    if not isinstance(number, int | np.integer) or not 0 <= number < len(names):
        raise SettingError(f"no output {output!r}: the outputs are {', '.join(names)}")
    return int(number)


def first_non_finite(network, theta, X, memory=NO_MEMORY):
    """The first neuron, in evaluation order, whose value is not finite.

    Returns
    -------
    (name, row), (name, sequence, step) or None
        Name of the neuron and number of the first such row of X; of sequences the earliest step, and the first such
        sequence of X.
    """
    computed = _values(network, theta, X, "float64", 1, _neuron_rows, memory)
    program = compile_network(network)
    order = np.argsort(program.row_of_neuron)
    if are_sequences(network, X):
        each = (
            computed
            if isinstance(computed, list)
            else list(computed.reshape(-1, *computed.shape[-2:]))
        )
        return _first_step(network, each, order)
    for j in order:
        bad = ~np.isfinite(computed[:, j])
        if bad.any():
            return network.names[network.n_inputs + j], int(np.argmax(bad))
    return None


def _first_step(network, each, order):
    """The earliest step of any sequence, and there the first neuron, whose value is not finite."""
    found = []
    for i, computed in enumerate(each):
        bad = ~np.isfinite(computed[:, order])
        if bad.any():
            step = int(np.argmax(bad.any(axis=1)))
            found.append((step, i, int(order[np.argmax(bad[step])])))
    if not found:
        return None
    step, sequence, j = min(found)
    return network.names[network.n_inputs + j], sequence, step
