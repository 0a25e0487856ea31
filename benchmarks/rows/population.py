"""A generation of neuro-evolution: 200 different small networks on 500 samples.

Goes out: milliseconds for building the networks from arrays, for making and running their programs, and for both
together. Every repetition starts from fresh `Network` objects.
"""

from functools import lru_cache, partial

import numpy as np

from benchmarks.measure import Prepared, Row, Unavailable
from benchmarks.rows.training import DTYPES
from benchmarks.systems import neat_system

GROUP = "Population"
NETWORKS, NEURONS, INPUTS, SAMPLES = 200, 20, 5, 500
NAME = f"{NETWORKS} networks of {NEURONS} neurons x {SAMPLES} samples"
BUILD, EVALUATE, TOGETHER = (
    f"{NAME}: {part}" for part in ("build", "evaluate", "generation")
)
AGAIN = 2000  # samples for networks that are known already
NEAT_NETWORKS = 10  # of the 200: enough for a system that takes seconds


@lru_cache
def wirings() -> list[tuple[np.ndarray, np.ndarray]]:
    """Sources and targets per network: 3 to 5 links into every neuron, all from before."""
    found = []
    for seed in range(NETWORKS):
        rng = np.random.default_rng(seed)
        counts = rng.integers(3, 6, NEURONS)
        source = [
            np.sort(rng.choice(INPUTS + i, count, replace=False))
            for i, count in enumerate(counts)
        ]
        found.append((np.concatenate(source), np.repeat(np.arange(NEURONS), counts)))
    return found


def samples() -> np.ndarray:
    """Inputs (500, 5), seeded."""
    return np.random.default_rng(1).normal(size=(SAMPLES, INPUTS))


def build() -> list:
    """Fresh networks."""
    from wildwire.network import Network

    return [
        Network.from_arrays(
            INPUTS, source, target, neurons=NEURONS, outputs=[NEURONS - 1]
        )
        for source, target in wirings()
    ]


def thetas() -> list[np.ndarray]:
    """Numbers of each network: its links, then its biases."""
    rng = np.random.default_rng(2)
    return [rng.normal(size=len(source) + NEURONS) for source, _ in wirings()]


def evaluator(dtype, **more):
    """`run_many`, or a loop of `run` where the version has none; and a note."""
    import wildwire

    X, numbers = samples().astype(dtype), thetas()
    run_many = getattr(wildwire, "run_many", None)
    if run_many:
        return lambda networks: run_many(networks, numbers, X, dtype=dtype, **more), ""
    if more:
        raise Unavailable("this version has no run_many")

    def loop(networks):
        for network, theta in zip(networks, numbers, strict=True):
            wildwire.run(network, theta, X, dtype=dtype)

    return loop, "a loop of run: this version has no run_many"


def evaluate(dtype, **more) -> Prepared:
    """Programs and outputs of networks that are built beforehand, not timed."""
    run, note = evaluator(dtype, **more)
    networks = []

    def setup():
        networks[:] = build()

    return Prepared(lambda: run(networks), setup=setup, note=note)


def evaluate_again(dtype, **more) -> Prepared:
    """Outputs of networks that have run before, for AGAIN samples."""
    import wildwire

    X = np.random.default_rng(1).normal(size=(AGAIN, INPUTS)).astype(dtype)
    networks, numbers = build(), thetas()

    def run():
        wildwire.run_many(networks, numbers, X, dtype=dtype, **more)

    run()
    return Prepared(run)


def _generation(dtype) -> Prepared:
    run, note = evaluator(dtype)
    return Prepared(lambda: run(build()), note=note)


def _neat() -> Prepared:
    X, chosen = samples().tolist(), wirings()[:NEAT_NETWORKS]

    def run():
        for source, target in chosen:
            network = neat_system.network_of(
                INPUTS, source, target, NEURONS, 1, identity_outputs=False
            )
            for x in X:
                network.activate(x)

    note = f"{NEAT_NETWORKS} networks measured, scaled to {NETWORKS}; float64"
    return Prepared(run, NEAT_NETWORKS / NETWORKS, note=note)


def rows() -> list[Row]:
    """The building, the rest, and both together."""
    found = [Row(BUILD, GROUP, "ms", 1e3, {"wildwire": lambda: Prepared(build)})]
    flop = 2 * SAMPLES * sum(len(source) for source, _ in wirings())
    for dtype in DTYPES:
        both = {"wildwire": partial(_generation, dtype), "neat-python": _neat}
        alone = {"wildwire": partial(evaluate, dtype)}
        found.append(Row(EVALUATE, GROUP, "ms", 1e3, alone, dtype, flop=flop))
        found.append(Row(TOGETHER, GROUP, "ms", 1e3, both, dtype, flop=flop))
    return found
