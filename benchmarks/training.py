"""Microseconds per training step of Wildwire and its peers, in one run.

Comes in: names of workloads. Goes out: a Markdown table on stdout, and as files in
`benchmarks/results`. Run by `python -m benchmarks training`.

One process, pinned to one CPU, the same float type on both sides, epochs of the systems taken in
turn, medians; the spread is the distance between the quartiles. The first epoch (with its
compilation) is timed apart.
"""

import importlib
import importlib.metadata
import json
import os
import platform
import time
from pathlib import Path
from statistics import median, quantiles

from benchmarks.workloads import WORKLOADS

SYSTEMS = ("wildwire", "jax", "torch", "sklearn")
PACKAGES = ("wildwire", "numba", "jax", "torch", "scikit-learn", "numpy")
RESULTS = Path(__file__).parent / "results"
ROUNDS = 7
SECONDS = 4.0  # of measurement per system and workload, at least 3 rounds


def pin():
    """One CPU for this process, where the system allows it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})


def measure(workload, dtype):
    """Per system: median microseconds a step, spread, seconds of the first epoch."""
    epochs = {}
    for name in SYSTEMS:
        module = importlib.import_module(f"benchmarks.systems.{name}_system")
        epoch = module.make(workload, dtype)
        if epoch is None:
            continue
        start = time.perf_counter()
        epoch()
        epochs[name] = (epoch, time.perf_counter() - start)
    taken = {name: [] for name in epochs}
    for _ in range(ROUNDS):
        for name, (epoch, _) in epochs.items():
            if len(taken[name]) >= 3 and sum(taken[name]) > SECONDS:
                continue
            start = time.perf_counter()
            epoch()
            taken[name].append(time.perf_counter() - start)
    steps = -(-workload.rows // workload.batch)
    rows = {}
    for name, times in taken.items():
        low, _, high = quantiles(times, n=4)
        rows[name] = {
            "microseconds": median(times) / steps * 1e6,
            "spread": (high - low) / steps * 1e6,
            "first_epoch_seconds": epochs[name][1],
        }
    return rows


def _cell(rows, name):
    if name not in rows:
        return "-"
    row = rows[name]
    text = f"{row['microseconds']:.3g} ± {row['spread'] / 2:.1g}"
    if name != "wildwire":
        ratio = row["microseconds"] / rows["wildwire"]["microseconds"]
        text += f" ({ratio:.3g}x)"
    return text


def table(results):
    """The results as Markdown."""
    lines = [
        "| workload | dtype | "
        + " | ".join(SYSTEMS)
        + " | first epoch, wildwire / jax (s) |",
        "|" + " --- |" * (len(SYSTEMS) + 3),
    ]
    for (name, dtype), rows in results.items():
        cells = " | ".join(_cell(rows, system) for system in SYSTEMS)
        first = " / ".join(
            f"{rows[s]['first_epoch_seconds']:.2f}" for s in ("wildwire", "jax")
        )
        lines.append(f"| {name} | {dtype} | {cells} | {first} |")
    return "\n".join(lines)


def versions():
    """Versions of what was measured, and the processor's architecture."""
    found = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {**found, "python": platform.python_version(), "machine": platform.machine()}


def main(names=()):
    """Measure the workloads whose names contain one of `names` (none: all)."""
    pin()
    results = {}
    for workload in WORKLOADS:
        if names and not any(name in workload.name for name in names):
            continue
        for dtype in ("float32", "float64"):
            results[workload.name, dtype] = measure(workload, dtype)
            print(table({(workload.name, dtype): results[workload.name, dtype]}))
    text = (
        "Microseconds per training step (forward, backward, Adam), median ± half the "
        "distance of the quartiles; in brackets the peer's time over Wildwire's.\n\n"
        + table(results)
    )
    print("\n" + text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "training.md").write_text(text + "\n")
    rows = [
        {"workload": name, "dtype": dtype, "systems": row}
        for (name, dtype), row in results.items()
    ]
    (RESULTS / "training.json").write_text(
        json.dumps({"versions": versions(), "results": rows}, indent=1) + "\n"
    )
