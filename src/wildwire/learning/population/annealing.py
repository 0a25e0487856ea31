"""Simulated annealing: chains of random steps that go uphill less and less.

Comes in: an objective. Goes out: the best place met. Named by `learners.py`.

Kirkpatrick et al. 1983. A step from x to y is taken if f(y) <= f(x), else with probability exp(-(f(y) - f(x))/T), and
T falls by a factor. The first T is such that a rise which is typical of the data is taken as often as `uphill` says
(Johnson et al. 1989): T = (median |f_i - f_j| of the first places) / -ln(uphill). Steps have the length with which
about a third of them are taken (Corana et al. 1987). Several chains walk side by side, so that a step is one call.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

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

__all__ = ["SimulatedAnnealing", "first_temperature"]

WANTED = 0.3  # share of steps that are taken
LONGER = 1.25  # factor on the length after a step that is taken
LONGEST, SHORTEST = 0.5, 1e-12  # length, as a part of the box


@dataclass(frozen=True, slots=True)
class SimulatedAnnealing(PopulationLearner):
    """Simulated annealing (Kirkpatrick et al. 1983), several chains side by side: for rugged losses, with patience.

    Parameters
    ----------
    chains : int
        2 or more; a step evaluates a candidate for each.
    cooling : float
        Factor on the temperature from step to step, above 0, below 1.
    uphill : float
        How likely a typical rise is taken at first, above 0, below 1.
    evaluations, spread, low, high
        See `PopulationLearner`.
    """

    chains: int = 4
    cooling: float = 0.95
    uphill: float = 0.3

    default_epochs: ClassVar[int] = 500

    def __post_init__(self):
        check_search(self, {"chains": 2}, cooling=(TINY, 1), uphill=(TINY, 1))

    def begin(
        self, objective: "Objective", theta: np.ndarray, random: np.random.Generator
    ) -> "_Course":
        return _Course(self, objective, theta, random)


def first_temperature(values: np.ndarray, uphill: float) -> float:
    """The temperature at which a rise typical of `values` is taken with probability `uphill`; 0 if there is none."""
    known = values[np.isfinite(values)]
    rise = np.abs(known[:, None] - known[None])
    rise = rise[rise > 0]
    return float(np.median(rise)) / -math.log(uphill) if rise.size else 0.0


class _Course(Search):
    learner: SimulatedAnnealing
    arrays: ClassVar[tuple[str, ...]] = (
        *Search.arrays, "points", "values_there", "length",
    )  # fmt: skip
    numbers: ClassVar[tuple[str, ...]] = (*Search.numbers, "temperature")

    def __init__(self, learner, objective, theta, random):
        super().__init__(learner, objective, theta, random)
        self.points: Any = None
        self.values_there: Any = None
        self.length: Any = None
        self.temperature = 0.0

    def advance(self) -> None:
        chains = self.learner.chains
        if self.points is None:
            self.points, self.values_there = self.first_points(chains)
            self.length = np.full(chains, LONGEST / 2)
            self.temperature = first_temperature(self.values_there, self.learner.uphill)
            return
        shift = self.random.standard_normal(self.points.shape) * self.box.width
        chance = self.random.random(chains)
        n = self.points.shape[1]
        trials = self.points + shift * (self.length / math.sqrt(n))[:, None]
        trials = self.box.folded(trials)
        values = self.values(trials)
        taken = self._is_taken(values, chance)
        self.points = np.where(taken[:, None], trials, self.points)
        self.values_there = np.where(taken, values, self.values_there)
        # In balance where WANTED of the steps are taken.
        shorter = LONGER ** (-WANTED / (1 - WANTED))
        length = self.length * np.where(taken, LONGER, shorter)
        self.length = np.minimum(length, LONGEST)
        self.temperature *= self.learner.cooling
        if (self.length <= SHORTEST).all() or not self.box.width.any():
            self.reason = Reason.CONVERGED

    def _is_taken(self, values: np.ndarray, chance: np.ndarray) -> np.ndarray:
        """Whether each chain takes its step; places without a value are left for any, and never gone to."""
        known = np.isfinite(values)
        rise = np.full(len(values), np.inf)
        rise[known] = np.maximum(values[known] - self.values_there[known], 0.0)
        if not self.temperature > 0:
            return rise <= 0
        with np.errstate(over="ignore"):
            return chance < np.exp(-rise / self.temperature)
