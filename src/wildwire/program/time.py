"""Delays in a program: where the rows of the past stand.

Comes in: the arrays of a network with delayed links, and the arrays of its program as `kernel.py` makes them.
Goes out: sources that name node and delay in one number; the plan with frames, and the values before the
first step among the weights. Called by `compile.py`, for networks with memory alone.
"""

import numpy as np

from wildwire.errors import NetworkError
from wildwire.program import plan as p

MOST_LOSS_PARAMETERS = 8
PADDING = 16  # rows: turning the deltas of the last neurons reads beyond their table
LARGEST = 2**31 - 1


def sources_in_time(network, n_nodes: int) -> np.ndarray:
    """Sources as node + delay * nodes; nodes that the lowering has added count.

    Raises
    ------
    NetworkError
        The longest delay times the nodes is more than a plan can address.
    """
    source = network.link_source.astype(np.int64) + network.link_delay * np.int64(
        n_nodes
    )
    if source.size and (network.n_delays + 1) * n_nodes > LARGEST:
        raise NetworkError(
            f"a link looks {network.n_delays} steps back, too far for {n_nodes} nodes"
        )
    return source.astype(np.int32)


def frame_rows(plan) -> int:
    """Rows of the work array that one step takes: all its tables, and those of a loss."""
    tables = (3 + int(plan[p.MAX_PARAMETERS])) * int(plan[p.ROWS])
    of_loss = (6 + MOST_LOSS_PARAMETERS) * int(plan[p.OUTPUTS])
    return tables + int(plan[p.EXPRESSION_ROWS]) + of_loss + PADDING


def with_frames(plan, slot, sign, constant, is_link, row_of, network):
    """The arrays of a program with rows of the past in frames, and with the values before the first step.

    Returns
    -------
    plan, slot, sign, constant, is_link

    Raises
    ------
    NetworkError
        The frames of the longest delay are more than a plan can address.
    """
    rows, frame = int(plan[p.ROWS]), frame_rows(plan)
    if (network.n_delays + 1) * frame > LARGEST:
        raise NetworkError(
            f"a link looks {network.n_delays} steps back, too far for a network of this size"
        )
    plan = plan.copy()
    first, end = plan[p.SOURCES], plan[p.OUT_POINTERS]
    sources = plan[first:end]
    sources[:] = sources % rows - sources // rows * frame
    links = plan[plan[p.OUT_LINKS] : plan[p.KEEP] : 2]
    links[:] = links % rows + links // rows * frame
    plan[p.FRAME] = frame
    return with_past(plan, slot, sign, constant, is_link, row_of, network)


def with_past(plan, slot, sign, constant, is_link, row_of, network):
    """One weight more for each neuron that is not 0 before the first step, or whose first guess is not 0."""
    past = network.past_slot
    neurons = (
        np.flatnonzero((past >= 0) | (network.past_value != 0)) if past.size else []
    )
    if not len(neurons):
        return plan, slot, sign, constant, is_link
    weights = len(slot) + np.arange(len(neurons))
    table = np.stack([row_of[neurons], weights], axis=1).astype(np.int32)
    plan = np.concatenate((plan, table.ravel()))
    plan[p.PAST_TABLE] = len(plan) - table.size
    plan[p.PASTS], plan[p.WEIGHTS] = len(neurons), len(slot) + len(neurons)
    plan[p.LENGTH] = len(plan)
    frozen = past[neurons] == -1
    value = np.where(
        frozen, network.past_value[neurons] * network.past_sign[neurons], 0
    )
    return (
        plan,
        np.concatenate((slot, past[neurons])).astype(slot.dtype),
        np.concatenate((sign, network.past_sign[neurons])).astype(sign.dtype),
        np.concatenate((constant, value)),
        np.concatenate((is_link, np.zeros(len(neurons), bool))),
    )
