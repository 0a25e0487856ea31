"""How a neuron's value moves with what it reads: its gate and its edges.

Comes in: a network that grows. Goes out: for every neuron that moves a `Local`, whose new neurons are made when first
asked for. Called by `slopes.py`.

A neuron y = f(z) with z = sum_l w_l x_l moves by dy = f'(z) * sum_l w_l dx_l: the gate is a neuron like it whose
activation is f', an edge has the weight of its link. Of another transfer z = t(x) an edge has a factor dt/dx_l, a
neuron with that formula; a neuron's own formula has no gate. The outputs of a softmax are written out as neurons first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from wildwire.errors import UnsupportedError
from wildwire.functions.function import Function
from wildwire.functions.partials import (
    Parameter,
    partial_of_transfer,
    partials_of,
    slope_function,
)
from wildwire.functions.sharing import Shared
from wildwire.language.expression import Binary, Call, Name
from wildwire.network.general import MOST_SOURCES
from wildwire.wiring.growth import (
    FROZEN_ONE,
    ONE,
    Code,
    Growth,
    Neuron,
    frozen,
)

__all__ = ["Edge", "Local", "local_slope", "softmax_nodes"]

Maker = Callable[[], int]


class Edge(NamedTuple):
    """dy/dx of a source: the weight, times the value of the node that `factor` makes; None is 1."""

    source: int
    weight: Code
    factor: Maker | None = None


@dataclass(frozen=True)
class Local:
    """A neuron's slopes: `gate` times those of its edges; None is 1."""

    edges: Sequence[Edge]
    gate: Maker | None = None


def local_slope(growth: Growth, node: int) -> Local:
    """The slopes of a neuron; without edges where it does not move."""
    neuron = growth.neuron(node)
    if neuron.function.kind == "expression":
        return Local(_edges_of_formula(growth, node, neuron))
    if neuron.transfer is not None and neuron.transfer.n_values > 1:
        return Local(_edges_of_transfer(growth, node, neuron, neuron.function))
    slope = slope_function(neuron.function)
    if slope == 0:
        return Local(())
    if neuron.transfer is None:
        edges = [Edge(source, weight) for source, weight in neuron.links]
    else:
        edges = _edges_of_transfer(growth, node, neuron, None)
    return Local(edges, _gate(growth, node, neuron, slope))


def _gate(growth: Growth, node: int, neuron: Neuron, slope) -> Maker | None:
    """What makes the neuron whose activation is the slope."""
    if slope == 1:
        return None

    @functools.cache
    def gate() -> int:
        if isinstance(slope, float):
            return growth.sum("constant", [(ONE, frozen(slope))])
        function = _without_namesake(growth, slope)
        name = f"slope of {growth.names[node]}"
        return growth.add(name, neuron._replace(function=function))

    return gate


def _without_namesake(growth: Growth, slope: Function) -> Function:
    """The slope, under another name where the network has a function of this name."""
    known = {name for f in growth.network.functions for name, _ in f.meanings}
    if slope.name not in known:
        return slope
    return replace(slope, name=f"{slope.name}_{slope.key[:8]}")


def _edges_of_formula(growth: Growth, node: int, neuron: Neuron) -> list[Edge]:
    sources = [source for source, _ in neuron.links]
    edges = []
    for source, partial in zip(sources, partials_of(neuron.function), strict=True):
        name = f"slope of {growth.names[node]} in {growth.names[source]}"
        edge = _edge(growth, name, source, partial, sources, neuron.parameters)
        edges += [] if edge is None else [edge]
    return edges


def _edges_of_transfer(
    growth: Growth, node: int, neuron: Neuron, activation: Function | None
) -> list[Edge]:
    """Edges of a neuron with a transfer, `activation` and all or up to the transfer's value."""
    transfer, n = neuron.transfer, len(neuron.links)
    assert transfer is not None
    if n > MOST_SOURCES:
        raise UnsupportedError(
            f"the neuron {growth.names[node]} has {n} links and the transfer {transfer.name}, whose slopes are "
            f"formulas of all its sources, and a formula may have {MOST_SOURCES}: use fewer links, or a weighted sum"
        )
    own, step = transfer.n_parameters, len(transfer.link_numbers)
    of_links = own + n * step
    edges = []
    for k, (source, _) in enumerate(neuron.links):
        order = (
            list(range(n)) if transfer.paired else [k, *(i for i in range(n) if i != k)]
        )
        numbers = list(neuron.numbers[:own])
        for i in order:
            numbers += neuron.numbers[own + i * step : own + (i + 1) * step]
        numbers += neuron.numbers[of_links:]
        codes = [neuron.links[i][1] for i in order]
        codes += [neuron.bias] if transfer.has_bias else []
        codes += [*numbers, *(neuron.parameters if activation is not None else ())]
        partial = partial_of_transfer(
            transfer, activation, n, order.index(k) if transfer.paired else 0
        )
        sources = [neuron.links[i][0] for i in order]
        name = f"slope of {growth.names[node]} in {growth.names[source]}"
        edge = _edge(growth, name, source, partial, sources, codes)
        edges += [] if edge is None else [edge]
    return edges


def _edge(
    growth: Growth, name: str, source: int, partial: float | Parameter | Shared,
    sources: Sequence[int], codes: Sequence[Code],
) -> Edge | None:  # fmt: skip
    """The edge of one derivative over these sources and numbers; None where it is 0."""
    if isinstance(partial, Parameter):
        slot, sign, value = codes[partial.place]
        return Edge(source, Code(slot, sign * partial.sign, value))
    if not isinstance(partial, Shared):
        return Edge(source, frozen(partial)) if partial != 0 else None

    @functools.cache
    def factor() -> int:
        links = [(sources[i], FROZEN_ONE) for i in partial.arguments]
        parameters = [codes[j] for j in partial.parameters]
        return growth.add(name, Neuron(partial.function, links, parameters=parameters))

    return Edge(source, FROZEN_ONE, factor)


# ---- softmax --------------------------------------------------------------------------------------------------------

_MAX = Call("max", (Name("x0"), Name("x1")))
_RATIO = Binary("/", Name("x0"), Name("x1"))
_OF_TWO = Function("expression", "expression", ("x0", "x1"), (), _MAX)


def softmax_nodes(
    growth: Growth, nodes: Sequence[int]
) -> tuple[list[int], dict[int, Local]]:
    """Nodes with the values of a softmax over nodes, and how they move.

    p_k = e_k / sum_j e_j with e_k = exp(z_k - m); m is the largest z, which changes no p and so does not move.
    """
    from wildwire.functions import catalogue

    names, minus = [growth.names[node] for node in nodes], frozen(-1.0)
    top = nodes[0]
    for name, node in zip(names[1:], nodes[1:], strict=True):
        links = [(top, FROZEN_ONE), (node, FROZEN_ONE)]
        top = growth.add(f"largest until {name}", Neuron(_OF_TWO, links))
    local: dict[int, Local] = {}
    shares = []
    for name, node in zip(names, nodes, strict=True):
        links = [(node, FROZEN_ONE), (top, minus)]
        made = growth.add(f"exp of {name}", Neuron(catalogue()["exponential"], links))
        # The slope of exp is exp: the neuron is its own gate.
        local[made] = Local([Edge(node, FROZEN_ONE)], functools.partial(int, made))
        shares.append(made)
    total = growth.add(
        "sum of exp", Neuron(growth.identity, [(s, FROZEN_ONE) for s in shares])
    )
    local[total] = Local([Edge(share, FROZEN_ONE) for share in shares])
    ratio = Function("expression", "expression", ("x0", "x1"), (), _RATIO)
    made_of = []
    for name, share in zip(names, shares, strict=True):
        links = [(share, FROZEN_ONE), (total, FROZEN_ONE)]
        made = growth.add(f"share of {name}", Neuron(ratio, links))
        local[made] = Local(_edges_of_formula(growth, made, growth.neuron(made)))
        made_of.append(made)
    return made_of, local
