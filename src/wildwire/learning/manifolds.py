"""Manifolds: where vectors of weights may lie, and how one walks on them.

Comes in: points, tangents and slopes as matrices (k, n), k vectors of n numbers. Goes out: the same. Called by
`surface.py`, which puts the numbers of theta into such matrices; the learner is `riemannian.py`. ::

                gradient            retraction                    exponential map
    sphere      g - p (p.g)/r^2     r (p+v)/|p+v|                 p cos a + v sin(a)/a, a = |v|/r
    Stiefel     G - sym(G W^T) W    Q factor, or polar factor     Edelman, Arias & Smith 1998, eq. 2.14
    positive    w^2 g               w (1 + q + q^2/2), q = v/w    w e^q

Every step ends with the nearest point: rounding drives the exponential map alone off the manifold, and off it errors
grow.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from wildwire.errors import SettingError

__all__ = ["Euclidean", "Manifold", "Positive", "Sphere", "Stiefel"]

SMALLEST = np.finfo(np.float64).tiny


@dataclass(frozen=True, slots=True)
class Manifold:
    """Interface of all manifolds; itself the flat space, in which nothing is constrained.

    Points are float64 (k, n): k vectors of n numbers. Methods take and give new matrices of this shape; where there is
    no answer, as for the point of a sphere nearest to its centre, they give nan.

    Attributes
    ----------
    single : bool
        Whether the vectors have nothing to do with one another: they are then gathered in one matrix.
    """

    single: ClassVar[bool] = True

    def span(self) -> tuple[float, float]:
        """Range of the numbers of all points; bounds that cut it are refused."""
        return -np.inf, np.inf

    def misfit(self, count: int, size: int) -> str:
        """Why `count` vectors of `size` numbers cannot be a point, as the rest of a sentence; or nothing."""
        return ""

    def project(self, points: np.ndarray) -> np.ndarray:
        """The nearest point."""
        return points.copy()

    def tangent(self, points: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """The nearest tangent vector at a point, in the Euclidean sense."""
        return vectors.copy()

    def gradient(self, points: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """The Riemannian gradient in the manifold's own metric: the tangent u with <u, v> = sum slopes*v for all v."""
        return self.tangent(points, slopes)

    def normals(self, points: np.ndarray) -> np.ndarray:
        """An orthonormal basis of what is orthogonal to all tangents, (m, k*n)."""
        return np.zeros((0, points.size))

    def retract(self, points: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """A point at `points + steps` to first order at least; steps are tangent."""
        return points + steps

    def exponential(self, points: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """The end of the geodesic that leaves with the velocity `steps`, at time 1."""
        return points + steps

    def transport(
        self, points: np.ndarray, ends: np.ndarray, vectors: np.ndarray
    ) -> np.ndarray:
        """A tangent at `points` carried along to `ends`."""
        return self.tangent(ends, vectors)


@dataclass(frozen=True, slots=True)
class Euclidean(Manifold):
    """The flat space: plain gradient descent. What a number is on that no other manifold claims."""


@dataclass(frozen=True, slots=True)
class Sphere(Manifold):
    """Every vector has the same length.

    Parameters
    ----------
    radius : float
        The length, above 0.

    Notes
    -----
    The metric is that of the space around. The retraction ``r (p+v)/|p+v|`` agrees with the exponential map up to third
    order. All operations cost O(k n).
    """

    radius: float = 1.0

    def __post_init__(self):
        value = self.radius
        number = isinstance(value, (int, float, np.number))
        if (
            not number
            or isinstance(value, bool)
            or not (value > 0 and np.isfinite(value))
        ):
            raise SettingError(
                f"radius of Sphere must be a number above 0, not {value!r}"
            )

    def span(self):
        return -self.radius, self.radius

    def project(self, points):
        # Divided first by the largest number, or squares of tiny and huge ones would vanish and overflow.
        largest = np.abs(points).max(axis=1, keepdims=True, initial=0.0)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            scaled = points / largest
            return scaled * (self.radius / np.linalg.norm(scaled, axis=1)[:, None])

    def tangent(self, points, vectors):
        along = (points * vectors).sum(axis=1, keepdims=True) / self.radius**2
        return vectors - points * along

    def normals(self, points):
        count, size = points.shape
        rows = np.zeros((count, count, size))
        rows[np.arange(count), np.arange(count)] = points / self.radius
        return rows.reshape(count, points.size)

    def retract(self, points, steps):
        return self.project(points + steps)

    def exponential(self, points, steps):
        angle = np.linalg.norm(steps, axis=1, keepdims=True) / self.radius
        # sinc(x) is sin(pi x)/(pi x), and 1 at 0.
        return self.project(
            points * np.cos(angle) + steps * np.sinc(angle / np.pi)
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stiefel(Manifold):
    """The vectors together are orthonormal: each has length 1, any two are at right angles.

    Parameters
    ----------
    count : int or None
        Number of vectors. Needed where theta as a whole is the point; else what the names make it.
    retraction : "qr" or "polar"
        "qr" makes W + V orthonormal from its first vector on (Gram-Schmidt's factor, with a positive diagonal).
        "polar" takes the nearest point instead: it does not depend on the order of the vectors, and agrees with the
        exponential map up to third order, "qr" up to second.

    Notes
    -----
    The metric is the Euclidean one, that of the space around, not the canonical one: the gradient is
    G - sym(G W^T) W, and geodesics are those of Edelman, Arias & Smith 1998, eq. 2.14. A retraction costs O(n k**2),
    the exponential map O(n k**2 + k**3) with a large factor.
    """

    count: int | None = None
    retraction: str = "qr"
    single: ClassVar[bool] = False

    def __post_init__(self):
        count = self.count
        whole = isinstance(count, (int, np.integer)) and not isinstance(count, bool)
        if count is not None and (not whole or count < 1):
            raise SettingError(
                f"count of Stiefel must be a whole number of 1 or more, not {count!r}"
            )
        if self.retraction not in ("qr", "polar"):
            raise SettingError(
                f"retraction of Stiefel must be 'qr' or 'polar', not {self.retraction!r}"
            )

    def span(self):
        return -1.0, 1.0

    def misfit(self, count, size):
        if self.count not in (None, count):
            return f"are {count} vectors, and Stiefel(count={self.count}) was asked for"
        if count > size:
            return f"are {count} vectors of {size} numbers: at most {size} can be at right angles"
        return ""

    def project(self, points):
        if not np.isfinite(points).all():
            return np.full(points.shape, np.nan)
        left, values, right = np.linalg.svd(points, full_matrices=False)
        # Without full rank several points are equally near.
        if not values[-1] > np.finfo(np.float64).eps * points.shape[1] * values[0]:
            return np.full(points.shape, np.nan)
        return left @ right

    def tangent(self, points, vectors):
        inner = vectors @ points.T
        return vectors - 0.5 * (inner + inner.T) @ points

    def normals(self, points):
        count = len(points)
        rows = []
        for i in range(count):
            for j in range(i + 1):
                symmetric = np.zeros((count, count))
                symmetric[i, j] = symmetric[j, i] = 1.0 if i == j else np.sqrt(0.5)
                rows.append((symmetric @ points).ravel())
        return np.array(rows)

    def retract(self, points, steps):
        if self.retraction == "polar":
            return self.project(points + steps)
        if not np.isfinite(steps).all():
            return np.full(points.shape, np.nan)
        # A tangent leaves full rank: (W+V)(W+V)^T = I + V V^T.
        q, r = np.linalg.qr((points + steps).T)
        return np.ascontiguousarray(np.where(np.diagonal(r) < 0, -q, q).T)

    def exponential(self, points, steps):
        from scipy.linalg import expm

        scale = float(np.linalg.norm(steps))
        if scale == 0:
            return points.copy()
        if not np.isfinite(scale):
            return np.full(points.shape, np.nan)
        k = len(points)
        turn = points @ steps.T
        turn = 0.5 * (turn - turn.T)
        unit = steps / scale
        # Eq. 2.14 with H/|H| beside Y: the blocks are of one size then, and little is lost in their exponential.
        block = np.zeros((2 * k, 2 * k))
        block[:k, :k] = block[k:, k:] = turn
        block[:k, k:] = -scale * (unit @ unit.T)
        block[k:, :k] = scale * np.eye(k)
        moved = np.hstack([points.T, unit.T]) @ expm(block)[:, :k] @ expm(-turn)
        return self.project(np.ascontiguousarray(moved.T))


@dataclass(frozen=True, slots=True)
class Positive(Manifold):
    """Every number is above 0: steps multiply, and 0 is infinitely far away.

    The metric is 1/w**2, so that halving and doubling are equally long. A start below 0 turns its sign; a start of 0
    has no side and is refused.

    Notes
    -----
    A number falls at most to the smallest of normal size, 2.2e-308. Retraction w (1 + q + q**2/2) and exponential map
    w e**q, q = v/w, agree up to third order.
    """

    def span(self):
        return 0.0, np.inf

    def project(self, points):
        size = np.abs(points)
        return np.where(size > 0, np.maximum(size, SMALLEST), np.nan)

    def gradient(self, points, slopes):
        with np.errstate(over="ignore", invalid="ignore"):
            return points * (points * slopes)

    def retract(self, points, steps):
        with np.errstate(over="ignore", invalid="ignore"):
            part = steps / points
            return np.maximum(points * (1 + part + 0.5 * part * part), SMALLEST)

    def exponential(self, points, steps):
        with np.errstate(over="ignore", invalid="ignore"):
            return np.maximum(points * np.exp(steps / points), SMALLEST)

    def transport(self, points, ends, vectors):
        with np.errstate(over="ignore", invalid="ignore"):
            return vectors * (ends / points)
