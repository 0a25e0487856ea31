"""Why a sample does not settle: which neuron moves most, and how.

Comes in: a network with `settle`, theta, samples, and what was computed for them. Goes out: nothing, or a SettleError;
a sentence for the end of a fit. Called by `evaluate.py` and `learning/binding.py`.

The kernels make every neuron of such a sample NaN (`settle_kernels.py`). The sweeps of that one sample are run again
as what they are: steps of the network whose cut links look one step back, with inputs that stay the same.
"""

from dataclasses import replace

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.memory import NO_MEMORY, bound_for_values
from wildwire.engine.reference import forward
from wildwire.engine.reference_sequences import start_values
from wildwire.engine.sequences import MANY, Sequences, are_sequences
from wildwire.errors import SettleError, UnsupportedError
from wildwire.program.settling import cut_links

LONGEST_CYCLE = 12
MOST_SWEEPS, MOST_OF_TWIN = 5000, 300  # that are looked at
ADVICE = (
    "damp the loop (s = [0.5]*s + [0.5]*f(...) stands still at the same values), make its weights smaller, or give "
    "`settle` more steps"
)


def refuse_settling(network, what) -> None:
    """UnsupportedError for a network with `settle`, whose values are no single pass forward."""
    if network.settle is not None:
        raise UnsupportedError(
            f"{what} goes through a network once, and this one settles: take one without the line `settle`, its "
            "loops with @1; wildwire.values and wildwire.loss_and_gradient take this one"
        )


def opened(network):
    """The network whose loops are open: a link that a program would cut looks one step back."""
    delay = np.where(cut_links(network), 1, network.link_delay)
    return replace(network, link_delay=delay, settle=None, document=None)


def sweeps_of(network, theta, x, dtype, sweeps) -> np.ndarray:
    """The values of all neurons after each sweep, (sweeps, n_neurons), for one row of inputs."""
    X = np.ascontiguousarray(np.broadcast_to(x, (sweeps, 1, network.n_inputs)), dtype)
    return _values_of(opened(network), theta, X)


def _values_of(network, theta, X) -> np.ndarray:
    """The values of all neurons at every step, (steps, n_neurons), for one sequence (steps, 1, n_inputs)."""
    theta, data = np.asarray(theta, float), Sequences(X, np.array([len(X)]), MANY)
    bound = bound_for_values(network, theta, data, X.dtype, 1, NO_MEMORY)
    rows = np.ascontiguousarray(bound.program.row_of_neuron)
    out = np.empty((len(X), 1, len(rows)), X.dtype)
    bound.put(at.OUT, out)
    bound.put(at.OUT_ROWS, rows)
    bound.set(at.N_OUT_ROWS, len(rows))
    bound.call_all("sequence_values")
    return out[:, 0]


def sweeps_within(network, theta, X, dtype, step, sweeps) -> np.ndarray:
    """The same for one step of a sequence X (n_steps, n_inputs) in a network with memory, by the twin."""
    first, start = network.n_inputs, start_values(network, np.asarray(theta, float))
    known = _values_of(network, theta, np.ascontiguousarray(X[:, None], dtype))
    nodes = np.concatenate((X, known), axis=1).astype(float)
    cut = cut_links(network)
    delay = np.where(
        cut, 1, np.where(network.link_delay > 0, network.link_delay + 1, 0)
    )
    loose = replace(network, link_delay=delay, settle=None, document=None)
    guess = nodes[step - 1] if step else start
    out = np.empty((sweeps, network.n_neurons))
    for sweep in range(sweeps):

        def past(node, back, guess=guess):
            if back == 1:
                return guess[node : node + 1]
            t = step + 1 - back
            return nodes[t, node : node + 1] if t >= 0 else start[node : node + 1]

        computed = forward(loose, theta, X[step : step + 1], None, past)
        guess = np.concatenate(computed.nodes)
        out[sweep] = guess[first:]
    return out


def unsettled_rows(network, neurons) -> np.ndarray:
    """Numbers of the samples whose guessed neurons are NaN; for sequences (sequence, step) pairs.

    The kernels make all neurons NaN where one sample does not settle. What is NaN for another reason, in a neuron
    outside of the loops, leaves the guessed ones as they are.
    """
    guessed = np.unique(network.link_source[cut_links(network)]) - network.n_inputs
    if not guessed.size:
        return np.zeros((0, 1), int)
    if isinstance(neurons, list):
        found = [
            (i, step)
            for i, each in enumerate(neurons)
            for step in np.flatnonzero(np.isnan(each[:, guessed]).all(axis=-1))
        ]
        return np.array(found, int).reshape(-1, 2)
    return np.argwhere(np.isnan(neurons[..., guessed]).all(axis=-1))


def why_unsettled(network, theta, X, dtype, neurons, has_feedback=False):
    """Place and reason of the first sample that does not settle.

    Parameters
    ----------
    neurons : array (..., n_neurons), or a list
        Values of the samples, as `values` gives them.
    has_feedback : bool
        Inputs take values of outputs: no neuron is named then.

    Returns
    -------
    (tuple of int, str) or None
        (row,), (sequence, step) or (step,) as X was given; None if all samples have settled.
    """
    found = unsettled_rows(network, neurons)
    if not len(found):
        return None
    place, dtype = tuple(int(i) for i in found[0]), np.dtype(dtype)
    steps = min(network.settle.steps, MOST_SWEEPS) + LONGEST_CYCLE
    if not network.n_delays:
        x = np.asarray(X[place[0]], float)
        values = sweeps_of(
            network, theta, x[place[1]] if len(place) > 1 else x, dtype, steps
        )
    elif has_feedback:
        return place, "its values do not stand still"
    else:
        sequence = np.asarray(X if len(place) == 1 else X[place[0]], float)
        sequence = sequence.reshape(-1, network.n_inputs)
        values = sweeps_within(
            network, theta, sequence, dtype, place[-1], min(steps, MOST_OF_TWIN)
        )
    return place, _reason(network, values.astype(float))


def _reason(network, values) -> str:
    """What the neuron does that moves most; `values` (sweeps, n_neurons)."""
    names = network.names[network.n_inputs :]
    bad = ~np.isfinite(values)
    if bad.any():
        sweep = int(np.argmax(bad.any(axis=1)))
        name = names[int(np.argmax(bad[sweep]))]
        return f"neuron {name} leaves the finite numbers after {sweep + 1} sweeps"
    last = values[-1]
    change = np.abs(last - values[-2])
    j = int(np.argmax(change / (1 + np.abs(last))))
    name, moved = names[j], change[j]
    middle = len(values) // 2
    before = np.abs(values[middle : middle + 3] - values[middle - 1 : middle + 2])
    if moved < 0.9 * before[:, j].max():
        return f"neuron {name} still moves by {moved:.3g} a sweep, less and less (it is {last[j]:.4g})"
    for period in range(2, LONGEST_CYCLE):
        back = np.abs(last - values[-1 - period]) / (1 + np.abs(last))
        if back.max() < 0.01 * moved / (1 + np.abs(last[j])):
            low, high = values[-period:, j].min(), values[-period:, j].max()
            return (
                f"neuron {name} still moves by {moved:.3g}: it oscillates between {low:.4g} and {high:.4g} with a "
                f"period of {period} sweeps"
            )
    return f"neuron {name} still moves by {moved:.3g} a sweep (it is {last[j]:.4g})"


def check_settled(
    network, theta, X, dtype, computed, neurons, has_feedback=False
) -> None:  # fmt: skip
    """SettleError that names row, neuron and movement if a sample has not settled.

    Parameters
    ----------
    computed : array or list
        What was computed for the samples.
    neurons : callable
        `neurons()` gives the values of all neurons; asked only where something is NaN.
    """
    each = computed if isinstance(computed, list) else [computed]
    if network.settle is None or not any(np.isnan(part).any() for part in each):
        return
    found = why_unsettled(network, theta, X, dtype, neurons(), has_feedback)
    if found is None:
        return
    place, reason = found
    raise SettleError(
        f"{told_place(network, X, place)} does not settle within {network.settle.steps} sweeps: {reason}; {ADVICE}"
    )


def told_place(network, X, place) -> str:
    """`row 3`, `step 3` or `sequence 1, step 3`."""
    if len(place) == 2:
        return f"sequence {place[0]}, step {place[1]}"
    return f"{'step' if are_sequences(network, X) else 'row'} {place[0]}"


def check_gradient(network, gradient) -> None:
    """SettleError if a derivative through settled values is not finite."""
    if network.settle is None or np.isfinite(gradient).all():
        return
    raise SettleError(
        "the values settle, but the gradient through them is not finite: either they stand still at a point that "
        "the sweeps do not come back to once they have left it (all 0, for instance, with weights so large that this "
        "is unstable: give another `start`), or a slope is infinite there"
    )
