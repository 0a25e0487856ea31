"""Loss and gradient of one network on fixed samples, bound once for many thetas.

Comes in: a network, samples, a loss; then thetas. Goes out: sums over the samples. Called by `learning/objective.py`:
for a small network binding takes longer than the passes.
"""

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.bound import Bound
from wildwire.engine.checks import check_theta, check_threads
from wildwire.engine.machine import aligned_zeros, bind_loss, dtype_of
from wildwire.engine.memory import NO_MEMORY, check_loss_width
from wildwire.engine.output_losses import output_losses
from wildwire.engine.samples import read_samples
from wildwire.program import compile_network

__all__ = ["BoundGradient"]


class BoundGradient:
    """What `loss_and_gradient` computes with gradient="sum", to the bit.

    Parameters
    ----------
    network : Network
    X, Y : array
        Rows, or sequences, as in `loss_and_gradient`.
    loss : Function, str, list, dict or OutputLosses
    sample_weight : array or None
    memory : Memory
        Where X holds sequences.
    threads : int
        Results do not depend on it, to the bit.
    """

    def __init__(
        self, network, X, Y, *, loss, sample_weight=None, memory=NO_MEMORY, threads=1
    ):
        self.network, dtype = network, dtype_of("float64")
        samples = read_samples(network, X, Y, sample_weight, dtype, memory)
        losses, n = output_losses(loss, network), max(samples.n, 1)
        program, partition, frames = samples.bind(compile_network(network), n, dtype)
        check_loss_width(losses.width if frames else 0)
        threads = min(check_threads(threads), partition.parts)
        bound = Bound(
            program, dtype, partition.tile, 1, losses.width, threads, frames
        )  # fmt: skip
        self._ready = bind_loss(network, program, losses, dtype)
        samples.check_loss(losses)
        bound.take_loss(self._ready)
        bound.take_rows(samples.X, samples.Y, samples.weight, samples.n)
        bound.make_parts(partition)
        self._theta = bound.put(at.THETA, np.zeros(program.n_theta))
        self._vector = bound.put(at.VECTOR, aligned_zeros(program.n_theta, dtype))
        self._own = bound.put(at.GRADIENT, aligned_zeros(program.n_weights, dtype))
        self._found = bound.put(
            at.VECTOR_GRADIENT, aligned_zeros(program.n_theta, dtype)
        )
        bound.need_map()
        bound.set(at.IS_MAPPED, 1)
        bound.set(at.BATCH, n)
        bound.set(at.N_STEPS, 1)
        self._bound, self._n = bound, samples.n

    def at(self, theta) -> tuple[float, np.ndarray]:
        """Sum of losses, and its gradient, float64 (n_theta,), at `theta`; not finite where they are not.

        Raises
        ------
        SettingError, UntrainedError
            A wrong length, or a number is unknown.
        """
        bound = self._bound
        self._theta[:] = check_theta(self.network, theta)
        for array in (self._vector, self._own, self._found, self._ready.totals):
            array[:] = 0
        bound.set(at.END_ROW, 0)
        bound.call("values")  # no rows: theta into the weights
        bound.set(at.END_ROW, self._n)
        bound.call_all("steps")
        value = float((self._ready.totals[:-1] * self._ready.unit).sum())
        return value, self._found.copy()
