"""The loss over a plane through theta, with the path of learning on it.

Comes in: a network, rows, theta, two directions. Goes out: `Surface`. Called by users as `ww.landscape.surface`; it is
drawn by `plane_figure.py`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wildwire.errors import SettingError
from wildwire.landscape.directions import Directions, read_directions
from wildwire.landscape.places import checked_whole, make_objective, read_theta
from wildwire.landscape.ways import as_thetas
from wildwire.learning.settings import checked_number

__all__ = ["Surface", "surface"]

MOST_NUMBERS = 2**25  # of thetas held at once: 256 MB
MARGIN = 0.15  # beside the path, as a part of its extent


@dataclass(frozen=True, eq=False)
class Surface:
    """What a network loses on a plane through theta.

    Attributes
    ----------
    values : ndarray of float64, (points, points)
        `values[i, j]` at `axes[0][i]` and `axes[1][j]`; infinite or NaN where the loss is.
    axes : tuple of two ndarrays (points,)
        Coordinates: the number itself where a direction is one number of theta, else multiples of the direction, 0 at
        theta.
    names : tuple of str
        What the axes are called.
    center : ndarray (2,)
        The coordinates of theta.
    directions : ndarray (2, n_theta)
    path : ndarray (k, 2) or None
        Coordinates of the path's points: the feet of the perpendiculars to the plane.
    path_values : ndarray (k,) or None
        The loss at the points themselves, which need not lie in the plane.
    in_plane : float or None
        Which part of the path lies in the plane: ``1 - sum |theta_k - foot_k|**2 / sum |theta_k - theta|**2``. Near 0
        the picture says little about the path.
    penalised : bool
        Whether values are the loss plus penalties.
    """

    values: np.ndarray
    axes: tuple[np.ndarray, np.ndarray]
    names: tuple[str, str]
    center: np.ndarray
    directions: np.ndarray = field(repr=False)
    path: np.ndarray | None = None
    path_values: np.ndarray | None = None
    in_plane: float | None = None
    penalised: bool = False

    def __repr__(self) -> str:
        finite = self.values[np.isfinite(self.values)]
        told = (
            f"{finite.min():.3g}..{finite.max():.3g}"
            if len(finite)
            else "nowhere finite"
        )
        points = " x ".join(map(str, self.values.shape))
        way = "" if self.path is None else f", path of {len(self.path)} points"
        return f"Surface({self.names[0]!r}, {self.names[1]!r}: {points} values {told}{way})"

    def draw(self, path: str | os.PathLike) -> None:
        """Write a picture; the ending says which kind: .png, .svg or .pdf.

        Contours, logarithmic where the loss spans decades; hatched where it is not finite; the path with its start
        and end.

        Raises
        ------
        DependencyError
            Matplotlib is not installed.
        SettingError, FileError
            The ending is another one, or the file cannot be written.
        """
        from wildwire.landscape.plane_figure import draw_surface

        draw_surface(self, path)


def surface(
    network,
    X,
    Y,
    theta=None,
    along=None,
    loss="squared",
    *,
    path=None,
    span: float | tuple[float, float] | None = None,
    points: int = 41,
    seed=0,
    sample_weight=None,
    gradient: str = "mean",
    l2: float = 0.0,
    penalty=None,
    warm_up: int = 0,
    feedback: Mapping[str, str] | None = None,
    threads: int = 1,
) -> Surface:
    """The loss over two numbers of theta, or over two directions from it.

    Parameters
    ----------
    network, X, Y, loss, sample_weight, gradient, l2, penalty, warm_up, feedback, threads
        As for `fit`. Losses are in the user's units.
    theta : array_like of shape (n_theta,), optional
        The point that the plane goes through; None: the last one of the path.
    along : pair, "path" or None
        Two names of `network.theta_names`; or two vectors (n_theta,); or one of each. "path": the two principal
        directions of the path. None: two random directions, every neuron's part as long as its part of theta (filter
        normalisation), so that pictures of networks whose weights differ in size can be compared.
    path : Path or array_like of shape (k, n_theta), optional
        The path of learning, see `Path`.
    span : float or pair of float, optional
        How far to go from theta to either side, in units of the axes. None: as far as the path goes and, but for
        "path", at least 1 and the size of a named number.
    points : int
        Points of each axis, 2 or more.
    seed : int, SeedSequence or Generator
        Of random directions.

    Returns
    -------
    Surface

    Raises
    ------
    SettingError, DataError, UnknownNameError
        As `fit`; directions that span no plane; a path of another length.

    Notes
    -----
    points**2 losses over all rows, in one call of the engine as long as their thetas take less than 256 MB. Bounds of
    the network are not looked at: the loss is shown beyond them too.

    Li, Xu, Taylor, Studer and Goldstein, Visualizing the loss landscape of neural nets, NeurIPS 2018. A random plane
    hardly sees the path (two directions of many: `in_plane` is near 2/n_theta); the plane of "path" does.

    Examples
    --------
    >>> import wildwire as ww
    >>> network = ww.parse("input x\\ny = ?*x + ?\\noutput y")
    >>> found = ww.landscape.surface(network, [0.0, 1.0], [1.0, 3.0], [2.0, 1.0], ("x -> y", "y bias"), points=3)
    >>> found.axes[0]
    array([0., 2., 4.])
    >>> float(found.values[1, 1])
    0.0
    """
    objective = make_objective(
        network, X, Y, loss=loss, sample_weight=sample_weight, gradient=gradient, l2=l2,
        penalty=penalty, warm_up=warm_up, feedback=feedback, threads=threads,
    )  # fmt: skip
    points = checked_whole("points", points, 2)
    thetas = as_thetas(path, network.n_theta)
    if theta is None and thetas is not None:
        theta = thetas[-1]
    theta = read_theta(network, theta)
    chosen = read_directions(network, along, theta, thetas, seed)
    moved = None if thetas is None else chosen.coordinates(thetas - theta)
    offsets = _offsets(chosen, moved, span, points)
    values, way = _values(objective, theta, chosen, offsets, thetas)
    center = chosen.first(theta)
    return Surface(
        values, (center[0] + offsets[0], center[1] + offsets[1]), chosen.names, center, chosen.vectors,
        None if moved is None else center + moved, way, _in_plane(chosen, theta, thetas, moved),
        not objective.penalty.is_none,
    )  # fmt: skip


def _offsets(chosen: Directions, moved, span, points: int) -> list[np.ndarray]:
    """How far the points of each axis are from theta."""
    if span is not None:
        pair = span if isinstance(span, (tuple, list)) else (span, span)
        if len(pair) != 2:
            raise SettingError(f"span must be a number or two, not {len(pair)}")
        wide = [checked_number("span", each, zero=False) for each in pair]
        return [np.linspace(-each, each, points) for each in wide]
    found = []
    for axis, reach in enumerate(chosen.reach):
        low, high = -reach, reach
        if moved is not None:
            seen = moved[:, axis]
            left, right = min(0.0, seen.min()), max(0.0, seen.max())
            margin = MARGIN * (right - left)
            left, right = left - margin, right + margin
            low, high = (
                (left, right)
                if chosen.fits_path
                else (min(low, left), max(high, right))
            )
        found.append(np.linspace(low, high, points))
    return found


def _values(objective, theta, chosen: Directions, offsets, thetas):
    """The losses (points, points) of the plane and those (k,) of the path, in one call if memory allows it."""
    u, v = chosen.vectors
    points = len(offsets[0])
    pairs = np.stack(np.meshgrid(*offsets, indexing="ij"), axis=-1).reshape(-1, 2)
    plane = points * points
    total = plane + (0 if thetas is None else len(thetas))
    most = max(MOST_NUMBERS // objective.n_theta, 1)
    found = np.empty(total)
    for first in range(0, total, most):
        last = min(first + most, total)
        own = pairs[first:last]
        batch = np.empty((last - first, objective.n_theta))
        batch[: len(own)] = theta + own[:, :1] * u + own[:, 1:] * v
        if last > plane:
            batch[len(own) :] = thetas[max(first - plane, 0) : last - plane]
        found[first:last] = objective.values(batch)
    way = None if thetas is None else found[plane:]
    return found[:plane].reshape(points, points), way


def _in_plane(chosen: Directions, theta, thetas, moved) -> float | None:
    if thetas is None:
        return None
    away = thetas - theta
    whole = float((away * away).sum())
    if whole == 0:
        return 1.0
    u, v = chosen.vectors
    rest = away - moved[:, :1] * u - moved[:, 1:] * v
    return 1.0 - float((rest * rest).sum()) / whole
