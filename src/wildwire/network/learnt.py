"""A `~` line, made into a `Chunk`.

Comes in: the statement and the scope. Goes out: the chunk of its neurons, whose numbers are all
unknown but for the parameters that are written. Called by `elaborate.py`. Wide groups are made by
whole arrays.
"""

from __future__ import annotations

import math

import numpy as np

from wildwire.language.expression import Call, Name, Number
from wildwire.language.tree import Learnt
from wildwire.network.affine import (
    Monomial,
    Term,
)
from wildwire.network.choices import chosen_function
from wildwire.network.chunks import Chunk, Draft, drafted_chunk, free_chunk
from wildwire.network.lines import (
    Use,
    count_of,
    elements,
    neuron_name,
    no_sources,
    parameters_of,
)
from wildwire.network.prepare import prepare
from wildwire.network.scope import Line, Scope

BIASED = ("quadratic",)
"""Transfers besides linear that add a bias in a `~` line."""


def learnt_chunk(statement: Learnt, scope: Scope) -> Chunk:
    """The chunk of a `~` line."""
    use = _use(statement.call, scope)
    lines = [Line(scope)] * count_of(statement.target)
    if statement.target.index is not None or use.transfer is not None:
        lines = elements(statement.target, scope, use.call)
    prepared = prepare(Call("", (), statement.call.keywords))
    monomials = parameters_of(
        use.activation, prepared.tree.keywords, lines[0], statement
    )
    if use.transfer is not None:
        drafts = [
            _free_draft(use, line, neuron_name(statement.target, line.element))
            for line in lines
        ]
        for draft in drafts:
            shift = len(draft.starts)
            draft.parameters = [_shifted(monomial, shift) for monomial in monomials]
            draft.starts += prepared.starts
        return drafted_chunk(drafts, use.activation, use.transfer, scope.slots)
    biased = _biased(use.call)
    if statement.target.index is None:
        row = free_sources(use.call, lines[0])
        scope.spend(len(row) * (len(lines) - 1), statement.target.position)
        rows = [row] * len(lines)
    else:
        rows = [free_sources(use.call, line) for line in lines]
    if not rows[0]:
        raise no_sources(statement)
    pairs = np.array(rows, dtype=np.int32)
    return free_chunk(
        pairs[:, :, 0], pairs[:, :, 1], biased, use.activation,
        (monomials, prepared.starts), scope.slots,
    )  # fmt: skip


def _use(call: Call, scope: Scope) -> Use:
    inner = call.arguments[0] if len(call.arguments) == 1 else None
    activation = chosen_function(call, scope)
    if isinstance(inner, Call):
        if activation is None:
            raise scope.unknown_function(call.function, call.position)
        transfer = scope.transfer(inner.function)
        if transfer is None and inner.function != "linear":
            raise scope.unknown_transfer(inner.function, inner.position)
        return Use(activation, transfer, inner)
    if activation is not None:
        return Use(activation, None, call)
    transfer = scope.transfer(call.function)
    if transfer is None:
        raise scope.unknown_function(call.function, call.position)
    return Use(scope.identity, transfer, call)


def _biased(call: Call) -> bool:
    return not any(isinstance(argument, Number) for argument in call.arguments)


def free_sources(call: Call, line: Line) -> list[tuple[int, int]]:
    """Node and delay of every source of a `~` line, in written order."""
    names = (argument for argument in call.arguments if isinstance(argument, Name))
    return [pair for name in names for pair in line.expand(name)]


def pair_names(sources: list[str], target: str) -> list[str]:
    """Names of the numbers that a quadratic transfer has for pairs of links."""
    return [
        f"({one}, {other}) -> {target}"
        for place, one in enumerate(sources)
        for other in sources[place + 1 :]
    ]


def _free_draft(use: Use, line: Line, name: str) -> Draft:
    """One neuron of a `~` line with another transfer: numbers of links, of pairs if quadratic, a bias if it has one."""
    pairs = free_sources(use.call, line)
    terms = [
        Term(node, delay, Monomial(1.0, ((key, 1),)))
        for key, (node, delay) in enumerate(pairs)
    ]
    names: dict[int, str] = {}
    n = len(pairs)
    transfer = "" if use.transfer is None else use.transfer.name
    if transfer == "quadratic":
        sources = [line.scope.source_name(node, delay) for node, delay in pairs]
        names = dict(enumerate(pair_names(sources, name), n))
    starts = [math.nan] * (n + len(names))
    for keyword, value in use.call.keywords:
        own = prepare(value).starts
        names |= dict.fromkeys(
            range(len(starts), len(starts) + len(own)), f"{name} {keyword}"
        )
        starts += own
    bias = []
    if transfer in BIASED and _biased(use.call):
        bias.append(Monomial(1.0, ((len(starts), 1),)))
        starts.append(math.nan)
    return Draft(name, terms, bias, [], starts, names)


def _shifted(monomial: Monomial, shift: int) -> Monomial:
    """The monomial with its own keys counted from `shift`."""
    factors = tuple(
        (key + shift if isinstance(key, int) else key, power)
        for key, power in monomial.factors
    )
    return Monomial(monomial.coefficient, factors)
