"""Vectors, sizes and slopes in the lines of a text: read, printed with numbers, refused."""

import pickle

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import NetworkError, UnknownNameError
from wildwire.files import Stored, load, save
from wildwire.functions import activation, find
from wildwire.network import Network

SERIES = "series(z, c[terms=3], k=2) = k*sum(c*sin((1 + index(c))*z)), start c = 1/(1 + index(c))"
TEXT = f"""activation {SERIES}
activation tent(z) = max(0, 1 - z**2)
input x1, x2
h ~ spline(x1, knots=4)  # structure only
g[2] ~ spline(x1, x2, v1=[2], knots=3, low=-2)
a = spline(0.3*x1, knots=2, v0=0.1, v1=[2])
b = series(x1 + 2*x2, terms=2)
r[k: 2] = series(g[k])
s ~ step(x1, x2, slope=triangle)
t = step(x1 - 0.5, slope=tent)
u ~ sign(linear(s, t), slope=logistic)
e = spline(x1, knots=4) + spline(x2, knots=3)*? + series(x1, 1, 2, 3, 4)
y ~ linear(h, g, a, b, r, s, t, u, e)
output y
"""
X = np.random.default_rng(0).normal(size=(7, 2))


def assert_comes_back(network, theta):
    """The text with theta in it gives the same numbers, names, text and outputs."""
    text = network.to_text(theta)
    again = Network.parse(text)
    assert again.start.tobytes() == np.asarray(theta).tobytes()
    assert again.theta_names == network.theta_names
    assert [f.key for f in again.functions] == [f.key for f in network.functions]
    assert again.to_text(theta) == text == str(again)
    values = ww.run(network, theta, X[:, : network.n_inputs])
    np.testing.assert_array_equal(
        ww.run(again, theta, X[:, : network.n_inputs]), values
    )
    return text


def test_elements_are_numbers_of_their_neuron():
    network = Network.parse("input x\ny ~ spline(x, knots=3)\noutput y")
    assert network.theta_names == ["x -> y", "y bias", "y v0", "y v1", "y v2"]
    assert np.isnan(network.start).all()
    written = Network.parse(
        "input x\ny = spline(0.3*x, knots=2, v0=0.1, v1=[2], low=?)\noutput y"
    )
    assert written.theta_names == ["x -> y", "y v0", "y low"]
    np.testing.assert_array_equal(written.parameter_value[[1, 3]], [2, 1])


def test_texts_come_back_to_the_last_bit():
    network = Network.parse(TEXT)
    theta = network.initial(1)
    text = assert_comes_back(network, theta)
    assert_comes_back(Network.parse(text), theta + 0.1)
    assert Network.parse(str(network)) == network
    assert pickle.loads(pickle.dumps(network)) == network
    lines = dict(line.split(" ", 1) for line in text.splitlines() if line)
    assert lines["h"].startswith("= spline(") and "knots=4, v0=" in lines["h"]
    assert lines["h"].endswith("# structure only")
    assert "slope=triangle)" in lines["s"] and "slope=logistic)" in lines["u"]
    assert lines["g[2]"] == "~ spline(x1, x2, v1=[2], knots=3, low=-2)"


def test_every_call_in_an_expression_has_numbers_of_its_own():
    network = Network.parse(
        "input x\ny = spline(x, knots=3) + spline(x, knots=3)\noutput y"
    )
    assert network.n_theta == 6
    theta = np.array([0, 1, 4, 0.5, 0.25, 0.125])
    spline = find("spline(knots=3)")
    x = np.linspace(-2, 2, 9)
    expected = sum(
        spline.evaluate(0, [x], [*part, -1, 1])[0] for part in theta.reshape(2, 3)
    )
    np.testing.assert_allclose(ww.run(network, theta, x)[:, 0], expected, atol=1e-14)
    assert "v2=4) + spline(x, knots=3, v0=0.5" in network.to_text(theta)


ARRAYS = [
    ("spline(knots=3)", {}),
    (activation(SERIES), {"k": [1.0, 2.0, 3.0]}),
    ([activation(SERIES), activation(SERIES).chosen(terms=2), "tanh"], {}),
    (
        [find("step(slope=triangle)"), "step", "spline(knots=2)"],
        {"low": -2.0, "v1": 0.5},
    ),
]


@pytest.mark.parametrize(("functions", "parameters"), ARRAYS, ids=range(4))
def test_networks_from_arrays_come_back(functions, parameters):
    network = Network.from_arrays(
        ["x1", "x2"], [0, 1, 0, 2, 3], [0, 0, 1, 2, 2], neurons=["h", "g", "y"],
        activation=functions, parameters=parameters,
    )  # fmt: skip
    assert_comes_back(network, network.initial(2))
    structure = Network.parse(network.to_text())
    assert structure.theta_names == network.theta_names
    np.testing.assert_array_equal(structure.start, network.start)
    graph = network.to_networkx(network.initial(2))
    again = ww.wiring.from_networkx(graph)
    assert again.theta_names == network.theta_names
    np.testing.assert_array_equal(again.start, network.initial(2))


def test_generated_layers_say_no_more_than_needed():
    network = ww.wiring.layered(2, 3, 1, activation="spline(knots=4)")
    assert "h[3] ~ spline(x, knots=4)\n" in network.to_text()
    assert_comes_back(network, network.initial(0))
    # theta has the elements before `low`, which learns, too: they must be named
    network = Network.from_arrays(
        ["x"], [0], [0], activation="spline(knots=2)", parameters={"low": np.nan}
    )
    assert "knots=2, v0=?, v1=?, low=?" in network.to_text()
    assert Network.parse(network.to_text()).theta_names == network.theta_names


@pytest.mark.parametrize("suffix", [".wire", ".safetensors"])
def test_files_carry_them(tmp_path, suffix):
    for network in (
        Network.parse(TEXT),
        ww.wiring.random(2, 4, 1, activation="spline(knots=3)"),
    ):
        theta = network.initial(3)
        path = save(tmp_path / f"model{suffix}", Stored(network, theta))
        read = load(path)
        assert read.theta.tobytes() == theta.tobytes()
        np.testing.assert_array_equal(
            ww.run(read.network, read.theta, X), ww.run(network, theta, X)
        )


def test_a_name_of_a_size_may_be_a_parameter_of_another():
    text = "activation f(z, slope=2) = slope*z\ninput x\ny = f(x, slope=3)\noutput y"
    assert Network.parse(text).theta_names == ["y slope"]


REFUSED = [
    ("y ~ spline(x, knots=?)", "`knots=` is a size"),
    ("y ~ spline(x, knots=[6])", "`knots=` is a size"),
    ("y ~ spline(x, knots=2.5)", "`knots=` is a size"),
    ("y = spline(x, knots=a)\nlet a = 3", "`knots=` is a size"),
    ("y ~ spline(x, knots=0)", "knots of spline is a whole number from 1 to 64"),
    ("y ~ spline(x, knots=65)", "knots of spline is a whole number from 1 to 64"),
    ("y ~ spline(x, knots=1)", "v has 1 element"),
    ("fixed y = spline(x, knots=3)", "a `fixed` line holds constants: write v0=..."),
    ("y ~ step(x, slope=2)", "`slope=` takes a word"),
    ("y ~ step(x, slope=tanh)", "slope=tanh is no training slope"),
    ("y = 1 + step(x, slope=triangle)*x", "give step a neuron of its own"),
]


@pytest.mark.parametrize(("line", "words"), REFUSED, ids=[line for line, _ in REFUSED])
def test_what_cannot_be_chosen_is_refused_at_its_place(line, words):
    with pytest.raises(NetworkError) as caught:
        Network.parse(f"input x\n{line}\noutput y")
    assert words in str(caught.value)
    assert "line 2, column" in str(caught.value)


def test_an_unknown_keyword_is_no_choice():
    with pytest.raises(UnknownNameError, match="no parameter 'v3'"):
        Network.parse("input x\ny ~ spline(x, knots=3, v3=1)\noutput y")


def test_constants_in_a_fixed_line_may_be_written_out():
    network = Network.parse(
        "input x\nfixed y = spline(x, knots=2, v0=1, v1=3)\noutput y"
    )
    assert network.n_theta == 0
    np.testing.assert_allclose(ww.run(network, [], [-1.0, 0, 2])[:, 0], [1, 2, 4])


# ---- start values ---------------------------------------------------------------------


def test_splines_start_near_a_straight_line():
    text = (
        "input x\nh[400] ~ spline(x, knots=5, low=[2], high=?)\ny ~ linear(h)\noutput y"
    )
    network = Network.parse(text)
    numbers = network.numbers(network.initial(0))
    for k in range(5):
        drawn = np.array([numbers[f"h[{i}] v{k}"] for i in range(400)])
        middle = 2 + (1 - 2) * k / 4  # high starts at its default
        assert abs(drawn.mean() - middle) < 0.03
        assert abs(drawn.std() - 0.1) < 0.02


def test_elements_are_drawn_last_and_others_stay_as_they_were():
    both = Network.parse(
        "input x\nh ~ spline(x)\ng ~ tanh(x, h)\ny ~ linear(h, g)\noutput y"
    )
    plain = Network.parse(
        "input x\nh ~ sin(x)\ng ~ tanh(x, h)\ny ~ linear(h, g)\noutput y"
    )
    found = both.numbers(both.initial(7))
    for name, value in plain.numbers(plain.initial(7)).items():
        assert found[name] == value


def test_elements_that_are_written_are_kept():
    network = Network.parse(
        "activation f(z, c[3]) = sum(c)*z\ninput x\ny ~ f(x, c1=5)\noutput y"
    )
    numbers = network.numbers(network.initial(0))
    assert numbers["y c1"] == 5
    assert 0 < abs(numbers["y c0"]) < 0.5
