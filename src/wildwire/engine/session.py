"""A program bound to data, loss and type: what the learning loop drives.

Comes in: a network, samples, a loss, settings of penalties. Goes out: losses, and theta after any
number of training steps. Called by `learning/`; calls the compiled kernels of `steps.py` and
`passes.py`.
"""

from dataclasses import dataclass

import numpy as np

from wildwire.engine import evaluate
from wildwire.engine.blas import is_needed, one_thread
from wildwire.engine.machine import bind, bind_loss, dtype_of, resolve_loss, tile_width
from wildwire.engine.mapping import mapping_of, spread
from wildwire.engine.passes import loss_of
from wildwire.engine.steps import Update, run_steps
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
        0, or 1 + index of the step whose loss or gradient was not finite; that step was not
        applied.
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
    loss : Function or str
    sample_weight : array (n,) or (n, n_outputs) or None
        0 in an entry of the second form: no target there.
    batch : int or "full"
    gradient : "mean" or "sum"
        Over the rows of a batch.
    dtype : "float64" or "float32"
    l1, l2 : float
        Penalties l1 * sum |w| + l2/2 * sum w**2 on the weights of links, added to each batch's
        gradient; not on biases, parameters, or numbers inside products such as 0.5*(x - 3).
    l1_dies : bool
        A link that l1 pulls across zero stays at zero.
    clip : float
        Greatest length of the gradient; 0: none.
    output_scale, output_factor : array (n_outputs,) or None
        Outputs and targets are divided by the one, the loss multiplied by the other.
    output_unit : array (n_outputs,) or None
        Factor from the scaled loss to the user's units, for reports.
    loss_parameters : array (n_outputs, n_parameters) or None
    """

    def __init__(
        self, network, X, Y, *, loss, sample_weight=None, batch="full",
        gradient="mean", dtype="float64", l1=0.0, l2=0.0, l1_dies=True, clip=0.0,
        output_scale=None, output_factor=None, output_unit=None, loss_parameters=None,
    ):  # fmt: skip
        self.network, self.program = network, compile_network(network)
        self.dtype = dtype_of(dtype)
        self._bind_data(X, Y, sample_weight)
        n = self._n
        self.batch = n if batch == "full" else min(int(batch), n)
        self.n_batches = -(-n // self.batch) if n else 0
        self._is_mean = gradient == "mean"
        loss = resolve_loss(loss)
        self._tile = tile_width(self.program, self.batch, self.dtype)
        self._needs_blas = is_needed(self.program, self._tile)
        self._machine = bind(
            self.program, self.dtype, self._tile, 1, len(loss.parameters)
        )
        self._loss = bind_loss(
            network, self.program, loss, self.dtype, scale=output_scale,
            factor=output_factor, parameters=loss_parameters,
        )  # fmt: skip
        self._unit = np.ones(network.n_outputs)
        if output_unit is not None:
            self._unit = np.asarray(output_unit, float)
        self._bind_vector(l1, l2, l1_dies, clip)

    def _bind_data(self, X, Y, sample_weight):
        X = evaluate.check_inputs(self.network, X, self.dtype)
        Y = evaluate.check_targets(self.network, Y, len(X), self.dtype)
        weight = evaluate.check_weights(self.network, sample_weight, len(X), self.dtype)
        self._n = len(X)
        self._data = evaluate.data_of(X, Y, weight)

    def _bind_vector(self, l1, l2, l1_dies, clip):
        """The vector that rules act on: the weights themselves, or theta."""
        program, network = self.program, self.network
        self._mapping = mapping_of(program, self.dtype)
        self._is_mapped = not program.one_to_one
        penalised_theta = np.zeros(program.n_theta, bool)
        linked = program.is_link & (program.slot >= 0)
        penalised_theta[program.slot[linked]] = True
        if self._is_mapped:
            self._vector = np.zeros(program.n_theta, self.dtype)
            gradient = np.zeros(program.n_theta, self.dtype)
            self._slots = np.arange(program.n_theta)
            self._places = self._slots
        else:
            self._vector, gradient = self._machine.weights, self._machine.gradient
            self._places = np.flatnonzero(program.slot >= 0)
            self._slots = program.slot[self._places]
        self.vector_size = self._vector.size
        self._machine.weights[:] = program.constant
        free = np.zeros(self.vector_size, self.dtype)
        free[self._places] = 1
        penalised = np.zeros(self.vector_size, self.dtype)
        penalised[self._places] = penalised_theta[self._slots]
        low, high = self._bounds(network)
        before = np.zeros(self.vector_size if l1 > 0 and l1_dies else 0, self.dtype)
        self._update = Update(
            0, self._vector, gradient, free, penalised, low, high,
            np.zeros(0, self.dtype), np.zeros(1, self.dtype), np.zeros(0, self.dtype),
            before, np.asarray([l1, l2, clip, not free.all()], self.dtype),
        )  # fmt: skip

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
        theta = evaluate.check_theta(self.network, theta)
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
            Changed in place; of the session's type.
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
        loss = self._loss
        loss.totals[:] = 0
        update = self._update._replace(
            rule=int(rule),
            state=state.reshape(-1),
            numbers=np.array(numbers, self.dtype),
            rates=np.asarray(rates, self.dtype),
        )
        with one_thread(self._needs_blas):
            status = run_steps(
                self._machine, self._data._replace(order=order), loss, update,
                self._mapping, self._is_mapped, self._is_mean, self.batch, self._tile,
                int(first_batch), int(step),
            )  # fmt: skip
        totals, weight = loss.totals[:-1], float(loss.totals[-1])
        return Report(totals * self._unit, weight, int(status))

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
        return self.state_to_theta_order(self._update.free) != 0

    def set_alive(self, mask) -> None:
        """Set which numbers may still learn, bool (n_theta,)."""
        self._update.free[:] = self.state_from_theta_order(np.asarray(mask, float))
        self._update.settings[3] = not self._update.free.all()

    def loss(self, theta=None) -> float:
        """Weighted mean of the loss over all rows, in the user's units, summed over outputs.

        Parameters
        ----------
        theta : array (n_theta,) or None
            None: the present one, which stays as it is in either case.
        """
        kept = None
        if theta is not None:
            kept = self._machine.weights.copy()
            self._spread(np.asarray(theta, np.float64))
        loss = self._loss
        loss.totals[:] = 0
        with one_thread(self._needs_blas):
            loss_of(self._machine, self._data, loss, self._tile)
        weight = float(loss.totals[-1])
        total = float(loss.totals[:-1] @ self._unit)
        if kept is not None:
            self._machine.weights[:] = kept
        return total / weight if weight else 0.0

    def _spread(self, theta) -> None:
        """Set the weights of the program, and nothing else, from a theta."""
        if self._is_mapped:
            self._machine.weights[:] = spread(self.program, theta.astype(self.dtype))
        else:
            self._machine.weights[self._places] = theta[self._slots]
