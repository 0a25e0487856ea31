"""The numbers of a network, one link and one neuron at a time: what slots stand for.

Comes in: a network, theta, a neuron or link. Goes out: numbers. Called by the twin (`reference.py`) and by what
explains it.
"""

import numpy as np


def number_of(network, theta, slot, sign, value):
    """The number that a slot stands for: frozen, learnt or derived; times its sign."""
    if slot >= 0:
        return sign * theta[slot]
    if slot == -1:
        return sign * value
    return sign * network.derived.values(theta)[-2 - slot]


def links_of(network, neuron):
    """Numbers of the links into a neuron, in written order."""
    return np.flatnonzero(network.link_target == neuron)


def weight_of(network, theta, link):
    """The weight of a link."""
    return number_of(
        network, theta, network.link_slot[link], network.link_sign[link],
        network.link_value[link],
    )  # fmt: skip


def bias_of(network, theta, neuron):
    """The bias of a neuron, 0 if it has none."""
    return number_of(
        network, theta, network.bias_slot[neuron], network.bias_sign[neuron],
        network.bias_value[neuron],
    )  # fmt: skip


def transfer_numbers_of(network, theta, neuron):
    """The numbers of a neuron's transfer besides weights and bias, in their order."""
    first, last = network.transfer_offset[neuron : neuron + 2]
    return [
        number_of(
            network, theta, network.transfer_slot[i], network.transfer_sign[i],
            network.transfer_value[i],
        )
        for i in range(first, last)
    ]  # fmt: skip


def parameters_of(network, theta, neuron):
    """The parameters of a neuron's activation."""
    places = range(
        network.parameter_offset[neuron], network.parameter_offset[neuron + 1]
    )
    return [
        number_of(
            network,
            theta,
            network.parameter_slot[i],
            network.parameter_sign[i],
            network.parameter_value[i],
        )
        for i in places
    ]


def numbers_of_transfer(network, theta, j):
    """Weights, the bias if there is one, and the other numbers of a neuron's transfer."""
    numbers = [weight_of(network, theta, link) for link in links_of(network, j)]
    if network.transfers[network.transfer[j]].has_bias:
        numbers.append(bias_of(network, theta, j))
    return numbers + transfer_numbers_of(network, theta, j)
