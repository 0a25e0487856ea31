"""Bayesian regularisation: the penalty on weights chosen by MacKay's evidence while Levenberg-Marquardt descends.

Comes in: a `LevenbergMarquardt` with `bayesian=True`, an objective. Goes out: a course. Called by
`levenberg_marquardt.py`.

    minimised    beta E_D + alpha E_W      E_D = sum of losses, E_W = sum of w**2 / 2 over weights of links
    gamma        = k - alpha tr(P (beta G + alpha P)^-1)     how many of the k penalised numbers the data determine
    alpha        <- gamma / (2 E_W)        beta <- (N - gamma - rest) / (2 E_D)

MacKay 1992, "Bayesian interpolation", eqs. 4.8 to 4.10; Foresee & Hagan 1997 for the order of the steps. Biases and
parameters of functions are not penalised; they count as determined (`rest`). For cross-entropies the loss is itself a
negative log likelihood, and beta stays 1.
"""

import math

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.levenberg_marquardt import LevenbergMarquardt, MatrixCourse
from wildwire.learning.objective import link_weights
from wildwire.learning.second_order import SMALL

__all__ = ["EvidenceCourse"]

SETTLED = 1e-3  # relative change of alpha/beta that no longer matters
SLIGHT = 0.1  # alpha/beta before the first estimate, in units of a row's mean curvature
STRONG = 100.0  # the same where rows are fewer than twice the numbers: they could be met exactly
STEADY = 0.02  # the penalty is estimated after steps that lower the objective by less than this part
LONG = 4  # such steps in a row before the first estimate: a start may be a plateau
FASTEST = 10.0  # factor by which one estimate may raise the penalty
MOST_ROUNDS = 50  # minima that are left because the penalty has moved


class EvidenceCourse(MatrixCourse):
    """`loss` is the objective without the penalty that is chosen here."""

    numbers = (
        *MatrixCourse.numbers,
        "ratio",
        "alpha",
        "beta",
        "gamma",
        "rounds",
        "steady",
        "estimates",
    )
    keeps_last = True

    def __init__(self, learner: LevenbergMarquardt, objective, theta):
        _check(objective)
        self.weights = link_weights(objective.network)
        self.has_noise = _kind(objective.losses) == "squared"
        self.count = objective.total * objective.network.n_outputs
        self.ratio: float | None = None
        self.alpha, self.beta, self.gamma, self.rounds = 0.0, 1.0, 0.0, 0
        self.moving, self.steady, self.estimates = True, 0, 0
        # Else the network could go through every row before anything is estimated.
        self.is_held = self.count > 2 * objective.n_theta
        super().__init__(learner, objective, theta)

    def look(self):
        found = self.objective.normal_equations(self.theta)
        own = found.matrix / self.objective.share
        if np.isfinite(own).all() and np.isfinite(found.value):
            lost = found.value / self.objective.share
            if self.ratio is None:
                self._begin(own, lost)
            elif self.steady >= (LONG if self.is_held and not self.estimates else 1):
                self._weigh(own, lost)
        decay = self._decay()
        self.matrix = found.matrix
        self.matrix[np.diag_indices(len(decay))] += decay
        self.gradient = found.gradient + decay * self.theta
        own = np.diagonal(self.matrix)
        self.diagonal = np.where(own > 0, own, self.diagonal)
        return found.value + 0.5 * float(decay @ self.theta**2), self.gradient

    def _begin(self, G: np.ndarray, lost: float) -> None:
        """The first penalty: slight, as a strong one leaves a straight line, where the rows hold the network."""
        if self.has_noise:
            self.beta = self.count / max(2 * lost, 1e-300)
        penalised = np.diagonal(G)[self.weights > 0]
        size = float(penalised.mean()) if len(penalised) else 1.0
        first = SLIGHT if self.is_held else STRONG
        self.ratio = first * (size if size > 0 else 1.0) / max(self.count, 1.0)
        self.alpha = self.ratio * self.beta

    def _decay(self) -> np.ndarray:
        return (self.ratio or 0.0) * self.objective.share * self.weights

    def _weigh(self, G: np.ndarray, lost: float) -> None:
        """Alpha and beta from the curvature G and the loss, sums over rows, at theta."""
        penalised = self.weights > 0
        k, rest = int(penalised.sum()), int((~penalised).sum())
        size = float(self.theta[penalised] @ self.theta[penalised])
        before = self.ratio or 0.0
        # A bias behind a link of weight 0 moves nothing: alone it would make the matrix singular.
        floor = np.where(penalised, 0.0, 1e-9 * np.diagonal(G).max(initial=0.0))
        inverse = _inverse(G + np.diag(before * self.weights + floor))
        if inverse is None:
            return
        gamma = k - before * float(np.diagonal(inverse)[penalised].sum())
        gamma = min(max(gamma, 1e-6), float(k)) if k else 0.0
        self.gamma = gamma + rest
        self.alpha = gamma / max(size, 1e-12)
        if self.has_noise:
            self.beta = max(self.count - self.gamma, 0.5) / max(2 * lost, 1e-300)
        self.ratio = min(self.alpha / self.beta, FASTEST * before)
        self.estimates += 1
        self.moving = abs(self.ratio - before) > SETTLED * self.ratio

    def value(self, theta):
        return self.objective.value(theta) + 0.5 * float(self._decay() @ theta**2)

    def step(self):
        super().step()
        self.loss = float(self.loss)
        go_on = self.moving and self.rounds < MOST_ROUNDS and np.isfinite(self.loss)
        if self.reason is not None and go_on:
            # A minimum for a penalty that no longer holds.
            self.reason, self.slow, self.rounds = None, 0, self.rounds + 1
            self.steady = LONG
            self.mu, self.nu = min(self.mu, self.learner.damping), 2.0
        self._tell()

    def _accept(self, trial, value, after, predicted, quality):
        super()._accept(trial, value, after, predicted, quality)
        little = value - after <= STEADY * abs(value)
        self.steady = self.steady + 1 if little else 0
        self.loss = after - 0.5 * float(self._decay() @ trial**2)

    def restore(self, arrays, facts):
        super().restore(arrays, facts)
        self._tell()

    def _tell(self) -> None:
        n = self.objective.n_theta
        self.details = {
            "effective numbers": self.gamma, "alpha": self.alpha, "beta": self.beta,
        }  # fmt: skip
        told = f"The data determine {self.gamma:.3g} of {n} numbers"
        if self.has_noise and self.beta > 0:
            noise = math.sqrt(self.objective.unit / self.beta)
            self.details["noise"] = noise
            told += f", with noise of {noise:.3g}"
        self.note = f"{told}; the penalty is that of l2={(self.ratio or 0.0) / self.objective.total:.3g}."


def _inverse(matrix: np.ndarray) -> np.ndarray | None:
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    try:
        factor = cho_factor(matrix, lower=True, check_finite=False)
    except LinAlgError:
        return None
    return np.asarray(cho_solve(factor, np.eye(len(matrix)), check_finite=False))


def _kind(losses) -> str:
    """ "squared", "likelihood", or what it is not known of."""
    kinds = set()
    for loss in losses.functions:
        if loss.name == "squared":
            kinds.add("squared")
        elif loss.needs_probability or loss.from_z or loss.name == "softmax":
            kinds.add("likelihood")
        else:
            kinds.add(loss.name)
    return kinds.pop() if len(kinds) == 1 else "mixed"


def _check(objective) -> None:
    kind = _kind(objective.losses)
    if kind not in ("squared", "likelihood"):
        raise SettingError(
            f"bayesian needs a loss with a meaning as likelihood, the squared one or a cross-entropy, not {kind!r}"
        )
    if not objective.penalty.is_none:
        raise SettingError(
            "bayesian chooses the penalty itself: leave l2 and penalty out"
        )
    if objective.n_theta > SMALL:
        raise SettingError(f"bayesian is for networks of up to {SMALL} numbers")
