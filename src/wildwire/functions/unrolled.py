"""A transfer's formula for one number of links, written out.

Comes in: a `Transfer` and a number of links. Goes out: a `Function` whose arguments are the sources and whose
parameters are all the numbers. Called by `Transfer.evaluate`, by the twin, and for transfers that stand
inside a general expression. Reductions become sums, products and choices of two: nothing here knows how kernels
do it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wildwire.functions.function import Function
from wildwire.functions.reductions import DISTINCT, is_reduction
from wildwire.functions.transfer import BIAS
from wildwire.functions.vectors import COMBINED
from wildwire.language.expression import Call, Expression, Name, Number
from wildwire.language.expression_printer import OTHER
from wildwire.language.rewrite import rebuild

if TYPE_CHECKING:
    from wildwire.functions.transfer import Transfer

__all__ = ["unrolled", "written_out"]


def written_out(
    transfer: Transfer,
    formula: Expression,
    n_links: int,
    named: Callable[[str, int], Expression],
) -> Expression:
    """A formula of a transfer with its reductions written out.

    Parameters
    ----------
    transfer : Transfer
    formula : Expression
        One of its formulas.
    n_links : int
    named : callable
        What stands for a number: `named(argument, link)`, `named(argument, pair)`, `named(parameter, -1)`,
        `named("bias", -1)`.
    """
    transfer.check_links(n_links)
    return _Writer(transfer, n_links, named).write(formula, {})


@functools.lru_cache(maxsize=256)
def unrolled(transfer: Transfer, n_links: int, place: int = 0) -> Function:
    """See `Transfer.unrolled`."""
    weight, source = transfer.arguments[:2]

    def named(name: str, number: int) -> Expression:
        if name == source:
            return Name(f"x{number}")
        if name == weight:
            return Name(f"w{number}")
        if number < 0:
            return Name(name if name == BIAS else f"p_{name}")
        return Name(f"n_{name}_{number}")

    formula = written_out(transfer, transfer.formulas[place], n_links, named)
    parameters = [f"w{k}" for k in range(n_links)]
    parameters += [BIAS] if transfer.has_bias else []
    parameters += [f"p_{name}" for name, _ in transfer.parameters]
    for k in range(n_links):
        parameters += [f"n_{name}_{k}" for name in transfer.link_numbers]
    for k in range(len(transfer.pairs(n_links))):
        parameters += [f"n_{name}_{k}" for name in transfer.pair_numbers]
    defaults = {f"p_{name}": value for name, value in transfer.parameters}
    return Function(
        name=f"{transfer.name} of {n_links} links",
        kind="expression",
        arguments=tuple(f"x{k}" for k in range(n_links)),
        parameters=tuple((name, defaults.get(name, 0.0)) for name in parameters),
        formula=formula,
        uses=transfer.uses,
    )


class _Writer:
    """Writes reductions out; `link` says which link stands for an argument at the moment."""

    def __init__(self, transfer: Transfer, n_links: int, named) -> None:
        self.transfer, self.n, self.named = transfer, n_links, named
        self.pair_number = {pair: k for k, pair in enumerate(transfer.pairs(n_links))}

    def write(self, tree: Any, link: Mapping[str, int]) -> Any:
        """The tree for one link (or pair, or outside of reductions)."""
        if isinstance(tree, Name):
            return self._name(tree, link)
        if is_reduction(tree):
            return self._reduction(tree)
        if isinstance(tree, Call) and tree.function == OTHER:
            (only,) = tree.arguments
            assert isinstance(only, Name)
            return self.named(only.name, link["second"])
        return rebuild(tree, lambda part: self.write(part, link))

    def _name(self, name: Name, link: Mapping[str, int]) -> Expression:
        own = {key for key, _ in self.transfer.parameters}
        if name.name in own or name.name == BIAS:
            return self.named(name.name, -1)
        if name.name in self.transfer.pair_numbers:
            return self.named(name.name, link["pair"])
        if name.name in self.transfer.arguments:
            return self.named(name.name, link["first"])
        return name

    def _reduction(self, call: Call) -> Expression:
        term = call.arguments[0]
        if call.function == "pairs":
            first = 1 if Name(DISTINCT) in call.arguments[1:] else 0
            places = [
                {"first": i, "second": j, "pair": self.pair_number.get((i, j), 0)}
                for i in range(self.n)
                for j in range(i + first, self.n)
            ]
        else:
            places = [{"first": i} for i in range(self.n)]
        values = [self.write(term, place) for place in places]
        kind = "sum" if call.function == "pairs" else call.function
        # One link has no pair of two.
        return COMBINED[kind](values or [Number(0.0)])
