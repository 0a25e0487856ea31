"""The objective: what a network loses on given rows, as a smooth function of theta.

Comes in: a network, rows, a loss, an L2 penalty. Goes out: value and gradient in float64, in the form that
optimisers of other libraries expect. It hides the network: whoever minimises it sees vectors only.

The epoch kernel does not go through here: `fit` walks through mini-batches inside the engine.
"""

from dataclasses import dataclass, field

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.data import Rows, as_rows
from wildwire.learning.settings import checked_number

__all__ = ["Objective", "objective"]


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """Loss plus penalty over fixed rows as a function of theta; made by `objective`.

    Attributes
    ----------
    bounds : ndarray of shape (n_theta, 2)
        Lowest and highest allowed number; infinite where the network states none.
    """

    network: object
    rows: Rows
    loss: object
    gradient_of: str
    l2: float
    bounds: np.ndarray
    _weights: np.ndarray = field(repr=False)

    @property
    def n_theta(self) -> int:
        """Length of the vectors."""
        return self.network.n_theta

    def value_and_gradient(self, theta) -> tuple[float, np.ndarray]:
        """Value and gradient at `theta` (n_theta,); one forward and one backward pass over all rows.

        Pass it as `scipy.optimize.minimize(objective.value_and_gradient, theta, jac=True)`.
        """
        from wildwire.engine.evaluate import loss_and_gradient

        theta = np.asarray(theta, dtype=np.float64)
        value, gradient = loss_and_gradient(
            self.network, theta, self.rows.X, self.rows.Y, loss=self.loss,
            gradient=self.gradient_of, sample_weight=self.rows.weight,
        )  # fmt: skip
        shrunk = self.l2 * self._weights * theta
        return value + 0.5 * float(shrunk @ theta), gradient + shrunk

    def value(self, theta) -> float:
        """Loss plus penalty at `theta`."""
        return self.value_and_gradient(theta)[0]

    def gradient(self, theta) -> np.ndarray:
        """Gradient at `theta`, float64 (n_theta,)."""
        return self.value_and_gradient(theta)[1]


def objective(
    network, X, Y, *, loss="squared", sample_weight=None, gradient="mean", l2=0.0
) -> Objective:
    """The objective of a network on rows.

    Parameters
    ----------
    network : Network
    X, Y : array_like
        Rows, as for `fit`.
    loss : str or Function
    sample_weight : array_like of shape (n,), optional
    gradient : "mean" or "sum"
        Over rows, for both value and gradient.
    l2 : float
        Penalty l2/2 * sum w**2 on the weights of links, not on biases.

    Raises
    ------
    DataError, SettingError
        As `fit`.
    """
    from wildwire.engine.machine import resolve_loss

    if gradient not in ("mean", "sum"):
        raise SettingError(f"gradient must be 'mean' or 'sum', not {gradient!r}")
    rows = as_rows(network, X, Y, sample_weight)
    bounds = np.tile([-np.inf, np.inf], (network.n_theta, 1))
    if network.bounds is not None:
        bounds = np.where(np.isnan(network.bounds), bounds, network.bounds)
    return Objective(
        network, rows, resolve_loss(loss), gradient, checked_number("l2", l2), bounds,
        link_weights(network),
    )  # fmt: skip


def link_weights(network) -> np.ndarray:
    """1.0 where a number of theta is the weight of a link, 0.0 for biases and parameters; (n_theta,)."""
    mask = np.zeros(network.n_theta)
    slots = network.link_slot
    mask[slots[slots >= 0]] = 1.0
    return mask
