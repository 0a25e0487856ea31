"""What `~` lines and `=` lines have in common.

Comes in: the target of a line, the keywords of its function. Goes out: a resolver per neuron,
parameters, errors. Called by `learnt.py` and `formulas.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wildwire.errors import NetworkError, UnknownNameError
from wildwire.language.expression import Name
from wildwire.language.tree import Target
from wildwire.network.affine import (
    Monomial,
    NotAffine,
    constant,
)
from wildwire.network.naming import print_name, suggestion
from wildwire.network.prepare import Choice, walk
from wildwire.network.scope import Line, Scope, placed

if TYPE_CHECKING:
    from wildwire.functions.function import Function
    from wildwire.functions.transfer import Transfer


@dataclass
class Use:
    """The two functions of a neuron, and the call in which its sources stand."""

    activation: Function
    transfer: Transfer | None
    call: Any


def count_of(target: Target) -> int:
    """Number of neurons of a line."""
    return 1 if target.size is None else target.size


def neuron_name(target: Target, element: int) -> str:
    """Name of a line's neuron as it stands in the text."""
    name = print_name(target.name)
    return name if target.size is None else f"{name}[{element}]"


ELEMENT_COST = 100
"""What one neuron of an element-wise or `=` line takes, counted in links."""


def elements(target: Target, scope: Scope, call=None) -> list[Line]:
    """One resolver per neuron of the line, after asking whether the text may have so many.

    `call` is what every one of them will expand.
    """
    first = Line(scope, target.index)
    if count_of(target) == 1:
        return [first]
    before = scope.expanded
    for node in walk(call):
        if isinstance(node, Name) and node.name not in scope.lets:
            first.expand(node)
    cost = scope.expanded - before + ELEMENT_COST
    scope.spend(cost * (count_of(target) - 1), target.position)
    scope.expanded = before
    others = (Line(scope, target.index, i) for i in range(1, count_of(target)))
    return [first, *others]


def parameters_of(
    function: Function | Transfer, keywords, line: Line, position
) -> list[Monomial]:
    """The parameters of an activation or transfer: as written, else the defaults of its definition, frozen."""
    known = dict(function.parameters)
    written = {name: v for name, v in keywords if not isinstance(v, Choice)}
    for name in written:
        if name not in known:
            message = (
                f"{function.name} has no parameter {name!r}.{suggestion(name, known)}"
            )
            raise placed(UnknownNameError, message, position)
    result = []
    for name, default in known.items():
        try:
            value = constant(written[name], line) if name in written else None
        except NotAffine:
            message = f"the parameter {name!r} must be a number or a product of numbers"
            raise placed(NetworkError, message, position) from None
        result.append(Monomial(default) if value is None else value)
    return result


def no_sources(statement) -> NetworkError:
    message = (
        f"the neuron {statement.target.name!r} has no sources: give it at least one input or "
        "neuron to read; a number alone is written `let`"
    )
    return placed(NetworkError, message, statement.target.position)
