"""Prepared expressions as weighted sums of their sources.

Comes in: a tree from `prepare.py` and a resolver of names. Goes out: the terms of the sum (links
and bias), or `NotAffine`. Called by `lines.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from wildwire.language.expression import Binary, Call, Name, Number, Sum, Unary
from wildwire.network.prepare import Learnable, parts

Key = int | str
"""What names a number in a product: its key in the line or its slot (int), or its `let` name (str)."""

# ---- weighted sums --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Monomial:
    """coefficient * product of numbers: `factors` are pairs of a slot (or local key) and 1 or -1."""

    coefficient: float
    factors: tuple[tuple[Key, int], ...] = ()

    def __mul__(self, other: Monomial) -> Monomial:
        return Monomial(
            self.coefficient * other.coefficient, self.factors + other.factors
        )

    def __truediv__(self, other: Monomial) -> Monomial:
        factors = tuple((slot, -power) for slot, power in other.factors)
        return Monomial(self.coefficient / other.coefficient, self.factors + factors)


ONE = Monomial(1.0)


@dataclass(frozen=True, slots=True)
class Term:
    """weight * value of a node `delay` steps ago; the constant part has the node None."""

    node: int | None
    delay: int
    weight: Monomial


class NotAffine(Exception):
    """The expression is not a weighted sum of its sources. Caught by `lines.py`; never leaves this layer."""


class Resolver(Protocol):
    """What the names of a line stand for; `scope.Line` is the one implementation."""

    def let(self, name: str) -> Monomial | None:
        """The shared number or frozen constant of that name."""

    def length(self, name: Name) -> int | None:
        """How many values the name stands for; None for one."""

    def source(self, name: Name, element: int | None) -> tuple[int, int]:
        """Node and delay of the name, or of its element; an error for a whole group outside a reduction."""

    def fold(self, function: str, *arguments: float) -> float | None:
        """A function of frozen numbers; None where it cannot be folded."""


def weighted_sum(tree, resolver: Resolver) -> list[Term]:
    """The terms of an affine tree, in written order; frozen constants among them are folded.

    Raises
    ------
    NotAffine
    """
    return _fold(_terms(tree, resolver, None))


def constant(tree, resolver: Resolver) -> Monomial:
    """The value of a tree without sources, as one product.

    Raises
    ------
    NotAffine
        It has sources, or it is a sum of several learnable products.
    """
    return _single(weighted_sum(tree, resolver))


def _terms(tree, resolver: Resolver, element: int | None) -> list[Term]:
    """The terms of a tree; inside a reduction, those of one element of the groups in it."""
    if isinstance(tree, Learnable):
        return [Term(None, 0, Monomial(1.0, ((tree.key, 1),)))]
    if isinstance(tree, Number) and tree.value is not None:
        return [Term(None, 0, Monomial(tree.value))]
    if isinstance(tree, Name):
        return [_name(tree, resolver, element)]
    if isinstance(tree, Sum):
        return [t for part in tree.terms for t in _terms(part, resolver, element)]
    if isinstance(tree, Unary):
        return _scale(_terms(tree.operand, resolver, element), Monomial(-1.0))
    if isinstance(tree, Binary):
        return _binary(tree, resolver, element)
    if isinstance(tree, Call):
        return _call(tree, resolver, element)
    raise NotAffine


def _name(name: Name, resolver: Resolver, element: int | None) -> Term:
    if name.index is None and name.delay is None:
        value = resolver.let(name.name)
        if value is not None:
            return Term(None, 0, value)
    node, delay = resolver.source(name, element)
    return Term(node, delay, ONE)


def _binary(tree: Binary, resolver: Resolver, element: int | None) -> list[Term]:
    left = _terms(tree.left, resolver, element)
    right = _terms(tree.right, resolver, element)
    if tree.operator == "*":
        if any(term.node is not None for term in left):
            left, right = right, left
        if any(term.node is not None for term in left):
            raise NotAffine
        return [part for factor in _fold(left) for part in _scale(right, factor.weight)]
    if tree.operator == "/":
        divisor = _single(_fold(right))
        if divisor.coefficient == 0:
            raise NotAffine
        return [replace(term, weight=term.weight / divisor) for term in left]
    if tree.operator == "**":
        value = resolver.fold("**", _frozen(left), _frozen(right))
        if value is not None:
            return [Term(None, 0, Monomial(value))]
    raise NotAffine


def _call(call: Call, resolver: Resolver, element: int | None) -> list[Term]:
    if call.function in ("sum", "mean") and call.arguments and not call.keywords:
        return _reduction(call, resolver)
    if call.keywords or not call.arguments or call.function in ("max", "min", "prod"):
        raise NotAffine
    arguments = [_terms(part, resolver, element) for part in call.arguments]
    value = resolver.fold(call.function, *map(_frozen, arguments))
    if value is None:
        raise NotAffine
    return [Term(None, 0, Monomial(value))]


def _reduction(call: Call, resolver: Resolver) -> list[Term]:
    """`sum` or `mean` over the elements of the groups in its arguments."""
    terms: list[Term] = []
    count = 0
    for argument in call.arguments:
        found = (resolver.length(name) for name in _names(argument))
        lengths = {length for length in found if length is not None}
        if len(lengths) > 1:
            raise NotAffine
        elements = range(lengths.pop()) if lengths else (None,)
        for element in elements:
            terms += _terms(argument, resolver, element)
        count += len(elements)
    if call.function == "mean":
        return _scale(terms, Monomial(1.0 / count))
    return terms


def _names(tree) -> Iterator[Name]:
    """The names in a tree, except inside further reductions."""
    if isinstance(tree, Name):
        yield tree
    elif not (isinstance(tree, Call) and tree.function in ("sum", "mean")):
        for part in parts(tree):
            yield from _names(part)


def _scale(terms: list[Term], factor: Monomial) -> list[Term]:
    return [replace(term, weight=factor * term.weight) for term in terms]


def _fold(terms: list[Term]) -> list[Term]:
    """Add up the frozen constants; they stand where the first of them stood."""
    places = [i for i, t in enumerate(terms) if t.node is None and not t.weight.factors]
    if len(places) < 2:
        return terms
    total = sum(terms[i].weight.coefficient for i in places)
    folded = replace(terms[places[0]], weight=Monomial(total))
    drop = set(places[1:])
    kept = [term for i, term in enumerate(terms) if i not in drop]
    kept[places[0]] = folded
    return kept


def _single(terms: list[Term]) -> Monomial:
    if len(terms) != 1 or terms[0].node is not None:
        raise NotAffine
    return terms[0].weight


def _frozen(terms: list[Term]) -> float:
    weight = _single(_fold(terms))
    if weight.factors:
        raise NotAffine
    return weight.coefficient
