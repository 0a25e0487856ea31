"""What a fit returns, and what its callbacks see.

Comes in: the end of a run, or of one epoch. Goes out: plain values for the user. Made by `learning/loop.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wildwire.learning.stopping import Reason

__all__ = ["Progress", "Result"]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The end of a fit.

    Attributes
    ----------
    theta : ndarray of float64, shape (n_theta,)
        The learnt numbers in the order of `network.theta_names`: with validation rows those of the lowest validation
        loss; after a divergence or an interruption the best seen; otherwise the last.
    reason : Reason
        Why the run ended; also a string, so `result.reason == "early stop"`.
    message : str
        The same as a sentence, with advice, active guards and, after a divergence, the place.
    history : dict of ndarray
        One entry per finished epoch: "loss" is the mean, over the epoch's rows and before each step's update, of
        the loss summed over outputs; "validation" the same after the epoch on the validation rows; and every name
        of `history_of` after the epoch. Penalties are not in it.
    seconds : float
        Time spent, all resumed parts together.
    epochs, steps : int
        Finished epochs and updates made.
    best_epoch : int
        How many epochs had been run when the lowest validation loss (without validation rows: training loss) was
        seen.
    alive : ndarray of bool, shape (n_theta,)
        False for links that the L1 penalty has removed; their weight is 0.
    guards : dict of str to int
        For every neuron with a guard (1/z near 0, log, sqrt): in how many training rows it was active at `theta`.
        `message` names those that were.
    details : dict
        What the learner has to tell besides: "losses" of restarts, "effective numbers" of a Bayesian fit, ...
    evaluations, gradients : int
        Of learners that see an objective: values and gradients asked for (products of curvature with a vector count
        as gradients). 0 for first-order rules, whose steps go through batches.
    """

    theta: np.ndarray
    reason: Reason
    message: str
    history: dict[str, np.ndarray]
    seconds: float
    epochs: int
    steps: int
    best_epoch: int
    alive: np.ndarray
    guards: dict[str, int] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    evaluations: int = 0
    gradients: int = 0

    def __repr__(self) -> str:
        told = [f"{self.reason.value} after {self.epochs} epochs, {self.seconds:.3g} s"]
        for name in ("loss", "validation"):
            if len(self.history.get(name, ())):
                told.append(f"{name} {self.history[name][-1]:.6g}")
        return f"Result({', '.join(told)})"


@dataclass(frozen=True, slots=True)
class Progress:
    """What a callback sees at the end of an epoch.

    Attributes
    ----------
    epoch : int
        Epochs finished.
    epochs : int
        Epochs asked for.
    loss : float
        Mean training loss of the epoch.
    validation : float or None
        Loss on the validation rows after the epoch.
    best : float
        Lowest validation loss (without validation rows: training loss) so far.
    seconds : float
        Time spent.
    """

    epoch: int
    epochs: int
    loss: float
    validation: float | None
    best: float
    seconds: float
    _theta: Callable[[], np.ndarray] = field(repr=False)

    @property
    def theta(self) -> np.ndarray:
        """The numbers after this epoch, float64 (n_theta,); a copy."""
        return self._theta()
