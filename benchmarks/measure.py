"""How things are timed: in turn, pinned, medians with quartiles.

Comes in: per system a function that makes something to call. Goes out: a `Figure` per system. Called by `suite.py`;
the rows in `rows/` are made of `Row` and `Prepared`.

Times are those of the wall clock. A block of calls that had the pinned CPU for less than 95 % of its time was
disturbed by another process; it is measured again, and where this does not help the figure says so (its fact
`disturbed` is the share of such blocks).
"""

import gc
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from statistics import quantiles

SHARE = 0.95  # of the CPU that a block must have had
ALL_CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


class Unavailable(Exception):
    """A system that is not installed, or cannot do a row; the message says why."""


@dataclass(frozen=True)
class Settings:
    """How long to measure.

    Attributes
    ----------
    rounds : int
        Turns; every system has one block of calls in each.
    seconds : float
        Of measurement per system and row; after three rounds it ends a system's turns.
    block : float
        Seconds that a block lasts at least: calls are repeated to fill it.
    quick : bool
        Leave out what is slow, for a smoke run.
    """

    rounds: int = 9
    seconds: float = 4.0
    block: float = 0.03
    quick: bool = False


QUICK = Settings(rounds=3, seconds=0.3, block=0.005, quick=True)


@dataclass(frozen=True)
class Prepared:
    """Something to time.

    Attributes
    ----------
    call : callable
        Does `count` units of work.
    count : float
        Units (steps, samples, ...) per call.
    setup : callable or None
        Called before every call, not timed; calls are then timed one by one.
    note : str
        What a reader of the figure must know.
    facts : mapping
        Further numbers for the report, e.g. `row_bytes`.
    """

    call: Callable[[], object]
    count: float = 1.0
    setup: Callable[[], object] | None = None
    note: str = ""
    facts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Figure:
    """A measured number in the unit of its row.

    Attributes
    ----------
    median, low, high : float or None
        With quartiles; None where there is no figure, and `note` says why.
    rounds : int
    first : float or None
        Seconds of the first call, with whatever it compiles, and of the preparation.
    note : str
    failed : bool
        The system was there and raised an error.
    facts : mapping
    """

    median: float | None
    low: float | None = None
    high: float | None = None
    rounds: int = 0
    first: float | None = None
    note: str = ""
    failed: bool = False
    facts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Traffic:
    """What a row reads from random rows of a table.

    Attributes
    ----------
    bytes : float
        Per unit of work.
    rows : int
        Rows of the table, or of the stretch that sources come from.
    """

    bytes: float
    rows: int


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    name, group : str
        The group is the section of the report.
    unit : str
    scale : float
        From seconds to the unit.
    systems : mapping of str to callable
        Name of the system -> function that returns a `Prepared` or raises `Unavailable`. `jax:scan` and
        `jax:dense` are two forms of one system; the faster counts.
    dtype : str
    special : callable or None
        Measures by itself (in other processes): `special(settings)` -> figures by system.
    flop : float
        Per unit of work; 0: not stated.
    traffic : Traffic or None
    slow : bool
        Left out of quick runs.
    slow_systems : frozenset of str
        Forms that are left out of quick runs.
    isolated : bool
        Measured in a process of its own, on all CPUs unless `pinned`.
    pinned : bool
    """

    name: str
    group: str
    unit: str
    scale: float = 1.0
    systems: Mapping[str, Callable[[], Prepared]] = field(default_factory=dict)
    dtype: str = ""
    special: Callable[[Settings], Mapping[str, Figure]] | None = None
    flop: float = 0.0
    traffic: Traffic | None = None
    slow: bool = False
    slow_systems: frozenset = frozenset()
    isolated: bool = False
    pinned: bool = True

    @property
    def title(self) -> str:
        """The name with the type: what names are matched with."""
        return f"{self.name} {self.dtype}".strip()


def pin() -> None:
    """One CPU for this process, where the system allows it."""
    if ALL_CPUS:
        os.sched_setaffinity(0, {ALL_CPUS[-1]})


def unpin() -> None:
    """All CPUs that the process was started with."""
    if ALL_CPUS:
        os.sched_setaffinity(0, ALL_CPUS)


def figure_of(values, first=None, note="", facts=None) -> Figure:
    """Median and quartiles of some measurements."""
    values = sorted(values)
    if len(values) == 1:
        low = middle = high = values[0]
    else:
        low, middle, high = quantiles(values, n=4, method="inclusive")
    return Figure(middle, low, high, len(values), first, note, facts=facts or {})


def measure(row: Row, settings: Settings) -> dict[str, Figure]:
    """A figure per system; a system that is absent or fails is a cell, not an end."""
    if row.special:
        return dict(row.special(settings))
    ready, figures = {}, {}
    for name, make in row.systems.items():
        if settings.quick and name in row.slow_systems:
            figures[name] = Figure(None, note="not in quick runs")
            continue
        start = time.perf_counter()
        try:
            prepared = make()
            _once(prepared)
        except Unavailable as reason:
            figures[name] = Figure(None, note=str(reason))
        # A peer may fail in ways of its own; the table says how, and goes on.
        except Exception as error:
            figures[name] = failure(error)
        else:
            ready[name] = (prepared, time.perf_counter() - start)
    figures.update(_in_turn(ready, row, settings))
    return {name: figures[name] for name in row.systems}


def failure(error) -> Figure:
    """The cell of a system that raised an error."""
    text = f"{type(error).__name__}: {error}".split("\n")[0][:160]
    return Figure(None, note=f"failed: {text}", failed=True)


def _once(prepared):
    if prepared.setup:
        prepared.setup()
    prepared.call()


def _block(prepared, repeats) -> tuple[float, float]:
    """Seconds of one call, from a block of `repeats`, and the CPU's share in it."""
    if prepared.setup:
        prepared.setup()
    start, used = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        prepared.call()
    used, wall = time.process_time() - used, time.perf_counter() - start
    return wall / repeats, used / wall


@dataclass
class _Turns:
    """The blocks of one system: seconds of a call, undisturbed and disturbed."""

    prepared: Prepared
    repeats: int
    is_watched: bool  # a block of threads on many CPUs has no such share
    spent: float = 0.0
    quiet: list = field(default_factory=list)
    disturbed: list = field(default_factory=list)

    def take(self):
        seconds, share = _block(self.prepared, self.repeats)
        self.spent += seconds * self.repeats
        is_quiet = share >= SHARE or not self.is_watched
        (self.quiet if is_quiet else self.disturbed).append(seconds)

    def figure(self, scale, first) -> Figure:
        prepared, times, facts = self.prepared, self.quiet, dict(self.prepared.facts)
        if len(times) < 3:
            times = self.quiet + self.disturbed
            facts["disturbed"] = len(self.disturbed) / len(times)
        values = [seconds / prepared.count * scale for seconds in times]
        return figure_of(values, first, prepared.note, facts)


def _in_turn(ready, row, settings) -> dict[str, Figure]:
    gc.collect()
    turns = {}
    for name, (prepared, _) in ready.items():
        seconds = max(_block(prepared, 1)[0], 1e-8)
        repeats = 1 if prepared.setup else max(1, int(settings.block / seconds))
        turns[name] = _Turns(prepared, repeats, row.pinned)
    for turn in range(3 * settings.rounds):
        for one in turns.values():
            count = len(one.quiet)
            is_enough = count >= 3 and one.spent > settings.seconds
            is_hopeless = turn >= settings.rounds and one.spent > 3 * settings.seconds
            if count < settings.rounds and not is_enough and not is_hopeless:
                one.take()
    return {
        name: turns[name].figure(row.scale, first) for name, (_, first) in ready.items()
    }


def best_of(figures: Mapping[str, Figure], system: str) -> tuple[str, Figure | None]:
    """The fastest form of a system and its figure; the form is "" where there is one only."""
    forms = {
        name.partition(":")[2]: figure
        for name, figure in figures.items()
        if name.partition(":")[0] == system
    }
    measured = {form: f for form, f in forms.items() if f.median is not None}
    if measured:
        form = min(measured, key=lambda name: measured[name].median)
        return form, measured[form]
    return next(iter(forms.items()), ("", None))


def with_facts(figure: Figure, **facts) -> Figure:
    """The figure with further numbers."""
    return replace(figure, facts={**figure.facts, **facts})
