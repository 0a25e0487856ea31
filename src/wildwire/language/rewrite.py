"""Trees made from trees: walked, with other numbers, in another form.

Comes in: expressions and statements. Goes out: new ones; nothing is changed in place. Called by `builder.py` and by
`network` (printing a trained network, making a function of a general expression).

Learnable numbers of a statement, in written order: every number that is not frozen in an `=` line, in the keywords of a
`~` line, in `let` and in `start`, and every entry of a table. Numbers of `fixed` lines and definitions are constants.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from wildwire.language import tree
from wildwire.language.expression import (
    Binary,
    Call,
    Expression,
    Link,
    Name,
    Number,
    Sum,
    Unary,
    is_negative,
    negate,
)

# ---- walking ------------------------------------------------------------------------


def parts_of(node: Expression | Link) -> tuple[Expression | Link, ...]:
    """The nodes directly below a node, in written order."""
    if isinstance(node, Binary):
        return (node.left, node.right)
    if isinstance(node, Sum):
        return node.terms
    if isinstance(node, Call):
        return node.arguments + tuple(value for _, value in node.keywords)
    if isinstance(node, Link):
        return node.sources + node.numbers
    return (node.operand,) if isinstance(node, Unary) else ()


def walk(expression: Expression | Link) -> Iterator[Expression | Link]:
    """Every node, in written order, a node before its parts; no recursion."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(parts_of(node)))


def rebuild(node, change: Callable):
    """The node with `change` applied to each of the nodes directly below it, in written order."""
    if isinstance(node, Binary):
        left, right = change(node.left), change(node.right)
        return Binary(node.operator, left, right, node.position)
    if isinstance(node, Sum):
        return Sum(tuple(change(term) for term in node.terms), node.position)
    if isinstance(node, Call):
        arguments = tuple(change(argument) for argument in node.arguments)
        keywords = tuple((name, change(value)) for name, value in node.keywords)
        return Call(node.function, arguments, keywords, node.position)
    if isinstance(node, Link):
        sources = tuple(change(source) for source in node.sources)
        numbers = tuple(change(number) for number in node.numbers)
        return Link(sources, numbers, node.position)
    if isinstance(node, Unary):
        return Unary(node.operator, change(node.operand), node.position)
    return node


def substituted(node, names: Mapping[str, Expression]):
    """The node with expressions in the place of names."""
    if isinstance(node, Name):
        return names.get(node.name, node)
    return rebuild(node, lambda part: substituted(part, names))


# ---- numbers ------------------------------------------------------------------------


def learnable_numbers(statement: tree.Statement) -> list[float | None]:
    """Values of the learnable numbers of a statement, in written order; None is unknown.

    Examples
    --------
    >>> from wildwire.language.parser import parse_text
    >>> learnable_numbers(parse_text("m = [0.9]*m@1 - 1.2*a + ?*b").statements[0])
    [-1.2, None]
    """
    if isinstance(statement, tree.Numbers):
        return [value for row in statement.rows for value in row]
    if isinstance(statement, tree.Let | tree.Start):
        return [] if statement.number.frozen else [statement.number.value]
    if isinstance(statement, tree.Formula):
        expression = statement.expression
    elif isinstance(statement, tree.Learnt):
        expression = statement.call
    else:
        return []
    nodes = walk(expression)
    return [n.value for n in nodes if isinstance(n, Number) and not n.frozen]


def replace_numbers(statement: tree.Statement, values: Iterable) -> tree.Statement:
    """The statement with other learnable numbers; inverse of `learnable_numbers`.

    Parameters
    ----------
    statement : Statement
    values : iterable of float or None
        As many as `learnable_numbers` gives, in its order; None and NaN print as `?`.

    Raises
    ------
    ValueError
        Too few or too many values.

    Examples
    --------
    >>> from wildwire.language.parser import parse_text
    >>> from wildwire.language.printer import print_statement
    >>> line = parse_text("m = [0.9]*m@1 + 1.2*a + ?*b").statements[0]
    >>> print_statement(replace_numbers(line, [-0.5, 2.0]))
    'm = [0.9]*m@1 - 0.5*a + 2*b'
    """
    given = iter(values)
    result = _with_numbers(statement, given)
    if next(given, _END) is not _END:
        raise ValueError("more values than learnable numbers")
    return result


_END: Any = object()


def _with_numbers(statement: tree.Statement, given: Iterator) -> tree.Statement:
    if isinstance(statement, tree.Numbers):
        rows = tuple(tuple(_next(given) for _ in row) for row in statement.rows)
        return replace(statement, rows=rows)
    if isinstance(statement, tree.Let | tree.Start):
        return replace(statement, number=_replaced(statement.number, given))
    if isinstance(statement, tree.Formula):
        expression = _replaced(statement.expression, given)
        return replace(statement, expression=expression)
    if isinstance(statement, tree.Learnt):
        return replace(statement, call=_replaced(statement.call, given))
    return statement


def _replaced(node, given: Iterator) -> Any:
    if isinstance(node, Number) and not node.frozen:
        return Number(_next(given), False, node.position)
    return rebuild(node, lambda part: _replaced(part, given))


def _next(given: Iterator) -> float | None:
    value = next(given, _END)
    if value is _END:
        raise ValueError("fewer values than learnable numbers")
    return None if value is None or math.isnan(value) else float(value)


# ---- other forms --------------------------------------------------------------------


def binary_form(expression: Expression) -> Expression:
    """The expression with every flat `Sum` as `+` and `-` of two operands, nested to the left: the form of formulas.

    A term whose first factor is negative is subtracted; values do not change by a bit.

    Examples
    --------
    >>> from wildwire.language.expression import Name
    >>> binary_form(Sum((Name("a"), Number(-2.0))))
    Binary(operator='-', left=Name(name='a', index=None, delay=None), right=Number(value=2.0, frozen=False))
    """
    if not isinstance(expression, Sum):
        return rebuild(expression, binary_form)
    result = binary_form(expression.terms[0])
    for term in expression.terms[1:]:
        operator, size = ("-", negate(term)) if is_negative(term) else ("+", term)
        result = Binary(operator, result, binary_form(size), expression.position)
    return result
