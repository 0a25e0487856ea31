"""Medians, paired intervals and Markdown.

Comes in: a number per seed for each method. Goes out: cells and tables. Called by the scripts of this folder.

Intervals are those of `benchmarks.memory_problems.table.interval`: order statistics, no assumption on the distribution.
A difference is taken seed by seed: both methods have the same rows and, where they can, the same start.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.memory_problems.table import interval
from benchmarks.report import digits


class Difference(NamedTuple):
    """Median of paired differences with its interval."""

    middle: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """ "lower", "higher", or "same" where the interval has both signs or 0."""
        if self.high < 0:
            return "lower"
        return "higher" if self.low > 0 else "same"

    def __str__(self) -> str:
        return (
            f"{digits(self.middle)} [{digits(self.low)}, {digits(self.high)}], "
            f"{self.verdict}"
        )


def difference(ours: Sequence[float], theirs: Sequence[float]) -> Difference:
    """Ours less theirs, over the seeds that both have."""
    count = min(len(ours), len(theirs))
    apart = np.asarray(ours[:count], float) - np.asarray(theirs[:count], float)
    # Equal shares of rows may differ by rounding.
    apart = np.where(np.abs(apart) < 1e-15, 0.0, apart)
    low, high, _ = interval(apart)
    return Difference(float(np.median(apart)), low, high)


def cell(values: Sequence[float], count: int = 3) -> str:
    """Median [low, high]."""
    if not len(values):
        return "-"
    low, high, _ = interval(values)
    middle = digits(float(np.median(values)), count)
    return f"{middle} [{digits(low, count)}, {digits(high, count)}]"


def middle(values: Sequence[float], count: int = 3) -> str:
    """Median alone."""
    return digits(float(np.median(values)), count) if len(values) else "-"


def share(hits: int, n: int) -> str:
    """Percentage with its 95 % interval (Wilson 1927, eq. 4)."""
    z, p = 1.959964, hits / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return f"{100 * p:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def coverage(seeds: int) -> str:
    """What intervals of so many seeds cover."""
    return f"{100 * interval(range(max(seeds, 1)))[2]:.0f} %" if seeds > 1 else "none"


def markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table; the first column is text, the others figures."""
    rows = [head, ["---", *["---:"] * (len(head) - 1)], *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def counted(verdicts: Mapping[str, Sequence[Difference]]) -> str:
    """A sentence per pair: on how many problems lower, same, higher."""
    parts = []
    for pair, found in verdicts.items():
        names = [each.verdict for each in found]
        told = ", ".join(
            f"{name} on {names.count(name)}" for name in ("lower", "same", "higher")
        )
        parts.append(f"{pair}: {told}.")
    return " ".join(parts)
