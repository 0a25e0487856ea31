"""The lines of a kernel's loop: one operation after another, as Python text.

Comes in: terms of a graph. Goes out: assignments, and the texts of the terms. Called by `kernel_text.py`
(functions) and `transfer_text.py` (transfers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wildwire.functions.graph import COMPARISONS, Graph, Node, Term
from wildwire.functions.primitives import GUARDS

__all__ = ["Lines", "bare"]

LONGEST_PART = 24

_INFIX = {"+", "-", "*", "/", *COMPARISONS}
_SINES = ("sin", "cos")
_POWERS = ("whole_power", "half_power")


class Lines:
    """Writes the body of a loop: a line per operation that is read more than once.

    Parameters
    ----------
    graph : Graph
    outputs : sequence of Term
        What the loop is after.
    leaves : mapping of str to str
        How a leaf is written: its operation -> a format for its value, `{"parameter": "p{}"}`.
    """

    def __init__(
        self, graph: Graph, outputs: Sequence[Term], leaves: Mapping[str, str]
    ) -> None:
        self.graph, self.outputs, self.leaves = graph, tuple(outputs), leaves
        self.order = graph.needed(self.outputs)
        self.reads = self._count_reads()
        self.texts: dict[int, str] = {}
        self.lines: list[str] = []
        self.used: set[str] = set()

    def _count_reads(self) -> dict[int, int]:
        """How often each node is named; a whole power names its base several times."""
        reads = dict.fromkeys(self.order, 0)
        for index in self.order:
            node = self.graph.nodes[index]
            several = node.operation in (*_POWERS, "sign", *GUARDS)
            for source in node.sources:
                reads[source] += 2 if several else 1
        for output in self.outputs:
            reads[output.index] += 1
        return reads

    def write(self, exact_sines: bool) -> list[str]:
        """Assignments of the loop body; with `exact_sines`, for sines of any size.

        `texts` then holds how each term is read.
        """
        self.texts, self.lines = {}, []
        for index in self.order:
            node = self.graph.nodes[index]
            text = self._text(node, exact_sines)
            leaf = node.operation == "number" or node.operation in self.leaves
            once = self.reads[index] == 1 and len(text) <= LONGEST_PART
            if leaf or once or node.operation in COMPARISONS:
                self.texts[index] = text
            else:
                self.lines.append(f"t{index} = {bare(text)}")
                self.texts[index] = f"t{index}"
        return self.lines

    def text(self, term: Term) -> str:
        """How a term is read, after `write`."""
        return bare(self.texts[term.index])

    def _name(self, name: str) -> str:
        self.used.add(name)
        return name

    def _text(self, node: Node, exact_sines: bool) -> str:
        sources = [self.texts[source] for source in node.sources]
        operation = node.operation
        if operation == "number":
            return f"{self._name('real')}({node.value!r})"
        if operation in self.leaves:
            return self.leaves[operation].format(int(node.value))
        if operation in _INFIX:
            return f"({sources[0]} {operation} {sources[1]})"
        if operation == "negative":
            return f"(-{sources[0]})"
        if operation == "whole_power":
            return f"({_repeated(sources[0], int(node.value))})"
        if operation == "half_power":
            whole = _repeated(sources[0], int(node.value))
            return f"({whole} * {self._name('sqrt')}({bare(sources[0])}))"
        sources = [bare(source) for source in sources]
        if operation == "where":
            return f"{self._name('select')}({', '.join(sources)})"
        if operation in ("abs", "sign", *GUARDS):
            return self._choice(operation, *sources)
        name = f"{operation}_any" if exact_sines and operation in _SINES else operation
        return f"{self._name(name)}({', '.join(sources)})"

    def _choice(self, operation: str, x: str, limit: str = "") -> str:
        if operation == "abs":
            return f"{self._name('absolute')}({x})"
        select = self._name("select")
        if operation == "sign":
            zero, one = f"{self._name('real')}(0.0)", "real(1.0)"
            negative = f"{select}({x} < {zero}, -{one}, {x})"
            return f"{select}({x} > {zero}, {one}, {negative})"
        if operation == "guard_zero":
            side = f"{select}({x} < {self._name('real')}(0.0), -{limit}, {limit})"
            return f"{select}({self._name('absolute')}({x}) <= {limit}, {side}, {x})"
        operator = "<=" if operation == "guard_below" else ">="
        return f"{select}({x} {operator} {limit}, {limit}, {x})"

    def activity(self, guard: Term) -> str:
        """Condition under which a guard is active."""
        first, limit = (self.texts[index] for index in guard.node.sources)
        if guard.node.operation == "guard_zero":
            first = f"{self._name('absolute')}({first})"
        operator = ">=" if guard.node.operation == "guard_above" else "<="
        return f"{first} {operator} {limit}"

    def sine_arguments(self) -> list[str]:
        """Texts of all arguments of sin and cos."""
        found = [
            self.texts[self.graph.nodes[index].sources[0]]
            for index in self.order
            if self.graph.nodes[index].operation in _SINES
        ]
        return list(dict.fromkeys(found))


def bare(text: str) -> str:
    """The text without brackets around the whole of it."""
    if not text.startswith("("):
        return text
    depth = 0
    for i, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text[1:-1] if i == len(text) - 1 else text
    return text


def _repeated(base: str, exponent: int) -> str:
    """A power by repeated squaring, as text."""
    if exponent == 1:
        return base
    root = _repeated(base, exponent // 2)
    if exponent // 2 > 1:
        root = f"({root})"
    return f"{root} * {root} * {base}" if exponent % 2 else f"{root} * {root}"
