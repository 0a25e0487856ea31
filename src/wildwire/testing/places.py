"""Where functions are tried: ordinary arguments, and those at the ends of what floats can say.

Comes in: a function and a seed. Goes out: arrays of arguments and of parameters. Called by the other files of this
package.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import SettingError

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["Domain", "Places", "extreme_places", "ordinary_places", "read_domain"]

Domain = Mapping[str, tuple[float, float]]

WIDEST = 30.0


@dataclass(frozen=True)
class Places:
    """Arguments and parameters, each an array of one length."""

    arguments: tuple[np.ndarray, ...]
    parameters: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.arguments[0])

    def variables(self, i: int) -> list[float]:
        """Arguments, then parameters, of place i."""
        return [float(array[i]) for array in (*self.arguments, *self.parameters)]

    def only(self, chosen: np.ndarray) -> Places:
        """Some of the places."""
        return Places(
            tuple(array[chosen] for array in self.arguments),
            tuple(array[chosen] for array in self.parameters),
        )


def read_domain(function: Function, domain: tuple | Mapping | None) -> Domain:
    """Bounds of each argument by name.

    Raises
    ------
    SettingError
        A name that is no argument, or bounds that are none.
    """
    given = domain if isinstance(domain, Mapping) else {}
    if domain is not None and not isinstance(domain, Mapping):
        given = {function.arguments[0]: domain}
    elif domain is None and function.kind == "loss" and function.range is not None:
        given = dict.fromkeys(function.arguments, (-math.inf, math.inf))
        given[function.arguments[0]] = function.range
        if function.needs_probability:
            given = dict.fromkeys(function.arguments, function.range)
    bounds = {}
    for name, pair in given.items():
        if name not in function.arguments:
            known = ", ".join(function.arguments)
            raise SettingError(f"domain: {name!r} is no argument; there are {known}")
        low, high = (float(number) for number in pair)
        if not low < high:
            raise SettingError(f"domain: {low:g} to {high:g} is empty")
        bounds[name] = low, high
    return {
        name: bounds.get(name, (-math.inf, math.inf)) for name in function.arguments
    }


def ordinary_places(
    function: Function, domain: Domain, count: int, random: np.random.Generator
) -> Places:
    """Arguments of ordinary size, some near 0; parameters near their defaults."""
    arguments = []
    for name in function.arguments:
        low, high = domain[name]
        if math.isinf(low) or math.isinf(high):
            z = random.normal(0.1, 2.0, count)
            small = 10 ** random.uniform(-3, 1.3, count) * random.choice([-1, 1], count)
            z = np.where(random.random(count) < 0.4, small, z)
            z = _folded(z, low, high)
        else:
            z = random.uniform(low, high, count)
        arguments.append(z)
    defaults = np.array(function.defaults)
    shifts = random.uniform(-0.4, 0.4, (count, len(defaults)))
    parameters = np.where(defaults == 0, 3 * shifts, defaults * (1 + shifts))
    return Places(tuple(arguments), tuple(parameters.T))


def _folded(z: np.ndarray, low: float, high: float) -> np.ndarray:
    """Numbers mirrored into a half line."""
    if low > -math.inf:
        return low + np.abs(z)
    return high - np.abs(z) if high < math.inf else z


def extreme_places(dtype: str) -> np.ndarray:
    """Both zeros, subnormal, tiny and huge numbers of a float type, infinities and nan."""
    kind = np.finfo(dtype)
    sizes = [
        kind.smallest_subnormal,
        kind.tiny / 3,
        kind.tiny,
        kind.tiny**0.75,
        kind.eps,
        1.0,
        WIDEST,
        700.0,
        1 / kind.eps**2,
        kind.max**0.25,
        kind.max**0.75,
        kind.max,
        math.inf,
    ]
    positive = np.array([0.0, *map(float, sizes)]).astype(dtype)
    return np.concatenate([positive, -positive, np.array([math.nan], dtype)])
