"""The classical small problems, as arrays.

Comes in: sizes, noise and a seed. Goes out: a `Dataset` (X, y and their names). Called by users, examples,
benchmarks and tests; nothing in the package depends on it. Nothing is read from disk or network.
"""

from wildwire.datasets.curves import friedman1, friedman2, friedman3, sin
from wildwire.datasets.dataset import Dataset
from wildwire.datasets.logic import and_, or_, parity, streetlights, xor
from wildwire.datasets.plane import (
    bumps,
    circle,
    gaussians,
    plane,
    spiral,
    two_spirals,
    xor_continuous,
)
from wildwire.datasets.series import logistic_map, mackey_glass, sunspots

__all__ = [
    "Dataset",
    "and_",
    "or_",
    "xor",
    "parity",
    "streetlights",
    "circle",
    "xor_continuous",
    "gaussians",
    "spiral",
    "plane",
    "bumps",
    "two_spirals",
    "sin",
    "friedman1",
    "friedman2",
    "friedman3",
    "sunspots",
    "mackey_glass",
    "logistic_map",
]
