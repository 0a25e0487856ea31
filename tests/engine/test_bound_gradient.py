"""A loss bound once gives at every theta what `loss_and_gradient` gives, to the bit."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.engine.bound_gradient import BoundGradient

CASES = {
    "rows": (
        "input a, b\nh[3] ~ tanh(a, b)\ny ~ identity(h, a)\noutput y\n",
        "squared",
    ),
    "classes": (
        "input a, b\nh[3] ~ tanh(a, b)\nz[3] ~ identity(h)\noutput softmax(z)\n",
        "softmax",
    ),
    "shared and derived": (
        "input a, b\nlet w = 0.3\nh = tanh(w*(a - 2.0) + 0.4*b)\ny = w*h + ?*b\noutput y\n",
        "huber",
    ),
    "settling": (
        "input a, b\nsettle\nh = tanh(0.4*a + 0.3*h + 0.1)\ny = ?*h + ?*b\noutput y\n",
        "squared",
    ),
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("n", [1, 7, 300])
@pytest.mark.parametrize("name", CASES)
def test_bits(name, n, threads):
    text, loss = CASES[name]
    network, random = ww.parse(text), np.random.default_rng(n)
    X = random.normal(size=(n, 2))
    Y = random.normal(size=(n, network.n_outputs))
    if loss == "softmax":
        Y = np.eye(3)[random.integers(0, 3, n)]
    weight = random.integers(0, 3, n) + 0.5
    bound = BoundGradient(
        network, X, Y, loss=loss, sample_weight=weight, threads=threads
    )
    for seed in (3, 4, 3):
        theta = network.initial(seed) + 0.1 * seed
        value, gradient = bound.at(theta)
        wanted, slopes = ww.loss_and_gradient(
            network, theta, X, Y, loss=loss, sample_weight=weight, gradient="sum"
        )
        assert value == wanted
        assert gradient.tobytes() == slopes.tobytes()


def test_sequences():
    network = ww.parse("input a\nm = 0.5*m@1 + tanh(?*a)\ny = ?*m + ?\noutput y\n")
    random = np.random.default_rng(0)
    X = [random.normal(size=(steps, 1)) for steps in (5, 9, 2)]
    Y = [x + 0.5 for x in X]
    bound = BoundGradient(network, X, Y, loss="squared")
    for seed in (1, 2):
        theta = network.initial(seed)
        value, gradient = bound.at(theta)
        wanted, slopes = ww.loss_and_gradient(network, theta, X, Y, gradient="sum")
        assert value == wanted
        assert gradient.tobytes() == slopes.tobytes()


def test_unknown_numbers_are_named():
    network = ww.parse("input a\ny = ?*a\noutput y\n")
    bound = BoundGradient(network, [[1.0]], [[2.0]], loss="squared")
    with pytest.raises(ww.errors.UntrainedError, match="a -> y"):
        bound.at([np.nan])
