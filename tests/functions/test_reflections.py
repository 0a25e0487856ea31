"""Odd, even, centre of a half turn: what the formula says, and what numbers say."""

import pytest

import wildwire as ww
from wildwire.functions import catalogue
from wildwire.functions.reflections import Reflection, reflection

ODD = {
    "identity",
    "sign",
    "hard_tanh",
    "tanh",
    "lecun_tanh",
    "softsign",
    "arctan",
    "cube_root",
    "reciprocal",
    "sin",
}
EVEN = {
    "abs",
    "square",
    "cos",
    "sinc",
    "gaussian",
    "multiquadric",
    "inverse_multiquadric",
    "cubic_bump",
    "logistic_bell",
    "straight_through",
    "triangle",
}
ONLY_BY_NUMBERS = {"logistic_bell", "cubic_bump", "triangle", "straight_through"}


def activation(formula, parameters=""):
    return ww.activation(f"f(z{parameters}) = {formula}")


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_parity_of_the_catalogue_follows_from_its_formulas(name):
    expected = "odd" if name in ODD else "even" if name in EVEN else None
    assert catalogue()[name].parity == expected
    if expected and name not in ONLY_BY_NUMBERS:
        assert reflection(catalogue()[name]).proved


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("z*cos(z)", Reflection("odd")),
        ("sinh(z)/(1 + z**2)", Reflection("odd")),
        ("abs(sin(z))", Reflection("even")),
        ("exp(cos(z))", Reflection("even")),
        ("z**3 - 2*z", Reflection("odd")),
        ("1 + logistic(2*z)", Reflection("odd", 1.5)),
        ("logistic(z) - 0.5", Reflection("odd")),
        ("erfc(z)", Reflection("odd", 1.0)),
        ("tan(z)", Reflection("odd")),
        ("where(z**2 < 1, z, sin(z))", Reflection("odd")),
        ("where(z > 0, exp(z), exp(-z))", Reflection("even")),
        ("where(z > 0, z, -z)", Reflection("even")),
        ("where(z < -1, 2, where(z > 1, 2, z**2))", Reflection("even")),
        ("(z + abs(z))*(z - abs(z)) + z*0", Reflection("even", proved=False)),
        # no symmetry, for reasons of one place or one piece
        ("where(z > 0, 1, -1)", None),
        ("where(z < -1, 1, where(z > 2, 1, 0))", None),
        ("where(z < 1, z, where(z > -1, -z, 0))", None),
        ("z + z**2", None),
        ("floor(z)", None),
        ("log(z)", None),
    ],
)  # fmt: skip
def test_reflection_of_a_formula(formula, expected):
    assert reflection(activation(formula)) == expected


def test_parameters_count_as_they_are():
    function = activation("z**3 + k", ", k=0")
    assert function.parity == "odd"
    assert reflection(function, (0.5,)) == Reflection("odd", 0.5)
    assert activation("z**3 + k", ", k=0.5").parity is None


def test_arguments_of_an_expression_are_turned_one_by_one():
    network = ww.parse("input a, b, c\ny = a*b*cos(c) + tanh(a*b)\noutput y")
    (function,) = network.functions
    for flipped, kind in (({0}, "odd"), ({1}, "odd"), ({2}, "even"), ({0, 1}, "even")):
        found = reflection(function, (), frozenset(flipped))
        assert (found.kind, found.centre, found.proved) == (kind, 0, True)
    network = ww.parse("input a, b\ny = a*b + a\noutput y")
    assert reflection(network.functions[0], (), frozenset([1])) is None


def test_a_loss_has_no_parity():
    assert ww.loss("squared").parity is None
