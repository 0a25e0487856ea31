"""Value, slopes and curvatures of the twin against exact arithmetic, or against differences.

Comes in: a function and places away from its kinks. Goes out: checks. Called by `functions.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from wildwire.testing import exact
from wildwire.testing.noise import spread_of
from wildwire.testing.places import Places
from wildwire.testing.report import FAILED, PASSED, SKIPPED, Check

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["check_derivatives", "describe"]

MARGIN = {True: 1e-6, False: 0.05}
"""How far from a kink places must be, with exact arithmetic and with differences."""

MOVED = {True: 1e-10, False: 2e-6}
"""And how far a variable is moved to see how fast a kink comes nearer."""

TOLERANCE = {True: 1e-12, False: 1e-6}
"""Of an error, relative to the largest table at its place."""

STEPS = (1e-3, 1e-4, 1e-6)
DOUBT = 10.0
ENOUGH = 3
TRAINED = "training slope, not the derivative"


def check_derivatives(
    function: Function, places: Places, precise: bool
) -> Iterator[Check]:
    """Compare value, slopes and second derivatives in all arguments and parameters.

    Parameters
    ----------
    precise : bool
        With mpmath; else slopes are compared with differences of values, and second
        derivatives with differences of slopes.
    """
    usable = _away_from_kinks(function, places, precise)
    found = function.evaluate(2, places.arguments, places.parameters)
    usable &= np.isfinite(found).all(axis=0)
    names = _table_names(function)
    if usable.sum() < ENOUGH:
        reason = f"only {usable.sum()} of {len(places)} places are away from kinks and finite"
        yield from (Check(name, SKIPPED, reason) for name in names)
        return
    places, found = places.only(usable), found[:, usable]
    spread = spread_of(
        function,
        2,
        places.arguments,
        places.parameters,
        found,
        np.random.default_rng(0),
    )
    size = 1 + np.max(np.abs(found), axis=0)
    if precise:
        count = range(len(places))
        rows = [exact.exact_tables(function, places.variables(i)) for i in count]
        wanted, allowed = np.array(rows).T, TOLERANCE[precise] * size + 4 * spread
    else:
        wanted, allowed = _by_differences(function, places, found, spread, size)
    first = function.arguments[0]
    for k, name in enumerate(names):
        if function.slope is not None and k and _is_of_slope(function, k):
            about = TRAINED if k == 1 else f"derivative of a {TRAINED}"
            yield Check(name, SKIPPED, f"not compared: {about}, in {first}")
        else:
            yield _compared(
                function, name, places, (found[k], wanted[k]), allowed[k], precise
            )


def _away_from_kinks(function: Function, places: Places, precise: bool) -> np.ndarray:
    """Where no variable, moved a little, comes near a kink."""
    variables = [*places.arguments, *places.parameters]
    split = len(places.arguments)
    margin = function.margin(variables[:split], variables[split:])
    usable = margin > MARGIN[precise]
    for i, variable in enumerate(variables):
        step = MOVED[precise] * (1 + np.abs(variable))
        moved = [v + step if i == j else v for j, v in enumerate(variables)]
        with np.errstate(invalid="ignore"):
            change = np.abs(function.margin(moved[:split], moved[split:]) - margin)
        usable &= ~(change > 0.3 * margin)
    return usable


def _table_names(function: Function) -> list[str]:
    variables = [*function.arguments, *(name for name, _ in function.parameters)]
    slopes = [f"slope in {name}" for name in variables]
    pairs = [(a, b) for i, a in enumerate(variables) for b in variables[i:]]
    return ["value", *slopes, *(f"curvature in {a}, {b}" for a, b in pairs)]


def _is_of_slope(function: Function, k: int) -> bool:
    """Whether table k is the slope in the first argument, or a derivative of it."""
    count = len(function.arguments) + len(function.parameters)
    return k == 1 or count < k <= 2 * count


def _compared(
    function: Function, name: str, places: Places, pair: tuple[np.ndarray, np.ndarray],
    allowed: np.ndarray, precise: bool,
) -> Check:  # fmt: skip
    """One table against the other; `allowed` is nan where rounding errors decide."""
    found, wanted = pair
    known = np.isfinite(wanted) & np.isfinite(allowed)
    with np.errstate(invalid="ignore"):
        error = np.where(known, np.abs(found - wanted), 0.0)
        share = np.where(known, error / allowed, 0.0)
    worst = int(np.argmax(share))
    if share[worst] <= 1:
        kind = "exact arithmetic" if precise else "differences"
        text = f"within {error.max():.1e} of {kind} at {known.sum()} places"
        return Check(name, PASSED, text)
    other = "exactly" if precise else "by differences"
    at = describe(function, places.variables(worst))
    text = f"at {at} it is {found[worst]:.17g}, {other} {wanted[worst]:.17g}"
    return Check(name, FAILED, text)


def describe(function: Function, variables: list[float]) -> str:
    """`z = 0.5, k = 10`, with all digits: whoever reads it can repeat it."""
    names = [*function.arguments, *(name for name, _ in function.parameters)]
    pairs = zip(names, variables, strict=True)
    return ", ".join(f"{name} = {value!r}" for name, value in pairs)


def _by_differences(
    function: Function, places: Places, found: np.ndarray, spread: np.ndarray,
    size: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """All tables by differences, and how far they may be off: for each number by the step that suits it.

    Wide steps miss what happens in between, narrow ones drown in rounding errors. A wrong derivative agrees with
    none of them.
    """
    tried = []
    for step in STEPS:
        wanted, doubt = _differences(function, places, step)
        tried.append((wanted, TOLERANCE[False] * size + spread / step + doubt))
    with np.errstate(invalid="ignore"):
        shares = [np.abs(found - wanted) / allowed for wanted, allowed in tried]
    best = np.argmin(np.nan_to_num(np.array(shares), nan=np.inf), axis=0)
    wanted, allowed = (
        np.choose(best, [pair[which] for pair in tried]) for which in (0, 1)
    )
    return wanted, allowed


def _differences(
    function: Function, places: Places, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """All tables by central differences, extrapolated twice (Richardson), and how far they can be wrong."""
    variables = [*places.arguments, *places.parameters]
    split, count = len(places.arguments), len(variables)

    def along(j: int, level: int) -> tuple[np.ndarray, np.ndarray]:
        """Differences of the value (level 0) or of value and slopes (level 1) along variable j."""
        rows = []
        for part in (1, 2, 4):
            h = step * (1 + np.abs(variables[j])) / part
            sides = []
            for sign in (1, -1):
                moved = [v + sign * h if i == j else v for i, v in enumerate(variables)]
                sides.append(function.evaluate(level, moved[:split], moved[split:]))
            rows.append((sides[0] - sides[1]) / (2 * h))
        once = [(4 * rows[1] - rows[0]) / 3, (4 * rows[2] - rows[1]) / 3]
        # What the last extrapolation has changed is more than what is left to change,
        # unless the steps are too wide for this place: then it is large.
        return (16 * once[1] - once[0]) / 15, DOUBT * np.abs(once[1] - once[0])

    with np.errstate(invalid="ignore", over="ignore"):
        first = [[table[0] for table in along(j, 0)] for j in range(count)]
        second = [[table[1:] for table in along(j, 1)] for j in range(count)]
    pairs = [(i, j) for i in range(count) for j in range(i, count)]
    value = function.evaluate(0, places.arguments, places.parameters)[0]
    result = [
        np.array([start, *(f[k] for f in first), *(second[j][k][i] for i, j in pairs)])
        for k, start in ((0, value), (1, np.zeros_like(value)))
    ]
    return result[0], result[1]
