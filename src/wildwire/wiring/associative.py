"""Associative memories: Hopfield's network.

Comes in: patterns of +1 and -1. Goes out: a `Network` with frozen weights that recalls them. Called by users, through
`wildwire.wiring`.

How it is written. Every neuron is `s_k = sign(clamp*x_k + sum over j of w_kj*s_j@1 + [0.5]*s_k@1)`: the input x is the
pattern that recall begins with, present in the first step and 0 afterwards. The weights are whole numbers, sums of
products of pattern entries; `clamp` is larger than all of them together, so that an x_k of +1 or -1 sets its neuron,
and the 0.5 keeps a neuron as it is where the sum is 0, and decides nothing else.
"""

from __future__ import annotations

import numpy as np

from wildwire.errors import DataError, SettingError
from wildwire.network import Group, Network
from wildwire.network.initialisers import generator
from wildwire.wiring.draft import Draft

__all__ = ["hopfield"]

KEEP = 0.5
"""Weight of a neuron's own past: below the smallest sum that is not 0, which is 1."""


def hopfield(patterns, *, update: str = "synchronous", seed=None) -> Network:
    """A network that recalls patterns, given one with errors (Hopfield's, with Hebb's rule).

    Parameters
    ----------
    patterns : array_like, (n_patterns, n) of +1 and -1
        n is at least 2.
    update : "synchronous" or "asynchronous"
        Whether in a step all neurons change at once, reading the step before, or one after another, each reading what
        those before it have just become: then a step is one sweep through all neurons.
    seed : int, SeedSequence, Generator or None
        Order of an asynchronous sweep, the same in every step; None is the order of the neurons.

    Returns
    -------
    Network
        Inputs `x[0]`, `x[1]`, ..., outputs `s_0`, `s_1`, ...; nothing to be learnt (theta is empty).

    Raises
    ------
    DataError
        An entry that is neither +1 nor -1, or an array that is no table.
    SettingError
        An `update` that is not known.

    Notes
    -----
    *Recall.* A sequence whose first step is the pattern to be completed and whose other steps are 0; the last step of
    the outputs is what the network settles on. An input of +1 or -1 holds its neuron in any step, so entries known
    to be right can be held throughout, and entries that are 0 in the first step are decided by the network
    (a neuron without any hint is 0 until it has one):

        X = np.zeros((n_sequences, n_steps, n))
        X[:, 0] = patterns_with_errors
        recalled = ww.run(network, [], X)[:, -1]

    *Weights.* w_kj = sum over patterns of p_k*p_j, w_kk = 0: n times the weights of Hebb's rule, which changes no
    sign and keeps them whole numbers.

    *What is certain.* Asynchronous sweeps never raise the energy -sum over k, j of w_kj*s_k*s_j/2, so they end in a
    state that stays as it is. Synchronous steps may end in two states that follow one another for ever, as [[1, 1]]
    does when it begins with [1, -1]: if the last two steps differ, nothing was recalled. Either may end in a state that
    is no pattern, such as the negative of one. About 0.138*n random patterns can be stored.

    *Cost.* n*(n-1) links at most; pairs whose weight is 0 have none. The asynchronous network has n levels.

    References
    ----------
    J. J. Hopfield: Neural networks and physical systems with emergent collective computational abilities. PNAS 79
    (1982) 2554-2558; J. Bruck, J. W. Goodman: A generalized convergence theorem for neural networks. IEEE Transactions
    on Information Theory 34 (1988) 1089-1092; D. J. Amit, H. Gutfreund, H. Sompolinsky: Storing infinite numbers of
    patterns in a spin-glass model of neural networks. Physical Review Letters 55 (1985) 1530-1533.

    Examples
    --------
    >>> import wildwire.wiring
    >>> print(wildwire.wiring.hopfield([[1, 1, -1], [1, -1, -1]]))
    input x[3]
    s_0 = sign([6]*x[0] - [2]*s_2@1 + [0.5]*s_0@1)
    s_1 = sign([6]*x[1] + [0.5]*s_1@1)
    s_2 = sign([6]*x[2] - [2]*s_0@1 + [0.5]*s_2@1)
    output s_0, s_1, s_2
    """
    table = _patterns(patterns)
    n_patterns, n = table.shape
    rank = _ranks(update, n, seed)
    weights = table.T @ table
    np.fill_diagonal(weights, 0)
    target, source = np.nonzero(weights)
    draft = Draft([Group("x", n)])
    s = draft.neurons([Group("s", n, dissolved=True)], "sign", bias=False)
    draft.link(draft.inputs, s, 0, float(n_patterns * n))
    delay = np.where(rank[source] < rank[target], 0, 1)
    draft.link(s[source], s[target], delay, weights[target, source])
    draft.link(s, s, 1, KEEP)
    return draft.network(s)


def _patterns(patterns) -> np.ndarray:
    """The patterns as a table of float64, (n_patterns, n)."""
    try:
        table = np.asarray(patterns, np.float64)
    except (TypeError, ValueError):
        raise DataError(
            "patterns must be a table of +1 and -1, one row per pattern"
        ) from None
    if table.ndim != 2 or table.shape[0] < 1 or table.shape[1] < 2:
        raise DataError(
            f"patterns has shape {table.shape}; it must be (n_patterns, n), with one pattern or more "
            "of 2 entries or more"
        )
    wrong = np.abs(table) != 1
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            f"patterns is {table[row, column]} in row {row}, column {column} (from 0): "
            "every entry must be 1 or -1"
        )
    return table


def _ranks(update: str, n: int, seed) -> np.ndarray:
    """The place of each neuron in a sweep; the same for all where they change at once."""
    if update == "synchronous":
        return np.zeros(n, np.int64)
    if update != "asynchronous":
        raise SettingError(
            f"update is {update!r}; it must be 'synchronous' or 'asynchronous'."
        )
    if seed is None:
        return np.arange(n)
    return generator(seed).permutation(n)
