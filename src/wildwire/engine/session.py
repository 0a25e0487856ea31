"""A program bound to data, loss and type: what the learning loop drives.

Comes in: a network, samples, a loss, settings of penalties. Goes out: losses, and theta after any
number of training steps. Called by `learning/`; calls the compiled kernels of `steps.py` and
`passes.py`.
"""

from dataclasses import dataclass

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.bound import Bound
from wildwire.engine.checks import check_theta, check_threads
from wildwire.engine.dropout import set_epoch, with_dropout
from wildwire.engine.machine import bind_loss, dtype_of
from wildwire.engine.mapping import spread
from wildwire.engine.memory import NO_MEMORY, check_loss_width
from wildwire.engine.noise import put_noise
from wildwire.engine.norms import put_norms
from wildwire.engine.output_losses import output_losses
from wildwire.engine.samples import read_samples
from wildwire.engine.update import HELD, NOISE, NORM
from wildwire.errors import SettingError
from wildwire.functions import native
from wildwire.program import compile_network


@dataclass(frozen=True)
class Report:
    """What a call of `Session.steps` did.

    Attributes
    ----------
    loss : float64 array (n_outputs,)
        Sum over the rows of weight * loss, in the user's units.
    weight : float
        Sum of the rows' weights.
    status : int
        0, or 1 + index of the step whose loss, gradient or penalty was not finite; that step was
        not applied.
    """

    loss: np.ndarray
    weight: float
    status: int


class Session:
    """A program bound to data, a loss and a type.

    Parameters
    ----------
    network : Network
    X : array (n, n_inputs)
    Y : array (n,) or (n, n_outputs)
    loss : Function, str, list, dict or OutputLosses
    sample_weight : array (n,) or (n, n_outputs) or None
        0 in an entry of the second form: no target there.
    row_weight : array (n,) or None
        What a row weighs in means, where `sample_weight` has a weight for every output; None: the mean of these.
        For rows only.
    batch : int or "full"
    gradient : "mean" or "sum"
        Over the rows of a batch.
    dtype : "float64" or "float32"
    l1, l2 : float
        Penalties l1 * sum |w| + l2/2 * sum w**2 on the weights of links, added to each batch's
        gradient; not on biases, parameters, or numbers inside products such as 0.5*(x - 3).
    l1_dies : bool
        A link that l1 pulls across zero stays at zero.
    penalty : Function of kind "penalty" or None
        A formula of the weight, summed over the same numbers as l1 and l2 and added like these.
    clip : float
        Greatest length of the gradient; 0: none.
    output_scale, output_factor : array (n_outputs,) or None
        Outputs and targets are divided by the one, the loss multiplied by the other.
    output_unit : array (n_outputs,) or None
        Factor from the scaled loss to the user's units, for reports.
    loss_parameters : sequence or None
        Parameters of the loss, in an array for each output.
    dropout : float array (n_neurons,) or None
        How often each neuron is silent in steps; in `loss` never.
    weight_noise : float
        Standard deviation of the noise on the weights of links, for the gradient of each step.
    max_norm : float
        Greatest length of the weights that enter a neuron; 0: none.
    norms_of : Network or None
        Whose neurons that means, where they are not all of `network`'s; it has the same theta.
    key : int
        Of the random numbers of dropout and noise.
    threads : int
        Results do not depend on it, to the bit.
    memory : Memory
        Where X holds sequences, as in `run`: a sample is a sequence then, and so is one of a batch.
    """

    def __init__(
        self, network, X, Y, *, loss, sample_weight=None, batch="full",
        gradient="mean", dtype="float64", l1=0.0, l2=0.0, l1_dies=True, clip=0.0,
        penalty=None, output_scale=None, output_factor=None, output_unit=None,
        loss_parameters=None, dropout=None, weight_noise=0.0, max_norm=0.0, key=0,
        threads=1, memory=NO_MEMORY, row_weight=None, norms_of=None,
    ):  # fmt: skip
        self.network, self.dtype = network, dtype_of(dtype)
        self._norms_of = network if norms_of is None else norms_of
        samples = read_samples(network, X, Y, sample_weight, self.dtype, memory)
        if row_weight is not None:
            samples = samples.weighing(row_weight)
        n = self._n = samples.n
        self.batch = n if batch == "full" else min(int(batch), n)
        self.n_batches = -(-n // self.batch) if n else 0
        self._is_mean = gradient == "mean"
        losses = output_losses(loss, network)
        # The kernels of single samples know no dropout: two of them make a tile.
        least = 1 if dropout is None else 2
        self.program, partition, frames = samples.bind(
            compile_network(network), max(self.batch, least), self.dtype
        )
        if dropout is not None:
            self.program = with_dropout(self.program, dropout, key)
        check_loss_width(losses.width if frames else 0)
        most = max(partition.parts, partition.loss_parts)
        self._bound = Bound(
            self.program, self.dtype, partition.tile, 1, losses.width,
            min(check_threads(threads), most), frames,
        )  # fmt: skip
        self._bound.take_rows(samples.X, samples.Y, samples.weight, n)
        self._bound.make_parts(partition)
        self._is_parted = partition.parts > 1
        self.tile = partition.tile  # samples that go through the network together
        self._in_order = np.arange(n)
        self._loss = bind_loss(
            network, self.program, losses, self.dtype, scale=output_scale,
            factor=output_factor, parameters=loss_parameters,
        )  # fmt: skip
        self._bound.take_loss(self._loss)
        self._unit = self._loss.unit
        if output_unit is not None:
            self._unit = self._unit * np.asarray(output_unit, float)
        self._bind_vector(l1, l2, l1_dies, clip)
        if max_norm or weight_noise:
            self._bind_limits(max_norm, weight_noise, key)
        if penalty is not None:
            address = native.address(penalty, 1, self.dtype)
            self._bound.set(at.PENALTY, address)
            self._bound.zeros(at.PENALTY_TABLES, 2 * self.vector_size)

    def _bind_vector(self, l1, l2, l1_dies, clip):
        """The vector that rules act on: the weights themselves, or theta."""
        program, network, bound = self.program, self.network, self._bound
        self._is_mapped = not program.one_to_one
        self._weights = bound.weights
        gradient = bound.zeros(at.GRADIENT, program.n_weights)
        penalised_theta = np.zeros(program.n_theta, bool)
        linked = program.is_link & (program.slot >= 0)
        penalised_theta[program.slot[linked]] = True
        if self._is_mapped:
            self._vector = bound.zeros(at.VECTOR, program.n_theta)
            bound.zeros(at.VECTOR_GRADIENT, program.n_theta)
            bound.need_map()
            self._slots = np.arange(program.n_theta)
            self._places = self._slots
        else:
            self._vector = bound.put(at.VECTOR, self._weights)
            bound.put(at.VECTOR_GRADIENT, gradient)
            self._places = np.flatnonzero(program.slot >= 0)
            self._slots = program.slot[self._places]
        size = self.vector_size = self._vector.size
        bound.set(at.VECTOR_SIZE, size)
        bound.set(at.IS_MAPPED, self._is_mapped)
        bound.set(at.IS_MEAN, self._is_mean)
        bound.set(at.BATCH, self.batch)
        self._weights[:] = program.constant
        self._free = bound.zeros(at.FREE, size)
        self._free[self._places] = 1
        penalised = self._penalised = bound.zeros(at.PENALISED, size)
        penalised[self._places] = penalised_theta[self._slots]
        self._put_bounds(network)
        dies = l1 > 0 and l1_dies
        bound.zeros(at.BEFORE, size if dies else 0)
        bound.set(at.LINKS_DIE, dies)
        held = not self._free.all()
        self._settings = bound.put(
            at.SETTINGS, np.asarray([l1, l2, clip, held, 0, 0], self.dtype)
        )

    def _bind_limits(self, max_norm, weight_noise, key):
        """Greatest lengths, and noise on the weights of links."""
        self._settings[NORM], self._settings[NOISE] = max_norm, weight_noise
        numbers = np.full(self.vector_size, -1)
        numbers[self._places] = self._slots
        place_of = np.zeros(self.program.n_theta, np.int64)
        place_of[self._slots] = self._places
        if max_norm:
            put_norms(self._bound, self._norms_of, place_of)
        if weight_noise:
            put_noise(self._bound, np.where(self._penalised != 0, numbers, -1), key)

    def _put_bounds(self, network):
        low, high = self._bounds(network)
        self._bound.put(at.LOW, low)
        self._bound.put(at.HIGH, high)
        self._bound.set(at.HAS_BOUNDS, low.size > 0)

    def _bounds(self, network):
        if network.bounds is None or not np.isfinite(network.bounds).any():
            return np.zeros(0, self.dtype), np.zeros(0, self.dtype)
        low = np.full(self.vector_size, -np.inf, self.dtype)
        high = np.full(self.vector_size, np.inf, self.dtype)
        bounds = network.bounds[self._slots]
        low[self._places], high[self._places] = bounds[:, 0], bounds[:, 1]
        # A bound rounded outwards would let learning end outside of it.
        for edge, inner, wrong in (
            (low, np.inf, low[self._places] < bounds[:, 0]),
            (high, -np.inf, high[self._places] > bounds[:, 1]),
        ):
            at = self._places[wrong]
            edge[at] = np.nextafter(edge[at], self.dtype.type(inner))
        return low, high

    def load(self, theta) -> None:
        """Set theta, a vector (n_theta,)."""
        theta = check_theta(self.network, theta)
        if self._is_mapped:
            self._vector[:] = theta
        self._spread(theta)

    def theta(self) -> np.ndarray:
        """The present theta, float64 (n_theta,)."""
        if self._is_mapped:
            return self._vector.astype(np.float64)
        return self.state_to_theta_order(self._vector).astype(np.float64)

    def steps(self, rule, state, numbers, rates, order, first_batch, step) -> Report:
        """Run `len(rates)` mini-batches.

        Parameters
        ----------
        rule : int
            Address of an update rule.
        state : array (n_state, vector_size)
            Changed in place; of the session's type, one row after another.
        numbers : float64 array
            Hyper-parameters; entry 0 is replaced by the rate of each step.
        rates : float64 array
        order : int64 array (n,)
            Order of the rows in this epoch.
        first_batch : int
            Number of the first batch within the epoch.
        step : int
            Number of the first step over all epochs, from 1.

        Returns
        -------
        Report
        """
        # Kernels take its address and never look: a wrong array would be written beyond.
        if state.dtype != self.dtype or not state.flags.c_contiguous:
            raise SettingError(
                f"state must be {self.dtype.name}, one row after another in memory"
            )
        bound, loss = self._bound, self._loss
        loss.totals[:] = 0
        bound.status[0] = 0
        bound.set(at.RULE, int(rule))
        bound.put(at.STATE, state)
        bound.put(at.NUMBERS, np.array(numbers, self.dtype))
        bound.put(at.RATES, np.array(rates, self.dtype))
        bound.put(at.ORDER, np.ascontiguousarray(order, np.int64))
        bound.set(at.N_STEPS, len(rates))
        bound.set(at.FIRST_BATCH, int(first_batch))
        bound.set(at.FIRST_STEP, int(step))
        # All steps before this epoch's have been made.
        set_epoch(
            self.program, (int(step) - 1 - int(first_batch)) // max(self.n_batches, 1)
        )
        if self._is_parted:
            bound.call_all("steps")
        else:
            bound.call("steps")
        totals, weight = loss.totals[:-1], float(loss.totals[-1])
        return Report(totals * self._unit, weight, int(bound.status[0]))

    def state_to_theta_order(self, vector) -> np.ndarray:
        """A vector that a rule keeps, (vector_size,), in theta's order."""
        result = np.zeros(self.program.n_theta, vector.dtype)
        result[self._slots] = vector[self._places]
        return result

    def state_from_theta_order(self, vector) -> np.ndarray:
        """The inverse of `state_to_theta_order`."""
        result = np.zeros(self.vector_size, self.dtype)
        result[self._places] = vector[self._slots]
        return result

    @property
    def alive(self) -> np.ndarray:
        """Bool (n_theta,): False for links that L1 has killed."""
        return self.state_to_theta_order(self._free) != 0

    def set_alive(self, mask) -> None:
        """Set which numbers may still learn, bool (n_theta,)."""
        self._free[:] = self.state_from_theta_order(np.asarray(mask, float))
        self._settings[HELD] = not self._free.all()

    def loss(self, theta=None) -> float:
        """Weighted mean of the loss over all rows, in the user's units, summed over outputs.

        Parameters
        ----------
        theta : array (n_theta,) or None
            None: the present one, which stays as it is in either case.
        """
        kept = None
        if theta is not None:
            kept = self._weights.copy()
            self._spread(np.asarray(theta, np.float64))
        bound, width = self._bound, self.network.n_outputs + 1
        bound.put(at.ORDER, self._in_order)
        bound.call_all("losses")
        parts = bound.tables[0, at.N_LOSS_PARTS]
        totals = np.zeros(width)
        for part in bound.part_totals[: parts * width].reshape(-1, width):
            totals += part
        if kept is not None:
            self._weights[:] = kept
        weight = float(totals[-1])
        return float(totals[:-1] @ self._unit) / weight if weight else 0.0

    def _spread(self, theta) -> None:
        """Set the weights of the program, and nothing else, from a theta."""
        if self._is_mapped:
            self._weights[:] = spread(self.program, theta.astype(self.dtype))
        else:
            self._weights[self._places] = theta[self._slots]
