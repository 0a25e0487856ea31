"""Transfers and activations made into one function."""

import numpy as np
import pytest

from wildwire.functions import activation, catalogue, transfer, transfers
from wildwire.functions.composing import sum_inside


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("product", True),
        ("polynomial", False),
        ("f(w, x, k=2) = exp(sum(x*w))*k", False),
        ("f(w, x) = tanh(bias + sum(sin(x)*w))", True),
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
