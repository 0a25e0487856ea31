"""The calls that a formula may use, each with its slope and its meaning.

Comes in: a name from a formula. Goes out: how many arguments it takes, its partial
derivatives as terms of a graph, its NumPy evaluation, and where it is not smooth. The
kernel text of a primitive is a call of the function of the same name in `vectormath`,
unless `generate.py` knows better. Called by `derive.py`, `evaluate.py`, `generate.py`
and the exports.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from wildwire.functions.graph import Term

__all__ = [
    "CALLS",
    "CHOICES",
    "COMPOSITES",
    "CONSTANTS",
    "GUARDS",
    "PRIMITIVES",
    "REDUCTIONS",
    "RESERVED",
    "Primitive",
]

Rule = Callable[..., tuple[Term, ...]]


@dataclass(frozen=True, slots=True)
class Primitive:
    """One call that formulas may use.

    Attributes
    ----------
    arity : int
        Number of arguments.
    slopes : callable
        Terms of the arguments in, one partial derivative per argument out.
    kink : str
        Where it is not smooth: "" nowhere, "zero" where its argument is 0, "whole" at
        whole numbers, "guard" at the edge of the guard.
    kernel : str
        What a kernel calls instead of the function of the same name.
    meaning : str
        One line for the reference page.
    """

    arity: int
    slopes: Rule
    meaning: str
    kink: str = ""


def call(name: str, *arguments: Term) -> Term:
    """The primitive `name` of these arguments, as a term."""
    return arguments[0].graph.make(name, *arguments)


def _where(left: Term, operator: str, right: Term, yes: Term, no: Term) -> Term:
    graph = left.graph
    return graph.where(graph.compare(operator, left, right), yes, no)


def _zero_one(left: Term, operator: str, right: Term) -> Term:
    """0 where the comparison holds, else 1: the slope of a guard."""
    number = left.graph.term
    return _where(left, operator, right, number(0.0), number(1.0))


def _power_slopes(x: Term, y: Term) -> tuple[Term, Term]:
    value = x**y
    number = x.graph.term
    # x**y log x vanishes at 0 for y > 0. For x < 0 there are whole y only, and no slope in y: 0, but nan
    # where the value is.
    in_y = _where(x, "<=", number(0.0), value - value, value * call("log", x))
    return y * x ** (y - 1.0), in_y


def _guard_zero_slopes(x: Term, distance: Term) -> tuple[Term, Term]:
    zero = x.graph.term(0.0)
    return _zero_one(call("abs", x), "<=", distance), zero


def _guard_slopes(operator: str) -> Rule:
    def slopes(x: Term, limit: Term) -> tuple[Term, Term]:
        return _zero_one(x, operator, limit), x.graph.term(0.0)

    return slopes


_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)

PRIMITIVES: dict[str, Primitive] = {
    "exp": Primitive(1, lambda u: (call("exp", u),), "e**u"),
    "expm1": Primitive(1, lambda u: (call("exp", u),), "e**u - 1, accurate near 0"),
    "log": Primitive(1, lambda u: (1.0 / u,), "natural logarithm"),
    "log1p": Primitive(1, lambda u: (1.0 / (1.0 + u),), "log(1 + u), accurate near 0"),
    "sqrt": Primitive(1, lambda u: (0.5 / call("sqrt", u),), "square root"),
    "cbrt": Primitive(
        1,
        lambda u: (1.0 / (3.0 * call("cbrt", u) ** 2.0),),
        "cube root with the sign of u",
    ),
    "sin": Primitive(1, lambda u: (call("cos", u),), "sine"),
    "cos": Primitive(1, lambda u: (-call("sin", u),), "cosine"),
    "arctan": Primitive(1, lambda u: (1.0 / (1.0 + u * u),), "inverse tangent"),
    "tanh": Primitive(1, lambda u: (call("sech2", u),), "hyperbolic tangent"),
    "sech2": Primitive(
        1, lambda u: (-2.0 * call("tanh", u) * call("sech2", u),), "1/cosh(u)**2"
    ),
    "logistic": Primitive(
        1, lambda u: (call("logistic", u) * call("logistic", -u),), "1/(1 + e**-u)"
    ),
    "softplus": Primitive(1, lambda u: (call("logistic", u),), "log(1 + e**u)"),
    "erf": Primitive(
        1, lambda u: (_TWO_OVER_ROOT_PI * call("exp", -(u * u)),), "error function"
    ),
    "erfc": Primitive(
        1, lambda u: (-_TWO_OVER_ROOT_PI * call("exp", -(u * u)),), "1 - erf(u)"
    ),
    "normal_cdf": Primitive(
        1, lambda u: (call("normal_pdf", u),), "share of a standard normal below u"
    ),
    "normal_pdf": Primitive(
        1, lambda u: (-u * call("normal_pdf", u),), "density of a standard normal"
    ),
    "abs": Primitive(1, lambda u: (call("sign", u),), "absolute value", kink="zero"),
    "sign": Primitive(
        1, lambda u: (u.graph.term(0.0),), "-1, 0 or 1; slope 0", kink="zero"
    ),
    "floor": Primitive(
        1, lambda u: (u.graph.term(0.0),), "rounded down; slope 0", kink="whole"
    ),
    "power": Primitive(2, _power_slopes, "u**v; nan for u < 0 unless v is whole"),
    "guard_zero": Primitive(
        2,
        _guard_zero_slopes,
        "u moved away from 0 to the distance v, with slope 0 there",
        kink="guard",
    ),
    "guard_below": Primitive(
        2, _guard_slopes("<="), "u, but at least v, with slope 0 there", kink="guard"
    ),
    "guard_above": Primitive(
        2, _guard_slopes(">="), "u, but at most v, with slope 0 there", kink="guard"
    ),
}

CHOICES = ("where", "stable")
"""`where(condition, a, b)`, and the same for two forms of one smooth function."""

GUARDS = ("guard_zero", "guard_below", "guard_above")
"""Primitives that count in the kernel's `guards` where they are active."""


def _smaller(a: Term, b: Term) -> Term:
    return _one_of(a, ">", b)


def _larger(a: Term, b: Term) -> Term:
    return _one_of(a, "<", b)


def _one_of(a: Term, operator: str, b: Term) -> Term:
    """b where the comparison holds, else a; nan takes the last branch, which holds what may be nan."""
    if b.number is not None:
        return _where(a, operator, b, b, a)
    if a.number is not None:
        return _where(b, f"{operator}=", a, a, b)
    return _where(a, operator, b, b, _where(b, f"{operator}=", a, a, a + b))


COMPOSITES: dict[str, tuple[int, Callable[..., Term]]] = {
    "tan": (1, lambda u: call("sin", u) / call("cos", u)),
    "sinh": (1, lambda u: 0.5 * (call("expm1", u) - call("expm1", -u))),
    "cosh": (1, lambda u: 0.5 * (call("exp", u) + call("exp", -u))),
    "min": (2, _smaller),
    "max": (2, _larger),
}
"""Further calls, written by the primitives: number of arguments and their form."""

CALLS = frozenset((*PRIMITIVES, *COMPOSITES, *CHOICES))
"""What every formula may call; a function that the user defines goes before one of the same name."""

REDUCTIONS = ("sum", "prod", "mean", "max", "min")
"""What makes one number of those of several links, of the elements of a vector, or of a group."""

RESERVED = frozenset((*CHOICES, *GUARDS, *REDUCTIONS, "pairs", "index", "size"))
"""Calls that are read by rules of their own: no activation and no loss may be called so."""

CONSTANTS = {"pi": math.pi}
"""Names that stand for a number in every formula."""
