"""One sample from Python: the quick way gives what the general way gives, and refuses the same."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.engine import evaluate
from wildwire.engine.one import run_one
from wildwire.errors import DataError, UntrainedError

TEXTS = (
    "input a, b\nh[5] ~ tanh(a, b)\ny ~ logistic(h, a)\noutput y",
    "input a, b\nlet w = 0.3\nh = sin(w*a - w*b)\ny[2] ~ identity(h, b)\noutput y",
    "input a, b\nz[3] ~ tanh(a, b)\noutput softmax(z)",
)
X = np.array([[0.4, -1.3]])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("text", TEXTS)
def test_same_bits_as_the_general_way(text, dtype):
    network = ww.parse(text)
    theta = network.initial(0)
    general = evaluate._values(network, theta, X, dtype, 1, evaluate._output_rows)
    for given in (X, X.astype(np.float32).astype(float), X[:, ::-1][:, ::-1]):
        found = run_one(network, theta, given, dtype)
        assert found is not None and found.dtype == dtype
    assert np.array_equal(run_one(network, theta, X, dtype), general)
    assert np.array_equal(ww.run(network, theta, X, dtype=dtype), general)


def test_results_and_numbers_are_not_kept():
    network = ww.parse(TEXTS[0])
    theta = network.initial(0)
    first = ww.run(network, theta, X)
    before = first.copy()
    theta[:] = network.initial(1)
    second = ww.run(network, theta, X)
    assert np.array_equal(first, before) and not np.array_equal(first, second)
    second[:] = 0
    assert np.array_equal(
        ww.run(network, network.initial(1), X), ww.run(network, theta, X)
    )


@pytest.mark.parametrize(
    ("theta", "inputs", "error", "words"),
    [
        (np.nan, X, UntrainedError, r"a -> h\[0\]"),
        (0.5, X * np.inf, DataError, "row 0, column 0"),
        (0.5, X * 1j, DataError, "complex"),
        (0.5, np.array([["a", "b"]]), DataError, "as numbers"),
        (0.5, X[:, :1], DataError, "1 columns"),
    ],
)
def test_the_general_way_says_what_is_wrong(theta, inputs, error, words):
    network = ww.parse(TEXTS[0])
    numbers = np.full(network.n_theta, theta)
    for _ in range(2):
        with pytest.raises(error, match=words):
            ww.run(network, numbers, inputs)
    assert np.isfinite(ww.run(network, network.initial(0), X)).all()
