"""Functions as objectives, for learners that see vectors only."""

import numpy as np

from wildwire.learning import learners
from wildwire.learning.learner import Course, Stepwise
from wildwire.learning.population.search import PopulationLearner

LEARNERS = {
    name: learners.by_name(name)
    for name in learners.names()
    if isinstance(learners.by_name(name), PopulationLearner)
}


class Fake:
    """A function of the rows of (m, n) as an objective; remembers all that it was asked."""

    network = None

    def __init__(self, function, n, bounds=None):
        self.function, self.n_theta = function, n
        free = np.tile([-np.inf, np.inf], (n, 1))
        self.bounds = free if bounds is None else np.asarray(bounds, float)
        self.evaluations = self.gradients = 0
        self.asked = []

    def values(self, thetas):
        assert thetas.ndim == 2 and thetas.shape[1] == self.n_theta
        self.evaluations += len(thetas)
        self.asked.append(thetas.copy())
        with np.errstate(all="ignore"):
            return np.asarray(self.function(thetas), float)

    def value(self, theta):
        return float(self.values(theta[None])[0])

    def value_and_gradient(self, theta):
        value = self.value(theta)
        step = 1e-6 * np.eye(self.n_theta)
        with np.errstate(all="ignore"):
            apart = self.function(theta + step) - self.function(theta - step)
        self.gradients += 1
        return value, apart / 2e-6

    @property
    def all_asked(self):
        return np.concatenate(self.asked)


class Downhill(Stepwise):
    """Gradient descent with a fixed rate, for refining."""

    rate = 1e-3

    def begin(self, objective, theta, random):
        return _Downhill(self, objective, theta)


class _Downhill(Course):
    def __init__(self, learner, objective, theta):
        value, self.slope = objective.value_and_gradient(theta)
        super().__init__(objective, theta, value)
        self.rate = learner.rate

    def step(self):
        theta = self.theta - self.rate * self.slope
        theta = np.clip(theta, *self.objective.bounds.T)
        self.loss, self.slope = self.objective.value_and_gradient(theta)
        self.theta = theta


def sphere(x):
    return ((x - 0.3) ** 2).sum(axis=1)


def ellipsoid(x):
    return (np.array([1.0, 30.0, 1000.0])[: x.shape[1]] * (x - 0.3) ** 2).sum(axis=1)


def rosenbrock(x):
    return (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(axis=1)


def rastrigin(x):
    z = x - 0.2
    return (z**2 - 2 * np.cos(2 * np.pi * z) + 2).sum(axis=1)


def steps(x):
    return np.floor(np.abs(4 * x - 2)).sum(axis=1)


def half_unknown(x):
    """Infinite, NaN or minus infinity in most places, 1 and below elsewhere."""
    bad = np.array([np.inf, np.nan, -np.inf])[np.arange(len(x)) % 3]
    return np.where(x[:, 0] > 0.1, sphere(x), bad)


def course(learner, objective, theta, seed=0):
    """A course, its generator beside it."""
    random = np.random.default_rng(seed)
    return learner.begin(objective, np.asarray(theta, float), random), random


def run(learner, objective, theta, seed=0, steps=3000):
    """The course after its end, or after some steps."""
    made, _ = course(learner, objective, theta, seed)
    for _ in range(steps):
        if made.reason is not None:
            break
        made.step()
    return made
