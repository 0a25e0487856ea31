"""What was measured, on what, when: versions, processor, date.

Comes in: nothing. Goes out: a dictionary for the report. Called by `suite.py`.
"""

import importlib.metadata
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.systems import fann_system

PACKAGES = (
    "wildwire", "numpy", "numba", "llvmlite", "scipy", "scikit-learn", "jax", "optax",
    "torch", "neat-python",
)  # fmt: skip


def _version(package) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def processor() -> str:
    """The processor's name as the system gives it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str | None:
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=Path(__file__).parent,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _fann() -> str | None:
    """The name of FANN's library, which does not tell its version."""
    return fann_system.find_library(fann_system.NAMES["float32"])


def environment() -> dict:
    """Date, processor, versions; None where something is not installed."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": processor(),
        "architecture": platform.machine(),
        "cpus": os.cpu_count(),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": platform.system(),
        "python": platform.python_version(),
        "commit": _commit(),
        "versions": {**{name: _version(name) for name in PACKAGES}, "fann": _fann()},
    }
