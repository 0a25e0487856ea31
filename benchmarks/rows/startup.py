"""Fresh processes: importing the package, a first fit with an empty and with a full cache.

Goes out: rows of seconds. The time of a first fit is that of the whole process, from its start to its end.
"""

import os
import subprocess
import sys
import tempfile
import time

from benchmarks.measure import Row, figure_of

GROUP = "Starting"
IMPORT = "import wildwire, above the bare interpreter"
COLD = "first fit in a fresh process, empty cache"
WARM = "first fit in a fresh process, full cache"
FIT = """
import numpy as np
import wildwire as ww
X = np.random.default_rng(0).normal(size=(200, 4))
ww.fit(ww.wiring.layered(4, 8, 1), X, np.tanh(X[:, 0] * X[:, 1]), epochs=5, seed=0)
"""


def _seconds(code, **environment) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )  # fmt: skip
    return time.perf_counter() - start


def _import(settings):
    _seconds("import wildwire")
    above = []
    for _ in range(5 if settings.quick else 21):
        bare = _seconds("pass")
        above.append(_seconds("import wildwire") - bare)
    return {"wildwire": figure_of(above)}


def _warm(settings):
    with tempfile.TemporaryDirectory() as folder:
        _seconds(FIT, WILDWIRE_CACHE_DIR=folder)
        rounds = 3 if settings.quick else 7
        times = [_seconds(FIT, WILDWIRE_CACHE_DIR=folder) for _ in range(rounds)]
    return {"wildwire": figure_of(times)}


def _cold(settings):
    times = []
    for _ in range(1 if settings.quick else 3):
        with tempfile.TemporaryDirectory() as folder:
            times.append(_seconds(FIT, WILDWIRE_CACHE_DIR=folder))
    return {"wildwire": figure_of(times)}


def rows() -> list[Row]:
    """Import, warm and cold first fit."""
    return [
        Row(IMPORT, GROUP, "s", special=_import),
        Row(WARM, GROUP, "s", special=_warm, slow=True),
        Row(COLD, GROUP, "s", special=_cold, slow=True),
    ]
