"""A network with memory that runs as its inputs come: one step, or many, from where the last one ended.

Comes in: a network, theta, inputs. Goes out: outputs. Called by users (`ww.Runner`), forecasters and `stability.py`.

A step writes into buffers that stay where they are and calls one kernel (`sequence_values.py`), the same that runs
many steps: so `step` and `run` agree to the last bit.
"""

import numpy as np

from wildwire.engine import places as at
from wildwire.engine.bound import Bound, kernel
from wildwire.engine.checks import check_is_network, check_theta, real_numbers
from wildwire.engine.machine import dtype_of
from wildwire.engine.memory import program_of_steps, read_memory
from wildwire.engine.sequence_values import BAD_INPUT, ring_frames
from wildwire.errors import DataError, SettingError, SettleError
from wildwire.program import compile_network
from wildwire.program import plan as p

MANY_STEPS = 10**6


def told_rows(plan, n_outputs) -> np.ndarray:
    """Rows of the outputs, and of one neuron that is guessed, if there is one: NaN where a step does not settle."""
    first = plan[p.OUTPUT_ROWS]
    guessed = plan[plan[p.GUESS_TABLE] :][: min(plan[p.GUESSES], 1)]
    return np.concatenate((plan[first : first + n_outputs], guessed))


class Runner:
    """A network that keeps its memory between calls.

    Parameters
    ----------
    network : Network
        With or without memory.
    theta : array (n_theta,)
    feedback : dict of str to str or None
        `{"y": "y_next"}`: input y takes the value of output y_next once a step is computed, in place of what is given
        for it; the network reads such an input with a delay only. `closed` switches it off and on.
    dtype : "float64" or "float32"

    Attributes
    ----------
    closed : bool
        Whether the feedback acts; True at first if there is one.

    Raises
    ------
    SettingError, UntrainedError, UnsupportedError; SettleError by a step that does not settle

    Notes
    -----
    O(links) a step. One thread at a time: a runner is a state. `ww.run` gives the same values for a whole sequence,
    to about 1e-12 times the condition, since many sequences are added up in another order than one.

    Examples
    --------
    >>> import wildwire as ww
    >>> network = ww.parse("input x\\nm = [0.5]*m@1 + [1]*x\\noutput m")
    >>> runner = ww.Runner(network, [])
    >>> [float(runner.step([x])[0]) for x in (1.0, 0.0, 0.0)]
    [1.0, 0.5, 0.25]
    >>> runner.reset()
    >>> runner.run([[1.0], [0.0], [0.0]]).ravel().tolist()
    [1.0, 0.5, 0.25]
    """

    def __init__(self, network, theta, *, feedback=None, dtype="float64"):
        check_is_network(network)
        self.network, self._dtype = network, dtype_of(dtype)
        memory = read_memory(0, None, feedback)
        program = program_of_steps(
            compile_network(network), network, 1, np.ones(1, np.int64), memory
        )
        self._plan = plan = program.plan
        self.n_delays = int(plan[p.DELAYS])
        self._ring = ring_frames(self.n_delays, MANY_STEPS)
        self._bound = bound = Bound(program, self._dtype, 1, 0, frames=self._ring)
        bound.take(check_theta(network, theta))
        rows = told_rows(plan, network.n_outputs)
        bound.put(at.OUT_ROWS, rows)
        bound.set(at.N_OUT_ROWS, len(rows))
        bound.set(at.RING, self._ring)
        bound.set(at.CONTINUES, 1)
        bound.put(at.ORDER, np.zeros(1, np.int64))
        bound.set(at.FIRST_ROW, 0)
        bound.set(at.END_ROW, 1)
        self._x = np.zeros(network.n_inputs, self._dtype)
        self._out = np.zeros((1, len(rows)), self._dtype)
        bound.put(at.X, self._x)
        bound.put(at.OUT, self._out)
        self._rows = np.concatenate(
            (1 + np.arange(network.n_inputs), program.row_of_neuron)
        )
        self._kernel = kernel("sequence_values", self._dtype.itemsize)
        self._address = bound.tables.ctypes.data
        self._status = bound.status
        self._work = bound._kept[at.WORK, 0].reshape(self._ring, -1)
        self.closed = bool(plan[p.FEEDS])
        self.checks = True  # of what settles; `stability.py` wants the NaN
        self.reset()

    @property
    def closed(self) -> bool:
        """Whether the feedback acts."""
        return self._closed

    @closed.setter
    def closed(self, value) -> None:
        self._closed = bool(value) and bool(self._plan[p.FEEDS])
        self._plan[p.FEED_FROM] = 0 if self._closed else 2**31 - 1

    def step(self, x) -> np.ndarray:
        """Outputs (n_outputs,) of the next step, for inputs x (n_inputs,).

        Raises
        ------
        DataError
            A wrong shape, or an input that is not finite; the state stays as it was.
        """
        given = x if type(x) is np.ndarray else self._checked(x)
        if given.shape != self._x.shape or given.dtype.kind not in "fiub":
            given = self._checked(given)
        self._x[:] = given
        self._kernel(self._address, None, 0)
        if self._status[0] == BAD_INPUT:
            raise self._bad_input(self._x[None])
        return self._outputs(self._out)[0].copy()

    def _outputs(self, out) -> np.ndarray:
        """The outputs of some steps; SettleError where one has not settled (see `told_rows`)."""
        n = self.network.n_outputs
        settle = self.network.settle
        if settle is not None and self.checks and np.isnan(out[:, n:]).any():
            raise SettleError(
                f"a step did not settle within {settle.steps} sweeps, and what is remembered is not finite now: "
                "reset, or put a state back; wildwire.run names the neuron"
            )
        return out[:, :n]

    def _checked(self, x) -> np.ndarray:
        given = real_numbers(x, self._dtype, "x")
        if given.shape == self._x.shape:
            return given
        if self._x.shape == (1,) and given.size == 1:
            return given.reshape(1)
        raise DataError(
            f"x has shape {given.shape}; this network has {self._x.size} inputs, so it must be "
            f"({self._x.size},)"
        )

    def run(self, X) -> np.ndarray:
        """Outputs (n_steps, n_outputs) of the next steps, for inputs X (n_steps, n_inputs).

        Raises
        ------
        DataError
            A wrong shape, or an input that is not finite, with its step; the state stays as it was.
        """
        X = np.ascontiguousarray(real_numbers(X, self._dtype, "X"))
        if X.ndim == 1 and self.network.n_inputs == 1:
            X = X.reshape(-1, 1)
        if X.ndim != 2 or X.shape[1] != self.network.n_inputs:
            raise DataError(
                f"X has shape {X.shape}; it must be (n_steps, {self.network.n_inputs})"
            )
        bound = self._bound
        out = np.empty((len(X), self._out.shape[1]), self._dtype)
        bound.put(at.X, X)
        bound.put(at.OUT, out)
        self._plan[p.STEPS] = len(X)
        try:
            self._kernel(self._address, None, 0)
        finally:
            self._plan[p.STEPS] = 1
            bound.put(at.X, self._x)
            bound.put(at.OUT, self._out)
        if self._status[0] == BAD_INPUT:
            raise self._bad_input(X)
        return self._outputs(out)

    def _bad_input(self, X) -> DataError:
        step, column = np.argwhere(~np.isfinite(X))[0]
        name = self.network.names[column]
        return DataError(
            f"input {name} is {X[step, column]} in step {step} (from 0): the network's memory stays as it was"
        )

    def reset(self) -> None:
        """Back to before the first step: the start values."""
        delays = self.n_delays
        self._status[1] = delays
        self._work[:delays] = 0
        plan, weights = self._plan, self._bound.weights
        for i in range(plan[p.PASTS]):
            row, place = plan[plan[p.PAST_TABLE] + i * p.PAST_WIDTH :][: p.PAST_WIDTH]
            self._work[:delays, row] = weights[place]

    @property
    def state(self) -> np.ndarray:
        """The memory, (n_delays, n_nodes): what inputs and neurons (in `network.names`) were, the last step last.

        An array of its own, to be kept, saved with `numpy.save`, and put back.
        """
        end = int(self._status[1])
        return self._work[end - self.n_delays : end, self._rows]

    @state.setter
    def state(self, values) -> None:
        values = real_numbers(values, self._dtype, "state")
        wanted = (self.n_delays, len(self._rows))
        if values.shape != wanted:
            raise SettingError(
                f"state has shape {values.shape}; this network's is {wanted}"
            )
        if not np.isfinite(values).all():
            raise DataError("state holds a number that is not finite")
        self._status[1] = self.n_delays
        self._work[: self.n_delays, self._rows] = values
