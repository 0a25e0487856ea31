"""The twin of neurons whose transfer is not linear: their formula written out for their links.

Comes in: a network, theta, values of the sources. Goes out: z, slopes, guards. Called by `reference.py`.
"""

import numpy as np

from wildwire.engine.reference_numbers import links_of, numbers_of_transfer


def transferred(network, theta, j, sources, result, shake):
    """All z of a neuron whose transfer is not linear; dz/do and dz/d number are kept, a list for each z."""
    transfer = network.transfers[network.transfer[j]]
    n = len(sources[0])
    numbers = [np.full(n, v) for v in numbers_of_transfer(network, theta, j)]
    z, result.by_source[j], result.by_number[j] = [], [], []
    for place in range(transfer.n_values):
        function = transfer.unrolled(len(sources), place)
        tables = [
            shake(np.broadcast_to(t, (n,)))
            for t in function.evaluate(1, sources, numbers)
        ]
        z.append(tables[0])
        result.by_source[j].append(tables[1 : 1 + len(sources)])
        result.by_number[j].append(tables[1 + len(sources) :])
    return z


def of_one(result, j, z, slopes, y):
    """z and its slope; of several z, y itself with slope 1, and the slopes of y in place of those of z."""
    if len(z) == 1:
        (result.by_source[j],), (result.by_number[j],) = (
            result.by_source[j],
            result.by_number[j],
        )
        return z[0], slopes[0]

    def through(tables):
        return [
            sum(slope * table for slope, table in zip(slopes, column, strict=True))
            for column in zip(*tables, strict=True)
        ]

    result.by_source[j] = through(result.by_source[j])
    result.by_number[j] = through(result.by_number[j])
    return np.broadcast_to(y, z[0].shape), np.ones(len(z[0]))


def guards_of_transfer(network, theta, j, computed):
    """1 for every sample in which a guard of the neuron's transfer is active."""
    transfer = network.transfers[network.transfer[j]]
    links = links_of(network, j)
    sources = [computed.nodes[source] for source in network.link_source[links]]
    numbers = [
        np.full(len(sources[0]), number)
        for number in numbers_of_transfer(network, theta, j)
    ]
    active = np.zeros(len(sources[0]), np.int64)
    for place in range(transfer.n_values):
        function = transfer.unrolled(len(sources), place)
        active = np.maximum(active, function.guards(sources, numbers))
    return active


def slots_of_transfer(network, j):
    """Slot and sign of each number that `Values.by_number` counts."""
    links = links_of(network, j)
    slots = list(zip(network.link_slot[links], network.link_sign[links], strict=True))
    if network.transfers[network.transfer[j]].has_bias:
        slots.append((network.bias_slot[j], network.bias_sign[j]))
    first, last = network.transfer_offset[j : j + 2]
    own = network.transfer_slot[first:last], network.transfer_sign[first:last]
    return slots + list(zip(*own, strict=True))
