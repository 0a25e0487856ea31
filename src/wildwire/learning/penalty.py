"""Penalties on weights as functions of theta: value, slope and curvature.

Comes in: a network, l2 and the formula of a penalty, as the user wrote them. Goes out: numbers in theta's order.
Called by `objective.py`; first-order rules have the same penalties inside the engine.
"""

import numpy as np

from wildwire.learning.settings import checked_number, checked_penalty

__all__ = ["Penalty", "link_weights"]


class Penalty:
    """l2/2 * sum w**2 plus the sum of a formula of w, over the weights of links.

    Parameters
    ----------
    network : Network
    l2 : float
    penalty : str, Function or None

    Attributes
    ----------
    l2 : float
    formula : Function or None
    """

    def __init__(self, network, l2: float = 0.0, penalty=None):
        weights = link_weights(network)
        self.l2 = checked_number("l2", l2)
        self.formula = checked_penalty(penalty)
        self._decay = self.l2 * weights
        self._links = np.flatnonzero(weights)

    @property
    def is_none(self) -> bool:
        """Whether nothing is penalised."""
        return self.l2 == 0 and self.formula is None

    def values(self, thetas: np.ndarray) -> np.ndarray:
        """The penalty of each row of `thetas` (m, n_theta); (m,)."""
        found = np.zeros(len(thetas))
        if self.l2 != 0:
            # Not without l2: the square of a huge number times 0 is no number.
            with np.errstate(over="ignore", invalid="ignore"):
                # A sum for each row: a matrix product has other bits for other numbers of rows.
                found += (0.5 * thetas * thetas * self._decay).sum(axis=1)
        if self.formula is not None:
            weights = thetas[:, self._links]
            found += self.formula.evaluate(1, [weights])[0].sum(axis=-1)
        return found

    def value_and_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and slopes (n_theta,)."""
        slope = self._decay * theta
        value = 0.5 * float(slope @ theta)
        if self.formula is not None:
            amount, own = self.formula.evaluate(1, [theta[self._links]])
            value += float(amount.sum())
            slope[self._links] += own
        return value, slope

    def curvature(self, theta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Value, slopes and the diagonal of second derivatives, (n_theta,) each."""
        value, slope = self.value_and_gradient(theta)
        bend = self._decay.copy()
        if self.formula is not None:
            bend[self._links] += self.formula.evaluate(2, [theta[self._links]])[2]
        return value, slope, bend


def link_weights(network) -> np.ndarray:
    """1.0 where a number of theta is the weight of a link, 0.0 for biases and parameters; (n_theta,)."""
    mask = np.zeros(network.n_theta)
    slots = network.link_slot
    mask[slots[slots >= 0]] = 1.0
    return mask
