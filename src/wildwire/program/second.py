"""Programs for products with the Hessian: room for second derivatives, and a second plan in which everything moves.

Comes in: a program. Goes out: the same program with a wider plan, and the plan of how it moves. Called by
`engine/second_order.py`.

The tables of a frame are: values, slopes, parameter derivatives (or, of functions without parameters, the
curvature), then three of what moves, then deltas. R{o} stands three tables before the deltas, R{delta} one, and
in the plan of what moves "the table of deltas" is that of R{delta}; so the kernels of a pass read this plan as any
other. Behind the rows of expressions stand those of second derivatives.

The plan of what moves has four tables of blocks, one after another:

    SUMS    R{z} = sum w R{o} + v o: sources R{o}, then o; weights w, then v, one after another
    MOVED   R{delta} against o: the gradient of its first term, and what is pushed with w
    STEADY  delta against v: what is pushed with v
    CROSSED delta against R{o}: the gradient of its second term

Weights stand there as [w, v, those of SUMS]; out-links come twice, to R{delta} with w and to delta with v.
"""

from dataclasses import dataclass, replace

import numpy as np

from wildwire.errors import NetworkError
from wildwire.program import plan as p
from wildwire.program.settling import within
from wildwire.program.time import LARGEST, MOST_LOSS_PARAMETERS, PADDING

MOVING = (
    3  # tables of what moves: R{o}, z as it moves (or its share of R{delta}), R{delta}
)
SUMS, MOVED, STEADY, CROSSED = range(4)


def tables_of(count: int) -> int:
    """Result tables of level 2 of a function of `count` numbers."""
    return 1 + count + count * (count + 1) // 2


def with_seconds(program, loss_width: int = 0):
    """The program with room for second derivatives and for what moves.

    Parameters
    ----------
    loss_width : int
        Most parameters of a loss.

    Raises
    ------
    NetworkError
        The frames of the longest delay are more than a plan can address.
    """
    plan = program.plan.copy()
    old = int(plan[p.FRAME])
    plan[p.MAX_PARAMETERS] = max(int(plan[p.MAX_PARAMETERS]), 1) + MOVING
    rows = 0
    for e in _places(plan, p.EXPRESSIONS, p.EXPRESSION_TABLE, p.EXPRESSION_WIDTH):
        plan[e + 6] = rows
        links = int(plan[e + 1])
        rows += links + tables_of(links + int(plan[e + 4]))
    if plan[p.GUESSES]:
        settling = int(plan[p.EXPRESSION_ROWS] - plan[p.SETTLE_ROWS])
        plan[p.SETTLE_ROWS] = rows
        rows += settling
    for r in _places(plan, p.RUNS, p.RUN_TABLE, p.RUN_WIDTH):
        plan[r + 5] = rows
        if plan[r + 4]:
            rows += int(plan[r + 1]) * tables_of(1 + int(plan[r + 4]))
    plan[p.SECONDS] = rows
    rows += 2 * int(plan[p.OUTPUTS])
    plan[p.EXPRESSION_ROWS] = rows
    tables = (3 + int(plan[p.MAX_PARAMETERS])) * int(plan[p.ROWS])
    of_loss = (6 + max(loss_width, MOST_LOSS_PARAMETERS)) * int(plan[p.OUTPUTS])
    frame = tables + rows + of_loss + PADDING
    if (int(plan[p.DELAYS]) + 1) * frame > LARGEST:
        raise NetworkError(
            f"second derivatives of this network take {frame:,} rows a step, and a link looks {plan[p.DELAYS]} steps "
            "back: more than a plan can address"
        )
    plan[p.FRAME] = frame
    if old:
        _move_frames(plan, old, frame)
    if plan[p.GUESSES]:
        plan = plan[: int(plan[p.WITHIN]) or len(plan)]
        plan[p.WITHIN], plan[p.LENGTH] = len(plan), 2 * len(plan)
        plan = np.concatenate((plan, within(plan)))
    return replace(program, plan=plan)


def _places(plan, count, table, width):
    """Where the entries of a table begin."""
    first = int(plan[table])
    return range(first, first + int(plan[count]) * width, width)


def _move_frames(plan, old, new) -> None:
    """Rows of other steps, where a frame takes so many rows more."""
    sources = plan[plan[p.SOURCES] : plan[p.OUT_POINTERS]]
    sources[:] = sources % old + sources // old * new
    links = plan[plan[p.OUT_LINKS] : plan[p.KEEP] : 2]
    links[:] = links % old + links // old * new


@dataclass(frozen=True)
class Moving:
    """How a program moves.

    Attributes
    ----------
    plan : int32 array
        As this file's first lines say. OUT_POINTERS and OUT_LINKS name those of `H v`.
    out_links : tuple of two (int, int)
        The two offsets for `H v`, and for products in which deltas do not move weights.
    places : int array (n_sums,)
        Weight number i of SUMS is [w, v][places[i]].
    """

    plan: np.ndarray
    out_links: tuple
    places: np.ndarray


def moving(program) -> Moving:
    """The plan of how a program moves, from that of `with_seconds`, with the steps of sequences if there are such."""
    plan, n_weights = program.plan.copy(), program.n_weights
    rows = int(plan[p.ROWS])
    plan[p.MAX_PARAMETERS] -= 1  # the table before that of deltas takes its place
    plan[p.EXPRESSION_ROWS] += rows
    plan[p.SETTLE_ROWS] += rows
    plan[p.SECONDS] += rows
    for e in _places(plan, p.EXPRESSIONS, p.EXPRESSION_TABLE, p.EXPRESSION_WIDTH):
        plan[e + 6] += rows
    for r in _places(plan, p.RUNS, p.RUN_TABLE, p.RUN_WIDTH):
        plan[r + 5] += rows
    if plan[p.WITHIN]:
        head = int(plan[p.WITHIN])
        plan[head : 2 * head] = within(plan[:head])
    blocks, sources, places = _moving_blocks(plan, n_weights)
    pointers, links = _twice_out_links(plan, n_weights)
    single = int(plan[p.OUT_POINTERS]), int(plan[p.OUT_LINKS])
    made = np.concatenate((plan, blocks, sources, pointers, links)).astype(np.int32)
    made[p.BLOCK_TABLE] = len(plan)
    double = len(plan) + len(blocks) + len(sources)
    made[p.OUT_POINTERS], made[p.OUT_LINKS] = double, double + len(pointers)
    made[p.LENGTH] = len(made)
    both = ((double, double + len(pointers)), single)
    return Moving(made, both, places)


def _moving_blocks(plan, n_weights):
    """The four tables of blocks, the sources of SUMS, and where its weights come from."""
    n, at = int(plan[p.BLOCKS]), int(plan[p.BLOCK_TABLE])
    blocks = plan[at : at + n * p.BLOCK_WIDTH].reshape(n, p.BLOCK_WIDTH)
    tables = np.repeat(blocks[None], 4, axis=0).astype(np.int64)
    _, width, first, count, own, start = tables[0].T.copy()
    if plan[p.GUESSES]:
        start[:] = 0  # guesses are inputs, and move
    moving_, behind = count - start, len(plan) + tables.size - int(plan[p.SOURCES])
    tables[SUMS, :, 2] = tables[CROSSED, :, 2] = behind + _before(moving_ + count)
    tables[SUMS, :, 3], tables[CROSSED, :, 3] = moving_ + count, moving_
    tables[SUMS, :, 4] = 2 * n_weights + _before((moving_ + count) * width)
    tables[CROSSED, :, 4] = own + start * width
    tables[STEADY, :, 4] = n_weights + own
    tables[STEADY:, :, 0] += int(plan[p.ROWS])
    tables[MOVED:CROSSED, :, 5] = start
    which, moves = _two_stretches(moving_, count, first + start, first)
    # R{o} stands two tables before R{delta}.
    shift = int(plan[p.MAX_PARAMETERS]) * int(plan[p.ROWS])
    sources = plan[plan[p.SOURCES] + which].astype(np.int64) + shift * moves
    places, is_w = _two_stretches(
        moving_ * width, count * width, own + start * width, own
    )
    return tables.ravel(), sources, places + n_weights * ~is_w


def _before(lengths) -> np.ndarray:
    """How much stands before each of some stretches."""
    return np.cumsum(lengths) - lengths


def _two_stretches(first_count, second_count, first, second):
    """For each block the numbers first, first + 1, ..., then second, ...; and which are of the first stretch."""
    counts = np.stack((first_count, second_count), axis=1).ravel()
    begin = np.stack((first, second), axis=1).ravel()
    number = np.arange(counts.sum()) - np.repeat(_before(counts), counts)
    is_first = np.repeat(np.arange(len(counts)) % 2 == 0, counts)
    return np.repeat(begin, counts) + number, is_first


def _twice_out_links(plan, n_weights):
    """Out-links of every row: to R{delta} with w, then to delta, one table further on, with v."""
    n, rows = 1 + int(plan[p.INPUTS]) + int(plan[p.NEURONS]), int(plan[p.ROWS])
    pointers = plan[plan[p.OUT_POINTERS] :][: n + 1].astype(np.int64)
    pairs = plan[plan[p.OUT_LINKS] :][: 2 * pointers[-1]].astype(np.int64)
    pairs = pairs.reshape(-1, 2)
    row = np.repeat(np.arange(n), np.diff(pointers))
    both = np.concatenate((pairs, pairs + [rows, n_weights]))
    order = np.argsort(np.concatenate((row, row)), kind="stable")
    return 2 * pointers, both[order].ravel()
