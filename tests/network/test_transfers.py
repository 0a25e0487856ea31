"""Neurons with transfers: reading, the order of their numbers, printing, checks, expressions that hold them."""

import dataclasses

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import (
    DuplicateNameError,
    FunctionError,
    LanguageError,
    NetworkError,
    UnknownNameError,
)
from wildwire.functions import transfers
from wildwire.network import Network

NAN = float("nan")
HEAD = "input x, z, v[2]\nlet a = 2\nlet c = [3]\n"
DEFINITIONS = """
activation modulus(a, b) = sqrt(a**2 + b**2)
activation soft(u, k=2) = log(1 + exp(k*u))
transfer both(w, x, v) = (sum(w*x), sum(v*x))
transfer two(w, x, q, r, p=0.5) = sum(w*x) + p*pairs(q*x*x' + r*w, distinct) + bias
transfer mine(w, x) = sum(soft(w*x))
"""


def made(lines):
    return Network.parse(f"{HEAD}{lines}\n{DEFINITIONS}output h")


def table(network):
    """The transfer's numbers of the one neuron: value if frozen, else the name in theta with its sign."""
    names = network.theta_names
    return [
        value if slot == -1 else ("-" if sign < 0 else "") + names[slot] if slot >= 0 else "derived"
        for slot, sign, value in zip(
            network.transfer_slot, network.transfer_sign, network.transfer_value, strict=True
        )
    ]  # fmt: skip


# line, names in theta (without the let), the transfer's numbers in the order of the arrays
LINES = [
    ("h ~ distance(x, z)", ["x -> h", "z -> h"], []),
    (
        "h ~ quadratic(x, z)",
        ["x -> h", "z -> h", "(x, x) -> h", "(x, z) -> h", "(z, z) -> h", "h bias"],
        ["(x, x) -> h", "(x, z) -> h", "(z, z) -> h"],
    ),
    (
        "h ~ soft(two(x, z, p=?), k=3)",
        [
            "x -> h", "z -> h", "(x, z) -> h q", "(x, z) -> h r", "h p", "h bias", "h k",
        ],
        ["h p", "(x, z) -> h q", "(x, z) -> h r"],
    ),
    ("h ~ two(x, [0], p=a)", ["x -> h"], ["a"]),
    ("h ~ two(x, p=[7])", ["x -> h", "h bias"], [7.0]),
    ("h ~ power_mean(v)", ["v[0] -> h", "v[1] -> h"], [2.0]),
    (
        "h ~ modulus(both(x, z))",
        ["x -> h", "z -> h", "x -> h v", "z -> h v"],
        ["x -> h v", "z -> h v"],
    ),
    (
        "h = modulus(both(x: (1, -2), z: (a, [4])))",
        ["x -> h", "x -> h v"],
        ["x -> h v", 4.0],
    ),
    (
        "h = quadratic(z: 1, x, (x, z): -a, bias=2)",
        ["z -> h", "h bias"],
        [0.0, "-a", 0.0],
    ),
    (
        "h = two(z: 1, x: [2], (z, x): (3*5, -c), p=-1)",
        ["z -> h", "h w0", "h w1", "h p"],
        ["h p", "derived", -3.0],
    ),
    ("h = quadratic(v: 2, (v[1], v[0]): 3)", ["v[0] -> h", "(v[0], v[1]) -> h"], [0.0, "(v[0], v[1]) -> h", 0.0]),
    ("h = max(x: 1, z: 2)", ["x -> h", "z -> h"], []),
    ("h ~ min(x, z)", ["x -> h", "z -> h"], []),
    ("h = product(x, z)", [], []),
    ("h = linear(x: 2, z: [3], bias=1)", ["x -> h", "h bias"], []),
    (
        "h = quadratic(x: 1, z: 2, x: 3, (x, z): 4, (z, x): 5, (x, x): 6, (x, x): 7)",
        ["x -> h", "z -> h", "x -> h #2", "(x, x) -> h", "(x, z) -> h", "(x, x) -> h #2", "(z, x) -> h"],
        ["(x, x) -> h", "(x, z) -> h", "(x, x) -> h #2", 0.0, "(z, x) -> h", 0.0],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "names", "numbers"), LINES, ids=[x[0] for x in LINES])
def test_numbers_of_a_transfer(line, names, numbers):
    network = made(line)
    assert [name for name in network.theta_names if name != "a"] == names
    assert table(network) == numbers
    assert network.transfer_offset.tolist() == [0, len(numbers)]
    assert not network.refusals
    theta = np.random.default_rng(0).normal(size=network.n_theta)
    again = Network.parse(network.to_text(theta))
    assert again.start.tobytes() == theta.tobytes()
    assert again.theta_names == network.theta_names


def test_frozen_and_shared_numbers_stand_where_they_are_written():
    network = made("h = two(x: a, z: [2], (x, z): ([-0.0], a*0.5), bias=c, p=[1])")
    assert network.link_slot.tolist() == [network.theta_names.index("a"), -1]
    assert network.bias_value.tolist() == [3.0]
    assert network.transfer_value[:2].tolist() == [1.0, 0.0]
    assert network.derived.values(np.array([0.5, 2.0])).tolist() == [1.0]
    assert Network.parse(str(network)) == network


def test_groups_have_numbers_of_their_own_and_a_table():
    network = made("h[2] ~ gaussian(quadratic(v))")
    assert network.theta_names[6:9] == ["v[0] -> h[1]", "v[1] -> h[1]", "(v[0], v[0]) -> h[1]"]  # fmt: skip
    assert network.transfer_offset.tolist() == [0, 3, 6]
    text = network.to_text(np.arange(network.n_theta) / 4)
    assert "numbers h\n  0 0.25 0.5 0.75 1 1.25\n  1.5 1.75 2 2.25 2.5 2.75" in text
    each = made("h[k: 2] ~ distance(v[k], x)")
    assert each.link_source.tolist() == [2, 0, 3, 0]
    assert made("h[k: 2] = distance(v[k]: 0.5, x: a)").n_theta == 3


def test_the_texts_own_names_come_first():
    network = made("h ~ cosine(x)\nactivation cosine(z) = z*z")
    assert network.neurons["h"].transfer == "linear"
    network = made("h ~ product(x)\ntransfer product(w, x) = sum(w + x)")
    assert network.transfers[1].evaluate(0, [2.0], [3.0]).tolist() == [5.0]
    assert [f.name for f in made("h ~ mine(x)").transfers[1].uses] == ["soft"]


def test_networks_without_transfers_share_their_arrays():
    one = Network.from_arrays(["x"], [0], [0])
    other = Network.parse("input x\nh ~ tanh(x)\noutput h")
    for network in (one, other):
        assert network.transfer_offset.tolist() == [0, 0]
        assert network.transfers == (None,)
        for part in ("slot", "sign", "value"):
            assert len(getattr(network, f"transfer_{part}")) == 0


# ---- errors ---------------------------------------------------------------------------------------------------------

ERRORS = [
    ("h ~ distance(x, [0])", "column 17", "distance has no bias"),
    ("h ~ distance(x, bias=1)", "column 5", "write `[0]` among the sources"),
    ("h ~ power_mean(x, q=2)", "column 5", "no parameter 'q'"),
    ("h ~ distence(x)", "column 5", "Did you mean 'distance'?"),
    ("h ~ tanh(distence(x))", "column 10", "Did you mean 'distance'?"),
    ("h ~ tanh(both(x))", "column 5", "both returns 2 numbers, and the activation tanh takes 1"),
    ("h ~ both(x)", "column 5", "both returns 2 numbers"),
    ("h ~ modulus(x, z)", "column 5", "modulus takes 2 numbers, and a weighted sum is one"),
    ("h ~ modulus(distance(x))", "column 5", "distance returns one number"),
    ("h = modulus(x)", "column 5", "modulus takes 2 arguments, not 1"),
    ("h = tanh(both(x: (1, 2)))", "column 5", "both returns 2 numbers"),
    ("h = x + both(x: (1, 2))", "column 9", "it stands only as the arguments"),
    ("h = distance(x: (1, 2))", "column 14", "1 number per source, not 2: write x: weight"),
    ("h = modulus(both(x: 1))", "column 18", "2 numbers per source, not 1: write x: (weight, v)"),
    ("h = modulus(both(x))", "column 18", "2 numbers per source: write x: (weight, v)"),
    ("h = distance(x: 1, (x, x): 2)", "column 21", "distance has no numbers of pairs"),
    ("h = quadratic(x: 1, (x, z): 2)", "column 25", "z is not among the sources of quadratic"),
    ("h = quadratic(x: 1, (x, x): 2, (x, x): 3)", "column 33", "the pair (x, x) is written twice"),
    ("h = quadratic(x: 1, (x, x, x): 2)", "column 22", "a pair is of two sources"),
    ("h = quadratic(v: 1, (v, v): 2)", "column 22", "v stands for 2 sources"),
    ("h = quadratic(x: 1, (x, x): (1, 2))", "column 22", "1 number per pair, not 2"),
    ("h = two(x: 1, (x, x): (1, 2))", "column 16", "two different sources, not of (x, x)"),
    ("h = two(x: 1, z: 1, (x, z): 1)", "column 22", "2 numbers per pair, not 1: write (x, z): (q, r)"),
    ("h = distance(x: 1, bias=2)", "column 5", "distance has no bias: leave `bias=` out"),
    ("h = distance(x: 1, width=2)", "column 5", "'width'. It has none"),
    ("h = quadratic(x: 1, bais=2)", "column 5", "Did you mean 'bias'?"),
    ("h = distance(x: z)", "column 14", "a number or a product of numbers"),
    ("h = distance(2*x)", "column 5", "takes sources, each with its number"),
    ("h = distance(a)", "column 14", "is a number"),
    ("h = 2*distance(x: z)", "column 16", "a number or a product of numbers"),
    ("h = 2*tanh(x: 1)", "column 7", "only a transfer may stand"),
    ("h[k: 2] ~ distance(v[0..k])", "column 1", "different numbers of sources"),
    ("h ~ cosine(x, w=2)", "column 5", "no parameter 'w'"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "place", "words"), ERRORS, ids=[e[0] for e in ERRORS])
def test_errors_have_a_place_and_say_what_to_write(line, place, words):
    with pytest.raises((NetworkError, UnknownNameError, LanguageError)) as caught:
        made(line)
    message = str(caught.value)
    assert f"line 4, {place}" in message
    assert words in message


def test_definitions_that_are_wrong_are_placed():
    with pytest.raises(FunctionError, match=r"(?s)line 2, column 1.*transfer t: "):
        Network.parse("input x\ntransfer t(w, x) = sum(w*y)\nh ~ t(x)\noutput h")
    with pytest.raises(FunctionError, match=r"line 2, column 1: transfer t takes"):
        Network.parse("input x\ntransfer t(w) = sum(w)\nh ~ t(x)\noutput h")


def test_a_transfer_and_an_activation_of_one_name_are_refused():
    mine = ww.transfer("tanh(w, x) = sum(w*x)")
    with pytest.raises(DuplicateNameError, match="'tanh'"):
        Network.from_arrays(["x"], [0], [0], activation="tanh", transfer=mine)
    alone = Network.from_arrays(["x"], [0], [0], activation="sin", transfer=mine)
    assert Network.parse(str(alone)) == alone


def test_pairs_of_too_many_sources_are_refused_before_memory_is_taken():
    with pytest.raises(NetworkError, match="1001 links are more than 1000"):
        Network.parse("input x[1001]\nh ~ quadratic(x)\noutput h")
    with pytest.raises(NetworkError, match="at most 20,000,000 links"):
        Network.parse("input x[1000]\nh[100] ~ quadratic(x)\noutput h")
    with pytest.raises(NetworkError, match="more than 1000"):
        Network.from_arrays(1001, range(1001), [0] * 1001, transfer="quadratic")


# ---- arrays ---------------------------------------------------------------------------------------------------------


def two_neurons(**options):
    return Network.from_arrays(
        ["x", "z"], [0, 1, 0, 1, 2], [0, 0, 1, 1, 1], neurons=["h", "y"], **options
    )


def test_transfers_from_arrays():
    network = two_neurons(
        transfer=["quadratic", "power_mean"], parameters={"p": [NAN, 3.0]}
    )
    assert network.theta_names[2:6] == [
        "(x, x) -> h", "(x, z) -> h", "(z, z) -> h", "h bias",
    ]  # fmt: skip
    assert network.theta_names[-1] == "y p" and network.start[-1] == 3.0
    assert network.bias_slot.tolist() == [5, -1]
    assert network == Network.parse(str(network))
    given = two_neurons(
        transfer=["quadratic", None],
        transfer_numbers=[0.5, 0.0, NAN],
        transfer_frozen=[False, True, False],
    )
    assert given.transfer_slot.tolist() == [2, -1, 3]
    assert np.array_equal(given.start[2:4], [0.5, NAN], equal_nan=True)


BAD = [
    ({"transfer": "distence"}, FunctionError, "'distance'"),
    ({"transfer": 3}, NetworkError, "transfer is 3"),
    ({"transfer": ["max"]}, NetworkError, "1 transfers for 2 neurons"),
    ({"transfer": "max", "transfer_numbers": [1.0]}, NetworkError, "has 1 entries"),
    ({"transfer_numbers": [1.0]}, NetworkError, "has 1 entries, expected 0"),
    (
        {"transfer": ["quadratic", None], "transfer_frozen": [True] * 3},
        NetworkError,
        "transfer number 0 is frozen, but unknown",
    ),
    ({"transfer": "max", "bias": [1.0, 0.0]}, NetworkError, "knows none"),
    ({"transfer": "max", "parameters": {"p": 1}}, UnknownNameError, "'p'"),
    (
        {"transfer": ww.transfer("t(w, x) = (sum(w), sum(x))")},
        NetworkError,
        "t returns 2 numbers",
    ),
]


@pytest.mark.parametrize(("options", "error", "words"), BAD)
def test_bad_arrays_are_named(options, error, words):
    with pytest.raises(error, match=words):
        two_neurons(**options)


def changed(network, **changes):
    return dataclasses.replace(network, document=None, **changes)


def test_what_a_network_must_hold():
    network = two_neurons(transfer=["quadratic", "distance"], bias=False)
    quadratic, distance = network.transfers[1:]
    cases = [
        ({"transfers": (quadratic, quadratic, distance)}, "must be None"),
        ({"transfers": (None, quadratic, "distance")}, "not a Transfer"),
        ({"transfer": [2, 2]}, "has 3 numbers .* distance with 2 links has 0"),
        ({"transfer": [0, 2]}, "linear with 2 links has 0"),
        ({"transfer_offset": [0, 2, 3]}, "has 2 numbers"),
        ({"transfer_offset": [0, 4, 3]}, "not decrease"),
        ({"transfer_slot": [0, 0]}, "transfer_slot has shape"),
        ({"transfer_slot": [0, 1, 99]}, r"transfer_slot\[2\] is 99"),
        ({"transfer_sign": [1, 0, 1]}, "1 or -1"),
        ({"transfer_value": [0, np.inf, 0]}, "not finite"),
        ({"bias_value": [0, 1.0]}, "'y' has a bias"),
    ]
    for changes, words in cases:
        with pytest.raises(NetworkError, match=words):
            changed(network, **changes)
    assert changed(network) == network


def test_views_show_the_numbers():
    network = made("h = two(x: 1, z: 2, (x, z): (3, 4), p=5, bias=6)")
    neuron, theta = network.neurons["h"], network.start
    assert neuron.transfer == "two" and "identity of two" in repr(neuron)
    assert neuron.transfer_numbers(theta) == {"p": 5, "(x, z) q": 3, "(x, z) r": 4}
    assert neuron.links[0].numbers(theta) == {}
    network = made("h = modulus(both(x: (1, 2), z: (3, 4)))")
    numbers = [link.numbers(network.start) for link in network.links]
    assert numbers == [{"v": 2.0}, {"v": 4.0}]


# ---- in expressions -------------------------------------------------------------------------------------------------


def value(network, x):
    """The value of an expression that reads the inputs as they are numbered."""
    neuron = network.neurons["h"]
    theta = dict(zip(network.theta_names, network.start, strict=True))
    begin, end = network.parameter_offset
    own = network.parameter_slot[begin:end]
    names = np.array(network.theta_names)[own]
    arguments = [x[source] for source in network.link_source]
    parameters = [theta[name] for name in names]
    return float(neuron.activation.evaluate(0, arguments, parameters)[0])


PLAIN = sorted(name for name, t in transfers().items() if not t.has_bias)


@pytest.mark.parametrize("name", PLAIN)
def test_a_transfer_in_an_expression_has_its_value(name):
    x = np.array([0.8, 1.2, 0.5, 0.4])
    plain = transfers()[name]
    network = made(f"h = 2*{name}(x: 0.3, z: 0.7) + x")
    wanted = 2 * float(plain.evaluate(0, x[:2], [0.3, 0.7])[0]) + x[0]
    assert value(network, x) == pytest.approx(wanted, rel=1e-14)
    network = made(f"h = x*exp(-{name}(v: a, z: [1.5]))")
    inner = float(plain.evaluate(0, [x[2], x[3], x[1]], [2.0, 2.0, 1.5])[0])
    assert value(network, x) == pytest.approx(x[0] * np.exp(-inner), rel=1e-14)


OTHERS = [
    ("h = x*quadratic(x: 2, z: 3, (z, x): 5, (z, z): a, bias=7)", 0.8 * (1.6 + 3.6 + 5 * 0.96 + 2 * 1.44 + 7)),
    ("h = x + power_mean(x: 1, z: 3, p=-1)", 0.8 + 4 / (1 / 0.8 + 3 / 1.2)),
    ("h = 1 + modulus(both(x: (1, 2), z: (3, 4)))", 1 + np.hypot(0.8 + 3.6, 1.6 + 4.8)),
    ("h = x*soft(mine(x: 2), k=3)", 0.8 * np.log1p(np.exp(3 * np.log1p(np.exp(3.2))))),
    ("h = 3*max(x: 2, z: 1) - max(x, z)", 3 * 1.6 - 1.2),
    ("h = x*linear(x: 2, z: 3, bias=4)", 0.8 * (1.6 + 3.6 + 4)),
    ("h = x*sum(v*distance(z: 1.2, x: 0.3))", 0.8 * 0.9 * 0.5),
]  # fmt: skip


@pytest.mark.parametrize(("line", "wanted"), OTHERS, ids=[o[0] for o in OTHERS])
def test_transfers_with_further_numbers_in_expressions(line, wanted):
    network = made(line)
    assert network.neurons["h"].activation.kind == "expression"
    found = value(network, np.array([0.8, 1.2, 0.5, 0.4]))
    assert found == pytest.approx(wanted, rel=1e-14)
    theta = np.random.default_rng(1).normal(size=network.n_theta)
    again = Network.parse(network.to_text(theta))
    assert again.start.tobytes() == theta.tobytes()
    assert again.theta_names == network.theta_names
    assert [n for n in network.theta_names if n.startswith("h w")] == [
        f"h w{i}" for i in range(network.n_theta - 1)
    ]


def test_a_quadratic_expression_of_many_sources_has_no_depth():
    network = Network.parse("input x[64]\nh = 2*quadratic(x: 0.5)\noutput h")
    neuron = network.neurons["h"]
    x = np.linspace(0, 1, 64)
    assert neuron.activation.evaluate(0, x, [2.0, 0.5])[0] == pytest.approx(x.sum())
    with pytest.raises(NetworkError, match="may have 64"):
        Network.parse("input x[65]\nh = 2*quadratic(x: 0.5)\noutput h")
