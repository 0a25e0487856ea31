"""A transfer taken apart: a formula for the term of each reduction, and for each value.

Comes in: a `Transfer`. Goes out: `Parts`, functions of kind "expression" whose number does not grow with the links.
Called by `program/expanded.py`, which makes neurons of them: so second derivatives of any transfer are those of small
formulas, in a time that grows with the links and not with their square.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wildwire.functions.function import Function
from wildwire.functions.reductions import DISTINCT, is_reduction
from wildwire.functions.transfer import BIAS
from wildwire.language.expression import Binary, Call, Expression, Name
from wildwire.language.expression_printer import OTHER
from wildwire.language.rewrite import rebuild

if TYPE_CHECKING:
    from wildwire.functions.transfer import Transfer

__all__ = ["FIRST", "SECOND", "Part", "Parts", "Reduced", "pair_of", "parted"]

FIRST, SECOND = "first", "second"
"""Which link of a pair; of a single link always the first."""

Place = tuple[str, Any]
"""Where an argument or a number comes from: ("source", FIRST or SECOND), ("reduction", number); ("weight", which),
("link", (name, which)), ("pair", name), ("parameter", name), ("bias", None)."""


@dataclass(frozen=True)
class Part:
    """A formula, and what stands for its arguments and parameters."""

    function: Function
    arguments: tuple[Place, ...]
    numbers: tuple[Place, ...]


@dataclass(frozen=True)
class Reduced:
    """One reduction: its kind ("sum", "mean", "prod", "max", "min"), over what, and its term."""

    kind: str
    over: str
    term: Part


@dataclass(frozen=True)
class Parts:
    """A transfer's reductions, each reading only earlier ones, and its values."""

    reductions: tuple[Reduced, ...]
    values: tuple[Part, ...]


@functools.lru_cache(maxsize=256)
def parted(transfer: Transfer) -> Parts:
    """The parts of a transfer."""
    maker = _Maker(transfer)
    values = tuple(maker.part(formula, "value") for formula in transfer.formulas)
    return Parts(tuple(maker.found), values)


@functools.cache
def pair_of(kind: str) -> Function:
    """Two terms of a product, maximum or minimum as one."""
    a, b = Name("a"), Name("b")
    formula = Binary("*", a, b) if kind == "prod" else Call(kind, (a, b))
    return Function(f"{kind} of two", "expression", ("a", "b"), (), formula)


class _Maker:
    def __init__(self, transfer: Transfer) -> None:
        self.transfer = transfer
        self.found: list[Reduced] = []
        self.known: dict[Expression, int] = {}

    def part(self, formula: Any, what: str) -> Part:
        """The part that a formula is, its reductions made before."""
        writer = _Writer(self)
        written = writer.write(formula, "")
        # A formula without sources reads one all the same: a neuron has at least one.
        arguments = writer.arguments or {"x": ("source", FIRST)}
        function = Function(
            name=f"{what} of {self.transfer.name}",
            kind="expression",
            arguments=tuple(arguments),
            parameters=tuple((name, 0.0) for name in writer.numbers),
            formula=written,
            uses=self.transfer.uses,
        )
        places = tuple(arguments.values()), tuple(writer.numbers.values())
        return Part(function, *places)

    def reduction(self, call: Call) -> int:
        """Number of a reduction, made when it is first met."""
        if call not in self.known:
            kind, over = call.function, "links"
            if kind == "pairs":
                over = DISTINCT if Name(DISTINCT) in call.arguments[1:] else "pairs"
                kind = "sum"
            term = self.part(call.arguments[0], "term")
            self.found.append(Reduced(kind, over, term))
            self.known[call] = len(self.found) - 1
        return self.known[call]


@dataclass
class _Writer:
    """Writes a formula in names of its own, and remembers what they stand for."""

    maker: _Maker
    arguments: dict[str, Place] = field(default_factory=dict)
    numbers: dict[str, Place] = field(default_factory=dict)

    def write(self, tree: Any, which: str) -> Any:
        """The tree; `which` is SECOND behind an apostrophe."""
        if isinstance(tree, Name):
            return self._name(tree, which or FIRST)
        if is_reduction(tree):
            number = self.maker.reduction(tree)
            return self._argument(f"r{number}", ("reduction", number))
        if isinstance(tree, Call) and tree.function == OTHER:
            return self.write(tree.arguments[0], SECOND)
        return rebuild(tree, lambda part: self.write(part, which))

    def _argument(self, name: str, place: Place) -> Name:
        self.arguments[name] = place
        return Name(name)

    def _number(self, name: str, place: Place) -> Name:
        self.numbers[name] = place
        return Name(name)

    def _name(self, name: Name, which: str) -> Name:
        transfer, own = self.maker.transfer, name.name
        if own in dict(transfer.parameters):
            return self._number(f"p_{own}", ("parameter", own))
        if own == BIAS:
            return self._number(BIAS, ("bias", None))
        if own == transfer.arguments[1]:
            return self._argument(f"x_{which}", ("source", which))
        if own == transfer.arguments[0]:
            return self._number(f"w_{which}", ("weight", which))
        if own in transfer.pair_numbers:
            return self._number(f"q_{own}", ("pair", own))
        if own in transfer.link_numbers:
            return self._number(f"n_{own}_{which}", ("link", (own, which)))
        return name
