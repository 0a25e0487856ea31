"""Which rows are held out: decided by what a row holds, not by where it stands.

Comes in: inputs, targets, weights, a seed. Goes out: masks of rows. Called by `choose.py`.
Every row gets a key from its bits and the seed. Equal rows have equal keys and never stand
on both sides of a split; a row of weight 3 is treated as three equal rows; the order of the
rows does not matter.
"""

import numpy as np

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd
_MIX = np.uint64(0xBF58476D1CE4E5B9)  # splitmix64 (Steele, Lea, Flood 2014)


def row_keys(X: np.ndarray, Y: np.ndarray, seed: int) -> np.ndarray:
    """A pseudo-random number per row that depends on its content and the seed only.

    Parameters
    ----------
    X, Y : ndarray of float64, shapes (n, d) and (n, k)
    seed : int

    Returns
    -------
    ndarray of uint64, shape (n,)

    Notes
    -----
    O(n (d + k)).
    """
    key = np.full(len(X), np.uint64(seed % 2**64) ^ _MULTIPLIER, dtype=np.uint64)
    for table in (X, Y):
        # + 0.0: the two zeros have different bits and are equal.
        for column in (np.asarray(table, dtype=np.float64) + 0.0).T:
            bits = np.ascontiguousarray(column).view(np.uint64)
            key = (key ^ bits) * _MULTIPLIER
            key ^= key >> np.uint64(29)
            key *= _MIX
            key ^= key >> np.uint64(32)
    return key


def fold_numbers(keys: np.ndarray, strata: np.ndarray | None, count: int) -> np.ndarray:
    """A fold 0 .. count-1 for every row.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n,)
    strata : ndarray of int, shape (n,), or None
        Classes, spread evenly over the folds.
    count : int

    Returns
    -------
    ndarray of int, shape (n,)
        Different rows are dealt out in turn; equal rows share a fold.
    """
    folds = np.empty(len(keys), dtype=np.int64)
    strata = np.zeros(len(keys), dtype=np.int64) if strata is None else strata
    dealt = 0
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        different, place = np.unique(keys[rows], return_inverse=True)
        folds[rows] = (place + dealt) % count
        dealt += len(different)  # small classes do not all begin with fold 0
    return folds


def held_out(
    keys: np.ndarray, strata: np.ndarray | None, weight: np.ndarray, share: float
) -> np.ndarray:
    """Mask of the rows to hold out: about `share` of the weight, in every class.

    A class keeps at least one different row to learn from.
    """
    mask = np.zeros(len(keys), dtype=bool)
    strata = np.zeros(len(keys), dtype=np.int64) if strata is None else strata
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        _, place = np.unique(keys[rows], return_inverse=True)
        mass = np.cumsum(np.bincount(place, weights=weight[rows]))
        # Half of a row's own weight decides, so that the share is met on average.
        middle = mass - np.diff(mass, prepend=0.0) / 2
        held = middle <= share * mass[-1]
        held[-1] = False
        mask[rows] = held[place]
    return mask
