"""The second candidate of an open learner: Levenberg-Marquardt, to the minimum of a penalised loss.

Comes in: a `Learning`, its splits, what the first candidate has reached. Goes out: a `Choice`, better or not. Called
by `choose.py`.

The first candidate is stopped early, which holds a network just as a penalty does. Which of the two suits a table
cannot be known before (see "Which learner?" in the documentation); the same held-out rows judge both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wildwire.learning.learner import Stepwise
from wildwire.learning.levenberg_marquardt import LevenbergMarquardt
from wildwire.learning.result import Result
from wildwire.learning.stopping import Reason

if TYPE_CHECKING:
    from wildwire.procedure.choose import Choice, Learning

__all__ = ["search_penalised", "second_learner"]

# Divided by the number of rows; the search begins in the middle and follows the better side.
GRID = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
STEPS, TOLERANCE = 15, 1e-2  # of the fits that compare penalties; the last one goes on
DAMPING = 1e-2  # the start is the best linear model already
LAST_STEPS, LAST_TOLERANCE = 40, 1e-4


def second_learner(learning: Learning, *, exact: bool = False) -> Stepwise | None:
    """Levenberg-Marquardt where the learner is open and it suits network, rows and loss; else None."""
    from wildwire.engine.output_losses import output_losses
    from wildwire.learning.choosing import choose_learner
    from wildwire.learning.data import as_samples

    options, prepared = learning.options, learning.prepared
    asked = (options.batch, options.epochs)
    if not options.is_open or asked != (None, None) or options.dtype != "float64":
        return None
    if learning.theta is not None:
        return None  # going on from where a first-order learner stood
    network = prepared.network
    rows = as_samples(network, prepared.X, prepared.Y, learning.weight)
    found, _ = choose_learner(network, rows, output_losses(learning.loss, network))
    if not isinstance(found, LevenbergMarquardt) or not network.n_theta:
        return None
    if exact:
        return LevenbergMarquardt()
    return LevenbergMarquardt(damping=DAMPING, tolerance=TOLERANCE)


def search_penalised(
    learning: Learning,
    splits: Sequence[tuple[np.ndarray, np.ndarray]],
    penalties: tuple[float, ...],
    best: float,
) -> tuple[Choice, Result | None]:
    """The best penalty for Levenberg-Marquardt; and a result, if the user stopped the search.

    Parameters
    ----------
    learning : Learning
    splits : sequence of (train, held) masks
    penalties : tuple of float
        One: it is given. Several: it is open, and `GRID` is searched.
    best : float
        Mean loss of the first candidate on the held-out rows.
    """
    from wildwire.procedure.choose import Choice

    nothing = Choice(penalties[0], 0, "")
    learner = second_learner(learning)
    if learner is None or learning.clock.used(0.5):
        return nothing, None
    first = learning.learner
    learning.learner = learner
    try:
        search = _Search(learning, splits)
        lost, l2, interrupted = search.run(penalties)
    finally:
        learning.learner = first
    if interrupted is not None:
        note = "interrupted: learnt without the held-out rows"
        return Choice(l2, interrupted.epochs, note, learner, best), interrupted
    last = LevenbergMarquardt(damping=DAMPING, tolerance=LAST_TOLERANCE)
    return Choice(l2, LAST_STEPS, "", last, lost), None


class _Search:
    """Mean losses on held-out rows by penalty."""

    def __init__(self, learning: Learning, splits):
        self.learning, self.splits = learning, splits
        self.interrupted: Result | None = None

    def run(self, penalties: tuple[float, ...]) -> tuple[float, float, Result | None]:
        """Lowest loss, its penalty, and a result if the user stopped."""
        if len(penalties) == 1:
            return self._lost(penalties[0]), penalties[0], self.interrupted
        grid = [alpha / self.learning.rows for alpha in GRID]
        middle = GRID.index(1.0)
        seen = {middle: self._lost(grid[middle])}
        for way in (1, -1):
            place = middle + way
            while 0 <= place < len(grid) and self.interrupted is None:
                seen[place] = self._lost(grid[place])
                if not seen[place] < seen[place - way]:
                    break
                place += way
            if seen.get(middle + 1, np.inf) < seen[middle]:
                break
        least = min(seen, key=lambda place: seen[place])
        return seen[least], grid[least], self.interrupted

    def _lost(self, l2: float) -> float:
        """Mean loss on the held-out rows, infinite where time is up."""
        total = 0.0
        for train, held in self.splits:
            if self.learning.clock.used(0.5):
                return np.inf
            result = self.learning.fit(train, held, l2, STEPS, patience=None, share=0.5)
            if result.reason == Reason.INTERRUPTED:
                self.interrupted = result
                return np.inf
            seen = result.history["validation"]
            total += float(seen[-1]) if len(seen) else np.inf
        mean = total / len(self.splits)
        return mean if np.isfinite(mean) else np.inf
