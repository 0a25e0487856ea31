"""The scatter of targets about a network: how much, with how many degrees of freedom, and what it does to theta.

Comes in: normal equations at one theta, what kind of noise each loss stands for. Goes out: `Noise`, and the matrix B in
the covariance A^-1 B A^-1 of theta. Called by `standard_errors.py`.

    squared            t = o + noise of one size s for each output     s**2 = sum w (t - o)**2 / (N - p)
    gamma              the spread of t is in proportion to o           s**2 = sum w (t/o - 1)**2 / (N - p)
    cross-entropies,   the spread follows from o                       s = 1
    poisson

p is the output's share of the effective numbers, the sum of its rows' leverages: sum over rows of r A^-1 r^T (Hastie,
Tibshirani, Friedman 2009, eq. 7.32, at the tangent of the network).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.errors import DataError, SettingError

__all__ = ["Noise", "kinds_of", "noise_of", "row_sums", "scores_product"]

ESTIMATED, KNOWN = ("squared", "gamma"), ("logistic", "softmax", "poisson")
LEAST_FREEDOM = 1e-6  # of the values: less is rounding of an exact fit


@dataclass(frozen=True)
class Noise:
    """Each output's scatter; all arrays have shape (n_outputs,).

    Attributes
    ----------
    size : float64 array
        s above, at weight 1; NaN where the loss says all itself.
    freedom : float64 array
        Degrees of freedom left for it; infinite where nothing is estimated.
    dispersion : float64 array
        What the output's part of the curvature is multiplied by: s**2 times the weight of its loss.
    """

    size: np.ndarray
    freedom: np.ndarray
    dispersion: np.ndarray

    @property
    def common(self) -> float:
        """One dispersion for all, weighted by degrees of freedom: that of the penalty."""
        finite = np.isfinite(self.freedom)
        if not finite.any():
            return float(self.dispersion.mean())
        return float(np.average(self.dispersion[finite], weights=self.freedom[finite]))


def kinds_of(losses, names) -> tuple[str, ...]:
    """What kind of noise each output's loss stands for.

    Raises
    ------
    SettingError
        A loss that is no likelihood.
    """
    from wildwire.functions import losses as known

    catalogue, kinds = known(), []
    for loss, name in zip(losses.functions, names, strict=True):
        own = catalogue.get(loss.name)
        same = own is not None and own.key == loss.key
        if not same or loss.name not in (*ESTIMATED, *KNOWN):
            raise SettingError(
                f"the loss {loss.name!r} of output {name} says nothing about the size of the noise: standard "
                f"errors need one of {', '.join((*ESTIMATED, *KNOWN))}"
            )
        kinds.append(loss.name)
    return tuple(kinds)


def row_sums(normal, theta, weigh) -> Any:
    """The sum of `weigh(rows, outputs)` over the weighted rows of the Jacobian, some at a time."""
    total: Any = 0.0
    for some in normal.rows(theta):
        total = total + weigh(some.jacobian, some.place[:, 2])
    return total


def noise_of(
    normal, theta, kinds, loss_weights, shares_of, *, known, repeated
) -> Noise:
    """The scatter about a network.

    Parameters
    ----------
    normal : NormalEquations
    kinds : tuple of str
    loss_weights : float64 array (n_outputs,)
    shares_of : callable
        Gives the effective numbers of each output, (n_outputs,); called only where they count.
    known : bool
        The sizes are 1.
    repeated : bool
        Weights count repetitions.

    Raises
    ------
    DataError
        No degrees of freedom are left.
    """
    n = len(kinds)
    size, freedom = np.full(n, np.nan), np.full(n, np.inf)
    estimated = np.flatnonzero(np.isin(kinds, ESTIMATED))
    if known or not len(estimated):
        size[estimated] = 1.0
        return Noise(size, freedom, loss_weights)
    shares = shares_of()
    squares = _squares(normal, theta, kinds)
    weights = normal.weights
    count = weights.sum(axis=0) if repeated else (weights != 0).sum(axis=0)
    for q in estimated:
        freedom[q] = count[q] - shares[q]
        if freedom[q] <= LEAST_FREEDOM * max(count[q], 1.0):
            raise DataError(
                f"output {normal.network.output_names[q]} has {count[q]:g} values, and {shares[q]:.4g} numbers are "
                "fitted to them: nothing is left to tell the noise by. Give more rows, a smaller network or a penalty; "
                "or sigma_known=True, with sample_weight = 1/sigma**2"
            )
        size[q] = np.sqrt((weights[:, q] * squares[:, q]).sum() / freedom[q])
    told = np.where(np.isnan(size), 1.0, size**2)
    return Noise(size, freedom, loss_weights * told)


def _squares(normal, theta, kinds) -> np.ndarray:
    """Squared residuals in units of their spread at size 1, (n_points, n_outputs)."""
    found, targets = normal.outputs(theta), normal.targets
    squares = np.zeros(found.shape)
    for q, kind in enumerate(kinds):
        if kind == "squared":
            squares[:, q] = (targets[:, q] - found[:, q]) ** 2
        elif kind == "gamma":
            # The loss reads z where the output is its exponential.
            mean = np.exp(found[:, q]) if normal.reads_z[q] else found[:, q]
            squares[:, q] = (targets[:, q] / mean - 1) ** 2
    return np.where(normal.weights != 0, squares, 0.0)


def scores_product(normal, theta, repeated: bool) -> np.ndarray:
    """Sum over points of the outer product of the loss's gradient with itself (White 1982); of n rows n times one."""
    n = normal.network.n_outputs
    total, first = np.zeros((len(theta), len(theta))), 0
    for some in normal.rows(theta):
        by_row = some.jacobian * some.residual[:, None]
        scores = by_row.reshape(-1, n, len(theta)).sum(axis=1)
        weight = normal.weights[first : first + len(scores)].max(axis=1, initial=0.0)
        first += len(scores)
        if repeated:
            scores = scores / np.sqrt(np.where(weight > 0, weight, 1.0))[:, None]
        total += scores.T @ scores
    return total
