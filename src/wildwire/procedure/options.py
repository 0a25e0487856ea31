"""How to learn: the options that belong together, and what is chosen where nothing is said.

Comes in: options of the command line or of an estimator. Goes out: `Options`, checked, and a
`Clock` for the time limit. Called by `choose.py`, `fit_table.py` and `estimators.py`.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.learners import Adam, Learner
from wildwire.learning.schedules import Exponential
from wildwire.learning.settings import checked_penalty, time_limit_seconds

SMALL = 4_000  # rows up to which every step takes all of them
HOLD_OUT = 200  # rows from which some are held out when the penalty is given
FOLDED = 1_000  # rows up to which the penalty is chosen in folds; above, one share is held out
BATCH = 64
DISTINCT = 20  # different rows below which none is held out
SLIGHT = 0.1  # their penalty, divided by the number of rows: XOR can still be learnt
PENALTIES = (1.0, 0.1, 10.0)  # tried in turn, divided by the number of rows
EPOCHS = 1_000  # full batch; fewer where held-out rows say so
EPOCHS_BATCHED = 200
PATIENCE = 20  # epochs of mini-batches, or large steps, without a lower loss on the held-out rows
PATIENCE_FULL = 120  # epochs of one step each


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to learn; None is chosen from the data.

    Parameters
    ----------
    learner : Learner, str or None
        None is "auto": Adam that is stopped early, and, where network and loss are smooth and not too large,
        Levenberg-Marquardt that goes to the minimum under a penalty; the held-out rows decide.
    batch : int, "full" or None
        None is "full" up to 4,000 rows, 64 above.
    epochs : int or None
        Upper limit where rows are held out.
    l2 : float or None
        As in `ww.fit`: l2/2 * sum w**2 is added to the mean loss, which for numbers is
        taken in units of the target's spread. None chooses it for a network that was made
        for the table: in 3 folds up to 1,000 rows, on held-out rows up to 4,000, 1/rows
        above. For the user's own network None is 0.
    penalty : str or Function or None
        A formula of the weight w, as in `ww.fit`; l2 is then 0 unless it is given.
    early_stopping : bool or "auto"
        Hold rows out to choose the number of epochs, then learn again from all rows.
        "auto" does so from 200 rows up.
    validation_fraction : float
        Share of the weight that is held out.
    class_weight : "balanced", mapping from class to weight, or None
    loss : str, Function, list, dict or None
        None is "squared" for numbers and cross-entropy for classes. A list has one for each target, a dict
        some by the targets' names; see `ww.fit`.
    time_limit : float, str or None
        Of the whole: choosing and learning.
    threads : int
    dtype : "float64" or "float32"
    progress : bool or None
    standard_errors : bool
        Find standard errors of the numbers afterwards, where that costs little.
    """

    learner: Learner | str | None = None
    batch: int | str | None = None
    epochs: int | None = None
    l2: float | None = None
    penalty: Any = None
    early_stopping: bool | str = "auto"
    validation_fraction: float = 0.2
    class_weight: str | Mapping[Any, float] | None = None
    loss: Any = None
    time_limit: float | str | None = None
    threads: int = 1
    dtype: str = "float64"
    progress: bool | None = None
    standard_errors: bool = True

    def __post_init__(self) -> None:
        if self.early_stopping not in (True, False, "auto"):
            raise SettingError(
                f"early_stopping must be True, False or 'auto', not "
                f"{self.early_stopping!r}"
            )
        share = self.validation_fraction
        if not isinstance(share, int | float | np.number) or not 0 < share < 1:
            raise SettingError(
                f"validation_fraction must lie between 0 and 1, not {share!r}"
            )
        weight = self.class_weight
        if not (weight is None or weight == "balanced" or isinstance(weight, Mapping)):
            raise SettingError(
                f"class_weight must be 'balanced' or a mapping from classes to weights, "
                f"not {weight!r}"
            )
        time_limit_seconds(self.time_limit)
        checked_penalty(self.penalty)

    @property
    def is_open(self) -> bool:
        """Whether the learner is to be chosen."""
        return self.learner is None or self.learner == "auto"

    def chosen_batch(self, rows: float) -> int | str:
        """The batch for a number of rows."""
        if self.batch is not None:
            return self.batch
        return "full" if rows <= SMALL else BATCH

    def chosen_epochs(self, batch: int | str) -> int:
        """The number of epochs, or their limit."""
        if self.epochs is not None:
            return self.epochs
        return EPOCHS if batch == "full" else EPOCHS_BATCHED

    def chosen_learner(self, batch: int | str, epochs: int) -> Learner | str:
        """The learner asked for; of "auto" the first candidate, Adam with a rate that falls to a hundredth."""
        if not self.is_open:
            assert self.learner is not None
            return self.learner
        rate = 0.03 if batch == "full" else 0.005
        return Adam(rate=Exponential(rate, 0.01 ** (1 / max(1, int(epochs)))))

    def wants_rows_held_out(self, rows: float) -> bool:
        """Whether to choose the number of epochs on held-out rows."""
        if self.early_stopping == "auto":
            return rows >= HOLD_OUT
        return bool(self.early_stopping)


def losses_by_target(loss: Any, names: Sequence[str]) -> Any:
    """A list of losses, one for each target, as a dict by their names; anything else as it is.

    Raises
    ------
    SettingError
        Too few or too many.
    """
    if isinstance(loss, str) or not isinstance(loss, Sequence):
        return loss
    if len(loss) != len(names):
        raise SettingError(
            f"loss has {len(loss)} entries for {len(names)} targets: {', '.join(names)}"
        )
    return dict(zip(names, loss, strict=True))


@dataclass(slots=True)
class Clock:
    """Seconds that are left of a time limit.

    Parameters
    ----------
    limit : float, str or None
        As in `ww.fit`.
    """

    limit: float | str | None
    began: float = field(default_factory=time.perf_counter)

    def left(self, share: float = 1.0) -> float | None:
        """Seconds until `share` of the limit is used, at least a little; None if open."""
        seconds = time_limit_seconds(self.limit)
        if math.isinf(seconds):
            return None
        return max(1e-3, share * seconds - (time.perf_counter() - self.began))

    def used(self, share: float) -> bool:
        """Whether that share of the limit is gone."""
        left = self.left(share)
        return left is not None and left <= 1e-3
