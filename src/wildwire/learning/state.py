"""The state of a run: everything that the next step depends on, and how it goes into a checkpoint and back.

Comes in: a session bound to its data. Goes out: `State`, which `learning/loop.py` moves forward. What is not here
(row orders, rates) follows from the seed and the epoch.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from wildwire.errors import FileError, SettingError
from wildwire.learning.stopping import Improvement

__all__ = ["State", "check_history", "from_checkpoint", "to_checkpoint"]

_COUNTS = (
    "epoch", "batch", "step", "reductions", "best_epoch", "waited", "plateau_waited", "still",
)  # fmt: skip
_AMOUNTS = ("seconds", "best_loss", "plateau_best")


@dataclass(slots=True)
class State:
    """Where a run stands.

    Attributes
    ----------
    vectors : ndarray, (n_state, vector_size)
        The update rule's state, in the session's order.
    totals : ndarray of float64, (n_outputs,)
        Weighted loss sums of the epoch under way, per output, in the user's units.
    epoch, batch, step : int
        Finished epochs, finished batches of the epoch under way, updates made.
    started : ndarray of float64, (n_theta,)
        theta at the beginning of the epoch under way.
    best_theta, best_alive, best_epoch
        The best seen so far and when.
    improvement, plateau : Improvement
        What patience and a plateau schedule have seen; `reductions` counts how often the plateau lowered the rate.
    still : int
        Epochs in a row without change.
    history : dict of list
        One number per finished epoch.
    seconds : float
        Time spent by earlier parts of a resumed run.
    """

    vectors: np.ndarray
    totals: np.ndarray
    started: np.ndarray
    started_alive: np.ndarray
    best_theta: np.ndarray
    best_alive: np.ndarray
    history: dict[str, list[float]]
    epoch: int = 0
    batch: int = 0
    step: int = 0
    best_epoch: int = 0
    reductions: int = 0
    still: int = 0
    seconds: float = 0.0
    improvement: Improvement = field(default_factory=Improvement)
    plateau: Improvement = field(default_factory=Improvement)


def to_checkpoint(state: State, session, seconds: float) -> tuple[dict, dict]:
    """Arrays and counts of `state` and `session`, all in theta's order."""
    arrays = {
        "theta": session.theta(),
        "alive": np.asarray(session.alive, dtype=np.uint8),
        "totals": state.totals,
        "started": state.started,
        "started_alive": state.started_alive.astype(np.uint8),
        "best_theta": state.best_theta,
        "best_alive": state.best_alive.astype(np.uint8),
        "amounts": np.array([seconds, state.improvement.best, state.plateau.best]),
    }
    for i, vector in enumerate(state.vectors):
        arrays[f"state {i}"] = session.state_to_theta_order(vector)
    for name, values in state.history.items():
        arrays[f"history {name}"] = np.array(values, dtype=np.float64)
    counts = {
        "epoch": state.epoch, "batch": state.batch, "step": state.step,
        "reductions": state.reductions, "best_epoch": state.best_epoch,
        "waited": state.improvement.waited, "plateau_waited": state.plateau.waited,
        "still": state.still,
    }  # fmt: skip
    return arrays, counts


def from_checkpoint(state: State, session, arrays: dict, counts: dict, path) -> None:
    """Put what `to_checkpoint` took out back into `state` and `session`.

    Raises
    ------
    FileError
        Something is missing or has another shape: the file is damaged.
    SettingError
        `history_of` asks for another set of numbers than the first part of the run.
    """
    check_history(state.history, arrays, path)
    _check_shapes(state, arrays, counts, path)
    session.load(arrays["theta"])
    session.set_alive(arrays["alive"].astype(bool))
    for i in range(len(state.vectors)):
        state.vectors[i] = session.state_from_theta_order(arrays[f"state {i}"])
    state.totals[:] = arrays["totals"]
    for name in ("started", "best_theta"):
        setattr(state, name, arrays[name])
    for name in ("started_alive", "best_alive"):
        setattr(state, name, arrays[name].astype(bool))
    state.history = {n: arrays[f"history {n}"].tolist() for n in state.history}
    state.seconds, state.improvement.best, state.plateau.best = map(
        float, arrays["amounts"]
    )
    state.improvement.waited = counts["waited"]
    state.plateau.waited = counts["plateau_waited"]
    for name in ("epoch", "batch", "step", "reductions", "best_epoch", "still"):
        setattr(state, name, counts[name])


def check_history(history: dict, arrays: dict, path) -> None:
    """SettingError where a checkpoint has recorded other numbers than are asked for."""
    told = {n.removeprefix("history ") for n in arrays if n.startswith("history ")}
    if told != set(history):
        raise SettingError(
            f"the run in {path} recorded {', '.join(sorted(told))}; resume it with the same history_of"
        )


def _check_shapes(state: State, arrays: dict, counts: dict, path) -> None:
    n_theta = len(state.started)
    vectors = ("theta", "alive", "started", "started_alive", "best_theta", "best_alive")
    shapes = dict.fromkeys(vectors, (n_theta,))
    shapes |= {f"state {i}": (n_theta,) for i in range(len(state.vectors))}
    shapes |= {"totals": state.totals.shape, "amounts": (len(_AMOUNTS),)}
    shapes |= {f"history {name}": (counts.get("epoch", -1),) for name in state.history}
    for name, shape in shapes.items():
        if name not in arrays or arrays[name].shape != shape:
            raise FileError(
                f"{path} is damaged: {name!r} is missing or has a wrong shape"
            )
    for name in _COUNTS:
        if not isinstance(counts.get(name), int) or counts[name] < 0:
            raise FileError(f"{path} is damaged: the count {name!r} is missing")
    if not math.isfinite(arrays["amounts"][0]):
        raise FileError(f"{path} is damaged: its seconds are {arrays['amounts'][0]}")
