"""How well the data determine the numbers of a network, and what that means for its predictions.

Comes in: a network, its learnt numbers, the rows they were learnt from. Goes out: `Uncertainty`. Called by users
(`ww.learning.uncertainty`) and by `procedure/kept_errors.py`.

    A = sum w J^T H J + penalty'' * rows        curvature of the objective: normal equations (Gauss 1809)
    covariance = s**2 A^-1                      one size of noise
    covariance = A^-1 B A^-1,  B = sum s_q**2 w J_q^T H_q J_q + ...     one for each output
    var mean(x) = j(x) covariance j(x)^T        delta method, j = d output / d theta

Seber & Wild 1989, "Nonlinear regression", chapters 2 and 5; MacKay 1992 for penalties; White 1982 for `robust`.
"""

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.null_space import CUTOFF, Combination, Decomposed, combinations
from wildwire.learning.rounding import with_error
from wildwire.learning.second_order import SMALL

if TYPE_CHECKING:
    from wildwire.engine.memory import Memory

__all__ = ["Uncertainty", "uncertainty"]

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
        for q, kind in enumerate(self._kinds):
            own, squared = outputs[..., q], self.noise[q] ** 2
            variance[..., q] = {
                "squared": lambda own=own, s=squared: np.full(own.shape, s),
                "gamma": lambda own=own, s=squared: s * own**2,
                "poisson": lambda own=own, s=squared: np.maximum(own, 0.0),
            }.get(kind, lambda own=own, s=squared: np.maximum(own * (1 - own), 0.0))()
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


def uncertainty(
    network,
    theta,
    X,
    Y,
    *,
    loss="squared",
    sample_weight=None,
    weights: str = "auto",
    sigma_known: bool = False,
    robust: bool = False,
    gradient: str = "mean",
    l2: float = 0.0,
    penalty=None,
    scale_loss: bool | str = "auto",
    warm_up: int = 0,
    truncate: int | None = None,
    feedback=None,
    cutoff: float = CUTOFF,
    threads: int = 1,
) -> Uncertainty:
    """Standard errors of the numbers of a network, and what the data cannot determine.

    Parameters
    ----------
    network : Network
    theta : array_like (n_theta,)
        Where learning has ended.
    X, Y : array_like
        The rows or sequences that were learnt from, as for `fit`.
    loss : str, Function, list or dict
        As for `fit`, of those that are likelihoods: "squared", "logistic", "softmax", "poisson", "gamma".
    sample_weight : array_like, optional
        As for `fit`.
    weights : "auto", "repetitions" or "precision"
        What weights mean: how often a row was seen, or 1/variance of its target up to a common factor. "auto" takes
        whole numbers as repetitions. It changes how many values there are, and so the noise.
    sigma_known : bool
        Weights are 1/sigma**2 itself: the noise is not estimated.
    robust : bool
        The sandwich A^-1 B A^-1 with B from the residuals: right also where the noise differs from row to row, or
        where the loss is not the likelihood of the targets. Times N/(N - p) (HC1, MacKinnon & White 1985).
    gradient, l2, penalty, scale_loss
        As they were for `fit`: what they make of the penalty counts.
    warm_up, truncate, feedback
        Of sequences, as for `fit`.
    cutoff : float
        Eigenvalue of the correlation form of A up to which a direction counts as undetermined.
    threads : int
        Results do not depend on it.

    Returns
    -------
    Uncertainty

    Raises
    ------
    SettingError
        More than 3,000 numbers; a loss that is no likelihood; derivatives that are not finite.
    DataError
        No more values than fitted numbers: nothing is left to estimate the noise from. Otherwise as `fit`.

    Notes
    -----
    O(samples * outputs * n_theta**2 + n_theta**3), memory O(n_theta**2). With several outputs of unequal noise three
    times as much. Targets are taken to scatter independently: in sequences, where neighbours resemble each other,
    errors come out too small. With a penalty the covariance is that of the posterior whose prior the penalty is.

    Examples
    --------
    >>> import wildwire as ww
    >>> line = ww.parse("input x\\ny = ?*x + ?\\noutput y")
    >>> found = ww.learning.uncertainty(line, [1.0, 0.0], [0.0, 1, 2, 3], [0.1, 0.9, 1.9, 3.1])
    >>> print(found)
    x -> y = 1.000 ± 0.063
    y bias = 0.00 ± 0.12
    noise of y: 0.141
    """
    from wildwire.learning.uncertain_point import Point

    if weights not in ("auto", "repetitions", "precision"):
        raise SettingError(
            f"weights must be 'auto', 'repetitions' or 'precision', not {weights!r}"
        )
    n_theta = getattr(network, "n_theta", 0)
    if n_theta > SMALL:
        raise SettingError(
            f"the network has {n_theta} numbers, and their covariance {n_theta**2:.2g}: standard errors are for "
            f"networks of up to {SMALL}"
        )
    point = Point(
        network, theta, X, Y, loss=loss, sample_weight=sample_weight, gradient=gradient, l2=l2,
        penalty=penalty, scale_loss=scale_loss, warm_up=warm_up, truncate=truncate, feedback=feedback,
        threads=threads,
    )  # fmt: skip
    return _found(
        point, point.repeated(weights, sigma_known), sigma_known, robust, cutoff
    )


def _found(point, repeated, sigma_known, robust, cutoff) -> Uncertainty:
    """Errors from the curvature at a point."""
    network, fixed = point.network, point.fixed
    names = tuple(np.array(network.theta_names, dtype=object)[~fixed])
    data = Decomposed(point.data, cutoff)
    whole = data if point.bend is None else Decomposed(point.curvature, cutoff)
    effective = float((whole.inverse * point.data).sum())
    noise = point.noise(whole.inverse, effective, sigma_known, repeated)
    spread = point.spread(whole.inverse, noise, robust, repeated, effective)
    errors = np.sqrt(np.maximum(np.diagonal(spread), 0.0))
    errors[whole.free] = np.inf
    everywhere = np.full(network.n_theta, np.nan)
    everywhere[~fixed] = errors
    matrix = np.zeros((network.n_theta, network.n_theta))
    matrix[np.ix_(~fixed, ~fixed)] = spread
    return Uncertainty(
        network=network, theta=point.theta, standard_errors=everywhere, noise=noise.size,
        degrees_of_freedom=noise.freedom, effective_numbers=effective,
        undetermined=tuple(name for name, free in zip(names, data.free, strict=True) if free),
        combinations=combinations(data, names),
        at_bound=tuple(np.array(network.theta_names, dtype=object)[fixed]),
        from_minimum=point.from_minimum(whole.inverse, noise), _spread=matrix, _open=whole,
        _fixed=fixed, _kinds=point.kinds, _memory=point.memory,
    )  # fmt: skip
