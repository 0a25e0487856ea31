"""What all learners of this folder share: hyper-parameters of the search, the budget, the best so far.

Comes in: an objective. Goes out: values of candidates, never more than the evaluations allowed. Used by one file a
learner.
"""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.learner import Course, Learner, Stepwise, check_ranges
from wildwire.learning.learner import check_whole as check_whole_numbers
from wildwire.learning.population.box import Box
from wildwire.learning.population.refining import Metered, improve
from wildwire.learning.stopping import Reason

if TYPE_CHECKING:
    from wildwire.learning.objective import Objective

__all__ = [
    "TINY", "PopulationLearner", "RefiningLearner", "Search", "check_search",
    "check_within",
]  # fmt: skip

TINY = 1e-300  # least value of what must be above 0

# A population has collapsed if no number differs by more than this part of its box and its size; or by more than
# the second part, where the values differ by rounding only.
SAME_PLACE, NEAR_PLACE, SAME_VALUE = 1e-12, 1e-6, 4e-16


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationLearner(Stepwise):
    """Interface of learners that compare candidates by their values: no slope, no continuity is needed.

    Parameters
    ----------
    evaluations : int or None
        Values that may be asked for, the start's included; None: no limit.
    spread : float
        The first candidates lie within theta +- spread, above 0, in the unit of the numbers; those with two finite
        bounds anywhere between these.
    low, high : float or None
        Instead: the interval of all numbers that have not both bounds.
    """

    evaluations: int | None = None
    spread: float = 1.0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefiningLearner(PopulationLearner):
    """Interface of those whose candidates another learner may improve.

    Parameters
    ----------
    refine : Learner or None
        Improves candidates by a short run that starts at each, with the same objective; counted in evaluations.
    refine_steps : int
        Length of that run.
    refine_share : float
        Share of the candidates of a step, the best, that are improved: above 0, up to 1; one at least.
    """

    refine: Learner | None = None
    refine_steps: int = 5
    refine_share: float = 1.0


def check_search(
    learner: PopulationLearner,
    whole: dict[str, int | None] | None = None,
    **ranges: tuple[float, float],
) -> None:
    """Refuse what is not allowed: shared hyper-parameters, `whole` numbers by their least, `ranges` [low, high)."""
    check_whole_numbers(learner, evaluations=1, **(whole or {}))
    check_ranges(learner, spread=(TINY, math.inf), **ranges)
    for name in ("low", "high"):
        if getattr(learner, name) is not None:
            check_ranges(learner, **{name: (-math.inf, math.inf)})
    low, high = learner.low, learner.high
    if low is not None and high is not None and not low < high:
        raise SettingError(
            f"low of {type(learner).__name__} must be below high, not {low!r} and {high!r}"
        )
    if isinstance(learner, RefiningLearner):
        _check_refining(learner)


def _check_refining(learner: RefiningLearner) -> None:
    check_whole_numbers(learner, refine_steps=1)
    check_within(learner, refine_share=(TINY, 1))
    if learner.refine is not None and not isinstance(learner.refine, Learner):
        raise SettingError(
            f"refine of {type(learner).__name__} must be a learner such as Adam(rate=0.01), "
            f"not {learner.refine!r}"
        )


def check_within(learner: Learner, **ranges: tuple[float, float]) -> None:
    """Refuse hyper-parameters that are no numbers in [low, high]."""
    for name, (low, high) in ranges.items():
        value = getattr(learner, name)
        number = isinstance(value, (int, float, np.number)) and not isinstance(
            value, bool
        )
        if not number or not low <= value <= high:
            raise SettingError(
                f"{name} of {type(learner).__name__} must be from {low:g} to {high:g}, not {value!r}"
            )


class Search(Course):
    """A run that asks for values of candidates and keeps the best.

    The start is evaluated when it begins; the first step draws the first population around it.
    """

    arrays: ClassVar[tuple[str, ...]] = ("box_low", "box_high")
    numbers: ClassVar[tuple[str, ...]] = ("used",)

    def __init__(
        self,
        learner: PopulationLearner,
        objective: "Objective",
        theta: np.ndarray,
        random: np.random.Generator,
    ):
        super().__init__(objective, theta, math.inf)
        self.learner, self.random = learner, random
        self.used = 0
        self.box = Box(
            objective.bounds, self.theta, learner.spread, learner.low, learner.high
        )
        self.loss = float(self.values(self.theta[None])[0])
        if self.left < 1:
            self.reason = Reason.EVALUATIONS
        if not len(self.theta):
            self.reason = Reason.CONVERGED

    @abstractmethod
    def advance(self) -> None:
        """One step, as far as the evaluations reach."""

    def step(self) -> None:
        self.advance()
        if self.left < 1:
            self.reason = Reason.EVALUATIONS

    # The box depends on the start, which a run that goes on does not know.
    @property
    def box_low(self) -> np.ndarray:
        return self.box.low

    @box_low.setter
    def box_low(self, low: np.ndarray) -> None:
        self.box.low = low

    @property
    def box_high(self) -> np.ndarray:
        return self.box.high

    @box_high.setter
    def box_high(self, high: np.ndarray) -> None:
        self.box.high = high

    @property
    def left(self) -> float:
        """Evaluations that may still be made."""
        most = self.learner.evaluations
        return math.inf if most is None else most - self.used

    def values(self, points: np.ndarray) -> np.ndarray:
        """Values (m,) of points (m, n) in one call of the objective, infinite where there is no finite one.

        Points that the evaluations do not reach are infinite, too; the best point is kept.
        """
        count = int(min(len(points), self.left))
        if not count:
            return np.full(len(points), np.inf)
        found = np.array(self.objective.values(points[:count]), np.float64)
        found[~np.isfinite(found)] = np.inf
        self.used += count
        self.keep(points, found)
        if count < len(points):
            found = np.concatenate((found, np.full(len(points) - count, np.inf)))
        return found

    def keep(self, points: np.ndarray, values: np.ndarray) -> None:
        """Remember the best point if it is the best so far."""
        best = int(values.argmin())
        if values[best] < self.loss:
            self.theta, self.loss = points[best].copy(), float(values[best])

    def first_points(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The first population (count, n), the start in front, and its values."""
        points = np.concatenate(
            (self.theta[None], self.box.draw(self.random, count - 1))
        )
        start = self.loss
        return points, np.concatenate(([start], self.values(points[1:])))

    def refined(
        self, points: np.ndarray, values: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The candidates of a step with the best of them improved, if the learner says so."""
        learner = self.learner
        assert isinstance(learner, RefiningLearner)
        local = learner.refine
        if local is None:
            return points, values
        points, values = points.copy(), values.copy()
        count = max(1, round(learner.refine_share * len(points)))
        for i in np.argsort(values, kind="stable")[:count].tolist():
            if self.left < 1 or not np.isfinite(values[i]):
                break
            metered = Metered(self.objective, self.left)
            points[i], values[i] = improve(
                local, learner.refine_steps, metered, points[i].copy(),
                float(values[i]), self.random,
            )  # fmt: skip
            self.used += metered.taken
        self.keep(points, values)
        return points, values

    def has_collapsed(self, points: np.ndarray, values: np.ndarray) -> bool:
        """Whether all points are one, as far as float64 tells."""
        scale = self.box.width + np.abs(self.theta)
        apart = points.max(axis=0) - points.min(axis=0)
        if (apart <= SAME_PLACE * scale).all():
            return True
        if not np.isfinite(values).all() or (apart > NEAR_PLACE * scale).any():
            return False
        return bool(np.ptp(values) <= SAME_VALUE * abs(self.loss))
