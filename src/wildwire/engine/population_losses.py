"""What one network loses on fixed samples, at many thetas in one call of a kernel.

Comes in: a network, samples, a loss; then thetas. Goes out: a sum of losses for each theta. Called by
`learning/objective.py`, for learners that compare whole populations of thetas and need no gradients.

Everything is bound once. A call writes nothing but the thetas' address: the kernel walks them, a theta and a part of
the samples at a time, so that several threads also share the work of a single theta. Samples are cut into the parts
of `loss_and_gradient`, whose losses are added in their order: bits depend neither on threads nor on what else is asked
for, and are those of its value.
"""

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.bound import Bound
from wildwire.engine.checks import check_theta, check_threads, real_numbers
from wildwire.engine.machine import aligned_zeros, bind_loss, dtype_of
from wildwire.engine.memory import NO_MEMORY, check_loss_width
from wildwire.engine.output_losses import output_losses
from wildwire.engine.samples import read_samples
from wildwire.errors import SettingError
from wildwire.program import compile_network

MOST_ITEMS = 2**18  # totals that are held at once


class PopulationLosses:
    """The summed loss of one network over fixed samples, as a function of many thetas.

    Parameters
    ----------
    network : Network
        Of any wiring, with memory or settling.
    X, Y : array
        Rows, or sequences, as in `loss_and_gradient`.
    loss : Function, str, list, dict or OutputLosses
    sample_weight : array or None
    memory : Memory
        Where X holds sequences.
    threads : int
        Results do not depend on it, to the bit.

    Raises
    ------
    DataError, SettingError
        As `loss_and_gradient`.
    """

    def __init__(
        self, network, X, Y, *, loss, sample_weight=None, memory=NO_MEMORY, threads=1
    ):
        self.network, self._dtype = network, dtype_of("float64")
        samples = read_samples(network, X, Y, sample_weight, self._dtype, memory)
        losses = output_losses(loss, network)
        self._program, partition, frames = samples.bind(
            compile_network(network), max(samples.n, 1), self._dtype
        )
        check_loss_width(losses.width if frames else 0)
        self._parts = partition.parts
        self._bound = Bound(
            self._program, self._dtype, partition.tile, 1, losses.width,
            check_threads(threads), frames,
        )  # fmt: skip
        ready = bind_loss(network, self._program, losses, self._dtype)
        samples.check_loss(losses)
        self._unit = ready.unit
        self._bound.take_loss(ready)
        self._bound.take_rows(samples.X, samples.Y, samples.weight, samples.n)
        self._bound.set(at.N_LOSS_PARTS, partition.parts)
        self._bound.set(at.LOSS_PART_ROWS, partition.rows)
        self._bound.need_map()
        self._taken = self._bound.put(at.MEETING, np.zeros(8, np.int64))
        self._kept = [self._own_numbers(table) for table in self._bound.tables]

    def _own_numbers(self, table) -> list[np.ndarray]:
        """Room of a thread for the numbers of the theta that it works on."""
        program, kept = self._program, []
        for place, size in (
            (at.WEIGHTS, program.n_weights), (at.VECTOR, program.n_theta),
            (at.DERIVED, program.derived.count),
        ):  # fmt: skip
            kept.append(aligned_zeros(size, self._dtype))
            table[place] = kept[-1].ctypes.data
        return kept

    def values(self, thetas) -> np.ndarray:
        """Sum over the samples of weight * loss, summed over outputs, for each row of `thetas`.

        Parameters
        ----------
        thetas : array (m, n_theta)
            Infinite numbers are allowed, unknown ones (NaN) are not.

        Returns
        -------
        float64 array (m,)
            Infinite or NaN where the loss is; infinite where a sample does not settle.

        Raises
        ------
        SettingError, UntrainedError
            A wrong shape, or a number is unknown.

        Notes
        -----
        O(m * samples * links), in some microseconds more than that.
        """
        thetas = self._checked(thetas)
        most = max(MOST_ITEMS // (self._parts * (self.network.n_outputs + 1)), 1)
        found = np.empty(len(thetas))
        for first in range(0, len(thetas), most):
            found[first : first + most] = self._walk(thetas[first : first + most])
        if self.network.settle is not None:
            found[np.isnan(found)] = np.inf
        return found

    def _checked(self, thetas) -> np.ndarray:
        thetas = real_numbers(thetas, np.float64, "thetas", SettingError)
        n_theta = self._program.n_theta
        if thetas.ndim != 2 or thetas.shape[1] != n_theta:
            raise SettingError(
                f"thetas has shape {thetas.shape}; this network needs (m, {n_theta})"
            )
        unknown = np.isnan(thetas).any(axis=1)
        if unknown.any():
            check_theta(self.network, thetas[np.argmax(unknown)])  # says which number
        return np.ascontiguousarray(thetas)

    def _walk(self, thetas) -> np.ndarray:
        """One call of the kernel."""
        bound, parts = self._bound, self._parts
        totals = np.zeros((len(thetas), parts, self.network.n_outputs + 1))
        bound.set(at.THETA, thetas.ctypes.data)
        bound.set(at.OUT, totals.ctypes.data)
        bound.set(at.N_NETWORKS, len(thetas))
        self._taken[:] = 0
        bound.call_all("losses_of_thetas", most=len(thetas) * parts)
        # In order, one part after another, as `steps.py` adds them.
        losses = totals[:, 0, :-1]
        for part in range(1, parts):
            losses = losses + totals[:, part, :-1]
        return (losses * self._unit).sum(axis=1)
