"""Where forecasts begin, and which of them share a fit.

Comes in: the length of a series and the horizon. Goes out: blocks of origins. Called by `compare.py`.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from wildwire.errors import DataError, SettingError

FIRST = 0.5
"""The first origin stands in the middle of the series: what lies before it is always learnt from."""
LEAST = 8
"""Values before the first origin, at least."""
PER_BLOCK = 20
"""Origins of one block, at most, unless the user wants more."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Origins that are forecast by models learnt from the values before the first of them.

    Parameters
    ----------
    number : int
    origins : ndarray of int
    """

    number: int
    origins: np.ndarray

    @property
    def end(self) -> int:
        """Values to learn from: all before the first origin."""
        return int(self.origins[0])


def schedule(
    n: int, horizon: int, origins: int | None = None, refits: int = 10
) -> list[Block]:
    """Cut the second half of a series into blocks of origins, one after the other.

    A block spans at least one horizon, so that only neighbours forecast the same values.

    Parameters
    ----------
    origins : int, optional
        In all; None: as many as there are rows, 20 a block at most.
    refits : int
        Blocks at most; every model is fitted once for each.

    Raises
    ------
    SettingError
        A number below 1.
    DataError
        The series is too short.
    """
    for name, value in (("horizon", horizon), ("origins", origins), ("refits", refits)):
        if value is not None and value < 1:
            raise SettingError(f"{name} is {value}: give at least 1")
    first = max(int(FIRST * n), LEAST)
    room = n - horizon - first + 1
    if room < 1:
        raise DataError(
            f"{n} values are too few to judge forecasts {horizon} steps ahead: the first {first} are learnt from, "
            f"and {horizon} must follow; give a shorter horizon, or skip the comparison"
        )
    count = max(1, min(refits, room // horizon))
    if origins is not None:
        count = min(count, origins)
    edges = np.linspace(first, first + room, count + 1).astype(np.int64)
    most = PER_BLOCK if origins is None else max(1, origins // count)
    blocks = []
    for number, (begin, end) in enumerate(pairwise(edges)):
        within = min(most, end - begin)
        chosen = np.linspace(begin, end - 1, within) if within > 1 else [begin]
        blocks.append(Block(number, np.unique(np.asarray(chosen).astype(np.int64))))
    return blocks
