"""Why learning stops: the named reasons, and the two criteria that watch a run.

Comes in: losses and parameters, once per epoch. Goes out: whether to stop. Called by `learning/loop.py`; `Reason`
is part of every result. What the criteria have seen are plain numbers, so that a checkpoint can hold them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

__all__ = ["Improvement", "Reason", "Steadiness", "falling", "outlook"]

# A loss still falls if a tenth of the epochs lowers its mean by more than this part.
FALLING = 1e-3


class Reason(StrEnum):
    """Why a run ended; `sentence` says it to the user, with advice."""

    EPOCHS = "epochs"
    EARLY_STOP = "early stop"
    STEADY = "steady"
    CONVERGED = "converged"
    EVALUATIONS = "evaluations"
    TIME = "time"
    DIVERGED = "diverged"
    INTERRUPTED = "interrupted"
    CALLBACK = "callback"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    Reason.EPOCHS: "All epochs asked for were run.",
    Reason.EARLY_STOP: (
        "The loss on the validation rows has not fallen for the epochs of patience; "
        "the theta with the lowest one was kept."
    ),
    Reason.STEADY: (
        "The parameters no longer change; the run has converged, "
        "unless the rate is far too small or all gradients vanish."
    ),
    Reason.CONVERGED: "The run has converged: no step that the learner knows lowers the loss further.",
    Reason.EVALUATIONS: "The evaluations allowed were used.",
    Reason.TIME: "The time limit was reached.",
    Reason.DIVERGED: (
        "The loss or its gradient became infinite or not a number; the best theta seen "
        "was kept. Lower the rate, clip the gradient, or scale inputs and targets."
    ),
    Reason.INTERRUPTED: "Interrupted from the keyboard; the best theta seen was kept.",
    Reason.CALLBACK: "A callback asked to stop.",
}


def falling(losses: Sequence[float]) -> bool | None:
    """Whether a loss was still falling when its record ends; None where there are too few epochs to tell.

    Compared are the means of the last tenth of the epochs and of the tenth before: single epochs jump up and down.
    """
    tenth = max(1, len(losses) // 10)
    if len(losses) < 2:
        return None
    last = float(np.mean(losses[-tenth:]))
    before = float(np.mean(losses[-2 * tenth : -tenth]))
    return before - last > FALLING * abs(before)


def outlook(reason: Reason, history: dict[str, list[float]]) -> str:
    """Whether going on would help, after a run that was merely cut off; otherwise nothing."""
    if reason not in (Reason.EPOCHS, Reason.TIME):
        return ""
    more = "epochs" if reason is Reason.EPOCHS else "time"
    name = "validation" if "validation" in history else "loss"
    what = "loss" if name == "loss" else "validation loss"
    verdict = falling(history[name])
    if verdict is None:
        return f"Whether the {what} was still falling cannot be told yet."
    if verdict:
        return f"The {what} was still falling: give more {more}."
    return f"The {what} was no longer falling."


@dataclass(slots=True)
class Improvement:
    """Counts the epochs since the lowest loss: for patience and for plateaus of the rate."""

    best: float = math.inf
    waited: int = 0

    def see(self, loss: float) -> bool:
        """Take in the loss of one more epoch; True if it is the lowest so far."""
        if loss < self.best:
            self.best, self.waited = loss, 0
            return True
        self.waited += 1
        return False


@dataclass(slots=True)
class Steadiness:
    """Counts the epochs in a row within which no number changed by more than `tolerance` times the largest number."""

    tolerance: float
    epochs: int
    counted: int = 0

    def see(self, before: np.ndarray, after: np.ndarray) -> bool:
        """Take in theta at both ends of an epoch; True once the run is steady.

        The scale is the largest number, not each number: weights that hover around zero never settle relative to
        themselves.
        """
        if not len(after):
            return True
        change = np.abs(after - before).max()
        still = change <= self.tolerance * np.abs(after).max()
        self.counted = self.counted + 1 if still else 0
        return self.counted >= self.epochs
