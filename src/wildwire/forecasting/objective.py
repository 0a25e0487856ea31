"""What is minimised: errors one step ahead, then errors over the whole horizon in closed loop.

Comes in: a network, a series, rows that may be learnt from. Goes out: `Objective`, loss and gradient of theta. Called
by `plan.py`, and by `choosing.py` and `training.py` for how many values come before the first that counts.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from wildwire.forecasting.closed_loop import inputs_of
from wildwire.forecasting.memory import Loop
from wildwire.forecasting.series import Series
from wildwire.learning.objective import link_weights
from wildwire.network import Network

WINDOWS = 200
"""Closed-loop windows, at most."""
ENDLESS = 40
"""Steps that a network with a state, which looks back for ever, runs before its errors count; fewer in short series."""


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Pieces of a series as sequences of equal length.

    Parameters
    ----------
    X : ndarray, shape (sequences, steps, n_inputs)
    Y : ndarray, shape (sequences, steps, 1)
    weight : ndarray, shape (sequences, steps)
        0 where a step stands in an earlier sequence, too.
    warm_up : int
        Steps at the beginning of each that have no loss.
    feedback : dict or None
    """

    X: np.ndarray
    Y: np.ndarray
    weight: np.ndarray
    warm_up: int
    feedback: dict[str, str] | None


def context_of(loop: Loop, n: int) -> int:
    """Steps before the first that has a loss."""
    return loop.depth if loop.depth is not None else max(1, min(ENDLESS, n // 4))


def taught(network: Network, loop: Loop, series: Series) -> Windows:
    """Windows in which every step reads true values: errors one step ahead.

    Each value behind the first ones is the target once. Networks with a state read the series as one sequence.
    """
    n, context = len(series), context_of(loop, len(series))
    rows = inputs_of(network, loop, series)[:n]
    length = n - context
    if loop.depth is not None:
        length = min(length, max(16, 4 * context))
    starts = np.append(np.arange(0, n - context - length, length), n - context - length)
    steps = starts[:, None] + np.arange(context + length)
    weight = np.ones(steps.shape)
    weight[:, :context] = 0
    # The last window ends where the series does, and overlaps the one before.
    if len(starts) > 1:
        again = starts[-2] + context + length - starts[-1]
        weight[-1, :again] = 0
    return Windows(rows[steps], series.y[steps][..., None], weight, context, None)


def looped(network: Network, loop: Loop, series: Series, horizon: int) -> Windows:
    """Windows that go on in closed loop for a whole horizon, from evenly spaced origins."""
    n, context = len(series), context_of(loop, len(series))
    rows = inputs_of(network, loop, series)[:n]
    count = min(n - context - horizon + 1, WINDOWS)
    origins = np.unique(np.linspace(context, n - horizon, count).astype(np.int64))
    steps = origins[:, None] + np.arange(-context, horizon)
    weight = np.ones(steps.shape)
    weight[:, :context] = 0
    return Windows(
        rows[steps], series.y[steps][..., None], weight, context, loop.feedback
    )


def unit_of(network: Network, loss: Any, y: np.ndarray) -> float:
    """What a loss is measured in: twice that of an error of one standard deviation.

    Of squared errors, whose loss is half their square, it is the variance. So a penalty means the same whatever the
    loss and the unit of the series. Where a loss has no finite value above 0 there, it is 1.
    """
    from wildwire.engine.output_losses import output_losses

    mean, spread = float(y.mean()), float(y.std()) or 1.0
    if loss == "squared":
        return spread**2
    losses = output_losses(loss, network)
    function, weight = losses.functions[0], losses.weights[0]
    places = [np.array([mean + spread]), np.array([mean])]
    unit = 2 * weight * float(function.evaluate(0, places, function.defaults)[0, 0])
    return unit if np.isfinite(unit) and unit > 0 else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """Mean loss of some windows in units of the series (`unit_of`), and l2/2 times the squared weights.

    Parameters
    ----------
    network : Network
    windows : Windows
    loss : str or Function
    unit : float
        What losses are divided by.
    l2 : float
    penalised : ndarray of bool, shape (n_theta,)
    """

    network: Network
    windows: Windows
    loss: Any
    unit: float
    l2: float
    penalised: np.ndarray

    @classmethod
    def of(
        cls,
        network: Network,
        windows: Windows,
        loss: Any,
        y: np.ndarray,
        l2: float,
    ) -> Self:
        """In the unit of the values y; the weights of links are penalised, not biases."""
        penalised = link_weights(network) > 0
        return cls(network, windows, loss, unit_of(network, loss, y), l2, penalised)

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Loss and gradient; (inf, zeros) where a closed loop has grown without bound."""
        from wildwire.engine.evaluate import loss_and_gradient

        windows = self.windows
        value, slope = loss_and_gradient(
            self.network,
            theta,
            windows.X,
            windows.Y,
            loss=self.loss,
            sample_weight=windows.weight,
            warm_up=windows.warm_up,
            feedback=windows.feedback,
        )
        weights = np.where(self.penalised, theta, 0.0)
        value = float(value) / self.unit + self.l2 / 2 * float(weights @ weights)
        slope = np.asarray(slope) / self.unit + self.l2 * weights
        if not np.isfinite(value) or not np.all(np.isfinite(slope)):
            return np.inf, np.zeros(len(theta))
        return value, slope
