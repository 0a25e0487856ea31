"""CMA-ES: a normal distribution that learns the shape of the valley.

Comes in: an objective. Goes out: the best candidate. Named by `learners.py`; the distribution is that of the package
`cmaes` (Nomura & Shibata 2024), which follows Hansen's tutorial (2016).

The package sees numbers as parts of their box, u = (theta - low)/width. Bounds are mirrors: a candidate beyond one is
evaluated at its image, so that the distribution is told what it drew, and no candidate is drawn twice.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.population.search import (
    TINY,
    PopulationLearner,
    Search,
    check_search,
)
from wildwire.learning.stopping import Reason

if TYPE_CHECKING:
    from wildwire.learning.objective import Objective

__all__ = ["CMAES"]

WORST = 1e300  # told in place of infinity, whose differences are no numbers


@dataclass(frozen=True, slots=True)
class CMAES(PopulationLearner):
    """Covariance matrix adaptation (Hansen 2016): the strongest without slopes from some numbers to about a hundred.

    Needs the package `cmaes`: `pip install wildwire[search]`.

    Parameters
    ----------
    candidates : int or None
        Drawn in a step, 4 or more; None: 4 + 3 ln n.
    sigma : float
        First standard deviation, as a share of the width of the box.
    learning_rates : bool
        Rates that adapt to how noisy or how rugged the values are (Nomura et al. 2023); slower where they are smooth.
    evaluations, spread, low, high
        See `PopulationLearner`.

    Notes
    -----
    A step costs O(n**3) besides the values.
    """

    candidates: int | None = None
    sigma: float = 0.2
    learning_rates: bool = False

    default_epochs: ClassVar[int] = 500

    def __post_init__(self):
        check_search(self, {"candidates": 4}, sigma=(TINY, math.inf))
        if not isinstance(self.learning_rates, bool):
            raise SettingError(
                f"learning_rates of CMAES must be True or False, not {self.learning_rates!r}"
            )

    def begin(
        self, objective: "Objective", theta: np.ndarray, random: np.random.Generator
    ) -> "_Course":
        """A run that starts at `theta`.

        Raises
        ------
        SettingError
            The package `cmaes` is not installed.
        """
        return _Course(self, objective, theta, random)


def _package() -> Any:
    try:
        import cmaes
    except ImportError:
        raise SettingError(
            "CMAES needs the package cmaes: pip install wildwire[search]"
        ) from None
    return cmaes


# What changes from step to step, by its names here and in the package; single numbers stand in one array.
_ARRAYS = {
    "mean": "_mean", "path": "_p_sigma", "covariance_path": "_pc", "covariance": "_C",
    "axes": "_B", "lengths": "_D", "history": "_funhist_values",
    "mean_signal": "_Emean", "covariance_signal": "_ESigma",
}  # fmt: skip
_NUMBERS = ("_sigma", "_g", "_Vmean", "_VSigma", "_eta_mean", "_eta_Sigma")


class _Course(Search):
    learner: CMAES
    arrays: ClassVar[tuple[str, ...]] = (*Search.arrays, *_ARRAYS, "numbers_of_package")
    numbers: ClassVar[tuple[str, ...]] = (*Search.numbers, "unit")

    def __init__(self, learner, objective, theta, random):
        package = _package()
        super().__init__(learner, objective, theta, random)
        self.unit: float | None = None
        for name in (*_ARRAYS, "numbers_of_package"):
            setattr(self, name, None)
        if self.reason is not None:
            return
        self._optimizer = package.CMA(
            mean=(self.theta - self.box.low) / self._width(), sigma=learner.sigma,
            population_size=learner.candidates, lr_adapt=learner.learning_rates, seed=0,
        )  # fmt: skip
        known = vars(self._optimizer)
        if not {*_ARRAYS.values(), *_NUMBERS} <= known.keys():
            raise SettingError(
                f"CMAES does not know its way in cmaes {package.__version__}: install 0.11 to 0.13"
            )
        # Not set by the package before there are values; a checkpoint must not depend on what memory held.
        known["_funhist_values"].fill(0.0)
        self._take_over()

    def _width(self) -> np.ndarray:
        """What a unit of the package's numbers is."""
        return np.where(self.box.width > 0, self.box.width, 1.0)

    def _take_over(self) -> None:
        """Copy what the package knows."""
        known = vars(self._optimizer)
        for mine, its in _ARRAYS.items():
            value = known[its]
            setattr(self, mine, None if value is None else np.array(value, float))
        self.numbers_of_package = np.array([known[name] for name in _NUMBERS], float)

    def restore(self, arrays, facts) -> None:
        super().restore(arrays, facts)
        if self.reason is not None:
            return
        known = vars(self._optimizer)
        for mine, its in _ARRAYS.items():
            value = getattr(self, mine)
            known[its] = None if value is None else value.copy()
        for value, its in zip(self.numbers_of_package.tolist(), _NUMBERS, strict=True):
            known[its] = int(value) if its == "_g" else value

    def advance(self) -> None:
        from wildwire.engine.blas import one_thread

        # On one thread: bits of products depend on their number, and small matrices are slower on several.
        with one_thread(True):
            drawn = self._draw()
        values = self.values(self.box.folded(self.box.low + drawn * self._width()))
        if self.left < 1:
            return
        if self.unit is None and np.isfinite(values).any():
            self.unit = float(np.abs(values[np.isfinite(values)]).max())
        with one_thread(True), np.errstate(all="ignore"):
            over = self._tell(drawn, values)
        if over:
            self.reason = Reason.CONVERGED

    def _draw(self) -> np.ndarray:
        optimizer = self._optimizer
        optimizer.reseed_rng(int(self.random.integers(2**32)))
        return np.array([optimizer.ask() for _ in range(optimizer.population_size)])

    def _tell(self, drawn: np.ndarray, values: np.ndarray) -> bool:
        """Have the distribution learn; whether it has nothing more to find."""
        # The package ends where values differ by less than 1e-12: parts of the first ones, whatever their unit.
        told = np.minimum(values / (self.unit or 1.0), WORST)
        try:
            self._optimizer.tell(list(zip(drawn, told.tolist(), strict=True)))
            over = bool(self._optimizer.should_stop())
        except (AssertionError, np.linalg.LinAlgError):
            return True  # the distribution has left the range of float64
        self._take_over()
        return over
