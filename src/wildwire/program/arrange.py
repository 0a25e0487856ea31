"""The compiled part of `program.py`: from a link table to the order of evaluation.

Comes in: for each neuron its sources (-1 for the constant, then node numbers) in ascending order,
and its function. Goes out: levels, the program order of the neurons, and the flat tables of the
plan. The same
functions run compiled or interpreted: see `arranger`.
"""

import numpy as np
from numba.extending import register_jitable

from wildwire.functions.cache import cached_njit
from wildwire.program import plan as p

INTERPRETED_LINKS = 500
INTERPRETED_CALLS = 20


@register_jitable
def levels_of(n_inputs, pointers, sources):
    """Level of every neuron: 0 when it reads inputs only, else one more than its highest source.

    Returns
    -------
    levels : int32 array; -1 for neurons on a loop, which the caller has excluded.
    """
    n = pointers.size - 1
    waiting = np.zeros(n, np.int32)
    first = np.zeros(n + 1, np.int64)
    for j in range(n):
        for e in range(pointers[j], pointers[j + 1]):
            s = sources[e] - n_inputs
            if s >= 0:
                waiting[j] += 1
                first[s + 1] += 1
    for s in range(n):
        first[s + 1] += first[s]
    consumers = np.empty(first[n], np.int32)
    fill = first[:n].copy()
    for j in range(n):
        for e in range(pointers[j], pointers[j + 1]):
            s = sources[e] - n_inputs
            if s >= 0:
                consumers[fill[s]] = j
                fill[s] += 1
    levels = np.full(n, -1, np.int32)
    queue = np.empty(n, np.int32)
    tail = 0
    for j in range(n):
        if waiting[j] == 0:
            levels[j] = 0
            queue[tail] = j
            tail += 1
    head = 0
    reached = np.zeros(n, np.int32)
    while head < tail:
        s = queue[head]
        head += 1
        for e in range(first[s], first[s + 1]):
            j = consumers[e]
            reached[j] = max(reached[j], levels[s] + 1)
            waiting[j] -= 1
            if waiting[j] == 0:
                levels[j] = reached[j]
                queue[tail] = j
                tail += 1
    return levels


@register_jitable
def _same_sources(pointers, sources, a, b):
    length = pointers[a + 1] - pointers[a]
    if pointers[b + 1] - pointers[b] != length:
        return False
    for i in range(length):  # noqa: SIM110 - Numba compiles no generators
        if sources[pointers[a] + i] != sources[pointers[b] + i]:
            return False
    return True


@register_jitable
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
    table = np.full(capacity, -1, np.int32)
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


@register_jitable
def _stable_order(order, keys, n_keys):
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


@register_jitable
def program_order(levels, group, size, function, n_functions):
    """Neurons by level; within one, shared lists of sources first, then by function."""
    n = levels.size
    rank = np.empty(n, np.int32)
    highest = 0
    for j in range(n):
        rank[j] = group[j] if size[group[j]] > 1 else size.size
        highest = max(highest, levels[j])
    order = np.arange(n).astype(np.int32)
    order = _stable_order(order, function, n_functions)
    order = _stable_order(order, rank, size.size + 1)
    return _stable_order(order, levels, highest + 1)


@register_jitable
def tables(order, levels, group, size, function, parameters):
    """Stages, blocks and runs of the neurons in program order.

    Blocks and stages still lack what depends on sources; `fill` adds it.
    """
    n = order.size
    stages = np.zeros((n, p.STAGE_WIDTH), np.int32)
    blocks = np.zeros((n, p.BLOCK_WIDTH), np.int32)
    runs = np.zeros((n, p.RUN_WIDTH), np.int32)
    s = b = r = -1
    for i in range(n):
        j = order[i]
        before = order[i - 1] if i > 0 else j
        new_stage = i == 0 or levels[before] != levels[j]
        if new_stage:
            s += 1
            stages[s, 0] = b + 1
            stages[s, 2] = r + 1
            stages[s, 4] = i
        if new_stage or size[group[j]] == 1 or group[before] != group[j]:
            b += 1
            blocks[b, 0] = i
            stages[s, 1] += 1
        if new_stage or function[before] != function[j]:
            r += 1
            runs[r, 0] = i
            runs[r, 2] = function[j]
            runs[r, 4] = parameters[j]
            stages[s, 3] += 1
        blocks[b, 1] += 1
        runs[r, 1] += 1
        stages[s, 5] += 1
    return stages[: s + 1], blocks[: b + 1], runs[: r + 1]


@register_jitable
def fill(n_inputs, order, pointers, sources, blocks, positions):
    """Complete the blocks: source rows, places of weights, out-links.

    Parameters
    ----------
    positions : int32 array, one per entry of `sources`; written: the entry's place among the
    weights.

    Returns
    -------
    source_rows, out_pointers, out_links, pushed : the tables of the plan
    """
    n = order.size
    n_rows = 1 + n_inputs + n
    row_of = np.empty(n, np.int32)
    for i in range(n):
        row_of[order[i]] = 1 + n_inputs + i
    source_rows = np.empty(_count_sources(order, pointers, blocks), np.int32)
    pushed = np.zeros(n_rows, np.int32)
    out_pointers = np.zeros(n_rows + 1, np.int32)
    at_source = 0
    at_weight = 0
    for b in range(blocks.shape[0]):
        first, width = blocks[b, 0], blocks[b, 1]
        j = order[first]
        length = pointers[j + 1] - pointers[j]
        blocks[b, 0] = 1 + n_inputs + first
        blocks[b, 2] = at_source
        blocks[b, 3] = length
        blocks[b, 4] = at_weight
        blocks[b, 5] = length
        for k in range(length):
            node = sources[pointers[j] + k]
            row = 1 + node if node < n_inputs else row_of[node - n_inputs]
            source_rows[at_source + k] = row
            if node >= n_inputs and blocks[b, 5] == length:
                blocks[b, 5] = k
            if width > 1:
                pushed[row] = 1
            else:
                out_pointers[row + 1] += 1
        for m in range(width):
            e = pointers[order[first + m]]
            for k in range(length):
                positions[e + k] = at_weight + k * width + m
        at_source += length
        at_weight += length * width
    out_pointers[1] = 0  # nobody needs the delta of the constant
    for row in range(n_rows):
        out_pointers[row + 1] += out_pointers[row]
    out_links = _out_links(blocks, source_rows, out_pointers)
    return source_rows, out_pointers, out_links, pushed


@register_jitable
def _count_sources(order, pointers, blocks):
    count = 0
    for b in range(blocks.shape[0]):
        j = order[blocks[b, 0]]
        count += pointers[j + 1] - pointers[j]
    return count


@register_jitable
def _out_links(blocks, source_rows, out_pointers):
    links = np.empty(2 * out_pointers[-1], np.int32)
    at = out_pointers[:-1].copy()
    for b in range(blocks.shape[0]):
        if blocks[b, 1] > 1:
            continue
        for k in range(blocks[b, 3]):
            row = source_rows[blocks[b, 2] + k]
            if row > 0:
                links[2 * at[row]] = blocks[b, 0]
                links[2 * at[row] + 1] = blocks[b, 4] + k
                at[row] += 1
    return links


def arrange(n_inputs, pointers, sources, function, n_functions, parameters, positions):
    """The whole arrangement in one call: each entry from Python costs its own compilation.

    Parameters
    ----------
    n_inputs : int
    pointers : int64 array (n_neurons + 1,)
        Neuron j has the entries pointers[j] .. pointers[j+1]-1 of `sources`.
    sources : int32 array
    function, parameters : int32 array (n_neurons,)
        Number of the neuron's function, and how many parameters it has.
    positions : int32 array, as long as `sources`
        Written: place of each entry among the weights.

    Returns
    -------
    order, stages, blocks, runs, source_rows, out_pointers, out_links, pushed
        `order` is empty when neurons stand on a loop.
    """
    levels = levels_of(n_inputs, pointers, sources)
    for j in range(levels.size):
        if levels[j] < 0:
            levels = levels[:0]
            break
    group, size = groups_of(pointers, sources)
    order = program_order(levels, group, size, function, n_functions)
    stages, blocks, runs = tables(order, levels, group, size, function, parameters)
    rows, out_pointers, out_links, pushed = fill(
        n_inputs, order, pointers, sources, blocks, positions
    )
    return order, stages, blocks, runs, rows, out_pointers, out_links, pushed


def faults(plan):
    """First fault of a plan, as a number; 0 when every index it holds lies inside.

    1 header, 2 stage, 3 block, 4 run, 5 source row, 6 out-link, 7 output row, 8 head
    """
    n_rows, n_weights = plan[p.ROWS], plan[p.WEIGHTS]
    if plan.size != plan[p.LENGTH] or plan[p.FORMAT] != p.VERSION or n_rows < 1:
        return 1
    first_neuron = 1 + plan[p.INPUTS]
    for i in range(plan[p.STAGES]):
        s = plan[p.STAGE_TABLE] + i * p.STAGE_WIDTH
        if plan[s] < 0 or plan[s] + plan[s + 1] > plan[p.BLOCKS]:
            return 2
        if plan[s + 2] < 0 or plan[s + 2] + plan[s + 3] > plan[p.RUNS]:
            return 2
        if plan[s + 4] < first_neuron or plan[s + 4] + plan[s + 5] > n_rows:
            return 2
    for i in range(plan[p.BLOCKS]):
        b = plan[p.BLOCK_TABLE] + i * p.BLOCK_WIDTH
        row, width, first = plan[b], plan[b + 1], plan[b + 2]
        length, weight = plan[b + 3], plan[b + 4]
        if row < first_neuron or width < 1 or row + width > n_rows or length < 1:
            return 3
        if weight < 0 or weight + np.int64(width) * length > plan[p.LINK_WEIGHTS]:
            return 3
        if first < 0 or plan[p.SOURCES] + first + length > plan[p.OUT_POINTERS]:
            return 3
        for k in range(length):
            source = plan[plan[p.SOURCES] + first + k]
            if source < 0 or source >= row:
                return 5
    for i in range(plan[p.RUNS]):
        r = plan[p.RUN_TABLE] + i * p.RUN_WIDTH
        if plan[r] < first_neuron or plan[r] + plan[r + 1] > n_rows:
            return 4
        if plan[r + 2] < 0 or plan[r + 2] >= plan[p.FUNCTIONS]:
            return 4
        if plan[r + 3] < 0 or plan[r + 3] + plan[r + 1] * plan[r + 4] > n_weights:
            return 4
    n_pointers = 1 + plan[p.INPUTS] + plan[p.NEURONS]
    for row in range(n_pointers):
        low = plan[plan[p.OUT_POINTERS] + row]
        high = plan[plan[p.OUT_POINTERS] + row + 1]
        before = 0 if row == 0 else plan[plan[p.OUT_POINTERS] + row - 1]
        if low < before or high < low or plan[p.OUT_LINKS] + 2 * high > plan.size:
            return 6
        for e in range(low, high):
            target = plan[plan[p.OUT_LINKS] + 2 * e]
            position = plan[plan[p.OUT_LINKS] + 2 * e + 1]
            if target <= row or target >= n_rows:
                return 6
            if position < 0 or position >= plan[p.LINK_WEIGHTS]:
                return 6
    # The rows of the outputs, then those that heads read.
    for q in range(2 * plan[p.OUTPUTS]):
        row = plan[plan[p.OUTPUT_ROWS] + q]
        if row < 1 or row >= n_rows:
            return 7
    for i in range(plan[p.HEADS]):
        h = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
        if plan[h + 1] < first_neuron or plan[h + 1] + plan[h + 2] > n_rows:
            return 8
        if plan[h + 3] < 0 or plan[h + 3] + plan[h + 2] > plan[p.OUTPUTS]:
            return 8
    return 0


compiled_arrange = cached_njit(nogil=True, error_model="numpy")(arrange)
compiled_faults = cached_njit(nogil=True, error_model="numpy")(faults)
_calls = [0]


def arranger(n_links):
    """`arrange` and `faults` for a network of this size, compiled or not.

    Compiling takes four seconds, interpreting a small network less than a millisecond: the first small
    networks of a process are interpreted, so that a first fit does not wait, and later ones, as in a
    structure search, are not. The results are the same integers.
    """
    _calls[0] += n_links <= INTERPRETED_LINKS
    if n_links <= INTERPRETED_LINKS and _calls[0] <= INTERPRETED_CALLS:
        return arrange, faults
    return compiled_arrange, compiled_faults
