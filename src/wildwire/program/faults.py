"""The guard: every index of a plan lies inside its tables.

Comes in: a plan. Goes out: the number of the first fault. Called by `kernel.py` on every plan that
it makes, and by `verify`; kernels never check, so nothing runs unverified.
"""

import numpy as np

from wildwire.functions.cache import jitable
from wildwire.program import plan as p

FAULTS = (
    "header", "stage", "block", "run", "source row", "out-link", "output row", "head",
    "expression", "transfer", "past value", "guess",
)  # fmt: skip


@jitable
def _is_outside(plan, table, count, width):
    """Whether a table of `count` entries, at the offset that stands at plan[table], leaves the plan."""
    first, size = int(plan[table]), count * width
    return first < p.HEADER or count < 0 or first + size > plan.size


@jitable
def _has_bad_header(plan):
    if plan.size < p.HEADER or plan[p.LENGTH] != plan.size:
        return True
    n_rows = 1 + int(plan[p.INPUTS]) + int(plan[p.NEURONS])
    return (
        plan[p.FORMAT] != p.VERSION
        or plan[p.INPUTS] < 0
        or plan[p.NEURONS] < 0
        or plan[p.ROWS] < n_rows
        or _is_outside(plan, p.STAGE_TABLE, int(plan[p.STAGES]), p.STAGE_WIDTH)
        or _is_outside(plan, p.BLOCK_TABLE, int(plan[p.BLOCKS]), p.BLOCK_WIDTH)
        or _is_outside(plan, p.RUN_TABLE, int(plan[p.RUNS]), p.RUN_WIDTH)
        or _is_outside(plan, p.SOURCES, 0, 1)
        or _is_outside(plan, p.OUT_POINTERS, n_rows + 1, 1)
        or _is_outside(plan, p.OUT_LINKS, 0, 2)
        or _is_outside(plan, p.KEEP, n_rows, 1)
        or _is_outside(plan, p.OUTPUT_ROWS, int(plan[p.OUTPUTS]), 2)
        or _is_outside(plan, p.HEAD_TABLE, int(plan[p.HEADS]), p.HEAD_WIDTH)
        or _is_outside(
            plan, p.EXPRESSION_TABLE, int(plan[p.EXPRESSIONS]), p.EXPRESSION_WIDTH
        )
        or _is_outside(plan, p.TRANSFER_TABLE, int(plan[p.TRANSFERS]), p.TRANSFER_WIDTH)
    )


@jitable
def _is_bad_source(plan, source, row, least):
    """Whether a source is neither an earlier row of the same step nor a row of the past."""
    if source >= 0 and source < row:
        return source < least
    frame, delays = plan[p.FRAME], np.int64(plan[p.DELAYS])
    if frame == 0:  # not yet changed by `time.py`
        rows = np.int64(plan[p.ROWS])
        return source < rows or source >= rows * (delays + 1) or source % rows < least
    if source >= 0 or source < -delays * frame:
        return True
    return source % frame < least or source % frame >= plan[p.ROWS]


@jitable
def _is_bad_target(plan, target, row):
    """Whether the target of an out-link is neither a later row of the same step nor a neuron of a later one."""
    rows, frame, delays = plan[p.ROWS], plan[p.FRAME], np.int64(plan[p.DELAYS])
    if target < rows:
        return target <= row
    width = frame if frame > 0 else rows
    place = target % width
    late = target >= rows + delays * width
    return late or place <= plan[p.INPUTS] or place >= rows


@jitable
def _is_bad_stage(plan, s):
    if plan[s] < 0 or plan[s] + plan[s + 1] > plan[p.BLOCKS]:
        return True
    if plan[s + 2] < 0 or plan[s + 2] + plan[s + 3] > plan[p.RUNS]:
        return True
    if plan[s + 6] < 0 or plan[s + 6] + plan[s + 7] > plan[p.EXPRESSIONS]:
        return True
    if plan[s + 8] < 0 or plan[s + 8] + plan[s + 9] > plan[p.TRANSFERS]:
        return True
    row = plan[s + 4]
    return row < 1 + plan[p.INPUTS] or row + plan[s + 5] > plan[p.ROWS]


@jitable
def _is_bad_run(plan, r):
    if plan[r] < 1 + plan[p.INPUTS] or plan[r] + plan[r + 1] > plan[p.ROWS]:
        return True
    if plan[r + 2] < 0 or plan[r + 2] >= plan[p.FUNCTIONS]:
        return True
    last = plan[r + 3] + plan[r + 1] * plan[r + 4]
    return plan[r + 3] < 0 or last > plan[p.WEIGHTS]


@jitable
def _is_bad_expression(plan, e):
    row, count, first = plan[e], plan[e + 1], plan[e + 5]
    if row < 1 + plan[p.INPUTS] or row >= plan[p.ROWS] or count < 1 or first < 0:
        return True
    if plan[e + 2] < 0 or plan[e + 2] >= plan[p.FUNCTIONS] or plan[e + 4] < 0:
        return True
    if plan[e + 3] < 0 or plan[e + 3] + plan[e + 4] > plan[p.WEIGHTS]:
        return True
    if plan[p.SOURCES] + first + count > plan[p.OUT_POINTERS] or plan[e + 6] < 0:
        return True
    if plan[e + 6] + 2 * count + 1 + plan[e + 4] > plan[p.EXPRESSION_ROWS]:
        return True
    for k in range(count):  # noqa: SIM110 - Numba compiles no generators
        if _is_bad_source(plan, plan[plan[p.SOURCES] + first + k], row, 1):
            return True
    return False


@jitable
def _is_bad_transfer(plan, t):
    row, links, first = plan[t], plan[t + 1], plan[t + 4]
    if row < 1 + plan[p.INPUTS] or row >= plan[p.ROWS] or links < 1 or first < 0:
        return True
    if plan[t + 2] < 1 or plan[t + 2] >= plan[p.TRANSFER_KINDS]:
        return True
    if (
        plan[t + 3] < 0
        or plan[t + 8] < 0
        or plan[t + 3] + plan[t + 8] > plan[p.WEIGHTS]
    ):
        return True
    if plan[t + 5] < 0 or plan[t + 5] + plan[t + 6] > plan[p.LINK_WEIGHTS]:
        return True
    if plan[t + 6] < links or plan[t + 6] > links + 1:
        return True
    if plan[p.SOURCES] + first + links > plan[p.OUT_POINTERS]:
        return True
    if plan[t + 7] < 0 or plan[t + 7] > plan[p.SHARED_ROW]:
        return True
    for k in range(links):
        if _is_bad_source(plan, plan[plan[p.SOURCES] + first + k], row, 1):
            return True
    return plan[p.SHARED_ROW] > plan[p.EXPRESSION_ROWS]


@jitable
def _is_bad_past(plan, at):
    if plan[at] < 1 + plan[p.INPUTS] or plan[at] >= plan[p.ROWS]:
        return True
    return plan[at + 1] < 0 or plan[at + 1] >= plan[p.WEIGHTS]


@jitable
def _is_bad_settling(plan):
    """Whether a guess, the rows of settling, its tolerance or its second plan lie outside."""
    if plan[p.GUESSES] < 0 or plan[p.GUESSES] > plan[p.INPUTS]:
        return True
    if _is_outside(plan, p.GUESS_TABLE, int(plan[p.GUESSES]), p.GUESS_WIDTH):
        return True
    needed = 2 + plan[p.GUESSES] + plan[p.ROWS]
    if plan[p.SETTLE_ROWS] < 0 or plan[p.SETTLE_STEPS] < 1:
        return True
    if plan[p.SETTLE_ROWS] + needed > plan[p.EXPRESSION_ROWS]:
        return True
    if plan[p.TOLERANCE] < 0 or plan[p.TOLERANCE] >= plan[p.WEIGHTS]:
        return True
    if plan[p.WITHIN] and _is_outside(plan, p.WITHIN, int(plan[p.WITHIN]), 1):
        return True
    for i in range(plan[p.GUESSES]):
        at = plan[p.GUESS_TABLE] + i * p.GUESS_WIDTH
        if plan[at] < 1 + plan[p.INPUTS] or plan[at] >= plan[p.ROWS]:
            return True
        if plan[at + 1] < -1 or plan[at + 1] >= plan[p.WEIGHTS]:
            return True
    return False


@jitable
def faults(plan):
    """First fault of a plan, as a number; 0 when every index it holds lies inside.

    1 header, 2 stage, 3 block, 4 run, 5 source row, 6 out-link, 7 output row, 8 head, 9 expression,
    10 transfer, 11 past value, 12 guess
    """
    if _has_bad_header(plan):
        return 1
    n_rows = plan[p.ROWS]
    first_neuron = 1 + plan[p.INPUTS]
    for i in range(plan[p.STAGES]):
        if _is_bad_stage(plan, plan[p.STAGE_TABLE] + i * p.STAGE_WIDTH):
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
            if _is_bad_source(plan, plan[plan[p.SOURCES] + first + k], row, 0):
                return 5
    for i in range(plan[p.RUNS]):
        if _is_bad_run(plan, plan[p.RUN_TABLE] + i * p.RUN_WIDTH):
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
            if target < 0 or _is_bad_target(plan, target, row):
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
    for i in range(plan[p.EXPRESSIONS]):
        if _is_bad_expression(plan, plan[p.EXPRESSION_TABLE] + i * p.EXPRESSION_WIDTH):
            return 9
    for i in range(plan[p.TRANSFERS]):
        if _is_bad_transfer(plan, plan[p.TRANSFER_TABLE] + i * p.TRANSFER_WIDTH):
            return 10
    for i in range(plan[p.PASTS]):
        if _is_bad_past(plan, plan[p.PAST_TABLE] + i * p.PAST_WIDTH):
            return 11
    return 12 if plan[p.GUESSES] and _is_bad_settling(plan) else 0
