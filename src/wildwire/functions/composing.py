"""A transfer and an activation made into one function, where the engine then has less to do.

Comes in: a `Transfer` and the activation around it. Goes out: one transfer with one value; or, for transfers
that are a weighted sum inside, a function of each source and an activation of the sum. Called by
`program/lower.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from wildwire.errors import FunctionError
from wildwire.functions.definitions import from_parts
from wildwire.functions.function import Function
from wildwire.functions.reductions import REDUCTIONS
from wildwire.functions.transfer import BIAS, Transfer
from wildwire.language.expression import Binary, Call, Expression, Name
from wildwire.language.rewrite import rebuild, walk

__all__ = ["SumInside", "composed", "substituted", "sum_inside"]


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
    arguments = dict(zip(activation.arguments, transfer.formulas, strict=True))
    taken = {*transfer.arguments, *(name for name, _ in transfer.parameters), BIAS}
    formula, parameters = _put_in(activation, arguments, taken)
    return Transfer(
        f"{activation.name} of {transfer.name}",
        transfer.arguments,
        transfer.parameters + parameters,
        (formula,),
        _joined(transfer.uses, activation.uses),
    )


@functools.lru_cache(maxsize=256)
def sum_inside(transfer: Transfer, activation: Function) -> SumInside | None:
    """The transfer as a weighted sum inside a function, or None where it is none.

    None also for an activation with a training slope, which is no derivative that could be multiplied.
    """
    if len(transfer.formulas) > 1 or activation.slope is not None:
        return None
    found = _only_sum(transfer)
    if found is None:
        return None
    whole, inner = found
    outer = _replaced(transfer.formulas[0], whole, Name("z"))
    taken = {"z", *(name for name, _ in transfer.parameters)}
    formula, parameters = _put_in(activation, {activation.arguments[0]: outer}, taken)
    uses = _joined(transfer.uses, activation.uses)
    known = {used.name: used for used in uses}
    made = from_parts(
        "activation", f"{activation.name} of {transfer.name}", ("z",),
        transfer.parameters + parameters, formula, known=known,
    )  # fmt: skip
    source = transfer.arguments[1]
    first = None
    if inner != Name(source):
        first = from_parts(
            "activation",
            f"{transfer.name} of a source",
            (source,),
            (),
            inner,
            known=known,
        )
    return SumInside(first, made)


def _joined(one: tuple[Function, ...], other: tuple[Function, ...]) -> tuple:
    """Functions that two formulas call, by name."""
    joined = {used.name: used for used in one}
    for used in other:
        if joined.setdefault(used.name, used).key != used.key:
            raise FunctionError(
                f"two different functions are called {used.name!r}: rename one of them"
            )
    return tuple(joined[name] for name in sorted(joined))


def _put_in(
    activation: Function, arguments: Mapping[str, Expression], taken: set[str]
) -> tuple[Expression, tuple[tuple[str, float], ...]]:
    """The activation's formula with expressions for its arguments, and its parameters under free names."""
    names: dict[str, Expression] = dict(arguments)
    parameters = []
    for name, default in activation.parameters:
        free = name
        while free in taken:
            free += "_"
        taken.add(free)
        names[name] = Name(free)
        parameters.append((free, default))
    return substituted(activation.formula, names), tuple(parameters)


def substituted(tree, names: Mapping[str, Expression]):
    """The tree of a formula with expressions in the place of names."""
    if isinstance(tree, Name):
        return names.get(tree.name, tree)
    return rebuild(tree, lambda part: substituted(part, names))


def _replaced(tree, whole: Expression, by: Expression):
    if tree == whole:
        return by
    return rebuild(tree, lambda part: _replaced(part, whole, by))


def _only_sum(transfer: Transfer) -> tuple[Expression, Expression] | None:
    """The only reduction `sum(w*inner)`, with the bias that is added to it, and `inner`."""
    formula = transfer.formulas[0]
    sums = [
        tree
        for tree in walk(formula)
        if isinstance(tree, Call) and tree.function in REDUCTIONS
        and (tree.function not in ("max", "min") or len(tree.arguments) == 1)
    ]  # fmt: skip
    if not sums or any(tree != sums[0] for tree in sums) or sums[0].function != "sum":
        return None
    inner = _without_weight(sums[0].arguments[0], transfer)
    if inner is None:
        return None
    if not transfer.has_bias:
        return sums[0], inner
    biased = (
        Binary("+", sums[0], Name(BIAS)),
        Binary("+", Name(BIAS), sums[0]),
    )
    for whole in biased:
        rest = list(walk(_replaced(formula, whole, Name("z"))))
        if sums[0] not in rest and Name(BIAS) not in rest:
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
