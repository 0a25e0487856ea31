"""Greatest length of the weights that enter a neuron (Srebro and Shraibman 2005; Hinton et al. 2012, section 1).

Comes in: the table of a bound program, after a change. Goes out: vectors scaled back to the length. Called by
`update.py`; bound by `session.py`.
"""

import numpy as np
from numba import carray

from wildwire.engine import places as at
from wildwire.engine.blas import INNER
from wildwire.engine.parts import ANY
from wildwire.engine.pointers import longs_at
from wildwire.functions.cache import cached_njit


def put_norms(bound, network, place_of: np.ndarray) -> None:
    """Bind the groups of numbers that enter one neuron as weights of links.

    Parameters
    ----------
    place_of : int array (n_theta,)
        Where a number of theta stands in the vector.
    """
    learns = network.link_slot >= 0
    pairs = np.stack([network.link_target[learns], network.link_slot[learns]], axis=1)
    pairs = np.unique(pairs, axis=0)  # a number may enter a neuron twice
    counts = np.bincount(pairs[:, 0], minlength=network.n_neurons)
    pointers = np.concatenate([[0], np.cumsum(counts)])
    bound.set(at.N_NORMS, network.n_neurons)
    bound.put(at.NORM_POINTERS, pointers.astype(np.int64))
    bound.put(at.NORM_PLACES, place_of[pairs[:, 1]].astype(np.int64))


@cached_njit(**INNER)
def shorten(table, vector, limit):
    """Scale each group that is longer than `limit` back to it, one neuron after another."""
    pointers = carray(longs_at(table, at.NORM_POINTERS), ANY)
    places = carray(longs_at(table, at.NORM_PLACES), ANY)
    for g in range(table[at.N_NORMS]):
        largest = 0.0
        for k in range(pointers[g], pointers[g + 1]):
            largest = max(largest, np.float64(abs(vector[places[k]])))
        # Each divided by the largest: the squares themselves may overflow.
        total = 0.0
        for k in range(pointers[g], pointers[g + 1]):
            part = vector[places[k]] / largest if largest > 0 else 0.0
            total += part * part
        length = largest * np.sqrt(total)
        if length > limit:
            share = limit / length
            for k in range(pointers[g], pointers[g + 1]):
                vector[places[k]] = vector.dtype.type(vector[places[k]] * share)
