"""What learners of second order share: numbers that stand at a bound, damped systems, the gain of a step.

Comes in: a point, its gradient, a matrix of curvature, bounds. Goes out: steps. Called by `levenberg_marquardt.py`,
`newton.py` and `saddle_free.py`.
"""

from typing import Any

import numpy as np

__all__ = ["SMALL", "Box", "eigen", "gain", "solve_damped", "start_value"]

# Up to so many numbers matrices are formed; beyond, products with vectors take their place.
SMALL = 3000


class Box:
    """Bounds of theta: which numbers are free to move, and where a step ends.

    Parameters
    ----------
    bounds : ndarray (n_theta, 2)
    """

    def __init__(self, bounds: np.ndarray):
        self.low, self.high = bounds[:, 0], bounds[:, 1]
        self.open = not np.isfinite(bounds).any()

    def free(self, theta: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Mask of the numbers that do not stand at a bound which descent would cross (Bertsekas 1982)."""
        if self.open:
            return np.ones(len(theta), dtype=bool)
        low = (theta <= self.low) & (gradient > 0)
        high = (theta >= self.high) & (gradient < 0)
        return ~(low | high)

    def within(self, theta: np.ndarray) -> np.ndarray:
        """The nearest point of the box."""
        return theta if self.open else np.clip(theta, self.low, self.high)


def start_value(objective, theta: np.ndarray) -> float:
    """The objective at a start; infinite where it is no number."""
    value = float(objective.value(theta))
    return value if np.isfinite(value) else np.inf


def solve_damped(
    matrix: np.ndarray, damping: np.ndarray | float, gradient: np.ndarray
) -> np.ndarray | None:
    """The p of (matrix + diag(damping)) p = -gradient, by Cholesky; None where the sum is not positive definite.

    O(n**3 / 3).
    """
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    whole = matrix.copy()
    whole[np.diag_indices(len(whole))] += damping
    try:
        factor = cho_factor(whole, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError:
        return None
    step = -np.asarray(cho_solve(factor, gradient, check_finite=False))
    return step if np.isfinite(step).all() else None


def gain(before: float, after: float, predicted: float) -> float:
    """What a step lowered the objective by, per unit of what its model foretold; -inf where it cannot tell."""
    if not np.isfinite(after) or not predicted > 0:
        return -np.inf
    return (before - after) / predicted


def eigen(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, rising, and eigenvectors as columns of a symmetric matrix; O(n**3)."""
    from scipy.linalg import eigh

    found: Any = eigh(matrix, check_finite=False)
    return found[0], found[1]
