"""Two threads against one: training on batches of 1,024 samples, and a population.

Goes out: rows that are measured in a process of their own, on all CPUs.
"""

from functools import partial

from benchmarks.measure import Row
from benchmarks.rows import population
from benchmarks.systems import wildwire_system
from benchmarks.workloads import Workload, irregular

GROUP = "Two threads"
BATCH = 1024
WORKLOADS = (
    Workload(f"64-64-10 batch {BATCH}", (64, 64, 10), BATCH, 4 * BATCH),
    irregular("random", 10_000, batch=BATCH),
)
ONE, TWO = "wildwire", "wildwire, 2 threads"
TRAINING = tuple(f"{workload.name}, threads" for workload in WORKLOADS)
POPULATION = (
    f"{population.NETWORKS} known networks x {population.AGAIN:,} samples, threads"
)


def rows() -> list[Row]:
    """Training of two networks, and `run_many`, in float32."""
    found = []
    for name, workload in zip(TRAINING, WORKLOADS, strict=True):
        make = partial(wildwire_system.training, workload, "float32")
        found.append(
            Row(
                name, GROUP, "µs per step", 1e6, {ONE: make, TWO: partial(make, threads=2)},
                "float32", flop=6 * workload.n_links * BATCH, isolated=True, pinned=False,
            )
        )  # fmt: skip
    make = partial(population.evaluate_again, "float32")
    systems = {ONE: make, TWO: partial(make, threads=2)}
    found.append(
        Row(
            POPULATION,
            GROUP,
            "ms",
            1e3,
            systems,
            "float32",
            isolated=True,
            pinned=False,
        )
    )
    return found
