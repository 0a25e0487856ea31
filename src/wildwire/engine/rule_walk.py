"""A local rule bound to a network and its rows: an epoch is one call.

Comes in: a network, the formula of a rule, rows, which neurons may change. Goes out: theta after an epoch, or an error
that names row and neuron. Called by `learning/rule_course.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wildwire.engine.blas import is_needed, one_thread
from wildwire.engine.bound import function_addresses
from wildwire.engine.emitter import LANES_32
from wildwire.engine.machine import aligned_zeros, guard_size, work_size
from wildwire.engine.mapping import spread
from wildwire.engine.rule_kernel import (
    AT_ITEM,
    AT_NEURON,
    AT_ROW,
    CHANGE,
    CODE,
    COUNT,
    DONE,
    ERROR,
    FIRST,
    LEAST_OF,
    LINK,
    MEAN_OF,
    MOST_OF,
    MOVED,
    NEGATIVE,
    OUTPUT,
    PRODUCT_OF,
    RATE,
    SLOPE,
    SLOT,
    SOURCE,
    STEP,
    SUM,
    SUM_OF,
    TARGET,
    WEIGHT,
    apply,
    walk,
)
from wildwire.engine.rule_plan import RulePlan, plan_rule
from wildwire.errors import SettingError
from wildwire.functions import native

__all__ = ["BY", "RuleWalk", "Walked"]

SIGNAL = {
    "w": WEIGHT, "x": SOURCE, "y": OUTPUT, "z": SUM, "slope": SLOPE, "e": ERROR,
    "t": TARGET, "n": STEP, "d": CHANGE,
}  # fmt: skip
STAGE = {
    "sum": SUM_OF, "prod": PRODUCT_OF, "mean": MEAN_OF, "min": LEAST_OF, "max": MOST_OF,
    "rate": RATE,
}  # fmt: skip
BY = {"weight": 1, "output": 2, "slope": 4}
"""What errors can be shared by."""

SLICE = 2_000_000
"""Numbers times rows of one call of the kernel: some 20 ms."""
TABLE = 2**16
"""Entries of one row of the table of arguments."""


@dataclass(frozen=True, slots=True)
class Walked:
    """What an epoch has come to.

    Attributes
    ----------
    theta, last : ndarray (n_theta,)
        Where it ends, and the change of each number at its last step.
    moved : bool
        Whether any number has changed on the way.
    steps : int
        Changes made.
    broken : int or None
        The number of theta that is not finite any more; theta is then that before.
    """

    theta: np.ndarray
    last: np.ndarray
    moved: bool
    steps: int
    broken: int | None = None


class RuleWalk:
    """A rule ready to run.

    Parameters
    ----------
    network : Network
    formula : RuleFormula
    X, Y : float64 arrays (n, n_inputs), (n, n_outputs)
    weight : float64 array (n,) or None
        Multiplies the changes; rows of weight 0 are passed over.
    bounds : float64 array (n_theta, 2)
    neurons : sequence of str or None
    by : sequence of str
        What errors are shared back by, of `BY`; empty: they are not.
    online : bool
        A step for every row; else one for all rows together, whose changes are added up.

    Raises
    ------
    UnsupportedError, SettingError
        As `plan_rule`.
    """

    def __init__(
        self, network, formula, X, Y, weight, bounds, *, neurons=None, by=(), online=True
    ):  # fmt: skip
        self.network, self.formula, self.online = network, formula, online
        self.plan = plan = plan_rule(network, formula, neurons, bool(by))
        self._by = sum(BY[word] for word in set(by))
        self._low, self._high = np.ascontiguousarray(bounds.T)
        weight = np.ones(len(X)) if weight is None else weight
        self.rows = np.flatnonzero(weight > 0)
        most = int(plan.neurons[:, COUNT].max(initial=1))
        self._size = 1 if online else max(1, min(LANES_32, TABLE // most))
        self._data = (
            np.ascontiguousarray(X, np.float64).ravel(),
            np.ascontiguousarray(Y, np.float64).ravel(),
            np.ascontiguousarray(weight, np.float64),
        )
        self._bind(plan, most * self._size)
        functions = [*(stage.function for stage in formula.stages), formula.function]
        self._rule = (
            np.array([SIGNAL[name] for name in formula.signals], np.int64),
            np.array([STAGE[stage.kind] for stage in formula.stages], np.int64),
            np.array([native.address(f, 0) for f in functions], np.int64),
            np.array([*formula.numbers, 0.0]),
        )

    def _bind(self, plan: RulePlan, length: int) -> None:
        program, real = plan.program, np.dtype(np.float64)
        self._program = (
            program.plan.copy(), function_addresses(program, real, LANES_32, 1),
            aligned_zeros(program.n_weights, real),
            aligned_zeros(work_size(program, LANES_32, 0), real),
            np.zeros(guard_size(program), np.int64),
        )  # fmt: skip
        cells = program.n_rows * LANES_32
        n_arguments = len(self.formula.signals) + len(self.formula.stages)
        self._scratch = (
            np.zeros(n_arguments * length), np.zeros(length), np.zeros(cells), np.zeros(cells),
            np.zeros(cells if "z" in self.formula.signals else 1),
            np.zeros(program.n_weights + 1), np.zeros(1, np.int64),
        )  # fmt: skip
        self._tables = (
            plan.neurons, plan.items, plan.outputs, plan.slots, plan.places,
        )  # fmt: skip
        self._blame = (plan.shared, plan.links)
        self._slice = max(self._size, SLICE // max(1, plan.items.shape[1]))
        self._slice -= self._slice % self._size

    def epoch(
        self,
        theta: np.ndarray,
        last: np.ndarray,
        order: np.ndarray,
        step: int,
        pause: Callable[[], None],
    ) -> Walked:
        """Go through all rows once.

        Parameters
        ----------
        theta, last : float64 arrays (n_theta,)
            Not changed.
        order : int64 array
            The rows, a permutation of `rows`.
        step : int
            Number of the first step, from 1.
        pause : callable
            Called from time to time; may raise.

        Raises
        ------
        SettingError
            A rate that is negative or no number.
        """
        weights = self._program[2]
        weights[:] = spread(self.plan.program, theta)
        state = (theta.copy(), self._low, self._high, last.copy(), np.zeros(len(theta)))
        status = np.zeros(8, np.int64)
        rows, steps = (*self._data, order), 0
        with one_thread(is_needed(self.plan.program, LANES_32)):
            for start in range(0, len(order), self._slice):
                stop = min(start + self._slice, len(order))
                walk(
                    self._program, rows, self._tables, self._rule, self._blame, self._by,
                    self._scratch, state, start, stop, self._size, self.online,
                    step + steps, status,
                )  # fmt: skip
                steps += stop - start if self.online else 0
                if status[CODE] != DONE:
                    break
                pause()
        if status[CODE] == DONE and not self.online:
            apply(self._tables, state, weights, status)
            steps = 1
        if status[CODE] == NEGATIVE:
            raise SettingError(self._told_rate(status, order))
        if status[CODE] != DONE:
            return Walked(theta, last, False, steps, int(status[AT_ITEM]))
        return Walked(state[0], state[3], bool(status[MOVED]), steps)

    def _told_rate(self, status, order) -> str:
        """`rate alpha(e, x) is -0.2 at e=1, x=(0, 1)`, from what the kernel left in its tables."""
        args, values = self._scratch[:2]
        signals, stride = self.formula.signals, len(values)
        neuron = self.plan.neurons[status[AT_NEURON]]
        first = int(status[AT_ROW]) // self._size * self._size
        count = min(self._size, len(order) - first)
        item = int(status[AT_ITEM])
        c, many = item % count, int(neuron[COUNT]) * count
        table = args.reshape(-1, stride)[:, :many].reshape(
            -1, int(neuron[COUNT]), count
        )
        items = self.plan.items[:, neuron[FIRST] :][:, : neuron[COUNT]]
        links = sorted(np.flatnonzero(items[LINK]), key=lambda k: items[SLOT, k])
        error = table[signals.index("e"), item // count, c]
        x = table[signals.index("x"), links, c]
        number = self.network.theta_names[items[SLOT, item // count]]
        return (
            f"rate alpha(e, x) is {values[item]:.6g} at e={error:.6g}, x=({', '.join(f'{v:.6g}' for v in x)}), "
            f"row {order[status[AT_ROW]]}, for {number!r}: a rate must not be negative"
        )
