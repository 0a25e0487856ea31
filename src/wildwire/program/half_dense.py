"""Zeros for links that are not there, so that neurons with similar sources share one list.

Comes in: the entries of a network. Goes out: the same entries, some neurons' lists of sources longer by
entries that stand for nothing. Called by `kernel.py`; runs compiled and interpreted.

From then on such neurons have equal lists, and nobody needs to know that some of their weights are a frozen 0. Which
neurons: `clusters.py`.
"""

import numpy as np

from wildwire.functions.cache import jitable
from wildwire.program.arrange import groups_of
from wildwire.program.clusters import clusters_of, has_wide_level, tame_neurons
from wildwire.program.entries import counted, stable_order

NOTHING = -(2**31)  # the origin of an entry that is neither link nor bias


@jitable
def _unions(group, cluster, count, pointers, sources, n_nodes):
    """The sources of every cluster, ascending.

    Returns
    -------
    edges : int64 array (count + 1,)
    union : int32 array
        Cluster c reads union[edges[c]] .. union[edges[c+1]-1].
    """
    n = group.size
    # neurons by cluster, those of none last
    key = np.empty(n, np.int32)
    for j in range(n):
        c = cluster[group[j]]
        key[j] = c if c >= 0 else count
    order = stable_order(counted(n), key, count + 1)
    total = 0
    for j in range(n):
        if key[j] < count:
            total += pointers[j + 1] - pointers[j]
    node, owner = np.empty(total, np.int32), np.empty(total, np.int32)
    seen = np.zeros(n_nodes + 1, np.int32)
    edges = np.zeros(count + 1, np.int64)
    found = 0
    for i in range(n):
        j = order[i]
        c = key[j]
        if c == count:
            break
        for e in range(pointers[j], pointers[j + 1]):
            s = sources[e] + 1
            if seen[s] != c + 1:
                seen[s] = c + 1
                node[found], owner[found] = s, c
                edges[c + 1] += 1
                found += 1
    for c in range(count):
        edges[c + 1] += edges[c]
    place = edges.copy()
    union = np.empty(found, np.int32)
    by_node = stable_order(counted(found), node[:found], n_nodes + 1)
    for i in range(found):
        c = owner[by_node[i]]
        union[place[c]] = node[by_node[i]] - 1
        place[c] += 1
    return edges, union


@jitable
def _with_zeros(group, cluster, edges, union, pointers, sources, origin):
    """The entries, those of every neuron in a cluster spread over all sources of the cluster."""
    n = group.size
    longer = np.zeros(n + 1, np.int64)
    for j in range(n):
        c = cluster[group[j]]
        length = pointers[j + 1] - pointers[j]
        if c >= 0:
            length = edges[c + 1] - edges[c]
        longer[j + 1] = longer[j] + length
    to_source = np.empty(longer[n], np.int32)
    to_origin = np.empty(longer[n], np.int32)
    for j in range(n):
        c, e, place = cluster[group[j]], pointers[j], longer[j]
        for k in range(longer[j + 1] - place):
            source = union[edges[c] + k] if c >= 0 else sources[e]
            to_source[place + k] = source
            to_origin[place + k] = NOTHING
            if e < pointers[j + 1] and sources[e] == source:
                to_origin[place + k] = origin[e]
                e += 1
    return longer, to_source, to_origin


@jitable
def half_dense(levels, n_inputs, pointers, sources, origin, activation, tame, own):
    """Entries with zeros where these make a cheaper block, and who then shares its list.

    Parameters
    ----------
    pointers, sources, origin
        As from `entries_of`; given back as they are where nothing is filled in.
    tame : int8 array (n_functions,)
        As from `tame_functions`.
    own : int32 array (n_neurons,)
        Not 0 where a neuron's sources are not summed.

    Returns
    -------
    pointers, sources, origin
        `origin` is NOTHING for a zero.
    group, size
        As from `groups_of`.
    """
    n_nodes = max(n_inputs + levels.size, sources.max() + 1)  # those of the past too
    group, size = groups_of(pointers, sources)
    if has_wide_level(levels):
        may_fill = tame_neurons(
            levels, pointers, sources, n_inputs, activation, tame, own
        )
        cluster, count = clusters_of(
            levels, group, size, pointers, sources, n_nodes, may_fill
        )
        if count > 0:
            edges, union = _unions(group, cluster, count, pointers, sources, n_nodes)
            pointers, sources, origin = _with_zeros(
                group, cluster, edges, union, pointers, sources, origin
            )
            group, size = groups_of(pointers, sources)
    return pointers, sources, origin, group, size
