"""A formula as a graph in which equal parts exist once.

Comes in: numbers, arguments and operations, one after another. Goes out: node numbers;
whoever builds the same node twice gets the same number, so that common subexpressions,
memoised derivatives and structural equality cost nothing. Called by `derive.py`; read by
`evaluate.py` (NumPy) and `generate.py` (kernel text).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from wildwire.errors import FunctionError

__all__ = ["COMPARISONS", "MOST_NODES", "Graph", "Node", "Term"]

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
MOST_NODES = 20_000
WHOLE_POWERS = 32


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: its name, the nodes it reads, and a number where it has one.

    `operation` is "number" (value), "argument" or "parameter" (value: its index),
    "whole_power" and "half_power" (value: the exponent, 1.5 or 2.5 ...), one of + - * /, "negative", a comparison,
    "where", or the name of a primitive.
    """

    operation: str
    sources: tuple[int, ...] = ()
    value: float | int = 0


@dataclass(frozen=True, slots=True)
class Term:
    """A node with its graph, so that rules can be written as arithmetic."""

    graph: Graph
    index: int

    @property
    def node(self) -> Node:
        """The operation behind this term."""
        return self.graph.nodes[self.index]

    @property
    def number(self) -> float | None:
        """Its value if it is a constant, else None."""
        node = self.node
        return node.value if node.operation == "number" else None

    def __add__(self, other: Term | float) -> Term:
        return self.graph.add(self, self.graph.term(other))

    def __radd__(self, other: float) -> Term:
        return self.graph.add(self.graph.term(other), self)

    def __sub__(self, other: Term | float) -> Term:
        return self.graph.subtract(self, self.graph.term(other))

    def __rsub__(self, other: float) -> Term:
        return self.graph.subtract(self.graph.term(other), self)

    def __mul__(self, other: Term | float) -> Term:
        return self.graph.multiply(self, self.graph.term(other))

    def __rmul__(self, other: float) -> Term:
        return self.graph.multiply(self.graph.term(other), self)

    def __truediv__(self, other: Term | float) -> Term:
        return self.graph.divide(self, self.graph.term(other))

    def __rtruediv__(self, other: float) -> Term:
        return self.graph.divide(self.graph.term(other), self)

    def __neg__(self) -> Term:
        return self.graph.negate(self)

    def __pow__(self, other: Term | float) -> Term:
        return self.graph.raise_to(self, self.graph.term(other))


class Graph:
    """Nodes in an order in which each reads only earlier ones."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._known: dict[Node, int] = {}

    def make(self, operation: str, *sources: Term, value: float = 0) -> Term:
        """The node with this operation on these sources, made once."""
        node = Node(operation, tuple(source.index for source in sources), value)
        # -0.0 == 0.0 would merge two different numbers.
        if operation == "number" and value == 0:
            node = Node(operation, (), 0.0)
        index = self._known.get(node)
        if index is None:
            index = len(self.nodes)
            if index >= MOST_NODES:
                raise FunctionError(
                    f"the formula and its derivatives need more than {MOST_NODES} "
                    "operations: split it over several neurons"
                )
            self.nodes.append(node)
            self._known[node] = index
        return Term(self, index)

    def term(self, value: Term | float) -> Term:
        """A number as a node; a term stays what it is."""
        if isinstance(value, Term):
            return value
        value = float(value)
        if not math.isfinite(value):
            raise FunctionError(
                "a constant part of the formula is not a finite number "
                f"({value}): look for a division by zero or an overflow"
            )
        return self.make("number", value=value)

    def _folded(self, operation: str, left: Term, right: Term) -> Term | None:
        """The result where both sides are numbers."""
        a, b = left.number, right.number
        if a is None or b is None:
            return None
        if operation == "/" and b == 0:
            raise FunctionError("the formula divides a constant by zero")
        return self.term(
            {
                "+": lambda: a + b,
                "-": lambda: a - b,
                "*": lambda: a * b,
                "/": lambda: a / b,
            }[operation]()
        )

    def add(self, left: Term, right: Term) -> Term:
        """left + right."""
        folded = self._folded("+", left, right)
        if folded is not None:
            return folded
        if left.number == 0:
            return right
        if right.number == 0:
            return left
        if left.index == right.index:
            return self.multiply(self.term(2.0), left)
        if right.node.operation == "negative":
            return self.subtract(left, self.source(right))
        if left.node.operation == "negative":
            return self.subtract(right, self.source(left))
        return self.make("+", left, right)

    def subtract(self, left: Term, right: Term) -> Term:
        """left - right."""
        folded = self._folded("-", left, right)
        if folded is not None:
            return folded
        if right.number == 0:
            return left
        if left.number == 0:
            return self.negate(right)
        if right.node.operation == "negative":
            return self.add(left, self.source(right))
        return self.make("-", left, right)

    def multiply(self, left: Term, right: Term) -> Term:
        """left * right; a factor that is 0 wins, also over infinity."""
        folded = self._folded("*", left, right)
        if folded is not None:
            return folded
        for one, other in ((left, right), (right, left)):
            if one.number == 0:
                return one
            if one.number == 1:
                return other
            if one.number == -1:
                return self.negate(other)
        for one, other in ((left, right), (right, left)):
            if self._masks(one):
                return self._inside(one, lambda part, by=other: part * by)
            if one.node.operation == "negative":
                return self.negate(self.multiply(self.source(one), other))
        if right.number is not None:
            left, right = right, left
        inner = self._number_factor(left, right)
        return inner if inner is not None else self.make("*", left, right)

    def _number_factor(self, left: Term, right: Term) -> Term | None:
        """a * (b * x) as (a*b) * x."""
        if left.number is None or right.node.operation != "*":
            return None
        first = self.source(right)
        if first.number is None:
            return None
        return self.multiply(
            self.term(left.number * first.number), self.source(right, 1)
        )

    def divide(self, left: Term, right: Term) -> Term:
        """left / right."""
        folded = self._folded("/", left, right)
        if folded is not None:
            return folded
        if right.number == 0:
            raise FunctionError("the formula divides by zero")
        if left.number == 0 or right.number == 1:
            return left
        if self._masks(left):
            return self._inside(left, lambda part: part / right)
        if left.node.operation == "negative":
            return self.negate(self.source(left) / right)
        # Exact for powers of two, and cheaper; other divisors keep their rounding.
        if right.number is not None and math.frexp(right.number)[0] in (0.5, -0.5):
            return self.multiply(self.term(1 / right.number), left)
        return self.make("/", left, right)

    def negate(self, term: Term) -> Term:
        """-term."""
        if term.number is not None:
            return self.term(-term.number)
        if term.node.operation == "negative":
            return self.source(term)
        if term.node.operation == "-":
            return self.subtract(self.source(term, 1), self.source(term))
        if term.node.operation == "*":
            factor = self.source(term).number
            if factor is not None:
                return self.multiply(self.term(-factor), self.source(term, 1))
        return self.make("negative", term)

    def raise_to(self, base: Term, exponent: Term) -> Term:
        """base ** exponent: products and square roots where the exponent allows."""
        power = exponent.number
        if power is None:
            return self.make("power", base, exponent)
        if base.number is not None:
            return self.term(_constant_power(base.number, power))
        if power == 0:
            return self.term(1.0)
        if power == 1:
            return base
        if abs(power) > WHOLE_POWERS or (2 * power) % 1 != 0:
            return self.make("power", base, exponent)
        if power < 0:
            return self.divide(self.term(1.0), self.raise_to(base, self.term(-power)))
        if power == 0.5:
            return self.make("sqrt", base)
        # One node, so that the slope of x**1.5 is 1.5*sqrt(x) and not 0/0 at 0.
        kind = "whole_power" if power % 1 == 0 else "half_power"
        return self.make(kind, base, value=power)

    def compare(self, operator: str, left: Term, right: Term) -> Term:
        """left < right and its kin, for `where` alone."""
        return self.make(operator, left, right)

    def where(self, condition: Term, if_true: Term, if_false: Term) -> Term:
        """One of two values; equal values need no condition."""
        if if_true.index == if_false.index:
            return if_true
        return self.make("where", condition, if_true, if_false)

    def source(self, term: Term, position: int = 0) -> Term:
        """What a node reads at one position."""
        return Term(self, term.node.sources[position])

    def _masks(self, term: Term) -> bool:
        """True for where(c, 0, b) and where(c, a, 0)."""
        return term.node.operation == "where" and (
            self.source(term, 1).number == 0 or self.source(term, 2).number == 0
        )

    def _inside(self, mask: Term, change) -> Term:
        """where(c, 0, change(b)): what the mask discards may be infinite or nan."""
        condition, if_true, if_false = (self.source(mask, i) for i in range(3))
        return self.where(condition, change(if_true), change(if_false))

    def needed(self, outputs: Iterable[Term]) -> list[int]:
        """Nodes that these outputs need, in order of evaluation."""
        wanted: set[int] = set()
        waiting = [output.index for output in outputs]
        while waiting:
            index = waiting.pop()
            if index not in wanted:
                wanted.add(index)
                waiting.extend(self.nodes[index].sources)
        return sorted(wanted)


def _constant_power(base: float, power: float) -> float:
    try:
        return math.pow(base, power)
    except (OverflowError, ValueError):
        raise FunctionError(
            f"{base:g}**{power:g} in the formula is not a finite number"
        ) from None
