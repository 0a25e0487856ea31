"""Generators: structure against a slow and obvious construction, names, sizes, time."""

import time

import numpy as np
import pytest

from wildwire.errors import DuplicateNameError, NetworkError, SettingError
from wildwire.network import Network
from wildwire.wiring import cascade, from_networkx, layered, random


def sources(network):
    """What each neuron reads, by name."""
    return {neuron.name: list(neuron.sources) for neuron in network.neurons}


def functions(network):
    return [neuron.activation.name for neuron in network.neurons]


def transfers(network):
    return [neuron.transfer for neuron in network.neurons]


# ---- transfers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (layered(2, 2, 1, 1, transfer="distance"), ["distance"] * 3 + ["linear"]),
        (layered(2, 2, 1, 1, transfer=["max", None]), ["max"] * 2 + ["linear"] * 2),
        (layered(2, 1, output_transfer="product"), ["product"]),
        (
            cascade(2, 2, 2, transfer=["quadratic", "linear"]),
            ["quadratic"] + ["linear"] * 3,
        ),
        (random(2, 3, 1, kind="er", transfer="cosine"), ["cosine"] * 3 + ["linear"]),
    ],
)
def test_transfers_of_layers(network, expected):
    assert transfers(network) == expected
    assert Network.parse(str(network)) == network


def test_layers_have_biases_where_their_transfer_knows_one():
    network = layered(2, 1, 1, 1, transfer=["distance", "polynomial"])
    assert (network.bias_slot >= 0).tolist() == [False, True, True]


def test_a_wrong_number_of_transfers_is_refused():
    with pytest.raises(SettingError, match="2 transfers were given, 1 are needed"):
        layered(2, 3, 1, transfer=["max", "min"])


# ---- layered ------------------------------------------------------------------------


def test_layered():
    network = layered(2, 3, 1)
    x, h = ["x[0]", "x[1]"], ["h[0]", "h[1]", "h[2]"]
    assert sources(network) == {**dict.fromkeys(h, x), "y": h}
    assert functions(network) == ["tanh"] * 3 + ["identity"]
    assert network.outputs == ("y",) and network.inputs == tuple(x)
    assert network.n_theta == 2 * 3 + 3 + 3 + 1
    assert network.theta_names[:3] == ["x[0] -> h[0]", "x[1] -> h[0]", "h[0] bias"]


def test_names_of_layers():
    assert layered(1, 1).names == ("x", "y")
    assert layered(1, 1, 1).names == ("x", "h", "y")
    assert layered(1, 2, 1, 1).names == ("x", "h1[0]", "h1[1]", "h2", "y")
    assert layered(["a", "b"], 1, ["u", "v"]).names == ("a", "b", "h", "u", "v")
    assert layered("age", 1, "income").names == ("age", "h", "income")


@pytest.mark.parametrize(
    ("skip", "expected"),
    [
        (False, {"h1": ["x"], "h2": ["h1"], "y": ["h2"]}),
        (True, {"h1": ["x"], "h2": ["h1", "x"], "y": ["h2", "h1", "x"]}),
        ("inputs", {"h1": ["x"], "h2": ["h1"], "y": ["h2", "x"]}),
        ([(1, 3)], {"h1": ["x"], "h2": ["h1"], "y": ["h2", "h1"]}),
        ([(0, 1), (0, 2)], {"h1": ["x"], "h2": ["h1", "x"], "y": ["h2"]}),
    ],
)
def test_skip(skip, expected):
    assert sources(layered(1, 1, 1, 1, skip=skip)) == expected


def test_functions_of_layers():
    network = layered(
        1, 2, 1, 2, activation=["tanh", "sin"], output_activation="logistic"
    )
    assert functions(network) == ["tanh", "tanh", "sin", "logistic", "logistic"]


def test_head_and_classes():
    network = layered(4, 3, head="softmax", classes=("a", "b", "c"))
    assert network.heads[0].kind == "softmax" and network.heads[0].count == 3
    assert network.classes == ("a", "b", "c")


def test_without_biases():
    network = layered(2, 2, 1, bias=False)
    assert network.n_theta == network.n_links == 6
    assert np.all(network.bias_slot == -1)


def test_layered_is_what_one_writes():
    """The generator and the text give equal networks, and the text is short."""
    text = "input x[4]\nh[8] ~ tanh(x)\ny[3] ~ identity(h, x)\noutput y\n"
    network = layered(4, 8, 3, skip="inputs")
    written = Network.parse(text)
    for name in ("link_source", "link_target", "link_slot", "bias_slot", "output_node"):
        assert np.array_equal(getattr(network, name), getattr(written, name)), name
    assert network.names == written.names
    assert network.theta_names == written.theta_names
    assert functions(network) == functions(written)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layered(4, 8, 3, skip=True),
        lambda: layered(["sepal length", "x"], 3, ["a"]),
        lambda: cascade(2, 4, 2),
        lambda: random(3, 12, 2, seed=1),
    ],
)
def test_text_and_back(make):
    network = make()
    again = Network.parse(network.to_text())
    assert np.array_equal(again.link_source, network.link_source)
    assert np.array_equal(again.link_target, network.link_target)
    assert again.names == network.names
    assert again.theta_names == network.theta_names
    assert functions(again) == functions(network)


def test_a_layer_prints_as_one_line():
    lines = layered(784, 128, 10, activation="relu").to_text().splitlines()
    assert "h[128] ~ relu(x)" in lines
    assert len(lines) < 10


# ---- cascade ------------------------------------------------------------------------


def test_cascade():
    network = cascade(2, 3, 2, activation=["tanh", "sin", "relu"])
    x, h = ["x[0]", "x[1]"], ["h1", "h2", "h3"]
    assert sources(network) == {
        "h1": x,
        "h2": [*x, "h1"],
        "h3": [*x, "h1", "h2"],
        "y[0]": [*x, *h],
        "y[1]": [*x, *h],
    }
    assert functions(network) == ["tanh", "sin", "relu", "identity", "identity"]
    assert network.outputs == ("y[0]", "y[1]")


def test_cascade_without_hidden_neurons_is_linear():
    assert sources(cascade(2, 0, 1)) == {"y": ["x[0]", "x[1]"]}


# ---- random -------------------------------------------------------------------------


def graph_of(network, n):
    """Links among the n neurons of the graph, as pairs."""
    source = network.link_source - network.n_inputs
    target = network.link_target
    inside = (source >= 0) & (target < n)
    return set(zip(source[inside].tolist(), target[inside].tolist(), strict=True))


@pytest.mark.parametrize("kind", ["er", "ws", "ba"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_random_wiring_follows_the_paper(kind, seed):
    n = 32
    network = random(3, n, 2, kind=kind, p=0.1 if kind == "er" else None, seed=seed)
    graph = graph_of(network, n)
    assert all(low < high for low, high in graph)
    assert len(graph) == {"ws": 64, "ba": 5 * 27}.get(kind, len(graph))
    read = {high for _, high in graph}
    reading = {low for low, _ in graph}
    x = {"x[0]", "x[1]", "x[2]"}
    for neuron in range(n):
        own = set(network.neurons[neuron].sources)
        expected = set() if neuron in read else x
        expected |= {f"h_{low}" for low, high in graph if high == neuron}
        assert own == expected
    feeding = [f"h_{i}" for i in range(n) if i not in reading]
    for name in ("y[0]", "y[1]"):
        (output,) = [one for one in network.neurons if one.name == name]
        assert list(output.sources) == feeding


def test_random_wiring_is_seeded():
    assert random(2, 20, seed=3) == random(2, 20, seed=3)
    assert random(2, 20, seed=3) != random(2, 20, seed=4)
    assert random(2, 20, seed=np.random.default_rng(3)) == random(2, 20, seed=3)


def test_random_wiring_without_edges_reads_and_feeds_directly():
    network = random(2, 3, 1, kind="er", p=0.0)
    assert sources(network)["y"] == ["h_0", "h_1", "h_2"]
    assert sources(network)["h_1"] == ["x[0]", "x[1]"]


def test_one_function_per_neuron():
    network = random(1, 6, 1, activation=["sin", "tanh"] * 3)
    assert functions(network) == ["sin", "tanh"] * 3 + ["identity"]


# ---- size and time ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "links"),
    [
        (lambda: layered(784, 1000, 1000, 10), 1_794_000),
        (lambda: random(50, 20_000, 1, kind="er", p=0.005), 1_000_000),
        (lambda: random(50, 50_000, 1, kind="ws", k=40), 1_000_000),
        (lambda: cascade(10, 1400, 1), 994_000),
    ],
    ids=["layered", "er", "ws", "cascade"],
)
def test_a_million_links_are_built_in_seconds(make, links):
    began = time.perf_counter()
    network = make()
    assert abs(network.n_links - links) < 0.02 * links
    # Measured below 1.5 s; the bound leaves room for a busy machine.
    assert time.perf_counter() - began < 10


# ---- errors -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layered(4), "it got 1 sizes"),
        (lambda: layered(0, 1), "number of inputs must be a whole number"),
        (lambda: layered(2, 0, 1), "hidden layer 1"),
        (lambda: layered(2, 2.5, 1), "2.5"),
        (lambda: layered(2, True, 1), "True"),
        (lambda: layered(2, 3, []), "number of outputs"),
        (
            lambda: layered(2, 3, 3, 1, activation=["tanh"]),
            "1 activations were given, 2",
        ),
        (lambda: layered(2, 3, 1, skip="all"), "skip='all'"),
        (lambda: layered(2, 3, 1, skip=[(2, 1)]), r"\(2, 1\) must be a pair"),
        (lambda: layered(2, 3, 1, skip=[(0, 3)]), "to 2, the outputs"),
        (lambda: layered(2, 3, 1, skip=[1]), "must be a pair"),
        (lambda: cascade(2, -1, 1), "hidden neurons"),
        (lambda: random(2, 0, 1), "number of neurons"),
        (lambda: random(2, 10, kind="er", p=2), "probability"),
        (lambda: random(2, 10, kind="grid"), "'er'"),
        (lambda: random(2, 3, k=4), "less than the 3 neurons"),
    ],
)
def test_bad_arguments_are_named(make, message):
    with pytest.raises(SettingError, match=message):
        make()


def test_a_name_that_is_taken_is_refused():
    with pytest.raises(DuplicateNameError, match="'h'"):
        layered(["h", "g"], 3, 1)
    with pytest.raises(NetworkError, match="'x'"):
        layered(["x", "x"], 3, 1)


def test_a_network_gives_itself_as_a_graph():
    network = layered(2, 3, 1)
    theta = network.initial(seed=0)
    graph = network.to_networkx(theta)
    back = from_networkx(graph)
    assert graph.number_of_edges() == network.n_links
    assert np.array_equal(np.sort(back.start), np.sort(theta))


@pytest.mark.parametrize(("kind", "least"), [("er", 1), ("ws", 3), ("ba", 2)])
def test_defaults_of_random_wiring_fit_small_networks(kind, least):
    for n in range(least, 8):
        assert random(2, n, kind=kind).n_neurons == n + 1
    for n in range(1, least):
        with pytest.raises(SettingError, match="take kind='er'"):
            random(2, n, kind=kind)


def test_a_seed_that_is_none_is_refused():
    with pytest.raises(SettingError, match="seed must be"):
        random(2, 5, seed="x")
