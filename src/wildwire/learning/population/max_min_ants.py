"""Ant colonies over intervals: a trail for each interval of each number, within limits.

Comes in: an objective. Goes out: the best solution. Named by `learners.py`.

The box of each number is cut into bins, and an ant takes bin j of number i with a probability in proportion to its
trail tau_ij. MAX-MIN Ant System (Stuetzle & Hoos 2000): all trails evaporate, one ant alone lays a new one, and trails
stay within limits, so that no bin is ever lost:

    tau <- (1 - rho) tau + 1 on the bins of the best ant,  tau_min <= tau <= tau_max
    tau_max = 1/rho,   tau_min = tau_max (1 - p) / ((bins/2 - 1) p),  p = p_best**(1/n)         (eq. 11)

Their 1/f(best) is 1 here: chances depend on ratios of trails only, and losses may be 0. Once the trails have converged
or nothing better is found, each box narrows around the best solution and the trails begin anew: bins alone would end
at their own width.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from wildwire.learning.population.search import (
    TINY,
    PopulationLearner,
    Search,
    check_search,
)
from wildwire.learning.stopping import Reason

if TYPE_CHECKING:
    from wildwire.learning.objective import Objective

__all__ = ["MaxMinAntSystem", "trail_limits"]

CONVERGED_AT = 0.95  # of the convergence factor of Blum & Dorigo 2004: 0 for even trails, 1 for settled ones
NARROWEST = 1e-12  # part of the first box that ends the search


@dataclass(frozen=True, slots=True)
class MaxMinAntSystem(PopulationLearner):
    """MAX-MIN Ant System (Stuetzle & Hoos 2000) over numbers cut into bins: for numbers with natural limits.

    Parameters
    ----------
    ants : int
        Solutions made in a step.
    bins : int
        Intervals of each number; an ant takes the middle of one. 3 or more.
    evaporation : float
        rho, part of every trail that is lost in a step, above 0, below 1.
    p_best : float
        How likely the best solution is made again once all trails are at their limits, above 0, below 1: sets tau_min.
        The paper's 0.05 is for hundreds of choices; with few numbers it would keep all trails alike.
    global_every : int
        Every so many steps the best solution of all lays the trail, else that of the step.
    narrow : float
        Factor on the width of the boxes each time the trails have converged, above 0, below 1.
    patience : int
        Steps without a better solution after which they count as converged, too.
    evaluations, spread, low, high
        See `PopulationLearner`; all solutions lie in the box of the first ones.
    """

    ants: int = 10
    bins: int = 10
    evaporation: float = 0.3
    p_best: float = 0.5
    global_every: int = 3
    narrow: float = 0.5
    patience: int = 20

    default_epochs: ClassVar[int] = 500

    def __post_init__(self):
        check_search(
            self, {"ants": 1, "bins": 3, "global_every": 1, "patience": 1}, evaporation=(1e-6, 1),
            p_best=(TINY, 1), narrow=(TINY, 1),
        )  # fmt: skip

    def begin(
        self, objective: "Objective", theta: np.ndarray, random: np.random.Generator
    ) -> "_Course":
        return _Course(self, objective, theta, random)


def trail_limits(
    bins: int, n: int, evaporation: float, p_best: float
) -> tuple[float, float]:
    """tau_min and tau_max for n numbers; eq. (11), tau_min at most tau_max."""
    most = 1 / evaporation
    p = p_best ** (1 / n)
    return min(most * (1 - p) / (max(bins / 2 - 1, 0.5) * p), most), most


class _Course(Search):
    learner: MaxMinAntSystem
    arrays: ClassVar[tuple[str, ...]] = (*Search.arrays, "trail", "low", "width")
    numbers: ClassVar[tuple[str, ...]] = (*Search.numbers, "steps", "waited")

    def __init__(self, learner, objective, theta, random):
        super().__init__(learner, objective, theta, random)
        n = len(self.theta)
        self._least, self._most = trail_limits(
            learner.bins, max(n, 1), learner.evaporation, learner.p_best
        )
        self.trail = np.full((n, learner.bins), self._most)
        self.low, self.width = self.box.low.copy(), self.box.width.copy()
        self.steps = self.waited = 0

    def advance(self) -> None:
        learner = self.learner
        bins = self._choose(learner.ants)
        before = self.loss
        values = self.values(self._places(bins))
        self.waited = 0 if self.loss < before else self.waited + 1
        self.steps += 1
        if self.steps % learner.global_every == 0 or not np.isfinite(values).any():
            best = self._bins_of(self.theta)
        else:
            best = bins[int(np.argmin(values))]
        trail = (1 - learner.evaporation) * self.trail
        trail[np.arange(len(best)), best] += 1
        self.trail = np.clip(trail, self._least, self._most)
        if self.waited >= learner.patience or self._has_settled():
            self._narrow()

    def _choose(self, ants: int) -> np.ndarray:
        """A bin of each number for each ant, (ants, n)."""
        edges = np.cumsum(self.trail, axis=1)
        drawn = self.random.random((ants, len(edges))) * edges[:, -1]
        chosen = (drawn[:, :, None] >= edges).sum(axis=2)
        return np.minimum(chosen, self.learner.bins - 1)

    def _places(self, bins: np.ndarray) -> np.ndarray:
        """The middles of bins."""
        middles = self.low + (bins + 0.5) / self.learner.bins * self.width
        return self.box.clipped(middles)

    def _bins_of(self, point: np.ndarray) -> np.ndarray:
        """The bins that a point lies in, or next to."""
        width = np.where(self.width > 0, self.width, 1.0)
        bins = np.floor((point - self.low) / width * self.learner.bins)
        return np.clip(bins, 0, self.learner.bins - 1).astype(int)

    def _has_settled(self) -> bool:
        """Whether nearly all trails are at a limit."""
        span = self._most - self._least
        if span <= 0:
            return False
        far = np.maximum(self._most - self.trail, self.trail - self._least)
        return bool(2 * (far.mean() / span - 0.5) > CONVERGED_AT)

    def _narrow(self) -> None:
        """Boxes around the best solution, within the first ones; trails begin anew."""
        width = self.learner.narrow * self.width
        low = np.maximum(self.theta - width / 2, self.box.low)
        self.low = np.maximum(np.minimum(low, self.box.high - width), self.box.low)
        self.width, self.waited = width, 0
        self.trail = np.full_like(self.trail, self._most)
        if (width <= NARROWEST * self.box.width).all():
            self.reason = Reason.CONVERGED
