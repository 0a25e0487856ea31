"""What tests of networks with memory share: round trips, and weights as matrices for loops in plain NumPy.

Comes in: networks. Goes out: failures or matrices. Called by `test_wiring_*.py`.
"""

import numpy as np

from wildwire.network import Network


def check_round_trip(network, seed=0):
    """Text and back, without numbers and with them, to the last bit."""
    text = network.to_text()
    assert Network.parse(text) == network
    assert Network.parse(text).to_text() == text
    theta = network.initial(seed)
    text = network.to_text(theta)
    again = Network.parse(text)
    assert np.array_equal(again.start, theta)
    assert again.theta_names == network.theta_names
    assert again.to_text() == text


def weights(network, theta, name, *sources):
    """The weights of a neuron or group for each of some sources, and the biases.

    A source is the name of a node, or of a group with all its members in order; a delay is written behind it, `h@1`.
    """
    matrix = network.matrix(theta, name)
    found = []
    for source in sources:
        base, _, delay = source.partition("@")
        behind = f"@{delay}" if delay else ""
        places = [
            place
            for place, label in enumerate(matrix.sources)
            if label.partition("@")[0].partition("[")[0] == base
            and (f"@{label.partition('@')[2]}" if "@" in label else "") == behind
        ]
        assert places, f"{source} is not read by {name}"
        found.append(matrix.weights[:, places])
    assert sum(part.shape[1] for part in found) == len(matrix.sources)
    return *found, matrix.biases


def logistic(z):
    return 1 / (1 + np.exp(-z))
