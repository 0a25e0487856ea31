"""What a function's text and values are checked for: finite, nan, range, parity.

Comes in: a function and places. Goes out: checks. Called by `functions.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from wildwire.errors import FunctionError
from wildwire.functions.function import Function
from wildwire.testing import exact
from wildwire.testing.derivatives import describe
from wildwire.testing.places import Domain, Places, extreme_places
from wildwire.testing.report import FAILED, PASSED, SKIPPED, Check

__all__ = ["check_finite", "check_nan", "check_parity", "check_range", "check_text"]

LARGEST_ORDINARY = 30.0
LARGEST = 1e80
"""Of the arguments with which a value has to be finite: room for a fourth power."""


def check_text(function: Function) -> Check:
    """The definition, printed and read."""
    from wildwire.functions.definitions import from_definition
    from wildwire.language.parser import parse_definition
    from wildwire.language.printer import print_statement
    from wildwire.language.tree import Definition

    name = "text reads back"
    if function.kind not in ("activation", "loss"):
        return Check(
            name, SKIPPED, f"a function of the kind {function.kind} has no definition"
        )
    if function.base is not None or function.written is not None:
        return Check(
            name, SKIPPED, "its definition is that of all its sizes and slopes"
        )
    clauses = () if function.slope is None else (("slope", function.slope),)
    if function.range is not None:
        clauses += (("range", function.range),)
    definition = Definition(
        function.kind,
        function.name,
        function.arguments,
        function.parameters,
        function.formula,
        clauses,
    )
    text = print_statement(definition)
    known = {used.name: used for used in function.uses}
    try:
        again = from_definition(parse_definition(text), known)
    except (FunctionError, ValueError) as error:
        return Check(name, FAILED, f"`{text}` is refused: {error}")
    if (
        again.key != function.key
        or again.range != function.range
        or again.parameters != function.parameters
    ):
        return Check(name, FAILED, f"`{text}` is another function")
    return Check(name, PASSED, text)


def _with_extremes(function: Function, places: Places, bounds: Domain) -> Places:
    """The ordinary places, and each argument in turn at finite extremes of its domain."""
    extremes = extreme_places("float64")
    extremes = extremes[np.abs(extremes) <= LARGEST]
    arguments, parameters = [places.arguments], [places.parameters]
    for i, name in enumerate(function.arguments):
        low, high = bounds[name]
        inside = extremes[(extremes >= low) & (extremes <= high)]
        columns = [np.full(len(inside), array[0]) for array in places.arguments]
        columns[i] = inside
        arguments.append(tuple(columns))
        defaults = [np.full(len(inside), value) for value in function.defaults]
        parameters.append(tuple(defaults))
    return Places(
        tuple(np.concatenate(column) for column in zip(*arguments, strict=True)),
        tuple(np.concatenate(column) for column in zip(*parameters, strict=True)),
    )


def check_finite(function: Function, places: Places, bounds: Domain) -> Check:
    """A finite value wherever there is one that a float can hold."""
    name = "value is finite on its domain"
    tried = _with_extremes(function, places, bounds)
    value = function.evaluate(0, tried.arguments, tried.parameters)[0]
    for i in np.flatnonzero(~np.isfinite(value)):
        variables = tried.variables(int(i))
        reason = _no_overflow(function, variables, float(value[i]))
        if reason:
            return Check(
                name,
                FAILED,
                f"at {describe(function, variables)} it is {value[i]}, {reason}",
            )
    overflows = int((~np.isfinite(value)).sum())
    return Check(
        name, PASSED, f"at {len(tried) - overflows} places; {overflows} overflow"
    )


def _no_overflow(function: Function, variables: list[float], value: float) -> str:
    """Why a value that is not finite is no overflow; "" if it is one."""
    guard = "a guard such as guard_below(z, 1e-12), or `domain`, says where the formula is held"
    if not exact.available():
        large = max(abs(number) for number in variables) > LARGEST_ORDINARY
        return "" if large and math.isinf(value) else f"and should be finite: {guard}"
    wanted = exact.exact_value(function, variables)
    if wanted != wanted:
        return f"and the formula has no value there: {guard}"
    try:
        limit = float(wanted)
    except OverflowError:
        limit = math.inf if wanted > 0 else -math.inf
    if math.isinf(limit) or abs(limit) > 1e307:
        return "" if value == math.copysign(math.inf, limit) else f"exactly {wanted}"
    # An intermediate overflow that leaves a wrong result is the formula's fault.
    return f"exactly {limit:.17g}: a part of the formula overflows or is 0/0 there"


def check_nan(function: Function, places: Places) -> Iterator[Check]:
    """What is not known must not look like a number."""
    for i, argument in enumerate(function.arguments):
        columns = list(places.arguments)
        columns[i] = np.full(len(places), np.nan)
        value = function.evaluate(0, columns, places.parameters)[0]
        wrong = np.flatnonzero(~np.isnan(value))
        name = f"nan in {argument} comes out"
        if len(wrong):
            variables = Places(tuple(columns), places.parameters).variables(
                int(wrong[0])
            )
            got = f"at {describe(function, variables)} it is {float(value[wrong[0]])!r}, not nan"
            last = f"where({argument} > 0, 1, stable({argument} <= 0, 0, {argument}))"
            hint = f"let the last branch of a choice hold {argument}, as in {last}"
            yield Check(name, FAILED, f"{got}; {hint}")
        else:
            yield Check(name, PASSED, f"at {len(places)} places")


def check_range(function: Function, places: Places, bounds: Domain) -> Check:
    name = "range holds"
    if function.kind == "loss" or function.range is None:
        reason = (
            "of a loss it says which outputs it takes"
            if function.range
            else "none is stated"
        )
        return Check(name, SKIPPED, reason)
    low, high = function.range
    tried = _with_extremes(function, places, bounds)
    value = function.evaluate(0, tried.arguments, tried.parameters)[0]
    slack = [
        8 * np.finfo(float).eps * abs(end) if math.isfinite(end) else 0
        for end in (low, high)
    ]
    with np.errstate(invalid="ignore"):
        wrong = np.flatnonzero((value < low - slack[0]) | (value > high + slack[1]))
    if len(wrong):
        at = describe(function, tried.variables(int(wrong[0])))
        return Check(
            name,
            FAILED,
            f"at {at} it is {float(value[wrong[0]])!r}, outside of {low:g}..{high:g}",
        )
    return Check(name, PASSED, f"{low:g}..{high:g} at {len(tried)} places")


def check_parity(function: Function, places: Places) -> Check:
    name, parity = "parity holds", function.parity
    if parity is None:
        return Check(name, SKIPPED, "neither even nor odd")
    # At the defaults: other parameters may break it.
    z = places.arguments[0]
    right, left = function.evaluate(0, [z])[0], function.evaluate(0, [-z])[0]
    mirrored = left if parity == "even" else -left
    with np.errstate(invalid="ignore"):
        apart = np.abs(right - mirrored) > 1e-12 * np.maximum(1, np.abs(right))
    wrong = np.flatnonzero(apart & (right != mirrored))
    if len(wrong):
        i = int(wrong[0])
        text = f"{parity}, but at {float(z[i])!r} it is {float(right[i])!r}"
        return Check(name, FAILED, f"{text}, at {float(-z[i])!r} {float(left[i])!r}")
    return Check(name, PASSED, f"{parity} at {len(z)} places")
