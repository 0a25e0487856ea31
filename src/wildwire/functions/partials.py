"""The derivatives of what a neuron computes, as functions that other neurons can compute.

Comes in: an activation, a neuron's own formula, or a transfer with its activation. Goes out: a number where the
derivative is one, else a function. Called by `wiring/slopes.py`. Always the true derivative of the formula, as
`derive.py` forms it: a training slope of the user's choice is for learning, and no derivative.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wildwire.functions.derive import derivatives, variables_of
from wildwire.functions.function import Function
from wildwire.functions.graph import Graph, Term
from wildwire.functions.reader import Reader
from wildwire.functions.sharing import Shared, shared_function

if TYPE_CHECKING:
    from wildwire.functions.transfer import Transfer

__all__ = ["Parameter", "partial_of_transfer", "partials_of", "slope_function"]


@dataclass(frozen=True)
class Parameter:
    """A derivative that is one of the neuron's numbers, times `sign`."""

    place: int
    sign: int


@functools.lru_cache(maxsize=256)
def slope_function(activation: Function) -> float | Function:
    """The derivative of an activation in its one argument.

    Returns
    -------
    float or Function
        An activation with the same parameters, called `tanh_slope`; a number where the slope is the same everywhere.
    """
    graph = Graph()
    names = variables_of(activation, graph)
    value = Reader(graph, activation.functions).read(activation.formula, names)
    slope = _of_numbers(derivatives(value, names[activation.arguments[0]]))
    if slope.number is not None:
        return slope.number
    shared = shared_function(slope)
    formula, used = shared.function.formula, shared.parameters
    # Shared functions have the parameters that they read, and the neuron has all.
    own = {f"w{k}": f"p{j}" for k, j in enumerate(used)} | {"x0": "z"}
    named = _renamed(formula, own)
    made = Function(
        name=f"{activation.name}_slope",
        kind="activation",
        arguments=("z",),
        parameters=tuple(
            (f"p{j}", default) for j, (_, default) in enumerate(activation.parameters)
        ),
        formula=named,
        uses=shared.function.uses,
    )
    if activation.choices:  # several forms of one function may stand in one network
        made = replace(made, name=f"{made.name}_{made.key[:8]}")
    return made


def _renamed(formula, names: dict[str, str]):
    from wildwire.language.expression import Name
    from wildwire.language.rewrite import rebuild

    if isinstance(formula, Name):
        return Name(names[formula.name])
    return rebuild(formula, lambda part: _renamed(part, names))


@functools.lru_cache(maxsize=256)
def partials_of(function: Function) -> tuple[float | Parameter | Shared, ...]:
    """The derivative of a neuron's own formula in each of its sources."""
    graph = Graph()
    names = variables_of(function, graph)
    value = Reader(graph, function.functions).read(function.formula, names)
    return tuple(
        _as_function(derivatives(value, names[source])) for source in function.arguments
    )


@functools.lru_cache(maxsize=256)
def partial_of_transfer(
    transfer: Transfer, activation: Function | None, n_links: int, place: int = 0
) -> float | Parameter | Shared:
    """The derivative of a transfer of so many links in one of its sources.

    Parameters
    ----------
    transfer : Transfer
    activation : Function or None
        What is made of the transfer's values; None for the derivative of its only value.
    n_links, place : int
        How many links there are, and which one's source moves. Without pairs all links are alike: whose source moves
        may always stand first, so that one function serves for all of them.

    Returns
    -------
    float, Parameter or Shared
        Arguments are the links' sources; parameters are those of `Transfer.unrolled`, then those of the activation.
    """
    n_values = transfer.n_values if activation is not None else 1
    written = [transfer.unrolled(n_links, value) for value in range(n_values)]
    graph = Graph()
    names = variables_of(written[0], graph)
    values = [Reader(graph, f.functions).read(f.formula, names) for f in written]
    value = values[0]
    if activation is not None:
        first = len(written[0].parameters)
        own = dict(zip(activation.arguments, values, strict=True))
        for j, (name, _) in enumerate(activation.parameters):
            own[name] = graph.make("parameter", value=first + j)
        value = Reader(graph, activation.functions).read(activation.formula, own)
    return _as_function(derivatives(value, names[written[0].arguments[place]]))


_OPPOSITE = {">=": "<", ">": "<=", "<": ">=", "<=": ">"}


def _of_numbers(slope: Term) -> Term:
    """The slope without a last branch that only nan reaches: a step then has none at all."""
    graph = slope.graph
    if slope.node.operation != "where":
        return slope
    condition, yes, no = (graph.source(slope, i) for i in range(3))
    if no.node.operation != "where":
        return slope
    other = graph.source(no).node
    opposite = _OPPOSITE.get(condition.node.operation) == other.operation
    if not opposite or condition.node.sources != other.sources:
        return slope
    return graph.where(condition, yes, graph.source(no, 1))


def _as_function(slope: Term) -> float | Parameter | Shared:
    slope = _of_numbers(slope)
    if slope.number is not None:
        return slope.number
    node, sign = slope.node, 1
    if node.operation == "negative":
        node, sign = slope.graph.nodes[node.sources[0]], -1
    if node.operation == "parameter":
        return Parameter(int(node.value), sign)
    return shared_function(slope)
