"""The table of neurons whose transfer is not linear, and where their numbers stand.

Comes in: a plan whose blocks are written, the network's transfers. Goes out: the table, source rows and
weights of these neurons in written order, as their kernels take them: links, then the bias. Called by
`kernel.py`; runs compiled and interpreted.
"""

from wildwire.functions.cache import jitable
from wildwire.program import plan as p
from wildwire.program.tables import source_row


@jitable
def write_transfers(
    plan, order, row_of, pointers, sources, origin, positions, transfer, offset, rows
):
    """The table of transfers; their numbers follow those of activations among the weights.

    Parameters
    ----------
    positions : int32 array, one per entry
        Written for these neurons: the entry's place among the weights.
    transfer : int32 array (n_neurons,)
    offset : int32 array (n_neurons + 1,)
        Of the numbers of transfers.
    rows : int32 array (3 * n_transfers,)
        Rows of scratch of each transfer: kept, shared, shared per link.
    """
    n_inputs, keep = plan[p.INPUTS], plan[p.KEEP]
    at = plan[p.TRANSFER_TABLE]
    last = at + plan[p.TRANSFERS] * p.TRANSFER_WIDTH
    kept, shared, weight = plan[p.EXPRESSION_ROWS], 0, plan[p.WEIGHTS]
    for b in range(plan[p.BLOCKS] if at < last else 0):
        block = plan[p.BLOCK_TABLE] + b * p.BLOCK_WIDTH
        if at == last or plan[at] != plan[block]:
            continue
        j = order[plan[block] - 1 - n_inputs]
        begin, length = pointers[j], plan[block + 3]
        first = -1
        for k in range(length):
            if origin[begin + k] >= 0 and (first < 0 or origin[begin + k] < first):
                first = origin[begin + k]
        links = 0
        for k in range(length):
            node, place = sources[begin + k], origin[begin + k] - first
            row = source_row(node, n_inputs, row_of, plan[p.ROWS])
            if node < 0:
                place = length - 1
            else:
                links += 1
                plan[keep + row % plan[p.ROWS]] = 1
            plan[plan[p.SOURCES] + plan[block + 2] + place] = row
            positions[begin + k] = plan[block + 4] + place
        plan[at + 1] = links
        plan[at + 2] = transfer[j]
        plan[at + 3] = weight
        plan[at + 4] = plan[block + 2]
        plan[at + 5] = plan[block + 4]
        plan[at + 6] = length
        plan[at + 7] = kept
        plan[at + 8] = offset[j + 1] - offset[j]
        weight += plan[at + 8]
        kept += rows[3 * transfer[j]]
        need = rows[3 * transfer[j] + 1] + rows[3 * transfer[j] + 2] * links
        shared = max(shared, need)
        at += p.TRANSFER_WIDTH
    plan[p.SHARED_ROW] = kept
    plan[p.EXPRESSION_ROWS] = kept + shared
    plan[p.WEIGHTS] = weight
    plan[p.TRANSFER_KINDS] = rows.size // 3
