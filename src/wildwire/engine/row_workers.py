"""One thread's share of the normal equations: buffers, and the kernels that fill them with rows.

Comes in: a `Task`, theta, stretches of points. Goes out: what the losses read there, and rows over theta, weighted if
that is wanted. Called by `normal_equations.py` and `jacobian.py`.

Two ways to the rows. Backwards (`row_kernels.py`): once for every output of a point, through all steps before it.
Forwards (`tangent.py`): all derivatives along, once a step. `Task.forward` says which a sequence takes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.bound import Bound
from wildwire.engine.curvature import Curved
from wildwire.engine.mapping import spread
from wildwire.engine.memory import program_of_steps
from wildwire.engine.row_kernels import (
    ARGUMENTS,
    NO_SAMPLE,
    PULLED_BACK,
    ROWS_OF_OUTPUTS,
)
from wildwire.engine.samples import Samples
from wildwire.engine.tangent import Tangent
from wildwire.program import compile_network
from wildwire.program import plan as p


@dataclass(frozen=True)
class Task:
    """What all workers share.

    Attributes
    ----------
    network : Network
    samples : Samples
        Of float64.
    points : int64 array (n_points, 2)
        Sample and step of each point, in this order.
    targets, weights : float64 array (n_points, n_outputs)
    curved : Curved
    most : int
        Points that a worker takes at once.
    forward : bool array (n,)
        Samples whose rows come from forward mode.
    """

    network: Any
    samples: Samples
    points: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    curved: Curved
    most: int
    forward: np.ndarray

    def program(self):
        """A program for single samples, and the frames of a sequence; of sequences a plan of its own."""
        program, data = compile_network(self.network), self.samples.sequences
        if data is None:
            return program, 0
        made = program_of_steps(
            program, self.network, data.n_steps, data.counts, self.samples.memory
        )
        return made, 2 * int(made.plan[p.DELAYS]) + data.n_steps


class RowWorker:
    """Buffers and bound programs of one thread.

    Attributes
    ----------
    arguments : float64 array (most, n_outputs)
    rows : float64 array (most, n_outputs, n_theta)
    residuals : float64 array (most, n_outputs)
    gradient : float64 array (n_theta,)
        Added to by `weigh`.
    """

    def __init__(self, task: Task):
        self.task = task
        network, curved = task.network, task.curved
        n, K, dtype = network.n_outputs, network.n_theta, np.dtype(np.float64)
        program, frames = task.program()
        self._program, loss = program, curved.loss
        bound = self._bound = Bound(program, dtype, 1, 1, loss.width, 1, frames)
        bound.take_rows(task.samples.X, n=task.samples.n)
        bound.take_loss(loss)
        bound.put(at.OUT_ROWS, curved.argument_rows(program.plan, z_place(program)))
        self.arguments = bound.put(at.OUT, np.zeros((task.most, n)))
        self.rows = bound.put(at.OUT_DIRECTIONS, np.zeros((task.most, n, K)))
        self.residuals = bound.put(at.RESIDUALS, np.zeros((task.most, n)))
        bound.put(at.POINTS, task.points)
        bound.put(at.Y, task.targets)
        bound.put(at.SAMPLE_WEIGHT, task.weights)
        bound.put(at.HAS_ROW, curved.has_row(program.plan, task.weights))
        bound.put(at.CURVATURES, curved.tables)
        bound.set(at.POINTS_AT_ONCE, task.most)
        bound.zeros(at.LOSS_TABLES, curved.n_tables * n * task.most)
        bound.zeros(at.SCRATCH_ROW, K)
        self._by_weight = bound.zeros(at.GRADIENT, program.n_weights)
        self.gradient = bound.zeros(at.VECTOR_GRADIENT, K)
        self._vector = bound.zeros(at.VECTOR, K)
        self._tangent: Tangent | None = None
        self._theta = np.zeros(K)

    def take(self, theta) -> None:
        """Another theta; the gradient begins at 0."""
        self._theta = theta
        self._bound.weights[:] = spread(self._program, theta)
        self._vector[:] = theta
        self._bound.status[1] = NO_SAMPLE
        self.gradient[:] = 0
        if self._tangent is not None:
            self._tangent.take(theta)

    def fill(self, first: int, end: int, wanted: int) -> None:
        """Arguments, and with ROWS_OF_OUTPUTS rows, of the points first .. end-1, into the beginning of the buffers."""
        self._stretch(first, end)
        if wanted == ROWS_OF_OUTPUTS and self.task.forward[self.task.points[first, 0]]:
            self._fill_forward(first, end)
            return
        self._bound.set(at.WANTED, wanted)
        self._bound.call("rows")

    def _stretch(self, first, end):
        self._bound.set(at.FIRST_ROW, first)
        self._bound.set(at.END_ROW, end)

    def _fill_forward(self, first, end):
        """Rows of points of one sequence, going on where the last call ended."""
        task = self.task
        if self._tangent is None:
            self._tangent = self._new_tangent()
        sample = int(task.points[first, 0])
        steps = task.points[first:end, 1]
        begins = first == 0 or task.points[first - 1, 0] != sample
        if begins:
            self._tangent.reset()
        now = 0 if begins else int(task.points[first - 1, 1]) + 1
        x, done = task.samples.X[: steps[-1] + 1, sample], 0
        while now < len(x):
            stop = min(now + task.most, len(x))
            values, moved = self._tangent.run(x[now:stop], now)
            own = steps[done : np.searchsorted(steps, stop)]
            here = slice(done, done + len(own))
            self.arguments[here], self.rows[here] = values[own - now], moved[own - now]
            now, done = stop, here.stop

    def _new_tangent(self):
        task, plan = self.task, compile_network(self.task.network).plan
        rows = task.curved.argument_rows(plan, lambda row: -1 - row)
        return Tangent(
            task.network, self._theta, np.float64, memory=task.samples.memory, rows=rows
        )

    def weigh(self, first: int, end: int) -> np.ndarray:
        """Weigh the rows that `fill` has left; (points * outputs, n_theta), good until the next call."""
        self._stretch(first, end)
        self._bound.call("weigh")
        count, K = end - first, self._program.n_theta
        return self.rows[:count].reshape(count * self._program.n_outputs, K)

    def curve(self, first: int, end: int, U) -> np.ndarray:
        """w H U of the points first .. end-1; good until the next call."""
        self.fill(first, end, ARGUMENTS)
        found = self.residuals[: end - first]
        found[:] = U
        self._bound.call("curve")
        return found

    def pull_back(self, U) -> np.ndarray:
        """sum over points and outputs of U * row, for U (n_points, n_outputs)."""
        bound, task = self._bound, self.task
        U = np.ascontiguousarray(U, np.float64)
        bound.put(at.Y, U)
        self._by_weight[:] = 0
        self._stretch(0, len(task.points))
        bound.set(at.WANTED, PULLED_BACK)
        bound.call("rows")
        bound.put(at.Y, task.targets)
        return theta_gradient(self._program, self._vector, self._by_weight)


def z_place(program):
    """From a row to the place of its z in the work array of a single sample, before anything goes back."""
    table = (2 + int(program.plan[p.MAX_PARAMETERS])) * program.n_rows
    return lambda row: table + row


def theta_gradient(program, theta, by_weight) -> np.ndarray:
    """The gradient over theta from that over the weights; from Python, as `mapping.spread`."""
    slope = by_weight * program.sign
    found, direct = np.zeros(program.n_theta), program.slot >= 0
    np.add.at(found, program.slot[direct], slope[direct])
    if program.derived.count:
        made, own = program.slot <= -2, np.zeros(program.derived.count)
        np.add.at(own, -2 - program.slot[made], slope[made])
        found += program.derived.pull_back(theta, own)
    return found
