"""Wirings of the benchmarks: what they promise, and their padded levels against the engine."""

import numpy as np
import pytest
from benchmarks.irregular import CHAINED, LOCAL_REACH, levels, links, of_links
from benchmarks.systems.wildwire_system import network_of
from benchmarks.workloads import CHAIN, irregular

import wildwire as ww
from wildwire.program import compile_network, plan

WIRINGS = [
    of_links("random", 1_000, 20, 10),
    of_links("random", 10_000, 5, 50),
    of_links("local", 100_000, 20, 100),
]


@pytest.mark.parametrize("wiring", WIRINGS, ids=str)
def test_every_neuron_reads_different_nodes_of_lower_levels(wiring):
    source, target = links(wiring)
    assert wiring.n_links == len(source) == wiring.n_neurons * wiring.fan_in
    rows = source.reshape(wiring.n_neurons, wiring.fan_in)
    assert (np.diff(rows, axis=1) > 0).all()
    assert (np.diff(target) >= 0).all()
    # One source right below makes every neuron's level the one it was given.
    sizes = [len(level.active) for level in levels(wiring)[0]]
    assert sizes == [wiring.n_neurons // wiring.levels] * wiring.levels


def test_local_sources_are_near():
    source, target = links(WIRINGS[2])
    assert (WIRINGS[2].n_inputs + target - source).max() <= LOCAL_REACH
    assert (source < WIRINGS[2].n_inputs + target).all()


@pytest.mark.parametrize(
    "workload", [CHAIN, irregular("random", 1_000)], ids=lambda w: w.name
)
def test_padded_levels_are_the_network(workload):
    """What JAX and PyTorch are given computes what Wildwire computes."""
    wiring, network = workload.wiring, network_of(workload)
    found, outputs = levels(wiring)
    X = np.random.default_rng(0).normal(size=(3, wiring.n_inputs))
    values = X
    for level in found:
        z = (values[:, level.index] * level.weight).sum(-1)
        values = np.hstack((values, np.where(level.active, np.tanh(z), z)))
    theta = _theta(wiring, network, found)
    np.testing.assert_allclose(ww.run(network, theta, X), values[:, outputs], 1e-12)


def _theta(wiring, network, found):
    """The levels' weights in theta's order; biases 0."""
    rows = [
        weight[mask > 0]
        for level in found
        for weight, mask in zip(level.weight, level.mask, strict=True)
    ]
    theta = np.zeros(network.n_theta)
    stops = np.cumsum(np.bincount(links(wiring)[1], minlength=wiring.n_neurons))
    by_level = _neurons_by_level(wiring, network)
    for neuron, row in zip(by_level, rows, strict=True):
        theta[network.link_slot[stops[neuron] - len(row) : stops[neuron]]] = row
    return theta


def _neurons_by_level(wiring, network):
    """Neurons level by level, found by walking the links once more, slowly."""
    depth = {}
    for source, target in zip(*links(wiring), strict=True):
        below = depth.get(source - wiring.n_inputs, -1)
        depth[target] = max(depth.get(target, 0), below + 1)
    return sorted(depth, key=lambda neuron: (depth[neuron], neuron))


def test_chained_wiring_is_deep():
    program = compile_network(network_of(CHAIN))
    assert 9_000 < CHAINED.n_links < 10_000
    assert program.plan[plan.STAGES] >= 100
