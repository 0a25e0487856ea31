"""Objectives without a network: functions of which everything is known, with the interface of `Objective`."""

from collections import namedtuple

import numpy as np

Curvature = namedtuple("Curvature", "value gradient matrix")


class Plain:
    """f, its gradient and Hessian as functions of theta; the Gauss-Newton matrix, where there is one."""

    def __init__(self, f, gradient, hessian, n, gauss_newton=None, bounds=None):
        self.f, self._gradient, self._hessian, self.n_theta = f, gradient, hessian, n
        self._gauss_newton = gauss_newton
        self.bounds = (
            np.tile([-np.inf, np.inf], (n, 1)) if bounds is None else np.array(bounds)
        )
        self.evaluations = self.gradients = 0
        self.best = (np.inf, None)
        self.seen = []

    def value(self, theta):
        self.evaluations += 1
        self.seen.append(np.array(theta))
        return float(self.f(theta))

    def values(self, thetas):
        return np.array([self.value(theta) for theta in thetas])

    def gradient(self, theta):
        self.gradients += 1
        return self._gradient(theta)

    def value_and_gradient(self, theta):
        return self.value(theta), self.gradient(theta)

    def hessian(self, theta):
        return Curvature(
            self.value(theta), self.gradient(theta), self._hessian(theta).copy()
        )

    def normal_equations(self, theta):
        return Curvature(
            self.value(theta), self.gradient(theta), self._gauss_newton(theta).copy()
        )

    def hessian_product(self, theta, v):
        return self._hessian(theta) @ v

    def gauss_newton_product(self, theta, v):
        return self._gauss_newton(theta) @ v


def saddle():
    """x^2 - y^2 (facts: the worked saddle step)."""
    return Plain(
        lambda p: p[0] ** 2 - p[1] ** 2,
        lambda p: np.array([2 * p[0], -2 * p[1]]),
        lambda p: np.diag([2.0, -2.0]),
        2,
    )


def quartic_saddle():
    """x^2 - y^2 + y^4/2: a saddle at 0, minima at y = +-1 with value -1/2."""
    return Plain(
        lambda p: p[0] ** 2 - p[1] ** 2 + p[1] ** 4 / 2,
        lambda p: np.array([2 * p[0], -2 * p[1] + 2 * p[1] ** 3]),
        lambda p: np.diag([2.0, -2.0 + 6 * p[1] ** 2]),
        2,
    )


def least_squares(residuals, jacobian, n, second=None, bounds=None):
    """Half the sum of squared residuals; `second(p)` is sum of r_i times the Hessian of r_i."""

    def gauss_newton(p):
        J = jacobian(p)
        return J.T @ J

    def hessian(p):
        return gauss_newton(p) + (0 if second is None else second(p))

    return Plain(
        lambda p: 0.5 * float(residuals(p) @ residuals(p)),
        lambda p: jacobian(p).T @ residuals(p),
        hessian, n, gauss_newton, bounds,
    )  # fmt: skip


def rosenbrock(bounds=None):
    """(10 (y - x^2))^2/2 + (1 - x)^2/2; minimum 0 at (1, 1)."""

    def residuals(p):
        return np.array([10 * (p[1] - p[0] ** 2), 1 - p[0]])

    return least_squares(
        residuals,
        lambda p: np.array([[-20 * p[0], 10.0], [-1.0, 0.0]]),
        2,
        lambda p: residuals(p)[0] * np.array([[-20.0, 0.0], [0.0, 0.0]]),
        bounds,
    )


def line(n=4, seed=0):
    """A linear least-squares problem of full rank, (n,) numbers."""
    random = np.random.default_rng(seed)
    A, b = random.normal(size=(3 * n, n)), random.normal(size=3 * n)
    problem = least_squares(lambda p: A @ p - b, lambda p: A, n)
    problem.solution = np.linalg.lstsq(A, b, rcond=None)[0]
    return problem


def decay(seed=0):
    """a exp(-b t) + c through noisy points: three numbers, a residual that stays."""
    t = np.linspace(0, 3, 20)
    noise = 0.01 * np.random.default_rng(seed).normal(size=20)
    y = 2 * np.exp(-1.3 * t) + 0.5 + noise

    def second(p):
        r = p[0] * np.exp(-p[1] * t) + p[2] - y
        e = np.exp(-p[1] * t)
        H = np.zeros((3, 3))
        H[0, 1] = H[1, 0] = -(r * t * e).sum()
        H[1, 1] = (r * p[0] * t * t * e).sum()
        return H

    return least_squares(
        lambda p: p[0] * np.exp(-p[1] * t) + p[2] - y,
        lambda p: np.column_stack(
            [np.exp(-p[1] * t), -p[0] * t * np.exp(-p[1] * t), np.ones(20)]
        ),
        3, second,
    )  # fmt: skip
