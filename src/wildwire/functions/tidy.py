"""Products as people write them.

Comes in: an expression, such as a derivative, with numbers and quotients scattered in it. Goes out: one that is equal
in algebra, though not to the last bit: numbers in front, equal factors as powers, one fraction. For readers only.
Called by `entry.py`.
"""

from __future__ import annotations

from wildwire.language.expression import Binary, Expression, Number, Unary
from wildwire.language.rewrite import rebuild

__all__ = ["tidy"]

LARGEST_POWER = 9


def tidy(expression: Expression) -> Expression:
    """The expression with every product in it collected.

    Examples
    --------
    >>> from wildwire.language.parser import parse_formula
    >>> from wildwire.language.printer import print_expression
    >>> print_expression(tidy(parse_formula("-(k*(-2*(1 - z))*exp(-(z*z)))")))
    '2*k*(1 - z)*exp(-z**2)'
    """
    expression = rebuild(expression, tidy)
    if not _is_product(expression):
        return expression
    powers: dict[Expression, int] = {}
    number = _collect(expression, 1, powers)
    if any(abs(power) > LARGEST_POWER for power in powers.values()):
        return expression
    above = _product([_power(b, p) for b, p in powers.items() if p > 0])
    below = _product([_power(b, -p) for b, p in powers.items() if p < 0])
    if above is None:
        above = Number(number)
    elif number == -1:
        above = _negative(above)
    elif number != 1:
        above = _leading(number, above)
    return above if below is None else Binary("/", above, below)


def _is_product(node: Expression) -> bool:
    if isinstance(node, Unary):
        return _is_product(node.operand)
    return isinstance(node, Binary) and node.operator in ("*", "/")


def _collect(node: Expression, sign: int, powers: dict[Expression, int]) -> float:
    """Add the factors of a node to `powers`; its number."""
    if isinstance(node, Number) and node.value is not None and node.value != 0:
        return node.value**sign
    if isinstance(node, Unary):
        return -_collect(node.operand, sign, powers)
    if isinstance(node, Binary) and node.operator in ("*", "/"):
        number = _collect(node.left, sign, powers)
        other = -sign if node.operator == "/" else sign
        return number * _collect(node.right, other, powers)
    base, power = node, 1
    if isinstance(node, Binary) and isinstance(node.right, Number):
        exponent = node.right.value or 0.0
        if node.operator == "**" and exponent in (2.0, 3.0, 4.0):
            base, power = node.left, int(exponent)
    powers[base] = powers.get(base, 0) + sign * power
    return 1.0


def _power(base: Expression, power: int) -> Expression:
    return base if power == 1 else Binary("**", base, Number(float(power)))


def _product(factors: list[Expression]) -> Expression | None:
    if not factors:
        return None
    result = factors[0]
    for factor in factors[1:]:
        result = Binary("*", result, factor)
    return result


def _leading(number: float, product: Expression) -> Expression:
    """The product with a number in front of its first factor."""
    if isinstance(product, Binary) and product.operator == "*":
        return Binary("*", _leading(number, product.left), product.right)
    return Binary("*", Number(number), product)


def _negative(product: Expression) -> Expression:
    """The product with a minus sign at its first factor, where printing puts it."""
    if isinstance(product, Binary) and product.operator == "*":
        return Binary("*", _negative(product.left), product.right)
    return Unary("-", product)
