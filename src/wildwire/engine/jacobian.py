"""The Jacobian: how every output of every sample and step moves with every number of theta.

Comes in: a network, theta, samples. Goes out: an array with one row for each sample, step and output, as least-squares
learners take it. Called by users (`ww.jacobian`) and learners.
"""

import numpy as np

from wildwire.engine.checks import check_inputs, check_is_network, check_theta
from wildwire.engine.evaluate import neuron_values
from wildwire.engine.machine import dtype_of
from wildwire.engine.memory import read_memory
from wildwire.engine.sequences import MANY, ONE, are_sequences, read_sequences
from wildwire.engine.settling import check_gradient, check_settled
from wildwire.engine.tangent import Tangent


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
    Forward mode (Williams and Zipser 1989, real-time recurrent learning): O(links * n_theta) a step, for all outputs
    and however long the sequences are. Back-propagation through time would take O(links * steps) for every row.

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
    tangent = Tangent(network, theta, dtype, memory=memory)
    if not are_sequences(network, X):
        # Without memory rows are steps that know nothing of each other.
        values, moved = tangent.run(check_inputs(network, X, dtype))
    else:
        data = read_sequences(network, X, dtype)
        values, moved = _of_sequences(tangent, data)
    check_settled(
        network, theta, X, dtype, values,
        lambda: neuron_values(network, theta, X, dtype, memory), bool(feedback),
    )  # fmt: skip
    for each in moved if isinstance(moved, list) else [moved]:
        check_gradient(network, each)
    return moved


def _of_sequences(tangent, data):
    """Values and derivatives of sequences, in the form in which they came."""
    found = []
    for i, count in enumerate(data.counts.tolist()):
        tangent.reset()
        found.append(tangent.run(data.X[:count, i]))
    values, moved = [value for value, _ in found], [slope for _, slope in found]
    if data.form == ONE:
        return values[0], moved[0]
    if data.form == MANY and found:
        return np.stack(values), np.stack(moved)
    return values, moved
