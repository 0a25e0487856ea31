"""Training steps of layered networks and of one small irregular one.

Goes out: a row per workload and type, microseconds per step (forward, backward, Adam).
"""

from functools import partial

from benchmarks.measure import Row
from benchmarks.systems import (
    fann_system,
    jax_system,
    sklearn_system,
    torch_system,
    wildwire_system,
)
from benchmarks.workloads import CHAIN, LAYERED, SMALL

DTYPES = ("float32", "float64")
GROUP = "Training"


def training_row(workload, dtype, systems, group=GROUP, **more) -> Row:
    """Microseconds per step."""
    return Row(
        f"{workload.name} training", group, "µs per step", 1e6, systems, dtype,
        flop=6 * workload.n_links * workload.batch, **more,
    )  # fmt: skip


def layered_systems(workload, dtype) -> dict:
    """Who can train layers; FANN where the batch is one sample."""
    torch = torch_system.training
    systems = {
        "wildwire": partial(wildwire_system.training, workload, dtype),
        "jax": partial(jax_system.training, workload, dtype),
        "torch eager": partial(torch, workload, dtype),
        "torch.compile": partial(torch, workload, dtype, compiled=True),
        "scikit-learn": partial(sklearn_system.training, workload, dtype),
    }
    if workload.batch == 1:
        systems["fann"] = partial(fann_system.training, workload, dtype)
    return systems


def irregular_peers(workload, dtype, system) -> dict:
    """JAX and PyTorch in all their forms; `system` is "training" or "forward"."""
    jax, torch = getattr(jax_system, system), getattr(torch_system, system)
    forms = {f"jax:{form}": (jax, form) for form in ("unrolled", "scan", "dense")}
    forms |= {f"torch eager:{form}": (torch, form) for form in ("gather", "dense")}
    return {
        name: partial(make, workload, dtype, form)
        for name, (make, form) in forms.items()
    }


SLOW_FORMS = frozenset({"jax:unrolled"})


def _small_row(dtype) -> Row:
    systems = layered_systems(SMALL, dtype)
    for algorithm in ("incremental", "rprop"):
        systems[f"fann:{algorithm}"] = partial(
            fann_system.training, SMALL, dtype, algorithm
        )
    work = SMALL.n_links * SMALL.rows
    return Row(
        f"{SMALL.name} training", GROUP, "ns per link and sample", 1e9 / work, systems,
        dtype, flop=6 * work,
    )  # fmt: skip


def rows() -> list[Row]:
    """A row per workload and type."""
    found = []
    for workload in LAYERED:
        for dtype in DTYPES:
            systems = layered_systems(workload, dtype)
            found.append(training_row(workload, dtype, systems))
    found += [_small_row(dtype) for dtype in DTYPES]
    for dtype in DTYPES:
        systems = {"wildwire": partial(wildwire_system.training, CHAIN, dtype)}
        systems |= irregular_peers(CHAIN, dtype, "training")
        found.append(training_row(CHAIN, dtype, systems, slow_systems=SLOW_FORMS))
    return found
