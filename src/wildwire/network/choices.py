"""Calls of functions with vector parameters or a chosen slope, made explicit.

Comes in: a line as it was read. Goes out: the same line, in which sizes and words (`knots=6`, `slope=triangle`) are
`Choice`s and no numbers, and every element of a vector that is not written stands there as an unknown number, `v3=?`,
so that reading and printing of numbers need to know nothing of vectors. Called by `elaborate.py`, before anything else
reads the line.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wildwire.errors import FunctionError, NetworkError
from wildwire.functions.choices import choosable, choose
from wildwire.language.expression import Call, Name, Number
from wildwire.language.tree import Fixed, Formula, Learnt
from wildwire.network.prepare import Choice, change_parts, walk
from wildwire.network.scope import Scope, placed

if TYPE_CHECKING:
    from wildwire.functions.function import Function


def explicit(statement: Learnt | Formula | Fixed, scope: Scope):
    """The line with its choices and vectors made explicit; the line itself where there are none.

    Raises
    ------
    NetworkError
        A choice that the function does not have, or an unknown number in a `fixed` line.
    """
    if isinstance(statement, Learnt):
        call = _explicit_call(statement.call, scope, True, 0)
        return statement if call is statement.call else replace(statement, call=call)
    if not any(_chooses(node, scope) for node in walk(statement.expression)):
        return statement
    learns = isinstance(statement, Formula)

    def change(node):
        changed = change_parts(node, change)
        if not isinstance(node, Call):
            return changed
        # Parameters may stand behind the argument by place, inside an expression.
        return _explicit_call(changed, scope, learns, len(changed.arguments) - 1)

    return replace(statement, expression=change(statement.expression))


def chosen_function(call: Call, scope: Scope) -> Function | None:
    """The activation that an explicit call names, in the form that it chooses; None if it names none."""
    function = scope.activation(call.function)
    choices = {key: v.value for key, v in call.keywords if isinstance(v, Choice)}
    return (
        choose(function, choices, scope.functions) if function and choices else function
    )


def _chooses(node, scope: Scope) -> bool:
    if not isinstance(node, Call):
        return False
    function = scope.activation(node.function)
    if function is None:
        return False
    return bool(function.vectors) or any(
        k in choosable(function) for k, _ in node.keywords
    )


def _explicit_call(call: Call, scope: Scope, learns: bool, n_by_place: int) -> Call:
    if not _chooses(call, scope):
        return call
    function = scope.activation(call.function)
    assert function is not None  # it chooses something
    allowed = choosable(function)
    keywords: list[tuple[str, Any]] = [
        (key, _choice(call, key, value) if key in allowed else value)
        for key, value in call.keywords
    ]
    choices = {key: v.value for key, v in keywords if isinstance(v, Choice)}
    try:
        form = choose(function, choices, scope.functions)
    except FunctionError as error:
        raise _placed(str(error), call) from None
    written = {key for key, _ in keywords}
    missing = [
        name
        for place, (name, _) in enumerate(form.parameters)
        if form.elements[place] and name not in written and place >= n_by_place
    ]
    if missing and not learns:
        raise _placed(
            f"a `fixed` line holds constants: write {missing[0]}=... and all other numbers "
            f"of {call.function}",
            call,
        )
    keywords += [(name, Number(None)) for name in missing]
    return replace(call, keywords=tuple(keywords))


def _choice(call: Call, key: str, value) -> Choice:
    """A keyword's value as a choice: a plain number for a size, a word for a slope."""
    if key == "slope":
        if isinstance(value, Name) and value.index is None and value.delay is None:
            return Choice(value.name)
        raise _placed(
            "`slope=` takes a word, as in slope=triangle; a formula stands in the "
            "definition of the function, `, slope = FORMULA`",
            call,
        )
    plain = isinstance(value, Number) and not value.frozen and value.value is not None
    if not plain or value.value != int(value.value):
        raise _placed(
            f"`{key}=` is a size and no number to be learnt: a whole number, written "
            f"plainly, as in {key}=6",
            call,
        )
    return Choice(int(value.value))


def _placed(message: str, call: Call) -> NetworkError:
    return placed(NetworkError, message, call.position)
