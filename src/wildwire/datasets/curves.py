"""Regression problems with a known formula: one period of the sine, Friedman's three.

Comes in: a number of rows, noise, a seed. Goes out: a `Dataset`. Called by users.
"""

from __future__ import annotations

import numpy as np

from wildwire.datasets.dataset import (
    Dataset,
    check_count,
    check_noise,
    generator,
    numbered,
)


def sin(n: int = 200, noise: float = 0.0, seed=0) -> Dataset:
    """One period of the sine: n points from 0 to 2*pi, evenly spaced, both ends included.

    Parameters
    ----------
    n : int, at least 2
    noise : float, not negative
        Standard deviation of the normal noise added to y.
    seed : int, SeedSequence or Generator
        For the noise.

    Returns
    -------
    Dataset
        X of shape (n, 1), y of shape (n,).
    """
    x = np.linspace(0.0, 2.0 * np.pi, check_count(n, "n", 2))
    return _noisy(x[:, None], np.sin(x), noise, generator(seed), ("x",))


def friedman1(n: int = 200, noise: float = 0.0, seed=0, n_inputs: int = 10) -> Dataset:
    """Friedman's first problem: y = 10 sin(pi x1 x2) + 20 (x3 - 0.5)^2 + 10 x4 + 5 x5.

    Parameters
    ----------
    n : int, at least 1
        Number of rows.
    noise : float, not negative
        Standard deviation of the normal noise added to y; 1 in the paper.
    seed : int, SeedSequence or Generator
    n_inputs : int, at least 5
        Columns of X, uniform on [0, 1]; those beyond the fifth have no influence.

    Returns
    -------
    Dataset
        X of shape (n, n_inputs), y of shape (n,).

    References
    ----------
    J. Friedman: Multivariate adaptive regression splines. Annals of Statistics 19 (1991), section 4.3.
    """
    n, n_inputs = check_count(n, "n", 1), check_count(n_inputs, "n_inputs", 5)
    rng = generator(seed)
    X = rng.uniform(0.0, 1.0, (n, n_inputs))
    x1, x2, x3, x4, x5 = X[:, :5].T
    y = 10 * np.sin(np.pi * x1 * x2) + 20 * (x3 - 0.5) ** 2 + 10 * x4 + 5 * x5
    return _noisy(X, y, noise, rng, numbered(n_inputs))


def friedman2(n: int = 200, noise: float = 0.0, seed=0) -> Dataset:
    """Friedman's second problem, the impedance of a circuit: sqrt(R^2 + (w L - 1/(w C))^2).

    Parameters
    ----------
    n : int, at least 1
        Number of rows.
    noise : float, not negative
        Standard deviation of the normal noise added to y; 125 in Breiman (1996).
    seed : int, SeedSequence or Generator

    Returns
    -------
    Dataset
        X of shape (n, 4): R in 0..100, w in 40 pi..560 pi, L in 0..1, C in 1..11, uniform; y of shape (n,).

    References
    ----------
    J. Friedman: Multivariate adaptive regression splines. Annals of Statistics 19 (1991), section 4.4.
    """
    X, rng = _circuit(n, seed)
    resistance, reactance = X[:, 0], _reactance(X)
    return _noisy(X, np.hypot(resistance, reactance), noise, rng, numbered(4))


def friedman3(n: int = 200, noise: float = 0.0, seed=0) -> Dataset:
    """Friedman's third problem, the phase of the same circuit: atan((w L - 1/(w C)) / R).

    Arguments as for `friedman2`; the noise of Breiman (1996) is 0.1, y lies within -pi/2..pi/2.
    """
    X, rng = _circuit(n, seed)
    resistance, reactance = X[:, 0], _reactance(X)
    # arctan2 is arctan of the quotient for R >= 0, and also right for R = 0.
    return _noisy(X, np.arctan2(reactance, resistance), noise, rng, numbered(4))


def _circuit(n: int, seed) -> tuple[np.ndarray, np.random.Generator]:
    n, rng = check_count(n, "n", 1), generator(seed)
    low = np.array((0.0, 40 * np.pi, 0.0, 1.0))
    high = np.array((100.0, 560 * np.pi, 1.0, 11.0))
    return low + (high - low) * rng.uniform(0.0, 1.0, (n, 4)), rng


def _reactance(X: np.ndarray) -> np.ndarray:
    frequency, inductance, capacity = X[:, 1], X[:, 2], X[:, 3]
    return frequency * inductance - 1.0 / (frequency * capacity)


def _noisy(X, y, noise: float, rng: np.random.Generator, names) -> Dataset:
    noise = check_noise(noise)
    if noise:
        y = y + rng.normal(0.0, noise, len(y))
    return Dataset(X, y, names)
