"""The path of learning: theta after the epochs of a run.

Comes in: the state that `fit` shows its callbacks, or an array of thetas. Goes out: an array (k, n_theta). Called by
`fit` and by `plane.py`.
"""

import numpy as np

from wildwire.errors import DataError, SettingError
from wildwire.learning.data import real_numbers
from wildwire.learning.settings import one_line

__all__ = ["Path", "as_thetas"]


class Path:
    """Records the path of learning: a callback of `ww.fit`.

    One path may follow several runs, one after another.

    Parameters
    ----------
    start : array_like of shape (n_theta,), optional
        Where the run starts, which callbacks are not told: the first point.
    most : int
        Points kept at most, 2 or more. When there are more, every other one is dropped, and half as many are taken
        from then on; the first and the last stay.

    Attributes
    ----------
    thetas : ndarray of float64, (k, n_theta)
    epochs : ndarray of int, (k,)
        After how many epochs each was recorded; 0 is the start.

    Raises
    ------
    SettingError, DataError
        `most` or `start` is none; a run of another network.

    Examples
    --------
    >>> import wildwire as ww
    >>> network = ww.parse("input x\\ny = ?*x + ?\\noutput y")
    >>> path = ww.landscape.Path(start=[0.0, 0.0])
    >>> _ = ww.fit(network, [0.0, 1.0], [1.0, 3.0], [0.0, 0.0], epochs=5, callbacks=path)
    >>> path
    Path(6 points of 5 epochs)
    """

    def __init__(self, start=None, most: int = 200):
        whole = isinstance(most, (int, np.integer)) and not isinstance(most, bool)
        if not whole or most < 2:
            raise SettingError(
                f"most must be a whole number of 2 or more, not {one_line(most)}"
            )
        self._most, self._every = int(most), 1
        self._seen = self._epochs = 0
        self._kept: list[tuple[int, int, np.ndarray]] = []
        self._last: tuple[int, int, np.ndarray] | None = None
        if start is not None:
            self._see(_vector(start))

    def __call__(self, state) -> None:
        """Record `state.theta`, after one more epoch."""
        theta = state.theta
        if self._last is not None and theta.shape != self._last[2].shape:
            raise SettingError(
                f"this Path has points of {len(self._last[2])} numbers and the network learns {len(theta)}: "
                "take another Path for another network"
            )
        self._epochs += 1
        self._see(theta)

    def _see(self, theta: np.ndarray) -> None:
        self._last = (self._seen, self._epochs, theta)
        self._seen += 1
        if self._last[0] % self._every:
            return
        self._kept.append(self._last)
        # One place is for the last point, which need not be of those kept.
        while len(self._kept) > self._most - 1:
            self._every *= 2
            self._kept = [each for each in self._kept if each[0] % self._every == 0]

    def _points(self) -> list[tuple[int, int, np.ndarray]]:
        if self._last is None:
            return []
        behind = [] if self._kept[-1] is self._last else [self._last]
        return self._kept + behind

    @property
    def thetas(self) -> np.ndarray:
        points = self._points()
        return np.array([each[2] for each in points]) if points else np.empty((0, 0))

    @property
    def epochs(self) -> np.ndarray:
        return np.array([each[1] for each in self._points()], dtype=np.int64)

    def __len__(self) -> int:
        return len(self._points())

    def __repr__(self) -> str:
        return f"Path({len(self)} points of {self._epochs} epochs)"


def _vector(start) -> np.ndarray:
    theta = np.array(real_numbers("start", start))
    if theta.ndim != 1 or not np.isfinite(theta).all():
        raise DataError(
            "start must be a vector of finite numbers, theta before the run"
        )
    return theta


def as_thetas(path, n_theta: int) -> np.ndarray | None:
    """The points (k, n_theta) of a `Path` or an array; None for None.

    Raises
    ------
    DataError
        No points, another length, or a number that is not finite (its row is named).
    """
    if path is None:
        return None
    thetas = path.thetas if isinstance(path, Path) else real_numbers("path", path)
    if not thetas.size:
        raise DataError(
            "the path has no points: give it to fit, as in ww.fit(..., callbacks=path), before it is drawn"
        )
    if thetas.ndim != 2 or thetas.shape[1] != n_theta:
        raise DataError(
            f"path must be a Path or have shape (k, {n_theta}), not {thetas.shape}"
        )
    bad = ~np.isfinite(thetas).all(axis=1)
    if bad.any():
        raise DataError(
            f"path: row {int(np.argmax(bad))} holds a number that is not finite"
        )
    return np.ascontiguousarray(thetas)
