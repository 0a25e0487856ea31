"""Sets of inputs whose signs might be turned together.

Comes in: a probe, inputs, the sign that the outputs shall get. Goes out: candidates, smallest first. Called by
`inputs.py`, which tries each on random rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wildwire.symmetry.samples import Probe

MOST_TRIED = 12
"""Up to this many inputs every set of signs is tried."""

MOST_PAIRED = 64
"""Up to this many inputs sets are guessed from two inputs at a time; above, single inputs only."""

FEW_ROWS = 4


def sign_sets(probe: Probe, inputs: Sequence[int], sign: int) -> list[set[int]]:
    """Sets of inputs that few rows do not rule out; the outputs shall become sign times what they are."""
    if not inputs:
        return []
    if len(inputs) <= MOST_TRIED:
        return _tried(probe, inputs, sign)
    if len(inputs) <= MOST_PAIRED:
        return _paired(probe, inputs, sign)
    return [{i} for i in inputs]


def _tried(probe: Probe, inputs, sign: int) -> list[set[int]]:
    """All sets, tried on a few rows."""
    n = len(inputs)
    chosen = (np.arange(1, 2**n)[:, None] >> np.arange(n)) & 1 == 1
    rows = np.tile(probe.rows[:FEW_ROWS], (len(chosen), 1, 1))
    for place, i in enumerate(inputs):
        rows[chosen[:, place], :, i] *= -1
    values = probe.outputs(rows.reshape(-1, rows.shape[2]))
    values = values.reshape(len(chosen), FEW_ROWS, -1)
    fits = probe.close_rows(values, sign * probe.values[:FEW_ROWS]).all(axis=1)
    sets = [{inputs[place] for place in np.flatnonzero(row)} for row in chosen[fits]]
    return sorted(sets, key=len)


def _paired(probe: Probe, inputs, sign: int) -> list[set[int]]:
    """For every input the smallest set with it that two inputs at a time do not rule out, all others at 0."""
    n, place = len(inputs), np.array(inputs)
    i, j = np.indices((n, n))
    apart = np.ones((n, n), bool)  # [i, j]: turning i without j is possible
    for a, b in ((0.7, 1.1), (1.3, -0.4)):
        before, after = np.zeros((2, n, n, probe.rows.shape[1]))
        for rows, sense in ((before, 1.0), (after, -1.0)):
            rows[i, j, place[j]] = b
            rows[i, j, place[i]] = sense * a
        values = [probe.outputs(rows.reshape(n * n, -1)) for rows in (before, after)]
        one, other = (np.nan_to_num(value) for value in values)
        apart &= probe.close_rows(one, sign * other).reshape(n, n)
    sets: list[set[int]] = []
    for first in range(n):
        if not apart[first, first]:
            continue
        chosen, waiting = {first}, [first]
        while waiting:
            one = waiting.pop()
            new = [
                other
                for other in range(n)
                if other not in chosen and not apart[one, other]
            ]
            chosen.update(new)
            waiting += new
        found = {inputs[member] for member in chosen}
        if found not in sets:
            sets.append(found)
    return sorted(sets, key=len)
