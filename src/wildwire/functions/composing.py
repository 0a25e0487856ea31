"""A transfer and an activation made into one function, where the engine then has less to do.

Comes in: a `Transfer` and the activation around it. Goes out: one transfer with one value; or, for transfers
that are a weighted sum inside, a function of each source and an activation of the sum. Called by
`program/lower.py`.

A name may mean one thing in the transfer and another in the activation: an argument here and the constant pi
there, or two functions. Formulas are put together after every name in them has become one of its own.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from wildwire.errors import FunctionError
from wildwire.functions.definitions import from_parts
from wildwire.functions.function import Function
from wildwire.functions.primitives import CONSTANTS
from wildwire.functions.reductions import DISTINCT, is_reduction
from wildwire.functions.transfer import BIAS, Transfer
from wildwire.language.expression import Binary, Call, Expression, Name, Number
from wildwire.language.rewrite import rebuild, walk

__all__ = ["SumInside", "composed", "sum_inside"]


@dataclass(frozen=True)
class SumInside:
    """A transfer and an activation as activation(sum of w * inner(x), + bias).

    Attributes
    ----------
    inner : Function or None
        Of each source; None where it is the source itself.
    outer : Function
        An activation: its parameters are those of the transfer, then those of the activation.
    """

    inner: Function | None
    outer: Function


@functools.lru_cache(maxsize=256)
def composed(transfer: Transfer, activation: Function) -> Transfer:
    """One transfer with one value: the activation of all values of a transfer.

    Its parameters are those of the transfer, then those of the activation.
    """
    parts = _Parts()
    own = (*transfer.arguments, *_names(transfer), BIAS, DISTINCT)
    values = [parts.closed(f, transfer, own) for f in transfer.formulas]
    formula, parameters = parts.around(activation, values, own)
    return Transfer(
        f"{activation.name} of {transfer.name}",
        transfer.arguments,
        transfer.parameters + parameters,
        (formula,),
        parts.uses,
    )


@functools.lru_cache(maxsize=256)
def sum_inside(transfer: Transfer, activation: Function) -> SumInside | None:
    """The transfer as a weighted sum inside a function, or None where it is none.

    None also for an activation with a training slope, which is no derivative that could be multiplied, and
    where the function of the sum would be too large: the transfer runs as it is.
    """
    if len(transfer.formulas) > 1 or activation.slope is not None:
        return None
    found = _only_sum(transfer)
    if found is None:
        return None
    whole, inner = found
    z = _free("z", _names(transfer))
    parts = _Parts()
    formula = _replaced(transfer.formulas[0], whole, Name(z))
    value = parts.closed(formula, transfer, (z, *_names(transfer)))
    formula, more = parts.around(activation, [value], (z, *_names(transfer)))
    parameters = transfer.parameters + more
    name = f"{activation.name} of {transfer.name}"
    try:
        outer = _activation(name, z, parameters, formula, parts)
        return SumInside(_of_source(transfer, inner), outer)
    except FunctionError:
        return None


def _of_source(transfer: Transfer, inner: Expression) -> Function | None:
    """What the weights multiply, as a function of a source; None for the source itself."""
    source, parts = transfer.arguments[1], _Parts()
    if inner == Name(source):
        return None
    formula = parts.closed(inner, transfer, (source,))
    return _activation(f"{transfer.name} of a source", source, (), formula, parts)


def _activation(name, argument, parameters, formula, parts: _Parts) -> Function:
    known = {used.name: used for used in parts.uses}
    return from_parts(
        "activation", name, (argument,), parameters, formula, known=known, level=1
    )


def _names(transfer: Transfer) -> tuple[str, ...]:
    return tuple(name for name, _ in transfer.parameters)


def _free(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name


@dataclass
class _Parts:
    """Formulas that are put together, and the functions that they call under names that no text can write."""

    called: dict[Function, str] = field(default_factory=dict)

    @property
    def uses(self) -> tuple[Function, ...]:
        """The functions under their new names."""
        return tuple(replace(f, name=name) for f, name in self.called.items())

    def closed(
        self, formula: Expression, of: Function | Transfer, own: Collection[str]
    ) -> Expression:
        """A formula that means the same among others; its own names stay."""
        return self._put(formula, {name: Name(name) for name in own}, of)

    def around(
        self, activation: Function, values: list, taken: Collection[str]
    ) -> tuple[Expression, tuple[tuple[str, float], ...]]:
        """The activation's formula of these values, and its parameters under names that are not taken."""
        names = dict(zip(activation.arguments, values, strict=True))
        parameters: list[tuple[str, float]] = []
        for name, default in activation.parameters:
            free = _free(name, {*taken, *(known for known, _ in parameters)})
            names[name] = Name(free)
            parameters.append((free, default))
        return self._put(activation.formula, names, activation), tuple(parameters)

    def _put(self, tree, names: Mapping[str, Expression], of: Function | Transfer):
        if isinstance(tree, Name):
            constant = Number(CONSTANTS[tree.name]) if tree.name in CONSTANTS else tree
            return names.get(tree.name, constant)
        if isinstance(tree, Call):
            function = of.functions.get(tree.function)
            if function is not None:
                name = f"{function.name} {len(self.called)}"
                tree = replace(tree, function=self.called.setdefault(function, name))
        return rebuild(tree, lambda part: self._put(part, names, of))


def _replaced(tree, whole: Expression, by: Expression):
    if tree == whole:
        return by
    return rebuild(tree, lambda part: _replaced(part, whole, by))


def _only_sum(transfer: Transfer) -> tuple[Expression, Expression] | None:
    """The only reduction `sum(w*inner)`, with the bias that is added to it, and `inner`."""
    formula = transfer.formulas[0]
    sums = {
        tree for tree in walk(formula) if isinstance(tree, Call) and is_reduction(tree)
    }
    if len(sums) != 1:
        return None
    only = sums.pop()
    inner = _without_weight(only.arguments[0], transfer)
    if only.function != "sum" or inner is None:
        return None
    if not transfer.has_bias:
        return only, inner
    for whole in (Binary("+", only, Name(BIAS)), Binary("+", Name(BIAS), only)):
        rest = list(walk(_replaced(formula, whole, Number(0.0))))
        if only not in rest and Name(BIAS) not in rest:
            return whole, inner
    return None


def _without_weight(term, transfer: Transfer) -> Expression | None:
    """What the weight multiplies, if that depends on the source alone."""
    weight, source = (Name(name) for name in transfer.arguments[:2])
    if len(transfer.arguments) > 2 or not isinstance(term, Binary):
        return None
    if term.operator != "*" or weight not in (term.left, term.right):
        return None
    inner = term.right if term.left == weight else term.left
    names = {part.name for part in walk(inner) if isinstance(part, Name)}
    return inner if names == {source.name} else None
