"""Compiled kernels against the twin.

Comes in: a function, a level and a float type. Goes out: a check, and the compiled tables. Called by `functions.py`.

Kernel and twin do the same operations, each with rounding errors of its own. What these become in the result depends on
the formula; so the twin is run again a few times with errors of some units in the last place put into every operation,
and the kernel must stay within what that makes of its result.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wildwire.functions import native
from wildwire.functions.derive import tables
from wildwire.functions.evaluate import guard_tests, values_of
from wildwire.testing.derivatives import describe
from wildwire.testing.noise import DRAWS, noise, spread_of
from wildwire.testing.places import Domain, extreme_places, ordinary_places
from wildwire.testing.report import FAILED, PASSED, Check

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["ULPS", "check_kernel", "run_kernel"]

ULPS = 16
"""Units in the last place that a result may always differ by."""

ROUNDS_UP = ("log", "power")
"""What takes a subnormal number for the smallest normal one, where others take it as it is: not compared there."""

ROWS = 3

_POINTER, _COUNT = ctypes.c_void_p, ctypes.c_int64
_KERNEL = ctypes.CFUNCTYPE(None, *[_POINTER] * 4, *[_COUNT] * 5)


def run_kernel(
    function: Function, level: int, arguments: np.ndarray, parameters: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Call a compiled kernel through its address, as the engine does.

    Parameters
    ----------
    arguments : array of shape (n_arguments, rows, columns)
    parameters : array of shape (rows, n_parameters)
        Of one float type, which chooses the kernel.

    Returns
    -------
    (array of shape (n_tables, rows, columns), array of int of shape (rows,))
        Results, and how often a guard was active in each row.
    """
    dtype = arguments.dtype
    arguments = np.ascontiguousarray(arguments)
    parameters = np.ascontiguousarray(parameters, dtype)
    _, rows, columns = arguments.shape
    out = np.empty((function.n_tables(level), rows, columns), dtype)
    guards = np.zeros(rows, np.int64)
    kernel = _KERNEL(native.address(function, level, dtype))
    kernel(
        arguments.ctypes.data, parameters.ctypes.data, out.ctypes.data,
        guards.ctypes.data, rows, columns, columns, rows * columns, rows * columns,
    )  # fmt: skip
    return out, guards


@dataclass(frozen=True)
class _Trial:
    """What a kernel is called with, three rows that differ in their parameters."""

    arguments: np.ndarray
    parameters: np.ndarray

    def columns(self) -> list[np.ndarray]:
        """Parameters as the twin takes them."""
        return [column[:, None] for column in self.parameters.T]

    def at(self, row: int, column: int) -> list[float]:
        return [
            *map(float, self.arguments[:, row, column]),
            *map(float, self.parameters[row]),
        ]


def check_kernel(
    function: Function, level: int, dtype: str, domain: Domain, count: int, seed: int
) -> Check:
    """The kernel of one level and float type at ordinary and extreme places, with its guards."""
    random = np.random.default_rng(seed)
    trial = _trial(function, dtype, domain, count, random)
    found, guards = run_kernel(function, level, trial.arguments, trial.parameters)
    wanted = function.evaluate(level, list(trial.arguments), trial.columns())
    allowed = _allowed(function, level, trial, wanted, random)
    bad = _differ(found, wanted, allowed, trial)
    name = f"{dtype} kernel, level {level}"
    if bad.any():
        table, row, column = (int(i) for i in np.argwhere(bad)[0])
        return Check(
            name, FAILED,
            f"table {table} at {describe(function, trial.at(row, column))}: compiled "
            f"{float(found[table, row, column])!r}, twin {float(wanted[table, row, column])!r}",
        )  # fmt: skip
    failed = _guards_differ(function, trial, guards, random)
    if failed:
        return Check(name, FAILED, failed)
    compared = int((~np.isnan(allowed) | np.isnan(wanted)).sum())
    return Check(
        name, PASSED, f"{compared} of {found.size} numbers compared with the twin"
    )


def _trial(
    function: Function,
    dtype: str,
    domain: Domain,
    count: int,
    random: np.random.Generator,
) -> _Trial:
    """Ordinary places, then every argument in turn at its extremes."""
    ordinary = [ordinary_places(function, domain, count, random) for _ in range(ROWS)]
    extremes = extreme_places(dtype)
    rows = []
    for places in ordinary:
        columns = [np.array(places.arguments)]
        for i in range(len(function.arguments)):
            block = np.repeat(columns[0][:, :1], len(extremes), axis=1)
            block[i] = extremes
            columns.append(block)
        rows.append(np.concatenate(columns, axis=1))
    parameters = np.array([[array[0] for array in p.parameters] for p in ordinary])
    parameters = parameters.reshape(ROWS, function.n_parameters)
    parameters[0] = function.defaults
    arguments = np.array(rows).transpose(1, 0, 2)
    with np.errstate(over="ignore"):
        return _Trial(arguments.astype(dtype), parameters.astype(dtype))


def _allowed(
    function: Function, level: int, trial: _Trial, wanted: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """How far a kernel may be from the twin; nan where errors decide between a number and none."""
    spread = spread_of(
        function, level, list(trial.arguments), trial.columns(), wanted, random
    )
    kind = np.finfo(wanted.dtype)
    size = np.where(np.isfinite(wanted), np.abs(wanted), 0).astype(float)
    # Where errors change the leading digits, such as in tan of a huge number, a few draws
    # say little about the next.
    factor = np.where(spread > 1e-3 * size, 1000.0, 4.0)
    with np.errstate(over="ignore"):
        allowed = factor * spread + ULPS * float(kind.eps) * size + 8 * float(kind.tiny)
    graph = tables(function, level).graph
    if any(node.operation in ROUNDS_UP for node in graph.nodes):
        sizes = np.abs(trial.arguments)
        hardly = ((sizes > 0) & (sizes <= kind.tiny)).any(axis=0)
        allowed = np.where(hardly, np.nan, allowed)
    return allowed


def _differ(
    found: np.ndarray, wanted: np.ndarray, allowed: np.ndarray, trial: _Trial
) -> np.ndarray:
    """Where a compiled number is another one than the twin's."""
    with np.errstate(invalid="ignore"):
        alike = np.abs(found - wanted) <= allowed
    same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
    # A product and a sum in one instruction do not overflow in between: where the twin has
    # inf - inf, the kernel has inf, and with huge arguments even a number.
    largest = np.abs(trial.arguments).max(axis=0)
    lost = ~np.isfinite(wanted) & np.isfinite(largest)
    huge = largest > float(np.finfo(wanted.dtype).max) ** 0.25
    overflow = lost & (~np.isfinite(found) | huge)
    return ~(alike | same | overflow | np.isnan(allowed))


def _guards_differ(
    function: Function, trial: _Trial, guards: np.ndarray, random: np.random.Generator
) -> str:
    """What is wrong with the counts of guards; "" if they are those of the twin."""
    if not function.guarded:
        return (
            f"guards counted {guards.tolist()}, there are none" if guards.any() else ""
        )
    derived = tables(function, 0)
    tests = guard_tests(derived)

    def active(change=None) -> np.ndarray:
        found = values_of(
            function,
            derived.graph,
            tests,
            list(trial.arguments),
            trial.columns(),
            change,
        )
        return np.array(found)

    plain = active()
    unsure = np.zeros(plain.shape, bool)
    for draw in range(DRAWS):
        unsure |= active(noise(random, draw)) != plain
    # A sample counts once, however many guards it meets.
    wanted = plain.any(axis=0).sum(axis=1)
    slack = unsure.any(axis=0).sum(axis=1)
    if np.all(np.abs(guards - wanted) <= slack):
        return ""
    return f"guards counted in its rows: compiled {guards.tolist()}, twin {wanted.tolist()}"
