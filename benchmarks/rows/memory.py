"""Bytes per link that training adds to a network of 1,000,000 links.

Goes out: rows measured in a process of their own: its resident memory before and after building a `Session` with
Adam's state and making one epoch (pages that nobody has touched are not there yet), less the tables of values,
slopes and deltas, whose size is that of a tile and not of the links. The network and theta count as given.
"""

import ctypes
import gc
import os
from ctypes.util import find_library
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.measure import Row, Unavailable, figure_of
from benchmarks.rows.training import DTYPES
from benchmarks.systems import wildwire_system
from benchmarks.workloads import irregular

GROUP = "Memory"
LINKS = 1_000_000
NAME = f"irregular {LINKS:,} links, memory of training"


def resident() -> int:
    """Bytes of this process that are in memory, after giving back what is free."""
    statistics = Path("/proc/self/statm")
    if not statistics.exists():
        raise Unavailable("this system has no /proc/self/statm")
    gc.collect()
    trim = getattr(ctypes.CDLL(find_library("c")), "malloc_trim", None)
    if trim:
        trim(0)
    return int(statistics.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _session(workload, dtype, network=None):
    session = wildwire_system.session_of(workload, dtype, network)
    epoch = wildwire_system.epoch_of(session, workload, dtype)
    epoch()
    return session, epoch


def _measure(dtype, settings):
    del settings
    # Everything that is compiled or imported is there before the first measurement.
    small = replace(irregular("random", 10_000), rows=128)
    _session(small, dtype)
    workload = replace(irregular("random", LINKS), rows=64)
    network = wildwire_system.network_of(workload)
    wildwire_system.data(workload)
    before = resident()
    session, epoch = _session(workload, dtype, network)
    after = resident()
    rows = 1 + workload.n_inputs + workload.n_neurons
    tables = 3 * rows * session.tile * session.dtype.itemsize
    facts = {"tables_bytes": tables, "added_bytes": after - before}
    del epoch
    value = (after - before - tables) / workload.n_links
    return {"wildwire": figure_of([value], note="with Adam's state", facts=facts)}


def rows() -> list[Row]:
    """A row per type."""
    return [
        Row(
            NAME, GROUP, "bytes per link", 1.0, dtype=dtype,
            special=partial(_measure, dtype), slow=True, isolated=True,
        )
        for dtype in DTYPES
    ]  # fmt: skip
