"""The objective: what a network loses on given rows, as a function of theta with its derivatives.

Comes in: a network, rows, a loss, penalties. Goes out: values, gradients, curvature in float64, in the form that
optimisers expect. It hides the network: whoever minimises it sees vectors only. Made by users (for optimisers of
other libraries) and by `stepping.py` for all learners but first-order rules, which walk through mini-batches inside
the engine.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wildwire.engine.memory import read_memory
from wildwire.errors import SettingError
from wildwire.learning.data import Rows, as_samples
from wildwire.learning.penalty import Penalty, link_weights
from wildwire.learning.settings import check_network
from wildwire.learning.slopes import read_slopes

if TYPE_CHECKING:
    from collections.abc import Callable

    from wildwire.engine.bound_gradient import BoundGradient
    from wildwire.engine.normal_equations import NormalEquations
    from wildwire.engine.population_losses import PopulationLosses
    from wildwire.engine.second_order import SecondOrder
    from wildwire.engine.session import Session
    from wildwire.learning.sequences import SequenceRows

__all__ = ["Curvature", "Objective", "link_weights"]


class Curvature(NamedTuple):
    """Value, gradient (n_theta,) and a matrix (n_theta, n_theta) of curvature at one theta."""

    value: float
    gradient: np.ndarray
    matrix: np.ndarray


class Objective:
    """Loss plus penalty over fixed rows, as a function of theta.

    Parameters
    ----------
    network : Network
    X, Y : array_like
        Rows, as for `fit`.
    loss : str, Function, list or dict
        As for `fit`.
    sample_weight : array_like of shape (n,), optional
    gradient : "mean" or "sum"
        Over rows, for values and derivatives.
    l2 : float
        Penalty l2/2 * sum w**2 on the weights of links, not on biases.
    penalty : str or Function, optional
        A formula of the weight w of a link, added likewise; see `fit`.
    warm_up, truncate, feedback
        Of sequences; see `fit`.
    threads : int
        Results do not depend on it, to the bit.
    dY, slope_weight
        Targets of slopes and their weight; see `fit`.

    Attributes
    ----------
    n_theta : int
        Length of the vectors.
    bounds : ndarray of shape (n_theta, 2)
        Lowest and highest allowed number; infinite where the network states none.
    losses : OutputLosses
        The loss of each output.
    total, share : float
        Sum of the rows' weights, and the factor from sums over rows to the objective: 1/total, or 1 with "sum".
    unit : float
        A loss of the objective times this is in the user's units; 1 unless `fit` has scaled the loss.
    best : tuple of float and ndarray or None
        The lowest value seen so far and where.
    evaluations, gradients : int
        Values asked for so far, and gradients (products of curvature with a vector count as gradients).

    Raises
    ------
    DataError, SettingError
        As `fit`.
    """

    def __init__(
        self,
        network,
        X,
        Y,
        *,
        loss="squared",
        sample_weight=None,
        gradient: str = "mean",
        l2: float = 0.0,
        penalty=None,
        warm_up: int = 0,
        truncate: int | None = None,
        feedback=None,
        threads: int = 1,
        dY=None,
        slope_weight=1.0,
    ):
        from wildwire.engine.output_losses import output_losses

        check_network(network)
        if gradient not in ("mean", "sum"):
            raise SettingError(f"gradient must be 'mean' or 'sum', not {gradient!r}")
        memory, losses = (
            read_memory(warm_up, truncate, feedback),
            output_losses(loss, network),
        )
        rows, origin = as_samples(network, X, Y, sample_weight, memory), network
        slopes = read_slopes(network, rows, losses, dY, slope_weight)
        if slopes is not None:
            assert isinstance(rows, Rows)
            rows = slopes.beside(rows)
            network, losses = slopes.network, slopes.losses
        own = Penalty(network, l2, penalty)
        self._take(network, rows, losses, gradient, own, threads)
        self.origin = origin

    @classmethod
    def of_rows(cls, network, rows, loss, gradient, penalty, threads) -> "Objective":
        """The objective of rows that `fit` has checked."""
        made = cls.__new__(cls)
        made._take(network, rows, loss, gradient, penalty, threads)
        return made

    def _take(self, network, rows, loss, gradient, penalty, threads) -> None:
        rows.check_loss(loss, network, "")
        self.network, self.n_theta = network, network.n_theta
        self.origin = network
        self._rows, self.losses, self._gradient = rows, loss, gradient
        self.penalty, self._threads = penalty, threads
        self.total, self.unit = rows.total, 1.0
        self.share = 1.0 if gradient == "sum" else 1.0 / rows.total
        self.evaluations = self.gradients = 0
        self._watch: Callable[[], None] | None = None
        self.best: tuple[float, np.ndarray | None] = (np.inf, None)
        self._made: dict[str, Any] = {}
        self._placed: np.ndarray | None = None

    def initial(self, random, initialiser="default") -> np.ndarray:
        """A start vector as `Network.initial` draws it; with `dY` of the network without its slopes."""
        return self.origin.initial(random, initialiser)

    @property
    def bounds(self) -> np.ndarray:
        free = np.tile([-np.inf, np.inf], (self.n_theta, 1))
        stated = self.network.bounds
        return free if stated is None else np.where(np.isnan(stated), free, stated)

    def watched_by(self, watch: "Callable[[], None] | None") -> None:
        """Call `watch` before each evaluation; it may raise to end the run."""
        self._watch = watch

    def _count(self, evaluations: int = 0, gradients: int = 0) -> None:
        if self._watch is not None:
            self._watch()
        self.evaluations += evaluations
        self.gradients += gradients

    def _see(self, theta: np.ndarray, value: float) -> None:
        if value < self.best[0]:
            self.best = (float(value), theta.copy())

    def attend(self) -> None:
        """Look at the clock and at Ctrl-C: for learners that work long between values. May raise to end the run."""
        self._count()

    @property
    def samples(self) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Inputs, targets and weights of the rows, as the engine takes them."""
        return self._rows.samples

    def mean_loss(self, theta: np.ndarray, value: float) -> float:
        """The mean loss without penalties, where the objective has this value."""
        loss = value - self.penalty.value_and_gradient(theta)[0]
        return loss / (self.share * self.total) * self.unit

    # ---- values and gradients -------------------------------------------------------------------

    def value_and_gradient(self, theta) -> tuple[float, np.ndarray]:
        """Value and gradient at `theta` (n_theta,); one forward and one backward pass over all rows.

        For SciPy: `minimize(objective.value_and_gradient, theta, jac=True, method="L-BFGS-B")`.
        """
        self._count(1, 1)
        theta = np.asarray(theta, dtype=np.float64)
        value, gradient = self._bound_gradient().at(theta)
        amount, slope = self.penalty.value_and_gradient(theta)
        value = value * self.share + amount
        self._see(theta, value)
        return value, gradient * self.share + slope

    def value(self, theta) -> float:
        """Loss plus penalty at `theta`."""
        return float(self.values(np.asarray(theta, dtype=np.float64)[None])[0])

    def values(self, thetas) -> np.ndarray:
        """Loss plus penalty of every row of `thetas` (m, n_theta), in one call of the engine; (m,)."""
        thetas = np.ascontiguousarray(thetas, dtype=np.float64)
        self._count(len(thetas))
        sums = np.full(len(thetas), np.inf)
        known = ~np.isnan(thetas).any(axis=1)  # a step from infinity may end nowhere
        sums[known] = self._population().values(thetas[known])
        found = sums * self.share + self.penalty.values(thetas)
        if len(found) and not np.isnan(found).all():
            least = int(np.nanargmin(found))
            self._see(thetas[least], found[least])
        return found

    def gradient(self, theta) -> np.ndarray:
        """Gradient at `theta`, float64 (n_theta,)."""
        return self.value_and_gradient(theta)[1]

    # ---- curvature ------------------------------------------------------------------------------

    def normal_equations(self, theta) -> Curvature:
        """Value, gradient and the generalised Gauss-Newton matrix J^T H J (Schraudolph 2002), H the loss's own.

        O(samples * outputs * n_theta**2); memory O(n_theta**2).

        Raises
        ------
        SettingError
            The loss has no curvature anywhere, as the absolute error.
        """
        self._count(1, 1)
        theta = np.ascontiguousarray(theta, dtype=np.float64)
        found = self._normal().at(theta)
        amount, slope, bend = self.penalty.curvature(theta)
        matrix = found.matrix * self.share
        matrix[np.diag_indices(self.n_theta)] += bend
        value = found.value * self.share + amount
        self._see(theta, value)
        return Curvature(value, found.gradient * self.share + slope, matrix)

    def second_pull(self, theta, vector) -> np.ndarray:
        """J^T H o'', o'' the second derivative of what the losses read along `vector` (n_theta,), by differences.

        Two evaluations of the outputs at a tenth of the vector to either side (Transtrum & Sethna 2012, section 5).
        """
        self._count(2, 1)
        theta = np.ascontiguousarray(theta, dtype=np.float64)
        engine, part = self._normal(), 0.1 * np.asarray(vector, dtype=np.float64)
        middle = engine.outputs(theta)
        either = engine.outputs(theta + part) + engine.outputs(theta - part)
        bent = (either - 2 * middle) / 0.01
        if not np.isfinite(bent).all():
            return np.full(self.n_theta, np.nan)
        pulled = engine.pull_back(theta, engine.curve(theta, bent))
        return pulled * self.share

    def hessian_product(self, theta, vector) -> np.ndarray:
        """The exact Hessian at `theta` times `vector` (n_theta,); cheap again at the same theta."""
        return self._product("product", theta, vector)

    def gauss_newton_product(self, theta, vector) -> np.ndarray:
        """The generalised Gauss-Newton matrix at `theta` times `vector` (n_theta,)."""
        return self._product("gauss_newton_product", theta, vector)

    def _product(self, name, theta, vector) -> np.ndarray:
        self._count(0, 1)
        theta = self._place(theta)
        vector = np.ascontiguousarray(vector, dtype=np.float64)
        bend = self.penalty.curvature(theta)[2]
        return getattr(self._second(), name)(vector) * self.share + bend * vector

    def hessian(self, theta) -> Curvature:
        """Value, gradient and the exact Hessian; O(n_theta) products."""
        self._count(1, self.n_theta)
        theta = self._place(theta)
        value, gradient = self._at
        amount, slope, bend = self.penalty.curvature(theta)
        matrix = self._second().matrix() * self.share
        matrix[np.diag_indices(self.n_theta)] += bend
        return Curvature(
            value * self.share + amount, gradient * self.share + slope, matrix
        )

    def _place(self, theta) -> np.ndarray:
        """Have the engine stand at `theta` for products."""
        theta = np.array(theta, dtype=np.float64)
        if self._placed is None or not np.array_equal(theta, self._placed):
            self._at = self._second().at(theta)
            self._placed = theta
        return theta

    # ---- what is bound when first asked for -----------------------------------------------------

    def _engine(self, name: str, make: Any) -> Any:
        if name not in self._made:
            X, Y, weight = self._rows.samples
            self._made[name] = make(
                self.network, X, Y, loss=self.losses, sample_weight=weight,
                memory=self._rows.memory, threads=self._threads,
            )  # fmt: skip
        return self._made[name]

    # ---- for first-order rules, which run inside the engine ----------------------------------------

    @property
    def rows(self) -> "Rows | SequenceRows":
        return self._rows

    def session(self, batch: int | str = "full") -> "Session":
        """The rows, loss and penalties bound for update rules; one and the same for all who ask for this batch.

        Whoever steps with it counts with `counted`, and loads its own theta first.
        """
        from wildwire.engine.session import Session

        name = f"session {batch}"
        if name not in self._made:
            X, Y, weight = self._rows.samples
            self._made[name] = Session(
                self.network, X, Y, loss=self.losses, sample_weight=weight, batch=batch,
                gradient=self._gradient, l2=self.penalty.l2,
                penalty=self.penalty.formula, threads=self._threads,
                memory=self._rows.memory, row_weight=self._rows.row_weight,
            )  # fmt: skip
        return self._made[name]

    def value_in(self, session: "Session") -> float:
        """Loss plus penalty at the theta that `session` holds."""
        self._count(1)
        theta = session.theta()
        loss = session.loss() * (self.total * self.share)
        value = loss + self.penalty.value_and_gradient(theta)[0]
        self._see(theta, value)
        return value

    def counted(self, evaluations: int = 0, gradients: int = 0) -> None:
        """Count what was evaluated outside, and let who watches end the run."""
        self._count(evaluations, gradients)

    def _bound_gradient(self) -> "BoundGradient":
        from wildwire.engine.bound_gradient import BoundGradient

        return self._engine("gradient", BoundGradient)

    def _population(self) -> "PopulationLosses":
        from wildwire.engine.population_losses import PopulationLosses

        return self._engine("population", PopulationLosses)

    def _normal(self) -> "NormalEquations":
        from wildwire.engine.normal_equations import NormalEquations

        return self._engine("normal", NormalEquations)

    def _second(self) -> "SecondOrder":
        from wildwire.engine.second_order import SecondOrder

        return self._engine("second", SecondOrder)
