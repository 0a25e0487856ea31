"""Steepest descent in a metric of one's own: the natural gradient on a surface.

Comes in: a metric, as the user gave it; a surface, theta and a gradient. Goes out: the Riemannian gradient. Called by
`riemannian.py`.

    u = G^-1 g - G^-1 N^T (N G^-1 N^T)^-1 N G^-1 g        N a basis of the normals: <u, v>_G = g.v for all tangents v
"""

from collections.abc import Callable

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.manifolds import Manifold
from wildwire.learning.second_order import SMALL
from wildwire.learning.surface import Surface

__all__ = [
    "GAUSS_NEWTON", "check_size", "gauss_newton_gradient", "metric_gradient",
]  # fmt: skip

GAUSS_NEWTON = "gauss-newton"


def metric_gradient(
    metric: Callable, surface: Surface, theta: np.ndarray, gradient: np.ndarray
) -> np.ndarray:
    """The gradient in the metric `metric(theta)`, a diagonal (n,) or a matrix (n, n).

    Raises
    ------
    SettingError
        What the metric gives has another shape, is not finite, symmetric or positive definite.
    """
    n, given = len(theta), metric(theta.copy())
    try:
        found = np.asarray(given)
    except ValueError:
        raise SettingError("metric gives rows of different lengths") from None
    if found.dtype.kind not in "biuf" or found.shape not in ((n,), (n, n)):
        raise SettingError(
            f"metric must give numbers of shape ({n},) or ({n}, {n}), not {found.dtype} of shape {found.shape}"
        )
    found = found.astype(np.float64)
    if not np.isfinite(found).all():
        raise SettingError("metric gives numbers that are not finite")
    if found.ndim == 1:
        if not (found > 0).all():
            raise SettingError(
                f"metric must be positive; number {int(np.argmin(found))} of its diagonal is {found.min():g}"
            )
        return _diagonal(surface, theta, gradient, found)
    if np.abs(found - found.T).max(initial=0.0) > 1e-8 * np.abs(found).max(initial=0.0):
        raise SettingError("metric gives a matrix that is not symmetric")
    return _dense(surface, theta, gradient, 0.5 * (found + found.T))


def gauss_newton_gradient(
    objective, surface: Surface, theta: np.ndarray, gradient: np.ndarray, damping: float
) -> np.ndarray:
    """The gradient in the metric J^T H J + damping * (its mean diagonal); nan where that is not finite."""
    matrix = objective.normal_equations(theta).matrix.copy()
    if not np.isfinite(matrix).all():
        return np.full(len(theta), np.nan)
    n = len(theta)
    mean = float(np.trace(matrix)) / n
    matrix[np.diag_indices(n)] += damping * mean if mean > 0 else 1.0
    return _dense(surface, theta, gradient, matrix)


def check_size(n_theta: int) -> None:
    """Refuse matrices that are too large to solve with."""
    if n_theta > SMALL:
        raise SettingError(
            f"a metric of {n_theta} x {n_theta} numbers is above the limit of {SMALL} x {SMALL}: "
            "give its diagonal, or None"
        )


def _dense(surface, theta, gradient, matrix) -> np.ndarray:
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    check_size(len(theta))
    free = surface.free(theta, gradient)
    normals = surface.normals(theta)[:, free]
    try:
        factor = cho_factor(matrix[np.ix_(free, free)], lower=True, check_finite=False)
    except LinAlgError:
        raise SettingError(
            "metric is not positive definite: add a multiple of the identity to it, or raise `damping`"
        ) from None
    sides = np.column_stack([gradient[free], normals.T])
    solved = np.asarray(cho_solve(factor, sides, check_finite=False))
    found = np.zeros(len(theta))
    found[free] = _constrained(solved[:, 0], solved[:, 1:], normals)
    return surface.tangent(theta, found)


def _diagonal(surface, theta, gradient, weights) -> np.ndarray:
    found = np.where(surface.free(theta, gradient), gradient / weights, 0.0)
    for block in surface.blocks:
        # Signs do not matter to a diagonal.
        points, own = block.of(theta), weights[block.slots]
        block.put(found, _of_block(block.manifold, points, block.of(gradient), own))
    return surface.tangent(theta, found)


def _of_block(manifold: Manifold, points, slopes, weights) -> np.ndarray:
    """Vector by vector, where they have nothing to do with one another: normals are few and small then."""
    count = len(points) if manifold.single else 1
    found = []
    for i in range(count):
        rows = slice(i, i + 1) if manifold.single else slice(None)
        own, normals = weights[rows].ravel(), manifold.normals(points[rows])
        found.append(
            _constrained(slopes[rows].ravel() / own, (normals / own).T, normals)
        )
    return np.concatenate(found).reshape(points.shape)


def _constrained(raw: np.ndarray, solved: np.ndarray, normals: np.ndarray):
    """G^-1 g without what leads off the surface: raw is G^-1 g, solved G^-1 N^T (n, m)."""
    if not len(normals):
        return raw
    force = np.linalg.solve(normals @ solved, normals @ raw)
    return raw - solved @ force
