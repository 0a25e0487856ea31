"""Derivatives at awkward places, and of users' functions compiled; random formulas stand in `tests/testing`."""

import numpy as np
import pytest

from functions.kernel_calls import at, run_kernel
from wildwire.errors import FunctionError
from wildwire.functions import activation, loss
from wildwire.functions.derive import tables
from wildwire.functions.graph import MOST_NODES, Graph

COMPILED = [
    activation("f(z, a=2, b=0.5) = where(z < b, a*z**3, tan(z/4))/(1 + abs(z))"),
    activation("g(z) = max(sin(z), min(z, 0.25)) + floor(z) - 3*z**-2"),
    activation("h(z, p=1.7) = (1 + z**2)**p + sign(z)*2**z, slope = z"),
    activation("i(z) = relu(z) + gaussian(z, 2)"),
    activation("c(z) = 0.5"),
    loss("abs(o - t)**1.5"),
    loss("l(o, t, q=0.3) = where(o < t, q*(t - o), (1 - q)*(o - t))"),
]


@pytest.mark.parametrize("function", COMPILED, ids=lambda f: f.name)
def test_users_functions_are_compiled_as_they_are_evaluated(function):
    random = np.random.default_rng(5)
    arguments = random.normal(0, 1.5, (len(function.arguments), 2, 11))
    defaults = np.array(function.defaults)
    parameters = np.tile(defaults, (2, 1)) * random.uniform(
        0.8, 1.2, (2, defaults.size)
    )
    compiled, _ = run_kernel(function, 2, arguments, parameters, gap=3)
    for row in range(2):
        plain = function.evaluate(2, list(arguments[:, row]), parameters[row])
        np.testing.assert_allclose(compiled[:, row], plain, rtol=1e-12, atol=1e-13)


def test_the_slope_of_a_power_holds_at_zero():
    z = np.array([0.0])
    for power, slope in [(1.5, 0), (2.5, 0), (1, 1), (3, 0)]:
        function = activation(f"f(z) = abs(z)**{power} + z")
        assert function.evaluate(1, [z])[1, 0] == (1 if power != 1 else slope)


PLACES = [-np.inf, -3, -1, -0.5, -0.0, 0, 0.5, 1, 2, np.inf, np.nan]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("exponent", [-3, -2, -1.5, 0, 0.3, 0.5, 1, 2, 2.5, 3, 33, 40])
def test_powers_of_negative_numbers_are_nan_unless_whole(exponent, dtype):
    """One definition for a written exponent and a learnt one, in kernels and in NumPy."""
    z, numbers = np.array(PLACES, dtype), np.array([exponent], dtype)
    learnt = activation("f(z, p=2) = z**p")
    plain = learnt.evaluate(1, [z], numbers)
    nowhere = (z < 0) & (exponent % 1 != 0)
    assert np.isnan(plain[:, nowhere]).all()
    assert not np.isnan(plain[:, (z < 0) & ~nowhere & np.isfinite(z)]).any()
    compiled = at(learnt, 1, z, parameters=numbers, dtype=dtype)
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(compiled, plain, rtol=tolerance)
    written = activation(
        f"g(z) = z**{exponent}" if exponent >= 0 else f"g(z) = z**({exponent})"
    )
    inside = np.isfinite(z) & (z != 0)
    for found in (at(written, 1, z, dtype=dtype), written.evaluate(1, [z])):
        np.testing.assert_allclose(found[:, inside], plain[:2, inside], rtol=tolerance)


def test_what_is_discarded_by_a_choice_cannot_spoil_the_slope():
    function = activation(
        "f(z) = sin(where(z <= 0, 0, sqrt(z)))*exp(where(z <= 0, 0, 1/z))"
    )
    value, slope = function.evaluate(1, [np.array([-1.0, 0.0])])
    np.testing.assert_array_equal(value, 0)
    np.testing.assert_array_equal(slope, 0)


def test_a_training_slope_is_differentiated_for_curvature():
    function = activation("f(z) = where(z > 0, 1, 0), slope = exp(-z**2)")
    z = np.array([-0.5, 0.25])
    value, slope, curvature = function.evaluate(2, [z])
    np.testing.assert_array_equal(value, [0, 1])
    np.testing.assert_allclose(slope, np.exp(-(z**2)))
    np.testing.assert_allclose(curvature, -2 * z * np.exp(-(z**2)))


def test_derivatives_that_are_zero_cost_nothing():
    derived = tables(activation("f(z, k=2) = 3*z + k"), 2)
    assert [output.number for output in derived.outputs[1:]] == [3, 1, 0, 0, 0]


def test_a_graph_has_an_end():
    graph = Graph()
    with pytest.raises(FunctionError, match="split it"):
        for i in range(MOST_NODES + 1):
            graph.term(float(i))
