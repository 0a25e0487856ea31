"""Hopfield's network: Hebb's weights, recall of patterns with errors, two-cycles and their absence."""

from itertools import pairwise

import numpy as np
import pytest

import wildwire as ww
from recurrent_twins import check_round_trip
from wildwire.errors import DataError, SettingError
from wildwire.wiring import hopfield


def patterns_of(count, n, seed=0):
    return np.random.default_rng(seed).choice([-1, 1], (count, n))


def recall(network, begin, steps=20):
    """The states of all steps, (n_sequences, steps, n)."""
    X = np.zeros((len(begin), steps, network.n_inputs))
    X[:, 0] = begin
    return ww.run(network, [], X)


def weights_of(network):
    n = network.n_inputs
    own = network.link_source >= n
    W = np.zeros((n, n))
    W[network.link_target[own], network.link_source[own] - n] = network.link_value[own]
    return W


def energy(W, s):
    return -0.5 * s @ W @ s


def test_weights_are_hebbs():
    patterns = patterns_of(5, 12)
    network = hopfield(patterns)
    expected = sum(np.outer(p, p) for p in patterns)
    np.fill_diagonal(expected, 0)
    assert np.array_equal(weights_of(network), expected + 0.5 * np.eye(12))
    assert network.n_theta == 0 and network.outputs[:2] == ("s_0", "s_1")
    assert (network.link_delay[network.link_source >= 12] == 1).all()


@pytest.mark.parametrize("update", ["synchronous", "asynchronous"])
@pytest.mark.parametrize("wrong", [10, 20])
def test_five_patterns_of_a_hundred_are_recalled(update, wrong):
    """10 and 20 of 100 entries turned round; 3 times 5 patterns, 4 times each."""
    for seed in range(3):
        random = np.random.default_rng(seed)
        patterns = patterns_of(5, 100, seed)
        wished = np.repeat(patterns, 4, axis=0)
        begin = wished.copy()
        for row in begin:
            row[random.choice(100, wrong, replace=False)] *= -1
        states = recall(hopfield(patterns, update=update), begin)
        assert np.array_equal(states[:, 0], begin)
        assert np.array_equal(states[:, -1], wished)


@pytest.mark.parametrize("seed", [None, 7])
def test_asynchronous_sweeps_against_numpy(seed):
    """Far above capacity, where states wander; ties keep a neuron as it is."""
    patterns = patterns_of(10, 16, 1)
    network = hopfield(patterns, update="asynchronous", seed=seed)
    W = patterns.T @ patterns
    np.fill_diagonal(W, 0)
    order = range(16) if seed is None else _order(network)
    begin = patterns_of(6, 16, 2)
    states = recall(network, begin, 8)
    for s, found in zip(begin.astype(float), states, strict=True):
        for state in found[1:]:
            for k in order:
                s[k] = np.sign(W[k] @ s) or s[k]
            assert np.array_equal(state, s)


def _order(network):
    """The order of a sweep: who is read within the step stands before."""
    own = (network.link_source >= 16) & (network.link_delay == 0)
    before = np.bincount(network.link_target[own], minlength=16)
    # Some pairs have no link, so that the numbers of neurons read need not tell all.
    source, target = network.link_source[own] - 16, network.link_target[own]
    order = []
    while len(order) < 16:
        ready = [k for k in range(16) if before[k] == 0 and k not in order]
        order.append(ready[0])
        before[target[source == ready[0]]] -= 1
    return order


def test_asynchronous_sweeps_never_raise_the_energy():
    patterns = patterns_of(12, 30, 3)
    network = hopfield(patterns, update="asynchronous", seed=0)
    W = patterns.T @ patterns - 12 * np.eye(30)
    for states in recall(network, patterns_of(20, 30, 4), 40):
        energies = [energy(W, s) for s in states]
        assert all(after <= before for before, after in pairwise(energies))
        assert np.array_equal(states[-1], states[-2])


def test_two_states_that_follow_one_another_for_ever():
    states = recall(hopfield([[1, 1]]), [[1, -1]], 6)[0]
    assert states.tolist() == [[1, -1], [-1, 1]] * 3
    states = recall(hopfield([[1, 1]], update="asynchronous"), [[1, -1]], 6)[0]
    assert states[1:].tolist() == [[-1, -1]] * 5


def test_entries_that_are_known_may_be_held_and_others_left_open():
    patterns = patterns_of(3, 60, 5)
    network = hopfield(patterns)
    X = np.zeros((3, 10, 60))
    X[:, :, :15] = patterns[:, None, :15]
    states = ww.run(network, [], X)
    assert np.array_equal(states[:, 0, 15:], np.zeros((3, 45)))
    assert np.array_equal(states[:, -1], patterns)
    # Against the network, too: what is held stays.
    X[:, :, :15] *= -1
    assert np.array_equal(ww.run(network, [], X)[:, -1, :15], -patterns[:, :15])


def test_seeds_are_orders():
    patterns = patterns_of(3, 20)
    same, other = (hopfield(patterns, update="asynchronous", seed=s) for s in (1, 2))
    assert hopfield(patterns, update="asynchronous", seed=1) == same != other
    assert np.array_equal(weights_of(same), weights_of(other))
    assert hopfield(patterns, seed=1) == hopfield(patterns)


@pytest.mark.parametrize("update", ["synchronous", "asynchronous"])
def test_text_and_back(update):
    check_round_trip(hopfield(patterns_of(4, 9), update=update, seed=1))


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ([1, -1], r"shape \(2,\)"),
        (np.zeros((0, 4)), r"shape \(0, 4\)"),
        ([[1]], "2 entries or more"),
        ([[1, -1], [1, 0]], "patterns is 0.0 in row 1, column 1"),
        ([[1, np.nan]], "row 0, column 1"),
        ([["a", "b"]], "table of"),
    ],
)
def test_patterns_are_checked(patterns, message):
    with pytest.raises(DataError, match=message):
        hopfield(patterns)


def test_the_kinds_of_update_are_named():
    with pytest.raises(SettingError, match="'asynchronous'"):
        hopfield([[1, 1]], update="slowly")
