"""Second derivatives of a loss: products with the Hessian and with the Gauss-Newton matrix.

Comes in: a network, samples, a loss; theta; vectors. Goes out: value, gradient, products. Called by learners that
use curvature. The kernels are in `second_order_kernels.py`, how it works is in docs/design/engine.md.
"""

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.bound import Bound, function_addresses
from wildwire.engine.checks import check_is_network, check_theta, check_threads
from wildwire.engine.evaluate import neuron_values
from wildwire.engine.machine import aligned_zeros, bind_loss
from wildwire.engine.mapping import spread
from wildwire.engine.memory import NO_MEMORY, check_loss_width
from wildwire.engine.output_losses import output_losses
from wildwire.engine.samples import read_samples
from wildwire.engine.second_order_numbers import Numbers
from wildwire.engine.settling import check_gradient, check_settled
from wildwire.errors import SettingError
from wildwire.functions import find_loss, native
from wildwire.program import plan as p
from wildwire.program.compile import compile_network, program_of
from wildwire.program.expanded import expanded
from wildwire.program.kernel import kernel_for
from wildwire.program.second import moving, tables_of, with_seconds

KEPT_BYTES = 2**28
"""What may be kept between `at` and products; above, every product makes its tiles again."""


class SecondOrder:
    """Value, gradient and products with the Hessian of the summed loss, on fixed samples.

    Parameters
    ----------
    network : Network
        Of any kind: memory, other transfers, formulas, heads, loops that settle.
    X, Y : array
        Rows or sequences, as for `loss_and_gradient`.
    loss : str, Function, list or dict
        As for `loss_and_gradient`.
    sample_weight : array or None
    memory : Memory
        Warm-up and feedback of sequences.
    threads : int
        Results do not depend on it, to the bit.

    Raises
    ------
    DataError
        Samples that the network or the loss does not take.
    SettingError
        `memory` truncates: a gradient that is cut off is none of a function, and has no second derivatives.

    Notes
    -----
    In float64, by forward over backward: how each number of a gradient's two passes moves along v (Pearlmutter, Fast
    exact multiplication by the Hessian, Neural Computation 1994). A product takes the time of two gradients or less,
    and about as many numbers as eight tables of all neurons and samples; from 256 MB on these are not kept, and a
    product takes as long as three gradients.

    Where a function has a training slope, that slope stands for its derivative everywhere, in R{o} as in the deltas,
    and the slope's own derivative for the second: the matrix stays symmetric. It is the derivative of the computed
    gradient where the slope is the true one. At a kink second derivatives are those of the side that is taken.
    """

    def __init__(
        self, network, X, Y, *, loss, sample_weight=None, memory=NO_MEMORY, threads=1
    ):  # fmt: skip
        check_is_network(network)
        if memory.truncate:
            raise SettingError(
                "second derivatives need the whole gradient, and `truncate` cuts it off: take truncate=None"
            )
        self.network, self._memory, self._inputs = network, memory, X
        dtype = np.dtype(np.float64)
        samples = read_samples(network, X, Y, sample_weight, dtype, memory)
        losses = output_losses(loss, network)
        samples.check_loss(losses)
        wide = with_seconds(_program(network), losses.width)
        # One row takes the kernels of many: those of single samples lay out nothing for products.
        program, partition, frames = samples.bind(wide, max(samples.n, 2), dtype)
        check_loss_width(losses.width if frames else 0)
        self._numbers, self._moving = Numbers(program), moving(program)
        threads = min(check_threads(threads), partition.parts)
        self._bound = bound = Bound(
            program, dtype, partition.tile, 1, losses.width, threads
        )
        bound.put(at.ADDRESSES, _addresses(program, dtype, partition.tile))
        bound.put(at.SECONDS, _second_addresses(program, dtype))
        self._ready = bind_loss(network, program, losses, dtype)
        bound.take_loss(self._ready)
        bound.take_rows(samples.X, samples.Y, samples.weight, samples.n)
        bound.make_parts(partition)
        n_weights, self._n_parts = program.n_weights, partition.parts
        self._gradients = bound.zeros(at.PART_GRADIENTS, partition.parts * n_weights)
        bound.zeros(at.GRADIENT, threads * n_weights)
        self._put_loss(losses, partition.tile)
        self._put_moving(n_weights)
        self._put_work(max(frames, 1), partition, max(samples.n, 1))
        self._theta = None

    def _put_loss(self, losses, tile) -> None:
        """Level 2 of each output's loss, in the form that it is computed in."""
        bound, network = self._bound, self.network
        count, width = network.n_outputs, losses.width
        found, numbers = np.zeros(2 * count, np.int64), np.zeros((count, width))
        most = 0
        for q, loss in enumerate(losses.functions):
            if loss.name == "softmax":
                continue
            form = find_loss(loss.from_z) if self._ready.fused[q] else loss
            found[q] = native.address(form, 2, "float64")
            found[count + q] = 3 + form.n_parameters
            numbers[q, : form.n_parameters] = form.defaults
            most = max(most, tables_of(2 + form.n_parameters))
        bound.put(at.SECOND_FORMS, found)
        bound.put(at.SECOND_PARAMETERS, numbers)
        for thread in range(len(bound.tables)):
            bound.put_own(thread, at.SCRATCH, aligned_zeros(most * tile, np.float64))

    def _put_moving(self, n_weights) -> None:
        bound, moving_ = self._bound, self._moving
        bound.put(at.MOVING_PLAN, moving_.plan)
        self._both = bound.zeros(at.MOVING_WEIGHTS, 2 * n_weights + len(moving_.places))

    def _put_work(self, frames, partition, n) -> None:
        """One work array a tile, or one a thread where they would take too much memory."""
        bound, tile = self._bound, partition.tile
        size = frames * int(bound.program.plan[p.FRAME]) * tile
        tiles = partition.parts * -(-min(partition.rows, n) // tile)
        bound.set(at.WORK_SIZE, size)
        bound.set(at.PART_ROWS, partition.rows)
        if tiles * size * 8 <= KEPT_BYTES:
            bound.zeros(at.SECOND_WORK, tiles * size)
            return
        for thread in range(len(bound.tables)):
            bound.put_own(thread, at.WORK, aligned_zeros(size, np.float64))

    def at(self, theta) -> tuple[float, np.ndarray]:
        """Value and gradient at theta, summed over samples; products are at this theta from now on.

        Parameters
        ----------
        theta : array (n_theta,)

        Returns
        -------
        value : float
        gradient : float64 array (n_theta,)

        Raises
        ------
        SettingError, UntrainedError
            A wrong length, an unknown number.
        SettleError
            A row does not settle.
        """
        bound, network = self._bound, self.network
        theta = check_theta(network, theta).copy()
        n_weights = bound.program.n_weights
        bound.weights[:] = spread(bound.program, theta)
        self._both[:n_weights] = bound.weights
        self._numbers.at(theta)
        bound.call_all("second_base")
        totals = bound.part_totals.reshape(-1, network.n_outputs + 1)
        totals = totals[: self._n_parts].sum(axis=0)
        self._by_weight = self._summed()
        gradient = self._numbers.over_theta(self._by_weight)
        value = float((totals[:-1] * self._ready.unit).sum())
        self._theta = theta
        if network.settle is not None and not np.isfinite([value, *gradient]).all():
            self._check_settled(gradient)
        return value, gradient

    def product(self, v) -> np.ndarray:
        """`H v` at the last theta: float64 (n_theta,).

        Parameters
        ----------
        v : array (n_theta,)

        Raises
        ------
        SettingError
            A wrong length, a number that is not finite, or `at` was never called.
        """
        v = self._read(v)
        result = self._numbers.over_theta(self._moves(v, True))
        return result + self._numbers.curved(self._by_weight, v)

    def gauss_newton_product(self, v) -> np.ndarray:
        """`sum_s w_s J_s^T H_loss J_s v` at the last theta: float64 (n_theta,).

        H_loss is the loss's second derivative over what it reads, negative where it is: over outputs; over z where
        the loss is the output's partner (logistic, exponential, softmax), whose H_loss is then never negative.
        """
        return self._numbers.over_theta(self._moves(self._read(v), False))

    def matrix(self) -> np.ndarray:
        """The Hessian at the last theta, float64 (n_theta, n_theta), exactly symmetric; n_theta products."""
        n = self.network.n_theta
        rows = [self.product(unit) for unit in np.eye(n)]
        found = np.array(rows, np.float64).reshape(n, n)
        return (found + found.T) / 2

    def _read(self, v) -> np.ndarray:
        if self._theta is None:
            raise SettingError("products are at a theta: call at(theta) first")
        v = np.asarray(v, np.float64)
        if v.shape != self._theta.shape or not np.isfinite(v).all():
            raise SettingError(
                f"v has shape {v.shape}; it must be {self._theta.shape} finite numbers, one for each of theta"
            )
        return v

    def _moves(self, v, curves) -> np.ndarray:
        """How the gradient over the weights moves along v."""
        bound, both = self._bound, self._both
        n_weights = bound.program.n_weights
        both[n_weights : 2 * n_weights] = self._numbers.moved(v)
        both[2 * n_weights :] = both[self._moving.places]
        plan = self._moving.plan
        plan[[p.OUT_POINTERS, p.OUT_LINKS]] = self._moving.out_links[not curves]
        bound.set(at.CURVES, int(curves))
        bound.call_all("second_product")
        result = self._summed()
        if self.network.settle is not None:
            check_gradient(self.network, result)
        return result

    def _summed(self) -> np.ndarray:
        """The gradients of all parts, added in order."""
        parts = self._gradients.reshape(self._n_parts, -1)
        total = parts[0].copy()
        for part in parts[1:]:
            total += part
        return total

    def _check_settled(self, gradient) -> None:
        network, dtype = self.network, np.dtype(np.float64)
        computed = neuron_values(
            network, self._theta, self._inputs, dtype, self._memory
        )
        check_settled(
            network, self._theta, self._inputs, dtype, computed, lambda: computed,
            bool(self._memory.feedback),
        )  # fmt: skip
        check_gradient(network, gradient)


def _program(network):
    """The network's program; transfers become neurons with formulas, kept on the network."""
    if len(network.transfers) <= 1:
        return compile_network(network)
    memo = network._memo
    if "second order" not in memo:
        made = expanded(network)
        memo["second order"] = program_of(made, kernel_for(made.n_links), False)
    return memo["second order"]


def _addresses(program, dtype, tile) -> np.ndarray:
    """Addresses as kernels look them up, with a third level.

    Of functions with parameters that is level 1: their second derivatives have rows of their own.
    """
    found = function_addresses(program, dtype, tile, 1).copy()
    for number, function in enumerate(program.functions):
        level = 2 if _fits(function) else 1
        found[3 * number + 2] = native.address(function, level, dtype)
    return found


def _fits(function) -> bool:
    return function.kind == "expression" or not function.parameters


def _second_addresses(program, dtype) -> np.ndarray:
    """Addresses of level 2 of the functions with parameters; 0 for others."""
    return np.array(
        [0 if _fits(f) else native.address(f, 2, dtype) for f in program.functions],
        np.int64,
    )
