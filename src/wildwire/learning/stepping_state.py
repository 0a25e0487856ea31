"""How a run of a stepwise learner goes into a checkpoint and back.

Comes in: the state of the loop and of its course, or a file that was read. Goes out: arrays and facts, or the state
put back. Called by `stepping.py` and `fitting.py`.
"""

from typing import Any

import numpy as np

from wildwire.errors import FileError
from wildwire.learning.resuming import check_same
from wildwire.learning.state import check_history

__all__ = ["resume_steps", "step_checkpoint"]

_COUNTS = ("epoch", "best_epoch")
_COURSE = "course "


def step_checkpoint(
    state, arrays: dict, facts: dict, seconds: float
) -> tuple[dict, dict]:
    """Arrays and facts of the last finished step."""
    kept = {_COURSE + name: array for name, array in arrays.items()}
    kept["amounts"] = np.array([seconds, state.improvement.best])
    if state.best_theta is not None:
        kept["best_theta"] = state.best_theta
    for name, values in state.history.items():
        kept[f"history {name}"] = np.array(values, dtype=np.float64)
    counts = {name: getattr(state, name) for name in _COUNTS}
    counts["waited"] = state.improvement.waited
    return kept, {"counts": counts, **facts}


def resume_steps(state, random, saved: tuple[dict, dict], facts: dict, path) -> Any:
    """Put a checkpoint back into `state` and `random`; what is the course's own is returned.

    Raises
    ------
    SettingError
        Data or settings are not those of the first part; each difference is named.
    FileError
        The checkpoint is damaged.
    """
    arrays, told = saved
    check_same(told.get("settings", {}), facts, path)
    check_history(state.history, arrays, path)
    try:
        counts = told["counts"]
        state.epoch, state.best_epoch = (int(counts[name]) for name in _COUNTS)
        state.improvement.waited = int(counts["waited"])
        state.seconds, state.improvement.best = map(float, arrays["amounts"])
        state.best_theta = arrays.get("best_theta")
        state.history = {
            name: arrays[f"history {name}"].tolist() for name in state.history
        }
        random.bit_generator.state = told["random"]
        own = {
            name.removeprefix(_COURSE): array
            for name, array in arrays.items()
            if name.startswith(_COURSE)
        }
        return own, told["course"]
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(f"{path} is damaged: {error} is missing or wrong") from error
