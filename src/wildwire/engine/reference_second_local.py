"""A neuron in the twin of products with the Hessian: value, slopes, and all second derivatives, as dense arrays.

Comes in: a network, theta, a neuron, values of its sources. Goes out: `Local`. Called by `reference_second.py` and
`reference_second_settle.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.engine.reference_numbers import (
    bias_of,
    links_of,
    numbers_of_transfer,
    parameters_of,
    weight_of,
)
from wildwire.engine.reference_transfers import slots_of_transfer


@dataclass
class Local:
    """A neuron at some samples: value, slopes (K, n) and second derivatives (K, K, n) over sources, then numbers.

    `z`, where a loss may read it, likewise.
    """

    y: np.ndarray
    slopes: np.ndarray
    seconds: np.ndarray
    z: Any = None


def triangle(tables, count, n, shake):
    """Value, slopes and second derivatives out of level 2 of a function of `count` variables."""
    full = [shake(np.broadcast_to(t, (n,))) for t in tables]
    seconds, place = np.zeros((count, count, n)), 1 + count
    for i in range(count):
        for j in range(i, count):
            seconds[i, j] = seconds[j, i] = full[place]
            place += 1
    return full[0], np.array(full[1 : 1 + count]).reshape(count, n), seconds


def slots_of(network, j):
    """Slot and sign of each number of neuron j: of its links, its bias and transfer, then of its activation."""
    links = links_of(network, j)
    function = network.functions[network.activation[j]]
    first, last = network.parameter_offset[j : j + 2]
    own = network.parameter_slot[first:last], network.parameter_sign[first:last]
    own = list(zip(*own, strict=True))
    if function.kind == "expression":
        return own
    if network.transfer[j] > 0:
        return slots_of_transfer(network, j) + own
    slots = list(zip(network.link_slot[links], network.link_sign[links], strict=True))
    return [*slots, (network.bias_slot[j], network.bias_sign[j]), *own]


def _summed(network, theta, j, sources, shake):
    """z of a linear neuron: slopes are weights, sources and 1; w and x of a link have the second derivative 1."""
    count, n = len(sources), len(sources[0])
    weights = [weight_of(network, theta, link) for link in links_of(network, j)]
    z = np.full(n, bias_of(network, theta, j))
    for weight, source in zip(weights, sources, strict=True):
        z = shake(z + weight * source)
    rows = [np.full(n, w) for w in weights] + list(sources) + [np.ones(n)]
    seconds = np.zeros((2 * count + 1, 2 * count + 1, n))
    for i in range(count):
        seconds[i, count + i] = seconds[count + i, i] = 1.0
    return z, np.array(rows), seconds


def local(network, theta, j, sources, shake) -> Local:
    """Neuron j at samples whose sources are given, one array (n,) for each link."""
    function = network.functions[network.activation[j]]
    n, parameters = len(sources[0]), parameters_of(network, theta, j)
    if function.kind == "expression":
        count = len(sources) + len(parameters)
        tables = function.evaluate(2, sources, parameters)
        return Local(*triangle(tables, count, n, shake))
    if network.transfer[j] > 0:
        transfer = network.transfers[network.transfer[j]]
        numbers = numbers_of_transfer(network, theta, j)
        inner = []
        for place in range(transfer.n_values):
            written = transfer.unrolled(len(sources), place)
            tables = written.evaluate(2, sources, numbers)
            inner.append(triangle(tables, len(sources) + len(numbers), n, shake))
    else:
        inner = [_summed(network, theta, j, sources, shake)]
    tables = function.evaluate(2, [z for z, _, _ in inner], parameters)
    outer = triangle(tables, len(inner) + len(parameters), n, shake)
    return _composed(inner, outer, len(parameters), n)


def _composed(inner, outer, own, n) -> Local:
    """An activation of one or several z: the chain rule, twice."""
    y, slope, second = outer
    many, count = len(inner), len(inner[0][1])
    slopes, seconds = np.zeros((count + own, n)), np.zeros((count + own,) * 2 + (n,))
    for i, (_, of_i, curved) in enumerate(inner):
        slopes[:count] += slope[i] * of_i
        seconds[:count, :count] += slope[i] * curved
        for k, (_, of_k, _) in enumerate(inner):
            seconds[:count, :count] += second[i, k] * of_i[:, None] * of_k[None]
        for p in range(own):
            cross = second[i, many + p] * of_i
            seconds[:count, count + p] += cross
            seconds[count + p, :count] += cross
    slopes[count:] = slope[many:]
    seconds[count:, count:] = second[many:, many:]
    z = None
    if many == 1:
        wider = np.zeros_like(slopes), np.zeros_like(seconds)
        wider[0][:count], wider[1][:count, :count] = inner[0][1], inner[0][2]
        z = Local(inner[0][0], *wider)
    return Local(y, slopes, seconds, z)
