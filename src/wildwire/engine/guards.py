"""Which neurons' guards are active, and how often.

Comes in: a network, theta, samples. Goes out: counts by neuron, and sentences for people. Called by
users (`ww.guards`), `learning/` at the end of a fit, models and the command line.

A guard holds an argument away from a pole (1/z near 0). It is part of the function, and its slope there is
0: a neuron whose guard is active in many samples computes something else than its formula says, and does
not learn from these samples.
"""

import re
from collections.abc import Mapping

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.bound import Bound
from wildwire.engine.checks import (
    check_inputs,
    check_is_network,
    check_theta,
    check_threads,
)
from wildwire.engine.emitter import LANES_32
from wildwire.engine.evaluate import bound_for
from wildwire.engine.machine import dtype_of
from wildwire.engine.memory import NO_MEMORY, bound_for_values
from wildwire.engine.sequences import MANY, Sequences, are_sequences, read_sequences
from wildwire.functions.guarding import guards_in_words, without_guards
from wildwire.language.expression import Name, Number, Place
from wildwire.program import compile_network

MOST_SENTENCES = 5
_ELEMENT = re.compile(r"(.+)\[(\d+)\]")


def guards(network, theta, X, *, dtype="float64", threads=1) -> dict[str, int]:
    """In how many samples the guard of each neuron is active.

    Parameters
    ----------
    network, theta, X, dtype, threads
        As for `run`.

    Returns
    -------
    dict of str to int
        By name, in the network's order, every neuron whose function has a guard; 0 where it was never
        active. A sample counts once, however many guards of the neuron it meets.

    Raises
    ------
    DataError, SettingError, UntrainedError, UnsupportedError

    Notes
    -----
    The cost of `run`; nothing for a network without guards.

    Examples
    --------
    >>> import wildwire as ww
    >>> network = ww.parse("input x\\ny = reciprocal([1]*x)\\noutput y")
    >>> ww.guards(network, network.initial(seed=0), [[0.0], [1.0], [0.0]])
    {'y': 2}
    """
    dtype, threads = dtype_of(dtype), check_threads(threads)
    check_is_network(network)
    data = None
    if are_sequences(network, X):
        data = read_sequences(network, X, dtype)
    else:
        X = check_inputs(network, X, dtype)
    theta, guarded = check_theta(network, theta), guarded_neurons(network)
    if not guarded.size:
        return {}
    if data is not None:
        counts = _of_sequences(network, theta, data, dtype, threads)
    else:
        # Never in tiles of one sample: there a run of neurons is one row, with one count.
        bound = bound_for(network, theta, max(len(X), 2), dtype, 0, threads, whole=True)
        bound.take_rows(X)
        counts = _counted(bound, len(X), "values")
    names = network.names[network.n_inputs :]
    rows = compile_network(network, True).row_of_neuron
    return {names[j]: int(counts[rows[j]]) for j in guarded.tolist()}


def _of_sequences(network, theta, data, dtype, threads) -> np.ndarray:
    """Counts over all steps; sequences of one length at a time, as what is filled up must not count."""
    total = 0
    for count in np.unique(data.counts):
        own = np.flatnonzero(data.counts == count)
        # Two at least, for the same reason as above; the second is taken off again by `_counted`.
        X = np.ascontiguousarray(data.X[:count, np.resize(own, max(len(own), 2))])
        part = Sequences(X, np.full(X.shape[1], count), MANY)
        bound = bound_for_values(network, theta, part, dtype, threads, NO_MEMORY, True)
        bound.set(at.END_ROW, len(own))
        total = total + _counted(bound, len(own), "sequence_values")
    return np.asarray(total)


def guarded_neurons(network) -> np.ndarray:
    """Numbers of the neurons whose activation or transfer has a guard."""
    has = np.array([function.guarded for function in network.functions], bool)
    if not has.size:
        return np.zeros(0, int)
    found = has[network.activation]
    if len(network.transfers) > 1:
        transfers = [t is not None and t.guarded for t in network.transfers]
        found |= np.array(transfers, bool)[network.transfer]
    return np.flatnonzero(found)


def _counted(bound: Bound, n: int, kernel: str) -> np.ndarray:
    """Counts for every row of the value table, over samples 0 .. n-1.

    The last tile is filled up with copies of the last sample, which count as well. So that sample is run
    once more by itself, in as many copies as a vector has lanes, and what is too much is taken off.
    """
    bound.put(at.OUT, np.zeros(1, bound.dtype))
    bound.put(at.OUT_ROWS, np.zeros(1, np.int32))
    bound.set(at.N_OUT_ROWS, 0)
    bound.share_rows()
    bound.call_all(kernel, first=1)
    counts = bound.guard_counts()
    copies = -n % LANES_32
    if not copies:
        return counts
    bound.set(at.FIRST_ROW, n - 1)
    bound.set(at.END_ROW, n)
    bound.call(kernel)
    of_last = bound.guard_counts() - counts
    return counts - of_last // LANES_32 * copies


def guard_sentences(network, theta, counts: Mapping[str, int], n: int) -> list[str]:
    """A sentence for each neuron whose guard was active, the most active first.

    Parameters
    ----------
    counts : mapping of str to int
        From `guards`, for `n` samples.

    Returns
    -------
    list of str
        `recip: the guard of 1/z was active in 3 of 150 rows (z held 1e-12 from 0)`. At most five, then one
        that says how many neurons more.
    """
    active = sorted(
        ((count, name) for name, count in counts.items() if count),
        key=lambda found: -found[0],
    )
    place = {name: j for j, name in enumerate(network.names[network.n_inputs :])}
    told = []
    for count, name in active[:MOST_SENTENCES]:
        formulas = _formulas_and_names(network, theta, place[name])
        words = [w for formula in formulas for w in guards_in_words(*formula)]
        shown = " in ".join(without_guards(*f) for f in formulas if guards_in_words(*f))
        what = f"guard of {shown} was" if len(words) == 1 else f"guards of {shown} were"
        rows = f"{count} of {n} row" + ("s" if n > 1 else "")
        told.append(f"{name}: the {what} active in {rows} ({', '.join(words)})")
    if len(active) > MOST_SENTENCES:
        rest = len(active) - MOST_SENTENCES
        told.append(f"guards of {rest} more neuron{'s' * (rest > 1)} were active")
    return told


def _formulas_and_names(network, theta, neuron: int) -> list[tuple]:
    """Transfer (if it is not linear) and function of a neuron, each with what its names stand for."""
    from wildwire.engine.reference_numbers import transfer_numbers_of

    found = [_function_and_names(network, theta, neuron)]
    transfer = network.transfers[network.transfer[neuron]]
    if transfer is not None:
        values = transfer_numbers_of(network, np.asarray(theta, float), neuron)
        meant = {
            name: Number(float(f"{value:.4g}"))
            for (name, _), value in zip(transfer.parameters, values, strict=False)
        }
        found.insert(0, (transfer, meant))
    return found


def _function_and_names(network, theta, neuron: int):
    """The function of a neuron, and what its arguments and parameters stand for."""
    from wildwire.engine.reference_numbers import links_of, parameters_of

    function = network.functions[network.activation[neuron]]
    values = parameters_of(network, np.asarray(theta, float), neuron)
    meant: dict = {
        name: Number(float(f"{value:.4g}"))
        for (name, _), value in zip(function.parameters, values, strict=True)
    }
    if function.kind == "expression":
        sources = [
            network.names[network.link_source[link]]
            for link in links_of(network, neuron)
        ]
        meant |= {
            argument: _named(source)
            for argument, source in zip(function.arguments, sources, strict=True)
        }
    return function, meant


def _named(name: str) -> Name:
    """A node's name as an expression: `h[2]` is element 2 of h."""
    match = _ELEMENT.fullmatch(name)
    return Name(match[1], Place(int(match[2]))) if match else Name(name)
