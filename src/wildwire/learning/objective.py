"""The objective: what a network loses on given rows, as a smooth function of theta.

Comes in: a network, rows, a loss, penalties. Goes out: value and gradient in float64, in the form that
optimisers of other libraries expect. It hides the network: whoever minimises it sees vectors only.

The epoch kernel does not go through here: `fit` walks through mini-batches inside the engine.
"""

import numpy as np

from wildwire.engine.memory import read_memory
from wildwire.errors import SettingError
from wildwire.learning.data import as_samples
from wildwire.learning.settings import check_network, checked_number, checked_penalty

__all__ = ["Objective", "link_weights"]


class Objective:
    """Loss plus penalty over fixed rows, as a function of theta.

    Parameters
    ----------
    network : Network
    X, Y : array_like
        Rows, as for `fit`.
    loss : str, Function, list or dict
        As for `fit`.
    sample_weight : array_like of shape (n,), optional
    gradient : "mean" or "sum"
        Over rows, for both value and gradient.
    l2 : float
        Penalty l2/2 * sum w**2 on the weights of links, not on biases.
    penalty : str or Function, optional
        A formula of the weight w of a link, added likewise; see `fit`.
    warm_up, truncate, feedback
        Of sequences; see `fit`.

    Attributes
    ----------
    n_theta : int
        Length of the vectors.
    bounds : ndarray of shape (n_theta, 2)
        Lowest and highest allowed number; infinite where the network states none.

    Raises
    ------
    DataError, SettingError
        As `fit`.
    """

    def __init__(
        self,
        network,
        X,
        Y,
        *,
        loss="squared",
        sample_weight=None,
        gradient: str = "mean",
        l2: float = 0.0,
        penalty=None,
        warm_up: int = 0,
        truncate: int | None = None,
        feedback=None,
    ):
        from wildwire.engine.output_losses import output_losses

        check_network(network)
        if gradient not in ("mean", "sum"):
            raise SettingError(f"gradient must be 'mean' or 'sum', not {gradient!r}")
        self.network = network
        self.n_theta = network.n_theta
        memory = read_memory(warm_up, truncate, feedback)
        self._rows = as_samples(network, X, Y, sample_weight, memory)
        self._loss = output_losses(loss, network)
        self._rows.check_loss(self._loss, network, "")
        self._gradient = gradient
        self._decay = checked_number("l2", l2) * link_weights(network)
        self._penalty = checked_penalty(penalty)
        self._links = np.flatnonzero(link_weights(network))

    @property
    def bounds(self) -> np.ndarray:
        free = np.tile([-np.inf, np.inf], (self.n_theta, 1))
        stated = self.network.bounds
        return free if stated is None else np.where(np.isnan(stated), free, stated)

    def value_and_gradient(self, theta) -> tuple[float, np.ndarray]:
        """Value and gradient at `theta` (n_theta,); one forward and one backward pass over all rows.

        For SciPy: `minimize(objective.value_and_gradient, theta, jac=True, method="L-BFGS-B")`.
        """
        from wildwire.engine.evaluate import loss_and_gradient

        theta = np.asarray(theta, dtype=np.float64)
        (X, Y, weight), memory = self._rows.samples, self._rows.memory
        value, gradient = loss_and_gradient(
            self.network, theta, X, Y, loss=self._loss, gradient=self._gradient,
            sample_weight=weight, warm_up=memory.warm_up, truncate=memory.truncate,
            feedback=dict(memory.feedback),
        )  # fmt: skip
        shrunk = self._decay * theta
        value, gradient = value + 0.5 * float(shrunk @ theta), gradient + shrunk
        if self._penalty is not None:
            amount, slope = self._penalty.evaluate(1, [theta[self._links]])
            value += float(amount.sum())
            gradient[self._links] += slope
        return value, gradient

    def value(self, theta) -> float:
        """Loss plus penalty at `theta`."""
        return self.value_and_gradient(theta)[0]

    def gradient(self, theta) -> np.ndarray:
        """Gradient at `theta`, float64 (n_theta,)."""
        return self.value_and_gradient(theta)[1]


def link_weights(network) -> np.ndarray:
    """1.0 where a number of theta is the weight of a link, 0.0 for biases and parameters; (n_theta,)."""
    mask = np.zeros(network.n_theta)
    slots = network.link_slot
    mask[slots[slots >= 0]] = 1.0
    return mask
