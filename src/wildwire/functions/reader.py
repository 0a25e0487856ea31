"""From the expression tree of a formula to terms of a graph.

Comes in: an expression as the parser made it. Goes out: a term, and on the way the
places where the formula is not smooth. Everything that a formula may not contain is
refused here. Called by `derive.py`.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wildwire.errors import FunctionError
from wildwire.functions.graph import COMPARISONS, Graph, Term
from wildwire.functions.primitives import (
    CHOICES,
    COMPOSITES,
    CONSTANTS,
    GUARDS,
    PRIMITIVES,
)
from wildwire.language.expression import (
    Binary,
    Call,
    Expression,
    Link,
    Name,
    Number,
    Sum,
    Unary,
)
from wildwire.language.words import nearest

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["Reader", "alternatives", "suggestion"]

SYNONYMS = {
    "sigmoid": ("logistic",),
    "expit": ("logistic",),
    "linear": ("identity",),
    "none": ("identity",),
    "swish": ("silu",),
    "leakyrelu": ("leaky_relu",),
    "hardtanh": ("hard_tanh",),
    "heaviside": ("step",),
    "rbf": ("gaussian",),
    "mse": ("squared",),
    "l2": ("squared",),
    "squared_error": ("squared",),
    "mean_squared_error": ("squared",),
    "mae": ("absolute",),
    "l1": ("absolute",),
    "absolute_error": ("absolute",),
    "mean_absolute_error": ("absolute",),
    "smooth_l1": ("huber",),
    "pinball": ("quantile",),
    "asymmetric": ("expectile", "quantile"),
    "asymmetric_squared": ("expectile",),
    "poisson_nll": ("poisson",),
    "poisson_deviance": ("poisson",),
    "gamma_deviance": ("gamma",),
    "bce": ("logistic",),
    "binary_cross_entropy": ("logistic",),
    "binary_crossentropy": ("logistic",),
    "log_loss": ("logistic", "softmax"),
    "cross_entropy": ("logistic", "softmax"),
    "crossentropy": ("logistic", "softmax"),
    "categorical_crossentropy": ("softmax",),
}
"""What other libraries call the functions of the catalogue; for suggestions only."""

_ARITHMETIC = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: _raised(a, b),
}

LARGEST_EXPONENT = 1024
"""Of a constant exponent, also negative: beyond, floats are 0, 1 or infinite."""


HOLDS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
"""What a comparison of two numbers gives."""


@dataclass
class Reader:
    """Turns an expression into terms of one graph.

    Attributes
    ----------
    graph : Graph
        Where the terms are made.
    functions : mapping of str to Function
        Functions that the formula may call; they are put in, and go before primitives of the same name.
    kinks : list of (str, Term)
        Where the formula is not smooth: kind as in `Primitive.kink`, and the term
        that is 0 there ("zero", "guard") or whole ("whole").
    """

    graph: Graph
    functions: Mapping[str, Function]
    kinks: list[tuple[str, Term]] = field(default_factory=list)

    def read(self, expression: Expression | Link, names: Mapping[str, Term]) -> Term:
        """The term of an expression; FunctionError says what cannot be read."""
        match expression:
            case Number(value=value) if value is not None:
                return self.graph.term(value)
            case Number():
                raise FunctionError(
                    "a function formula cannot contain the unknown number ?: "
                    "give it a parameter, as in bump(z, k=10) = exp(-k*(1 - z)**2)"
                )
            case Name():
                return self._name(expression, names)
            case Unary(operator="-", operand=operand):
                return -self.read(operand, names)
            case Unary(operator="+", operand=operand):
                return self.read(operand, names)
            case Binary(operator=sign, left=left, right=right):
                if sign not in _ARITHMETIC:
                    raise FunctionError(
                        f"a comparison ({sign}) can stand only as the first "
                        "argument of where(condition, a, b)"
                    )
                return _ARITHMETIC[sign](
                    self.read(left, names), self.read(right, names)
                )
            case Sum(terms=terms):
                first, *others = (self.read(term, names) for term in terms)
                return sum(others, first)
            case Call():
                return self._call(expression, names)
        raise FunctionError(f"a function formula cannot contain {expression!r}")

    def _name(self, name: Name, names: Mapping[str, Term]) -> Term:
        if name.index is not None or name.delay is not None:
            raise FunctionError(
                f"{name.name!r} has an index or a delay; in a function formula every "
                "name is one number"
            )
        if name.name in names:
            return names[name.name]
        if name.name in CONSTANTS:
            return self.graph.term(CONSTANTS[name.name])
        raise FunctionError(
            f"unknown name {name.name!r} in a function formula"
            + suggestion(name.name, [*names, *CONSTANTS])
            + f"; its names are {', '.join(names)}"
        )

    def _call(self, call: Call, names: Mapping[str, Term]) -> Term:
        name = call.function
        if name in self.functions:
            return self._put_in(self.functions[name], call, names)
        if name in CHOICES:
            return self._choice(call, names)
        if name in COMPOSITES or name in PRIMITIVES:
            return self._primitive(call, names)
        known = [*PRIMITIVES, *COMPOSITES, *CHOICES, *self.functions]
        raise FunctionError(
            f"unknown function {name!r} in a formula" + suggestion(name, known)
        )

    def _arguments(self, call: Call, arity: int, names: Mapping) -> list[Term]:
        if call.keywords:
            raise FunctionError(f"{call.function} takes no keyword arguments")
        _check_count(call, arity)
        return [self.read(argument, names) for argument in call.arguments]

    def _primitive(self, call: Call, names: Mapping[str, Term]) -> Term:
        name = call.function
        if name in COMPOSITES:
            arity, build = COMPOSITES[name]
            arguments = self._arguments(call, arity, names)
            if arity == 2:
                self.kinks.append(("zero", arguments[0] - arguments[1]))
            return build(*arguments)
        primitive = PRIMITIVES[name]
        arguments = self._arguments(call, primitive.arity, names)
        if name == "power":
            return _raised(*arguments)
        if name in GUARDS and arguments[1].number is None:
            raise FunctionError(f"the second argument of {name} must be a number")
        self._note_kink(name, arguments)
        return self.graph.make(name, *arguments)

    def _note_kink(self, name: str, arguments: list[Term]) -> None:
        kind, first = PRIMITIVES[name].kink, arguments[0]
        if kind in ("zero", "whole"):
            self.kinks.append((kind, first))
        elif kind == "guard":
            edge = self.graph.make("abs", first) if name == "guard_zero" else first
            self.kinks.append(("guard", edge - arguments[1]))

    def _choice(self, call: Call, names: Mapping[str, Term]) -> Term:
        _check_count(call, 3)
        condition, *branches = call.arguments
        if not isinstance(condition, Binary) or condition.operator not in COMPARISONS:
            raise FunctionError(
                f"the first argument of {call.function} must be one comparison, "
                "as in where(z > 0, z, 0)"
            )
        left, right = (
            self.read(condition.left, names),
            self.read(condition.right, names),
        )
        if left.number is not None and right.number is not None:
            # Decided here, as in stable(index(v) == 0, a, b): there is no edge.
            is_true = HOLDS[condition.operator](left.number, right.number)
            return self.read(branches[0 if is_true else 1], names)
        if call.function == "where":
            self.kinks.append(("zero", left - right))
        yes, no = (self.read(branch, names) for branch in branches)
        test = self.graph.compare(condition.operator, left, right)
        return self.graph.where(test, yes, no)

    def _put_in(self, function: Function, call: Call, names: Mapping) -> Term:
        """Write another function's formula in place of its call.

        Its parameters may follow its arguments, by place; the rest are defaults.
        """
        wanted = [*function.arguments, *(name for name, _ in function.parameters)]
        given = call.arguments
        if call.keywords or not len(function.arguments) <= len(given) <= len(wanted):
            raise FunctionError(
                f"{call.function} takes {', '.join(wanted)} by place, "
                f"not {len(given)} arguments"
            )
        first = len(function.arguments)
        if any(function.elements[len(given) - first :]):
            raise FunctionError(
                f"{call.function} has a vector of numbers to be learnt, which a formula "
                "does not have: give them by place, or write its formula out"
            )
        inner = {name: self.graph.term(value) for name, value in function.parameters}
        for name, argument in zip(wanted, given, strict=False):
            inner[name] = self.read(argument, names)
        nested = Reader(self.graph, function.functions, self.kinks)
        return nested.read(function.formula, inner)


def _raised(base: Term, exponent: Term) -> Term:
    """base ** exponent, the exponent checked before anything is computed with it."""
    power = exponent.number
    if power is not None and abs(power) > LARGEST_EXPONENT:
        raise FunctionError(
            f"the exponent {power:g} is too large; at most {LARGEST_EXPONENT:,} is allowed"
        )
    return base**exponent


def _check_count(call: Call, arity: int) -> None:
    if len(call.arguments) != arity:
        raise FunctionError(
            f"{call.function} takes {arity} argument{'s' if arity > 1 else ''}, "
            f"not {len(call.arguments)}"
        )


def suggestion(name: str, known: Sequence[str]) -> str:
    """`; did you mean 'tanh'?`, or nothing when nothing is near."""
    if near := alternatives(name, known):
        return f"; did you mean {' or '.join(map(repr, near))}?"
    near = nearest(name, known, 0.6)
    return f"; did you mean {near!r}?" if near else ""


def alternatives(name: str, known: Iterable[str]) -> list[str]:
    """What other libraries call `name`, as it is called here; empty if it is not known for that."""
    meant = SYNONYMS.get(name.lower().replace("-", "_"), ())
    return [word for word in meant if word in set(known)]
