"""Irregular wirings: links in levels, from anywhere before or from near by.

Comes in: a `Wiring`. Goes out: link lists, and the same links as levels padded to a common width, which is what
libraries of arrays need. Called by `workloads.py` and by the systems.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

LOCAL_REACH = 2_000  # rows
CHAINED_REACH = 150


@dataclass(frozen=True)
class Wiring:
    """A kind of irregular network.

    Attributes
    ----------
    kind : "random", "local" or "chained"
        Sources anywhere in the levels below; the same within 2,000 rows; or any of the 150 nodes before,
        without levels made beforehand (about 130 levels come of it).
    n_neurons, fan_in : int
    levels : int
        Equal levels; every neuron has at least one source in the level right below its own.
    n_inputs : int
    n_outputs : int
        The last neurons. Some 5 of 100 neurons of a random wiring are read by nobody.
    """

    kind: str
    n_neurons: int
    fan_in: int
    levels: int
    n_inputs: int = 128
    n_outputs: int = 10

    @property
    def n_links(self) -> int:
        return len(links(self)[0])


def of_links(kind: str, n_links: int, fan_in: int, levels: int) -> Wiring:
    """The wiring of about `n_links` links."""
    n_neurons = n_links // fan_in
    return Wiring(kind, n_neurons, fan_in, levels, n_outputs=min(10, n_neurons // 5))


CHAINED = Wiring("chained", 560, 17, 130, n_inputs=20, n_outputs=2)


@lru_cache(maxsize=4)
def links(wiring: Wiring) -> tuple[np.ndarray, np.ndarray]:
    """Sources (node numbers, inputs first) and targets (neuron numbers), by target."""
    rng = np.random.default_rng(0)
    if wiring.kind == "chained":
        return _chained(wiring, rng)
    source, target = [], []
    edges = np.linspace(0, wiring.n_neurons, wiring.levels + 1).astype(int)
    nodes = np.concatenate(([0], wiring.n_inputs + edges))  # first node of each level
    for level in range(wiring.levels):
        begin, end = nodes[level + 1], nodes[level + 2]
        low = max(0, end - LOCAL_REACH) if wiring.kind == "local" else 0
        picked = _rows_of_different(rng, low, begin, end - begin, wiring.fan_in)
        below = rng.integers(max(nodes[level], low), begin, end - begin)
        # One source right below; where it was drawn already, nothing changes.
        new = ~(picked == below[:, None]).any(axis=1)
        picked[new, 0] = below[new]
        source.append(np.sort(picked, axis=1).ravel())
        target.append(np.repeat(np.arange(begin, end) - wiring.n_inputs, wiring.fan_in))
    return np.concatenate(source), np.concatenate(target)


def _rows_of_different(rng, low, high, count, width):
    """(count, width) numbers of low..high-1, different within each row."""
    if high - low < 4 * width:
        everyone = np.tile(np.arange(low, high), (count, 1))
        return rng.permuted(everyone, axis=1)[:, :width]
    picked = rng.integers(low, high, (count, width))
    while True:
        in_order = np.sort(picked, axis=1)
        twice = (in_order[:, 1:] == in_order[:, :-1]).any(axis=1)
        if not twice.any():
            return picked
        picked[twice] = rng.integers(low, high, (int(twice.sum()), width))


def _chained(wiring, rng):
    source, target = [], []
    for neuron in range(wiring.n_neurons):
        end = wiring.n_inputs + neuron
        known = np.arange(max(0, end - CHAINED_REACH), end)
        count = min(wiring.fan_in, known.size)
        source.extend(sorted(rng.choice(known, count, replace=False).tolist()))
        target.extend([neuron] * count)
    return np.asarray(source), np.asarray(target)


@dataclass(frozen=True)
class Level:
    """Neurons that can be evaluated together.

    Attributes
    ----------
    index : int array (n, width)
        Sources of each neuron, as nodes renumbered by level; 0 where there is none.
    mask : float array (n, width)
        1 where there is a source.
    weight : float array (n, width)
        Start values.
    active : bool array (n,)
        Whether the neuron computes tanh; outputs do not.
    """

    index: np.ndarray
    mask: np.ndarray
    weight: np.ndarray
    active: np.ndarray


@lru_cache(maxsize=4)
def levels(wiring: Wiring) -> tuple[list[Level], np.ndarray]:
    """The levels, and the nodes (renumbered by level) of the outputs."""
    source, target = links(wiring)
    n_inputs, n_neurons = wiring.n_inputs, wiring.n_neurons
    depth = _depths(source, target, n_inputs, n_neurons)
    order = np.argsort(depth, kind="stable")
    place = np.empty(n_neurons, int)
    place[order] = n_inputs + np.arange(n_neurons)
    renumber = np.concatenate((np.arange(n_inputs), place))
    rng = np.random.default_rng(0)
    first = np.searchsorted(target, np.arange(n_neurons + 1))
    found = []
    for number in range(depth.max() + 1):
        members = order[depth[order] == number]
        counts = first[members + 1] - first[members]
        index = np.zeros((len(members), counts.max()), int)
        mask = np.zeros(index.shape)
        for i, (neuron, count) in enumerate(zip(members, counts, strict=True)):
            index[i, :count] = renumber[source[first[neuron] : first[neuron + 1]]]
            mask[i, :count] = 1
        weight = mask * rng.normal(size=mask.shape) / np.sqrt(index.shape[1])
        active = members < n_neurons - wiring.n_outputs
        found.append(Level(index, mask, weight, active))
    return found, place[n_neurons - wiring.n_outputs :]


def _depths(source, target, n_inputs, n_neurons):
    """Level of every neuron, from 0: one more than its highest source."""
    depth = [0] * n_neurons
    for s, t in zip(source.tolist(), target.tolist(), strict=True):
        if s >= n_inputs:
            depth[t] = max(depth[t], depth[s - n_inputs] + 1)
    return np.asarray(depth)
