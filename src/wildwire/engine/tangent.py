"""Forward mode from Python: Jacobians, real-time recurrent learning, the linearised loop.

Comes in: a network, theta, inputs, and which directions are wanted. Goes out: values and derivatives. Called by
`jacobian.py`, `online.py` in `learning/`, and `stability.py`.
"""

from typing import Any

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.bound import Bound
from wildwire.engine.mapping import spread
from wildwire.engine.memory import NO_MEMORY, program_of_steps
from wildwire.engine.runner import told_rows
from wildwire.engine.sequence_values import ring_frames
from wildwire.program import compile_network
from wildwire.program import plan as p

MANY_STEPS = 10**6


class Tangent:
    """One sequence at a time with derivatives along K directions.

    Parameters
    ----------
    network : Network
    theta : float64 array (n_theta,)
        All numbers known.
    dtype : numpy dtype
    n_directions : int or None
        None: one for every number of theta. Else directions of the state, which `put_state` sets.
    memory : Memory
    rows : int32 array or None
        What is given back: rows of the value table, -1 - row for z of a row; None: the outputs.

    Attributes
    ----------
    has_settled : bool
        Whether all steps of the last `run` have; else their neurons are NaN.
    """

    def __init__(
        self, network, theta, dtype, n_directions=None, memory=NO_MEMORY, rows=None
    ):  # fmt: skip
        program = program_of_steps(
            compile_network(network), network, 1, np.ones(1, np.int64), memory
        )
        self.network, self._plan, self._dtype = network, program.plan, np.dtype(dtype)
        self.n_delays = int(program.plan[p.DELAYS])
        self._ring = ring_frames(self.n_delays, MANY_STEPS)
        self._bound = bound = Bound(program, dtype, 1, 1, frames=self._ring)
        self._program = program
        self.of_theta = n_directions is None
        self.K = network.n_theta if self.of_theta else int(n_directions or 0)
        self._S = bound.zeros(at.DIRECTIONS, self._ring * program.n_rows * self.K)
        self._shaped = self._S.reshape(self._ring, program.n_rows, self.K)
        bound.set(at.N_DIRECTIONS, self.K)
        bound.zeros(at.GRADIENT, program.n_weights)
        bound.set(at.RING, self._ring)
        bound.put(at.ORDER, np.zeros(1, np.int64))
        self._rows = np.concatenate(
            (1 + np.arange(network.n_inputs), program.row_of_neuron)
        ).astype(np.int32)
        if rows is None:
            rows = told_rows(program.plan, network.n_outputs)
        self._out_rows = bound.put(at.OUT_ROWS, rows)
        bound.zeros(at.Z_DIRECTIONS, len(rows) * self.K)
        self._feed_from = int(program.plan[p.FEED_FROM])
        bound.set(at.N_OUT_ROWS, len(self._out_rows))
        self._work = bound._kept[at.WORK, 0].reshape(self._ring, -1)
        self._lists: Any = None
        self.take(theta)
        self.reset()

    def take(self, theta) -> None:
        """Another theta; the state stays as it is."""
        theta = np.asarray(theta, np.float64)
        self._bound.weights[:] = spread(self._program, theta.astype(self._dtype))
        if self._lists is None or self._program.derived.count:
            self._put_lists(theta if self.of_theta else None)

    def _put_lists(self, theta) -> None:
        """How weights move: the same for every theta, unless some weights are products of its numbers."""
        self._lists = pointers, places, slopes = weight_slopes(self._program, theta)
        self._bound.put(at.DIRECT_POINTERS, pointers)
        self._bound.put(at.DIRECT_PLACES, places)
        self._bound.put(at.DIRECT_SLOPES, slopes)

    def reset(self) -> None:
        """Before the first step: start values, which move with the numbers that are learnt."""
        delays, plan = self.n_delays, self._plan
        self._bound.status[1] = delays
        self._work[:delays] = 0
        self._shaped[:delays] = 0
        for i in range(plan[p.PASTS]):
            row, place = plan[plan[p.PAST_TABLE] + i * p.PAST_WIDTH :][: p.PAST_WIDTH]
            self._work[:delays, row] = self._bound.weights[place]
            pointers, places, slopes = self._lists
            own = slice(pointers[place], pointers[place + 1])
            self._shaped[:delays, row, places[own]] = slopes[own]

    def put_state(self, values, directions) -> None:
        """The memory (n_delays, n_nodes), and how it moves (n_delays, n_nodes, K)."""
        delays = self.n_delays
        self._bound.status[1] = delays
        self._work[:delays, self._rows] = values
        self._shaped[:delays, self._rows] = directions

    def state(self) -> tuple[np.ndarray, np.ndarray]:
        """The memory (n_delays, n_nodes), the last step last, and how it moves (n_delays, n_nodes, K)."""
        end = int(self._bound.status[1])
        now = slice(end - self.n_delays, end)
        return self._work[now, self._rows], self._shaped[now][:, self._rows]

    def run(self, X, first=0) -> tuple[np.ndarray, np.ndarray]:
        """Outputs (n_steps, n_outputs) and derivatives (n_steps, n_outputs, K) for inputs X (n_steps, n_inputs).

        `first` is the number of X's first step, where feedback waits for a warm-up.
        """
        X = np.ascontiguousarray(X, self._dtype)
        width = len(self._out_rows)
        out = np.empty((len(X), width), self._dtype)
        moved = np.empty((len(X), width, self.K), self._dtype)
        self._bound.put(at.X, X)
        self._bound.put(at.OUT, out)
        self._bound.put(at.OUT_DIRECTIONS, moved)
        self._plan[p.STEPS] = len(X)
        self._plan[p.FEED_FROM] = max(self._feed_from - first, 0)
        self._bound.call("tangents")
        n = self.network.n_outputs
        self.has_settled = not np.isnan(out[:, n:]).any()
        return out[:, :n], moved[:, :n]


def weight_slopes(program, theta):
    """For every weight the numbers of theta that it moves with, and how fast: pointers, places, slopes.

    None: no weight moves.
    """
    n = program.n_weights
    if theta is None:
        return np.zeros(n + 1, np.int64), np.zeros(1, np.int64), np.zeros(1)
    derived = program.derived
    rows: dict[int, np.ndarray] = {}
    for number in range(derived.count):
        unit = np.zeros(derived.count)
        unit[number] = 1.0
        rows[number] = derived.pull_back(theta, unit)
    counts, places, slopes = np.zeros(n, np.int64), [], []
    for w, (slot, sign) in enumerate(
        zip(program.slot.tolist(), program.sign.tolist(), strict=True)
    ):
        if slot >= 0:
            found = [(slot, float(sign))]
        elif slot <= -2:
            row = rows[-2 - slot]
            found = [(int(i), sign * float(row[i])) for i in np.flatnonzero(row)]
        else:
            continue
        counts[w] = len(found)
        places += [place for place, _ in found]
        slopes += [slope for _, slope in found]
    pointers = np.concatenate(([0], np.cumsum(counts)))
    return pointers, np.array([*places, 0], np.int64), np.array([*slopes, 0.0])
