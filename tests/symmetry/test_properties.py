"""On random networks: what is reported holds, and what is built in stays, whatever the numbers are."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import wildwire as ww
from network.strategies import KINKED, SMOOTH, filled, networks
from wildwire.symmetry.find import symmetries
from wildwire.symmetry.symmetrize import symmetrize

ACTIVATIONS = (*SMOOTH, *KINKED, "cos", "square")


def rows(network, seed=0):
    return np.random.default_rng(seed).normal(0, 2, (60, network.n_inputs))


def holds(one, other):
    assert np.isfinite(other).all()  # the networks have no poles
    size = np.ptp(other, axis=0) + 1e-3 * np.abs(other).max(axis=0)
    return bool(np.all(np.abs(one - other) <= 1e-9 * size + 1e-15))


def assert_same(one, other, what):
    assert holds(one, other), what


def exchanged(network, X, swaps):
    place = {name: i for i, name in enumerate(network.inputs)}
    moved = np.array(X)
    for name, other in swaps.items():
        moved[:, place[name]] = X[:, place[other]]
    return moved


def turned(network, X, names):
    signs = [-1.0 if name in names else 1.0 for name in network.inputs]
    return X * signs


@settings(derandomize=True, max_examples=80, deadline=None)
@given(networks(activations=ACTIVATIONS, softmax=True), st.integers(0, 3))
def test_every_reported_symmetry_holds_on_other_rows(network, seed):
    theta = np.round(filled(network, seed), 0)  # few values: symmetries come about
    divisors = network.derived.slot[network.derived.power < 0]
    theta[divisors[theta[divisors] == 0]] = 1.0
    X = rows(network, seed=99)
    Y = ww.run(network, theta, X)
    found = symmetries(network, theta)
    for permutation in (*found.inputs.swaps, *found.inputs.permutations):
        if permutation.evidence == "structural":
            moved = exchanged(network, X, permutation.swaps)
            assert_same(ww.run(network, theta, moved), Y, permutation)
    for flip in found.inputs.flips:
        if flip.evidence == "structural":
            sign = 1 if flip.effect == "unchanged" else -1
            moved = turned(network, X, flip.inputs)
            assert_same(ww.run(network, theta, moved), sign * Y, flip)
    if found.inputs.parity_evidence == "structural":
        sign = 1 if found.inputs.parity == "even" else -1
        assert_same(ww.run(network, theta, -X), sign * Y, "parity")
    assert_complete(network, theta, found, X, Y)
    assert_redundant(network, theta, found, X)


def assert_redundant(network, theta, found, X):
    place = {name: i for i, name in enumerate(network.names[network.n_inputs :])}
    V = ww.values(network, theta, X)
    for item in found.redundant:
        if item.kind == "dead" or item.evidence != "structural":
            continue
        expected = np.full(len(X), item.shift)
        if item.of is not None:
            expected = item.factor * V[:, place[item.of]] + item.shift
        assert_same(V[:, [place[item.neuron]]], expected[:, None], item)


def assert_complete(network, theta, found, X, Y):
    """What could be found by trying every pair and every sign was found."""
    class_of = {name: group for group in found.inputs.classes for name in group}
    active = [name for name in network.inputs if name not in found.inputs.unused]
    for one, other in combinations(active, 2):
        Z = ww.run(network, theta, exchanged(network, X, {one: other, other: one}))
        if holds(Z, Y):
            assert other in class_of.get(one, ()), (one, other)
    flips = {flip.inputs: flip.effect for flip in found.inputs.flips}
    for name in active:
        Z = ww.run(network, theta, turned(network, X, [name]))
        if holds(Z, Y) or holds(Z, -Y):
            assert flips[name,] == ("unchanged" if holds(Z, Y) else "negated")


@settings(derandomize=True, max_examples=120, deadline=None)
@given(networks(activations=ACTIVATIONS, softmax=True), st.data())
def test_what_is_built_in_holds_for_all_numbers(network, data):
    names = list(network.inputs)
    swap, flip = None, None
    if len(names) > 1 and data.draw(st.booleans()):
        order = data.draw(st.permutations(names))
        swap = data.draw(
            st.sampled_from(
                [(order[0], order[1])]
                + [dict(zip(order, [*order[1:], order[0]], strict=True))]
                + [[(order[0], order[1]), (order[-1], order[0])]]
            )
        )
    if swap is None or (len(names) < 4 and data.draw(st.booleans())):
        flip = data.draw(
            st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)
        )
        flip = tuple(flip) if data.draw(st.booleans()) else flip
    symmetric = symmetrize(network, swap=swap, flip=flip)
    assert len(symmetric.outputs) == len(network.outputs)
    again = ww.parse(symmetric.to_text())
    assert again == symmetric
    X = rows(symmetric)
    for seed in range(2):
        theta = np.random.default_rng(seed).uniform(-1.5, 1.5, symmetric.n_theta)
        Y = ww.run(symmetric, theta, X)
        swaps = swap if isinstance(swap, list) else [swap] if swap else []
        for wish in swaps:
            image = wish if isinstance(wish, dict) else dict([wish, wish[::-1]])
            assert_same(
                ww.run(symmetric, theta, exchanged(symmetric, X, image)), Y, wish
            )
        flips = flip if isinstance(flip, list) else [flip] if flip else []
        for wish in flips:
            group = (wish,) if isinstance(wish, str) else wish
            assert_same(ww.run(symmetric, theta, turned(symmetric, X, group)), Y, wish)
        reread = ww.parse(symmetric.to_text(theta))
        assert np.array_equal(reread.start, theta)
