"""The way back through a transfer: slopes of its values and of the terms of its reductions.

Comes in: a `Transfer`. Goes out: `Slopes`: for the values, and for each group of reductions that run
together, the share of dE/dz in everything that they read. Called by `transfer_text.py`, which puts these terms
into loops, and by `define_transfer.py`, which wants to know that they exist.

    B_k = dE/dR_k = delta * dz/dR_k + sum over the terms t of later reductions of dE/dt * dt/dR_k
    dE/dt_i = B_k                                   sum (mean: / number of links)
              B_k * product of all other terms      prod: the product before times the product behind
              B_k where term i is the largest       max, min: the first of equal ones
    dE/dv_i = sum_k dE/dt_i * dt_i/dv               for the source, the weight, each number of link i
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wildwire.functions.derive import derivatives
from wildwire.functions.graph import Term
from wildwire.functions.reductions import (
    BIAS_LEAF,
    LINK,
    OTHER_LINK,
    PAIR,
    REDUCED,
    Reduction,
)

if TYPE_CHECKING:
    from wildwire.functions.transfer import Transfer

__all__ = ["ADJOINT", "Group", "Leaf", "Slopes", "slopes_of"]

ADJOINT = "adjoint"
"""Leaf of the graph: dE/dt of reduction number `value`; of the neuron's own value, dE/dz."""

Leaf = tuple[str, int]
"""Operation and value of a leaf of the graph: what a slope belongs to."""

VARIABLES = (LINK, OTHER_LINK, PAIR, "parameter", BIAS_LEAF, REDUCED)


@dataclass(frozen=True)
class Group:
    """Reductions of one depth over the same links or pairs: one loop makes them all.

    Attributes
    ----------
    depth : int
    over : str
        As in `Reduction`.
    members : tuple of int
        Numbers of the reductions.
    shares : dict of Leaf to Term
        dE/d(leaf) for one link or pair, where it is not 0.
    """

    depth: int
    over: str
    members: tuple[int, ...]
    shares: dict[Leaf, Term]


@dataclass(frozen=True)
class Slopes:
    """All slopes of a transfer that returns one number, or the first of several.

    Attributes
    ----------
    outer : dict of Leaf to Term
        Shares of dE/dz in reductions, parameters and the bias.
    groups : tuple of Group
        In the order in which values are formed; backward goes the other way.
    """

    outer: dict[Leaf, Term]
    groups: tuple[Group, ...]


def slopes_of(transfer: Transfer) -> Slopes:
    """The slopes of a transfer; FunctionError where the graph grows beyond its limit."""
    reduced = transfer.reduced
    own = len(reduced.reductions)
    outer = _shares(transfer, [(own, reduced.values[0])])
    for value in reduced.values[1:]:
        _shares(transfer, [(own, value)])
    found: dict[tuple[int, str], list[int]] = {}
    for k, reduction in enumerate(reduced.reductions):
        found.setdefault((reduction.depth, reduction.over), []).append(k)
    groups = []
    for (depth, over), members in sorted(found.items()):
        terms = [(k, reduced.reductions[k].term) for k in members]
        groups.append(Group(depth, over, tuple(members), _shares(transfer, terms)))
    return Slopes(outer, tuple(groups))


def _shares(transfer: Transfer, terms: list[tuple[int, Term]]) -> dict[Leaf, Term]:
    """`sum_k adjoint_k * d term_k / d leaf` for every leaf that the terms read."""
    graph = transfer.reduced.graph
    result = {}
    needed = graph.needed([term for _, term in terms])
    for index in needed:
        node = graph.nodes[index]
        if node.operation not in VARIABLES:
            continue
        total = graph.term(0.0)
        for k, term in terms:
            slope = derivatives(term, Term(graph, index))
            total = total + graph.make(ADJOINT, value=k) * slope
        if total.number != 0:
            result[node.operation, int(node.value)] = total
    return result


def argument_rows(reductions: tuple[Reduction, ...]) -> dict[int, int]:
    """Which reductions remember the link that they picked: number of the reduction -> its place among those."""
    picks = [k for k, r in enumerate(reductions) if r.kind in ("max", "min")]
    return {k: place for place, k in enumerate(picks)}
