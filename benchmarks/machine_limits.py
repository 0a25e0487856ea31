"""What this machine can do at most, measured in the same run.

Comes in: nothing. Goes out: floating-point operations per second of a dense product, bytes per second of streaming
reads from every cache level, and of reads of random rows. Called by `suite.py`, which relates the figures to them.

Readers add 64-bit integers, whose sum needs no order: floating-point sums would be limited by the latency of an
addition and not by the memory. The best of several repetitions counts, because a limit is what can be reached.
"""

import time
from functools import cache
from pathlib import Path

import numba
import numpy as np

LARGEST = 512 * 2**20  # bytes; more than the last level of nearly all machines
DEFAULT_CACHES = {1: 32 * 2**10, 2: 2**20, 3: 16 * 2**20}
UNITS = {"K": 2**10, "M": 2**20}


def _best(work, seconds=0.3, least=5) -> float:
    """Seconds of the fastest call."""
    work()
    times, spent = [], 0.0
    while spent < seconds or len(times) < least:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
        spent += times[-1]
    return min(times)


def cache_sizes() -> dict[int, int]:
    """Bytes of the data caches by level, from the system where it tells them."""
    sizes = {}
    for index in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        if (index / "type").read_text().strip() != "Instruction":
            text = (index / "size").read_text().strip()
            level = int((index / "level").read_text())
            sizes[level] = int(text.rstrip("KM")) * UNITS.get(text[-1], 1)
    return sizes or DEFAULT_CACHES


@cache
def dense_peak(dtype: str) -> float:
    """Floating-point operations per second of NumPy's matrix product (1024 x 1024), one thread."""
    n = 1024
    a, b = np.random.default_rng(0).normal(size=(2, n, n)).astype(dtype)
    out = np.empty_like(a)
    return 2 * n**3 / _best(lambda: np.dot(a, b, out=out))


@numba.njit
def _stream(words, times):
    total = np.int64(0)
    for _ in range(times):
        for i in range(words.size):  # `for word in words` would not be vectorised
            total += words[i]
        words[0] = total  # the passes must not be merged into one
    return total


def stream(size: int) -> float:
    """Bytes per second of reading an array of `size` bytes again and again."""
    words = np.ones(size // 8, np.int64)
    times = max(1, 2**24 // size)
    return words.nbytes * times / _best(lambda: _stream(words, times))


@numba.njit
def _read_rows(table, order):
    """Four rows at a time into a row of sums: the form that LLVM turns into plain vector loads."""
    sums = np.zeros(table.shape[1], np.int64)
    for i in range(0, order.size - 3, 4):
        a, b = table[order[i]], table[order[i + 1]]
        c, d = table[order[i + 2]], table[order[i + 3]]
        for j in range(sums.size):
            sums[j] += a[j] + b[j] + c[j] + d[j]
    return sums


@cache
def random_rows(rows: int, row_bytes: int) -> float:
    """Bytes per second of reading rows of `row_bytes` at random places of a table."""
    width = max(1, row_bytes // 8)
    table = np.ones((rows, width), np.int64)
    order = np.random.default_rng(0).integers(0, rows, max(4 * rows, 20_000))
    return order.size * width * 8 / _best(lambda: _read_rows(table, order))


def limits() -> dict:
    """The limits that every report states."""
    caches = cache_sizes()
    second = caches.get(2, DEFAULT_CACHES[2])
    sizes = {"L1": caches.get(1, DEFAULT_CACHES[1]) // 2, "L2": second // 2}
    if 3 in caches:
        sizes["L3"] = min(caches[3] // 2, 16 * second)
    sizes["memory"] = LARGEST
    return {
        "dense_flops": {name: dense_peak(name) for name in ("float32", "float64")},
        "stream": [
            {"level": level, "array_bytes": size, "bytes_per_second": stream(size)}
            for level, size in sizes.items()
        ],
        "random_rows": [
            {"rows": n, "row_bytes": b, "bytes_per_second": random_rows(n, b)}
            for n, b in ((2_000, 256), (50_000, 256), (50_000, 512))
        ],
        "cache_bytes": {f"L{level}": size for level, size in sorted(caches.items())},
    }
