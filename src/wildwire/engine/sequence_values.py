"""Values of sequences, step by step, with no more frames in memory than a ring of them.

Comes in: the table of a bound program (`places.py`) whose plan says how many steps and sequences there are. Goes
out: OUT (steps, sequences, N_OUT_ROWS). Called through `bound.py` by `sequences.py` and, to go on from where the last
call ended, by `runner.py`.

The ring holds the frames of the past and those of the next steps; when it is full, the last frames are moved to its
beginning. How many steps a call covers changes no bit.
"""

import numpy as np
from numba import carray

from wildwire.engine import calls
from wildwire.engine import places as at
from wildwire.engine.blas import INNER
from wildwire.engine.forward import inputs_of
from wildwire.engine.parts import ANY, STEP_FORWARD
from wildwire.engine.pointers import integers_at, longs_at, pointer_at
from wildwire.engine.sequence_kernels import feed_back, hold_ended, set_past
from wildwire.engine.steps import columns_of
from wildwire.functions.cache import cached_njit
from wildwire.functions.intrinsics import shifted
from wildwire.program import plan as p

RING_STEPS = 32
"""Steps between two moves of the ring, or as many as the longest delay if that is more."""
DONE, BAD_INPUT = 0, 2  # what stands in STATUS; behind it the place in the ring


def ring_frames(delays: int, steps: int) -> int:
    """Frames that a ring needs for the next `steps` steps."""
    return delays + max(min(steps, max(RING_STEPS, delays)), 1)


@cached_njit(**INNER)
def _turn_ring(plan, work, position, columns):
    """Move the frames of the past to the beginning of the ring."""
    delays, frame = np.int64(plan[p.DELAYS]), np.int64(plan[p.FRAME]) * columns
    size = np.int64(plan[p.ROWS]) * columns
    for k in range(delays):
        of = (position - delays + k) * frame
        for i in range(size):
            work[k * frame + i] = work[of + i]


def sequence_values_kernel(table, real, thread):
    """Evaluate PLAN's steps for the sequences FIRST_ROW .. END_ROW.

    With CONTINUES the past is what the last call left. A single sequence's inputs are looked at here.
    """
    plan = carray(integers_at(table, at.PLAN), ANY)
    addresses = carray(longs_at(table, at.ADDRESSES), ANY)
    weights = carray(pointer_at(table, at.WEIGHTS, real), ANY)
    work_ = pointer_at(table, at.WORK, real)
    work = carray(work_, ANY)
    guards = carray(longs_at(table, at.GUARDS), ANY)
    X_ = pointer_at(table, at.X, real)
    order = carray(longs_at(table, at.ORDER), ANY)
    out = carray(pointer_at(table, at.OUT, real), ANY)
    rows = carray(integers_at(table, at.OUT_ROWS), ANY)
    status = carray(longs_at(table, at.STATUS), ANY)
    width, tile, stop = table[at.N_OUT_ROWS], table[at.TILE], table[at.END_ROW]
    n, steps, inputs = (
        np.int64(plan[p.SEQUENCES]),
        np.int64(plan[p.STEPS]),
        inputs_of(plan),
    )
    step = addresses[3 * plan[p.FUNCTIONS] + STEP_FORWARD]
    if table[at.CONTINUES]:
        X = carray(X_, ANY)
        for i in range(steps * inputs):
            if not np.isfinite(X[i]):
                status[0] = BAD_INPUT
                return
    for first in range(table[at.FIRST_ROW], stop, tile):
        count = min(tile, stop - first)
        columns = columns_of(count, tile)
        frame = np.int64(plan[p.FRAME]) * columns
        position = np.int64(plan[p.DELAYS])
        if table[at.CONTINUES]:
            position = status[1]
        else:
            set_past(plan, weights, work, columns)
        for t in range(steps):
            if position == table[at.RING]:
                _turn_ring(plan, work, position, columns)
                position = np.int64(plan[p.DELAYS])
            here = position * frame
            calls.call_forward(
                step, plan, addresses, 0, weights, shifted(work_, here), guards,
                shifted(X_, t * n * inputs), order, first, count, columns,
            )  # fmt: skip
            if plan[p.DELAYS] > 0:
                hold_ended(plan, work, here, t, order, first, count, columns)
            feed_back(plan, work, here, t, columns)
            line = (t * n + first) * width
            for i in range(width):
                row = here + np.int64(rows[i]) * columns
                for c in range(count):
                    out[line + c * width + i] = work[row + c]
            position += 1
        status[1] = position
    status[0] = DONE
