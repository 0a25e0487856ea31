"""Rows on which symmetries are tried, and what the network says to them.

Comes in: a network, theta, a seed. Goes out: random rows, and `Probe`, which runs rows and compares. Called by
`inputs.py` and `hidden.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wildwire.engine.evaluate import run
from wildwire.symmetry.graph import Weighted

ROWS = 48
ROUNDING = 1e-12
"""Of the largest output: what the order of additions may change."""


def sample(network, n_rows: int, seed: int) -> np.ndarray:
    """Random rows: uniform over the range of a column where it is known, else standard normal; one-hot for a category.

    Returns
    -------
    ndarray of float64, (n_rows, n_inputs)
    """
    generator = np.random.default_rng(seed)
    parts = []
    for column in network.columns:
        if column.categories is not None:
            chosen = generator.integers(column.size, size=n_rows)
            parts.append(np.eye(column.size)[chosen])
            continue
        low, high = (_per_element(v, column.size) for v in (column.low, column.high))
        known = np.isfinite(low) & np.isfinite(high)
        uniform = generator.uniform(
            np.where(known, low, 0), np.where(known, high, 1), (n_rows, column.size)
        )
        parts.append(np.where(known, uniform, generator.standard_normal(uniform.shape)))
    return np.concatenate(parts, axis=1) if parts else np.zeros((n_rows, 0))


def _per_element(value, size: int) -> np.ndarray:
    values = value if isinstance(value, tuple) else (value,) * size
    return np.array([np.nan if v is None else float(v) for v in values])


def kinds(network) -> list[int]:
    """For every input the category it belongs to (a number of its own), or -1 for a plain number."""
    found: list[int] = []
    for place, column in enumerate(network.columns):
        found += [-1 if column.categories is None else place] * column.size
    return found


class Probe:
    """A network under one theta, asked with many rows."""

    def __init__(self, graph: Weighted, theta, tolerance: float, seed: int):
        self.network, self.theta = graph.network, theta
        rows = sample(self.network, 2 * ROWS, seed)
        values = self.outputs(rows)
        usable = np.isfinite(values).all(axis=1)
        self.rows, self.values = rows[usable][:ROWS], values[usable][:ROWS]
        self.usable = len(self.rows) >= ROWS // 4
        spread = np.ptp(self.values, axis=0) if self.usable else np.zeros(1)
        largest = np.abs(self.values).max(axis=0) if self.usable else np.zeros(1)
        self.size = tolerance * spread + ROUNDING * largest

    def outputs(self, rows: np.ndarray) -> np.ndarray:
        """The outputs, (n_rows, n_outputs)."""
        with np.errstate(all="ignore"):
            return run(self.network, self.theta, np.ascontiguousarray(rows))

    def agrees(self, rows: np.ndarray, sign: int = 1) -> bool:
        """Whether these rows, images of `self.rows`, give sign times the same outputs."""
        return self.close(self.outputs(rows), sign * self.values)

    def close(self, one: np.ndarray, other: np.ndarray) -> bool:
        """Whether outputs are the same in every row; a row that is not finite must not be in both."""
        return bool(self.close_rows(one, other).all())

    def close_rows(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Whether outputs are the same, (n_rows,)."""
        with np.errstate(invalid="ignore"):
            return np.all(np.abs(one - other) <= self.size, axis=-1)

    def moved(
        self, source: Sequence[int], signs: Sequence[int] | None = None
    ) -> np.ndarray:
        """The rows in which input i has the value of input source[i], and with turned signs."""
        rows = self.rows[:, list(source)]
        return rows if signs is None else rows * np.asarray(signs, np.float64)
