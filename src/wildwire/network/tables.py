"""The small records that stand beside a network's arrays.

Comes in: what elaboration or `from_arrays` found out. Goes out: frozen records. Used by
`description.py`, by the engine (`Derived`), by models and tables (`Column`, `Head`) and by drawings
and exports.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np


@dataclass(frozen=True)
class Column:
    """One input as its user's table knows it: a number, a group of numbers or a category.

    Attributes
    ----------
    name : str
        The name in the formulas.
    label : str or None
        The column's name in a table where that differs (`sl = "sepal length (mm)"`).
    size : int
        Number of input nodes: 1, the size of a group, or the number of categories.
    categories : tuple or None
        The values of a category; node i of the column is 1 where the value is `categories[i]`, else 0.
    missing : float, str or None
        What stands for a missing value.
    low, high : float or None
        Range seen in training.
    indexed : bool
        True for a group (`x[3]`), so that a group of one is not a plain number.
    """

    name: str
    label: str | None = None
    size: int = 1
    categories: tuple | None = None
    missing: float | str | None = None
    low: float | None = None
    high: float | None = None
    indexed: bool = False

    @property
    def header(self) -> str:
        """Name of the column in a table: the label if there is one, else the name."""
        return self.name if self.label is None else self.label


@dataclass(frozen=True)
class Settle:
    """How a network whose links without delay form loops runs: every sample until its values stand still.

    Attributes
    ----------
    steps : int
        The most sweeps over the neurons of the loops.
    tolerance : float
        A value v stands still when a sweep changes it by at most tolerance * (1 + |v|).
    """

    steps: int = 500
    tolerance: float = 1e-10


@dataclass(frozen=True)
class Group:
    """Neurons that were written together.

    Attributes
    ----------
    name : str
    size : int or None
        None for one neuron called `name`; else the neurons `name[0]`, `name[1]`, ...
    dissolved : bool
        The neurons are called `name_0`, `name_1`, ... and have nothing else in common.
    """

    name: str
    size: int | None = None
    dissolved: bool = False

    @property
    def count(self) -> int:
        """Number of neurons."""
        return 1 if self.size is None else self.size


@dataclass(frozen=True)
class Head:
    """Outputs that are computed together: `kind` is "softmax", over `count` outputs from output number `first`."""

    kind: str
    first: int
    count: int
    labels: tuple | None = None


def readonly(values, dtype) -> np.ndarray:
    """The values as an array that nobody can change: neither it nor what it is a view of.

    An array of the right type that owns its data is locked itself, not copied: who made it gave it away. Of one that
    can be changed through another (a view) a copy is made.
    """
    array = np.ascontiguousarray(values, dtype=dtype)
    if array.base is not None and not _is_locked(array):
        array = array.copy()
    array.flags.writeable = False
    # An array that owns its data could be unlocked again; a view of a locked one cannot.
    return array if array.base is not None else array.view()


def _is_locked(array: np.ndarray) -> bool:
    base = array.base
    return (
        isinstance(base, np.ndarray)
        and not array.flags.writeable
        and not base.flags.writeable
    )


@dataclass(frozen=True, eq=False)
class Derived:
    """Numbers that are sums of products of learnable numbers, such as the -0.5*3 in 0.5*(x - 3).

    Number d is the sum, over the terms j with `number[j] == d`, of
    `coefficient[j] * prod(theta[slot[i]] ** power[i] for i in range(offset[j], offset[j+1]))`.
    A link or bias whose slot is -2-d has this number (times its sign).

    Attributes
    ----------
    count : int
        How many numbers.
    number : ndarray of int32, (n_terms,), non-decreasing
    coefficient : ndarray of float64, (n_terms,)
    offset : ndarray of int32, (n_terms+1,)
    slot : ndarray of int32, (n_factors,)
        Places in theta.
    power : ndarray of int8, (n_factors,)
        1 or -1.
    """

    count: int = 0
    number: Any = field(default_factory=lambda: np.zeros(0))
    coefficient: Any = field(default_factory=lambda: np.zeros(0))
    offset: Any = field(default_factory=lambda: np.zeros(1))
    slot: Any = field(default_factory=lambda: np.zeros(0))
    power: Any = field(default_factory=lambda: np.zeros(0))

    _types: ClassVar = {
        "number": np.int32, "coefficient": np.float64, "offset": np.int32,
        "slot": np.int32, "power": np.int8,
    }  # fmt: skip

    def __post_init__(self):
        for name, dtype in self._types.items():
            object.__setattr__(self, name, readonly(getattr(self, name), dtype))

    def __len__(self) -> int:
        return self.count

    def __eq__(self, other) -> bool:
        if not isinstance(other, Derived):
            return NotImplemented
        return self.count == other.count and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in self._types
        )

    __hash__ = None

    def values(self, theta) -> np.ndarray:
        """All derived numbers, shape (count,), of the vector theta."""
        result = np.zeros(self.count)
        factors = np.power(theta[self.slot], self.power.astype(np.float64))
        for term, number in enumerate(self.number):
            first, last = self.offset[term : term + 2]
            result[number] += self.coefficient[term] * np.prod(factors[first:last])
        return result

    def pull_back(self, theta, gradient) -> np.ndarray:
        """Gradient over theta, shape (n_theta,), of a function whose gradient over the derived numbers is given.

        Products of the other factors are formed anew instead of divided out: a factor may be 0.
        """
        result = np.zeros(len(theta))
        values = np.power(theta[self.slot], self.power.astype(np.float64))
        slopes = np.where(self.power > 0, 1.0, -values * values)
        for term, number in enumerate(self.number):
            first, last = self.offset[term : term + 2]
            for place in range(first, last):
                others = np.prod(values[first:place]) * np.prod(
                    values[place + 1 : last]
                )
                slope = self.coefficient[term] * slopes[place] * others
                result[self.slot[place]] += gradient[number] * slope
        return result
