"""Expressions and numbers as text.

Comes in: an expression or a float. Goes out: its canonical text. Called by `printer.py`, through which the other layers
reach it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from wildwire.errors import LanguageError
from wildwire.language.expression import (
    COMPARISONS,
    Binary,
    Call,
    Category,
    Expression,
    Link,
    Name,
    Number,
    Place,
    Slice,
    Sum,
    Unary,
    is_negative,
    negate,
)
from wildwire.language.words import is_bare, print_name, print_text

OTHER = "other"
"""Function that stands for the apostrophe: `x'` is `other(x)`."""

# Binding strength: an operand is put in brackets if it binds less than its place asks.
_SUM, _PRODUCT, _FACTOR, _POWER, _ATOM = range(5)


def print_number(value: float) -> str:
    """The fewest digits that read back to exactly the same float; an exponent where zeros would fill the number.

    Parameters
    ----------
    value : float
        Finite; negative numbers begin with `-`, also minus zero.

    Raises
    ------
    LanguageError
        Infinity and NaN are never written.

    Examples
    --------
    >>> print_number(0.1), print_number(3.0), print_number(-0.0), print_number(1e-05)
    ('0.1', '3', '-0', '1e-5')
    """
    if not math.isfinite(value):
        raise LanguageError(f"{value} is not a finite number and cannot be written")
    text = repr(float(value)).removesuffix(".0")
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa}e{int(exponent)}"
    return _with_exponent(text) if text.endswith("000000") else text


def _with_exponent(whole: str) -> str:
    """`-25000000` as `-2.5e7`."""
    sign, digits = ("-", whole[1:]) if whole[0] == "-" else ("", whole)
    mantissa = digits.rstrip("0")
    point = f".{mantissa[1:]}" if len(mantissa) > 1 else ""
    return f"{sign}{mantissa[0]}{point}e{len(digits) - 1}"


def print_expression(expression: Expression) -> str:
    """An expression as text.

    Examples
    --------
    >>> from wildwire.language.parser import parse_formula
    >>> print_expression(parse_formula("-(a*b)**2 /(1+ -c)"))
    '-(a*b)**2/(1 - c)'
    """
    return _print(expression, _SUM)


def _print(node: Expression | Link, place: int) -> str:
    """The node, in brackets if it binds less than `place` asks."""
    text, strength = _PRINTERS[type(node)](node)
    return text if strength >= place else f"({text})"


def _number(node: Number) -> tuple[str, int]:
    if node.value is None:
        return "?", _ATOM
    text = print_number(node.value)
    if node.frozen:
        return f"[{text}]", _ATOM
    return text, _FACTOR if text[0] == "-" else _ATOM


def _name(node: Name) -> tuple[str, int]:
    text = print_name(node.name)
    if node.index is not None:
        text += f"[{print_index(node.index)}]"
    if isinstance(node.delay, tuple):
        text += f"@{node.delay[0]}..{node.delay[1]}"
    elif node.delay is not None:
        text += f"@{node.delay}"
    return text, _ATOM


def print_index(index: Place | Slice | Category) -> str:
    """What stands in the brackets of a name: `3`, `k+1`, `2*k`, `3..7`, `"red"`."""
    if isinstance(index, Category):
        return print_text(index.label)
    if isinstance(index, Slice):
        return f"{print_index(index.first)}..{print_index(index.last)}"
    if index.variable is None:
        return str(index.offset)
    text = index.variable if index.factor == 1 else f"{index.factor}*{index.variable}"
    return text + (f"{index.offset:+d}" if index.offset else "")


def _sum(node: Sum) -> tuple[str, int]:
    parts = [_print(node.terms[0], _PRODUCT)]
    for term in node.terms[1:]:
        parts.append(_term(term))
    return "".join(parts), _SUM


def _term(term: Expression) -> str:
    """A term behind the first, with its sign in front."""
    if isinstance(term, Number) and term.value is None:
        return " + ?"
    if is_negative(term):
        return f" - {_print(negate(term), _PRODUCT)}"
    return f" + {_print(term, _PRODUCT)}"


def _unary(node: Unary) -> tuple[str, int]:
    return f"-{_print(node.operand, _POWER)}", _FACTOR


def _binary(node: Binary) -> tuple[str, int]:
    if node.operator in COMPARISONS:
        left, right = _print(node.left, _SUM), _print(node.right, _SUM)
        return f"{left} {node.operator} {right}", _SUM
    if node.operator == "**":
        return f"{_print(node.left, _ATOM)}**{_print(node.right, _FACTOR)}", _POWER
    strength, gap = (_SUM, " ") if node.operator in "+-" else (_PRODUCT, "")
    # along the left by a loop: a chain of additions may have thousands of terms
    chain = []
    first: Expression = node
    while isinstance(first, Binary) and _same_chain(first.operator, node.operator):
        right = _print(first.right, strength + 1)
        chain.append(f"{gap}{first.operator}{gap}{right}")
        first = first.left
    chain.append(_print(first, strength))
    return "".join(reversed(chain)), strength


def _same_chain(one: str, other: str) -> bool:
    return (one in "+-") == (other in "+-") and one not in ("**", *COMPARISONS)


def _call(node: Call) -> tuple[str, int]:
    if node.function == OTHER and len(node.arguments) == 1 and not node.keywords:
        only = node.arguments[0]
        if isinstance(only, Name) and only == Name(only.name) and is_bare(only.name):
            return f"{only.name}'", _ATOM
    parts = [_print(argument, _SUM) for argument in node.arguments]
    parts += [f"{name}={_print(value, _SUM)}" for name, value in node.keywords]
    return f"{print_name(node.function)}({', '.join(parts)})", _ATOM


def _link(node: Link) -> tuple[str, int]:
    return f"{_several(node.sources)}: {_several(node.numbers)}", _SUM


def _several(nodes: tuple) -> str:
    texts = [_print(node, _SUM) for node in nodes]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


_PRINTERS: dict[type, Callable[..., tuple[str, int]]] = {
    Number: _number, Name: _name, Sum: _sum, Unary: _unary, Binary: _binary,
    Call: _call, Link: _link,
}  # fmt: skip
