"""Where learning ends from many random starts, for networks of one width or of several.

Comes in: a network, or networks by width; rows; settings of `fit`. Goes out: `Starts`. Called by users as
`ww.landscape.starts`; it is drawn by `many_starts_figure.py`.
"""

import difflib
import inspect
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wildwire.errors import SettingError
from wildwire.landscape.places import checked_whole, make_objective
from wildwire.learning.learner import Learner
from wildwire.learning.progress import Bar, check_progress, choose_progress
from wildwire.learning.result import Result
from wildwire.learning.settings import check_network, time_limit_seconds
from wildwire.learning.shuffling import seed_key
from wildwire.learning.stopping import Reason

__all__ = ["Starts", "starts"]

_OWN = frozenset({"theta", "resume", "checkpoint", "callbacks"})


@dataclass(frozen=True, eq=False)
class Starts:
    """Final losses over random starts.

    Attributes
    ----------
    losses : dict of ndarray
        By width, ascending: the mean loss over all rows at the end of each run, in the order of the starts; (k,). Not
        finite where a run diverged.
    thetas : dict of ndarray
        By width: where the runs ended, (k, n_theta).
    planned : int
        Starts asked for, of each width.
    stopped : str
        "" where all were run, else "time" or "interrupted".
    """

    losses: dict[Any, np.ndarray]
    thetas: dict[Any, np.ndarray] = field(repr=False)
    planned: int
    stopped: str = ""

    @property
    def median(self) -> dict[Any, float]:
        """By width, of the finite losses; NaN where there is none."""
        return {
            width: float(np.median(kept)) if len(kept) else np.nan
            for width, kept in self._finite()
        }

    @property
    def spread(self) -> dict[Any, float]:
        """By width: the middle half of the finite losses, from the lower to the upper quartile."""
        return {
            width: float(np.subtract(*np.quantile(kept, [0.75, 0.25])))
            if len(kept)
            else np.nan
            for width, kept in self._finite()
        }

    def _finite(self):
        for width, values in self.losses.items():
            yield width, values[np.isfinite(values)]

    def __repr__(self) -> str:
        median, spread = self.median, self.spread
        told = [
            f"{width}: median {median[width]:.3g}, spread {spread[width]:.2g}"
            for width in self.losses
        ]
        done = sum(map(len, self.losses.values()))
        ended = f", stopped ({self.stopped})" if self.stopped else ""
        return f"Starts({done} of {self.planned * len(self.losses)}{ended}; {'; '.join(told)})"

    def draw(self, path: str | os.PathLike) -> None:
        """Write a picture; the ending says which kind: .png, .svg or .pdf.

        A histogram of the losses of each width, one below the other on one scale, logarithmic where they span decades.

        Raises
        ------
        DependencyError
            Matplotlib is not installed.
        SettingError, FileError
            The ending is another one, or the file cannot be written.
        """
        from wildwire.landscape.many_starts_figure import draw_starts

        draw_starts(self, path)


def starts(
    network,
    X,
    Y,
    loss="squared",
    learner: Learner | str = "lbfgs",
    n: int = 20,
    *,
    seed=0,
    time_limit: float | str | None = None,
    progress: bool | None = None,
    sample_weight=None,
    warm_up: int = 0,
    feedback: Mapping[str, str] | None = None,
    threads: int = 1,
    **settings,
) -> Starts:
    """Learn from many random starts, and see how the final losses are spread.

    Parameters
    ----------
    network : Network or dict
        One network; or networks by width, `{2: ..., 8: ...}`. One network stands under its number of neurons.
    X, Y, loss, sample_weight, warm_up, feedback, threads
        As for `fit`.
    learner : Learner or str
        Of every run.
    n : int
        Starts of each width.
    seed : int, SeedSequence or Generator
        Start i has the same seed in all widths, whatever n is.
    time_limit : float or str, optional
        Of all runs together: 90, "90s", "5m". The run that it cuts off does not count.
    progress : bool, optional
        Show progress; None shows it on a terminal's stderr and in notebooks.
    **settings
        Further settings of `fit`: `epochs`, `batch`, `initialiser`, `l2`, ...

    Returns
    -------
    Starts

    Raises
    ------
    SettingError, DataError
        As `fit`; a network that states all its numbers; a time limit too short for one run.
    KeyboardInterrupt
        Ctrl-C before the first run was done. Later it keeps what is done.

    Notes
    -----
    n runs of `fit` for every width, start by start through all widths, so that an early end leaves as many of each.
    Choromanska, Henaff, Mathieu, Ben Arous and LeCun, The loss surfaces of multilayer networks, 2015: the spread over
    starts narrows as the network widens.

    Examples
    --------
    >>> import numpy as np
    >>> import wildwire as ww
    >>> X = np.linspace(-1, 1, 30)
    >>> networks = {h: ww.parse(f"input x\\nh[{h}] ~ tanh(x)\\ny ~ linear(h)\\noutput y") for h in (1, 2)}
    >>> found = ww.landscape.starts(networks, X, np.sin(4*X), learner="levenberg-marquardt", n=3, epochs=9)
    >>> [len(losses) for losses in found.losses.values()]
    [3, 3]
    """
    networks = _by_width(network)
    n = checked_whole("n", n, 1)
    _check_settings(settings)
    check_progress(progress)
    limit = time_limit_seconds(time_limit)
    rows = {
        "loss": loss, "sample_weight": sample_weight, "warm_up": warm_up, "feedback": feedback, "threads": threads
    }  # fmt: skip
    objectives = {
        width: make_objective(each, X, Y, **rows) for width, each in networks.items()
    }
    key = seed_key(seed)

    def run(width: Any, start: int, seconds: float) -> Result:
        from wildwire.learning import fit

        own = np.random.SeedSequence(key, spawn_key=(start,))
        return fit(
            networks[width], X, Y, learner=learner, seed=own, progress=False,
            time_limit=None if np.isinf(seconds) else seconds, **rows, **settings,
        )  # fmt: skip

    shown = choose_progress(progress, "start")
    try:
        ends, stopped = _go(run, list(networks), n, limit, shown)
    finally:
        shown.close()
    thetas = {width: np.array(each) for width, each in ends.items() if each}
    losses = {width: objectives[width].values(each) for width, each in thetas.items()}
    return Starts(losses, thetas, n, stopped)


def _go(
    run: Callable[[Any, int, float], Result],
    widths: list,
    n: int,
    limit: float,
    shown: Bar,
) -> tuple[dict[Any, list[np.ndarray]], str]:
    """The ends of all runs, and why there are not more: "", "time" or "interrupted"."""
    began = time.perf_counter()
    ends: dict[Any, list[np.ndarray]] = {width: [] for width in widths}
    plan = [(start, width) for start in range(n) for width in widths]
    stopped, done = "", 0
    try:
        for start, width in plan:
            left = limit - (time.perf_counter() - began)
            result = run(width, start, left) if left > 0 else None
            if result is None or result.reason == Reason.TIME:
                stopped = "time"
            elif result.reason == Reason.INTERRUPTED:
                stopped = "interrupted"
            if stopped or result is None:
                break
            ends[width].append(result.theta)
            done += 1
            told = result.history["loss"]
            shown.update(done, len(plan), float(told[-1]) if len(told) else None)
    except KeyboardInterrupt:
        stopped = "interrupted"
    if not done:
        if stopped == "interrupted":
            raise KeyboardInterrupt
        raise SettingError(
            f"not one of {len(plan)} runs ended within {limit:g} s: give a longer time_limit or fewer epochs"
        )
    return ends, stopped


def _by_width(network) -> dict[Any, Any]:
    """Networks by width, ascending where widths are numbers; all checked."""
    if not isinstance(network, Mapping):
        check_network(network)
        network = {network.n_neurons: network}
    if not network:
        raise SettingError("network must be a Network, or some of them by width")
    for width, each in network.items():
        check_network(each)
        if not np.isnan(each.start).any():
            raise SettingError(
                f"starts draws the unknown numbers of a network, and that of width {width} states all: "
                "write `?` or `~` in its text"
            )
    try:
        return {width: network[width] for width in sorted(network)}
    except TypeError:  # names and numbers together
        return dict(network)


def _check_settings(settings: Mapping[str, Any]) -> None:
    from wildwire.learning import fit

    known = [name for name in inspect.signature(fit).parameters if name not in _OWN]
    for name in settings:
        if name in _OWN:
            raise SettingError(f"starts makes many runs and takes no {name}")
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise SettingError(f"fit has no setting {name!r}{hint}")
