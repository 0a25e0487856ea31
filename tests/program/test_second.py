"""Programs with room for second derivatives, and the plan of how everything moves."""

import numpy as np
import pytest

from engine.second_order_problems import KINDS, problem
from wildwire.program import plan as p
from wildwire.program.compile import compile_network, program_of
from wildwire.program.expanded import expanded
from wildwire.program.faults import faults
from wildwire.program.kernel import kernel_for
from wildwire.program.second import CROSSED, MOVED, STEADY, SUMS, moving, with_seconds


def _program(kind):
    network = problem(kind, 3).network
    if len(network.transfers) == 1:
        return compile_network(network)
    made = expanded(network)
    return program_of(made, kernel_for(made.n_links), False)


@pytest.mark.parametrize("kind", KINDS)
def test_every_index_of_a_wider_plan_lies_inside_its_tables(kind):
    program = _program(kind)
    made = with_seconds(program)
    assert faults(made.plan) == 0
    assert made.plan[p.FRAME] > program.plan[p.FRAME]
    assert np.array_equal(made.slot, program.slot)


@pytest.mark.parametrize("kind", KINDS)
def test_delays_stay_what_they_are(kind):
    program = _program(kind)
    made = with_seconds(program)
    old, new = int(program.plan[p.FRAME]), int(made.plan[p.FRAME])
    for name, end in ((p.SOURCES, p.OUT_POINTERS), (p.OUT_LINKS, p.KEEP)):
        before = program.plan[program.plan[name] : program.plan[end]].astype(int)
        after = made.plan[made.plan[name] : made.plan[end]].astype(int)
        if name == p.OUT_LINKS:
            before, after = before[::2], after[::2]
        if old:
            assert np.array_equal(before % old, after % new)
            assert np.array_equal(before // old, after // new)
        else:
            assert np.array_equal(before, after)


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_of_the_moving_plan(kind):
    """Block by block, the slow way."""
    program = with_seconds(_program(kind))
    made, n_weights = moving(program), program.n_weights
    plan, base = made.plan, program.plan
    n, rows = int(base[p.BLOCKS]), int(base[p.ROWS])
    blocks = base[base[p.BLOCK_TABLE] :][: n * p.BLOCK_WIDTH].reshape(n, -1)
    tables = plan[plan[p.BLOCK_TABLE] :][: 4 * n * p.BLOCK_WIDTH].reshape(4, n, -1)
    both = np.concatenate((np.arange(n_weights), 1000 + np.arange(n_weights)))
    both = np.concatenate((both, both[made.places]))
    moved = (int(base[p.MAX_PARAMETERS]) - 1) * rows
    for i, (row, width, first, count, own, start) in enumerate(blocks.tolist()):
        start = 0 if base[p.GUESSES] else start
        sources = base[base[p.SOURCES] + first :][:count]
        weights = own + np.arange(count * width)
        sums, steady, crossed = tables[SUMS, i], tables[STEADY, i], tables[CROSSED, i]
        found = plan[plan[p.SOURCES] + sums[2] :][: sums[3]]
        assert np.array_equal(found, [*(sources[start:] + moved), *sources])
        found = both[sums[4] :][: sums[3] * width]
        assert np.array_equal(found, [*weights[start * width :], *(1000 + weights)])
        assert tables[MOVED, i].tolist() == [row, width, first, count, own, start]
        expected = [row + rows, width, first, count, n_weights + own, start]
        assert steady.tolist() == expected
        found = plan[plan[p.SOURCES] + crossed[2] :][: crossed[3]]
        assert np.array_equal(found, sources[start:] + moved)
        assert crossed[0] == row + rows and crossed[4] == own + start * width
