"""Ant colonies over real numbers: an archive of good solutions is the trail.

Comes in: an objective. Goes out: the best solution. Named by `learners.py`; `max_min_ants.py` has the colony over
intervals.

ACO_R (Socha & Dorigo 2008). The archive holds k solutions, the best first. An ant picks solution l with a probability
in proportion to

    w_l = exp(-(l - 1)^2 / (2 q^2 k^2)) / (q k sqrt(2 pi))                          (eq. 12)

and draws each number i from a normal distribution around s_l^i, whose standard deviation is

    sigma_l^i = xi sum_e |s_e^i - s_l^i| / (k - 1)                                  (eq. 13)

The k best of archive and ants are the next archive.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from wildwire.learning.population.search import (
    TINY,
    RefiningLearner,
    Search,
    check_search,
)
from wildwire.learning.stopping import Reason

if TYPE_CHECKING:
    from wildwire.learning.objective import Objective

__all__ = ["AntColony", "archive_weights", "deviations"]


@dataclass(frozen=True, slots=True)
class AntColony(RefiningLearner):
    """Ant colony over real numbers (ACO_R, Socha & Dorigo 2008); with `refine` the hybrid ACO-BP.

    Parameters
    ----------
    archive : int
        k, solutions that are remembered; 2 or more.
    ants : int
        Solutions made in a step.
    q : float
        Above 0: small, and ants follow the best solutions only; large, and all alike.
    xi : float
        Above 0: how far ants stray, like evaporation; small converges fast.
    evaluations, spread, low, high
        See `PopulationLearner`.
    refine, refine_steps, refine_share
        See `RefiningLearner`: back-propagation for each ant is ACO-BP (Mavrovouniotis & Yang 2015).
    """

    archive: int = 30
    ants: int = 5
    q: float = 0.1
    xi: float = 0.85

    default_epochs: ClassVar[int] = 500

    def __post_init__(self):
        check_search(
            self, {"archive": 2, "ants": 1}, q=(1e-9, math.inf), xi=(TINY, math.inf)
        )

    def begin(
        self, objective: "Objective", theta: np.ndarray, random: np.random.Generator
    ) -> "_Course":
        return _Course(self, objective, theta, random)


def archive_weights(k: int, q: float) -> np.ndarray:
    """w_l of the k solutions of an archive, the best first; eq. (12)."""
    rank = np.arange(k)
    return np.exp(-(rank**2) / (2 * q * q * k * k)) / (q * k * math.sqrt(2 * math.pi))


def deviations(archive: np.ndarray, chosen: np.ndarray, xi: float) -> np.ndarray:
    """sigma of each number around the `chosen` solutions of an archive (k, n), (chosen, n); eq. (13)."""
    distance = np.abs(archive[None] - archive[chosen][:, None]).sum(axis=1)
    return xi * distance / (len(archive) - 1)


class _Course(Search):
    learner: AntColony
    arrays: ClassVar[tuple[str, ...]] = (*Search.arrays, "archive", "archive_values")

    def __init__(self, learner, objective, theta, random):
        super().__init__(learner, objective, theta, random)
        self.archive: np.ndarray | None = None
        self.archive_values: np.ndarray | None = None
        weights = archive_weights(learner.archive, learner.q)
        self._chances = weights / weights.sum()

    def advance(self) -> None:
        learner = self.learner
        if self.archive is None or self.archive_values is None:
            points, values = self.first_points(learner.archive)
            self._remember(*self.refined(points, values))
            return
        chosen = self.random.choice(learner.archive, learner.ants, p=self._chances)
        sigma = deviations(self.archive, chosen, learner.xi)
        ants = self.archive[chosen] + sigma * self.random.standard_normal(sigma.shape)
        ants = self.box.folded(ants)
        ants, values = self.refined(ants, self.values(ants))
        self._remember(
            np.concatenate((self.archive, ants)),
            np.concatenate((self.archive_values, values)),
        )
        if self.has_collapsed(self.archive, self.archive_values):
            self.reason = Reason.CONVERGED

    def _remember(self, points: np.ndarray, values: np.ndarray) -> None:
        best = np.argsort(values, kind="stable")[: self.learner.archive]
        self.archive, self.archive_values = points[best], values[best]
