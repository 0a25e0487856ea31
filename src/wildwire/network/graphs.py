"""Networks as NetworkX graphs, and back.

Comes in: a network, or a directed graph with what is known about its nodes and edges. Goes out: the other one.
Called by users, through `Network.to_networkx` and `wiring.from_networkx`. NetworkX is an optional package,
needed only in the first direction.

A node carries `kind` ("input" or "neuron") and, if it is a neuron, `activation`, `bias` and `parameters`; an
edge carries `weight` and `delay`. A number that is unknown has no attribute. `frozen`, `bias_frozen` and
`frozen_parameters` mark what must not learn; `shared`, `bias_shared` and `shared_parameters` name a number that
is used in several places, and `sign` is -1 where it is used with a minus.

A neuron that is no weighted sum has `transfer`, and `transfer_numbers` if that has numbers besides weights and bias:
a list in the order of `Network.transfer_offset`, each a dictionary with `value`, `frozen`, `shared` and `sign`, or a
number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wildwire.errors import DependencyError, NetworkError
from wildwire.functions import catalogue, transfers
from wildwire.network.description import Network
from wildwire.network.graph_names import group_runs
from wildwire.network.graph_numbers import with_numbers
from wildwire.network.naming import node_names
from wildwire.network.numbers import all_values
from wildwire.network.tables import Column, Group

if TYPE_CHECKING:
    from wildwire.functions.function import Function


# ---- network to graph ---------------------------------------------------------------


def to_networkx(network: Network, theta=None):
    """The network as a graph of NetworkX, for its algorithms and drawings.

    Parameters
    ----------
    network : Network
    theta : array_like of float, (n_theta,), or None
        Where weights and biases are taken from; None takes the start values, of which some may be unknown.

    Returns
    -------
    networkx.DiGraph, or networkx.MultiDiGraph where several links join the same pair
        Nodes are called as in `network.names`, inputs first.

    Raises
    ------
    DependencyError
        NetworkX is not installed.
    SettingError
        theta has the wrong length.
    NetworkError
        The network has `start` or `settle` lines.

    Notes
    -----
    Costs about 1 kB a link. Bounds of `let` numbers are the attribute `bounds` of the graph. Comments are not kept,
    nor `let` numbers that stand in no place of their own; a number that is calculated from others (the `0.5*3` in
    `0.5*(x - 3)`) comes back as a number of its own.
    """
    networkx = _import_networkx()
    for word, stated in (("start", network.past_slot.size), ("settle", network.settle)):
        if stated:
            raise NetworkError(
                f"`{word}` has no place in a graph: take such lines out of the text"
            )
    pairs = (
        network.link_source.astype(np.int64) * len(network.names) + network.link_target
    )
    parallel = len(np.unique(pairs)) < network.n_links
    graph = networkx.MultiDiGraph() if parallel else networkx.DiGraph()
    theta = network.start if theta is None else theta
    graph.add_nodes_from(_nodes(network, theta))
    graph.add_edges_from(_edges(network, theta))
    names = network.names
    graph.graph.update(
        columns=network.columns,
        groups=network.groups,
        outputs=[names[node] for node in network.output_node.tolist()],
        output_names=network.output_names,
        heads=network.heads,
        classes=network.classes,
    )
    if network.bounds is not None:
        bounds = {name: tuple(network.bounds[s].tolist()) for name, s in network.lets}
        graph.graph["bounds"] = bounds
    return graph


def _import_networkx():
    try:
        import networkx
    except ImportError:
        raise DependencyError(
            "graphs need the package networkx: pip install 'wildwire[networkx]'"
        ) from None
    return networkx


def _nodes(network: Network, theta):
    names = network.names
    for name in names[: network.n_inputs]:
        yield name, {"kind": "input"}
    biases = _described(network, "bias", theta, "bias", "bias_")
    parameters = _described(network, "parameter", theta, "value", "")
    offsets = network.parameter_offset.tolist()
    numbers = _described(network, "transfer", theta, "value", "")
    places = network.transfer_offset.tolist()
    for neuron, bias in enumerate(biases):
        function = network.function_of(neuron)
        known = parameters[offsets[neuron] : offsets[neuron + 1]]
        activation = _text(function, catalogue())
        about = {"kind": "neuron", "activation": activation, **bias}
        about.update(_parameter_attributes(function, known))
        transfer = network.transfer_of(neuron)
        if transfer is not None:
            about["transfer"] = _text(transfer, transfers())
        if own := numbers[places[neuron] : places[neuron + 1]]:
            about["transfer_numbers"] = own
        yield names[network.n_inputs + neuron], about


def _edges(network: Network, theta):
    names = network.names
    about = _described(network, "link", theta, "weight", "")
    source, target = network.link_source.tolist(), network.link_target.tolist()
    for link, delay in enumerate(network.link_delay.tolist()):
        about[link].update(delay=delay, order=link)
        yield names[source[link]], names[network.n_inputs + target[link]], about[link]


def _described(network: Network, kind: str, theta, value: str, prefix: str):
    """One dictionary of attributes per number of the table `kind`."""
    numbers = all_values(network, kind, theta).tolist()
    slots = getattr(network, f"{kind}_slot").tolist()
    signs = getattr(network, f"{kind}_sign").tolist()
    lets = {slot: name for name, slot in network.lets}
    found = []
    for number, slot, sign in zip(numbers, slots, signs, strict=True):
        about: dict[str, Any] = {} if np.isnan(number) else {value: number}
        if slot == -1:
            about[f"{prefix}frozen"] = True
        if slot in lets:
            about[f"{prefix}shared"] = lets[slot]
        if slot in lets and sign < 0:
            about[f"{prefix}sign"] = -1
        found.append(about)
    return found


def _parameter_attributes(function: Function, known: list[dict]) -> dict:
    """The parameters of one neuron; those frozen at their default are left out."""
    values, frozen, shared = {}, [], {}
    for (name, default), element, about in zip(
        function.parameters, function.elements, known, strict=False
    ):
        if about.get("frozen") and about["value"] == default and not element:
            continue
        values[name] = about.get("value")
        if about.get("frozen"):
            frozen.append(name)
        if "shared" in about:
            shared[name] = about["shared"]
    found: dict[str, Any] = {"parameters": values} if values else {}
    if frozen:
        found["frozen_parameters"] = frozen
    if shared:
        found["shared_parameters"] = shared
    return found


def _text(function, built_in: Mapping):
    """The name of a function or transfer of the catalogue; any other one itself."""
    known = built_in.get(function.name)
    same = known is not None and known.key == function.key
    return function.name if same else function


# ---- graph to network ---------------------------------------------------------------


def from_networkx(graph, *, activation="tanh", output_activation="identity") -> Network:
    """The network that a directed graph describes.

    Parameters
    ----------
    graph : networkx.DiGraph or MultiDiGraph
        Nodes without an edge into them are inputs, unless their attribute `kind` says otherwise; all others are
        neurons. Attributes are those of `to_networkx`; every one may be missing. What is not frozen learns.
    activation : str or Function
        For neurons without the attribute `activation`.
    output_activation : str or Function
        The same, for outputs.

    Returns
    -------
    Network
        Nodes are called after the graph's, in its order. Outputs are `graph.graph["outputs"]`, or the
        neurons that nobody reads.

    Raises
    ------
    NetworkError
        The graph is not directed, or cannot be a network; the message names the node.
    """
    if not getattr(graph, "is_directed", lambda: False)():
        raise NetworkError(
            "a network needs a directed graph: give every edge a direction, for instance "
            "networkx.DiGraph([(min(e), max(e)) for e in graph.edges])"
        )
    layout = _Layout.of(graph)
    edges = _sorted_edges(graph, layout)
    outputs = _output_neurons(graph, layout)
    functions = [
        graph.nodes[node].get(
            "activation", output_activation if i in outputs else activation
        )
        for i, node in enumerate(layout.neurons)
    ]
    network = Network.from_arrays(
        _columns(graph, layout),
        np.array([layout.number[u] for u, _, _ in edges], np.int32),
        np.array(
            [layout.number[v] - len(layout.inputs) for _, v, _ in edges], np.int32
        ),
        neurons=_groups(graph, layout),
        outputs=outputs,
        activation=functions,
        transfer=_transfers(graph, layout),
        delay=[about.get("delay", 0) for *_, about in edges],
        output_names=graph.graph.get("output_names"),
    )
    nodes = [graph.nodes[node] for node in layout.neurons]
    return with_numbers(network, graph.graph, nodes, [about for *_, about in edges])


@dataclass
class _Layout:
    """Which nodes are inputs, which neurons, and their numbers."""

    inputs: list
    neurons: list
    number: dict

    @classmethod
    def of(cls, graph) -> _Layout:
        inputs, neurons = [], []
        for node, about in graph.nodes(data=True):
            kind = about.get("kind", "neuron" if graph.in_degree(node) else "input")
            if kind not in ("input", "neuron"):
                raise NetworkError(
                    f"the node {node!r} has kind {kind!r}; it is 'input' or 'neuron'"
                )
            if kind == "input" and graph.in_degree(node):
                source = next(iter(graph.predecessors(node)))
                raise NetworkError(
                    f"the input {node!r} is read from outside, but an edge from {source!r} leads into it"
                )
            (inputs if kind == "input" else neurons).append(node)
        number = {node: i for i, node in enumerate([*inputs, *neurons])}
        return cls(inputs, neurons, number)


def _sorted_edges(graph, layout: _Layout) -> list:
    """Edges by target; those of one neuron by `order`, which restores that of theta."""
    edges = list(graph.edges(data=True))
    last = np.inf  # an edge that was added since comes after the others
    return sorted(
        edges, key=lambda edge: (layout.number[edge[1]], edge[2].get("order", last))
    )


def _output_neurons(graph, layout: _Layout) -> list[int]:
    chosen = graph.graph.get("outputs")
    if chosen is None:
        chosen = [node for node in layout.neurons if not graph.out_degree(node)]
    first = len(layout.inputs)
    missing = [node for node in chosen if layout.number.get(node, -1) < first]
    if missing:
        raise NetworkError(f"the output {missing[0]!r} is no neuron of the graph")
    return [layout.number[node] - first for node in chosen]


def _transfers(graph, layout: _Layout) -> list | None:
    """The transfer of every neuron; None where all are weighted sums."""
    found = [graph.nodes[node].get("transfer") for node in layout.neurons]
    return None if all(item is None for item in found) else found


def _columns(graph, layout: _Layout) -> Sequence[Column]:
    """The columns that were kept, if they still fit the nodes; else made from the names."""
    names = [str(node) for node in layout.inputs]
    kept = graph.graph.get("columns")
    if kept is not None and list(node_names(kept, ())) == names:
        return kept
    return [
        Column(name, size=size or 1, indexed=size is not None)
        for name, size in group_runs(names)
    ]


def _groups(graph, layout: _Layout) -> Sequence[Group]:
    names = [str(node) for node in layout.neurons]
    kept = graph.graph.get("groups")
    if kept is not None and list(node_names((), kept)) == names:
        return kept
    return [Group(name, size) for name, size in group_runs(names)]
