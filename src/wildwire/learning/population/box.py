"""Where candidates may lie, and where the first ones are drawn.

Comes in: the bounds of an objective, a start, how far to look. Goes out: points within the bounds. Used by all
learners of this folder.
"""

import numpy as np

__all__ = ["Box"]


class Box:
    """The interval of each number that a search begins with.

    Between two finite bounds it is theirs. Other numbers begin within `spread` of the start, or from `low` to `high`,
    and may leave that; bounds are never left.

    Parameters
    ----------
    bounds : ndarray (n, 2)
        Infinite where there is none.
    start : ndarray (n,)
        Within the bounds.
    spread : float
    low, high : float or None

    Attributes
    ----------
    low, high, width : ndarray (n,)
        Finite; a width may be 0.
    """

    def __init__(
        self,
        bounds: np.ndarray,
        start: np.ndarray,
        spread: float,
        low: float | None = None,
        high: float | None = None,
    ):
        self._least, self._most = bounds[:, 0].copy(), bounds[:, 1].copy()
        closed = np.isfinite(bounds).all(axis=1)
        first = start - spread if low is None else np.full(len(start), float(low))
        last = start + spread if high is None else np.full(len(start), float(high))
        self.low = np.where(closed, self._least, np.maximum(first, self._least))
        self.high = np.where(closed, self._most, np.minimum(last, self._most))
        # Where the user's interval lies beyond a bound, the bound is all that is left of it.
        self.low = np.minimum(self.low, self._most)
        self.high = np.maximum(self.high, self.low)

    @property
    def width(self) -> np.ndarray:
        return self.high - self.low

    def draw(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Points drawn evenly, (count, n)."""
        return self.low + random.random((count, len(self.low))) * self.width

    def clipped(self, points: np.ndarray) -> np.ndarray:
        """The nearest points within the bounds."""
        return np.minimum(np.maximum(points, self._least), self._most)

    def folded(self, points: np.ndarray) -> np.ndarray:
        """Points reflected at the bounds, as often as it takes."""
        low, high = self._least, self._most
        width = high - low
        closed = np.isfinite(width) & (width > 0)
        if closed.any():
            period = np.where(closed, 2 * width, 1.0)
            base = np.where(closed, low, 0.0)
            there = np.mod(points - base, period)
            inside = base + np.minimum(there, period - there)
            # What lies inside keeps its bits.
            beyond = closed & ((points < low) | (points > high))
            points = np.where(beyond, inside, points)
        below = np.isfinite(low) & ~closed & (points < low)
        points = np.where(below, np.where(below, 2 * low, 0.0) - points, points)
        above = np.isfinite(high) & ~closed & (points > high)
        points = np.where(above, np.where(above, 2 * high, 0.0) - points, points)
        return self.clipped(points)
