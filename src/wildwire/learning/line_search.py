"""A search along a line for a step that lowers the value enough and leaves little slope: the strong Wolfe conditions.

Comes in: a function of the length of a step. Goes out: a `Trial` that fulfils the conditions, the best one found where
rounding or the number of trials forbids them, or None. Called by `conjugate_gradient.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wildwire.learning.points import Point

__all__ = ["Trial", "search"]

MOST_TRIALS = 40
GROWTH = 4.0  # of a step that is still too short
MARGIN = 0.1  # part of a bracket that a new trial keeps from its ends


@dataclass(frozen=True, slots=True)
class Trial:
    """A step that was tried: its length, the value there, the slope along the line, and what the slope at its
    beginning promised to win (below 0)."""

    length: float
    value: float
    slope: float
    promise: float
    point: Point


def search(
    path: Callable[[float], Trial],
    start: Trial,
    first: float,
    sufficient: float,
    curvature: float,
) -> Trial | None:
    """A trial on `path` with the strong Wolfe conditions (Nocedal and Wright 2006, algorithms 3.5 and 3.6).

        value <= value_0 + sufficient * promise           (eq. 3.7a)
        |slope| <= curvature * |slope_0|                  (eq. 3.7b)

    Parameters
    ----------
    path : callable
        From a length above 0 to a trial; its value may be infinite.
    start : Trial
        Of length 0, with a slope below 0.
    first : float
        The length tried first.
    """
    seeker = _Search(path, start, sufficient, curvature)
    return seeker.widen(first)


class _Search:
    def __init__(self, path, start: Trial, sufficient: float, curvature: float):
        self.path, self.start = path, start
        self.sufficient, self.curvature = sufficient, curvature
        self.left = MOST_TRIALS

    def _try(self, length: float) -> Trial:
        self.left -= 1
        return self.path(length)

    def _is_high(self, trial: Trial, low: Trial) -> bool:
        allowed = self.start.value + self.sufficient * min(trial.promise, 0.0)
        return not trial.value <= allowed or trial.value >= low.value

    def _is_level(self, trial: Trial) -> bool:
        return abs(trial.slope) <= -self.curvature * self.start.slope

    def widen(self, length: float) -> Trial | None:
        """Longer steps until one is too long; then between it and the one before (algorithm 3.5)."""
        low = self.start
        while self.left > 0 and np.isfinite(length):
            trial = self._try(length)
            if self._is_high(trial, low):
                return self._close_in(low, trial)
            if self._is_level(trial):
                return trial
            if trial.slope > 0:
                return self._close_in(trial, low)
            low, length = trial, GROWTH * length
        return low if low.length > 0 else None

    def _close_in(self, low: Trial, high: Trial) -> Trial | None:
        """Narrow a bracket whose end `low` is the best so far (algorithm 3.6)."""
        while self.left > 0:
            length = _between(low, high)
            if length in (low.length, high.length):
                break
            trial = self._try(length)
            if self._is_high(trial, low):
                high = trial
                continue
            if self._is_level(trial):
                return trial
            if trial.slope * (high.length - low.length) >= 0:
                high = low
            low = trial
        return low if low.length > 0 else None


def _between(low: Trial, high: Trial) -> float:
    """The minimum of the cubic through both ends (eq. 3.59), kept away from them; else the middle."""
    span = high.length - low.length
    part = 0.5
    if np.isfinite(high.value):
        with np.errstate(all="ignore"):
            rise = (high.value - low.value) / span
            d1 = low.slope + high.slope - 3 * rise
            d2 = np.copysign(np.sqrt(d1 * d1 - low.slope * high.slope), span)
            found = 1 - (high.slope + d2 - d1) / (high.slope - low.slope + 2 * d2)
        if not np.isfinite(found):
            found = 0.5
        part = float(min(max(found, MARGIN), 1 - MARGIN))
    return low.length + part * span
