"""A transfer's formula as reductions over links and what is made of them.

Comes in: a `Transfer`. Goes out: `Reduced`: one term per reduction, over the numbers of one link (or of a
pair) and over reductions of lower depth, and one term per value that the transfer returns, over reductions,
parameters and the bias. Called by `Transfer`, `transfer_text.py` and the tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wildwire.errors import FunctionError
from wildwire.functions.graph import Graph, Term
from wildwire.functions.primitives import GUARDS
from wildwire.functions.primitives import REDUCTIONS as PLAIN_REDUCTIONS
from wildwire.functions.reader import Reader
from wildwire.functions.transfer import BIAS
from wildwire.language.expression import Call, Expression, Link, Name
from wildwire.language.expression_printer import OTHER
from wildwire.language.rewrite import parts_of

if TYPE_CHECKING:
    from wildwire.functions.transfer import Transfer

__all__ = [
    "BIAS_LEAF",
    "LINK",
    "OTHER_LINK",
    "PAIR",
    "REDUCED",
    "REDUCTIONS",
    "Reduced",
    "Reduction",
    "is_reduction",
    "reduce_transfer",
]

REDUCTIONS = (*PLAIN_REDUCTIONS, "pairs")
"""What combines the terms of all links; `pairs` sums over pairs of them."""

LINK, OTHER_LINK, PAIR, REDUCED, BIAS_LEAF = "link", "other", "pair", "reduced", "bias"
"""Leaves of the graph: an argument of a link (value: its place), of the other link of a pair, a number of a
pair, a reduction (value: its number), the bias."""

DISTINCT = "distinct"
_PER_LINK = (LINK, OTHER_LINK, PAIR)


def is_reduction(node: Expression | Link) -> bool:
    """Whether a part of a transfer's formula is a reduction; `max(a, b)` is the larger of two numbers."""
    if not isinstance(node, Call) or node.function not in REDUCTIONS:
        return False
    return node.function not in ("max", "min") or len(node.arguments) == 1


@dataclass(frozen=True)
class Reduction:
    """One reduction: how terms are combined, over what, and the term.

    Attributes
    ----------
    kind : str
        One of "sum", "prod", "max", "min", "mean".
    over : {"links", "pairs", "distinct"}
    term : Term
        For one link or pair.
    depth : int
        1 for a term that reads no other reduction, else one more than the deepest that it reads.
    """

    kind: str
    over: str
    term: Term
    depth: int

    @property
    def is_paired(self) -> bool:
        """Whether it runs over pairs of links."""
        return self.over != "links"


@dataclass(frozen=True)
class Reduced:
    """A transfer's formulas, read.

    Attributes
    ----------
    graph : Graph
    reductions : tuple of Reduction
        Each reads only earlier ones.
    values : tuple of Term
    link_numbers, pair_numbers : tuple of str
        Arguments besides weight and source.
    link_places, pair_places : tuple of int
        The places of those in the arguments.
    distinct : bool
        Numbers of pairs exist for two different links only.
    has_bias : bool
    kinks : tuple of (str, Term)
        Where the formulas are not smooth.
    """

    graph: Graph
    reductions: tuple[Reduction, ...]
    values: tuple[Term, ...]
    link_numbers: tuple[str, ...]
    pair_numbers: tuple[str, ...]
    link_places: tuple[int, ...]
    pair_places: tuple[int, ...]
    distinct: bool
    has_bias: bool
    kinks: tuple[tuple[str, Term], ...]

    def terms(self) -> list[Term]:
        """The terms of all reductions, then the values."""
        return [*(r.term for r in self.reductions), *self.values]

    def is_per_link(self, term: Term) -> bool:
        """Whether a term differs from link to link."""
        needed = self.graph.needed([term])
        return any(self.graph.nodes[i].operation in _PER_LINK for i in needed)

    @property
    def counts_links(self) -> bool:
        """Whether a guard stands inside a reduction, so that it may be active for some of the links."""
        return any(self.is_per_link(guard) for guard in self.guards(self.terms()))

    def guards(self, terms) -> list[Term]:
        """The guards that these terms pass through."""
        return [
            Term(self.graph, index)
            for index in self.graph.needed(terms)
            if self.graph.nodes[index].operation in GUARDS
        ]


@dataclass
class _TransferReader(Reader):
    """Reads formulas in which reductions may stand."""

    arguments: tuple[str, ...] = ()
    pair_arguments: frozenset[str] = frozenset()
    reductions: list[Reduction] = field(default_factory=list)
    outside: dict[str, Term] = field(default_factory=dict)  # names outside reductions
    inside: str = ""  # "links", "pairs" or "distinct" while a term is read

    def _call(self, call: Call, names: Mapping[str, Term]) -> Term:
        name = call.function
        if is_reduction(call):
            return self._reduction(call)
        if name == OTHER:
            return self._other(call)
        return super()._call(call, names)

    def _name(self, name: Name, names: Mapping[str, Term]) -> Term:
        if name.name in names or name.name not in self.arguments:
            return super()._name(name, names)
        if self.inside:
            raise FunctionError(
                f"{name.name!r} is a number of a pair of links: it stands inside pairs(...)"
            )
        raise FunctionError(
            f"{name.name!r} belongs to a link and stands outside of {', '.join(REDUCTIONS)}: "
            f"write sum({name.name}*...) or another of them"
        )

    def _other(self, call: Call) -> Term:
        only = call.arguments[0] if len(call.arguments) == 1 else None
        known = isinstance(only, Name) and only.name in self.arguments
        inside = self.inside not in ("", "links") and not call.keywords
        if not isinstance(only, Name) or not known or not inside:
            raise FunctionError(
                "an apostrophe (the other link of a pair) stands behind an argument, inside pairs(...)"
            )
        return self.graph.make(OTHER_LINK, value=self.arguments.index(only.name))

    def _reduction(self, call: Call) -> Term:
        kind, over = call.function, "links"
        arguments = call.arguments
        if kind == "pairs":
            last = arguments[-1] if len(arguments) == 2 else None
            over = "pairs"
            if isinstance(last, Name) and last.name == DISTINCT:
                arguments, over = arguments[:1], DISTINCT
            kind = "sum"
        if len(arguments) != 1 or call.keywords:
            extra = " (and the word distinct)" if call.function == "pairs" else ""
            raise FunctionError(
                f"{call.function} takes one formula{extra} in a transfer"
            )
        names = dict(self.outside)
        for place, name in enumerate(self.arguments):
            if name not in self.pair_arguments:
                names[name] = self.graph.make(LINK, value=place)
            elif over != "links":
                names[name] = self.graph.make(PAIR, value=place)
        before, self.inside = self.inside, over
        term = self.read(arguments[0], names)
        self.inside = before
        return self._reduced(kind, over, term)

    def _reduced(self, kind: str, over: str, term: Term) -> Term:
        used = [self.graph.nodes[index] for index in self.graph.needed([term])]
        inner = [int(node.value) for node in used if node.operation == REDUCED]
        depth = 1 + max((self.reductions[k].depth for k in inner), default=0)
        made = Reduction(kind, over, term, depth)
        if made not in self.reductions:
            self.reductions.append(made)
        return self.graph.make(REDUCED, value=self.reductions.index(made))


def reduce_transfer(transfer: Transfer) -> Reduced:
    """Read the formulas of a transfer.

    Raises
    ------
    FunctionError
        They name what does not exist, or use a link's number outside of reductions.
    """
    further = transfer.arguments[2:]
    uses = {
        name: [use for f in transfer.formulas for use in _uses(f, name, "outside")]
        for name in further
    }
    for name, places in uses.items():
        if not places:
            raise FunctionError(f"the argument {name!r} stands nowhere in the formula")
    pair_places = tuple(
        place
        for place, name in enumerate(further, 2)
        if all(use == "pairs" for use in uses[name])
    )
    pair_numbers = tuple(transfer.arguments[place] for place in pair_places)
    graph = Graph()
    outside = {
        name: graph.make("parameter", value=j)
        for j, (name, _) in enumerate(transfer.parameters)
    }
    outside[BIAS] = graph.make(BIAS_LEAF)
    reader = _TransferReader(
        graph, transfer.functions, arguments=transfer.arguments,
        pair_arguments=frozenset(pair_numbers), outside=outside,
    )  # fmt: skip
    values = tuple(reader.read(formula, outside) for formula in transfer.formulas)
    terms = [*(r.term for r in reader.reductions), *values]
    used = {graph.nodes[index].operation for index in graph.needed(terms)}
    numbered = [r.over for r in reader.reductions if _reads(graph, r.term, PAIR)]
    link_places = tuple(
        place for place in range(2, len(transfer.arguments)) if place not in pair_places
    )
    return Reduced(
        graph, tuple(reader.reductions), values,
        tuple(transfer.arguments[place] for place in link_places), pair_numbers,
        link_places, pair_places, bool(numbered) and set(numbered) == {DISTINCT},
        BIAS_LEAF in used, tuple(reader.kinks),
    )  # fmt: skip


def _reads(graph: Graph, term: Term, operation: str) -> bool:
    needed = graph.needed([term])
    return any(graph.nodes[index].operation == operation for index in needed)


def _uses(tree, name: str, place: str) -> Iterator[str]:
    """Where a name is used: "outside" of `pairs`, "pairs", or "other" behind an apostrophe."""
    if isinstance(tree, Name):
        if tree.name == name:
            yield place
        return
    if isinstance(tree, Call):
        if is_reduction(tree):
            place = "pairs" if tree.function == "pairs" else "outside"
        elif tree.function == OTHER:
            place = "other"
    for part in parts_of(tree):
        yield from _uses(part, name, place)
