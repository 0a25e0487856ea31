"""The arguments of `fit` that are neither rows nor settings: loss, start, names to watch, callbacks, files.

Comes in: what the user passed. Goes out: the same, checked and in one form. Called by `learning/fitting.py`.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from wildwire.errors import DataError, SettingError
from wildwire.learning.checkpoint import Checkpoint, read_checkpoint
from wildwire.learning.data import real_numbers
from wildwire.learning.settings import one_line
from wildwire.network.initialisers import Initialiser
from wildwire.network.naming import suggestion

__all__ = [
    "as_callables", "check_places", "read_losses", "read_saved", "start_theta", "watched_places",
]  # fmt: skip


def check_places(**paths) -> None:
    """SettingError for a checkpoint or resume that is no path."""
    for name, path in paths.items():
        if path is not None and not isinstance(path, (str, os.PathLike, Checkpoint)):
            raise SettingError(f"{name} must be a path, not {one_line(path)}")
        if name == "resume" and isinstance(path, Checkpoint):
            raise SettingError("resume must be a path: give the path of the checkpoint")


def read_saved(resume, theta) -> tuple[dict, dict] | None:
    """The checkpoint to go on from, or None."""
    if resume is None:
        return None
    if theta is not None:
        raise SettingError("give theta or resume, not both: a checkpoint has its own")
    return read_checkpoint(resume)


def read_losses(loss, network):
    """The loss of every output."""
    from wildwire.engine.output_losses import output_losses
    from wildwire.functions.function import Function

    if not isinstance(loss, (str, Function, Sequence, Mapping)):
        raise SettingError(
            f"loss must be a name, a formula or a Function, or a list or dict of these, not {one_line(loss)}"
        )
    return output_losses(loss, network)


def watched_places(network, history_of: Sequence[str]) -> dict[str, int]:
    """Names to record, and their places in theta."""
    if isinstance(history_of, str):
        history_of = (history_of,)
    if not isinstance(history_of, Sequence):
        raise SettingError(
            "history_of must be names of network.theta_names, "
            f"not {one_line(history_of)}"
        )
    if not history_of:
        return {}
    places = {name: i for i, name in enumerate(network.theta_names)}
    for name in history_of:
        if name in ("loss", "validation"):
            raise SettingError(
                f"history_of: {name!r} is recorded under that name anyway"
            )
        if not isinstance(name, str):
            raise SettingError(f"history_of: {one_line(name)} is not a name")
        if name not in places:
            raise SettingError(
                f"history_of: theta has no number {name!r}.{suggestion(name, places)}"
            )
    return {name: places[name] for name in history_of}


def as_callables(callbacks) -> tuple[Callable, ...]:
    """The callbacks as a tuple; one may stand alone."""
    if callable(callbacks) or not isinstance(callbacks, Iterable):
        callbacks = (callbacks,)
    callbacks = tuple(callbacks)
    for callback in callbacks:
        if not callable(callback):
            raise SettingError(f"callbacks must be functions, not {one_line(callback)}")
    return callbacks


def start_theta(network, theta, seed, initialiser) -> np.ndarray:
    """Where to start: `theta` checked, or drawn."""
    if not isinstance(initialiser, (str, Initialiser)):
        raise SettingError(
            f"initialiser must be a name or an Initialiser, not {one_line(initialiser)}"
        )
    if theta is None:
        return np.array(network.initial(seed, initialiser), dtype=np.float64)
    start = np.array(real_numbers("theta", theta))
    if start.shape != (network.n_theta,):
        raise DataError(
            f"theta must have shape ({network.n_theta},), not {start.shape}"
        )
    bad = ~np.isfinite(start)
    if bad.any():
        place = int(np.argmax(bad))
        raise DataError(
            f"theta: {network.theta_names[place]!r} is {start[place]}; "
            "network.initial(seed) draws what is unknown"
        )
    _check_bounds(network, start)
    return start


def _check_bounds(network, start: np.ndarray) -> None:
    if network.bounds is None:
        return
    low, high = network.bounds.T
    outside = (start < low) | (start > high)
    if outside.any():
        place = int(np.argmax(outside))
        raise SettingError(
            f"theta: {network.theta_names[place]!r} is {start[place]}, outside its bounds "
            f"{low[place]:g}..{high[place]:g}: start within them"
        )
