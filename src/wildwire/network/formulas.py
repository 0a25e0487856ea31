"""An `=` or `fixed` line, made into a `Chunk`.

Comes in: the statement and the scope. Goes out: the chunk of its neurons, and the reason where this
version cannot run them. Called by `elaborate.py`.

The line is one of three kinds: a weighted sum inside at most one activation (runs on the fast
path); another transfer with its numbers behind the sources, which is kept and refused; or a general
expression, a neuron with a formula of its own (`general.py`).
"""

from __future__ import annotations

import math

from wildwire.errors import NetworkError
from wildwire.functions.primitives import CHOICES, COMPOSITES, PRIMITIVES
from wildwire.language.expression import (
    COMPARISONS,
    Binary,
    Call,
    Link,
    Name,
    Number,
)
from wildwire.language.tree import Fixed, Formula
from wildwire.network.affine import (
    ONE,
    Monomial,
    NotAffine,
    Term,
    constant,
    weighted_sum,
)
from wildwire.network.choices import chosen_function
from wildwire.network.chunks import Chunk, Draft, drafted_chunk
from wildwire.network.general import general_draft
from wildwire.network.lines import (
    Use,
    elements,
    neuron_name,
    no_sources,
    parameters_of,
)
from wildwire.network.prepare import Learnable, parts, prepare, walk
from wildwire.network.scope import REDUCTIONS, Line, Scope, placed

INSIDE = (
    "has a transfer inside an expression; this version stores such neurons: give the transfer a "
    "neuron of its own"
)


def formula_chunk(statement: Formula | Fixed, scope: Scope) -> tuple[Chunk, str | None]:
    """The chunk of an `=` or `fixed` line, and why it cannot run (None: it can)."""
    prepared = prepare(statement.expression, learns=isinstance(statement, Formula))
    tree = prepared.tree
    _check_divisors(tree, prepared.starts, scope, statement)
    lines = elements(statement.target, scope, tree)
    use = _transfer_use(tree, scope)
    if use is not None:
        drafts = [_transfer_draft(use, line, statement) for line in lines]
    else:
        use = _affine_use(tree, scope)
        drafts = _affine_drafts(use, lines, statement)
    if drafts is None:
        return _general_chunk(tree, lines, statement, prepared.starts)
    elif isinstance(tree, Call) and use.call is not tree:
        for draft, line in zip(drafts, lines, strict=True):
            parameters = parameters_of(use.activation, tree.keywords, line, statement)
            draft.parameters = parameters
    else:
        for draft in drafts:
            draft.parameters = [Monomial(v) for _, v in use.activation.parameters]
    for draft in drafts:
        draft.starts = list(prepared.starts)
    if not drafts[0].terms:
        raise no_sources(statement)
    return drafted_chunk(drafts, use.activation, use.transfer, scope.slots), None


def _check_divisors(tree, starts: list[float], scope: Scope, statement) -> None:
    """Refuse a written 0 that is divided by: no value of the sources gives such a line a meaning."""
    for node in walk(tree):
        if not isinstance(node, Binary) or node.operator != "/":
            continue
        divisor = node.right
        let = scope.lets.get(divisor.name) if isinstance(divisor, Name) else None
        is_zero = (
            (isinstance(divisor, Learnable) and starts[divisor.key] == 0)
            or (isinstance(divisor, Number) and divisor.value == 0)
            or (let is not None and let.coefficient == 0)
        )
        if is_zero:
            name = statement.target.name
            message = f"the line of {name!r} divides by 0; write another number or `?`"
            position = node.position or statement.target.position
            raise placed(NetworkError, message, position)


def _transfer_use(tree, scope: Scope) -> Use | None:
    """The use of a transfer with its numbers behind the sources, alone or inside an activation."""
    if not isinstance(tree, Call):
        return None
    if _is_transfer(tree, scope):
        return Use(scope.identity, scope.transfer(tree.function), tree)
    activation = chosen_function(tree, scope)
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
        raise scope.unknown_transfer(call.function, call.position)
    transfer = scope.transfer(call.function)
    return transfer is not None and call.function not in REDUCTIONS


def _affine_use(tree, scope: Scope) -> Use:
    """The activation around a formula (identity if there is none); `call` is what stands inside."""
    if isinstance(tree, Call) and len(tree.arguments) == 1:
        activation = chosen_function(tree, scope)
        if activation is not None:
            return Use(activation, None, tree.arguments[0])
    return Use(scope.identity, None, tree)


def _affine_drafts(use: Use, lines: list[Line], statement) -> list[Draft] | None:
    drafts = []
    for line in lines:
        try:
            terms = weighted_sum(use.call, line)
        except NotAffine:
            return None
        if not all(math.isfinite(term.weight.coefficient) for term in terms):
            message = f"the constants of {statement.target.name} multiply to infinity"
            raise placed(NetworkError, message, statement.target.position)
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


def _general_chunk(tree, lines, statement, starts) -> tuple[Chunk, str | None]:
    """The chunk of neurons with a formula of their own."""
    drafts, functions = [], []
    for line in lines:
        _check_general(tree, line, False)
        name, position = neuron_name(statement.target, line.element), statement.target
        if _has_transfer(tree, line.scope):
            draft, function = _stored_draft(tree, line, name), line.scope.identity
        else:
            draft, function = general_draft(tree, line, name, position.position)
        if not draft.terms:
            raise no_sources(statement)
        draft.starts = list(starts)
        drafts.append(draft)
        functions.append(function)
    chunk = drafted_chunk(drafts, functions, None, lines[0].scope.slots)
    return chunk, INSIDE if _has_transfer(tree, lines[0].scope) else None


def _has_transfer(tree, scope: Scope) -> bool:
    calls = (node for node in walk(tree) if isinstance(node, Call))
    return any(
        scope.transfer(call.function) is not None and call.function not in REDUCTIONS
        for call in calls
    )


def _stored_draft(tree, line: Line, name: str) -> Draft:
    """A neuron that is only stored: it reads every source of its expression once."""
    names = (node for node in walk(tree) if isinstance(node, Name))
    pairs = [pair for n in names if line.let(n.name) is None for pair in line.expand(n)]
    terms = [Term(node, delay, ONE) for node, delay in dict.fromkeys(pairs)]
    return Draft(name, terms, [], [], [])


def _check_general(tree, line: Line, reduced: bool) -> None:
    """Every function is known, every name is known, and whole groups stand in reductions only."""
    if isinstance(tree, Name):
        if line.let(tree.name) is None and not reduced:
            line.source(tree, None)
        return
    if isinstance(tree, Call):
        if not line.scope.is_function(tree.function):
            raise line.scope.unknown_function(tree.function, tree.position)
        _check_call(tree, line.scope)
        reduced = reduced or tree.function in REDUCTIONS
    for part in parts(tree):
        _check_general(part, line, reduced)


def _check_call(call: Call, scope: Scope) -> None:
    """Every function gets as many arguments as it has, and a choice its condition."""
    if call.function in REDUCTIONS or scope.transfer(call.function) is not None:
        return
    given = len(call.arguments)
    if call.function in CHOICES:
        first = call.arguments[0] if call.arguments else None
        compares = isinstance(first, Binary) and first.operator in COMPARISONS
        if compares and given == 3:
            return
        message = (
            f"{call.function} takes a comparison and two values, "
            f"as in {call.function}(x > 0, x, 0)"
        )
        raise placed(NetworkError, message, call.position)
    activation = chosen_function(call, scope)
    if activation is not None:
        least, most = 1, 1 + activation.n_parameters
    elif call.function in PRIMITIVES:
        least = most = PRIMITIVES[call.function].arity
    else:
        least = most = COMPOSITES[call.function][0]
    if not least <= given <= most:
        count = f"{least} argument{'s' if least > 1 else ''}"
        message = f"{call.function} takes {count}, not {given}"
        raise placed(NetworkError, message, call.position)
