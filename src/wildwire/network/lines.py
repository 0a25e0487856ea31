"""One line of a text, made into a `Chunk`.

Comes in: a `~`, `=` or `fixed` statement and the scope. Goes out: the chunk of its neurons, and the reason
where this version
cannot run them. Called by `elaborate.py`.

An `=` line is one of three kinds: a weighted sum inside at most one activation (runs on the fast path);
another transfer with
its numbers behind the sources; or a general expression. The last two are kept, with names for their numbers,
and refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wildwire.errors import NetworkError, UnknownNameError
from wildwire.language.expression import Call, Link, Name, Number
from wildwire.language.tree import Fixed, Formula, Learnt, Target
from wildwire.network.affine import (
    ONE,
    Monomial,
    NotAffine,
    Term,
    constant,
    weighted_sum,
)
from wildwire.network.chunks import Chunk, Draft, drafted_chunk, free_chunk
from wildwire.network.naming import print_name, suggestion
from wildwire.network.prepare import parts, prepare, walk
from wildwire.network.scope import REDUCTIONS, Line, Scope, placed
from wildwire.network.tables import Transfer

BIASED = ("quadratic",)
"""Transfers besides linear that add a bias in a `~` line."""

GENERAL = (
    "is a general expression; this version stores such neurons and runs those that are a "
    "weighted sum of their sources inside one activation"
)


def count_of(target: Target) -> int:
    """Number of neurons of a line."""
    return 1 if target.size is None else target.size


def neuron_name(target: Target, element: int) -> str:
    """Name of a line's neuron as it stands in the text."""
    name = print_name(target.name)
    return name if target.size is None else f"{name}[{element}]"


def elements(target: Target, scope: Scope) -> list[Line]:
    """One resolver per neuron of the line."""
    return [Line(scope, target.index, element) for element in range(count_of(target))]


# ---- `~` lines ------------------------------------------------------------------------------------------------------


def learnt_chunk(statement: Learnt, scope: Scope) -> Chunk:
    """The chunk of a `~` line."""
    use = _use(statement.call, scope)
    lines = elements(statement.target, scope)
    prepared = prepare(Call("", (), statement.call.keywords))
    monomials = _parameters(use.activation, prepared.tree.keywords, lines[0], statement)
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
        rows = [free_sources(use.call, lines[0])] * len(lines)
    else:
        rows = [free_sources(use.call, line) for line in lines]
    if not rows[0]:
        raise _no_sources(statement)
    pairs = np.array(rows, dtype=np.int32)
    return free_chunk(
        pairs[:, :, 0], pairs[:, :, 1], biased, use.activation,
        (monomials, prepared.starts), scope.slots,
    )  # fmt: skip


@dataclass
class Use:
    """The two functions of a neuron, and the call in which its sources stand."""

    activation: object
    transfer: Transfer | None
    call: Call


def _use(call: Call, scope: Scope) -> Use:
    inner = call.arguments[0] if len(call.arguments) == 1 else None
    activation = scope.activation(call.function)
    if isinstance(inner, Call):
        if activation is None:
            raise scope.unknown_function(call.function, call.position)
        transfer = scope.transfer(inner.function)
        if transfer is None and inner.function != "linear":
            raise scope.unknown_function(inner.function, inner.position)
        return Use(activation, transfer, inner)
    if activation is not None:
        return Use(activation, None, call)
    transfer = scope.transfer(call.function)
    if transfer is None:
        raise scope.unknown_function(call.function, call.position)
    return Use(scope.activation("identity"), transfer, call)


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
    """One neuron of a `~` line with another transfer: a number per link, per pair if quadratic, a bias if it has one."""
    pairs = free_sources(use.call, line)
    terms = [
        Term(node, delay, Monomial(1.0, ((key, 1),)))
        for key, (node, delay) in enumerate(pairs)
    ]
    names: dict[int, str] = {}
    n = len(pairs)
    if use.transfer.name == "quadratic":
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
    if use.transfer.name in BIASED and _biased(use.call):
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


def _parameters(activation, keywords, line: Line, statement) -> list[Monomial]:
    """The parameters of an activation: as written, else the defaults of its definition, frozen."""
    known = dict(activation.parameters)
    written = dict(keywords)
    for name in written:
        if name not in known:
            message = (
                f"{activation.name} has no parameter {name!r}.{suggestion(name, known)}"
            )
            raise placed(UnknownNameError, message, statement.target.position)
    result = []
    for name, default in known.items():
        try:
            value = constant(written[name], line) if name in written else None
        except NotAffine:
            message = f"the parameter {name!r} must be a number or a product of numbers"
            raise placed(NetworkError, message, statement.target.position) from None
        result.append(Monomial(default) if value is None else value)
    return result


# ---- `=` and `fixed` lines ------------------------------------------------------------------------------------------


def formula_chunk(statement: Formula | Fixed, scope: Scope) -> tuple[Chunk, str | None]:
    """The chunk of an `=` or `fixed` line, and why it cannot run (None: it can)."""
    prepared = prepare(statement.expression, learns=isinstance(statement, Formula))
    lines = elements(statement.target, scope)
    tree = prepared.tree
    use = _transfer_use(tree, scope)
    if use is not None:
        drafts = [_transfer_draft(use, line, statement) for line in lines]
    else:
        use = _affine_use(tree, scope)
        drafts = _affine_drafts(use, lines, statement)
    reason = None
    if drafts is None:
        use, reason = Use(scope.activation("identity"), None, tree), GENERAL
        drafts = [_general_draft(tree, line, statement) for line in lines]
    elif isinstance(tree, Call) and use.call is not tree:
        for draft, line in zip(drafts, lines, strict=True):
            parameters = _parameters(use.activation, tree.keywords, line, statement)
            draft.parameters = parameters
    else:
        for draft in drafts:
            draft.parameters = [Monomial(v) for _, v in use.activation.parameters]
    for draft in drafts:
        draft.starts = list(prepared.starts)
    if not drafts[0].terms:
        raise _no_sources(statement)
    chunk = drafted_chunk(drafts, use.activation, use.transfer, scope.slots)
    return chunk, reason


def _no_sources(statement) -> NetworkError:
    message = (
        f"the neuron {statement.target.name!r} has no sources: give it at least one input or "
        "neuron to read; a number alone is written `let`"
    )
    return placed(NetworkError, message, statement.target.position)


def _transfer_use(tree, scope: Scope) -> Use | None:
    """The use of a transfer with its numbers behind the sources, alone or inside an activation."""
    if not isinstance(tree, Call):
        return None
    if _is_transfer(tree, scope):
        identity = scope.activation("identity")
        return Use(identity, scope.transfer(tree.function), tree)
    activation = scope.activation(tree.function)
    inner = tree.arguments[0] if len(tree.arguments) == 1 else None
    if (
        activation is not None
        and isinstance(inner, Call)
        and _is_transfer(inner, scope)
    ):
        return Use(activation, scope.transfer(inner.function), inner)
    return None


def _is_transfer(call: Call, scope: Scope) -> bool:
    if any(isinstance(argument, Link) for argument in call.arguments):
        if call.function == "linear" or scope.transfer(call.function) is not None:
            return True
        raise scope.unknown_function(call.function, call.position)
    transfer = scope.transfer(call.function)
    return transfer is not None and call.function not in REDUCTIONS


def _affine_use(tree, scope: Scope) -> Use:
    """The activation around a formula (identity if there is none); `call` is what stands inside."""
    if isinstance(tree, Call) and len(tree.arguments) == 1:
        activation = scope.activation(tree.function)
        if activation is not None:
            return Use(activation, None, tree.arguments[0])
    return Use(scope.activation("identity"), None, tree)


def _affine_drafts(use: Use, lines: list[Line], statement) -> list[Draft] | None:
    drafts = []
    for line in lines:
        try:
            terms = weighted_sum(use.call, line)
        except NotAffine:
            return None
        bias = [term.weight for term in terms if term.node is None]
        terms = [term for term in terms if term.node is not None]
        name = neuron_name(statement.target, line.element)
        drafts.append(Draft(name, terms, bias, [], []))
    return drafts


def _transfer_draft(use: Use, line: Line, statement) -> Draft:
    name = neuron_name(statement.target, line.element)
    draft = Draft(name, [], [], [], [])
    for argument in use.call.arguments:
        if isinstance(argument, Link):
            _add_link(draft, argument, line)
        elif isinstance(argument, Name):
            draft.terms += [Term(node, lag, ONE) for node, lag in line.expand(argument)]
        else:
            message = (
                f"{use.call.function} takes sources, each with its number: `x: 0.5`"
            )
            raise placed(NetworkError, message, use.call.position)
    for keyword, value in use.call.keywords:
        monomial = _number(value, line, use.call)
        if keyword == "bias":
            draft.bias = [monomial]
        else:
            draft.names |= dict.fromkeys(_own(monomial), f"{name} {keyword}")
    return draft


def _add_link(draft: Draft, link: Link, line: Line) -> None:
    found = [pair for source in link.sources for pair in line.expand(source)]
    monomials = [_number(number, line, link) for number in link.numbers]
    if len(link.sources) == 1:
        draft.terms += [Term(node, lag, monomials[0]) for node, lag in found]
        return
    sources = ", ".join(line.scope.source_name(node, lag) for node, lag in found)
    for monomial in monomials:
        draft.names |= dict.fromkeys(_own(monomial), f"({sources}) -> {draft.name}")


def _number(tree, line: Line, where) -> Monomial:
    try:
        return constant(tree, line)
    except NotAffine:
        message = "here stands a number or a product of numbers"
        raise placed(NetworkError, message, where.position) from None


def _own(monomial: Monomial) -> list[int]:
    return [key for key, _ in monomial.factors if isinstance(key, int)]


# ---- general expressions --------------------------------------------------------------------------------------------


def _general_draft(tree, line: Line, statement) -> Draft:
    """A neuron that reads every source of its expression once; its numbers are named in written order."""
    _check_general(tree, line, False)
    names = (node for node in walk(tree) if isinstance(node, Name))
    pairs = [
        pair
        for name in names
        if line.let(name.name) is None
        for pair in line.expand(name)
    ]
    terms = [Term(node, delay, ONE) for node, delay in dict.fromkeys(pairs)]
    return Draft(neuron_name(statement.target, line.element), terms, [], [], [])


def _check_general(tree, line: Line, reduced: bool) -> None:
    """Every function is known, every name is known, and whole groups stand in reductions only."""
    if isinstance(tree, Name):
        if line.let(tree.name) is None and not reduced:
            line.source(tree, None)
        return
    if isinstance(tree, Call):
        if not line.scope.is_function(tree.function):
            raise line.scope.unknown_function(tree.function, tree.position)
        reduced = reduced or tree.function in REDUCTIONS
    for part in parts(tree):
        _check_general(part, line, reduced)
