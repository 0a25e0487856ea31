"""Particle swarms: particles fly on, drawn to their own best place and to that of all.

Comes in: an objective. Goes out: the best place met. Named by `learners.py`; `simplex_swarm.py` lets some of the
particles go through a simplex before each flight.

Kennedy & Eberhart 1995, with the constriction of Clerc & Kennedy 2002:

    v <- w v + c1 r1 (p - x) + c2 r2 (g - x),   x <- x + v

p is the particle's best place, g that of all; r1, r2 are drawn evenly from 0..1 for each number.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from wildwire.learning.population.box import Box
from wildwire.learning.population.search import (
    PopulationLearner,
    RefiningLearner,
    Search,
    check_search,
)
from wildwire.learning.stopping import Reason

if TYPE_CHECKING:
    from wildwire.learning.objective import Objective

__all__ = ["Flock", "ParticleSwarm", "fly"]

BOUNCE = -0.5  # of the velocity of a number that meets a bound (Clerc 2012, SPSO 2011)


@dataclass(frozen=True, slots=True)
class ParticleSwarm(RefiningLearner):
    """Particle swarm with one best place for all (Clerc & Kennedy 2002): fast, and rarely far off.

    Parameters
    ----------
    particles : int
        2 or more; a step evaluates each once.
    inertia, cognitive, social : float
        w, c1 and c2 of the velocity; the defaults are the constriction factor 0.7298 with phi = 4.1.
    speed : float
        Most that a number may change in a step, as a share of the width of its box.
    evaluations, spread, low, high
        See `PopulationLearner`.
    refine, refine_steps, refine_share
        See `RefiningLearner`: particles move to where the run ends.
    """

    particles: int = 20
    inertia: float = 0.7298
    cognitive: float = 1.49618
    social: float = 1.49618
    speed: float = 0.5

    def __post_init__(self):
        check_search(
            self, {"particles": 2}, inertia=(0, 1), cognitive=(0, 10), social=(0, 10),
            speed=(0, 1e6),
        )  # fmt: skip

    def begin(
        self, objective: "Objective", theta: np.ndarray, random: np.random.Generator
    ) -> "_Course":
        return _Course(self, objective, theta, random)


def fly(
    points: np.ndarray, velocity: np.ndarray, own_best: np.ndarray, best: np.ndarray,
    pull: tuple[float, float, float], most: np.ndarray, box: Box,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Places and velocities after one step.

    Parameters
    ----------
    points, velocity, own_best : ndarray (particles, n)
    best : ndarray (n,)
        Of all.
    pull : (w, c1, c2)
    most : ndarray (n,)
        Largest velocity.
    """
    inertia, cognitive, social = pull
    to_own, to_best = random.random((2, *points.shape))
    velocity = (
        inertia * velocity
        + cognitive * to_own * (own_best - points)
        + social * to_best * (best - points)
    )
    velocity = np.clip(velocity, -most, most)
    free = points + velocity
    points = box.clipped(free)
    return points, np.where(points != free, BOUNCE * velocity, velocity)


class Flock(Search):
    """A run of particles: where they are, where they go, the best that each has met."""

    learner: Any
    arrays: ClassVar[tuple[str, ...]] = (
        *Search.arrays, "points", "values_there", "velocity", "own_best", "own_values",
    )  # fmt: skip

    def __init__(self, learner: PopulationLearner, objective, theta, random):
        super().__init__(learner, objective, theta, random)
        self.points: Any = None
        self.values_there: Any = None
        self.velocity: Any = None
        self.own_best: Any = None
        self.own_values: Any = None

    def gather(self, count: int) -> None:
        """Draw the first particles; a velocity is half the way to another random place (Clerc 2012)."""
        points, values = self.first_points(count)
        self.velocity = (self.box.draw(self.random, count) - points) / 2
        self.own_best, self.own_values = points, values
        self.points, self.values_there = points, values

    def flown(self) -> tuple[np.ndarray, np.ndarray]:
        """Places and velocities of the next step."""
        learner = self.learner
        pull = (learner.inertia, learner.cognitive, learner.social)
        return fly(
            self.points, self.velocity, self.own_best, self.theta, pull,
            learner.speed * self.box.width, self.box, self.random,
        )  # fmt: skip

    def settle(self, points, values, velocity) -> None:
        """Take places with their values, and remember the best of each particle."""
        better = values < self.own_values
        self.own_best = np.where(better[:, None], points, self.own_best)
        self.own_values = np.where(better, values, self.own_values)
        self.points, self.values_there, self.velocity = points, values, velocity

    def end_if_still(self) -> None:
        """The run is over when all particles have come to rest in one place."""
        slow = np.abs(self.velocity) <= 1e-12 * (self.box.width + np.abs(self.theta))
        if slow.all() and self.has_collapsed(self.points, self.values_there):
            self.reason = Reason.CONVERGED


class _Course(Flock):
    def advance(self) -> None:
        if self.points is None:
            self.gather(self.learner.particles)
            return
        points, velocity = self.flown()
        points, values = self.refined(points, self.values(points))
        self.settle(points, values, velocity)
        self.end_if_still()
