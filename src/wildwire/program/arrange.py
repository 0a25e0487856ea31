"""The order of evaluation: levels, neurons that share their sources, and where these stand.

Comes in: for each neuron its sources (-1 for the constant, then node numbers) in ascending order,
and its function. Goes out: levels, groups and the program order of the neurons. Called by
`kernel.py`; runs compiled and interpreted.
"""

import numpy as np

from wildwire.functions.cache import jitable
from wildwire.program.entries import counted, stable_order


@jitable
def levels_of(n_inputs, pointers, sources):
    """Level of every neuron: 0 when it reads inputs and the past only, else one more than its highest source.

    Returns
    -------
    levels : int32 array
        Not levels, but inside the range of levels, when there is a loop.
    is_loop : bool
    """
    n = pointers.size - 1
    waiting = np.zeros(n, np.int32)
    first = np.zeros(n + 2, np.int64)
    for j in range(n):
        for e in range(pointers[j], pointers[j + 1]):
            s = sources[e] - n_inputs
            if 0 <= s < n:  # beyond stand sources of the past
                waiting[j] += 1
                first[s + 2] += 1
    for s in range(n):
        first[s + 1] += first[s]
    consumers = np.empty(first[n] + first[n + 1], np.int32)
    for j in range(n):
        for e in range(pointers[j], pointers[j + 1]):
            s = sources[e] - n_inputs
            if 0 <= s < n:
                consumers[first[s + 1]] = j
                first[s + 1] += 1
    # now the consumers of neuron s are first[s] .. first[s+1]-1
    levels = np.zeros(n, np.int32)
    queue = np.empty(n, np.int32)
    head = tail = 0
    for j in range(n):
        if waiting[j] == 0:
            queue[tail] = j
            tail += 1
    while head < tail:
        s = queue[head]
        head += 1
        for e in range(first[s], first[s + 1]):
            j = consumers[e]
            levels[j] = max(levels[j], levels[s] + 1)
            waiting[j] -= 1
            if waiting[j] == 0:
                queue[tail] = j
                tail += 1
    return levels, tail < n


@jitable
def _same_sources(pointers, sources, a, b):
    length = pointers[a + 1] - pointers[a]
    if pointers[b + 1] - pointers[b] != length:
        return False
    for i in range(length):  # noqa: SIM110 - Numba compiles no generators
        if sources[pointers[a] + i] != sources[pointers[b] + i]:
            return False
    return True


@jitable
def groups_of(pointers, sources):
    """Number of the list of sources that each neuron has: equal lists, equal number.

    Returns
    -------
    group : int32 array, numbered by first appearance
    size : int32 array, neurons in each group
    """
    n = pointers.size - 1
    capacity = 4
    while capacity < 2 * n:
        capacity *= 2
    table = np.empty(capacity, np.int32)
    for place in range(capacity):
        table[place] = -1
    group = np.empty(n, np.int32)
    size = np.zeros(n, np.int32)
    count = 0
    for j in range(n):
        code = 7
        for e in range(pointers[j], pointers[j + 1]):
            code = (code * 1048583 + int(sources[e]) + 2) % 2147483629
        place = code & (capacity - 1)
        while table[place] >= 0 and not _same_sources(
            pointers, sources, table[place], j
        ):
            place = (place + 1) & (capacity - 1)
        if table[place] < 0:
            table[place] = j
            group[j] = count
            count += 1
        else:
            group[j] = group[table[place]]
        size[group[j]] += 1
    return group, size[:count]


@jitable
def set_apart(group, size, own):
    """Give every neuron with a formula or a transfer of its own (`own` > 0) a group that nobody else is in."""
    count = size.size
    more = 0
    for j in range(own.size):
        more += own[j] > 0
    sizes = np.zeros(count + more, np.int32)
    sizes[:count] = size
    for j in range(own.size):
        if own[j]:
            sizes[group[j]] -= 1
            group[j] = count
            sizes[count] = 1
            count += 1
    return sizes


@jitable
def program_order(levels, group, size, function, n_functions, own):
    """Neurons by level; within one: shared lists of sources, by function, own formulas, other transfers."""
    n = levels.size
    rank = np.empty(n, np.int32)
    highest = 0
    for j in range(n):
        rank[j] = group[j] if size[group[j]] > 1 else size.size
        highest = max(highest, levels[j])
    order = counted(n)
    order = stable_order(order, function, n_functions)
    order = stable_order(order, rank, size.size + 1)
    order = stable_order(order, own, 3)
    return stable_order(order, levels, highest + 1)
