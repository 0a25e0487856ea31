"""Directions: whose number is whose, and how long random directions are."""

import numpy as np
import pytest

import wildwire as ww
from learning.problems import CLASSES, REGRESSION, SHARED, network
from wildwire.landscape.directions import blocks_of_neurons, read_directions


@pytest.mark.parametrize("text", [REGRESSION, CLASSES, SHARED])
def test_random_directions_are_as_long_as_theta_in_every_neuron(text):
    made, theta = network(text)
    found = read_directions(made, None, theta, None, 3)
    block = blocks_of_neurons(made)
    for number in np.unique(block):
        own = block == number
        for vector in found.vectors:
            length = np.linalg.norm(vector[own])
            assert length == pytest.approx(np.linalg.norm(theta[own]), rel=1e-12)


def test_a_neuron_owns_its_weights_bias_and_parameters():
    made = ww.parse(
        "input a, b\nh ~ gaussian(a, b, width=0.5)\ny = ?*h + 0.5*(a - 3) + ?\noutput y"
    )
    owner = dict(zip(made.theta_names, blocks_of_neurons(made), strict=True))
    first = {"a -> h", "b -> h", "h bias", "h width"}
    assert {name for name in owner if owner[name] == 0} == first
    # 0.5 and 3 of 0.5*(a - 3) make a weight and a bias of y.
    assert set(owner.values()) == {0, 1}
    assert len(owner) == 8


def test_a_shared_number_belongs_to_its_first_neuron():
    made, _ = network(SHARED)
    owner = dict(zip(made.theta_names, blocks_of_neurons(made), strict=True))
    assert owner["w"] == 0


def test_a_neuron_of_zeros_stays():
    made, theta = network(REGRESSION)
    block = blocks_of_neurons(made)
    theta[block == 0] = 0
    found = read_directions(made, None, theta, None, 0)
    assert not found.vectors[:, block == 0].any()
    assert found.vectors[:, block == 1].all()
