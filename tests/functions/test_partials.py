"""Derivatives as functions: against the tables of their function, for all that the catalogue has."""

import numpy as np
import pytest

from wildwire.functions import activation, catalogue, transfers
from wildwire.functions.as_formula import formula_of
from wildwire.functions.derive import tables
from wildwire.functions.partials import (
    Parameter,
    partial_of_transfer,
    partials_of,
    slope_function,
)
from wildwire.functions.sharing import shared_function
from wildwire.language.rewrite import walk

FORMS = [*catalogue().values(), *(
    catalogue()[name].chosen(**choices)
    for name, choices in (("spline", {"knots": 7}), ("step", {"slope": "triangle"}))
)]  # fmt: skip


def plain(function):
    """The function without a training slope, which is no derivative."""
    from dataclasses import replace

    return replace(function, slope=None)


def value_of(found, arguments, parameters):
    """The value of a derivative that `partials.py` found."""
    if isinstance(found, float):
        return np.full_like(arguments[0], found)
    if isinstance(found, Parameter):
        return np.full_like(arguments[0], found.sign * parameters[found.place])
    return found.function.evaluate(
        0,
        [arguments[i] for i in found.arguments],
        [parameters[j] for j in found.parameters],
    )[0]


@pytest.mark.parametrize("function", FORMS, ids=lambda f: f"{f.name}{f.choices}")
def test_slope_of_every_activation(function):
    if len(function.arguments) > 1:
        pytest.skip("an activation of several numbers has partial derivatives")
    rng = np.random.default_rng(0)
    z = np.sort(rng.normal(0, 2, 200))
    parameters = np.array(function.starts) + 0.01 * rng.normal(
        size=function.n_parameters
    )
    expected = plain(function).evaluate(1, [z], parameters)[1]
    slope = slope_function(function)
    if isinstance(slope, float):
        assert np.all(expected == slope)
        return
    assert slope.n_parameters == function.n_parameters
    found = slope.evaluate(0, [z], parameters)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-300)
    # What a gradient needs of it: the second derivative.
    curved = plain(function).evaluate(2, [z], parameters)
    n = 1 + function.n_parameters
    np.testing.assert_allclose(
        slope.evaluate(1, [z], parameters)[1], curved[1 + n], rtol=1e-9, atol=1e-12
    )


def test_slope_of_a_step_is_a_number():
    assert slope_function(catalogue()["step"]) == 0.0
    assert slope_function(catalogue()["identity"]) == 1.0
    assert slope_function(activation("treble(z) = 3*z")) == 3.0


@pytest.mark.parametrize("n_links", [1, 2, 5])
@pytest.mark.parametrize("transfer", transfers().values(), ids=lambda t: t.name)
def test_partials_of_every_transfer(transfer, n_links):
    rng = np.random.default_rng(n_links)
    whole = transfer.unrolled(n_links)
    x = rng.uniform(0.5, 2, (n_links, 30))
    parameters = rng.uniform(0.3, 1.5, len(whole.parameters))
    wave = activation("wave(z, k=1.5) = sin(k*z)")
    inner = whole.evaluate(1, x, parameters)
    slope = wave.evaluate(1, [inner[0]], [1.3])[1]
    for k in range(n_links):
        found = partial_of_transfer(transfer, None, n_links, k)
        np.testing.assert_allclose(
            value_of(found, x, parameters), inner[1 + k], rtol=1e-12, atol=1e-14
        )
        both = partial_of_transfer(transfer, wave, n_links, k)
        np.testing.assert_allclose(
            value_of(both, x, [*parameters, 1.3]), slope * inner[1 + k], rtol=1e-11, atol=1e-13
        )  # fmt: skip


def test_partials_of_a_formula():
    wire = activation("f(z, a=2, b=3) = a*z + b*tanh(z)**2")
    formula = plain(wire)
    (found,) = partials_of(formula)
    z = np.linspace(-2, 2, 11)
    np.testing.assert_allclose(
        value_of(found, [z], [2.0, 3.0]), formula.evaluate(1, [z], [2.0, 3.0])[1]
    )
    assert partials_of(activation("f(z, a=2) = -a*z")) == (Parameter(0, -1),)
    assert partials_of(activation("f(z) = floor(z)")) == (0.0,)


def nested(depth):
    """A choice within a choice within ...: written out as a tree it doubles with every level."""
    inner = "z"
    for _ in range(depth):
        inner = f"max(sin({inner}),{inner}/2)"
    return inner


def test_a_shared_part_stands_once():
    from wildwire.functions import activation as read

    f = read(f"deep(z, a=1.5) = a*{nested(4)}")
    slope = slope_function(f)
    size, waiting, seen = 0, [slope], set()
    while waiting:
        function = waiting.pop()
        if function.name not in seen:
            seen.add(function.name)
            size += sum(1 for _ in walk(function.formula))
            waiting += function.uses
    written_out = sum(1 for _ in walk(formula_of(tables(f, 1).outputs[1], ("z", "a"))))
    assert size < written_out / 2
    assert len(seen) > 2
    assert size < 20 * len(tables(f, 1).graph.nodes)
    z = np.linspace(-3, 3, 50)
    np.testing.assert_allclose(
        slope.evaluate(0, [z], [1.3])[0], f.evaluate(1, [z], [1.3])[1], rtol=1e-13
    )


def test_equal_parts_of_different_functions_are_one_function():
    first = slope_function(activation(f"one(z, a=1.5) = a*{nested(4)}"))
    second = slope_function(
        activation(f"two(y, b=1.5) = b*{nested(4)}".replace("z", "y"))
    )
    assert first.uses[0].name == second.uses[0].name
    assert first.key == second.key


def test_a_term_is_read_with_its_own_arguments_only():
    f = activation("f(z, a=1, b=2, c=3) = b*z*z + a")
    shared = shared_function(tables(f, 1).outputs[1])
    assert (shared.arguments, shared.parameters) == ((0,), (1,))
    assert shared.function.arguments == ("x0",)
