"""Transfers and activations made into one function."""

import numpy as np
import pytest

from wildwire.functions import activation, catalogue, transfer, transfers
from wildwire.functions.composing import composed, sum_inside


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("product", True),
        ("polynomial", False),
        ("f(w, x, k=2) = exp(sum(x*w))*k", False),
        ("f(w, x) = tanh(bias + sum(sin(x)*w))", True),
        ("f(w, x, z=3) = z*exp(sum(w*x) - z)", False),
        ("f(pi, x) = exp(sum(x*pi)) + 1", False),
    ],
)
def test_a_weighted_sum_inside_is_found(text, inner):
    made, around = transfer(text), catalogue()["gaussian"]
    found = sum_inside(made, around)
    assert (found.inner is not None) == inner
    x, w, bias = np.array([0.3, 1.2]), np.array([0.7, -0.4]), 0.1
    numbers = list(made.defaults)
    z = made.evaluate(0, list(x), w, numbers, bias)
    expected = around.evaluate(0, [z[0]], [1.5])
    sources = found.inner.evaluate(0, [x])[0] if inner else x
    total = w @ sources + (bias if made.has_bias else 0)
    result = found.outer.evaluate(0, [total], [*numbers, 1.5])
    np.testing.assert_allclose(result, expected, rtol=1e-13)


@pytest.mark.parametrize(
    "text",
    [
        "f(w, x) = sum((x - w)**2)",
        "f(w, x) = sum(w*x)/sum(w)",
        "f(w, x) = prod(w*x)",
        "f(w, x) = sum(w*x)*bias",
        "f(w, x) = sum(w*x) + bias + bias",
        "f(w, x, k=1) = sum(w*x**k)",
        "f(w, x) = (sum(w*x), sum(x))",
    ],
)
def test_other_transfers_are_left_alone(text):
    assert sum_inside(transfer(text), catalogue()["tanh"]) is None


def test_a_training_slope_is_no_derivative_to_multiply():
    trained = activation("hard(z) = where(z > 0, 1, 0), slope = 1")
    assert sum_inside(transfers()["product"], trained) is None


def test_an_activation_of_several_values_is_put_around_them():
    two = transfer("f(w, x, pi=2) = (pi*sum(w*x), max(x))")
    around = activation("g(a, b, x=3, pi=4) = a**2*x + pi*b")
    whole = composed(two, around)
    assert [value for _, value in whole.parameters] == [2, 3, 4]
    x, w, numbers = [0.3, 1.2], [0.7, -0.4], [1.1, 1.3, 0.2]
    values = np.array([w[0] * x[0] + w[1] * x[1], max(x)]) * [1.1, 1]
    expected = values[0] ** 2 * 1.3 + 0.2 * values[1]
    found = whole.evaluate(0, x, w, numbers)
    assert found.item() == pytest.approx(expected, rel=1e-14)
