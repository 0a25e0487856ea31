"""How well the data determine the numbers of a network.

Comes in: a network, its learnt numbers, the rows they were learnt from. Goes out: `Uncertainty`. Called by users
(`ww.learning.uncertainty`) and by `procedure/kept_errors.py`.

    A = sum w J^T H J + penalty'' * rows        curvature of the objective: normal equations (Gauss 1809)
    covariance = s**2 A^-1                      one size of noise
    covariance = A^-1 B A^-1,  B = sum s_q**2 w J_q^T H_q J_q + ...     one for each output

Seber & Wild 1989, "Nonlinear regression", chapters 2 and 5; MacKay 1992 for penalties; White 1982 for `robust`.
"""

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.null_space import Decomposed, combinations
from wildwire.learning.second_order import SMALL
from wildwire.learning.settings import check_network, checked_number
from wildwire.learning.uncertainty_result import Uncertainty

__all__ = ["Uncertainty", "uncertainty"]


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
    cutoff: float | None = None,
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
    cutoff : float, optional
        Eigenvalue of the correlation form of A up to which a direction counts as undetermined. None: 1e-14 times the
        count of numbers, 1e-13 at least.
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
    check_network(network)
    n_theta = network.n_theta
    if not n_theta:
        raise SettingError(
            "the network has no numbers to learn, and so no errors of them"
        )
    if n_theta > SMALL:
        raise SettingError(
            f"the network has {n_theta} numbers, and their covariance {n_theta**2:.2g}: standard errors are for "
            f"networks of up to {SMALL}"
        )
    if cutoff is not None:
        cutoff = checked_number("cutoff", cutoff)
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
