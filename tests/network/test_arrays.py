"""Networks from arrays: order of theta, names, outputs, sizes, and what they refuse."""

import copy
import time
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings

from network.strategies import array_networks
from wildwire.errors import (
    DuplicateNameError,
    FunctionError,
    LoopError,
    NetworkError,
    UnknownNameError,
)
from wildwire.functions import loss
from wildwire.network import Column, Network, arrays
from wildwire.network.array_kernel import fill_tables

NAN = float("nan")


@pytest.fixture(scope="module", params=["without kernel", "with kernel"], autouse=True)
def way(request):
    """Every test runs by whole-array calls and by the compiled kernel, which a process takes up later."""
    kernel = fill_tables if request.param == "with kernel" else None
    patch = pytest.MonkeyPatch()
    patch.setattr(
        arrays, "handover", SimpleNamespace(kernel=kernel, ask=lambda: kernel)
    )
    yield
    patch.undo()


def xor(**options):
    return Network.from_arrays(
        ["x1", "x2"],
        [0, 1, 0, 1, 2],
        [0, 0, 1, 1, 1],
        neurons=["h", "y"],
        **options,
    )


def test_theta_is_links_in_order_then_bias_per_neuron():
    assert xor().theta_names == [
        "x1 -> h", "x2 -> h", "h bias", "x1 -> y", "x2 -> y", "h -> y", "y bias",
    ]  # fmt: skip
    assert np.isnan(xor().start).all()


def test_unsorted_links_keep_their_order_within_a_neuron():
    network = Network.from_arrays(
        ["x1", "x2"], [2, 1, 1, 0], [1, 0, 1, 0], neurons=["h", "y"],
        weight=[1.0, 2.0, 3.0, 4.0], bias=False,
    )  # fmt: skip
    assert network.numbers(network.start) == {
        "x2 -> h": 2.0, "x1 -> h": 4.0, "h -> y": 1.0, "x2 -> y": 3.0,
    }  # fmt: skip


def test_frozen_shared_and_missing_numbers():
    network = xor(
        weight=[0.5, 0.0, NAN, 2.0, 1.0],
        frozen=[True, False, False, False, False],
        link_let=[-1, 0, -1, -1, 0],
        link_sign=[1, 1, 1, 1, -1],
        lets={"a": 0.25},
        bias=[0.0, NAN],
        bias_frozen=[True, False],
    )
    assert network.theta_names == ["x1 -> y", "x2 -> y", "y bias", "a"]
    assert network.link_slot.tolist() == [-1, 3, 0, 1, 3]
    assert network.link_sign.tolist() == [1, 1, 1, 1, -1]
    assert network.link_value.tolist() == [0.5, 0, 0, 0, 0]
    assert network.bias_slot.tolist() == [-1, 2]
    np.testing.assert_array_equal(network.start, [NAN, 2.0, NAN, 0.25])
    weight = [link.weight([1, 2, 3, 0.25]) for link in network.links]
    assert weight == [0.5, 0.25, 1.0, 2.0, -0.25]


def test_parallel_and_delayed_links_have_their_own_names():
    network = Network.from_arrays(
        ["x1"], [0, 0, 0, 1], [0, 0, 0, 0], neurons=["h"], outputs=["h"],
        delay=[0, 0, 2, 1],
    )  # fmt: skip
    assert network.theta_names == [
        "x1 -> h", "x1 -> h #2", "x1@2 -> h", "h@1 -> h", "h bias",
    ]  # fmt: skip
    assert network.n_delays == 2 and not network.refusals


def test_groups_of_inputs_and_neurons():
    network = Network.from_arrays(
        2, [0, 1, 0, 1, 2, 3], [0, 0, 1, 1, 2, 2], neurons=[("h", 2), "y"], bias=False
    )
    assert network.names == ("x[0]", "x[1]", "h[0]", "h[1]", "y")
    assert network.outputs == ("y",)
    assert [neuron.name for neuron in network.neurons["h"]] == ["h[0]", "h[1]"]
    assert network.neurons["h[1]"].sources == ("x[0]", "x[1]")
    assert network.neurons["y"].sources == ("h[0]", "h[1]")


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ([0, 1, 1, 0, 2, 3], {}),
        ([0, 0, 0, 1, 2, 3], {}),
        ([0, 1, 0, 1, 2, 3], {"delay": [0, 0, 0, 1, 0, 0]}),
        ([0, 1, 0, 1, 2, 3], {"activation": ["tanh", "sin", "tanh"]}),
        ([0, 1, 0, 1, 2, 3], {"bias": [1.0, 0, 0], "bias_frozen": [0, 1, 1]}),
        ([0, 1, 0, 1, 2, 3], {"weight": [1.0] * 6, "frozen": [0, 1, 0, 0, 0, 0]}),
    ],
)
def test_an_irregular_group_dissolves_into_neurons(source, options):
    network = Network.from_arrays(
        2, source, [0, 0, 1, 1, 2, 2], neurons=[("h", 2), "y"], **options
    )
    assert network.names[2:] == ("h_0", "h_1", "y")


def test_category_gives_one_node_per_value():
    colour = Column("colour", size=2, categories=("red", "green"))
    network = Network.from_arrays([colour, "x"], [1, 2], [0, 0], neurons=["y"])
    assert network.inputs == ('colour["red"]', 'colour["green"]', "x")


def test_activation_parameters_learn_only_when_named():
    network = xor(activation=["tanh", "bump"])
    assert "y k" not in network.theta_names
    free = xor(activation=["tanh", "bump"], parameters={"k": [NAN, 3.0]})
    assert free.theta_names[-2:] == ["y bias", "y k"]
    assert free.start[-1] == 3.0
    assert free.neurons["y"].parameters(free.start) == {"k": 3.0}


def test_softmax_head_with_classes_prints_and_reads():
    options = {"head": "softmax", "classes": ("a", "b")}
    network = Network.from_arrays(["x"], [0, 0], [0, 1], **options)
    assert (network.heads[0].count, network.classes) == (2, ("a", "b"))
    assert Network.parse(str(network)) == network
    group = Network.from_arrays(["x"], [0, 0], [0, 1], neurons=[("z", 2)], classes="ab")
    assert str(group).endswith('output z as "a", "b"\n')
    assert Network.parse(str(group)) == group


def test_views():
    network = xor()
    theta = np.arange(7.0)
    h, y = network.neurons
    assert len(network) == 2
    assert (h.name, h.transfer, h.activation.name) == ("h", "linear", "tanh")
    assert h.targets == ("y",)
    assert y.bias(theta) == 6.0
    assert [(l.source, l.target, l.weight(theta)) for l in y.links] == [
        ("x1", "y", 3.0), ("x2", "y", 4.0), ("h", "y", 5.0),
    ]  # fmt: skip
    weights, sources, biases = network.matrix(theta, "y")
    np.testing.assert_array_equal(weights, [[3.0, 4.0, 5.0]])
    assert sources == ("x1", "x2", "h")
    np.testing.assert_array_equal(biases, [6.0])


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        ((["x"], [0, 1], [1, 0]), {}, LoopError, None),
        ((["x"], [2, 1, 0], [0, 1, 0]), {}, LoopError, "n_0 -> n_1 -> n_0"),
        ((["x"], [0, 1], [0, 0]), {}, LoopError, "n_0 -> n_0"),
        ((["x", "x"], [0], [0]), {}, DuplicateNameError, "'x'"),
        ((["x"], [0, 0], [0, 1]), {"neurons": ["h", "x"]}, DuplicateNameError, "'x'"),
        ((["x"], [0], [0]), {"neurons": 2}, NetworkError, "'n_1' has no sources"),
        ((["x"], [0], [0]), {"neurons": []}, NetworkError, "target 0"),
        ((["x"], [5], [0]), {}, NetworkError, r"link_source\[0\] is 5"),
        ((["x"], [-1], [0]), {}, NetworkError, r"link_source\[0\] is -1"),
        ((["x"], [0, 0], [0]), {}, NetworkError, "target has 1 entries, expected 2"),
        ((["x"], [0.5], [0]), {}, NetworkError, "whole numbers"),
        ((["x"], [0], [0]), {"outputs": ["n_1"]}, UnknownNameError, "'n_0'"),
        ((["x"], [0], [0]), {"outputs": [3]}, NetworkError, "output 3"),
        ((["x"], [0], [0]), {"outputs": []}, NetworkError, "no output"),
        ((["x"], [0], [0]), {"weight": [float("inf")]}, NetworkError, "infinite"),
        ((["x"], [0], [0]), {"frozen": [True]}, NetworkError, "unknown"),
        ((["x"], [0], [0]), {"delay": [-1]}, NetworkError, "link_delay"),
        ((["x"], [0], [0]), {"link_let": [0]}, NetworkError, "0 lets"),
        ((["x"], [0], [0]), {"activation": ["tanh"] * 2}, NetworkError, "one per"),
        ((["x"], [0], [0]), {"classes": ["a"]}, NetworkError, "2 classes, not 1"),
        ((["x"], [0, 0], [0, 1]), {"classes": "ab"}, NetworkError, "stand alone"),
        ((["x"], [0], [0]), {"head": "max"}, NetworkError, "'max'"),
        ((["x"], [0], [0]), {"parameters": {"k": 1}}, UnknownNameError, "'k'"),
        ((["x"], [2**32], [0]), {}, NetworkError, r"source\[0\] is 4294967296"),
        ((["x"], [0], [2**40]), {}, NetworkError, r"target\[0\] is 1099511627776"),
        ((["x"], [0], [0]), {"delay": [2**32]}, NetworkError, r"delay\[0\]"),
        (
            (["x"], [0], [0]),
            {"link_sign": [257], "link_let": [0], "lets": {"a": 1}},
            NetworkError,
            r"link_sign\[0\] is 257",
        ),
        ((["x"], [0], [0]), {"link_let": [-5]}, NetworkError, r"link_let\[0\] is -5"),
        ((["x"], [0], [0]), {"outputs": [0, 0]}, DuplicateNameError, "output twice"),
        (([""], [0], [0]), {}, NetworkError, "not empty"),
        (([("x", 0), "u"], [0], [0]), {}, NetworkError, "size 0"),
        ((["x"], [0], [0]), {"neurons": [("h", 0), "y"]}, NetworkError, "size 0"),
        ((0, [0], [0]), {}, NetworkError, "size 0"),
        ((2**33, [0], [0]), {}, NetworkError, "more nodes than can be numbered"),
        ((["x"], [0], [0]), {"activation": loss("abs(o - t)")}, FunctionError, "loss"),
        ((["x"], [0], [0]), {"activation": 3}, NetworkError, "activation is 3"),
        ((["x"], [0], [0]), {"activation": [3]}, NetworkError, "activation is 3"),
        ((None, [0], [0]), {}, NetworkError, "inputs is None"),
        (([3], [0], [0]), {}, NetworkError, "entry 3"),
        (
            (["x"], [0], [0]),
            {"weight": ["a"]},
            NetworkError,
            "weight must hold numbers",
        ),
        (
            (["x"], [0], [0]),
            {"lets": {"a": "x"}},
            NetworkError,
            "lets must hold numbers",
        ),
        (
            (["x"], [0], [0]),
            {"activation": "bump", "parameters": {"k": [1.0, 2.0]}},
            NetworkError,
            "has 2 entries, expected 1",
        ),
    ],
)
def test_bad_arrays_are_named(arguments, options, error, words):
    with pytest.raises(error, match=words):
        Network.from_arrays(*arguments, **options)


def test_loop_error_says_where_a_delay_would_break_it():
    with pytest.raises(LoopError, match="write c@1 for c in the line of a"):
        Network.from_arrays(
            ["x"], [0, 3, 1, 2, 3], [0, 0, 1, 2, 3], neurons=["a", "b", "c", "d"]
        )


def test_loop_with_a_delay_is_a_network():
    network = Network.from_arrays(
        ["x"], [0, 2, 1], [0, 0, 1], neurons=["a", "b"], delay=[0, 1, 0],
        outputs=["b"],
    )  # fmt: skip
    assert network.n_delays == 1


def test_arrays_of_the_caller_stay_theirs():
    source, target = np.array([0], np.int32), np.array([0], np.int32)
    network = Network.from_arrays(["x"], source, target)
    source[0] = 7
    assert network.link_source[0] == 0


def test_arrays_cannot_be_changed():
    network = xor()
    with pytest.raises(ValueError, match="read-only"):
        network.link_source[0] = 1
    for name in ("link_source", "link_target", "start", "activation"):
        with pytest.raises(ValueError, match="cannot set WRITEABLE"):
            getattr(network, name).flags.writeable = True
    with pytest.raises(AttributeError):
        network.start = None


@settings(derandomize=True, max_examples=50, deadline=None)
@given(array_networks())
def test_a_copy_as_made_for_another_process_keeps_everything_and_stays_read_only(
    network,
):
    again = copy.deepcopy(network)
    assert again == network
    assert hash(again) == hash(network)
    assert again.theta_names == network.theta_names
    assert not again.link_source.flags.writeable


def test_a_notebook_shows_a_drawing():
    assert xor()._repr_svg_().startswith("<svg")


def test_networks_that_differ_in_one_number_differ():
    base = xor(weight=[1.0, 2, 3, 4, 5])
    assert base == xor(weight=[1.0, 2, 3, 4, 5])
    assert base != xor(weight=[1.0, 2, 3, 4, 6])
    assert base != xor(weight=[1.0, 2, 3, 4, 5], activation="sin")
    assert base != xor(weight=[1.0, 2, 3, 4, 5], outputs=["h"])
    assert base != "a text"


def test_a_million_links_in_two_seconds_and_forty_bytes_each():
    rng = np.random.default_rng(0)
    n, neurons, inputs = 1_000_000, 20_000, 100
    target = rng.integers(0, neurons, n)
    source = rng.integers(0, inputs + target)
    target[:neurons], source[:neurons] = np.arange(neurons), 0
    shuffled = rng.permutation(neurons)  # so that loops must really be looked for
    inner = source >= inputs
    source[inner] = inputs + shuffled[source[inner] - inputs]
    target = shuffled[target]
    begin = time.process_time()
    Network.from_arrays(inputs, source, target)
    assert time.process_time() - begin < 2
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    network = Network.from_arrays(inputs, source, target)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert network.n_links == n
    assert (kept - before) / n < 40
    assert (peak - before) / n < 300
