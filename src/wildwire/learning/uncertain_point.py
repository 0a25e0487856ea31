"""The curvature of an objective where learning has ended, and what spreads theta there.

Comes in: a network, theta, rows and the settings of a fit. Goes out: matrices over the numbers that do not stand at a
bound. Called by `standard_errors.py`. All sums are over rows, however the objective was averaged.
"""

from typing import Any

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.noise import (
    Noise,
    kinds_of,
    noise_of,
    row_sums,
    scores_product,
)
from wildwire.learning.objective import Objective
from wildwire.learning.scaling import scaled_losses

__all__ = ["Point"]

AT_BOUND = 1e-7  # relative distance from a bound that is rounding to float32


class Point:
    """One theta of one objective.

    Attributes
    ----------
    fixed : bool array (n_theta,)
        Numbers at a bound; all that follows is over the others.
    data : float64 array (n_free, n_free)
        Sum of w J^T H J.
    bend : float64 array (n_free,) or None
        Second derivatives of the penalty, on the scale of `data`; None without one. A penalty that curves downwards
        counts as straight.
    curvature : float64 array (n_free, n_free)
        Both together.
    """

    def __init__(
        self, network, theta, X, Y, *, loss, sample_weight, gradient, l2, penalty, scale_loss,
        warm_up, truncate, feedback, threads,
    ):  # fmt: skip
        from wildwire.engine.normal_equations import NormalEquations

        objective = Objective(
            network, X, Y, loss=loss, sample_weight=sample_weight, gradient=gradient, l2=l2, penalty=penalty,
            warm_up=warm_up, truncate=truncate, feedback=feedback, threads=threads,
        )  # fmt: skip
        self.network = network
        self.kinds = kinds_of(objective.losses, network.output_names)
        losses = _as_minimised(objective, scale_loss)
        self.loss_weights = np.array(losses.weights)
        samples, self.memory = objective.samples, objective.rows.memory
        self._normal = NormalEquations(
            network, samples[0], samples[1], loss=losses, sample_weight=samples[2], memory=self.memory,
            threads=threads,
        )  # fmt: skip
        found = self._normal.at(theta)
        self.theta = np.array(theta, dtype=np.float64)
        self.fixed = _at_bound(self.theta, objective.bounds)
        free = ~self.fixed
        self.data = found.matrix[np.ix_(free, free)]
        self._gradient = found.gradient[free]
        self._take_penalty(objective, free)
        if not (
            np.isfinite(self.curvature).all() and np.isfinite(self._gradient).all()
        ):
            raise SettingError(
                "the derivatives at theta are not finite: there are no standard errors to tell"
            )

    def _take_penalty(self, objective, free) -> None:
        self.curvature, self.bend = self.data, None
        if objective.penalty.is_none:
            return
        _, slope, bend = objective.penalty.curvature(self.theta)
        self.bend = np.maximum(bend[free], 0.0) / objective.share
        self._gradient = self._gradient + slope[free] / objective.share
        self.curvature = self.data + np.diag(self.bend)

    def repeated(self, weights: str, sigma_known: bool) -> bool:
        """Whether weights count repetitions."""
        if weights != "auto":
            return weights == "repetitions"
        own = self._normal.weights
        return not sigma_known and bool((own == np.rint(own)).all())

    def _rows_of(self, weigh) -> Any:
        """A sum over the weighted rows of the Jacobian, without the columns of fixed numbers."""
        free = ~self.fixed
        return row_sums(
            self._normal,
            self.theta,
            lambda rows, outputs: weigh(rows[:, free], outputs),
        )

    def noise(self, inverse, effective, known: bool, repeated: bool) -> Noise:
        """The scatter of the targets."""
        return noise_of(
            self._normal, self.theta, self.kinds, self.loss_weights, self._shares(inverse, effective),
            known=known, repeated=repeated,
        )  # fmt: skip

    def _shares(self, inverse, effective):
        """How many effective numbers each output has, when that is asked for: sums of leverages."""
        n = len(self.kinds)

        def leverages(rows, outputs):
            own = np.einsum("ij,ij->i", rows @ inverse, rows)
            return np.bincount(outputs, own, minlength=n)

        return lambda: np.array([effective]) if n == 1 else self._rows_of(leverages)

    def spread(self, inverse, noise: Noise, robust, repeated, effective) -> np.ndarray:
        """The covariance of what is determined."""
        if robust:
            free = np.ix_(~self.fixed, ~self.fixed)
            inner = scores_product(self._normal, self.theta, repeated)[free]
            weights = self._normal.weights
            count = weights.max(axis=1) if repeated else weights.any(axis=1)
            left = max(count.sum() - effective / len(self.kinds), 1.0)
            inner *= count.sum() / left
        elif np.ptp(noise.dispersion) == 0:
            return noise.dispersion[0] * inverse
        else:
            inner = self._rows_of(
                lambda rows, outputs: rows.T @ (noise.dispersion[outputs, None] * rows)
            )
            if self.bend is not None:
                inner[np.diag_indices(len(inner))] += noise.common * self.bend
        found = inverse @ inner @ inverse
        return (found + found.T) / 2

    def from_minimum(self, inverse, noise: Noise) -> float:
        """Length of the Newton step that is left, in standard errors."""
        squared = float(self._gradient @ inverse @ self._gradient)
        common = noise.common
        return float(np.sqrt(max(squared, 0.0) / common)) if common > 0 else 0.0


def _as_minimised(objective, scale_loss):
    """The losses with the weights that `fit` gives them inside."""
    rows = objective.rows
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        losses, _ = scaled_losses(
            objective.losses, rows.targets, rows.target_weight, scale_loss
        )
    if not all(0 < weight < np.inf for weight in losses.weights):
        raise SettingError(
            "the squares of the targets' spread leave the range of float64: give the targets in other units"
        )
    return losses


def _at_bound(theta: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    stated = np.isfinite(bounds)
    edges = np.where(stated, bounds, 0.0)
    low, high = (edges + AT_BOUND * np.abs(edges) * [1, -1]).T
    return stated[:, 0] & (theta <= low) | stated[:, 1] & (theta >= high)
