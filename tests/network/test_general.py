"""General expressions as functions of sources and numbers."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import FunctionError, NetworkError, UnknownNameError
from wildwire.network.general import MOST_SOURCES
from wildwire.network.graphs import to_networkx

HEAD = "input a, b, v[3]\nlet k = 0.3\nlet c = [2]\n"


def made(line):
    return ww.parse(f"{HEAD}{line}\noutput y")


def function(line):
    network = made(line)
    assert not network.refusals
    return network.neurons["y"].activation if "y[" not in line else network.functions


CASES = [
    # line, sources, names of its numbers
    ("y = a*b", ["a", "b"], []),
    ("y = 2*tanh(a)", ["a"], ["y w0"]),
    ("y = ?*exp(-k*a) + [3]*b", ["a", "b"], ["y w0", "k"]),
    ("y = c**a", ["a"], []),
    ("y = b*a + b", ["b", "a"], []),
    ("y = a*sum(v)", ["a", "v[0]", "v[1]", "v[2]"], []),
    ("y = v[1]/mean(v)", ["v[1]", "v[0]", "v[1]", "v[2]"], []),
    ("fixed y = 8.314*a/(b - 3)", ["a", "b"], []),
    ("y = 0.5*bump(a, k=[2])*b", ["a", "b"], ["y w0"]),
    ("y = where(a > 0, 2*a, b)", ["a", "b"], ["y w0"]),
]


@pytest.mark.parametrize(("line", "sources", "names"), CASES, ids=[c[0] for c in CASES])
def test_sources_and_numbers_in_written_order(line, sources, names):
    network = made(line)
    neuron = network.neurons["y"]
    assert neuron.activation.kind == "expression"
    assert list(neuron.sources) == sources
    used = [name for name in network.theta_names if name in names]
    assert used == names and not network.refusals


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("y = a*exp(-2*b)", "y = b*exp(-7*a)", True),
        ("y = a*exp(k*b)", "y = v[0]*exp(?*v[1])", True),
        ("y = a*exp(-[2]*b)", "y = a*exp(-[3]*b)", False),
        ("y = a*b + a", "y = a*b + b", False),
        ("y = max(v)*a", "y = max(a, max(b, v[0]))*v[1]", False),
    ],
)
def test_equal_formulas_are_one_function(one, other, same):
    assert (function(one).key == function(other).key) is same


def test_an_elementwise_group_has_one_function():
    network = ww.parse(
        "input z[4], x[6]\np[k: 4] = exp(z[k] - max(z))/sum(exp(z - max(z)))\n"
        "h[k: 4] = x[k]*x[k+2]\noutput p, h"
    )
    assert len({f.key for f in network.functions}) == 2


TEXTS = [
    "q = exp(-k*a)/([1] + b*b)",
    "q = 0.1*a*b + ?",
    "p[j: 3] = 0.5*exp(v[j])/sum(exp(v))\nq = p[0]*p[1] - 0.3*a",
    "q = bump(a, k=4)*sin(0.123456789012345678*b)",
]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_read_back_to_the_last_bit(text):
    network = ww.parse(f"{HEAD}{text}\noutput q")
    rng = np.random.default_rng(0)
    theta = rng.normal(size=network.n_theta) * np.pi
    again = ww.parse(network.to_text(theta))
    assert np.array_equal(again.initial(0), theta)
    assert again.theta_names == network.theta_names
    assert again.to_text(theta) == network.to_text(theta)


ERRORS = [
    ("y = a*bump(b, q=2)", UnknownNameError, "no parameter 'q'"),
    ("y = a*v", NetworkError, "is a group of 3"),
    ("y = a*tahn(b)", UnknownNameError, "'tanh'"),
    ("y = a*sum(v[0..1] * v)", NetworkError, "groups of 2 and 3"),
    ("y = exp([2])*exp(k)", NetworkError, "no sources"),
]


@pytest.mark.parametrize(("line", "error", "words"), ERRORS, ids=[e[0] for e in ERRORS])
def test_what_is_wrong_is_named(line, error, words):
    with pytest.raises(error, match=words):
        made(line)


def test_too_many_sources():
    text = "input v[{}]\ny = prod(v)\noutput y"
    assert not ww.parse(text.format(MOST_SOURCES)).refusals
    with pytest.raises(NetworkError, match=f"may have {MOST_SOURCES}"):
        ww.parse(text.format(MOST_SOURCES + 1))


def test_unknown_numbers_are_drawn_and_written_ones_kept():
    network = made("y = ?*a*b + 0.25*exp(a)")
    theta = dict(zip(network.theta_names, network.initial(3), strict=True))
    assert theta["y w1"] == 0.25 and 0 < abs(theta["y w0"]) < 2


def test_a_graph_cannot_give_a_formula_back():
    graph = to_networkx(made("y = a*b"))
    with pytest.raises(FunctionError, match="write the network as a text"):
        ww.wiring.from_networkx(graph)


def test_the_drawing_shows_the_formula():
    picture = made("y = a*b + ?")._repr_svg_()
    assert ">f</text>" in picture and "x0*x1" in picture
