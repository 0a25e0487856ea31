"""Guards in words: what a function guards, and how.

Comes in: a `Function` and what its names stand for. Goes out: texts for people. Called by
`engine/guards.py`. Whether a guard is active at a place is said by `Function.guards`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wildwire.functions.primitives import GUARDS
from wildwire.functions.transfer import Transfer
from wildwire.language.expression import Call, Expression, Link, Name, Number
from wildwire.language.printer import print_expression
from wildwire.language.rewrite import parts_of, rebuild

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = [
    "guards_in_words",
    "undefined_below_zero",
    "without_guards",
]

_WORDS = {
    "guard_zero": "{u} held {limit} from 0",
    "guard_below": "{u} held at {limit} or above",
    "guard_above": "{u} held at {limit} or below",
}
_BELOW_ZERO = {
    "power": "a power that is not whole",
    "half_power": "a power that is not whole",
    "sqrt": "a square root",
    "log": "a logarithm",
    "log1p": "a logarithm",
}
LONGEST = 60


def undefined_below_zero(function: Function) -> list[str]:
    """What a formula has that negative numbers have not: powers that are not whole, roots, logarithms."""
    from wildwire.functions.derive import tables

    derived = tables(function, 0)
    used = {
        derived.graph.nodes[i].operation for i in derived.graph.needed(derived.outputs)
    }
    return list(dict.fromkeys(w for name, w in _BELOW_ZERO.items() if name in used))


def without_guards(
    function: Function | Transfer,
    names: Mapping[str, Expression] | None = None,
    whole: bool = False,
) -> str:
    """The formula as it reads without its guards, `1/z`; long ones are cut unless the `whole` is wanted.

    Parameters
    ----------
    names : mapping of str to Expression, optional
        What stands for arguments and parameters.
    """
    bare = [_rebuilt(part, dict(names or {})) for part in _formulas(function)]
    text = ", ".join(map(print_expression, bare))
    return text if whole else _cut(text)


def guards_in_words(
    function: Function | Transfer, names: Mapping[str, Expression] | None = None
) -> list[str]:
    """What each guard of a function does, as `z held 1e-12 from 0`; each text once.

    Parameters
    ----------
    names : mapping of str to Expression, optional
        As for `without_guards`.
    """
    found: dict[str, None] = {}
    for formula in _formulas(function):
        _collect(formula, dict(names or {}), function, found)
    return list(found)


def _formulas(function: Function | Transfer) -> tuple[Expression, ...]:
    return function.formulas if isinstance(function, Transfer) else (function.formula,)


def _collect(
    tree: Expression | Link,
    names: dict[str, Expression],
    function: Function | Transfer,
    found: dict[str, None],
) -> None:
    """Add the texts of all guards below a node, those of called functions included."""
    if isinstance(tree, Call):
        if tree.function in GUARDS:
            u, limit = (
                print_expression(_rebuilt(part, names)) for part in tree.arguments
            )
            if tree.function == "guard_zero" and limit == "0":
                found[f"{_cut(u)} is 0, where the slope is taken as 0"] = None
            else:
                found[_WORDS[tree.function].format(u=_cut(u), limit=limit)] = None
        elif tree.function in function.functions:
            called = function.functions[tree.function]
            _collect(called.formula, _given(called, tree, names), called, found)
    for part in parts_of(tree):
        _collect(part, names, function, found)


def _given(called: Function, call: Call, names: dict) -> dict[str, Expression]:
    """What the names of a called function stand for; parameters not given are defaults."""
    inner: dict[str, Expression] = {
        name: Number(value) for name, value in called.parameters
    }
    wanted = (*called.arguments, *(name for name, _ in called.parameters))
    for name, argument in zip(wanted, call.arguments, strict=False):
        inner[name] = _rebuilt(argument, names)
    return inner


def _rebuilt(tree, names: Mapping[str, Expression]):
    """The tree with names replaced, and each guard by what it guards."""
    if isinstance(tree, Name):
        return names.get(tree.name, tree)
    if isinstance(tree, Number):
        return Number(tree.value)
    if isinstance(tree, Call) and tree.function in GUARDS:
        return _rebuilt(tree.arguments[0], names)
    return rebuild(tree, lambda part: _rebuilt(part, names))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
