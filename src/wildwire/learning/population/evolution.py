"""Differential evolution: candidates learn from the differences between others.

Comes in: an objective. Goes out: the best candidate. Named by `learners.py`.

Storn & Price 1997; for each candidate x_i and others a, b, c drawn anew:

    v = a + F (b - c)            rand/1;  best/1 takes the best candidate for a
    u_j = v_j with probability CR, and for one j at least, else x_ij       bin
    x_i <- u if it is no worse
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.population.search import (
    TINY,
    RefiningLearner,
    Search,
    check_search,
    check_within,
)
from wildwire.learning.stopping import Reason

if TYPE_CHECKING:
    from wildwire.learning.objective import Objective

__all__ = ["DifferentialEvolution", "trials_of"]

STRATEGIES = ("rand/1/bin", "best/1/bin")


@dataclass(frozen=True, slots=True)
class DifferentialEvolution(RefiningLearner):
    """Differential evolution (Storn & Price 1997): steps take the shape of the valley by themselves.

    Parameters
    ----------
    strategy : "rand/1/bin" or "best/1/bin"
        The first surveys more widely, the second is faster.
    candidates : int
        4 or more; a step evaluates a trial for each.
    weight : float
        F, the length of a difference that is added, 0 < F <= 2.
    crossover : float
        CR, how likely a number is taken from the trial, 0 to 1: high where the numbers depend on each other.
    evaluations, spread, low, high
        See `PopulationLearner`.
    refine, refine_steps, refine_share
        See `RefiningLearner`: trials are improved before they are compared.
    """

    strategy: str = "best/1/bin"
    candidates: int = 30
    weight: float = 0.6
    crossover: float = 0.9

    def __post_init__(self):
        if self.strategy not in STRATEGIES:
            raise SettingError(
                f"strategy of DifferentialEvolution must be {' or '.join(map(repr, STRATEGIES))}, "
                f"not {self.strategy!r}"
            )
        check_search(self, {"candidates": 4})
        check_within(self, weight=(TINY, 2), crossover=(0, 1))

    def begin(
        self, objective: "Objective", theta: np.ndarray, random: np.random.Generator
    ) -> "_Course":
        return _Course(self, objective, theta, random)


def trials_of(
    points: np.ndarray, best: int | None, weight: float, crossover: float,
    random: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """A trial for each candidate, (candidates, n); `best` is the number of the best for best/1, else None."""
    count, n = points.shape
    # Three others for each: the first of a random order of all but itself.
    order = np.argsort(random.random((count, count - 1)), axis=1)[:, :3]
    others = order + (order >= np.arange(count)[:, None])
    base = points[others[:, 0]] if best is None else points[best]
    mutant = base + weight * (points[others[:, 1]] - points[others[:, 2]])
    taken = random.random((count, n)) < crossover
    taken[np.arange(count), random.integers(0, n, count)] = True
    return np.where(taken, mutant, points)


class _Course(Search):
    learner: DifferentialEvolution
    arrays: ClassVar[tuple[str, ...]] = (*Search.arrays, "points", "values_there")

    def __init__(self, learner, objective, theta, random):
        super().__init__(learner, objective, theta, random)
        self.points: np.ndarray | None = None
        self.values_there: np.ndarray | None = None

    def advance(self) -> None:
        learner = self.learner
        if self.points is None or self.values_there is None:
            self.points, self.values_there = self.first_points(learner.candidates)
            return
        best = None
        if learner.strategy == "best/1/bin":
            best = int(np.argmin(self.values_there))
        trials = self.box.folded(
            trials_of(self.points, best, learner.weight, learner.crossover, self.random)
        )
        trials, values = self.refined(trials, self.values(trials))
        better = values <= self.values_there
        self.points = np.where(better[:, None], trials, self.points)
        self.values_there = np.where(better, values, self.values_there)
        if self.has_collapsed(self.points, self.values_there):
            self.reason = Reason.CONVERGED
