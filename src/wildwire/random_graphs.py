"""Random graphs as arrays of edges from lower to higher index.

Comes in: a number of nodes, the graph's parameters, a seed. Goes out: two arrays of node numbers. Called by
`wiring.random`. NetworkX makes the same graphs, but node by node and as dictionaries, about 1 kB an edge, and
is an optional package.
"""

from __future__ import annotations

import difflib

import numpy as np

from wildwire.errors import SettingError
from wildwire.network.initialisers import generator

DEFAULT_P = {"er": 0.2, "ws": 0.75, "ba": None}
ROUNDS = 8  # in which a Watts-Strogatz ring is rewired at most
TRIES = 64  # to find a free place for an edge, before it stays where it is


def random_graph(kind: str, n: int, *, p=None, k=None, m=None, seed=0):
    """Edges (low, high), sorted by high, then low.

    Parameters
    ----------
    kind : "er", "ws" or "ba"
    n : int, at least 1
        Number of nodes.
    p : float in [0, 1] or None
        Probability of an edge ("er") or of rewiring ("ws"); None is 0.2 or 0.75.
    k : int, even, 2 to n - 1, or None
        Neighbours on the ring ("ws"); None is 4, or 2 for fewer than 5 nodes.
    m : int, 1 to n - 1, or None
        Edges a new node brings ("ba"); None is 5, or n - 1 for fewer than 6 nodes.
    seed : int, SeedSequence or Generator

    Returns
    -------
    low, high : ndarray of int64, (n_edges,)
        No edge twice, none from a node to itself.

    Raises
    ------
    SettingError
        An unknown kind or a parameter out of range.
    """
    if kind not in DEFAULT_P:
        near = difflib.get_close_matches(str(kind), DEFAULT_P, n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise SettingError(
            f"there is no kind {kind!r} of random wiring; the kinds are 'er' "
            f"(Erdős–Rényi), 'ws' (Watts–Strogatz) and 'ba' (Barabási–Albert).{hint}"
        )
    rng = generator(seed)
    p = DEFAULT_P[kind] if p is None else p
    if kind == "er":
        low, high = erdos_renyi(n, _probability(p), rng)
    elif kind == "ws":
        low, high = watts_strogatz(n, _neighbours(k, n), _probability(p), rng)
    else:
        low, high = barabasi_albert(n, _new_edges(m, n), rng)
    order = np.lexsort((low, high))
    return low[order], high[order]


def erdos_renyi(n: int, p: float, rng: np.random.Generator):
    """Each of the n(n-1)/2 pairs with probability p.

    The gaps between chosen pairs are geometric, so the cost is that of the edges, not of the pairs (Batagelj,
    Brandes: Efficient generation of large random networks, Phys. Rev. E 71 (2005), algorithm 1).
    """
    pairs = n * (n - 1) // 2
    if p == 0 or not pairs:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    parts, last = [], -1
    while last < pairs:
        count = int((pairs - last) * p + 5 * np.sqrt(pairs * p) + 10)
        # A gap beyond the last pair is as good as any longer one, and cannot overflow.
        gaps = np.minimum(rng.geometric(p, count), pairs + 1)
        parts.append(last + np.cumsum(gaps))
        last = int(parts[-1][-1])
    chosen = np.concatenate(parts)
    return _unrank(chosen[chosen < pairs])


def _unrank(number: np.ndarray):
    """Pair of each number, counted 01, 02, 12, 03, ...: number = high(high-1)/2 + low."""
    high = ((1 + np.sqrt(1 + 8.0 * number)) / 2).astype(np.int64)
    # The root is rounded: correct it by one where it went over or under.
    high -= high * (high - 1) // 2 > number
    high += high * (high + 1) // 2 <= number
    return number - high * (high - 1) // 2, high


def watts_strogatz(n: int, k: int, p: float, rng: np.random.Generator):
    """A ring of n nodes, each linked to its k nearest; each edge's far end moves with probability p.

    As in the paper the edges move in rounds, nearest neighbours first; here at most 8, all of one round at
    once. An edge moves only to a pair that is free at that time. (Watts, Strogatz: Collective dynamics of
    small-world networks, Nature 393, 1998.)
    """
    near = np.tile(np.arange(n), k // 2)
    distance = np.repeat(np.arange(1, k // 2 + 1), n)
    far = (near + distance) % n
    moves = rng.random(len(near)) < p
    for distances in np.array_split(np.arange(1, k // 2 + 1), min(ROUNDS, k // 2)):
        in_round = (distance >= distances[0]) & (distance <= distances[-1])
        _rewire(near, far, np.flatnonzero(moves & in_round), n, rng)
    return np.minimum(near, far), np.maximum(near, far)


def _rewire(near, far, pending, n: int, rng: np.random.Generator) -> None:
    """Move the far ends of the pending edges to free places, in place.

    Until an edge has moved its old place counts as taken, so that it can stay if no place is free.
    """
    for _ in range(TRIES):
        if not len(pending):
            return
        taken = np.sort(_key(near, far, n))
        chosen = rng.integers(0, n, len(pending))
        key = _key(near[pending], chosen, n)
        place = np.minimum(np.searchsorted(taken, key), len(taken) - 1)
        is_first = np.zeros(len(pending), bool)
        is_first[np.unique(key, return_index=True)[1]] = True
        free = is_first & (taken[place] != key) & (chosen != near[pending])
        far[pending[free]] = chosen[free]
        pending = pending[~free]


def _key(start, end, n: int):
    return np.minimum(start, end) * n + np.maximum(start, end)


def barabasi_albert(n: int, m: int, rng: np.random.Generator):
    """Nodes arrive one by one with m edges each, to nodes chosen in proportion to their degree.

    The first m nodes have no edges; node m links to all of them. (Barabási, Albert: Emergence of scaling in
    random networks, Science 286, 1999; the start as in Xie et al. 2019.) Choosing by degree is choosing an end
    of an earlier edge.
    """
    ends = list(range(m)) + [m] * m  # both ends of node m's edges, in any order
    low = list(range(m))
    for node in range(m + 1, n):
        chosen: set[int] = set()
        while len(chosen) < m:
            draws = rng.random(m - len(chosen)) * len(ends)
            chosen.update(ends[int(draw)] for draw in draws)
        low.extend(sorted(chosen))
        ends.extend(chosen)
        ends.extend([node] * m)
    return np.array(low, np.int64), np.repeat(np.arange(m, n), m)


# ---- checks -------------------------------------------------------------------------


def _probability(p) -> float:
    if isinstance(p, int | float | np.number) and 0 <= p <= 1:
        return float(p)
    raise SettingError(f"p must be a probability from 0 to 1; it is {p!r}.")


def _neighbours(k, n: int) -> int:
    if k is None:
        k = 4 if n > 4 else 2
    if isinstance(k, int | np.integer) and k >= 2 and k % 2 == 0 and k < n:
        return int(k)
    raise SettingError(
        f"k must be even, at least 2 and less than the {n} neurons; it is {k!r}. For "
        "fewer than 3 neurons take kind='er'."
    )


def _new_edges(m, n: int) -> int:
    if m is None:
        m = max(1, min(5, n - 1))
    if isinstance(m, int | np.integer) and 1 <= m < n:
        return int(m)
    raise SettingError(
        f"m must be at least 1 and less than the {n} neurons; it is {m!r}. For one "
        "neuron take kind='er'."
    )
