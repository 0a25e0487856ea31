"""Irregular networks of 1,000 to 1,000,000 links: training and forward alone.

Goes out: a row per wiring, type and task, microseconds per batch of 64. A forward pass reads one row of values per
link, a backward pass one row of deltas and one of values: the rows' bytes are set against reads of random rows.
JAX and PyTorch stand at 10,000 links and fan-in 20: JAX's unrolled form takes half a minute to compile there.
"""

from functools import partial

from benchmarks.irregular import LOCAL_REACH
from benchmarks.measure import Row, Traffic
from benchmarks.rows.training import (
    DTYPES,
    SLOW_FORMS,
    irregular_peers,
    training_row,
)
from benchmarks.systems import scipy_system, wildwire_system
from benchmarks.workloads import all_irregular

ITEM_BYTES = {"float32": 4, "float64": 8}
GROUPS = {"training": "Irregular, training", "forward": "Irregular, forward"}
SLOW_LINKS = 100_000


def _traffic(workload, dtype, reads) -> Traffic:
    rows = 1 + workload.n_inputs + workload.n_neurons
    if workload.wiring.kind == "local":
        rows = min(rows, LOCAL_REACH)
    per_batch = reads * workload.n_links * workload.batch * ITEM_BYTES[dtype]
    return Traffic(per_batch, rows)


def _has_peers(workload) -> bool:
    wiring = workload.wiring
    return wiring.kind == "random" and workload.n_links == 10_000 == 500 * wiring.fan_in


def _training(workload, dtype) -> Row:
    systems = {"wildwire": partial(wildwire_system.training, workload, dtype)}
    if _has_peers(workload):
        systems |= irregular_peers(workload, dtype, "training")
    return training_row(
        workload, dtype, systems, GROUPS["training"],
        traffic=_traffic(workload, dtype, 3), slow=workload.n_links > SLOW_LINKS,
        slow_systems=SLOW_FORMS,
    )  # fmt: skip


def _forward(workload, dtype) -> Row:
    systems = {"wildwire": partial(wildwire_system.forward, workload, dtype)}
    if _has_peers(workload):
        systems |= irregular_peers(workload, dtype, "forward")
    systems["scipy csr"] = partial(scipy_system.forward, workload, dtype)
    return Row(
        f"{workload.name} forward", GROUPS["forward"], "µs per batch", 1e6, systems,
        dtype, flop=2 * workload.n_links * workload.batch,
        traffic=_traffic(workload, dtype, 1), slow=workload.n_links > SLOW_LINKS,
        slow_systems=SLOW_FORMS,
    )  # fmt: skip


def rows() -> list[Row]:
    """Training rows, then forward rows."""
    return [
        make(workload, dtype)
        for make in (_training, _forward)
        for workload in all_irregular(forward=make is _forward)
        for dtype in DTYPES
    ]
