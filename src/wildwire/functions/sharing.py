"""From a term of a graph to a function, in which equal parts still stand once.

Comes in: a term, such as a derivative. Goes out: a `Function` whose formula means the same, and which of the graph's
arguments and parameters it reads. Called by `partials.py`.

Written out as a tree, the derivative of nested choices grows by a power of their depth, because a part stands in it as
often as it is read. So what a large formula reads more than once becomes an argument of a helper function: the helper's
formula has a name where the part stood, and the part stands in its call. Read again, a call's arguments are read once,
and the graph is as small as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from wildwire.functions.as_formula import expression_of_node
from wildwire.functions.function import Function
from wildwire.functions.graph import COMPARISONS, Term
from wildwire.language.expression import Call, Name
from wildwire.language.rewrite import rebuild, walk

__all__ = ["Shared", "shared_function"]

LARGEST_TREE = 150
"""Nodes of a formula that is written out as it is, with every part as often as it is read."""

LARGEST_PART = 30
"""Nodes of a part that has no name of its own where the whole is larger than `LARGEST_TREE`."""

_LEAVES = ("number", "argument", "parameter")


@dataclass(frozen=True)
class Shared:
    """A function made from a term.

    Attributes
    ----------
    function : Function
        Of kind "expression": arguments `x0`, `x1`, ... and parameters `w0`, `w1`, ..., each in the order in which they
        first stand in the formula, so that equal formulas are one function wherever they come from.
    arguments, parameters : tuple of int
        Which of the graph's they are.
    """

    function: Function
    arguments: tuple[int, ...]
    parameters: tuple[int, ...]


def shared_function(term: Term) -> Shared:
    """The term as a function of those arguments and parameters that it reads; of one argument at least."""
    arguments, parameters = _read_by(term)
    arguments = arguments or (0,)
    names = {f"argument {i}": f"x{k}" for k, i in enumerate(arguments)}
    names |= {f"parameter {j}": f"w{k}" for k, j in enumerate(parameters)}

    def leaf(index: int) -> Name | None:
        node = term.graph.nodes[index]
        if node.operation in ("argument", "parameter"):
            return Name(names[f"{node.operation} {int(node.value)}"])
        return None

    formula, uses = _formula(term, leaf)
    function = Function(
        name="expression",
        kind="expression",
        arguments=tuple(f"x{k}" for k in range(len(arguments))),
        parameters=tuple((f"w{k}", 0.0) for k in range(len(parameters))),
        formula=formula,
        uses=uses,
    )
    return Shared(function, arguments, parameters)


def _read_by(term: Term) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The arguments and parameters that a term reads, in the order in which they stand."""
    graph = term.graph
    found: dict[str, dict[int, None]] = {"argument": {}, "parameter": {}}
    waiting, seen = [term.index], set()
    while waiting:
        index = waiting.pop()
        if index in seen:
            continue
        seen.add(index)
        node = graph.nodes[index]
        if node.operation in found:
            found[node.operation][int(node.value)] = None
        waiting.extend(reversed(node.sources))
    return tuple(found["argument"]), tuple(found["parameter"])


def _formula(term: Term, leaf: Callable[[int], Name | None]) -> tuple[Any, tuple]:
    """The formula of a term, and the helper function that it calls, if any."""
    levels = _levels(term) if _tree_size(term) > LARGEST_TREE else []
    known: dict[int, Name] = {}
    for level in levels:
        for index in level:
            known[index] = Name(f"t{len(known)}")

    def written(index: int, own: bool = False) -> Any:
        name = leaf(index)
        if name is None and not own:
            name = known.get(index)
        if name is not None:
            return name
        node = term.graph.nodes[index]
        return expression_of_node(node, [written(source) for source in node.sources])

    formula, uses = written(term.index), ()
    for level in reversed(levels):
        parts = {known[index].name: written(index, own=True) for index in level}
        helper, names = _helper(formula, list(parts), uses)
        given = (parts.get(name, Name(name)) for name in names)
        formula, uses = Call(helper.name, tuple(given)), (helper,)
    return formula, uses


def _helper(formula, first: list[str], uses: tuple) -> tuple[Function, list[str]]:
    """A function with this formula, named after its meaning, and its names in the order of its calls."""
    free = dict.fromkeys(node.name for node in walk(formula) if isinstance(node, Name))
    names = [*first, *(name for name in free if name not in first)]
    # Called by their places, as equal helpers are to be one function of one name.
    places = {name: Name(f"a{k}") for k, name in enumerate(names)}

    def placed(node):
        return places[node.name] if isinstance(node, Name) else rebuild(node, placed)

    # A text may give an activation four arguments, and any number of parameters, which calls give by place.
    made = Function(
        name="part",
        kind="activation",
        arguments=("a0",),
        parameters=tuple((f"a{k}", 0.0) for k in range(1, len(names))),
        formula=placed(formula),
        uses=uses,
    )
    return replace(made, name=f"part_{made.key[:12]}"), names


def _tree_size(term: Term) -> int:
    """Nodes of the tree that the term would be written out."""
    sizes: dict[int, int] = {}
    for index in term.graph.needed([term]):
        sources = term.graph.nodes[index].sources
        sizes[index] = 1 + sum(sizes[source] for source in sources)
    return sizes[term.index]


def _levels(term: Term) -> list[list[int]]:
    """The nodes that get a name, those of one level reading only named nodes of levels before it.

    Named is what is read more than once, and what would be too long without: no formula of a text is longer than
    `LARGEST_TREE`.
    """
    graph = term.graph
    needed = graph.needed([term])
    readers = dict.fromkeys(needed, 0)
    for index in needed:
        for source in graph.nodes[index].sources:
            readers[source] += 1
    depth: dict[int, int] = {}
    size: dict[int, int] = {}  # of the formula
    shown: dict[int, int] = {}  # of what stands for it elsewhere
    levels: list[list[int]] = []
    for index in needed:
        node = graph.nodes[index]
        depth[index] = max((depth[source] for source in node.sources), default=0)
        size[index] = shown[index] = 1 + sum(shown[source] for source in node.sources)
        # A comparison is no number that a name could stand for.
        plain = node.operation not in (*_LEAVES, *COMPARISONS)
        is_named = readers[index] > 1 or size[index] > LARGEST_PART
        if plain and is_named and index != term.index:
            if depth[index] == len(levels):
                levels.append([])
            levels[depth[index]].append(index)
            depth[index] += 1
            shown[index] = 1
    return [part for level in levels for part in _in_parts(level, size)]


def _in_parts(level: list[int], size: dict[int, int]) -> list[list[int]]:
    """A level in parts, each of which one call can hold."""
    parts: list[list[int]] = [[]]
    total = 0
    for index in level:
        if total + size[index] > LARGEST_TREE // 2 and parts[-1]:
            parts.append([])
            total = 0
        parts[-1].append(index)
        total += size[index]
    return parts
