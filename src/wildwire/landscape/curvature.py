"""The curvature of the loss at one theta: eigenvalues of the Hessian, and the index.

Comes in: a network, rows, theta. Goes out: `Spectrum`. Called by users as `ww.landscape.spectrum`; it is drawn by
`curvature_figure.py`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wildwire.errors import DataError, SettingError
from wildwire.landscape.places import checked_whole, make_objective, read_theta
from wildwire.learning.saddle_free import lanczos
from wildwire.learning.settings import one_line
from wildwire.learning.shuffling import seed_key

__all__ = ["Spectrum", "spectrum"]

EXACT = 500  # numbers up to which all eigenvalues are computed
TINY = np.finfo(np.float64).eps


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues of the Hessian at one theta.

    Attributes
    ----------
    eigenvalues : ndarray of float64, (k,)
        Ascending: all of them, or those of Lanczos's matrices, which stand for all.
    weights : ndarray (k,)
        Which part of all eigenvalues each stands for; their sum is 1.
    radii : ndarray (k,)
        How far from each a true eigenvalue is at most: rounding, n_theta * 2.2e-16 * the largest of them; of Lanczos's
        also the length of their residual.
    exact : bool
        Whether these are all eigenvalues. Otherwise `index`, `undecided` and `negative` are estimates; the outermost
        eigenvalues are the best ones.
    index : float
        Part of the eigenvalues that are negative beyond their radius: 0 at a minimum, 1 at a maximum.
    undecided : float
        Part of them whose sign the radius leaves open: those that are 0 to rounding; of an estimate also small ones.
    index_error : float
        Standard error of `index` over the probes; 0 where it is exact.
    negative : int
        `index` times the number of eigenvalues.
    n_theta : int
        Number of eigenvalues.
    gradient_norm, value : float
        Length of the gradient, and the objective. The index is about a critical point only where the gradient is
        small.
    """

    eigenvalues: np.ndarray
    weights: np.ndarray
    radii: np.ndarray
    exact: bool
    index: float
    undecided: float
    index_error: float
    negative: int
    n_theta: int
    gradient_norm: float
    value: float

    def __repr__(self) -> str:
        about = "" if self.exact else "about "
        low, high = self.eigenvalues[[0, -1]]
        rest = round(self.undecided * self.n_theta)
        left = f", {rest} {'0 to rounding' if self.exact else 'undecided'}" * (rest > 0)
        return (
            f"Spectrum({about}{self.negative} of {self.n_theta} eigenvalues negative{left}, {low:.3g}..{high:.3g}; "
            f"loss {self.value:.6g}, gradient {self.gradient_norm:.3g})"
        )

    def draw(self, path: str | os.PathLike) -> None:
        """Write a picture; the ending says which kind: .png, .svg or .pdf.

        Every eigenvalue by rank, or from 61 on their histogram; the scale is linear near 0 and logarithmic beyond.

        Raises
        ------
        DependencyError
            Matplotlib is not installed.
        SettingError, FileError
            The ending is another one, or the file cannot be written.
        """
        from wildwire.landscape.curvature_figure import draw_spectrum

        draw_spectrum(self, path)


def spectrum(
    network,
    X,
    Y,
    theta,
    loss="squared",
    *,
    exact: bool | None = None,
    vectors: int = 80,
    probes: int = 8,
    seed=0,
    sample_weight=None,
    gradient: str = "mean",
    l2: float = 0.0,
    penalty=None,
    warm_up: int = 0,
    feedback: Mapping[str, str] | None = None,
    threads: int = 1,
) -> Spectrum:
    """Eigenvalues of the Hessian of the loss, and the index: which part of them is negative.

    Parameters
    ----------
    network, X, Y, loss, sample_weight, gradient, l2, penalty, warm_up, feedback, threads
        As for `fit`. Losses are in the user's units.
    theta : array_like of shape (n_theta,)
        Where.
    exact : bool, optional
        All eigenvalues, or an estimate of their density; None: all up to 500 numbers.
    vectors, probes : int
        Of the estimate: Lanczos vectors, and random starts from which it is made.
    seed : int, SeedSequence or Generator
        Of random starts.

    Returns
    -------
    Spectrum

    Raises
    ------
    SettingError, DataError
        As `fit`; derivatives at theta that are not finite.

    Notes
    -----
    All: n_theta products of the Hessian with a vector (about two gradients each), O(n_theta**3) and n_theta**2
    numbers. Estimate: (vectors + 1) * probes products, vectors * n_theta numbers.

    The estimate is stochastic Lanczos quadrature (Golub and Welsch 1969; Lin, Saad and Yang 2016): from a random unit
    vector v Lanczos makes a small matrix T; its eigenvalue t_i with the eigenvector y_i stands for the part (first
    number of y_i)**2 of all eigenvalues. The mean over the probes goes to the true density. Within the length of the
    residual of t_i there is a true eigenvalue (Parlett 1980, section 4.5): where that reaches across 0 the sign is left
    open, as of the many eigenvalues near 0 that large networks have. `index` does not count these and so is rather too
    low, by `undecided` at most; more `vectors` decide more of them.

    Bounds of the network are not looked at. Where a function has a kink or a training slope, second derivatives are
    those that the engine's gradient has. Dauphin et al. 2014: the index at critical points falls with the loss.

    Examples
    --------
    The product of two weights has a saddle where both are 0.

    >>> import wildwire as ww
    >>> network = ww.parse("input x\\nh = ?*x\\ny = ?*h\\noutput y")
    >>> ww.landscape.spectrum(network, [1.0], [1.0], [0.0, 0.0]).eigenvalues
    array([-1.,  1.])
    """
    if exact is not None and not isinstance(exact, bool):
        raise SettingError(f"exact must be True, False or None, not {one_line(exact)}")
    vectors = checked_whole("vectors", vectors, 2)
    probes = checked_whole("probes", probes, 1)
    objective = make_objective(
        network, X, Y, loss=loss, sample_weight=sample_weight, gradient=gradient, l2=l2,
        penalty=penalty, warm_up=warm_up, feedback=feedback, threads=threads,
    )  # fmt: skip
    theta = read_theta(network, theta)
    if not network.n_theta:
        raise SettingError("this network has no learnable numbers, so no Hessian")
    if network.n_theta <= EXACT if exact is None else exact:
        return _all(objective, theta)
    return _estimate(objective, theta, vectors, probes, seed_key(seed))


def _all(objective, theta) -> Spectrum:
    from scipy.linalg import eigvalsh

    value, gradient, matrix = objective.hessian(theta)
    _check_finite(value, gradient, matrix)
    found = np.asarray(eigvalsh(matrix, check_finite=False))
    count = len(found)
    radii = np.full(count, _rounding(found, count))
    negative = int((found < -radii).sum())
    undecided = int((np.abs(found) <= radii).sum())
    return Spectrum(
        found, np.full(count, 1 / count), radii, True, negative / count, undecided / count, 0.0, negative, count,
        _length(gradient), float(value),
    )  # fmt: skip


def _estimate(objective, theta, vectors: int, probes: int, key: int) -> Spectrum:
    value, gradient = objective.value_and_gradient(theta)
    _check_finite(value, gradient)
    random, count = np.random.default_rng(key), objective.n_theta

    def times(vector: np.ndarray) -> np.ndarray:
        product = objective.hessian_product(theta, vector)
        _check_finite(value, product)
        return product

    tables = [
        _probe(times, random.standard_normal(count), vectors) for _ in range(probes)
    ]
    values, weights, radii = np.concatenate(tables, axis=1)
    radii = np.maximum(radii, _rounding(values, count))
    below = np.split(
        np.where(values < -radii, weights, 0.0),
        np.cumsum([table.shape[1] for table in tables])[:-1],
    )
    parts = [float(part.sum()) for part in below]
    index = float(np.mean(parts))
    undecided = float(weights[np.abs(values) <= radii].sum()) / probes
    error = float(np.std(parts, ddof=1) / np.sqrt(probes)) if probes > 1 else np.nan
    order = np.argsort(values, kind="stable")
    return Spectrum(
        values[order], weights[order] / probes, radii[order], False, index, undecided, error, round(index * count),
        count, _length(gradient), float(value),
    )  # fmt: skip


def _probe(times, start: np.ndarray, vectors: int) -> np.ndarray:
    """Eigenvalues of Lanczos's matrix from one start, their weights, and the lengths of their residuals; (3, k)."""
    from scipy.linalg import eigh

    base, small = lanczos(times, start, vectors)
    values, turned = (np.asarray(each) for each in eigh(small, check_finite=False))
    # |A V y - t V y| is the last number of y times what A makes of the last vector besides the space.
    beside = times(base[:, -1])
    for _ in range(2):
        beside = beside - base @ (base.T @ beside)
    return np.stack([values, turned[0] ** 2, np.abs(turned[-1]) * _length(beside)])


def _rounding(values: np.ndarray, count: int) -> float:
    return float(TINY * count * np.abs(values).max(initial=0.0))


def _length(gradient: np.ndarray) -> float:
    return float(np.sqrt((gradient * gradient).sum()))


def _check_finite(value: float, *derivatives: np.ndarray) -> None:
    if not np.isfinite(value):
        raise DataError(f"the loss at theta is {value}: it has no curvature there")
    if not all(np.isfinite(each).all() for each in derivatives):
        raise DataError(
            "the derivatives of the loss at theta are not finite: look from another theta"
        )
