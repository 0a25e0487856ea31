"""Where a network is smooth: kinks between two places, and neurons whose slope is none.

Comes in: a network, theta, samples. Goes out: sides of kinks for comparison, and reasons by neuron. Called by
`gradients.py`: differences say nothing across a kink, and nothing of a training slope.
"""

from __future__ import annotations

import numpy as np

from wildwire.engine import reference, reference_numbers
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
        elif (
            function.kind == "activation"
            and not function.smooth
            and _jumps(function, reference_numbers.parameters_of(network, theta, j))
        ):
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


def has_kinks(network, losses) -> bool:
    """Whether any function in it has a kink, so that sides must be compared."""
    every = (*network.functions, *losses.functions)
    if not all(function.smooth for function in every):
        return True
    return any(
        not function.smooth
        for j in np.flatnonzero(network.transfer)
        for function in _transfers_of(network, int(j))
    )


def _transfers_of(network, j: int) -> list:
    """The values of a neuron's transfer, written out for its links; none for a weighted sum."""
    transfer = network.transfer_of(j)
    if transfer is None:
        return []
    links = len(reference_numbers.links_of(network, j))
    return [transfer.unrolled(links, place) for place in range(transfer.n_values)]


def sides_of(network, theta, X, Y, losses) -> list[tuple[str, np.ndarray]]:
    """For every neuron with kinks, and for the loss: name, and sides on which the samples lie (n_kinks, n_samples)."""
    theta = np.asarray(theta, float)
    computed = reference.forward(network, theta, X)
    found = []
    for j in range(network.n_neurons):
        name = network.names[network.n_inputs + j]
        links = reference_numbers.links_of(network, j)
        sources = [computed.nodes[network.link_source[i]] for i in links]
        for transfer in _transfers_of(network, j):
            if not transfer.smooth:
                numbers = reference_numbers.numbers_of_transfer(network, theta, j)
                found.append((name, branches(transfer, sources, numbers)))
        function = network.function_of(j)
        if function.smooth:
            continue
        arguments = [computed.z[j]]
        if function.kind == "expression":
            arguments = sources
        elif network.transfer[j] > 0:
            arguments = computed.arguments[j]
        parameters = [
            float(p) for p in reference_numbers.parameters_of(network, theta, j)
        ]
        found.append((name, branches(function, arguments, parameters)))
    for q, name in enumerate(network.output_names):
        loss = losses.functions[q]
        if not loss.smooth:
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
