"""The plan, written in one go: header, stages, blocks, runs, source rows, out-links, outputs.

Comes in: the order of the neurons and their entries. Goes out: the plan, and the place of each entry
among the weights. Called by `kernel.py`; runs compiled and interpreted. First all tables are
counted, so that the plan is written where it stays.
"""

import numpy as np

from wildwire.functions.cache import jitable
from wildwire.program import plan as p

LONGEST = 2**31 - 1
FORMULA, TRANSFER = 1, 2  # what `own` says of a neuron whose sources are not summed


@jitable
def _differs(before, j, function, own):
    """Whether a run of neurons ends between two that stand one after another."""
    return function[before] != function[j] or own[before] != own[j]


@jitable
def source_row(node, n_inputs, row_of, n_rows):
    """The row of a source; those of d steps ago, node + d * nodes, stand n_rows further for each step."""
    if node < 0:
        return 0
    n_nodes = n_inputs + row_of.size
    delay, node = node // n_nodes, node % n_nodes
    row = 1 + node if node < n_inputs else row_of[node - n_inputs]
    return row + delay * n_rows


@jitable
def counts_of(order, levels, group, size, function, pointers, sources, own):
    """How many neurons, stages, blocks, runs, source rows, out-links, expressions and transfers the plan will have."""
    stages = blocks = runs = rows = links = expressions = transfers = 0
    for i in range(order.size):
        j = order[i]
        before = order[i - 1] if i > 0 else j
        begin, end = pointers[j], pointers[j + 1]
        new_stage = i == 0 or levels[before] != levels[j]
        stages += new_stage
        if new_stage or size[group[j]] == 1 or group[before] != group[j]:
            blocks += 1
            rows += end - begin
        if own[j] == FORMULA:
            expressions += 1
            continue
        runs += new_stage or _differs(before, j, function, own)
        transfers += own[j] == TRANSFER
        if size[group[j]] == 1 and own[j] == 0:
            # nobody needs the delta of the constant, whose entry stands first
            links += end - begin - (end > begin and sources[begin] < 0)
    return order.size, stages, blocks, runs, rows, links, expressions, transfers


@jitable
def empty_plan(counts, n_inputs, n_outputs, heads):
    """A plan of zeros with the offsets of its tables; too short for a header when it would be too long."""
    n_neurons, n_stages, n_blocks, n_runs, n_sources, n_links = counts[:6]
    n_expressions, n_transfers = counts[6:]
    n_heads = heads.size // 2
    n_rows = 1 + n_inputs + n_neurons
    stages = p.HEADER
    blocks = stages + n_stages * p.STAGE_WIDTH
    runs = blocks + n_blocks * p.BLOCK_WIDTH
    sources = runs + n_runs * p.RUN_WIDTH
    pointers = sources + n_sources
    links = pointers + n_rows + 1
    keep = links + 2 * n_links
    outputs = keep + n_rows
    head = outputs + 2 * n_outputs
    expression = head + n_heads * p.HEAD_WIDTH
    transfer = expression + n_expressions * p.EXPRESSION_WIDTH
    length = transfer + n_transfers * p.TRANSFER_WIDTH
    if length > LONGEST:
        return np.zeros(0, np.int32)
    plan = np.zeros(length, np.int32)
    plan[p.FORMAT] = p.VERSION
    plan[p.ROWS] = n_rows
    for i in range(n_heads):
        plan[p.ROWS] += heads[2 * i + 1]
    plan[p.INPUTS] = n_inputs
    plan[p.NEURONS] = n_neurons
    plan[p.OUTPUTS] = n_outputs
    plan[p.STAGES] = n_stages
    plan[p.STAGE_TABLE] = stages
    plan[p.BLOCKS] = n_blocks
    plan[p.BLOCK_TABLE] = blocks
    plan[p.RUNS] = n_runs
    plan[p.RUN_TABLE] = runs
    plan[p.SOURCES] = sources
    plan[p.OUT_POINTERS] = pointers
    plan[p.OUT_LINKS] = links
    plan[p.KEEP] = keep
    plan[p.OUTPUT_ROWS] = outputs
    plan[p.HEADS] = n_heads
    plan[p.HEAD_TABLE] = head
    plan[p.EXPRESSIONS] = n_expressions
    plan[p.EXPRESSION_TABLE] = expression
    plan[p.TRANSFERS] = n_transfers
    plan[p.TRANSFER_TABLE] = transfer
    plan[p.LENGTH] = length
    return plan


@jitable
def _write_expression(plan, at, row, function, weight, parameters):
    plan[at] = row
    plan[at + 2] = function
    plan[at + 3] = weight
    plan[at + 4] = parameters


@jitable
def write_order(plan, row_of, order, levels, group, size, function, offset, own):
    """Rows of the neurons, stages, blocks, runs and expressions, except what depends on sources.

    An expression has a block of its own behind those of its stage: its sources stand there, but nothing
    sums them. So has a neuron with another transfer.
    """
    stage = plan[p.STAGE_TABLE] - p.STAGE_WIDTH
    block = plan[p.BLOCK_TABLE] - p.BLOCK_WIDTH
    run = plan[p.RUN_TABLE] - p.RUN_WIDTH
    expression = plan[p.EXPRESSION_TABLE]
    blocks = runs = expressions = transfers = 0
    row = 1 + plan[p.INPUTS]
    weight = plan[p.LINK_WEIGHTS]
    most = 0
    for i in range(order.size):
        j = order[i]
        before = order[i - 1] if i > 0 else j
        parameters = offset[j + 1] - offset[j]
        new_stage = i == 0 or levels[before] != levels[j]
        if new_stage:
            stage += p.STAGE_WIDTH
            plan[stage] = blocks
            plan[stage + 2] = runs
            plan[stage + 4] = row
            plan[stage + 6] = expressions
            plan[stage + 8] = transfers
        row_of[j] = row
        plan[stage + 5] += 1
        if own[j] == FORMULA:
            block += p.BLOCK_WIDTH
            blocks += 1
            plan[block] = row
            plan[block + 1] = 1
            _write_expression(plan, expression, row, function[j], weight, parameters)
            expression += p.EXPRESSION_WIDTH
            expressions += 1
            plan[stage + 7] += 1
            row += 1
            weight += parameters
            continue
        if new_stage or size[group[j]] == 1 or group[before] != group[j]:
            block += p.BLOCK_WIDTH
            blocks += 1
            plan[block] = row
            plan[stage + 1] += own[j] == 0
        if own[j] == TRANSFER:
            plan[plan[p.TRANSFER_TABLE] + transfers * p.TRANSFER_WIDTH] = row
            plan[stage + 9] += 1
            transfers += 1
        if new_stage or _differs(before, j, function, own):
            run += p.RUN_WIDTH
            runs += 1
            plan[run] = row
            plan[run + 2] = function[j]
            plan[run + 3] = weight
            plan[run + 4] = parameters
            plan[stage + 3] += 1
        plan[block + 1] += 1
        plan[run + 1] += 1
        row += 1
        weight += parameters
        most = max(most, parameters)
    plan[p.WEIGHTS] = weight
    plan[p.MAX_PARAMETERS] = most


@jitable
def write_sources(plan, order, row_of, pointers, sources, positions):
    """Source rows, the rest of the blocks, and which rows blocks push their deltas to.

    Parameters
    ----------
    positions : int32 array, one per entry
        Written: the entry's place among the weights.
    """
    n_inputs, keep = plan[p.INPUTS], plan[p.KEEP]
    first_row, n_rows = 1 + n_inputs, plan[p.ROWS]
    at_source = at_weight = 0
    for b in range(plan[p.BLOCKS]):
        block = plan[p.BLOCK_TABLE] + b * p.BLOCK_WIDTH
        first, width = plan[block] - first_row, plan[block + 1]
        begin = pointers[order[first]]
        length = pointers[order[first] + 1] - begin
        inner = length
        rows = plan[p.SOURCES] + at_source
        for k in range(length):
            node = sources[begin + k]
            if node >= n_inputs:
                inner = min(inner, k)
            row = source_row(node, n_inputs, row_of, n_rows)
            plan[rows + k] = row
            if width > 1:
                plan[keep + row % n_rows] = 1
        for m in range(width):
            e = pointers[order[first + m]]
            for k in range(length):
                positions[e + k] = at_weight + k * width + m
        plan[block + 2] = at_source
        plan[block + 3] = length
        plan[block + 4] = at_weight
        plan[block + 5] = inner
        at_source += length
        at_weight += length * width


@jitable
def write_expressions(plan, order, row_of, pointers, sources, origin):
    """What expressions read, in the order in which their functions take it; they push their deltas there."""
    n_inputs, keep = plan[p.INPUTS], plan[p.KEEP]
    expression, rows = plan[p.EXPRESSION_TABLE], 0
    last = expression + plan[p.EXPRESSIONS] * p.EXPRESSION_WIDTH
    for b in range(plan[p.BLOCKS] if expression < last else 0):
        block = plan[p.BLOCK_TABLE] + b * p.BLOCK_WIDTH
        if expression == last or plan[expression] != plan[block]:
            continue
        length = plan[block + 3]
        begin = pointers[order[plan[block] - 1 - n_inputs]]
        first = origin[begin]
        for k in range(length):
            first = min(first, origin[begin + k])
        for k in range(length):
            row = source_row(sources[begin + k], n_inputs, row_of, plan[p.ROWS])
            plan[plan[p.SOURCES] + plan[block + 2] + origin[begin + k] - first] = row
            plan[keep + row % plan[p.ROWS]] = 1
        plan[expression + 1] = length
        plan[expression + 5] = plan[block + 2]
        plan[expression + 6] = rows
        rows += 2 * length + 1 + plan[expression + 4]
        expression += p.EXPRESSION_WIDTH
    plan[p.EXPRESSION_ROWS] = rows


@jitable
def write_out_links(plan):
    """For every row the neurons that read it and stand alone in their block, with the place of the weight.

    Not expressions and other transfers, which push their deltas themselves.
    """
    pointers, links = plan[p.OUT_POINTERS], plan[p.OUT_LINKS]
    n_rows = 1 + plan[p.INPUTS] + plan[p.NEURONS]
    at = np.zeros(n_rows + 1, np.int32)
    for counting in (True, False):
        expression = plan[p.EXPRESSION_TABLE]
        last = expression + plan[p.EXPRESSIONS] * p.EXPRESSION_WIDTH
        transfer = plan[p.TRANSFER_TABLE]
        last_transfer = transfer + plan[p.TRANSFERS] * p.TRANSFER_WIDTH
        for b in range(plan[p.BLOCKS]):
            block = plan[p.BLOCK_TABLE] + b * p.BLOCK_WIDTH
            if expression < last and plan[expression] == plan[block]:
                expression += p.EXPRESSION_WIDTH
                continue
            if transfer < last_transfer and plan[transfer] == plan[block]:
                transfer += p.TRANSFER_WIDTH
                continue
            if plan[block + 1] > 1:
                continue
            rows = plan[p.SOURCES] + plan[block + 2]
            for k in range(plan[block + 3]):
                row = plan[rows + k] % plan[p.ROWS]
                if row == 0:
                    continue
                if not counting:
                    delayed = plan[rows + k] - row
                    plan[links + 2 * at[row]] = plan[block] + delayed
                    plan[links + 2 * at[row] + 1] = plan[block + 4] + k
                at[row + counting] += 1
        if counting:
            for row in range(n_rows):
                at[row + 1] += at[row]
                plan[pointers + row + 1] = at[row + 1]


@jitable
def write_outputs(plan, output_node, heads, row_of):
    """Rows of the outputs, rows that heads read, and the heads."""
    n_inputs, keep, at = plan[p.INPUTS], plan[p.KEEP], plan[p.OUTPUT_ROWS]
    n_outputs = output_node.size
    for q in range(n_outputs):
        row = row_of[output_node[q] - n_inputs]
        plan[at + q] = row
        plan[at + n_outputs + q] = row
        plan[keep + row] = 1
    row = 1 + n_inputs + plan[p.NEURONS]
    for i in range(heads.size // 2):
        first, count = heads[2 * i], heads[2 * i + 1]
        head = plan[p.HEAD_TABLE] + i * p.HEAD_WIDTH
        plan[head] = first
        plan[head + 1] = row
        plan[head + 2] = count
        plan[head + 3] = first
        for k in range(count):
            plan[at + first + k] = row + k
        row += count
