"""Which functions a formula calls, and what their names must mean wherever it stands.

Comes in: expressions, functions and transfers. Goes out: names, definitions in an order in which they can be read,
and meanings by which two functions of one name are found. Called by `Function`, by what defines functions, and by
the network, which prints the definitions and refuses two meanings of one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from wildwire.functions.primitives import CALLS
from wildwire.language.expression import Call, Expression
from wildwire.language.rewrite import walk

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.functions.transfer import Transfer

__all__ = ["called_names", "meanings_of", "own_functions", "twofold"]

BUILT_IN, CALLED = "built in", "built in and called by a formula"
"""Meanings of names that need no definition: a neuron has the function, or a formula calls it."""


def called_names(expression: Expression) -> set[str]:
    """Names of all functions that an expression calls."""
    return {node.function for node in walk(expression) if isinstance(node, Call)}


def is_built_in(function: Function | Transfer) -> bool:
    """Whether it is what the catalogue has under its name, default values included."""
    from wildwire.functions.define_transfer import transfers
    from wildwire.functions.registry import catalogue

    known: Mapping = transfers() if function.kind == "transfer" else catalogue()
    found = known.get(function.name)
    return found is not None and _meaning(found) == _meaning(function)


def own_functions(
    functions: Iterable[Function | Transfer],
) -> list[Function | Transfer]:
    """The definitions that a text with these functions needs: the user's own, each behind those that it calls.

    Forms of one function, such as sizes of its vectors, are told by its definition; built-in functions need none.
    """
    found: dict[str, Function | Transfer] = {}

    def visit(function: Function | Transfer) -> None:
        base = _base(function)
        if base.name in found or is_built_in(base):
            return
        for used in (*function.uses, *base.uses):
            visit(used)
        if base.kind != "expression":
            found[base.name] = base

    for function in functions:
        visit(function)
    return list(found.values())


def twofold(functions: Iterable[Function | Transfer]) -> str | None:
    """The first name that means two things among these functions and all that they call; None if there is none.

    A text defines every name once, so it cannot hold such functions together.
    """
    found: dict[str, str] = {}
    for function in functions:
        for name, meaning in function.meanings:
            known = found.setdefault(name, meaning)
            if known == meaning:
                continue
            if CALLED in (known, meaning):
                other = known if meaning == CALLED else meaning
                # Formulas call no transfers, so that one of the same name is in nobody's way.
                if other == BUILT_IN or other.startswith("transfer "):
                    found[name] = other
                    continue
            return name
    return None


def meanings_of(function: Function | Transfer) -> frozenset[tuple[str, str]]:
    """(name, meaning) for the function and for every name that its formulas call, also through other functions."""
    base, found = _base(function), set()
    if base.kind != "expression":  # which has no name
        if is_built_in(base):
            found.add((base.name, BUILT_IN))
        else:
            found.add((base.name, _meaning(base)))
            found |= _called(base)
    if function is not base or base.kind == "expression":
        found |= _called(function)
    return frozenset(found)


def _called(function: Function | Transfer) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    own = {used.name: used for used in function.uses}
    for formula in _formulas(function):
        for name in called_names(formula):
            if name in own:
                found |= own[name].meanings
            # In its own definition a name is the built-in one.
            elif name != function.name and (
                name in function.functions or name in CALLS
            ):
                found.add((name, CALLED))
    return found


def _formulas(function: Function | Transfer) -> tuple[Expression, ...]:
    several = getattr(function, "formulas", None)
    if several is not None:
        return several
    slope = getattr(function, "slope", None)
    formula = getattr(function, "formula")  # noqa: B009 - a transfer has formulas instead
    return (formula,) if slope is None else (formula, slope)


def _base(function: Function | Transfer) -> Function | Transfer:
    """The function as its definition has it, where this is a form that a call chose."""
    return getattr(function, "base", None) or function


def _meaning(function: Function | Transfer) -> str:
    limits = getattr(function, "range", None)
    return f"{function.kind} {function.key} {function.parameters} {limits}"
