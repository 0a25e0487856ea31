"""The figures to reach: name, limit, and how each is computed from the results.

Comes in: `Results`. Goes out: a `Judgement` per target. Called by `suite.py`; the table is the first thing in the
report. Training and irregular networks are meant in float32, one thread; calls that users make without naming a type
(one sample, an edit, a population) in float64, the default.
"""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.results_table import Results, divided
from benchmarks.rows import (
    functions,
    latency,
    memory,
    population,
    sequences,
    startup,
    threads,
)
from benchmarks.workloads import SMALL, irregular_name

SINGLE, DOUBLE = "float32", "float64"
TEN, MILLION = 10_000, 1_000_000


@dataclass(frozen=True)
class Target:
    """A figure to reach.

    Attributes
    ----------
    name, unit : str
    limit : float
    at_least : bool
        Whether more is better.
    value : callable
        Results -> measured figure, None where a part of it was not measured.
    """

    name: str
    unit: str
    limit: float
    at_least: bool
    value: Callable[[Results], float | None]


@dataclass(frozen=True)
class Judgement:
    """A target with what was measured; `met` is None where nothing was."""

    target: Target
    measured: float | None

    @property
    def met(self) -> bool | None:
        if self.measured is None:
            return None
        if self.target.at_least:
            return self.measured >= self.target.limit
        return self.measured <= self.target.limit


def _at_least(name, limit, value, unit="x") -> Target:
    return Target(name, unit, limit, True, value)


def _at_most(name, limit, value, unit) -> Target:
    return Target(name, unit, limit, False, value)


def _over(row, peer, dtype=SINGLE):
    """The peer's figure over ours."""
    return lambda results: results.ratio(row, dtype, peer)


def _median(row, dtype=SINGLE):
    return lambda results: results.median(row, dtype)


def _fact(row, fact, dtype=SINGLE):
    return lambda results: results.fact(row, dtype, fact)


def _against_best_peer(row):
    return lambda results: divided(
        results.median(row, SINGLE), results.best_peer(row, SINGLE)
    )


def _share_of(row, peer, dtype=SINGLE):
    """Our figure over the peer's."""
    return lambda results: divided(
        results.median(row, dtype), results.median(row, dtype, peer)
    )


def _growth(kind):
    """Cost per link at 1,000,000 links over that at 10,000.

    At 10,000 links both kinds of wiring are the same network.
    """

    def value(results):
        large = results.median(f"{irregular_name(kind, MILLION)} training", SINGLE)
        small = results.median(f"{irregular_name('random', TEN)} training", SINGLE)
        return divided(divided(large, MILLION), divided(small, TEN))

    return value


def _speedup(row):
    return lambda results: divided(
        results.median(row, SINGLE, threads.ONE),
        results.median(row, SINGLE, threads.TWO),
    )


def _layered() -> list[Target]:
    return [
        _at_least(f"{network}: faster than {label}", limit,
                  _over(f"{network} training", peer))
        for network, label, peer, limit in (
            ("20-32-32-2 batch 32", "JAX", "jax", 2),
            ("20-32-32-2 batch 32", "PyTorch eager", "torch eager", 50),
            ("64-64-10 batch 32", "JAX", "jax", 1.5),
            ("64-64-10 batch 32", "PyTorch eager", "torch eager", 50),
            ("20-32-32-2 online", "JAX", "jax", 1),
        )
    ] + [
        _at_most("2-2-1 online: time over JAX's", 2,
                 _share_of("2-2-1 online training", "jax"), "x"),
        _at_most("2-2-1 online: a step", 0.25, _median("2-2-1 online training"), "µs"),
        _at_most("784-128-10 batch 128: time over the best peer's", 1.25,
                 _against_best_peer("784-128-10 batch 128 training"), "x"),
        _at_most("8-16-1: time over FANN's, per link and sample", 1 / 3,
                 _share_of(f"{SMALL.name} training", "fann"), "x"),
    ]  # fmt: skip


def _irregular() -> list[Target]:
    ten, million = irregular_name("random", TEN), irregular_name("random", MILLION)
    return [
        _at_least("irregular 10,000 links: faster than JAX's best form", 15,
                  _over(f"{ten} training", "jax")),
        _at_least("irregular 10,000 links: training", 20,
                  _fact(f"{ten} training", "gflops"), "GFLOP/s"),
        _at_least("irregular 10,000 links: forward", 35,
                  _fact(f"{ten} forward", "gflops"), "GFLOP/s"),
        _at_most("1,000,000 links: memory of training, float32", 120,
                 _median(memory.NAME), "bytes per link"),
        _at_most("1,000,000 links: memory of training, float64", 180,
                 _median(memory.NAME, DOUBLE), "bytes per link"),
        _at_most("cost per link at 1,000,000 over 10,000, random", 10,
                 _growth("random"), "x"),
        _at_most("cost per link at 1,000,000 over 10,000, local", 2.5,
                 _growth("local"), "x"),
        _at_least("1,000,000 links: of the random-row bandwidth, training", 60,
                  _percent(f"{million} training"), "%"),
        _at_least("1,000,000 links: of the random-row bandwidth, forward", 60,
                  _percent(f"{million} forward"), "%"),
        _at_least("1,000,000 links: forward faster than SciPy's CSR product", 3,
                  _over(f"{million} forward", "scipy csr")),
    ]  # fmt: skip


def _sequences() -> list[Target]:
    return [
        _at_least(f"{label}, {dtype}: faster than {name}", limit,
                  _over(row, peer, dtype))
        for label, row, limits in (
            ("Elman 16, 100 steps", sequences.ELMAN, (1, 20)),
            ("2,000 irregular links with memory", sequences.IRREGULAR, (3, 20)),
        )
        for dtype in (SINGLE, DOUBLE)
        for name, peer, limit in zip(
            ("JAX", "PyTorch eager"), ("jax", "torch eager"), limits, strict=True
        )
    ] + [
        _at_most("one step of 100 links with memory, from Python", 3,
                 _median(sequences.ONE_STEP, DOUBLE), "µs"),
        _at_most("one step of 100 links with memory, within a run", 0.5,
                 _median(sequences.RUN_STEPS, DOUBLE), "µs"),
    ]  # fmt: skip


def _percent(row):
    def value(results):
        fraction = results.fact(row, SINGLE, "fraction_of_random_rows")
        return None if fraction is None else 100 * fraction

    return value


def _calls() -> list[Target]:
    return [
        _at_most("one sample through 100 links, from Python", 5,
                 _median(latency.ONE_SAMPLE, DOUBLE), "µs"),
        _at_most("one edit of 40 neurons and the next run", 1,
                 _median(latency.EDIT, DOUBLE), "ms"),
        _at_most(f"{population.NAME}, a generation", 20,
                 _median(population.TOGETHER, DOUBLE), "ms"),
    ] + [
        _at_least(f"speedup: {row}", 1.7, _speedup(row))
        for row in (*threads.TRAINING, threads.POPULATION)
    ] + [
        _at_most("import wildwire, above the interpreter", 0.05,
                 _median(startup.IMPORT, ""), "s"),
        _at_most("first fit in a fresh process, full cache", 1.2,
                 _median(startup.WARM, ""), "s"),
        _at_most("first fit in a fresh process, empty cache", 10,
                 _median(startup.COLD, ""), "s"),
    ]  # fmt: skip


def _functions() -> list[Target]:
    return [
        _at_most("a user's activation over a built-in of the same form", 1.3,
                 _share_of(functions.ACTIVATION, functions.BUILT_IN), "x"),
    ] + [
        _at_most(f"{name} neurons over linear ones, per link", 4,
                 _share_of(functions.transfer_row(name), functions.LINEAR), "x")
        for name in functions.TRANSFERS
    ] + [
        _at_most("first use of a new formula", 0.5, _median(functions.FIRST, ""), "s"),
        _at_most("use of a known formula in a fresh process", 0.02,
                 _median(functions.CACHED, ""), "s"),
    ]  # fmt: skip


def targets() -> list[Target]:
    """All figures to reach, in the order of the report."""
    return [
        *_layered(), *_irregular(), *_sequences(), *_calls(), *_functions()
    ]  # fmt: skip


def judge(results: Results) -> list[Judgement]:
    """Every target with its measured figure."""
    return [Judgement(target, target.value(results)) for target in targets()]
