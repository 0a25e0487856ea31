"""Vector parameters written out: from a definition to scalar parameters and a formula of them.

Comes in: a definition with parameters such as `v[knots=8]`, and the sizes chosen. Goes out: parameters `v0`, `v1`, ...
and formulas in which every reduction over a vector has become one term per element. Called by `define.py`, so that all
that follows (derivatives, kernels, theta) knows scalars only.

    sum(c*sin((1 + index(c))*z))   with three elements is   c0*sin((1 + 0)*z) + c1*sin((1 + 1)*z) + c2*sin((1 + 2)*z)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wildwire.errors import FunctionError
from wildwire.functions.primitives import REDUCTIONS
from wildwire.language.expression import (
    Binary,
    Call,
    Expression,
    Name,
    Number,
    Place,
    Sum,
)
from wildwire.language.rewrite import parts_of, rebuild
from wildwire.language.tree import MOST_ELEMENTS, Definition, Vector

__all__ = [
    "WrittenOut",
    "element_name",
    "sizes_of",
    "start_of",
    "write_out",
]


@dataclass(frozen=True)
class WrittenOut:
    """A definition without vectors: its parameters, formula and training slope."""

    parameters: tuple[tuple[str, float], ...]
    formula: Expression
    slope: Expression | None


def element_name(vector: str, element: int) -> str:
    """The parameter that is one element of a vector."""
    return f"{vector}{element}"


def sizes_of(definition: Definition, chosen: Mapping[str, Any]) -> dict[str, int]:
    """Number of elements of every vector, with the sizes that a call has chosen.

    Raises
    ------
    FunctionError
        A size that is no whole number from 1 to `MOST_ELEMENTS`.
    """
    for name, size in chosen.items():
        whole = isinstance(size, int) and not isinstance(size, bool)
        if not whole or not 1 <= size <= MOST_ELEMENTS:
            raise FunctionError(
                f"{name} of {definition.name} is a whole number from 1 to "
                f"{MOST_ELEMENTS}, written plainly, not {size!r}"
            )
    return {
        name: chosen.get(vector.size_name, vector.size)
        if vector.size_name
        else vector.size
        for name, vector in definition.vectors.items()
    }


def write_out(definition: Definition, chosen: Mapping[str, int]) -> WrittenOut:
    """The definition with its vectors written out.

    Raises
    ------
    FunctionError
        A vector stands outside a reduction, or an element is asked for that it does not have.

    Notes
    -----
    An element has the default 0, which `Function.elements` marks as unknown.
    """
    sizes = sizes_of(definition, chosen)
    parameters: list[tuple[str, float]] = []
    for name, value in definition.parameters:
        if isinstance(value, Vector):
            parameters += [(element_name(name, k), 0.0) for k in range(sizes[name])]
        else:
            parameters.append((name, value))
    writing = _Writing(definition, sizes)
    slope = definition.slope
    return WrittenOut(
        tuple(parameters),
        writing.read(definition.formula, None),
        None if slope is None else writing.read(slope, None),
    )


def start_of(
    definition: Definition, chosen: Mapping[str, int], vector: str, element: int
) -> Expression | None:
    """Where an element starts: its clause `start` in the names of the parameters; None where there is none."""
    clause = definition.start(vector)
    if clause is None:
        return None
    return _Writing(definition, sizes_of(definition, chosen)).read(clause, element)


class _Writing:
    """Reads formulas of one definition; `element` is the place inside a reduction, else None."""

    def __init__(self, definition: Definition, sizes: dict[str, int]):
        self.sizes = sizes
        self.named = {
            vector.size_name: sizes[name]
            for name, vector in definition.vectors.items()
            if vector.size_name is not None
        }

    def read(self, node, element: int | None):
        """The node with names of elements and numbers in place of vectors."""
        if isinstance(node, Name):
            return self._name(node, element)
        if isinstance(node, Call) and (vector := self._asked(node)) is not None:
            if node.function == "size":
                return Number(float(self.sizes[vector]))
            if element is None:
                raise _outside(f"index({vector})", vector)
            return Number(float(element))
        if isinstance(node, Call) and node.function in REDUCTIONS:
            lengths = {self.sizes[name] for name in self._reduced(node)}
            if lengths and len(node.arguments) == 1:
                return self._reduction(node, lengths)
            if node.function in ("sum", "prod", "mean"):
                raise FunctionError(
                    f"{node.function}(...) takes one argument and runs over the elements of "
                    "a vector parameter in it, as in sum(v*z**index(v))"
                )
        return rebuild(node, lambda part: self.read(part, element))

    def _reduction(self, call: Call, lengths: set[int]) -> Expression:
        if len(lengths) > 1:
            sizes = " and ".join(map(str, sorted(lengths)))
            raise FunctionError(
                f"{call.function} runs over vectors of {sizes} elements at once"
            )
        inner = call.arguments[0]
        return COMBINED[call.function]([self.read(inner, k) for k in range(*lengths)])

    def _asked(self, call: Call) -> str | None:
        """The vector whose index or size a call asks for."""
        if call.function not in ("index", "size") or len(call.arguments) != 1:
            return None
        inner = call.arguments[0]
        if isinstance(inner, Name) and inner.index is None and inner.name in self.sizes:
            return inner.name
        return None

    def _reduced(self, call: Call) -> Iterator[str]:
        """Vectors over which a reduction runs: all inside it, but for those of a further one."""
        waiting = list(parts_of(call))
        while waiting:
            node = waiting.pop()
            if (
                isinstance(node, Name)
                and node.name in self.sizes
                and node.index is None
            ):
                yield node.name
            is_size = isinstance(node, Call) and node.function == "size"
            if not is_size and not self._is_reduction(node):
                waiting += parts_of(node)

    def _is_reduction(self, node) -> bool:
        return (
            isinstance(node, Call)
            and node.function in REDUCTIONS
            and len(node.arguments) == 1
        )

    def _name(self, name: Name, element: int | None) -> Name | Number:
        if name.name in self.named:
            return Number(float(self.named[name.name]))
        if name.name not in self.sizes:
            return name
        if name.index is not None:
            return Name(element_name(name.name, self._place(name)))
        if element is None:
            raise _outside(name.name, name.name)
        return Name(element_name(name.name, element))

    def _place(self, name: Name) -> int:
        place, size = name.index, self.sizes[name.name]
        assert isinstance(place, Place)  # the parser lets nothing else through
        number = place.offset
        if place.variable is not None:
            if place.variable not in self.named:
                raise FunctionError(
                    f"the index {place.variable!r} of {name.name} is not the name of a size; "
                    f"inside a reduction {name.name} itself is the element"
                )
            number += place.factor * self.named[place.variable]
        if not 0 <= number < size:
            raise FunctionError(
                f"the formula reads {name.name}[{number}], and {name.name} has {size} "
                f"element{'s' if size > 1 else ''}, 0 to {size - 1}"
            )
        return number


def _outside(what: str, vector: str) -> FunctionError:
    return FunctionError(
        f"{what} stands outside of a reduction: a vector is read inside sum, prod, mean, "
        f"max or min, as {vector}[0], or by size({vector})"
    )


def _paired(combine: Callable) -> Callable:
    def halves(values: list) -> Expression:
        # Not one after another: a thousand would be as many levels of recursion for every reader.
        if len(values) == 1:
            return values[0]
        middle = (len(values) + 1) // 2
        return combine(halves(values[:middle]), halves(values[middle:]))

    return halves


def _sum(values: list) -> Expression:
    # Flat: 64 terms nested to the left would be 64 levels of recursion for every reader.
    return Sum(tuple(values)) if len(values) > 1 else values[0]


COMBINED: dict[str, Callable[[list], Expression]] = {
    "sum": _sum,
    "mean": lambda values: Binary("/", _sum(values), Number(float(len(values)))),
    "prod": _paired(lambda a, b: Binary("*", a, b)),
    "max": _paired(lambda a, b: Call("max", (a, b))),
    "min": _paired(lambda a, b: Call("min", (a, b))),
}
"""How the values of the elements become one."""
