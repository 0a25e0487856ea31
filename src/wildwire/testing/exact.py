"""A formula in exact arithmetic: values and derivatives that owe nothing to the rules of differentiation.

Comes in: a function and one place. Goes out: its tables as mpmath numbers, the derivatives by differences with 60
digits. Called by `derivatives.py`, where mpmath is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from wildwire.functions.derive import tables
from wildwire.functions.graph import Node

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = ["available", "exact_tables", "exact_value"]

DIGITS = 60
STEP = 1e-12
LONGEST = 2500
"""Binary digits before the point that an argument of exp, sin or cos may have: more would fill the memory."""

FAR = 1e12

LARGEST_ERF = 1e4


def available() -> bool:
    """Whether mpmath is installed."""
    try:
        import mpmath  # noqa: F401 - asked for, not used
    except ImportError:
        return False
    return True


def exact_value(function: Function, place: Sequence[float]) -> Any:
    """The value at arguments and parameters; nan where it is not a real number.

    Parameters
    ----------
    function : Function
    place : sequence of float
        Arguments, then parameters.
    """
    import mpmath as mp

    with mp.workdps(DIGITS):
        return _value(function, [mp.mpf(float(number)) for number in place])


def exact_tables(function: Function, place: Sequence[float]) -> list:
    """Value, slopes and second derivatives as floats, in the order of the calling convention.

    A training slope plays no part: this is the derivative.
    """
    import mpmath as mp

    with mp.workdps(DIGITS):
        x = [mp.mpf(float(number)) for number in place]
        h = [mp.mpf(STEP) * (1 + abs(number)) for number in x]
        known: dict[tuple, Any] = {}

        def at(*moves: tuple[int, int]) -> Any:
            """The value with some variables moved by whole steps."""
            moved = list(x)
            for which, steps in moves:
                moved[which] = moved[which] + steps * h[which]
            key = tuple(moved)
            if key not in known:
                known[key] = _value(function, moved)
            return known[key]

        count = range(len(x))
        result = [at()]
        result += [(at((i, 1)) - at((i, -1))) / (2 * h[i]) for i in count]
        result += [_second(at, h, i, j) for i in count for j in count if j >= i]
        return [float(number) for number in result]


def _second(at: Callable, h: list, i: int, j: int) -> Any:
    if i == j:
        return (at((i, 1)) - 2 * at() + at((i, -1))) / h[i] ** 2
    corners = at((i, 1), (j, 1)) - at((i, 1), (j, -1))
    corners += at((i, -1), (j, -1)) - at((i, -1), (j, 1))
    return corners / (4 * h[i] * h[j])


def _value(function: Function, variables: list) -> Any:
    """The graph of the formula, one operation after another."""
    import mpmath as mp

    derived = tables(function, 0)
    n_arguments = len(function.arguments)
    values: dict[int, Any] = {}
    for index in derived.graph.needed(derived.outputs):
        node = derived.graph.nodes[index]
        sources = [values[source] for source in node.sources]
        match node.operation:
            case "number":
                value = mp.mpf(float(node.value))
            case "argument":
                value = variables[int(node.value)]
            case "parameter":
                value = variables[n_arguments + int(node.value)]
            case _:
                value = _operation(mp, node, sources)
        values[index] = value
    return values[derived.outputs[0].index]


def _operation(mp: Any, node: Node, sources: list) -> Any:
    """One operation; nan where it leaves the real numbers."""
    if node.operation == "where":
        return sources[1] if sources[0] else sources[2]
    if node.operation in _COMPARISONS:
        return _COMPARISONS[node.operation](*sources)
    if any(mp.isnan(source) for source in sources):
        return mp.nan
    try:
        if node.operation in ("whole_power", "half_power"):
            value = sources[0] ** mp.mpf(node.value)
        else:
            value = _MEANING[node.operation](mp, *sources)
    except (ZeroDivisionError, ValueError):
        return mp.nan
    return value if isinstance(value, mp.mpf) else mp.nan


_COMPARISONS: dict[str, Callable] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def _exp(mp: Any, x: Any) -> Any:
    if mp.mag(x) > LONGEST:
        return mp.inf if x > 0 else mp.mpf(0)
    return mp.exp(x)


def _wave(name: str) -> Callable:
    def wave(mp: Any, x: Any) -> Any:
        return mp.nan if mp.mag(x) > LONGEST else getattr(mp, name)(x)

    return wave


def _softplus(mp: Any, x: Any) -> Any:
    return x if x > FAR else mp.log1p(_exp(mp, x))


def _erfc(mp: Any, x: Any) -> Any:
    if abs(x) > LARGEST_ERF:
        return mp.mpf(0 if x > 0 else 2)
    return mp.erfc(x)


def _sech2(mp: Any, x: Any) -> Any:
    decay = _exp(mp, -2 * abs(x))
    return 4 * decay / (1 + decay) ** 2


def _guard_zero(x: Any, distance: Any) -> Any:
    if abs(x) > distance:
        return x
    return -distance if x < 0 else distance


# Written from the meaning of each call, not from its kernel, its twin or its slope.
_MEANING: dict[str, Callable] = {
    "+": lambda mp, a, b: a + b,
    "-": lambda mp, a, b: a - b,
    "*": lambda mp, a, b: a * b,
    "/": lambda mp, a, b: a / b,
    "negative": lambda mp, a: -a,
    "power": lambda mp, a, b: a**b,
    "exp": _exp,
    "expm1": lambda mp, x: mp.expm1(x) if abs(x) < 1 else _exp(mp, x) - 1,
    "log": lambda mp, x: mp.log(x),
    "log1p": lambda mp, x: mp.log1p(x),
    "sqrt": lambda mp, x: mp.sqrt(x),
    "cbrt": lambda mp, x: mp.sign(x) * mp.cbrt(abs(x)),
    "sin": _wave("sin"),
    "cos": _wave("cos"),
    "arctan": lambda mp, x: mp.atan(x),
    "tanh": lambda mp, x: mp.sign(x) * (1 - 2 / (1 + _exp(mp, 2 * abs(x)))),
    "sech2": _sech2,
    "logistic": lambda mp, x: 1 / (1 + _exp(mp, -x)),
    "softplus": _softplus,
    "erf": lambda mp, x: 1 - _erfc(mp, x) if abs(x) > 1 else mp.erf(x),
    "erfc": _erfc,
    "normal_cdf": lambda mp, x: _erfc(mp, -x / mp.sqrt(2)) / 2,
    "normal_pdf": lambda mp, x: _exp(mp, -x * x / 2) / mp.sqrt(2 * mp.pi),
    "abs": lambda mp, x: abs(x),
    "sign": lambda mp, x: mp.mpf(mp.sign(x)),
    "floor": lambda mp, x: mp.floor(x),
    "guard_zero": lambda mp, x, distance: _guard_zero(x, distance),
    "guard_below": lambda mp, x, low: max(x, low),
    "guard_above": lambda mp, x, high: min(x, high),
}
