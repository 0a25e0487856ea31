"""Nelder and Mead's simplex: n+1 points that crawl downhill by reflecting the worst.

Comes in: an objective. Goes out: the best vertex. Named by `learners.py`; `simplex_swarm.py` uses `crawl` for simplices
made of particles.

Nelder & Mead 1965 in the form of Lagarias et al. 1998, step for step that of SciPy. c is the centre of all vertices but
the worst, x_w, and every trial lies on the line through both: c + a (c - x_w) with a = rho (reflection),
rho chi (expansion), rho psi (contraction outside), -psi (inside); else all shrink towards the best by sigma.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from wildwire.learning.population.search import (
    TINY,
    PopulationLearner,
    Search,
    check_search,
)
from wildwire.learning.stopping import Reason

if TYPE_CHECKING:
    from wildwire.learning.objective import Objective

__all__ = ["Coefficients", "NelderMead", "crawl"]

FLAT = 1e-12  # shortest over longest axis of a simplex that lies in a plane


class Coefficients(NamedTuple):
    """rho, chi, psi, sigma of Lagarias et al. 1998."""

    reflection: float
    expansion: float
    contraction: float
    shrink: float


@dataclass(frozen=True, slots=True)
class NelderMead(PopulationLearner):
    """The simplex of Nelder & Mead (1965): a local search without slopes, for up to about twenty numbers.

    Parameters
    ----------
    reflection, expansion, contraction, shrink : float
        1, 2, 1/2, 1/2: the paper's; expansion and above `reflection`, the last two below 1.
    adaptive : bool
        Coefficients for many numbers instead (Gao & Han 2012): 1, 1 + 2/n, 3/4 - 1/(2n), 1 - 1/n.
    restarts : int
        How often a simplex that has collapsed, or lies in a plane, is replaced by a new one around its best vertex.
    spread : float
        Length of the first simplex's edges, which are parallel to the axes; half the way between two bounds at most.
    evaluations
        See `PopulationLearner`; `low` and `high` do not act.

    Notes
    -----
    A step asks for one or two values, where the simplex shrinks for n more.
    """

    reflection: float = 1.0
    expansion: float = 2.0
    contraction: float = 0.5
    shrink: float = 0.5
    adaptive: bool = False
    restarts: int = 0
    spread: float = 0.5

    default_epochs: ClassVar[int] = 2000

    def __post_init__(self):
        check_search(
            self, {"restarts": 0}, reflection=(TINY, 10), contraction=(TINY, 1),
            shrink=(TINY, 1), expansion=(max(1.0, self.reflection) + 1e-9, 100),
        )  # fmt: skip

    def coefficients(self, n: int) -> Coefficients:
        """The coefficients for n numbers."""
        if self.adaptive and n > 1:
            # eq. (4.1) of Gao & Han 2012; those of the paper of 1965 for n = 2
            return Coefficients(1.0, 1 + 2 / n, 0.75 - 1 / (2 * n), 1 - 1 / n)
        return Coefficients(
            self.reflection, self.expansion, self.contraction, self.shrink
        )

    def begin(
        self, objective: "Objective", theta: np.ndarray, random: np.random.Generator
    ) -> "_Course":
        return _Course(self, objective, theta, random)


def crawl(
    points: np.ndarray,
    values: np.ndarray,
    coefficients: Coefficients,
    evaluate: Callable[[np.ndarray], np.ndarray],
    clip: Callable[[np.ndarray], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """The simplex after one step; vertices keep their places, so that each knows where it came from.

    Parameters
    ----------
    points : ndarray (n + 1, n)
    values : ndarray (n + 1,)
        Infinite where there is no finite one.
    evaluate : callable
        Values (m,) of points (m, n).
    clip : callable
        Points within the bounds.
    """
    rho, chi, psi, _ = coefficients
    order = np.argsort(values, kind="stable")
    worst = order[-1]
    centre, bad = points[order[:-1]].sum(axis=0) / (len(points) - 1), points[worst]

    def trial(along: float) -> tuple[np.ndarray, float]:
        point = clip((1 + along) * centre - along * bad)
        return point, float(evaluate(point[None])[0])

    found = reflected = trial(rho)
    if reflected[1] < values[order[0]]:
        expanded = trial(rho * chi)
        found = expanded if expanded[1] < reflected[1] else reflected
    elif not reflected[1] < values[order[-2]]:
        outside = reflected[1] < values[worst]
        found = trial(psi * rho if outside else -psi)
        limit = reflected[1] if outside else values[worst]
        if not (found[1] <= limit if outside else found[1] < limit):
            return _shrunk(points, values, order, coefficients.shrink, evaluate, clip)
    points, values = points.copy(), values.copy()
    points[worst], values[worst] = found
    return points, values


def _shrunk(points, values, order, shrink, evaluate, clip):
    """All vertices drawn to the best; one call for all."""
    points, values, best, others = points.copy(), values.copy(), order[0], order[1:]
    points[others] = clip(points[best] + shrink * (points[others] - points[best]))
    values[others] = evaluate(points[others])
    return points, values


def first_simplex(theta, bounds, edge: float) -> np.ndarray:
    """theta, and n points that each differ from it in one number, within the bounds; (n + 1, n)."""
    low, high = bounds[:, 0], bounds[:, 1]
    with np.errstate(over="ignore"):
        edges = np.minimum(edge, (high - low) / 2)
    shift = np.where(theta + edges <= high, edges, -edges)
    return np.concatenate((theta[None], theta + np.diag(shift)))


class _Course(Search):
    learner: NelderMead
    arrays: ClassVar[tuple[str, ...]] = (*Search.arrays, "points", "vertex_values")
    numbers: ClassVar[tuple[str, ...]] = (*Search.numbers, "restarted", "moves")

    def __init__(self, learner, objective, theta, random):
        super().__init__(learner, objective, theta, random)
        self.points: np.ndarray | None = None
        self.vertex_values: np.ndarray | None = None
        self.restarted = self.moves = 0
        self._bounds = objective.bounds
        self._coefficients = learner.coefficients(len(self.theta))

    def advance(self) -> None:
        if self.points is None or self.vertex_values is None:
            self._begin_simplex()
            return
        self.points, self.vertex_values = crawl(
            self.points, self.vertex_values, self._coefficients, self.values,
            self.box.clipped,
        )  # fmt: skip
        self.moves += 1
        if self.moves % len(self.points):
            return  # once for each round of the vertices is enough
        over = self.has_collapsed(self.points, self.vertex_values)
        if self.restarted < self.learner.restarts:
            if over or self._is_flat():
                self.restarted += 1
                self._begin_simplex()
        elif over:
            self.reason = Reason.CONVERGED

    def _begin_simplex(self) -> None:
        points = first_simplex(self.theta, self._bounds, self.learner.spread)
        start = self.loss
        self.vertex_values = np.concatenate(([start], self.values(points[1:])))
        self.points = points

    def _is_flat(self) -> bool:
        assert self.points is not None
        edges = (self.points[1:] - self.points[0])[:, self.box.width > 0]
        axes = np.linalg.svd(
            edges / self.box.width[self.box.width > 0], compute_uv=False
        )
        return bool(axes[-1] <= FLAT * axes[0])
