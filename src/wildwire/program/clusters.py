"""Half-dense blocks: which lists of sources are so alike that one block with zeros filled in is cheaper.

Comes in: levels, lists of sources, and where zeros may stand. Goes out: clusters of lists. Called by
`half_dense.py`; runs compiled and interpreted.

Lists of one level are taken in order. Each is compared with the last few clusters that are open, and joins the one
that it adds least to, or opens its own. A cluster is closed at the end of the level, or when it has waited longest of
all; then `costs.py` decides whether it becomes a block or falls into its parts. O(links): one number for every source
tells which open clusters read it, and adding these up counts for all clusters at once.
"""

import numpy as np

from wildwire.functions.cache import jitable
from wildwire.program.costs import LINK, NARROWEST, PLACE, block_cost
from wildwire.program.entries import counted, stable_order

OPEN = 7  # clusters that a list is compared with; each has a byte of an int64, and one byte is left for the sign
# A list may cost a fourth more than alone: the first ones of a cluster bring most of its sources.
ADVANCE = 125
MOST_COUNTED = 255  # that a byte holds

# what the table knows of an open cluster
NEURONS, UNION, LINKS, APART, LAST, USED, COLUMNS = 0, 1, 2, 3, 4, 5, 6


@jitable
def tame_neurons(levels, pointers, sources, n_inputs, activation, tame, own):
    """1 for every neuron that sums its sources and cannot leave the finite numbers, nor any before it."""
    n = levels.size
    flags = np.zeros(n, np.int8)
    if tame.min() == 1 and own.max() == 0 and sources.max() < n_inputs + n:
        flags[:] = 1
        return flags
    order = stable_order(counted(n), levels, n)
    for i in range(n):
        j = order[i]
        flag = tame[activation[j]] if own[j] == 0 else 0
        for e in range(pointers[j], pointers[j + 1]):
            s = sources[e] - n_inputs
            # What the past holds may be anything.
            if s >= n or (s >= 0 and flags[s] == 0):
                flag = 0
        flags[j] = flag
    return flags


@jitable
def has_wide_level(levels):
    """Whether any level has enough neurons for a half-dense block."""
    n = levels.size
    if n < NARROWEST:
        return False
    count = np.zeros(n, np.int32)
    for j in range(n):
        count[levels[j]] += 1
        if count[levels[j]] == NARROWEST:
            return True
    return False


@jitable
def _fillable_lists(group, n_lists, pointers, sources, may_fill):
    """First neuron of every list to which zeros may be added, else -1: its neurons are tame, no links parallel."""
    first = np.empty(n_lists, np.int32)
    for g in range(n_lists):
        first[g] = -2
    for j in range(group.size):
        g = group[j]
        if first[g] == -2:
            first[g] = j
            for e in range(pointers[j] + 1, pointers[j + 1]):
                if sources[e] == sources[e - 1]:
                    first[g] = -1
        if may_fill[j] == 0:
            first[g] = -1
    return first


@jitable
def _best(table, shared, width, length):
    """The open cluster to which a list of `length` sources of `width` neurons adds least, or -1."""
    best, least = -1, width * length * ADVANCE + 1
    for k in range(OPEN):
        neurons = table[k, NEURONS]
        if neurons == 0:
            continue
        union = table[k, UNION] + length - shared[k]
        more = (union - table[k, UNION]) * neurons + union * width
        links = table[k, LINKS] + width * length
        is_dense = PLACE * union * (neurons + width) <= LINK * links
        if is_dense and PLACE * more < least:
            best, least = k, PLACE * more
    return best


@jitable
def _close(table, k, before, first, pointers, sources, near, cluster, n_clusters):
    """Free place k; if the cluster there is cheaper than its parts, number its lists. How many there are then."""
    if table[k, NEURONS] == 0:
        return n_clusters
    pays = block_cost(table[k, NEURONS], table[k, UNION]) < table[k, APART]
    others = ~(np.int64(1) << (8 * k))
    g = table[k, LAST]
    while g >= 0:
        if pays:
            cluster[g] = n_clusters
        j = first[g]
        for e in range(pointers[j], pointers[j + 1]):
            near[sources[e] + 1] &= others
        g = before[g]
    table[k, NEURONS] = 0
    return n_clusters + pays


@jitable
def _overlaps(shared, near, sources, begin, end):
    """How many of the sources begin..end each open cluster reads."""
    for k in range(OPEN):
        shared[k] = 0
    for start in range(begin, end, MOST_COUNTED):
        counts = np.int64(0)
        for e in range(start, min(start + MOST_COUNTED, end)):
            counts += near[sources[e] + 1]
        for k in range(OPEN):
            shared[k] += (counts >> (8 * k)) & 255


@jitable
def _place(table):
    """A place for a cluster of its own: a free one, or that which has waited longest."""
    k = 0
    for other in range(1, OPEN):
        if table[k, NEURONS] > 0 and (
            table[other, NEURONS] == 0 or table[other, USED] < table[k, USED]
        ):
            k = other
    return k


@jitable
def _join(table, k, g, before, near, sources, begin, end, shared, width, time):
    """Add list g, sources begin..end, to cluster k, which may be new."""
    if table[k, NEURONS] == 0:
        for column in range(COLUMNS):
            table[k, column] = 0
        table[k, LAST] = -1
        shared[k] = 0
    length = end - begin
    table[k, NEURONS] += width
    table[k, UNION] += length - shared[k]
    table[k, LINKS] += width * length
    table[k, APART] += block_cost(width, length)
    before[g] = table[k, LAST]
    table[k, LAST] = g
    table[k, USED] = time
    own = np.int64(1) << (8 * k)
    for e in range(begin, end):
        near[sources[e] + 1] |= own


@jitable
def clusters_of(levels, group, size, pointers, sources, n_nodes, may_fill):
    """Lists of sources that become one block.

    Parameters
    ----------
    group, size : int32 arrays
        As from `groups_of`.
    may_fill : int8 array (n_neurons,)
        1 where zeros may be filled in.

    Returns
    -------
    cluster : int32 array, one per list
        Number of its cluster, or -1.
    count : int
        Of clusters.
    """
    n, n_lists = group.size, size.size
    first = _fillable_lists(group, n_lists, pointers, sources, may_fill)
    cluster, before = np.empty(n_lists, np.int32), np.empty(n_lists, np.int32)
    for g in range(n_lists):
        cluster[g] = -1
    near = np.zeros(n_nodes + 1, np.int64)
    table, shared = np.zeros((OPEN, COLUMNS), np.int64), np.zeros(OPEN, np.int64)
    order = stable_order(counted(n), levels, n)
    count = 0
    for i in range(n):
        j = order[i]
        if i > 0 and levels[j] != levels[order[i - 1]]:
            for k in range(OPEN):
                count = _close(
                    table, k, before, first, pointers, sources, near, cluster, count
                )
        g = group[j]
        if first[g] != j:
            continue
        begin, end = pointers[j], pointers[j + 1]
        _overlaps(shared, near, sources, begin, end)
        k = _best(table, shared, size[g], end - begin)
        if k < 0:
            k = _place(table)
            count = _close(
                table, k, before, first, pointers, sources, near, cluster, count
            )
        _join(table, k, g, before, near, sources, begin, end, shared, size[g], i)
    for k in range(OPEN):
        count = _close(table, k, before, first, pointers, sources, near, cluster, count)
    return cluster, count
