"""Numbers that are products of others, and neurons with a formula of their own, as expressions of a line.

Comes in: a network whose numbers have names where they are shared. Goes out: expressions. Called by `generate.py`,
which writes networks that were made, not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wildwire.language.expression import Binary, Name, Number, negate
from wildwire.network.prepare import change_parts

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.network.description import Network


def derived_terms(network: Network, slot: int, names: Mapping[int, str]) -> list:
    """The products whose sum the derived number -slot-2 is; `names` are those of the shared numbers."""
    derived = network.derived
    terms = []
    for term in range(len(derived.number)):
        if derived.number[term] != -slot - 2:
            continue
        first, last = derived.offset[term : term + 2]
        coefficient = float(derived.coefficient[term])
        result: Any = (
            None if abs(coefficient) == 1 else Number(abs(coefficient), frozen=True)
        )
        for place in range(first, last):
            name = Name(names[int(derived.slot[place])])
            if derived.power[place] > 0:
                result = name if result is None else Binary("*", result, name)
            else:
                result = Binary(
                    "/", Number(1.0, frozen=True) if result is None else result, name
                )
        if result is None:
            result = Number(1.0, frozen=True)
        terms.append(negate(result) if coefficient < 0 else result)
    return terms


def put_in(function: Function, sources: list[Name], numbers: list) -> Any:
    """The formula of a function over these sources and numbers; its own numbers are constants."""
    values: dict[str, Any] = dict(zip(function.arguments, sources, strict=True))
    parameters = (name for name, _ in function.parameters)
    values |= dict(zip(parameters, numbers, strict=True))

    def change(node):
        if isinstance(node, Name):
            return values.get(node.name, node)
        if isinstance(node, Number):
            return Number(node.value, frozen=True)
        return change_parts(node, change)

    return change(function.formula)
