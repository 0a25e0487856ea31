"""Links and biases as one list: what each neuron reads, in ascending order.

Comes in: the link table and the biases of a network. Goes out: entries, neuron by neuron, and what
each was. Called by `kernel.py`; runs compiled and interpreted.
"""

import numpy as np

from wildwire.functions.cache import jitable


@jitable
def stable_order(order, keys, n_keys):
    """`order` sorted by `keys[order]`, equal keys left as they were."""
    first = np.zeros(n_keys + 1, np.int64)
    for j in range(keys.size):
        first[keys[j] + 1] += 1
    for k in range(n_keys):
        first[k + 1] += first[k]
    result = np.empty_like(order)
    for i in range(order.size):
        j = order[i]
        result[first[keys[j]]] = j
        first[keys[j]] += 1
    return result


@jitable
def _has_bias(slot, value):
    return slot != -1 or value != 0.0


@jitable
def _are_ascending(link_target, link_source):
    """Whether the links of every neuron stand in the order of their sources."""
    for e in range(1, link_source.size):
        if link_target[e] == link_target[e - 1] and link_source[e] < link_source[e - 1]:
            return False
    return True


@jitable
def entries_of(n_nodes, link_target, link_source, bias_slot, bias_value):
    """The links and biases of every neuron, sources ascending, parallel links in the network's order.

    Returns
    -------
    pointers : int64 array (n_neurons + 1,)
        Neuron j has the entries pointers[j] .. pointers[j+1]-1.
    sources : int32 array
        Node, or -1 for the constant that a bias reads.
    origin : int32 array
        Number of the link; -1-j for the bias of neuron j.
    """
    n = bias_slot.size
    n_links = link_source.size
    pointers = np.zeros(n + 1, np.int64)
    for e in range(n_links):
        pointers[link_target[e] + 1] += 1
    for j in range(n):
        if _has_bias(bias_slot[j], bias_value[j]):
            pointers[j + 1] += 1
        pointers[j + 1] += pointers[j]
    sources = np.empty(pointers[n], np.int32)
    origin = np.empty(pointers[n], np.int32)
    place = pointers.copy()
    for j in range(n):
        if _has_bias(bias_slot[j], bias_value[j]):
            sources[place[j]] = -1
            origin[place[j]] = -1 - j
            place[j] += 1
    order = counted(n_links)
    if not _are_ascending(link_target, link_source):
        order = stable_order(order, link_source, n_nodes)
    for i in range(n_links):
        e = order[i]
        at = place[link_target[e]]
        sources[at] = link_source[e]
        origin[at] = e
        place[link_target[e]] += 1
    return pointers, sources, origin


@jitable
def counted(n):
    """0, 1, ... n-1, as int32: `np.arange` would pass through int64."""
    numbers = np.empty(n, np.int32)
    for i in range(n):
        numbers[i] = i
    return numbers
