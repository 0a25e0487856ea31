"""Wirings with memory of the benchmarks: what they promise, and what systems are given, against a walk over links."""

import numpy as np
import pytest
from benchmarks.recurrent import (
    Elman,
    RecurrentWiring,
    elman_links,
    links,
    matrices,
)
from benchmarks.systems.wildwire_system import network_with_memory
from benchmarks.workloads import SEQUENCES, STREAM, data

import wildwire as ww

IRREGULAR = [SEQUENCES[1].wiring, STREAM.wiring]
SMALL = [RecurrentWiring(12, 4, 3, 3, n_inputs=3, n_outputs=2), Elman(2, 3, 2)]


@pytest.mark.parametrize("wiring", IRREGULAR, ids=str)
def test_links_are_many_different_and_in_levels(wiring):
    source, target, delay, _ = found = links(wiring)
    assert wiring.n_links == len(source) == len(set(zip(*found[:3], strict=True)))
    assert set(delay) == set(range(wiring.reach + 1))
    assert (delay == 0).sum() == wiring.n_neurons * (wiring.fan_in // 2)
    level_of = np.repeat(np.arange(wiring.levels), np.diff(wiring.edges))
    level_of = np.concatenate((np.full(wiring.n_inputs, -1), level_of))
    of_target = level_of[wiring.n_inputs + target]
    now = delay == 0
    assert (level_of[source[now]] < of_target[now]).all()
    right_below = (level_of[source] == of_target - 1) & now
    assert (np.bincount(target[right_below], minlength=wiring.n_neurons) >= 1).all()


def test_workloads_are_of_the_size_that_is_stated():
    elman, irregular = SEQUENCES
    assert (elman.wiring.n_hidden, elman.steps, elman.batch) == (16, 100, 32)
    assert elman.n_links == len(elman_links(elman.wiring).source) == 16 * 21
    assert (irregular.n_links, STREAM.n_links) == (2_000, 100)
    X, Y = data(irregular)
    assert X.shape == (256, 50, 8)
    assert Y.shape == (256, 50, 2)


def by_links(wiring, X):
    """All neurons (steps, n_neurons) of one sequence, link by link."""
    found = elman_links(wiring) if isinstance(wiring, Elman) else links(wiring)
    n_inputs, n = wiring.n_inputs, wiring.n_neurons
    values = np.zeros((len(X), n_inputs + n))
    values[:, :n_inputs] = X
    for t in range(len(X)):
        for neuron in range(n):
            z = 0.0
            for s, j, d, w in zip(*found, strict=True):
                if j == neuron and t >= d:
                    z += w * values[t - d, s]
            is_output = neuron >= n - wiring.n_outputs
            values[t, n_inputs + neuron] = z if is_output else np.tanh(z)
    return values[:, n_inputs:]


def test_matrices_are_the_links():
    """What JAX and PyTorch are given as `dense` computes what the links compute."""
    wiring = SMALL[0]
    weight, mask = matrices(wiring)
    assert mask.sum() == wiring.n_links
    assert (weight[~mask] == 0).all()
    n, n_inputs = wiring.n_neurons, wiring.n_inputs
    X = np.random.default_rng(0).normal(size=(6, n_inputs))
    past, found = np.zeros((wiring.reach, n)), []
    for x in X:
        now = np.zeros(n)
        for _ in range(wiring.levels):  # each turn settles one level more
            z = weight @ np.concatenate((x, now, past.ravel()))
            now = np.concatenate((np.tanh(z)[: -wiring.n_outputs], z[n - 2 :]))
        found.append(now)
        past = np.vstack((now, past[:-1]))
    np.testing.assert_allclose(found, by_links(wiring, X), 1e-12)


def test_elman_start_is_its_links():
    wiring = SMALL[1]
    of_x, of_h, of_y = wiring.start()
    X = np.random.default_rng(0).normal(size=(5, wiring.n_inputs))
    h, found = np.zeros(wiring.n_hidden), []
    for x in X:
        h = np.tanh(x @ of_x + h @ of_h)
        found.append(np.concatenate((h, h @ of_y)))
    np.testing.assert_allclose(found, by_links(wiring, X), 1e-12)


@pytest.mark.parametrize("wiring", SMALL, ids=str)
def test_wildwire_is_given_the_same_network(wiring):
    network = network_with_memory(wiring)
    X = np.random.default_rng(0).normal(size=(7, wiring.n_inputs))
    outputs = by_links(wiring, X)[:, -wiring.n_outputs :]
    found = ww.run(network, network.initial(seed=0), X)
    np.testing.assert_allclose(found, outputs, 1e-12)
