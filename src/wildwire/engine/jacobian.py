"""The Jacobian: how every output of every sample and step moves with every number of theta.

Comes in: a network, theta, samples. Goes out: an array with one row for each sample, step and output, as least-squares
learners take it. Called by users (`ww.jacobian`) and learners.
"""

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.bound import Bound
from wildwire.engine.checks import check_inputs, check_is_network, check_theta
from wildwire.engine.evaluate import neuron_values
from wildwire.engine.machine import dtype_of
from wildwire.engine.mapping import spread
from wildwire.engine.memory import read_memory
from wildwire.engine.row_kernels import NO_SAMPLE, ROWS_OF_OUTPUTS
from wildwire.engine.sequences import MANY, ONE, are_sequences, read_sequences
from wildwire.engine.settling import check_gradient, check_settled
from wildwire.engine.tangent import Tangent
from wildwire.program import compile_network
from wildwire.program import plan as p


def jacobian(network, theta, X, *, warm_up=0, feedback=None, dtype="float64"):
    """d output / d theta.

    Parameters
    ----------
    network : Network
    theta : array (n_theta,)
    X : array
        Rows or sequences, as in `run`.
    warm_up, feedback
        As in `run`.
    dtype : "float64" or "float32"

    Returns
    -------
    array (n_samples, n_outputs, n_theta)
        For sequences (n_sequences, n_steps, n_outputs, n_theta), a list, or (n_steps, n_outputs, n_theta), as X came.

    Raises
    ------
    DataError, SettingError, UntrainedError

    Notes
    -----
    Without memory back-propagation, O(links) for every sample and output. With memory, where a loop settles, or with
    more outputs than numbers, forward mode (Williams and Zipser 1989, real-time recurrent learning): O(links * n_theta)
    a step, for all outputs and however long the sequences are; back-propagation through time would take
    O(links * steps) for every row.

    Examples
    --------
    >>> import wildwire as ww
    >>> network = ww.parse("input x\\nm = ?*m@1 + [1]*x\\noutput m")
    >>> ww.jacobian(network, [0.5], [[1.0], [0.0], [0.0]]).ravel().tolist()  # of 1, w, w**2
    [0.0, 1.0, 1.0]
    """
    dtype = dtype_of(dtype)
    check_is_network(network)
    theta = check_theta(network, theta)
    memory = read_memory(warm_up, None, feedback)
    is_backward = not (network.n_delays or feedback) and network.settle is None
    if is_backward and network.n_outputs <= network.n_theta:
        move = Backward(network, theta, dtype).run
    else:
        move = _forward(network, theta, dtype, memory)
    if not are_sequences(network, X):
        # Without memory rows are steps that know nothing of each other.
        values, moved = move(check_inputs(network, X, dtype))
    else:
        data = read_sequences(network, X, dtype)
        values, moved = _of_sequences(move, data)
    check_settled(
        network, theta, X, dtype, values,
        lambda: neuron_values(network, theta, X, dtype, memory), bool(feedback),
    )  # fmt: skip
    for each in moved if isinstance(moved, list) else [moved]:
        check_gradient(network, each)
    return moved


class Backward:
    """Rows of the Jacobian of a network without memory, by back-propagation."""

    def __init__(self, network, theta, dtype):
        program = compile_network(network)
        bound = self._bound = Bound(program, dtype, 1, 1)
        bound.weights[:] = spread(program, theta.astype(dtype))
        vector = bound.zeros(at.VECTOR, program.n_theta)
        vector[:] = theta
        first, self._outputs = program.plan[p.OUTPUT_ROWS], program.n_outputs
        bound.put(at.OUT_ROWS, program.plan[first : first + self._outputs].copy())
        bound.put(at.LOSS_FUSED, np.zeros(self._outputs, np.int8))
        bound.zeros(at.GRADIENT, program.n_weights)
        bound.set(at.WANTED, ROWS_OF_OUTPUTS)

    def run(self, X):
        """Outputs (n, n_outputs) and derivatives (n, n_outputs, n_theta) of rows X (n, n_inputs)."""
        bound, n, outputs = self._bound, len(X), self._outputs
        bound.take_rows(np.ascontiguousarray(X))
        points = np.zeros((n, 2), np.int64)
        points[:, 0] = np.arange(n)
        bound.put(at.POINTS, points)
        bound.put(at.HAS_ROW, np.ones((n, outputs), np.int8))
        values = bound.put(at.OUT, np.empty((n, outputs), bound.dtype))
        shape = (n, outputs, bound.program.n_theta)
        moved = bound.put(at.OUT_DIRECTIONS, np.empty(shape, bound.dtype))
        bound.status[1] = NO_SAMPLE
        bound.call("rows")
        return values, moved


def _forward(network, theta, dtype, memory):
    """A function of one sequence, from its first step."""
    tangent = Tangent(network, theta, dtype, memory=memory)

    def move(X):
        tangent.reset()
        return tangent.run(X)

    return move


def _of_sequences(move, data):
    """Values and derivatives of sequences, in the form in which they came."""
    found = [move(data.X[:count, i]) for i, count in enumerate(data.counts.tolist())]
    values, moved = [value for value, _ in found], [slope for _, slope in found]
    if data.form == ONE:
        return values[0], moved[0]
    if data.form == MANY and found:
        return np.stack(values), np.stack(moved)
    return values, moved
