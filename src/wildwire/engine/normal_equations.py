"""The normal equations of a network's loss: what Levenberg-Marquardt and Gauss-Newton solve.

Comes in: a network, samples, a loss, then theta. Goes out: value, gradient, and the generalised Gauss-Newton matrix,
all as sums over samples; single rows on request. Called by `learning/`.

    value     sum_s w_s L(a_s, t_s)            a_s what the loss reads: outputs o, or z (see `losses.py`)
    gradient  sum_s J_s^T w_s dL/da            J_s = d a_s / d theta
    matrix    sum_s w_s J_s^T H_s J_s          H_s = d2 L / da da, where that is positive
"""

import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from wildwire.engine.blas import one_thread
from wildwire.engine.bound import Bound
from wildwire.engine.checks import check_theta, check_threads, real_numbers
from wildwire.engine.curvature import curved_losses
from wildwire.engine.gram import Gram, mirrored
from wildwire.engine.machine import bind_loss
from wildwire.engine.mapping import spread
from wildwire.engine.memory import NO_MEMORY, check_loss_width
from wildwire.engine.output_losses import output_losses
from wildwire.engine.row_kernels import ARGUMENTS, ROWS_OF_OUTPUTS
from wildwire.engine.row_parts import forward_samples, parts_of, points_of
from wildwire.engine.row_workers import RowWorker, Task
from wildwire.engine.samples import read_samples
from wildwire.errors import SettingError
from wildwire.program import compile_network

CHUNK_NUMBERS, LEAST_ROWS, MOST_ROWS = 2**16, 64, 512
"""Numbers of a chunk of rows, which should stay in a cache; and rows that are worth a matrix product."""


@dataclass(frozen=True)
class Point:
    """The normal equations at one theta; all three are sums over samples.

    Attributes
    ----------
    value : float
    gradient : float64 array (n_theta,)
    matrix : float64 array (n_theta, n_theta)
        Symmetric to the bit; positive semi-definite up to rounding.
    n_residuals : int
        Targets that weigh something.
    """

    value: float
    gradient: np.ndarray
    matrix: np.ndarray
    n_residuals: int


@dataclass(frozen=True)
class WeightedRows:
    """Some rows of the weighted Jacobian.

    Attributes
    ----------
    jacobian : float64 array (m, n_theta)
        sqrt(w h) J, so that the matrix is the sum of jacobian^T jacobian.
    residual : float64 array (m,)
        w L' / sqrt(w h), so that the gradient is the sum of jacobian^T residual; 0 where the loss is flat.
    place : int64 array (m, 3)
        Sample, step (0 for rows) and output.
    """

    jacobian: np.ndarray
    residual: np.ndarray
    place: np.ndarray


class NormalEquations:
    """A network bound to samples and a loss, for second-order learners.

    Parameters
    ----------
    network : Network
    X, Y, sample_weight
        As for `wildwire.loss_and_gradient`: rows or sequences.
    loss : str, Function, list, dict or OutputLosses
        As there, but with a curvature: not "absolute", "quantile" or "hinge".
    memory : Memory
        Of sequences. With `truncate` rows are cut off like the gradient.
    threads : int
        Results do not depend on it, to the bit.

    Attributes
    ----------
    points : int64 array (n_points, 2)
        Sample and step of the lines that `outputs` gives: every row; of sequences every step that has a target.
    targets, weights : float64 array (n_points, n_outputs)
        Of these lines.
    reads_z : bool array (n_outputs,)
        Where `outputs` gives z.
    n_residuals : int
        Targets that weigh something.

    Raises
    ------
    DataError
        What is wrong with the samples, by row and column.
    SettingError
        A loss that these outputs do not allow, or that has no curvature.

    Notes
    -----
    Where a loss curves downwards its second derivative counts as 0: the matrix stays positive semi-definite. For a
    softmax with its own loss H = diag(p) - p p^T. Several weights in one softmax are weights of its targets, w_k t_k.

    `at` costs one way back for each row and output, or forward mode where that is cheaper, and n_theta**2 operations
    a row; memory is O(n_theta**2) and a few chunks of rows, and, backwards, all steps of one sequence.

    References
    ----------
    Levenberg 1944; Marquardt 1963; Schraudolph 2002, "Fast curvature matrix-vector products for second-order gradient
    descent", Neural Computation 14.
    """

    def __init__(
        self, network, X, Y, *, loss, sample_weight=None, memory=NO_MEMORY, threads=1
    ):  # fmt: skip
        dtype = np.dtype(np.float64)
        samples = read_samples(network, X, Y, sample_weight, dtype, memory)
        losses, program = output_losses(loss, network), compile_network(network)
        check_loss_width(losses.width if samples.sequences is not None else 0)
        curved = curved_losses(network, program, losses)
        self.reads_z = curved.of_z
        samples.check_loss(losses)
        self.network, self._threads = network, check_threads(threads)
        self.points, self.targets, self.weights = points_of(samples)
        self.n_residuals = int(np.count_nonzero(self.weights))
        rows = network.n_outputs * max(network.n_theta, 1)
        most = min(max(CHUNK_NUMBERS // rows, 1), MOST_ROWS)
        most = max(most, -(-LEAST_ROWS // network.n_outputs))
        self._task = Task(
            network, samples, self.points, self.targets, self.weights, curved, most,
            forward_samples(samples, self.points, self.weights, network.n_theta),
        )  # fmt: skip
        self._parts = parts_of(self._task, network.n_theta)
        self._workers: queue.LifoQueue = queue.LifoQueue()
        self._bind_values(samples, losses, program)

    def _bind_values(self, samples, losses, program):
        """A program bound for `value`: the whole batch, tile by tile."""
        n, dtype = max(samples.n, 1), np.dtype(np.float64)
        program, partition, frames = samples.bind(program, n, dtype)
        threads = min(self._threads, partition.loss_parts)
        bound = Bound(program, dtype, partition.tile, 0, losses.width, threads, frames)
        loss = bind_loss(self.network, program, losses, dtype)
        bound.take_loss(loss)
        bound.take_rows(samples.X, samples.Y, samples.weight, samples.n)
        bound.make_parts(partition)
        self._values, self._unit, self._n_parts = bound, loss.unit, partition.loss_parts

    def value(self, theta) -> float:
        """Sum over samples of w * loss at theta (n_theta,); the same bits as `at(theta).value`."""
        bound = self._values
        bound.weights[:] = spread(bound.program, check_theta(self.network, theta))
        bound.call_all("losses")
        width = self.network.n_outputs + 1
        totals = np.zeros(width)
        for part in bound.part_totals[: self._n_parts * width].reshape(-1, width):
            totals += part
        return float(totals[:-1] @ self._unit)

    def at(self, theta) -> Point:
        """Value, gradient and matrix at theta (n_theta,).

        Numbers that are not finite come out as they are: nothing is raised for them.
        """
        theta = check_theta(self.network, theta)
        value, K = self.value(theta), self.network.n_theta
        with one_thread(True):
            sums = self._sums(theta)
            gradient, matrix = next(sums, (np.zeros(K), np.zeros((K, K))))
            for gradient_of_part, matrix_of_part in sums:
                gradient += gradient_of_part
                matrix += matrix_of_part
        return Point(value, gradient, mirrored(matrix), self.n_residuals)

    def _sums(self, theta):
        """Gradient and upper triangle of each part, in order."""

        def sums(part):
            worker = self._borrow(theta)
            gram = Gram(self.network.n_theta)
            for first, end in part:
                worker.fill(first, end, ROWS_OF_OUTPUTS)
                gram.add(worker.weigh(first, end))
            gradient = worker.gradient.copy()
            self._workers.put(worker)
            return gradient, gram.matrix

        threads = min(self._threads, len(self._parts))
        if threads <= 1:
            yield from map(sums, self._parts)
            return
        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(sums, self._parts)

    def _borrow(self, theta) -> RowWorker:
        """A worker that nobody uses, with this theta."""
        try:
            worker = self._workers.get_nowait()
        except queue.Empty:
            worker = RowWorker(self._task)
        worker.take(theta)
        return worker

    def rows(self, theta) -> Iterator[WeightedRows]:
        """The weighted rows, some at a time, in the order of `points` and outputs.

        Parameters
        ----------
        theta : array (n_theta,)

        Yields
        ------
        WeightedRows
            Every output of every point; rows of targets that weigh nothing are 0.
        """
        worker = self._borrow(check_theta(self.network, theta))
        n = self.network.n_outputs
        for first, end in (chunk for part in self._parts for chunk in part):
            worker.fill(first, end, ROWS_OF_OUTPUTS)
            jacobian = worker.weigh(first, end).copy()
            residual = worker.residuals[: end - first].ravel().copy()
            place = np.empty((end - first, n, 3), np.int64)
            place[:, :, :2] = self.points[first:end, None]
            place[:, :, 2] = np.arange(n)
            yield WeightedRows(jacobian, residual, place.reshape(-1, 3))
        self._workers.put(worker)

    def outputs(self, theta) -> np.ndarray:
        """What the losses read, (n_points, n_outputs): outputs o; z of an output whose loss is computed from z."""
        worker = self._borrow(check_theta(self.network, theta))
        found = np.empty((len(self.points), self.network.n_outputs))
        for first, end in self._stretches():
            worker.fill(first, end, ARGUMENTS)
            found[first:end] = worker.arguments[: end - first]
        self._workers.put(worker)
        return found

    def curve(self, theta, U) -> np.ndarray:
        """w H U, (n_points, n_outputs): directions of what `outputs` gives, multiplied by the losses' curvature.

        `pull_back(theta, curve(theta, J @ v))` is `at(theta).matrix @ v`.

        Parameters
        ----------
        theta : array (n_theta,)
        U : array (n_points, n_outputs)
        """
        U, worker = self._checked(U), self._borrow(check_theta(self.network, theta))
        found = np.empty(U.shape)
        for first, end in self._stretches():
            found[first:end] = worker.curve(first, end, U[first:end])
        self._workers.put(worker)
        return found

    def pull_back(self, theta, U) -> np.ndarray:
        """J^T U, (n_theta,), by one way back for each sample.

        Parameters
        ----------
        theta : array (n_theta,)
        U : array (n_points, n_outputs)
            Cotangents of what `outputs` gives.
        """
        U, worker = self._checked(U), self._borrow(check_theta(self.network, theta))
        found = worker.pull_back(U)
        self._workers.put(worker)
        return found

    def _stretches(self):
        """The points, so many at a time as there is room for."""
        n, most = len(self.points), self._task.most
        return [(first, min(first + most, n)) for first in range(0, n, most)]

    def _checked(self, U) -> np.ndarray:
        shape = (len(self.points), self.network.n_outputs)
        U = real_numbers(U, np.float64, "U", SettingError)
        if U.shape != shape:
            raise SettingError(f"U has shape {U.shape}; it needs {shape}")
        return U
