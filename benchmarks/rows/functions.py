"""What a formula costs: a user's activation, other transfers, the first use of something new.

Goes out: rows in which the other system is Wildwire itself with a built-in function, or with the linear transfer:
their ratio is what a formula of one's own costs.
"""

import os
import random
import subprocess
import sys
import tempfile
from functools import partial

from benchmarks.measure import Prepared, Row, figure_of
from benchmarks.rows.training import DTYPES
from benchmarks.systems import wildwire_system
from benchmarks.workloads import irregular

GROUP = "Functions by formula"
ACTIVATION = "a user's activation, value and slope"
BUILT_IN = "built-in of the same form"
LINEAR = "linear transfer"
TRANSFERS = ("product", "distance")
FIRST = "first use of a new activation"
CACHED = "use of a known activation in a fresh process"
ROWS, COLUMNS = 64, 512
USE = """
import sys, time
import numpy as np
import wildwire as ww
ww.run(ww.parse("input x\\ny ~ tanh(x)\\noutput y"), np.ones(2), np.ones((64, 1)))
text = f"activation mine(z) = tanh({sys.argv[1]}*z)*z\\ninput x\\ny ~ mine(x)\\noutput y"
began = time.perf_counter()
network = ww.parse(text)
ww.run(network, np.ones(2), np.ones((64, 1)))
print(time.perf_counter() - began)
"""


def transfer_row(name) -> str:
    """Title of the row of a transfer."""
    return f"irregular 10,000 links, {name} neurons: training"


def _kernel(text, dtype) -> Prepared:
    """A function's kernel with slopes on a tile that stays in the second-level cache."""
    import ctypes

    import numpy as np

    from wildwire.functions import activation, native

    function = activation(text)
    z = np.random.default_rng(0).normal(size=(ROWS, COLUMNS)).astype(dtype)
    out = np.zeros((function.n_tables(1), ROWS, COLUMNS), dtype)
    guards = np.zeros(ROWS, np.int64)
    parameters = np.repeat(np.array(function.defaults or (0.0,), dtype), ROWS)
    pointers, numbers = [ctypes.c_void_p] * 4, [ctypes.c_int64] * 5
    kernel = ctypes.CFUNCTYPE(None, *pointers, *numbers)(
        native.address(function, 1, dtype)
    )
    arrays = [array.ctypes.data for array in (z, parameters, out, guards)]
    kept = (z, parameters, out, guards)

    def call():
        kernel(*arrays, ROWS, COLUMNS, COLUMNS, ROWS * COLUMNS, 0)
        return kept

    return Prepared(call, ROWS * COLUMNS)


def _training(name, dtype) -> Prepared:
    """Steps of an irregular network whose neurons all have one transfer."""
    from dataclasses import replace

    import numpy as np

    from wildwire.functions import transfers

    workload = irregular("random", 10_000)
    network = wildwire_system.network_of(workload)
    if name != "linear":
        none = np.full(network.n_neurons, -1)
        keep = np.unique(network.link_slot)
        slot = np.searchsorted(keep, network.link_slot)
        network = replace(
            network, transfers=(None, transfers()[name]),
            transfer=np.ones(network.n_neurons), bias_slot=none, link_slot=slot,
            bias_value=np.zeros(network.n_neurons), start=network.start[keep],
        )  # fmt: skip
    session = wildwire_system.session_of(workload, dtype, network=network)
    # Exponents of a product are small, or 25 levels of them overflow.
    session.load(0.05 * network.initial(seed=0))
    return Prepared(
        wildwire_system.epoch_of(session, workload, dtype),
        wildwire_system.steps(workload),
    )


def _use(number, folder) -> float:
    """Seconds that a process needs for a formula after another function ran."""
    done = subprocess.run(
        [sys.executable, "-c", USE, str(number)], check=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "WILDWIRE_CACHE_DIR": folder},
    )  # fmt: skip
    return float(done.stdout)


def _first(settings):
    with tempfile.TemporaryDirectory() as folder:
        _use(1.5, folder)
        rounds = 3 if settings.quick else 9
        times = [_use(2 + random.random(), folder) for _ in range(rounds)]
    return {"wildwire": figure_of(times)}


def _cached(settings):
    with tempfile.TemporaryDirectory() as folder:
        _use(1.5, folder)
        rounds = 3 if settings.quick else 9
        times = [_use(1.5, folder) for _ in range(rounds)]
    return {"wildwire": figure_of(times)}


def rows() -> list[Row]:
    """Activations, transfers, first and later use."""
    mine, theirs = "mine(z) = 1.5*tanh(0.75*z)", "lecun_tanh"
    found = [
        Row(
            ACTIVATION, GROUP, "ns per value", 1e9,
            {
                "wildwire": partial(_kernel, mine, dtype),
                BUILT_IN: partial(_kernel, theirs, dtype),
            },
            dtype,
        )
        for dtype in DTYPES
    ]  # fmt: skip
    found += [
        Row(
            transfer_row(name), GROUP, "µs per batch", 1e6,
            {
                "wildwire": partial(_training, name, dtype),
                LINEAR: partial(_training, "linear", dtype),
            },
            dtype,
        )
        for name in TRANSFERS
        for dtype in DTYPES
    ]  # fmt: skip
    return [
        *found,
        Row(FIRST, GROUP, "s", special=_first, slow=True),
        Row(CACHED, GROUP, "s", special=_cached),
    ]
