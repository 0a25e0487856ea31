"""Networks to NetworkX and back: nothing that a network says is lost."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildwire.errors import DependencyError, NetworkError
from wildwire.network import Network
from wildwire.network.graphs import from_networkx, to_networkx
from wildwire.wiring import cascade, layered, random

networkx = pytest.importorskip("networkx")

TEXTS = {
    "numbers": "input x1, x2\nh = tanh(0.5*x1 - 1.25*x2 + 0.1)\ny ~ linear(h, x1)\noutput y",
    "unknown": "input x1, x2\nh ~ tanh(x1, x2)\ny ~ logistic(h)\noutput y",
    "frozen": "input x\nh = tanh([0.5]*x + [1])\ny = [2]*h + ?*x\noutput y",
    "shared": "input x, u\nlet a = 0.3\nh = tanh(a*x - a*u)\ny = a*h + u\noutput y",
    "no bias": "input x\nh ~ tanh(x, [0])\ny ~ linear(h, [0])\noutput y",
    "past": "input u\nm ~ tanh(u, u@1, u@2, m@1)\ny ~ linear(m, m@3)\noutput y",
    "groups": "input x[3]\nh[4] ~ relu(x)\ny[2] ~ linear(h, x)\noutput y",
    "category": 'input colour: "red" | "green", size\ny ~ linear(colour, size)\noutput y',
    "alias": 'input sl = "sepal length (mm)"\ny ~ linear(sl)\noutput y',
    "quoted": 'input "a b"\n"c d" ~ tanh("a b")\ny ~ linear("c d")\noutput y',
    "softmax": 'input x[2]\nz[3] ~ linear(x)\noutput softmax(z) as "a", "b", "c"',
    "two outputs": "input x\nh ~ tanh(x)\ny ~ linear(h)\noutput y, h",
    "order": "input x\ny ~ linear(h)\nh ~ tanh(x)\noutput y",
    "transfers": "input x, u\nlet a = 0.3\nd ~ gaussian(distance(x, u), width=?)\n"
    "k = quadratic(x: 0.5, u: [2], (x, u): -a, (u, u): 3, bias=1)\np[2] ~ power_mean(x, u, p=3)\n"
    "y = polynomial(d: 1, k: a, p[0]: ?, p[1]: -1.5, degree=2, bias=?)\noutput y",
    "own transfer": "input x, u\nh = norm(pair(x: (1, 2), u: (?, [3])))\noutput h\n"
    "transfer pair(w, x, v) = (sum(w*x), sum(v*x))\nactivation norm(a, b) = sqrt(a**2 + b**2)",
    "bump": "activation bump(z, k=10) = exp(-k*(1 - z)**2)\n"
    "input x, u\nh = bump(x + u, k=?)\ng = bump(x, k=[3])\ny = bump(h + g)\noutput y",
}


def same(network, again):
    """Equal in everything but the document it was read from."""
    assert again.names == network.names
    assert again.theta_names == network.theta_names
    assert again == network


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_to_graph_and_back(text):
    network = Network.parse(text)
    same(network, from_networkx(to_networkx(network)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: layered(4, 8, 3, skip=True),
        lambda: cascade(2, 5, 2),
        lambda: random(3, 30, 2, seed=1),
    ],
)
def test_generated_networks(make):
    network = make()
    same(network, from_networkx(to_networkx(network)))


@given(st.data())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_any_network_survives(data):
    n_inputs, n = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 6))
    rows = [
        (source, target, delay)
        for target in range(n)
        for source in data.draw(st.lists(st.integers(0, n_inputs + n - 1), min_size=1, max_size=5))
        for delay in [data.draw(st.integers(0, 2)) + (source >= n_inputs + target)]
    ]  # fmt: skip
    count = len(rows)
    values = st.sampled_from([np.nan, 0.0, -1.5, 1e-300, 0.1])
    weight = np.array(data.draw(st.lists(values, min_size=count, max_size=count)))
    frozen = np.array(
        data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
    )
    bias = np.array(data.draw(st.lists(values, min_size=n, max_size=n)))
    held = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    source, target, delay = np.array(rows).T
    network = Network.from_arrays(
        n_inputs, source, target, delay=delay, weight=weight,
        frozen=frozen & ~np.isnan(weight), bias=bias, bias_frozen=held & ~np.isnan(bias),
        neurons=n, outputs=[n - 1],
        activation=data.draw(st.lists(st.sampled_from(["tanh", "sin"]), min_size=n, max_size=n)),
    )  # fmt: skip
    same(network, from_networkx(to_networkx(network)))


def test_attributes():
    network = Network.parse(TEXTS["numbers"])
    graph = to_networkx(network)
    assert list(graph.nodes) == ["x1", "x2", "h", "y"]
    assert graph.nodes["x1"] == {"kind": "input"}
    assert graph.nodes["h"] == {"kind": "neuron", "activation": "tanh", "bias": 0.1}
    assert graph.edges["x2", "h"]["weight"] == -1.25
    assert graph.edges["x2", "h"]["delay"] == 0
    assert "weight" not in graph.edges["h", "y"]
    assert "bias" not in graph.nodes["y"]


def test_transfers_are_attributes():
    graph = to_networkx(Network.parse(TEXTS["transfers"]))
    assert graph.nodes["d"]["transfer"] == "distance"
    assert "transfer_numbers" not in graph.nodes["d"]
    assert graph.nodes["p[0]"]["transfer_numbers"] == [{"value": 3.0}]
    assert len(graph.nodes["k"]["transfer_numbers"]) == 3
    del graph.nodes["k"]["transfer_numbers"]
    again = from_networkx(graph)
    assert np.isnan(again.numbers(again.start)["(x, x) -> k"])
    graph.remove_edge("x", "k")
    graph.nodes["k"]["transfer_numbers"] = [1.0, 2.0, 3.0]
    with pytest.raises(NetworkError, match="quadratic has 1 with these links"):
        from_networkx(graph)


def test_a_node_with_a_transfer_and_nothing_else():
    graph = networkx.DiGraph([("a", "h"), ("b", "h")])
    graph.nodes["h"]["transfer"] = "product"
    network = from_networkx(graph)
    assert network.theta_names == ["a -> h", "b -> h"]
    assert network.neurons["h"].transfer == "product"


def test_weights_of_theta():
    network = layered(2, 2, 1)
    theta = np.arange(network.n_theta) / 8
    graph = to_networkx(network, theta)
    numbers = network.numbers(theta)
    for source, target, about in graph.edges(data=True):
        assert about["weight"] == numbers[f"{source} -> {target}"]
    for name in ("h[0]", "h[1]", "y"):
        assert graph.nodes[name]["bias"] == numbers[f"{name} bias"]
    assert np.array_equal(from_networkx(graph).start, theta)


def test_parallel_links_make_a_multigraph_and_others_do_not():
    past = to_networkx(Network.parse(TEXTS["past"]))
    assert isinstance(past, networkx.MultiDiGraph)
    assert sorted(a["delay"] for a in past.get_edge_data("u", "m").values()) == [
        0,
        1,
        2,
    ]
    assert not to_networkx(layered(2, 2, 1)).is_multigraph()


def test_calculated_numbers_become_numbers_of_their_own():
    network = Network.parse("input x\ny = 0.5*(x - 3)\noutput y")
    graph = to_networkx(network)
    assert graph.edges["x", "y"]["weight"] == 0.5
    assert graph.nodes["y"]["bias"] == -1.5
    assert from_networkx(graph).n_theta == 2


def test_a_plain_graph_becomes_a_network():
    graph = networkx.DiGraph([("a", "h"), ("b", "h"), ("h", "y"), ("a", "y")])
    network = from_networkx(graph, activation="sin")
    assert network.inputs == ("a", "b") and network.outputs == ("y",)
    assert [n.activation.name for n in network.neurons] == ["sin", "identity"]
    assert network.n_theta == 4 + 2


def test_a_generated_graph_with_numbers_as_nodes():
    graph = networkx.gn_graph(12, seed=1).reverse()
    network = from_networkx(networkx.relabel_nodes(graph, lambda i: f"n{i}"))
    assert network.n_links == graph.number_of_edges()
    assert from_networkx(graph).names[0] == '"0"'


def test_a_graph_that_was_edited():
    """What is removed leaves neurons of a group on their own; all else keeps its name."""
    graph = to_networkx(layered(3, 3, 1))
    graph.remove_node("h[1]")
    graph.add_edge("x[0]", "y", weight=0.25)
    network = from_networkx(graph)
    assert network.names == ("x[0]", "x[1]", "x[2]", "h_0", "h_2", "y")
    assert network.neurons["y"].sources == ("h_0", "h_2", "x[0]")
    assert network.numbers(network.start)["x[0] -> y"] == 0.25


def test_a_group_that_stays_whole_stays_a_group():
    graph = to_networkx(layered(3, 3, 1))
    graph.add_node("extra", kind="neuron", activation="sin")
    graph.add_edges_from([("x[0]", "extra"), ("extra", "y")])
    network = from_networkx(graph)
    assert network.names[3:] == ("h[0]", "h[1]", "h[2]", "y", "extra")
    assert len(network.neurons["h"]) == 3


def test_networkx_algorithms_run_on_it():
    network = random(2, 20, 1, seed=0)
    graph = to_networkx(network)
    assert networkx.is_directed_acyclic_graph(graph)
    assert networkx.dag_longest_path_length(graph, weight=None) > 2


def edges(*pairs, **nodes):
    graph = networkx.DiGraph(list(pairs))
    for name, about in nodes.items():
        graph.nodes[name].update(about)
    return graph


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (networkx.path_graph(3), "directed graph"),
        (edges(("a", "b"), ("b", "c"), ("c", "b")), "loop"),
        (edges(("a", "b"), b={"kind": "input"}), "'a' leads into it"),
        (edges(("a", "b"), b={"kind": "cell"}), "kind 'cell'"),
        (edges(("a", "b"), a={"kind": "neuron"}), "no sources"),
        (edges(("a", "b"), b={"bias_frozen": True}), "frozen"),
    ],
)
def test_graphs_that_are_no_networks(graph, message):
    with pytest.raises(NetworkError, match=message):
        from_networkx(graph)


def test_an_output_that_is_missing_is_named():
    graph = edges(("a", "b"))
    graph.graph["outputs"] = ["c"]
    with pytest.raises(NetworkError, match="'c' is no neuron"):
        from_networkx(graph)


def test_without_networkx_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(DependencyError, match="pip install"):
        to_networkx(layered(1, 1))


def test_bounds_go_to_the_graph_and_back():
    network = Network.parse(
        "input x\ny = tanh(a*x + b)\nlet a = 2 in [1, 3]\nlet b = 0.5\noutput y"
    )
    graph = network.to_networkx()
    assert graph.graph["bounds"]["a"] == (1.0, 3.0)
    again = from_networkx(graph)
    assert dict(zip(again.theta_names, again.bounds.tolist(), strict=True)) == {
        "a": [1, 3], "b": [-np.inf, np.inf],
    }  # fmt: skip
    assert "let a = 2 in [1, 3]" in str(again)


@pytest.mark.parametrize(
    ("node", "edge", "words"),
    [
        ({"activation": 3}, {}, "activation is 3"),
        ({"bias": "high"}, {}, "'high'"),
        ({"activation": "bump", "parameters": 3}, {}, "parameters of neuron 0"),
        ({}, {"weight": "high"}, "'high'"),
        ({}, {"delay": 1.5}, "delay must hold whole numbers"),
        ({}, {"delay": "late"}, "delay must hold whole numbers"),
        ({}, {"shared": "a", "sign": 257}, "a sign in the graph is 257"),
    ],
)
def test_bad_attributes_are_named(node, edge, words):
    graph = networkx.DiGraph()
    graph.add_node("x", kind="input")
    graph.add_node("y", kind="neuron", **node)
    graph.add_edge("x", "y", **edge)
    with pytest.raises(NetworkError, match=words):
        from_networkx(graph)
