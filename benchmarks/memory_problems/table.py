"""Medians with intervals, as Markdown.

Comes in: errors of some seeds for each model. Goes out: lines of a table. Called by `__main__.py`.
"""

from math import comb
from typing import NamedTuple

import numpy as np

from benchmarks.report import digits


class Line(NamedTuple):
    """A model: its learnable numbers, errors and seconds for each seed; or why there is nothing."""

    model: str
    numbers: int
    errors: list[float]
    seconds: list[float]
    note: str = ""


def interval(values, level=0.95) -> tuple[float, float, float]:
    """Low, high and coverage of an interval for the median, without assumptions on the distribution.

    The k-th lowest and the k-th highest value, with the highest k that covers the median with probability `level`;
    lowest and highest value where none does (fewer than six). Source: Conover, Practical Nonparametric Statistics
    (1999), section 3.2.
    """
    ordered, n = np.sort(values), len(values)

    def coverage(k):
        return 1 - 2 * sum(comb(n, i) for i in range(k)) / 2**n

    k = max((k for k in range(1, n // 2 + 1) if coverage(k) >= level), default=1)
    return float(ordered[k - 1]), float(ordered[n - k]), coverage(k)


def markdown(lines: list[Line]) -> str:
    """A table; seconds are those of one fit."""
    rows = ["| model | numbers | error, median [interval] | seeds | s per fit |"]
    rows.append("| --- | ---: | --- | ---: | ---: |")
    for line in lines:
        if not line.errors:
            rows.append(f"| {line.model} | | {line.note} | 0 | |")
            continue
        low, high, _ = interval(line.errors)
        middle = digits(float(np.median(line.errors)))
        text = f"{middle} [{digits(low)}, {digits(high)}]"
        seconds = digits(float(np.median(line.seconds)), 2)
        rows.append(
            f"| {line.model} | {line.numbers} | {text} | {len(line.errors)} | {seconds} |"
        )
    return "\n".join(rows)
