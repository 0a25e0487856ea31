"""Shares of blame: how much of a neuron's error each of its links is given.

Comes in: a network, theta, one sample. Goes out: a part of 1 for each link. Called by users (`BlameRule.shares`); the
kernel forms the same numbers for all samples (`engine/rule_kernel.py`).
"""

import numpy as np

from wildwire.engine.checks import check_inputs, check_theta
from wildwire.engine.evaluate import values
from wildwire.engine.reference import forward
from wildwire.engine.reference_numbers import bias_of, links_of, weight_of
from wildwire.errors import DataError

__all__ = ["shares_of"]


def shares_of(network, theta, x, by) -> dict[str, dict[str, float]]:
    """The part of each link in the blame of its neuron; see `BlameRule.shares`."""
    theta = check_theta(network, theta)
    x = np.atleast_1d(np.asarray(x, np.float64))
    if x.ndim != 1:
        raise DataError(f"shares takes one sample, x of shape ({network.n_inputs},)")
    X = check_inputs(network, x[None, :], np.float64)
    values(network, theta, X)  # which refuses what cannot run
    computed = forward(network, theta, X)
    found = {}
    for j in range(network.n_neurons):
        if (
            network.functions[network.activation[j]].kind == "expression"
            or network.transfer[j]
        ):
            continue
        found[network.names[network.n_inputs + j]] = _of_neuron(
            network, theta, computed, j, by
        )
    return found


def _of_neuron(network, theta, computed, j, by) -> dict[str, float]:
    target = network.names[network.n_inputs + j]
    parts: dict[str, float] = {}

    def add(name, weight, output, slope):
        part = abs(weight) if "weight" in by else 1.0
        part *= abs(output) if "output" in by else 1.0
        part *= abs(slope) if "slope" in by else 1.0
        count = 1 + sum(known.split(" #")[0] == name for known in parts)
        parts[name if count == 1 else f"{name} #{count}"] = part

    for link in links_of(network, j):
        source = int(network.link_source[link])
        slope = 1.0
        if source >= network.n_inputs:
            slope = float(computed.slopes[source - network.n_inputs][0])
        output = float(computed.nodes[source][0])
        weight = float(weight_of(network, theta, link))
        add(f"{network.names[source]} -> {target}", weight, output, slope)
    if network.bias_slot[j] != -1 or network.bias_value[j] != 0:
        add(f"{target} bias", float(bias_of(network, theta, j)), 1.0, 1.0)
    total = sum(parts.values())
    if not total > 0:
        return dict.fromkeys(parts, 1.0 / max(1, len(parts)))
    return {name: part / total for name, part in parts.items()}
