"""Numbers by name, and the weights of layers as matrices."""

import numpy as np
import pytest

from wildwire.errors import SettingError, UnknownNameError
from wildwire.network import Network

TEXT = "input x1, x2\nh ~ tanh(x1, x2)\ny = logistic(a*h + ?*x1)\nlet a = 0.5\noutput y"


def test_numbers_and_theta_are_inverse():
    network = Network.parse(TEXT)
    theta = np.arange(5.0)
    numbers = network.numbers(theta)
    assert numbers == {
        "x1 -> h": 0.0, "x2 -> h": 1.0, "h bias": 2.0, "x1 -> y": 3.0, "a": 4.0,
    }  # fmt: skip
    np.testing.assert_array_equal(network.theta(numbers), theta)


def test_numbers_that_are_not_given_keep_their_start():
    theta = Network.parse(TEXT).theta({"h bias": 2.0})
    np.testing.assert_array_equal(theta, [np.nan, np.nan, 2.0, np.nan, 0.5])


def test_unknown_number_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="'x1 -> h'"):
        Network.parse(TEXT).theta({"x1->h": 1.0})


@pytest.mark.parametrize("theta", [np.zeros(4), np.zeros((5, 1)), 0.0])
def test_theta_of_wrong_shape(theta):
    with pytest.raises(SettingError, match="5 learnable"):
        Network.parse(TEXT).numbers(theta)


def test_matrix_of_a_group():
    network = Network.parse("input x[2], z\nh[3] ~ relu(x, z@1)\noutput h")
    weights, sources, biases = network.matrix(np.arange(12.0), "h")
    assert sources == ("x[0]", "x[1]", "z@1")
    np.testing.assert_array_equal(weights, [[0, 1, 2], [4, 5, 6], [8, 9, 10]])
    np.testing.assert_array_equal(biases, [3, 7, 11])


def test_matrix_adds_parallel_links_and_knows_frozen_shared_and_derived_numbers():
    network = Network.parse(
        "input x1, x2, x3\nh = [2]*x1 - a*x2 + 3*x1 + 0.5*2*x3 - a\nlet a = 4\noutput h"
    )
    weights, sources, biases = network.matrix(network.start, "h")
    assert sources == ("x1", "x2", "x3")
    np.testing.assert_array_equal(weights, [[5.0, -4.0, 1.0]])
    np.testing.assert_array_equal(biases, [-4.0])


def test_matrix_of_an_unknown_neuron():
    with pytest.raises(UnknownNameError, match="'h'"):
        Network.parse(TEXT).matrix(np.zeros(5), "hh")


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda n: n.theta(None), "numbers by name"),
        (lambda n: n.theta({"a": "x"}), "'a' must be a number"),
        (lambda n: n.theta({"a": [1, 2]}), "'a' must be a number"),
        (lambda n: n.numbers("abc"), "must be a vector of 5 numbers"),
        (lambda n: n.links["x1 -> h"], "links have numbers, 0 to 3"),
    ],
)
def test_wrong_uses_are_explained(use, words):
    with pytest.raises(SettingError, match=words):
        use(Network.parse(TEXT))
