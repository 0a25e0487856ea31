"""Nodes of expressions, shared by the lines of a network and the formulas of functions.

Comes in: what `parser.py` has read, or what `network` builds itself. Goes out: immutable trees that compare and hash by
content. Called by every other file of the language, by `functions` and by `network`.

Normal form (what the parser makes; the printer and the parser are inverse on it):

- a sum of two or more terms is one flat `Sum`; a bracketed sum inside it stays a term of its own;
- a minus sign belongs to the first factor of its term: `a - 1.2*x` is Sum(a, -1.2 * x), `a - b*c` is Sum(a, (-b) * c);
  `-?` is `?`, because an unknown number has no sign yet; `Unary` stands only around a name, call, power or sum;
- products and powers are `Binary`, products nested to the left, powers to the right;
- formulas of functions hold no `Sum`: there `+` and `-` are `Binary`, nested to the left (`rewrite.binary_form`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from wildwire.errors import LanguageError

Position = tuple[int, int]
"""Line and column of a node's first character, counted from 1. Never compared: same formula, same tree."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in the text: `0.5`, `[0.9]`, `?`.

    Parameters
    ----------
    value : float or None
        Finite; None is `?`, not known yet.
    frozen : bool
        True for `[0.9]`: learning must not touch it. What a plain number means (it learns in an `=` line, it is a
        constant in a `fixed` line or a function's formula) is said by the statement that it stands in.
    """

    value: float | None
    frozen: bool = False
    position: Position | None = field(default=None, compare=False, repr=False)

    def __post_init__(self):
        if self.value is None:
            if self.frozen:
                raise LanguageError("an unknown number `?` cannot be frozen")
        elif not math.isfinite(self.value):
            raise LanguageError(
                f"{self.value} is not a finite number and cannot stand in a text"
            )


@dataclass(frozen=True, slots=True)
class Place:
    """One index of a group: `3`, `k`, `k+1`, `2*k-1`; counted from 0.

    The index is `factor*variable + offset`; without a variable it is `offset`, which is not negative.
    """

    offset: int
    variable: str | None = None
    factor: int = 1


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive indices of a group, both ends included: `3..7` are five, `k..k+2` three."""

    first: Place
    last: Place


@dataclass(frozen=True, slots=True)
class Category:
    """One value of a categorical input, as an index: `colour["red"]`.

    In brackets a number is always a place, so a category that is a number is reached by its place: `grade[0]`.
    """

    label: str


@dataclass(frozen=True, slots=True)
class Name:
    """A name that is read: an input, a neuron, a group, a `let` number, or an argument of a function.

    Parameters
    ----------
    name : str
        Without quotes.
    index : Place, Slice, Category or None
        `x[3]`, `x[k+1]`, `x[3..7]`, `colour["red"]`; None is the whole of it.
    delay : int, (int, int) or None
        `m@1` is 1; `u@1..3` is (1, 3), three delayed links, both ends included; None is no delay (`@0` reads as None).
    """

    name: str
    index: Place | Slice | Category | None = None
    delay: int | tuple[int, int] | None = None
    position: Position | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Link:
    """A source, or several, with the numbers of their link: `s: 0.3`, `(x2, g): -2.0`, `s: (0.3, 1.5)`.

    Stands only among the arguments of a call, for transfers whose weights do not multiply their source.

    Parameters
    ----------
    sources : tuple of Name
        One for a link, two or more for numbers of a pair (or triple) of sources.
    numbers : tuple of Number or other expression
        One or more, in the order in which the transfer names its weights. A `let` name is allowed.
    """

    sources: tuple[Name, ...]
    numbers: tuple[Expression, ...]
    position: Position | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments, keyword=value, ...)`.

    Parameters
    ----------
    function : str
        Functions have a name space of their own.
    arguments : tuple of expression or Link
        In written order. In a `~` line these are the sources and possibly the frozen number 0 (`[0]`: no bias).
    keywords : tuple of (str, expression)
        `k=[10]`, `bias=-0.5`, in written order, after all arguments.
    """

    function: str
    arguments: tuple[Expression | Link, ...]
    keywords: tuple[tuple[str, Expression], ...] = ()
    position: Position | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands: `* / **`, in formulas of functions also `+ -`; comparisons as the first argument of `where`."""

    operator: str
    left: Expression
    right: Expression
    position: Position | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """The operator `-` before an operand."""

    operator: str
    operand: Expression
    position: Position | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sum:
    """Two or more terms, added from left to right. Flat, so that a sum of thousands of terms has no depth.

    A term that is subtracted carries the minus itself: see the normal form above.
    """

    terms: tuple[Expression, ...]
    position: Position | None = field(default=None, compare=False, repr=False)


Expression = Number | Name | Call | Binary | Unary | Sum

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


def negate(expression: Expression) -> Expression:
    """The expression with its sign turned, in normal form: the sign goes to the first factor.

    Exact in floating point: a sign commutes with products and quotients.
    """
    # along the left by a loop: a product may be longer than Python's stack is deep
    chain = []
    while isinstance(expression, Binary) and expression.operator in ("*", "/"):
        chain.append(expression)
        expression = expression.left
    result = _negate_factor(expression)
    for node in reversed(chain):
        result = Binary(node.operator, result, node.right, node.position)
    return result


def _negate_factor(factor: Expression) -> Expression:
    if isinstance(factor, Number):
        value = None if factor.value is None else -factor.value
        return Number(value, factor.frozen, factor.position)
    if isinstance(factor, Unary):
        return factor.operand
    return Unary("-", factor, factor.position)


def is_negative(term: Expression) -> bool:
    """Whether the first factor of a term carries a minus sign."""
    while isinstance(term, Binary) and term.operator in ("*", "/"):
        term = term.left
    if isinstance(term, Number):
        return term.value is not None and math.copysign(1.0, term.value) < 0
    return isinstance(term, Unary)


def add(terms: list[Expression] | tuple[Expression, ...]) -> Expression:
    """The sum of terms: the term itself if there is one, 0 frozen if there is none.

    Examples
    --------
    >>> add([Binary("*", Number(0.5), Name("x")), Number(0.1)])
    Sum(terms=(Binary(operator='*', left=Number(value=0.5, frozen=False), ...
    """
    if not terms:
        return Number(0.0, frozen=True)
    return terms[0] if len(terms) == 1 else Sum(tuple(terms), terms[0].position)
