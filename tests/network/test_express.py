"""From networks to text and back: the same network, the same bits, the same text, comments kept."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.strategies import (
    TRANSFERS,
    array_networks,
    filled,
    network_texts,
    networks,
)
from wildwire.errors import SettingError
from wildwire.network import Column, Network

NAN = float("nan")


def same_bits(one, other):
    return (
        np.asarray(one, np.float64).tobytes() == np.asarray(other, np.float64).tobytes()
    )


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.one_of(network_texts(softmax=True), network_texts(transfers=TRANSFERS)),
    st.data(),
)
def test_text_and_numbers_survive_to_the_last_bit(text, data):
    network = Network.parse(text)
    assert Network.parse(str(network)) == network
    values = st.floats(allow_nan=False, allow_infinity=False)
    theta = filled(network)
    for slot in data.draw(st.sets(st.integers(0, max(len(theta) - 1, 0)), max_size=4)):
        if slot < len(theta):
            theta[slot] = data.draw(values)
    divisors = network.derived.slot[network.derived.power < 0]
    theta[divisors[theta[divisors] == 0]] = 0.7  # a division by 0 is refused
    written = network.to_text(theta)
    again = Network.parse(written)
    assert same_bits(again.start, theta)
    assert again.theta_names == network.theta_names
    assert str(again) == written
    assert again.to_text(theta) == written


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.one_of(networks(softmax=True), networks(transfers=TRANSFERS)))
def test_written_networks_compute_with_the_same_tables(network):
    theta = filled(network)
    again = Network.parse(network.to_text(theta))
    for name in ("link_source", "link_target", "link_delay", "link_slot", "link_sign"):
        np.testing.assert_array_equal(getattr(again, name), getattr(network, name))
    np.testing.assert_array_equal(again.transfer_offset, network.transfer_offset)
    for kind in ("link", "bias", "parameter", "transfer"):
        for part in ("slot", "sign", "value"):
            name = f"{kind}_{part}"
            np.testing.assert_array_equal(getattr(again, name), getattr(network, name))
    assert again.derived == network.derived
    assert [f.key for f in again.functions] == [f.key for f in network.functions]
    assert again.transfers == network.transfers
    np.testing.assert_array_equal(again.output_node, network.output_node)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.one_of(array_networks(), array_networks(transfers=TRANSFERS)))
def test_networks_from_arrays_print_as_themselves(network):
    again = Network.parse(str(network))
    assert again == network
    assert str(again) == str(network)


PRINTED = [
    (
        "h ~ tanh(x1, x2@1)  # structure",
        [0.5, -0.25, 2.0],
        "h = tanh(0.5*x1 - 0.25*x2@1 + 2)  # structure",
    ),
    ("h ~ tanh(x1, [0])", [-0.5], "h = tanh(-0.5*x1)"),
    ("h ~ tanh(x1)", [-0.0, 1e-300], "h = tanh(-0*x1 + 1e-300)"),
    ("h ~ tanh(x1)", [NAN, NAN], "h ~ tanh(x1)"),
    ("h ~ tanh(x1)", [NAN, 3.0], "h = tanh(?*x1 + 3)"),
    ("h ~ bump(x1, k=?)", [1.0, 2.0, 3.0], "h = bump(1*x1 + 2, k=3)"),
    ("h ~ bump(x1, k=[4])", [1.0, 2.0], "h = bump(1*x1 + 2, k=[4])"),
    ("h = tanh(0.1 + 0.5*x1)", [-3.0, -4.0], "h = tanh(-4 - 3*x1)"),
    ("h = tanh(-0.5*x1 - 1)", [3.0, 4.0], "h = tanh(3*x1 + 4)"),
    ("h = x1 - (x2 - 3)/2", [-5.0, -2.0], "h = x1 - (x2 - 5)/-2"),
    ("h = x1*x2 - 3*x1", [7.0], "h = x1*x2 + 7*x1"),
    ("h ~ product(x1, x2)", [1.0, -2.0], "h = product(x1: 1, x2: -2)"),
    (
        "h ~ quadratic(x1, x2)",
        [1.0, 2.0, 5.0, -3.0, 0.0, 4.0],
        "h = quadratic(x1: 1, x2: 2, (x1, x1): 5, (x1, x2): -3, (x2, x2): 0, bias=4)",
    ),
    (
        "h ~ gaussian(distance(x1, x2), width=2)",
        [1.0, 2.0, 3.0],
        "h = gaussian(distance(x1: 1, x2: 2), width=3)",
    ),
    ("h ~ tanh(linear(x1))", [1.0, 2.0], "h = tanh(1*x1 + 2)"),
    ("h ~ linear(x1@1..2)", [1.0, 2.0, 3.0], "h = linear(1*x1@1 + 2*x1@2 + 3)"),
    (
        "h[2] ~ relu(x1)  # two",
        [1.0, -2.0, NAN, 4.5],
        "h[2] ~ relu(x1)  # two\nnumbers h\n  1 -2\n  ? 4.5",
    ),
    (
        "h[k: 2] = relu(?*v[k] + a)\nlet a  # shared",
        [1.0, 2.0, -3.0],
        "h[k: 2] = relu(?*v[k] + a)\nnumbers h\n  1\n  2\nlet a = -3  # shared",
    ),
    (
        "h[2] ~ relu(x1)\n\n# below\nnumbers h  # old\n  5 6\n  7 8",
        [1.0, 2.0, 3.0, 4.0],
        "h[2] ~ relu(x1)\n\n# below\nnumbers h  # old\n  1 2\n  3 4",
    ),
    ("h = h@1 + x1\nstart h = ?", [0.5], "h = h@1 + x1\nstart h = 0.5"),
]


@pytest.mark.parametrize(
    ("line", "theta", "printed"), PRINTED, ids=[p[0] for p in PRINTED]
)
def test_trained_numbers_stand_in_their_places(line, theta, printed):
    head = "input x1, x2, v[2]\n"
    network = Network.parse(f"{head}{line}\noutput h")
    text = network.to_text(theta)
    assert text.rstrip("\n") == f"{head}{printed}\noutput h"
    again = Network.parse(text)
    assert same_bits(again.start, theta)
    assert again.theta_names == network.theta_names


def test_a_neuron_of_many_links_keeps_its_line_and_gets_a_table():
    network = Network.parse("input x[40]\ny ~ logistic(x)\noutput y")
    theta = np.arange(41.0)
    text = network.to_text(theta)
    assert "y ~ logistic(x)\nnumbers y\n" in text
    assert same_bits(Network.parse(text).start, theta)


def test_comments_and_empty_lines_survive_fitting():
    text = (
        "# what it is\nwire 1\n\ninput x  # metres\n\n# the neuron\ny ~ tanh(x)  # why\n"
        "output y  # done\n"
    )
    network = Network.parse(text)
    assert str(network) == text
    assert network.to_text([1.0, 2.0]) == text.replace("~ tanh(x)", "= tanh(1*x + 2)")


@pytest.mark.parametrize("theta", [[1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]], [1.0, np.inf]])
def test_theta_that_cannot_be_written(theta):
    network = Network.parse("input x\ny ~ tanh(x)\noutput y")
    with pytest.raises(SettingError):
        network.to_text(theta)


def test_arrays_print_groups_slices_and_facts_of_the_columns():
    columns = [
        Column("x", size=2, indexed=True, missing=(None, 1.5)),
        Column("c", "the colour", 2, ("red", 'a "b"'), missing="red"),
        Column("t", low=-1.0, high=2.5),
    ]
    source = [0, 1, 2, 3, 4] * 2 + [5, 6, 0, 3]
    network = Network.from_arrays(
        columns, source, [0] * 5 + [1] * 5 + [2] * 4, neurons=[("h", 2), "y"],
        activation=["relu", "relu", "tanh"], classes=("no", "yes"),
    )  # fmt: skip
    assert str(network).splitlines() == [
        'input x[2], c = "the colour": "red" | "a \\"b\\"", t',
        "missing x[1] = 1.5",
        'missing c = "red"',
        "range t -1..2.5",
        "h[2] ~ relu(x, c, t)",
        'y ~ tanh(h, x[0], c["a \\"b\\""])',
        'output y as "no", "yes"',
    ]
    assert Network.parse(str(network)) == network
    theta = np.arange(network.n_theta) - 3.5
    again = Network.parse(network.to_text(theta))
    assert same_bits(again.start, theta)
    assert again.to_text(theta) == network.to_text(theta)


def test_arrays_with_a_users_activation_print_its_definition():
    wave = Network.parse(
        "input x\ny = wave(?*x, k=?)\noutput y\n"
        "activation wave(z, k=2) = sin(k*twice(z))\nactivation twice(z) = 2*z, slope = 1"
    ).functions[0]
    network = Network.from_arrays(
        ["x"], [0], [0], activation=wave, parameters={"k": 3.0}, weight=[0.5]
    )
    assert Network.parse(str(network)) == network


def test_ten_thousand_links_are_read_in_a_second():
    terms = " + ".join(f"0.{i % 89 + 10}*x[{i}]" for i in range(100))
    lines = "\n".join(f"n{k} = tanh({terms})" for k in range(100))
    outputs = ", ".join(f"n{k}" for k in range(100))
    text = f"input x[100]\n{lines}\noutput {outputs}"
    Network.parse("input x\ny ~ tanh(x)\noutput y")  # the parser itself is loaded
    begin = time.process_time()
    network = Network.parse(text)
    assert time.process_time() - begin < 1
    assert network.n_links == 10_000


def test_wide_groups_are_read_at_once():
    Network.parse("input x\ny ~ tanh(x)\noutput y")
    begin = time.process_time()
    network = Network.parse("input x[784]\nh[500] ~ relu(x)\ny[10] ~ tanh(h)\noutput y")
    assert time.process_time() - begin < 0.5
    assert network.n_links == 784 * 500 + 5000


def test_a_line_of_ten_thousand_terms_is_no_recursion():
    terms = " + ".join(f"0.5*x[{i}]" for i in range(10_000))
    network = Network.parse(f"input x[10000]\ny = tanh({terms})\noutput y")
    assert same_bits(Network.parse(network.to_text(network.start)).start, network.start)


def test_numbers_that_the_text_could_not_say_are_refused():
    network = Network.parse("input x\ny = a*x\nlet a in [0, 1]\noutput y")
    for value in (0.0, 1.0):
        assert Network.parse(network.to_text([value])).start.tolist() == [value]
    with pytest.raises(
        SettingError, match=r"'a' is .*2\.0.*outside of its bounds 0 to 1"
    ):
        network.to_text([2.0])
    assert "a in" in network.to_text([float("nan")])
    for body in ("x/2", "x**2/2"):
        divided = Network.parse(f"input x\ny = {body}\noutput y")
        with pytest.raises(SettingError, match="divides is 0"):
            divided.to_text(np.zeros(divided.n_theta))
