"""What the data tell about the numbers of a network: errors, what is left open, how sure predictions are.

Comes in: covariance and null directions, from `standard_errors.py`. Goes out: `Uncertainty`, which users and estimators
keep. It knows the network and can be pickled.

    var mean(x) = j(x) covariance j(x)^T        delta method, j = d output / d theta (Seber & Wild 1989, chapter 5)
"""

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.null_space import Combination, Decomposed
from wildwire.learning.rounding import with_error

if TYPE_CHECKING:
    from wildwire.engine.memory import Memory

__all__ = ["Uncertainty"]

CHUNK = 2**21  # numbers of a Jacobian that is held at once


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """What the data tell about each number of a network.

    Attributes
    ----------
    network : Network
    theta : float64 array (n_theta,)
    standard_errors : float64 array (n_theta,)
        Infinite for a number that nothing determines, NaN for one that stands at a bound.
    covariance : float64 array (n_theta, n_theta)
        Its diagonal is the square of the standard errors; NaN beside the diagonal where that is not finite.
    noise : float64 array (n_outputs,)
        Estimated standard deviation of the targets about the outputs, at weight 1; for "gamma" relative to the output;
        NaN where the loss says it all (cross-entropies, "poisson").
    degrees_of_freedom : float64 array (n_outputs,)
        Values less effective numbers; infinite where no noise was estimated.
    effective_numbers : float
        How many numbers the data determine: trace of A^-1 sum w J^T H J. Without a penalty its rank.
    undetermined : tuple of str
        Numbers that the data leave open, alone or in some combination. A penalty may still give them an error: it then
        says what the penalty leaves open.
    combinations : tuple of Combination
        The same, sorted into groups that can be changed together without changing the outputs.
    at_bound : tuple of str
        Numbers that stand at a bound: they are held, and have no error.
    from_minimum : float
        How far theta is from the minimum of the objective, in standard errors (length of the Newton step that is left).
        Above some 0.3 the errors describe a theta that learning has not reached.
    """

    network: Any
    theta: np.ndarray
    standard_errors: np.ndarray
    noise: np.ndarray
    degrees_of_freedom: np.ndarray
    effective_numbers: float
    undetermined: tuple[str, ...]
    combinations: tuple[Combination, ...]
    at_bound: tuple[str, ...]
    from_minimum: float
    _spread: np.ndarray = field(repr=False)
    _open: Decomposed = field(repr=False)
    _fixed: np.ndarray = field(repr=False)
    _kinds: tuple[str, ...] = field(repr=False)
    _memory: "Memory" = field(repr=False)

    @functools.cached_property
    def covariance(self) -> np.ndarray:
        """See above."""
        bad = ~np.isfinite(self.standard_errors)
        matrix = self._spread.copy()
        matrix[bad] = matrix[:, bad] = np.nan
        matrix[np.diag_indices(len(bad))] = self.standard_errors**2
        return matrix

    def intervals(self, level: float = 0.95) -> np.ndarray:
        """Confidence intervals of the numbers, (n_theta, 2), by Student's t.

        Parameters
        ----------
        level : float
            Between 0 and 1.

        Notes
        -----
        Degrees of freedom are those of the output that has fewest. The intervals are those of the network's tangent:
        good where theta can be moved by its error without the outputs bending away.
        """
        from scipy.special import stdtrit

        if not 0 < level < 1:
            raise SettingError(f"level must lie between 0 and 1, not {level!r}")
        freedom = min(self.degrees_of_freedom.min(initial=np.inf), 1e12)
        reach = float(stdtrit(freedom, 0.5 + level / 2)) * self.standard_errors
        return np.stack([self.theta - reach, self.theta + reach], axis=1)

    def prediction_std(self, X, sample_weight=None) -> tuple[np.ndarray, np.ndarray]:
        """Standard deviations of predictions, by the delta method.

        Parameters
        ----------
        X : array
            Rows or sequences, as in `wildwire.run`.
        sample_weight : array (n,), optional
            Of the new observations, in the sense of `weights="precision"`; 1 if left out.

        Returns
        -------
        mean : float64 array
            Of the network's outputs, as its numbers are uncertain; shaped as what `wildwire.run` gives, sequences that
            come as a list one after another. Infinite where an output depends on what the data leave open.
        new : float64 array
            Of a new target: noise and uncertain numbers together.

        Notes
        -----
        O(rows * outputs * n_theta**2). Inputs are taken as exact, the network as the true law but for its numbers:
        far from the training rows the true error is larger.
        """
        from wildwire.engine.evaluate import run

        means = self._mean_variance(X)
        outputs = run(self.network, self.theta, X, **self._run_settings)
        if isinstance(outputs, list):
            outputs = np.concatenate(outputs)
        more = self._noise_variance(outputs)
        if sample_weight is not None:
            weight = np.asarray(sample_weight, dtype=np.float64)
            more = more / weight.reshape(-1, *[1] * (more.ndim - 1))
        bernoulli = np.isin(self._kinds, ("logistic", "softmax"))
        # The variance of 0 or 1 is p (1 - p), however uncertain p is.
        return np.sqrt(means), np.sqrt(np.where(bernoulli, more, means + more))

    @property
    def _run_settings(self) -> dict[str, Any]:
        memory = self._memory
        if not memory.feedback:
            return {}
        return {"warm_up": memory.warm_up, "feedback": dict(memory.feedback)}

    def _noise_variance(self, outputs: np.ndarray) -> np.ndarray:
        """Variance of a target of weight 1 about the output."""
        variance = np.empty(outputs.shape)
        for q, (kind, size) in enumerate(zip(self._kinds, self.noise, strict=True)):
            own = outputs[..., q]
            if kind == "squared":
                variance[..., q] = size**2
            elif kind == "gamma":
                variance[..., q] = (size * own) ** 2
            else:
                spread = own if kind == "poisson" else own * (1 - own)
                variance[..., q] = np.maximum(spread, 0.0)
        return variance

    def _mean_variance(self, X) -> np.ndarray:
        from wildwire.engine.jacobian import jacobian
        from wildwire.engine.sequences import are_sequences

        if are_sequences(self.network, X):
            moved = jacobian(self.network, self.theta, X, **self._run_settings)
            return self._variance_of(
                np.concatenate(moved) if isinstance(moved, list) else moved
            )
        X = np.asarray(X)
        per_row = max(self.network.n_outputs * len(self.theta), 1)
        most = max(CHUNK // per_row, 1)
        # At least one chunk: what is wrong with X is told by the engine.
        parts = [
            self._variance_of(jacobian(self.network, self.theta, X[i : i + most]))
            for i in range(0, max(len(X), 1) if X.ndim else 1, most)
        ]
        return np.concatenate(parts)

    def _variance_of(self, moved: np.ndarray) -> np.ndarray:
        rows = moved.reshape(-1, len(self.theta))
        variance = np.einsum("ij,ij->i", rows @ self._spread, rows)
        variance[self._open.moves(rows[:, ~self._fixed])] = np.inf
        return np.maximum(variance, 0.0).reshape(moved.shape[:-1])

    def __str__(self) -> str:
        names = self.network.theta_names
        pairs = zip(names, self.theta, self.standard_errors, strict=True)
        lines = [f"{name} = {with_error(float(v), float(e))}" for name, v, e in pairs]
        lines += [
            f"noise of {name}: {size:.3g}"
            for name, size in zip(self.network.output_names, self.noise, strict=True)
            if not np.isnan(size)
        ]
        return "\n".join(lines)
