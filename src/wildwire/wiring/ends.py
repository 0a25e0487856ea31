"""What the generators have in common: sizes, names, and one or several functions.

Comes in: arguments as users give them. Goes out: checked sizes, groups, columns, lists of functions. Called by the
other files of `wiring`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from wildwire.errors import SettingError
from wildwire.network import Column, Group


def check_size(value, what: str, low: int = 1) -> int:
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if is_whole and value >= low:
        return int(value)
    raise SettingError(
        f"{what} must be a whole number, {low} or more; it is {value!r}."
    )


def is_number(value) -> bool:
    """Whether it is a finite real number; True and False are none."""
    kinds = int | float | np.integer | np.floating
    return (
        isinstance(value, kinds)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def named(size, letter: str, what: str) -> tuple[list[Group], int]:
    """The nodes of an end of the network, from its size or its names."""
    if isinstance(size, str):
        return [Group(size)], 1
    if isinstance(size, Sequence):
        groups = [Group(str(name)) for name in size]
        check_size(len(groups), what)
        return groups, len(groups)
    size = check_size(size, what)
    return [group_of(letter, size)], size


def group_of(name: str, size: int) -> Group:
    return Group(name) if size == 1 else Group(name, size)


def columns_of(groups: list[Group]) -> list[Column]:
    return [
        Column(group.name, size=group.count, indexed=group.size is not None)
        for group in groups
    ]


def layer_name(letter: str, number: int, count: int) -> str:
    """`h` where there is one layer, else `h1`, `h2`, ..."""
    return letter if count == 1 else f"{letter}{number + 1}"


def widths_of(n_hidden) -> list[int]:
    """The widths of the hidden layers, from one number or several."""
    given = n_hidden if isinstance(n_hidden, Sequence) else [n_hidden]
    check_size(len(given), "the number of hidden layers")
    single = len(given) == 1
    return [
        check_size(
            width, "the number of hidden neurons" if single else f"the width of hidden layer {i}"
        )
        for i, width in enumerate(given, 1)
    ]  # fmt: skip


def delays_of(given, what: str, low: int) -> list[int]:
    """Steps back in time: a number n stands for `low` to n, a sequence for itself."""
    if not isinstance(given, Iterable) or isinstance(given, str):
        return list(range(low, check_size(given, what, low) + 1))
    delays = [check_size(delay, f"each of {what}", low) for delay in given]
    if not delays or delays != sorted(set(delays)):
        raise SettingError(
            f"{what} must be a number, or different numbers in ascending order; "
            f"they are {delays}."
        )
    return delays


def per_layer(chosen, count: int, what: str = "activations") -> list:
    """One activation or transfer per layer or neuron, from one for all or a sequence of them."""
    if isinstance(chosen, str) or not isinstance(chosen, Sequence):
        return [chosen] * count
    if len(chosen) != count:
        raise SettingError(
            f"{len(chosen)} {what} were given, {count} are needed: give one "
            "for all, or one for each."
        )
    return list(chosen)


def transfers_of(transfer, count: int, output, n_outputs: int = 1) -> list | None:
    """The transfers of hidden layers or neurons and of the outputs; None where all are weighted sums."""
    if transfer is None and output is None:
        return None
    return [*per_layer(transfer, count, "transfers"), *[output] * n_outputs]


def repeated(items: list, sizes: Sequence[int]) -> list:
    """Every item as often as its layer has neurons."""
    return [item for item, n in zip(items, sizes, strict=True) for _ in range(n)]
