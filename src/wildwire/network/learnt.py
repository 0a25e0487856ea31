"""A `~` line, made into a `Chunk`.

Comes in: the statement and the scope. Goes out: the chunk of its neurons, whose numbers are all
unknown but for the parameters that are written. Called by `elaborate.py`. Wide groups are made by
whole arrays.
"""

from __future__ import annotations

import numpy as np

from wildwire.errors import FunctionError, NetworkError
from wildwire.language.expression import Call, Name, Number
from wildwire.language.tree import Learnt
from wildwire.network.check_transfers import fits
from wildwire.network.choices import chosen_function
from wildwire.network.chunks import Chunk, Written, free_chunk
from wildwire.network.lines import Use, count_of, elements, no_sources, parameters_of
from wildwire.network.prepare import prepare
from wildwire.network.scope import LINEAR, Line, Scope, placed


def learnt_chunk(statement: Learnt, scope: Scope) -> Chunk:
    """The chunk of a `~` line."""
    target = statement.target
    use = _use(statement.call, scope)
    lines = [Line(scope)] * count_of(target)
    if target.index is not None:
        lines = elements(target, scope, use.call)
        rows = [_sources(use, line, statement) for line in lines]
    else:
        row = _sources(use, lines[0], statement)
        scope.spend(len(row) * (len(lines) - 1), target.position)
        rows = [row] * len(lines)
    _check_rows(use, rows, scope, statement)
    written = _written(use, statement, lines[0])
    pairs = np.array(rows, dtype=np.int32)
    biased = _is_biased(use)
    return free_chunk(
        pairs[:, :, 0], pairs[:, :, 1], biased, use, written, scope.slots
    )  # fmt: skip


def _sources(use: Use, line: Line, statement: Learnt) -> list[tuple[int, int]]:
    """Node and delay of every source, in written order."""
    names = (argument for argument in use.call.arguments if isinstance(argument, Name))
    found = [pair for name in names for pair in line.expand(name)]
    if not found:
        raise no_sources(statement)
    return found


def _check_rows(use: Use, rows: list, scope: Scope, statement: Learnt) -> None:
    """All neurons of a line read equally many sources, and the numbers of its transfer are not too many."""
    n, position = len(rows[0]), statement.target.position
    if any(len(row) != n for row in rows):
        message = (
            f"the neurons of {statement.target.name} read different numbers of sources; "
            "give every one a line of its own"
        )
        raise placed(NetworkError, message, position)
    if use.transfer is not None:
        try:
            use.transfer.check_links(n)
        except FunctionError as error:
            raise placed(NetworkError, str(error), use.call.position) from None
        scope.spend(use.transfer.n_numbers(n) * len(rows), position)


def _written(use: Use, statement: Learnt, line: Line) -> tuple[Written, Written]:
    """What the line says of the transfer's parameters and of the activation's."""
    call = statement.call
    if use.transfer is None and use.call is not call and use.call.keywords:
        message = f"{use.call.function} has no parameters"
        raise placed(NetworkError, message, use.call.position)
    of_transfer = Written()
    if use.transfer is not None:
        _check_no_bias(use)
        of_transfer = _parameters(use.transfer, use.call, line)
    if use.transfer is not None and use.call is call:
        return of_transfer, _parameters(use.activation, Call("", ()), line)
    return of_transfer, _parameters(use.activation, call, line)


def _parameters(function, call: Call, line: Line) -> Written:
    prepared = prepare(Call("", (), call.keywords))
    monomials = parameters_of(function, prepared.tree.keywords, line, call.position)
    return Written(monomials, prepared.starts)


def _check_no_bias(use: Use) -> None:
    """Refuse words about a bias that stand in a `~` line or that the transfer does not know."""
    call, transfer = use.call, use.transfer
    if transfer is None:
        return
    if "bias" in dict(call.keywords):
        message = "a `~` line has no `bias=`: write `[0]` among the sources for no bias, or the neuron as an `=` line"
        raise placed(NetworkError, message, call.position)
    for argument in call.arguments:
        if isinstance(argument, Number) and not transfer.has_bias:
            message = f"{transfer.name} has no bias: leave `[0]` out"
            raise placed(NetworkError, message, argument.position or call.position)


def _use(call: Call, scope: Scope) -> Use:
    use = _functions(call, scope)
    message = fits(use.transfer, use.activation)
    if message is not None:
        raise placed(NetworkError, message, call.position)
    return use


def _functions(call: Call, scope: Scope) -> Use:
    """The two functions of the line, and the call in which the sources stand."""
    inner = call.arguments[0] if len(call.arguments) == 1 else None
    activation = chosen_function(call, scope)
    if isinstance(inner, Call):
        if activation is None:
            raise scope.unknown_function(call.function, call.position)
        transfer = scope.transfer(inner.function)
        if transfer is None and inner.function != LINEAR:
            raise scope.unknown_transfer(inner.function, inner.position)
        return Use(activation, transfer, inner)
    if activation is not None:
        return Use(activation, None, call)
    transfer = scope.transfer(call.function)
    if transfer is None:
        raise scope.unknown_function(call.function, call.position)
    return Use(scope.identity, transfer, call)


def _is_biased(use: Use) -> bool:
    if use.transfer is not None and not use.transfer.has_bias:
        return False
    return not any(isinstance(argument, Number) for argument in use.call.arguments)
