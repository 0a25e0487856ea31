"""Objectives of plain NumPy with known minima, in the form of `wildwire.learning.Objective`.

Each has a `unit` by which value and derivatives are multiplied: losses are in the units of users.
"""

from types import SimpleNamespace

import numpy as np

from wildwire.learning.objective import Curvature


class Plain:
    """What all share: counters, a watch, curvature from `_value`, `_gradient`, `_hessian`, `_metric`."""

    def __init__(self, n_theta, unit=1.0, bounds=None):
        self.n_theta, self.unit = n_theta, unit
        free = np.tile([-np.inf, np.inf], (n_theta, 1))
        self.bounds = free if bounds is None else np.array(bounds, float)
        self.evaluations = self.gradients = 0
        self.network = SimpleNamespace(n_theta=n_theta)
        self._watch = None

    def watched_by(self, watch):
        self._watch = watch

    def _count(self, theta, evaluations, gradients):
        if self._watch is not None:
            self._watch()
        assert np.isfinite(theta).all()
        assert np.all((theta >= self.bounds[:, 0]) & (theta <= self.bounds[:, 1]))
        self.evaluations += evaluations
        self.gradients += gradients

    def values(self, thetas):
        for theta in thetas:
            self._count(theta, 1, 0)
        return np.array([self._value(theta) * self.unit for theta in thetas])

    def value(self, theta):
        return float(self.values(np.asarray(theta)[None])[0])

    def value_and_gradient(self, theta):
        self._count(theta, 1, 1)
        return self._value(theta) * self.unit, self._gradient(theta) * self.unit

    def gradient(self, theta):
        return self.value_and_gradient(theta)[1]

    def normal_equations(self, theta):
        value, gradient = self.value_and_gradient(theta)
        return Curvature(value, gradient, self._metric(theta) * self.unit)

    def hessian(self, theta):
        value, gradient = self.value_and_gradient(theta)
        return Curvature(value, gradient, self._hessian(theta) * self.unit)

    def gauss_newton_product(self, theta, vector):
        self._count(theta, 0, 1)
        return self._metric(theta) @ vector * self.unit

    def hessian_product(self, theta, vector):
        self._count(theta, 0, 1)
        return self._hessian(theta) @ vector * self.unit


class Quadratic(Plain):
    """(theta - least) A (theta - least)/2 + height, the eigenvalues of A spread over `condition`."""

    def __init__(self, n_theta=6, condition=100.0, seed=0, height=0.0, **options):
        super().__init__(n_theta, **options)
        random = np.random.default_rng(seed)
        turn = np.linalg.qr(random.normal(size=(n_theta, n_theta)))[0]
        self.matrix = turn * np.geomspace(1, condition, n_theta) @ turn.T
        self.least, self.height = random.normal(size=n_theta), height

    def _value(self, theta):
        away = theta - self.least
        return away @ self.matrix @ away / 2 + self.height

    def _gradient(self, theta):
        return self.matrix @ (theta - self.least)

    def _hessian(self, theta):
        return self.matrix

    _metric = _hessian


class Rosenbrock(Plain):
    """sum of residuals squared, r = 10 (x_{i+1} - x_i^2), 1 - x_i; least 0 at ones (Rosenbrock 1960)."""

    def __init__(self, n_theta=2, **options):
        super().__init__(n_theta, **options)
        self.least = np.ones(n_theta)

    def _residuals(self, x):
        return np.concatenate([10 * (x[1:] - x[:-1] ** 2), 1 - x[:-1]])

    def _jacobian(self, x):
        n = len(x) - 1
        table = np.zeros((2 * n, n + 1))
        for i in range(n):
            table[i, i], table[i, i + 1], table[n + i, i] = -20 * x[i], 10, -1
        return table

    def _value(self, x):
        return float((self._residuals(x) ** 2).sum())

    def _gradient(self, x):
        return 2 * self._jacobian(x).T @ self._residuals(x)

    def _metric(self, x):
        return 2 * self._jacobian(x).T @ self._jacobian(x)

    def _hessian(self, x):
        matrix = self._metric(x)
        for i in range(len(x) - 1):
            matrix[i, i] += -40 * self._residuals(x)[i]
        return matrix


class Logistic(Plain):
    """Logistic regression, mean cross-entropy over rows that cannot be parted; convex."""

    def __init__(self, n_theta=4, seed=1, **options):
        super().__init__(n_theta, **options)
        random = np.random.default_rng(seed)
        self.X = random.normal(size=(80, n_theta)) * np.geomspace(0.3, 3, n_theta)
        chance = 1 / (1 + np.exp(-self.X @ random.normal(size=n_theta)))
        self.y = (random.random(80) < chance).astype(float)

    def _value(self, theta):
        z = self.X @ theta
        return float(np.mean(np.logaddexp(0, z) - self.y * z))

    def _gradient(self, theta):
        p = 1 / (1 + np.exp(-self.X @ theta))
        return self.X.T @ (p - self.y) / 80

    def _hessian(self, theta):
        p = 1 / (1 + np.exp(-self.X @ theta))
        return self.X.T * (p * (1 - p)) @ self.X / 80

    _metric = _hessian


class Walled(Quadratic):
    """A quadratic without a finite value where it is higher than `wall`: inf on one side, nan on the other."""

    wall = 1000.0

    def _beyond(self, theta):
        return np.inf if theta[0] > self.least[0] else np.nan

    def value_and_gradient(self, theta):
        value, gradient = super().value_and_gradient(theta)
        if value > self.wall * self.unit:
            return self._beyond(theta), gradient * np.nan
        return value, gradient

    def values(self, thetas):
        found = super().values(thetas)
        for i, theta in enumerate(thetas):
            if found[i] > self.wall * self.unit:
                found[i] = self._beyond(theta)
        return found
