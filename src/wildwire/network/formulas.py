"""An `=` or `fixed` line, made into a `Chunk`.

Comes in: the statement and the scope. Goes out: the chunk of its neurons. Called by `elaborate.py`.

The line is one of three kinds: a weighted sum inside at most one activation (runs on the fast
path); another transfer with its numbers behind the sources (`transfer_calls.py`), likewise; or a general
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
    Name,
    Number,
)
from wildwire.language.tree import Fixed, Formula
from wildwire.network.affine import Monomial, NotAffine, Term, weighted_sum
from wildwire.network.check_transfers import fits
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
from wildwire.network.transfer_calls import (
    is_transfer,
    monomial,
    n_values,
    read_call,
)


def formula_chunk(statement: Formula | Fixed, scope: Scope) -> Chunk:
    """The chunk of an `=` or `fixed` line."""
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
            draft.parameters = parameters_of(
                use.activation, tree.keywords, line, tree.position
            )
    else:
        for draft in drafts:
            draft.parameters = [Monomial(v) for _, v in use.activation.parameters]
    for draft in drafts:
        draft.starts = list(prepared.starts)
    if not drafts[0].terms:
        raise no_sources(statement)
    return drafted_chunk(drafts, use.activation, use.transfer, scope.slots)


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
    if is_transfer(tree, scope):
        use = Use(scope.identity, scope.transfer(tree.function), tree)
    else:
        activation = chosen_function(tree, scope)
        inner = tree.arguments[0] if len(tree.arguments) == 1 else None
        if activation is None or not is_transfer(inner, scope):
            return None
        use = Use(activation, scope.transfer(inner.function), inner)
    message = fits(use.transfer, use.activation)
    if message is not None:
        raise placed(NetworkError, message, tree.position)
    return use


def _affine_use(tree, scope: Scope) -> Use:
    """The activation around a formula (identity if there is none); `call` is what stands inside."""
    if isinstance(tree, Call) and len(tree.arguments) == 1:
        activation = chosen_function(tree, scope)
        if activation is not None and len(activation.arguments) == 1:
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
    read = read_call(use.call, line)

    def number(tree) -> Monomial:
        return monomial(tree, line, use.call.position)

    terms = [
        Term(node, delay, number(weight))
        for (node, delay), weight in zip(read.sources, read.weights, strict=True)
    ]
    bias = [] if read.bias is None else [number(read.bias)]
    draft = Draft(name, terms, bias, [], [])
    draft.numbers = [number(tree) for tree in read.numbers]
    return draft


# ---- general expressions --------------------------------------------------------------------------------------------


def _general_chunk(tree, lines, statement, starts) -> Chunk:
    """The chunk of neurons with a formula of their own."""
    drafts, functions = [], []
    for line in lines:
        _check_general(tree, line, False)
        name, position = neuron_name(statement.target, line.element), statement.target
        draft, function = general_draft(tree, line, name, position.position)
        if not draft.terms:
            raise no_sources(statement)
        draft.starts = list(starts)
        drafts.append(draft)
        functions.append(function)
    return drafted_chunk(drafts, functions, None, lines[0].scope.slots)


def _check_general(tree, line: Line, reduced: bool) -> None:
    """Every function is known, every name is known, and whole groups stand in reductions only."""
    if isinstance(tree, Name):
        if line.let(tree.name) is None and not reduced:
            line.source(tree, None)
        return
    if is_transfer(tree, line.scope):
        read_call(tree, line)
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
    if call.function in REDUCTIONS:
        return
    given = sum(n_values(argument, scope) for argument in call.arguments)
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
        least = len(activation.arguments)
        most = least + activation.n_parameters
    elif call.function in PRIMITIVES:
        least = most = PRIMITIVES[call.function].arity
    else:
        least = most = COMPOSITES[call.function][0]
    if not least <= given <= most:
        count = f"{least} argument{'s' if least > 1 else ''}"
        message = f"{call.function} takes {count}, not {given}"
        raise placed(NetworkError, message, call.position)
