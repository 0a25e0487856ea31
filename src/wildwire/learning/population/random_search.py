"""Random search: what every other learner has to beat.

Comes in: an objective. Goes out: the best of many points drawn evenly. Named by `learners.py`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wildwire.learning.population.search import (
    PopulationLearner,
    Search,
    check_search,
)
from wildwire.learning.stopping import Reason

if TYPE_CHECKING:
    from wildwire.learning.objective import Objective

__all__ = ["RandomSearch"]


@dataclass(frozen=True, slots=True)
class RandomSearch(PopulationLearner):
    """Points drawn evenly from the box: the yardstick of all searches, and good enough for two or three numbers.

    Parameters
    ----------
    candidates : int
        Points drawn in a step.
    evaluations, spread, low, high
        See `PopulationLearner`; all points lie in the box of the first ones.
    """

    candidates: int = 50

    def __post_init__(self):
        check_search(self, {"candidates": 1})

    def begin(
        self, objective: "Objective", theta: np.ndarray, random: np.random.Generator
    ) -> "_Course":
        return _Course(self, objective, theta, random)


class _Course(Search):
    learner: RandomSearch

    def advance(self) -> None:
        if not self.box.width.any():
            self.reason = Reason.CONVERGED  # there is one point only
            return
        self.values(self.box.draw(self.random, self.learner.candidates))
