"""learner="auto": which learner is chosen, and that it says why."""

import re

import numpy as np
import pytest

import wildwire as ww
from wildwire.learning.choosing import flat_neurons

SMOOTH = "input a, b\nh[3] ~ tanh(a, b)\ny ~ identity(h)\noutput y\n"
STEPS = "input a, b\nh[3] ~ step(a, b)\ny ~ identity(h)\noutput y\n"
GATE = "input a, b\ny ~ step(a, b)\noutput y\n"
WIDE = "input x[40]\nh[40] ~ tanh(x)\ny ~ identity(h)\noutput y\n"

CASES = {
    "smooth": (SMOOTH, {}, "Levenberg-Marquardt was chosen: 13 numbers, 40 rows"),
    "classes": (
        "input a, b\ny ~ logistic(a, b)\noutput y\n",
        {"loss": "logistic"},
        "Levenberg-Marquardt was chosen",
    ),
    "no curvature": (SMOOTH, {"loss": "absolute"}, "L-BFGS was chosen"),
    "many numbers": (WIDE, {}, "L-BFGS was chosen: 1681 numbers"),
    "steps within": (STEPS, {}, r"An ant colony was chosen: neuron 'h\[0\]'"),
    "a gate": (GATE, {}, "The perceptron rule was chosen"),
    "mini-batches": (SMOOTH, {"batch": 8}, "Adam was chosen: the settings"),
    "float32": (SMOOTH, {"dtype": "float32"}, "Adam was chosen: the settings"),
    "links that die": (SMOOTH, {"l1": 0.01}, "Adam was chosen: the settings"),
}


@pytest.mark.parametrize("name", CASES)
def test_choice(name):
    text, options, told = CASES[name]
    network = ww.parse(text)
    X = np.random.default_rng(0).normal(size=(40, network.n_inputs))
    Y = (X[:, 0] + 0.3 * X[:, 1] > 0).astype(float)
    result = ww.fit(network, X, Y, learner="auto", epochs=3, **options)
    assert np.isfinite(result.theta).all()
    assert re.search(told, result.message)


def test_flat_neurons():
    assert flat_neurons(ww.parse(SMOOTH)) == []
    assert flat_neurons(ww.parse(STEPS)) == ["h[0]", "h[1]", "h[2]"]
    trained = "input a\ny ~ soft(a)\noutput y\nactivation soft(z) = step(z), slope = exp(-z*z)\n"
    assert flat_neurons(ww.parse(trained)) == []
    frozen = "input a\nh = step([1]*a + [0.5])\ny = ?*h\noutput y\n"
    assert flat_neurons(ww.parse(frozen)) == []
