"""A run made ready: everything that the loop is given and does not change.

Comes in: what `learning/fitting.py` has checked and bound. Goes out: `Task`, which `learning/loop.py` runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wildwire.learning.checkpoint import Checkpoint
from wildwire.learning.progress import Bar
from wildwire.learning.settings import Settings

if TYPE_CHECKING:
    from wildwire.engine.session import Session
    from wildwire.network import Network

__all__ = ["Task", "slice_length"]

# Measured: 0.1 to 0.5 ns per unit of work (see `slice_length`), so that a slice takes 4 to 20 ms.
SLICE_WORK = 4e7
FUNCTION_WORK = 20
STEP_WORK = 2000


@dataclass(frozen=True, slots=True)
class Task:
    """All that a run is made of.

    Attributes
    ----------
    session, validation
        The training rows and the validation rows (or None), each bound to the network; see architecture.md,
        "engine/".
    rule : int
        Address of the update rule.
    settings : Settings
    key : int
        The seed's key, for row orders.
    slice : int
        Mini-batches per kernel call.
    n_rows, weight : int, float
        Training rows and the sum of their weights.
    watched : dict of str -> int
        Names of `history_of` and their places in theta.
    callbacks : tuple of callable
    told
        A progress of `learning/progress.py`.
    checkpoint : Checkpoint or None
    facts : dict
        What a checkpoint must agree with to be resumed.
    locate : callable
        `locate(theta, rows)` -> sentence that names where the first non-finite number arises; rows None: validation
        rows.
    guards : callable
        `guards(theta)` -> how often guards are active on the training rows, and sentences about it.
    note : str
        A sentence for the end of the result's message, or nothing.
    began : float
        `time.perf_counter()` at the call of `fit`.
    """

    session: "Session"
    validation: "Session | None"
    rule: int
    settings: Settings
    key: int
    slice: int
    n_rows: int
    weight: float
    watched: dict[str, int]
    callbacks: tuple[Callable, ...]
    told: Bar
    checkpoint: Checkpoint | None
    facts: dict
    locate: Callable[[np.ndarray, np.ndarray | None], str]
    guards: Callable[[np.ndarray], tuple[dict[str, int], str]]
    note: str
    began: float


def slice_length(network: "Network", session: "Session", n_steps: int = 1) -> int:
    """Mini-batches per kernel call: depends on network and batch only.

    One unit of work is one link or number for one row, or for one step of a sequence; a function costs
    `FUNCTION_WORK` of them, entering a step `STEP_WORK`.
    """
    nodes = network.n_neurons + network.n_outputs
    per_row = n_steps * (network.n_links + FUNCTION_WORK * nodes)
    work = session.batch * per_row + 10 * network.n_theta + STEP_WORK
    return max(1, int(SLICE_WORK / work))
