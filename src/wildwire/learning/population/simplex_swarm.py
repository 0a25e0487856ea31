"""A swarm some of whose particles crawl as a simplex before each flight.

Comes in: an objective. Goes out: the best place met. Named by `learners.py`.

SNM-PSO (Liao et al. 2015): each iteration chooses n+1 particles at random as the vertices of a simplex, lets it crawl,
puts each chosen particle where its vertex has come to, then lets all particles fly (`swarm.py`). Chosen at random the
simplex spans the swarm; the older hybrid takes the best n+1 (Fan & Zahara 2007), which soon lie close together.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.population.search import PopulationLearner, check_search
from wildwire.learning.population.simplex import Coefficients, crawl
from wildwire.learning.population.swarm import Flock

if TYPE_CHECKING:
    from wildwire.learning.objective import Objective

__all__ = ["SimplexSwarm"]

NELDER_MEAD = Coefficients(1.0, 2.0, 0.5, 0.5)
LEAST_PARTICLES = 20


@dataclass(frozen=True, slots=True)
class SimplexSwarm(PopulationLearner):
    """Particle swarm and simplex in turn (SNM-PSO, Liao et al. 2015): surveys like one, descends like the other.

    Parameters
    ----------
    particles : int or None
        More than n + 1, for n numbers; None: 2 (n + 1), and 20 at least.
    simplex_steps : int
        Steps of the simplex in each iteration.
    sorted_simplex : bool
        The n + 1 best particles are the vertices (Fan & Zahara 2007), instead of any.
    inertia, cognitive, social, speed
        As for `ParticleSwarm`.
    evaluations, spread, low, high
        See `PopulationLearner`.
    """

    particles: int | None = None
    simplex_steps: int = 30
    sorted_simplex: bool = False
    inertia: float = 0.7298
    cognitive: float = 1.49618
    social: float = 1.49618
    speed: float = 0.5

    def __post_init__(self):
        check_search(
            self, {"particles": 3, "simplex_steps": 1}, inertia=(0, 1),
            cognitive=(0, 10), social=(0, 10), speed=(0, 1e6),
        )  # fmt: skip
        if not isinstance(self.sorted_simplex, bool):
            raise SettingError(
                f"sorted_simplex of SimplexSwarm must be True or False, not {self.sorted_simplex!r}"
            )

    def begin(
        self, objective: "Objective", theta: np.ndarray, random: np.random.Generator
    ) -> "_Course":
        """A run that starts at `theta`.

        Raises
        ------
        SettingError
            Too few particles for a simplex.
        """
        n = len(theta)
        if self.particles is not None and self.particles <= n + 1:
            raise SettingError(
                f"particles of SimplexSwarm is {self.particles}, and {n} numbers need more than {n + 1}: "
                "give more, or None"
            )
        return _Course(self, objective, theta, random)


class _Course(Flock):
    learner: SimplexSwarm

    def advance(self) -> None:
        n, learner = len(self.theta), self.learner
        if self.points is None:
            self.gather(learner.particles or max(2 * (n + 1), LEAST_PARTICLES))
            return
        self._crawl(self._chosen(n + 1), learner.simplex_steps)
        points, velocity = self.flown()
        self.settle(points, self.values(points), velocity)
        self.end_if_still()

    def _chosen(self, count: int) -> np.ndarray:
        """Numbers of the particles that are vertices."""
        if self.learner.sorted_simplex:
            return np.argsort(self.values_there, kind="stable")[:count]
        return self.random.choice(len(self.points), count, replace=False)

    def _crawl(self, chosen: np.ndarray, steps: int) -> None:
        points, values = self.points[chosen], self.values_there[chosen]
        for _ in range(steps):
            if self.left < 1:
                break
            points, values = crawl(
                points, values, NELDER_MEAD, self.values, self.box.clipped
            )
        all_points, all_values = self.points.copy(), self.values_there.copy()
        all_points[chosen], all_values[chosen] = points, values
        self.settle(all_points, all_values, self.velocity)
