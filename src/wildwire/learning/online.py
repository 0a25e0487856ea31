"""Learning while the data come: real-time recurrent learning, one step at a time.

Comes in: a network with memory, theta, inputs and targets step by step. Goes out: outputs, and theta after every step.
Called by users (`ww.learning.Online`).

Back-propagation through time needs the whole past of a sequence; forward mode carries the derivatives along instead:
O(links * n_theta) a step, and a memory that does not grow. Use it for streams and small networks; `fit` is faster for
sequences that are there as a whole.
"""

import numpy as np

from wildwire.engine.checks import check_theta, real_numbers
from wildwire.engine.machine import dtype_of
from wildwire.engine.output_losses import output_losses
from wildwire.engine.settling import check_gradient
from wildwire.engine.tangent import Tangent
from wildwire.errors import DataError, SettleError
from wildwire.learning.settings import check_network, checked_number

__all__ = ["Online"]


class Online:
    """A network that learns at every step that has a target.

    Parameters
    ----------
    network : Network
    theta : array_like of shape (n_theta,)
    loss : str, Function, list or dict
        As for `fit`.
    rate : float
        theta <- theta - rate * dE/dtheta after every step with a target; may be set between steps.
    dtype : "float64" or "float32"

    Attributes
    ----------
    theta : ndarray of shape (n_theta,)
        The present numbers.
    gradient : ndarray of shape (n_theta,)
        That of the last step; bounds of the network are kept by clipping.
    rate : float

    Notes
    -----
    Williams and Zipser (1989), equations 5 and 6: exact as the rate goes to 0; the carried derivatives belong to the
    numbers that theta has had.

    Examples
    --------
    >>> import wildwire as ww
    >>> network = ww.parse("input x\\nm = 0.1*m@1 + [1]*x\\noutput m")
    >>> online = ww.learning.Online(network, network.initial(0), rate=0.1)
    >>> truth = 0.0
    >>> for t in range(300):
    ...     x = float(t % 3 == 0)
    ...     truth = 0.7*truth + x
    ...     y = online.step([x], truth)
    >>> round(float(online.theta[0]), 3)
    0.7
    """

    def __init__(self, network, theta, *, loss="squared", rate=0.01, dtype="float64"):
        check_network(network)
        self.network = network
        self._dtype = dtype_of(dtype)
        self._losses = output_losses(loss, network)
        self.rate = checked_number("rate", rate)
        self.theta = check_theta(network, theta).copy()
        self.gradient = np.zeros(network.n_theta)
        self._tangent = Tangent(network, self.theta, self._dtype)

    def reset(self) -> None:
        """Forget the sequence, not what was learnt."""
        self._tangent.reset()

    def step(self, x, target=None) -> np.ndarray:
        """Outputs (n_outputs,) for inputs x (n_inputs,); learns from `target` (n_outputs,), of which NaN is none.

        Raises
        ------
        DataError
            Shapes, or an input that is not finite; neither state nor theta has changed then.
        SettleError
            A network that settles does not; theta has not changed.
        """
        x = np.atleast_1d(real_numbers(x, np.float64, "x"))
        if x.shape != (self.network.n_inputs,):
            raise DataError(
                f"x has shape {x.shape}; it must be ({self.network.n_inputs},)"
            )
        if not np.isfinite(x).all():
            column = int(np.argmax(~np.isfinite(x)))
            raise DataError(f"input {self.network.names[column]} is {x[column]}")
        wanted = None if target is None else self._target(target)
        values, moved = self._tangent.run(x[None])
        if not self._tangent.has_settled:
            raise SettleError(
                "the step does not settle, and what is remembered is not finite now: reset(); "
                "wildwire.run names the neuron"
            )
        if wanted is not None:
            self._learn(values[0].astype(float), moved[0].astype(float), wanted)
        return values[0]

    def _target(self, target) -> np.ndarray:
        wanted = np.atleast_1d(real_numbers(target, np.float64, "target"))
        if wanted.shape != (self.network.n_outputs,):
            raise DataError(
                f"target has shape {wanted.shape}; it must be ({self.network.n_outputs},)"
            )
        return wanted

    @staticmethod
    def _slope(loss, out, wanted) -> float:
        """dE/do of one output."""
        numbers = [np.full(1, float(default)) for _, default in loss.parameters]
        return float(loss.evaluate(1, [out, wanted], numbers)[1][0])

    def _learn(self, out, moved, wanted) -> None:
        self.gradient = np.zeros(self.network.n_theta)
        for q, loss in enumerate(self._losses.functions):
            if np.isnan(wanted[q]):
                continue
            if loss.name == "softmax":
                slope = -wanted[q] / max(out[q], np.finfo(float).tiny)
            else:
                slope = self._slope(loss, out[q : q + 1], wanted[q : q + 1])
            self.gradient += self._losses.weights[q] * slope * moved[q]
        check_gradient(self.network, self.gradient)
        theta = self.theta - self.rate * self.gradient
        if self.network.bounds is not None:
            theta = np.clip(theta, *self.network.bounds.T)
        if not np.isfinite(theta).all():
            name = self.network.theta_names[int(np.argmax(~np.isfinite(theta)))]
            raise DataError(
                f"the step would make {name!r} not finite, and was not taken: lower the rate, {self.rate}"
            )
        self.theta = theta
        self._tangent.take(theta)
