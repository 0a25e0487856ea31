"""Calls from Python: what is refused, and in which words."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.engine import evaluate
from wildwire.errors import DataError, SettingError, UntrainedError

TEXT = "input x1, x2\nh ~ tanh(x1, x2)\ny ~ identity(h)\noutput y"
X = np.ones((3, 2))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((TEXT, np.zeros(5), X), SettingError, "read a text with"),
        ((None, "abc", X), SettingError, "theta cannot be read"),
        ((None, np.zeros(4), X), SettingError, r"needs \(5,\)"),
        ((None, [np.nan, 0, 0, 0, 0], X), UntrainedError, "x1 -> h"),
        ((None, np.zeros(5), X[:, :1]), DataError, "2 inputs"),
        ((None, np.zeros(5), X[0]), DataError, "2 \\(rows, columns\\)"),
        ((None, np.zeros(5), X * np.nan), DataError, "row 0, column 0"),
        ((None, np.zeros(5), X * 1j), DataError, "complex"),
        ((None, np.zeros(5), [["a", "b"]]), DataError, "as numbers"),
    ],
)
def test_bad_calls_of_run(arguments, error, words):
    network, theta, inputs = arguments
    with pytest.raises(error, match=words):
        evaluate.run(network or ww.parse(TEXT), theta, inputs)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"loss": None}, "NoneType"),
        ({"loss": lambda o, t: 0}, "function"),
        ({"loss": ww.activation("f(z) = z*z")}, "activation f"),
        ({"loss": "softmax"}, "softmax head"),
        ({"loss": "logistic"}, "between 0 and 1"),
        ({"gradient": "median"}, "'mean' or 'sum'"),
        ({"dtype": "float16"}, "float32"),
    ],
)
def test_bad_settings(options, words):
    with pytest.raises(SettingError, match=words):
        evaluate.loss_and_gradient(
            ww.parse(TEXT), np.zeros(5), X, np.ones(3), **options
        )


@pytest.mark.parametrize(
    ("Y", "weight", "words"),
    [
        (np.ones(2), None, "3 rows"),
        (np.ones((3, 2)), None, "1 outputs"),
        (np.array([1, np.inf, 1]), None, "row 1"),
        (np.ones(3), -np.ones(3), "negative in row 0"),
        (np.ones(3), np.zeros(3), "sum to 0"),
        (np.ones(3), np.ones(2), "3 rows"),
    ],
)
def test_bad_targets_and_weights(Y, weight, words):
    with pytest.raises(DataError, match=words):
        evaluate.loss_and_gradient(
            ww.parse(TEXT), np.zeros(5), X, Y, sample_weight=weight
        )


def test_one_input_takes_a_plain_list():
    network = ww.parse("input x\ny = 2*x + 1\noutput y")
    outputs = evaluate.run(network, network.start, [0.0, 1.0, 2.0])
    assert outputs.ravel().tolist() == [1.0, 3.0, 5.0]


def test_the_first_neuron_that_overflows_is_named():
    network = ww.parse(
        "input x\na = [1]*x\nb = exponential([1000]*a)\nc = [1]*b\noutput c"
    )
    found = evaluate.first_non_finite(network, network.start, [0.0, 5.0])
    assert found == ("b", 1)
    assert evaluate.first_non_finite(network, network.start, [0.0]) is None
