"""The meaning of a function in plain NumPy: the twin of the kernels.

Comes in: a `Function` and arrays. Goes out: its result tables, guard activity, distance
to kinks. Walks the same graph from which kernels are generated, one NumPy call
per operation; slow and obvious. Called by `Function` and through it by
`engine/reference.py` and the tests, and by `reflections.py` and `periods.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import FunctionError
from wildwire.functions.derive import Tables, tables
from wildwire.functions.graph import Graph, Node, Term

if TYPE_CHECKING:
    from wildwire.functions.function import Function

__all__ = [
    "branches",
    "constant_value",
    "evaluate",
    "guard_activity",
    "guard_tests",
    "margin",
    "node_values",
    "values_of",
]

Array = np.ndarray
Change = Callable[[Node, Array, list[Array]], Array]
"""Node, its value and what it reads in, another value out."""


def _logistic(x: Array) -> Array:
    decay = np.exp(-np.abs(x))
    return np.where(x < 0, decay, 1) / (1 + decay)


def _sech2(x: Array) -> Array:
    decay = np.exp(-2 * np.abs(x))
    return 4 * decay / (1 + decay) ** 2


def _square_parts(x: Array) -> tuple[Array, Array]:
    """x*x as an exact square and a small rest, so that tails of exp(-x*x) are right."""
    # Beyond, exp(-x*x) is 0 anyway, and the rest of a float32 would be large enough for infinity.
    largest, half = (1e4, 2**27 + 1) if x.dtype == np.float64 else (1e2, 2**12 + 1)
    a = np.minimum(np.abs(x), np.asarray(largest, x.dtype))
    moved = a * x.dtype.type(half)
    high = moved - (moved - a)
    return high * high, (a - high) * (a + high)


def _normal_pdf(x: Array) -> Array:
    high, low = _square_parts(x)
    value = np.exp(-high / 2) * np.exp(-low / 2) / math.sqrt(2 * math.pi)
    return np.where(np.isnan(x), x, value)


def _special(name: str) -> Callable[..., Array]:
    def call(x: Array) -> Array:
        import scipy.special

        return getattr(scipy.special, name)(x)

    return call


def _normal_cdf(x: Array) -> Array:
    """Lower tail through erfcx, as in the kernel: ndtr loses digits there."""
    import scipy.special

    high, low = _square_parts(x)
    scaled = scipy.special.erfcx(np.minimum(np.abs(x), 1e4) * math.sqrt(0.5))
    tail = 0.5 * np.exp(-high / 2) * np.exp(-low / 2) * scaled
    value = np.where(x > 0, 1 - tail, tail)
    return np.where(np.isnan(x), x, value).astype(x.dtype)


def _erfc(x: Array) -> Array:
    """Through erfcx, as in the kernel: SciPy's erfc loses digits in the tail to x*x."""
    import scipy.special

    high, low = _square_parts(x)
    scaled = scipy.special.erfcx(np.minimum(np.abs(x), 1e4))
    tail = np.exp(-high) * np.exp(-low) * scaled
    value = np.where(x < 0, 2 - tail, tail)
    return np.where(np.isnan(x), x, value).astype(x.dtype)


def _power(x: Array, y: Array) -> Array:
    """x**y; nan for x < 0 unless y is whole, minus infinity included; -1 has no limit at infinity. -0 is 0."""
    undefined = np.isnan(x) & (y != 0) | (x < 0) & (np.floor(y) != y)
    undefined |= (x == -1) & np.isinf(y)
    return np.where(undefined, np.nan, np.power(x + 0.0, y)).astype(
        np.result_type(x, y)
    )


def _guard_zero(x: Array, distance: Array) -> Array:
    return np.where(np.abs(x) <= distance, np.where(x < 0, -distance, distance), x)


def _softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _whole_power(x: Array, exponent: int) -> Array:
    """By repeated squaring, as the kernels do it."""
    if exponent == 1:
        return x
    root = _whole_power(x, exponent // 2)
    return root * root * x if exponent % 2 else root * root


_MEANING: dict[str, Callable[..., Array]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "negative": np.negative,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "where": np.where,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "sin": np.sin,
    "cos": np.cos,
    "arctan": np.arctan,
    "tanh": np.tanh,
    "sech2": _sech2,
    "logistic": _logistic,
    "softplus": _softplus,
    "erf": _special("erf"),
    "erfc": _erfc,
    "normal_cdf": _normal_cdf,
    "normal_pdf": _normal_pdf,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "power": _power,
    "guard_zero": _guard_zero,
    "guard_below": lambda x, low: np.where(x <= low, low, x),
    "guard_above": lambda x, high: np.where(x >= high, high, x),
}


def _inputs(
    function: Function,
    arguments: Sequence[Array],
    parameters: Sequence[Array | float] | None,
) -> tuple[list[Array], list[Array]]:
    """Check counts, settle one dtype."""
    if parameters is None:
        parameters = function.starts
    for what, given, wanted in (
        ("argument", arguments, len(function.arguments)),
        ("parameter", parameters, function.n_parameters),
    ):
        if len(given) != wanted:
            raise FunctionError(
                f"{function.name} has {wanted} {what}(s), {len(given)} given"
            )
    values = [np.asarray(argument) for argument in arguments]
    single = all(value.dtype == np.float32 for value in values)
    dtype = np.float32 if single else np.float64
    return (
        [value.astype(dtype) for value in values],
        [np.asarray(value, dtype) for value in parameters],
    )


def _run(
    graph: Graph,
    outputs: Sequence[Term],
    arguments: list[Array],
    parameters: list,
    change: Change | None = None,
) -> list[Array]:
    """Values of these terms, at the shape to which all arguments broadcast."""
    shape = np.broadcast_shapes(*(a.shape for a in (*arguments, *parameters)))
    dtype = arguments[0].dtype
    values: dict[int, Array] = {}
    with np.errstate(all="ignore"):
        for index in graph.needed(outputs):
            node = graph.nodes[index]
            sources = [values[source] for source in node.sources]
            match node.operation:
                case "number":
                    value = np.asarray(node.value, dtype)
                case "argument":
                    value = arguments[int(node.value)]
                case "parameter":
                    value = parameters[int(node.value)]
                case "whole_power":
                    value = _whole_power(sources[0], int(node.value))
                case "half_power":
                    value = _whole_power(sources[0], int(node.value))
                    value = value * np.sqrt(sources[0])
                case operation:
                    value = _MEANING[operation](*sources)
            value = np.asarray(value)
            values[index] = value if change is None else change(node, value, sources)
    return [np.broadcast_to(values[output.index], shape) for output in outputs]


def evaluate(
    function: Function,
    level: int,
    arguments: Sequence[Array],
    parameters: Sequence[Array | float] | None = None,
) -> Array:
    """Result tables of one level, stacked; see `Function.evaluate`."""
    values, numbers = _inputs(function, arguments, parameters)
    derived = tables(function, level)
    results = _run(derived.graph, derived.outputs, values, numbers)
    return np.stack([np.asarray(result, values[0].dtype) for result in results])


def values_of(
    function: Function,
    graph: Graph,
    terms: Sequence[Term],
    arguments: Sequence[Array],
    parameters: Sequence[Array | float] | None = None,
    change: Change | None = None,
) -> list[Array]:
    """Values of terms of `graph`, one that `tables` has made for this function.

    `change` may alter the value of each operation before others read it: so one sees what
    rounding errors become.
    """
    return _run(graph, terms, *_inputs(function, arguments, parameters), change)


def guard_activity(
    function: Function,
    arguments: Sequence[Array],
    parameters: Sequence[Array | float] | None = None,
) -> Array:
    """1 where a guard is active, else 0; see `Function.guards`."""
    values, numbers = _inputs(function, arguments, parameters)
    derived = tables(function, 0)
    shape = np.broadcast_shapes(*(a.shape for a in (*values, *numbers)))
    found = np.zeros(shape, bool)
    for active in _run(derived.graph, guard_tests(derived), values, numbers):
        found |= active
    return found.astype(np.int64)


def guard_tests(derived: Tables) -> list[Term]:
    """For each guard a comparison that holds where it is active."""
    tests = []
    for guard in derived.guards:
        first, second = (derived.graph.source(guard, i) for i in range(2))
        name = guard.node.operation
        if name == "guard_zero":
            first = derived.graph.make("abs", first)
        operator = ">=" if name == "guard_above" else "<="
        tests.append(derived.graph.compare(operator, first, second))
    return tests


def margin(
    function: Function,
    arguments: Sequence[Array],
    parameters: Sequence[Array | float] | None = None,
) -> Array:
    """Distance to the nearest kink; see `Function.margin`."""
    values, numbers = _inputs(function, arguments, parameters)
    derived = tables(function, 0)
    shape = np.broadcast_shapes(*(a.shape for a in (*values, *numbers)))
    nearest = np.full(shape, np.inf)
    places = [term for _, term in derived.kinks]
    measured = _run(derived.graph, places, values, numbers)
    for (kind, _), value in zip(derived.kinks, measured, strict=True):
        with np.errstate(invalid="ignore"):
            distance = np.abs(value - np.round(value) if kind == "whole" else value)
        nearest = np.fmin(nearest, distance)
    return nearest


def constant_value(node: Node, sources: Sequence[float]) -> float:
    """What an operation makes of numbers; not for arguments, parameters and numbers themselves."""
    graph = Graph()
    arguments = [graph.make("argument", value=i) for i in range(len(sources))]
    output = graph.make(node.operation, *arguments, value=node.value)
    return float(
        _run(graph, [output], [np.asarray(s, np.float64) for s in sources], [])[0]
    )


def node_values(
    graph: Graph, output: Term, n_arguments: int, parameters: Sequence[float]
) -> dict[int, float]:
    """The value of every node that the output needs, at the arguments 0: of use for those that have none inside."""
    needed = graph.needed([output])
    zeros = [np.zeros(()) for _ in range(n_arguments)]
    numbers = [np.asarray(value, np.float64) for value in parameters]
    values = _run(graph, [Term(graph, index) for index in needed], zeros, numbers)
    return {index: float(v) for index, v in zip(needed, values, strict=True)}


def branches(
    function: Function,
    arguments: Sequence[Array],
    parameters: Sequence[Array | float] | None = None,
) -> Array:
    """On which side of each of its kinks every place lies, (n_kinks, ...): unequal means that a kink is between.

    Between two places with equal sides the function is as smooth as its pieces, if what is compared goes steadily.
    """
    values, numbers = _inputs(function, arguments, parameters)
    derived = tables(function, 0)
    measured = _run(derived.graph, [term for _, term in derived.kinks], values, numbers)
    shape = np.broadcast_shapes(*(a.shape for a in (*values, *numbers)))
    sides = [
        np.floor(value) if kind == "whole" else np.sign(value)
        for (kind, _), value in zip(derived.kinks, measured, strict=True)
    ]
    return np.array(sides).reshape(len(sides), *shape)
