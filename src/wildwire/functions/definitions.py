"""From a definition that the parser has read to a checked function.

Comes in: a `Definition`, or its parts. Goes out: a `Function` with the same rights as the built-in ones. Called by
`define.py` (texts of users), by the network (definitions in its text), by `choices.py` (forms of one function) and by
`generate.py` (the catalogue itself).
"""

from __future__ import annotations

import graphlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from wildwire.errors import FunctionError
from wildwire.functions.calls import called_names
from wildwire.functions.function import Function
from wildwire.functions.primitives import CALLS, RESERVED
from wildwire.functions.transfer import MOST_VALUES
from wildwire.language.expression import Expression

if TYPE_CHECKING:
    from wildwire.language.tree import Definition

__all__ = ["from_definition", "from_definitions", "from_parts", "plain_parameters"]

_ARITY = {"activation": (1, MOST_VALUES), "loss": (2, 2), "penalty": (1, 1)}
_DEFINED = ("activation", "loss")  # what the language has definitions for


def from_definition(
    definition: Definition,
    known: Mapping[str, Function] = MappingProxyType({}),
    sizes: Mapping[str, int] = MappingProxyType({}),
) -> Function:
    """The function that a definition in the language describes.

    Parameters
    ----------
    definition : Definition
        Of an activation or a loss.
    known : mapping of str to Function
        The user's own functions that its formula may call.
    sizes : mapping of str to int
        Other sizes of its vectors, by their names.

    Raises
    ------
    FunctionError
        It names what does not exist, or does not fit.
    """
    if definition.kind not in _DEFINED:
        raise FunctionError(
            f"{definition.kind} {definition.name} is no activation and no loss: "
            "ww.transfer reads it"
        )
    if definition.others:
        raise FunctionError(
            f"{definition.kind} {definition.name} has several values; only a transfer may"
        )
    if definition.vectors:
        return _from_vectors(definition, known, sizes)
    return from_parts(
        definition.kind,
        definition.name,
        definition.arguments,
        plain_parameters(definition),
        definition.formula,
        slope=definition.slope,
        limits=definition.range,
        known=known,
    )


def plain_parameters(definition: Definition) -> tuple[tuple[str, float], ...]:
    """The parameters of a definition without vectors."""
    found = []
    for name, value in definition.parameters:
        if not isinstance(value, int | float):
            raise FunctionError(
                f"{definition.kind} {definition.name}: {name}[...] is a vector, which only an "
                "activation may have"
            )
        found.append((name, float(value)))
    return tuple(found)


def _from_vectors(definition: Definition, known, sizes) -> Function:
    """The function of a definition with vectors, written out for these sizes.

    Second derivatives are not tried: there is one for every pair of elements.
    """
    from wildwire.functions.vectors import write_out

    what = f"{definition.kind} {definition.name}"
    if definition.kind == "loss":
        raise FunctionError(
            f"{what}: a loss learns no numbers; vector parameters are for activations"
        )
    try:
        made = write_out(definition, sizes)
    except FunctionError as error:
        raise FunctionError(f"{what}: {error}") from None
    function = from_parts(
        definition.kind, definition.name, definition.arguments, made.parameters,
        made.formula, slope=made.slope, limits=definition.range, known=known, level=1,
    )  # fmt: skip
    function = replace(
        function,
        written=replace(definition, comment=None),
        choices=tuple(sorted(sizes.items())),
    )
    _check_starts(function)
    return function


def _check_starts(function: Function) -> None:
    """Read the clauses `start` once, so that a fault is found where they are defined."""
    from wildwire.functions.choices import vector_start

    for vector in function.vectors:
        try:
            vector_start(function, vector, 0, [1.0] * function.n_parameters)
        except FunctionError as error:
            what = f"{function.kind} {function.name}: start of {vector}"
            raise FunctionError(f"{what}: {error}") from None


def from_parts(
    kind: str,
    name: str,
    arguments: tuple[str, ...],
    parameters: tuple[tuple[str, float], ...],
    formula: Expression,
    *,
    slope: Expression | None = None,
    limits: tuple[float | None, float | None] | None = None,
    known: Mapping[str, Function] = MappingProxyType({}),
    level: int = 2,
) -> Function:
    """A checked function from the parts of a definition; see `from_definition`.

    `level` is up to which derivatives are tried.
    """
    _check_names(kind, name, arguments, parameters)
    if kind == "activation" and slope is not None and len(arguments) > 1:
        raise FunctionError(
            f"{kind} {name}: a training slope stands in for the derivative in z, and this one has "
            f"{len(arguments)} arguments"
        )
    called = called_names(formula) | (called_names(slope) if slope else set())
    function = Function(
        name,
        kind,
        tuple(arguments),
        tuple((key, float(value)) for key, value in parameters),
        formula,
        slope,
        _bounds(name, limits),
        tuple(known[used] for used in sorted(called) if used in known),
    )
    from wildwire.functions.derive import tables

    try:
        tables(function, level)
    except FunctionError as error:
        raise FunctionError(f"{kind} {name}: {error}") from None
    except RecursionError:
        raise FunctionError(
            f"{kind} {name}: the formula is nested too deeply"
        ) from None
    return function


def _bounds(name: str, limits: tuple | None) -> tuple[float, float] | None:
    if limits is None:
        return None
    low, high = limits
    low = -math.inf if low is None else float(low)
    high = math.inf if high is None else float(high)
    if not low < high:
        raise FunctionError(f"{name}: the range {low:g}..{high:g} is empty")
    return low, high


def _check_names(kind: str, name: str, arguments: tuple, parameters: tuple) -> None:
    fewest, most = _ARITY[kind]
    if not fewest <= len(arguments) <= most:
        wanted = {
            "activation": f"one argument, z, or up to {most}, what a transfer returns",
            "loss": "two arguments, o and t",
        }
        raise FunctionError(
            f"{kind} {name} takes {wanted[kind]}, not {len(arguments)}; numbers with a "
            "default, as in bump(z, k=10), are its parameters"
        )
    if name in RESERVED:
        raise FunctionError(
            f"{kind} {name}: {name!r} has a meaning of its own in formulas; choose another name"
        )
    names = [*arguments, *(key for key, _ in parameters)]
    for key in names:
        if names.count(key) > 1:
            raise FunctionError(f"{kind} {name} has two things called {key!r}")
    for key, value in parameters:
        if value is None or not math.isfinite(value):
            raise FunctionError(f"{kind} {name}: the default of {key!r} must be finite")


def from_definitions(definitions: Iterable[Definition]) -> dict[str, Function]:
    """All activations and losses of a text, in whatever order they call each other.

    Parameters
    ----------
    definitions : iterable of Definition
        Transfers among them are passed over.

    Returns
    -------
    dict of str to Function
        By name.

    Raises
    ------
    FunctionError
        Two have one name, or they call each other in a circle.
    """
    from wildwire.functions.registry import catalogue

    by_name: dict[str, Definition] = {}
    for definition in definitions:
        if definition.kind not in _DEFINED:
            continue
        if definition.name in by_name:
            raise FunctionError(f"the function {definition.name!r} is defined twice")
        by_name[definition.name] = definition
    calls = {}
    for name, definition in by_name.items():
        called = called_names(definition.formula)
        if definition.slope is not None:
            called |= called_names(definition.slope)
        if name in CALLS or name in catalogue():
            called.discard(name)  # in its own definition, the built-in one
        calls[name] = called & by_name.keys()
    try:
        order = list(graphlib.TopologicalSorter(calls).static_order())
    except graphlib.CycleError as error:
        circle = " -> ".join(error.args[1])
        raise FunctionError(
            f"functions call each other in a circle: {circle}"
        ) from None
    done: dict[str, Function] = {}
    for name in order:
        done[name] = from_definition(by_name[name], done)
    return done
