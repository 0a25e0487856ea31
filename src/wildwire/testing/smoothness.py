"""Where a network is smooth: kinks between two places, and neurons whose slope is none.

Comes in: a network, theta, samples. Goes out: sides of kinks for comparison, and reasons by neuron. Called by
`gradients.py`: differences say nothing across a kink, and nothing of a training slope.
"""

from __future__ import annotations

import numpy as np

from wildwire.engine import reference
from wildwire.functions.evaluate import branches

REACH, POINTS, HALVINGS = 50.0, 20_001, 60
"""Jumps of an activation are looked for at this many places from -REACH to REACH, then by halving."""

SMALLEST_JUMP = 1e-9


def surrogates(network, theta) -> dict[int, str]:
    """Neurons whose slope is not that of their value, by number, with the reason."""
    found: dict[int, str] = {}
    for j in range(network.n_neurons):
        function = network.function_of(j)
        if function.slope is not None:
            found[j] = f"{function.name} has a training slope"
        elif function.kind == "activation" and not function.smooth:
            if _jumps(function, reference.parameters_of(network, theta, j)):
                found[j] = f"{function.name} jumps, and its slope says nothing of jumps"
    return found


def _jumps(function, parameters) -> bool:
    """Whether an activation of one argument jumps somewhere, with these parameters."""
    z = np.linspace(-REACH, REACH, POINTS)
    sides = branches(function, [z], parameters)
    at = np.flatnonzero(np.any(sides[:, 1:] != sides[:, :-1], axis=0))
    low, high = z[at], z[at + 1]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        same = np.all(
            branches(function, [middle], parameters)
            == branches(function, [low], parameters),
            axis=0,
        )
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    before = function.evaluate(0, [low], parameters)[0]
    behind = function.evaluate(0, [high], parameters)[0]
    size = 1 + np.abs(before) + np.abs(behind)
    return bool(np.any(np.abs(behind - before) > SMALLEST_JUMP * size))


def has_kinks(network, loss) -> bool:
    """Whether any function in it has a kink, so that sides must be compared."""
    return not all(function.smooth for function in (*network.functions, loss))


def sides_of(network, theta, X, Y, loss) -> list[tuple[str, np.ndarray]]:
    """For every neuron with kinks, and for the loss: its name and the sides on which the samples lie, (n_kinks, n_samples)."""
    computed = reference.forward(network, np.asarray(theta, float), X)
    found = []
    for j in range(network.n_neurons):
        function = network.function_of(j)
        if function.smooth:
            continue
        arguments = [computed.z[j]]
        if function.kind == "expression":
            links = reference.links_of(network, j)
            arguments = [computed.nodes[network.link_source[i]] for i in links]
        parameters = [float(p) for p in reference.parameters_of(network, theta, j)]
        name = network.names[network.n_inputs + j]
        found.append((name, branches(function, arguments, parameters)))
    if not loss.smooth:
        for q, name in enumerate(network.output_names):
            pair = [computed.outputs[:, q], Y[:, q]]
            found.append((f"the loss of {name}", branches(loss, pair)))
    return found


def crossed(before, behind) -> tuple[str, int] | None:
    """The first kink between two results of `sides_of`: whose, and in which row."""
    for (name, one), (_, other) in zip(before, behind, strict=True):
        rows = np.flatnonzero(np.any(one != other, axis=0))
        if len(rows):
            return name, int(rows[0])
    return None
