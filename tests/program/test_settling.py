"""Loops are cut open: which links, how many guesses, and a plan that says so."""

from dataclasses import replace

import numpy as np
import pytest

from wildwire.errors import NetworkError
from wildwire.network import Network
from wildwire.program import compile_network, verify
from wildwire.program import plan as p
from wildwire.program.settling import cut_links, cut_open


def network_of(source, target, neurons, **options):
    """Neurons that read each other, and all of them the input."""
    source = np.concatenate((np.zeros(neurons, int), 1 + np.array(source)))
    target = np.concatenate((np.arange(neurons), target))
    return Network.from_arrays(
        ["x"], source, target, neurons=neurons, outputs=[0], settle=True, **options
    )


def is_open(network, cut):
    """Whether no loop is left, by Kahn's algorithm."""
    left = (network.link_source >= 1) & (network.link_delay == 0) & ~cut
    edges = list(
        zip(network.link_source[left] - 1, network.link_target[left], strict=True)
    )
    nodes = set(range(network.n_neurons))
    while nodes:
        free = nodes - {t for s, t in edges if s in nodes}
        if not free:
            return False
        nodes -= free
    return True


@pytest.mark.parametrize("seed", range(30))
def test_no_loop_is_left_and_nothing_else_is_cut(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 14))
    edges = rng.integers(0, n, (int(rng.integers(1, 3 * n + 2)), 2))
    network = network_of(
        *edges.T,
        n,
        delay=np.concatenate((np.zeros(n, int), rng.random(len(edges)) < 0.2)),
    )
    cut = cut_links(network)
    assert is_open(network, cut)
    assert not cut[(network.link_source < 1) | (network.link_delay > 0)].any()
    reach = np.eye(n, dtype=bool)
    now = (network.link_source >= 1) & (network.link_delay == 0)
    reach[network.link_source[now] - 1, network.link_target[now]] = True
    for k in range(n):
        reach |= reach[:, [k]] & reach[[k], :]
    assert all(
        reach[network.link_target[e], network.link_source[e] - 1]
        for e in np.flatnonzero(cut)
    )
    verify(compile_network(network))


def test_a_ring_needs_one_guess_in_either_direction():
    n = 9
    for step in (1, -1):
        network = network_of(np.arange(n), (np.arange(n) + step) % n, n)
        assert compile_network(network).plan[p.GUESSES] == 1


def test_the_text_s_order_is_kept_where_guesses_are_as_few():
    two = Network.parse("input x\na[5] ~ tanh(x, b)\nb[5] ~ tanh(a)\nsettle\noutput b")
    program = compile_network(two)
    assert program.plan[p.GUESSES] == 5  # b, which a reads before it is known
    assert program.plan[p.STAGES] == 2
    whole = Network.parse("input x\ns[6] ~ tanh(x, s)\nsettle\noutput s")
    assert cut_open(whole)[1].tolist() == [0, 1, 2, 3, 4, 5]  # all read themselves


def test_a_network_without_loops_is_itself():
    network = Network.parse("input x\ny ~ tanh(x, y@1)\nsettle\noutput y")
    opened, guesses = cut_open(network)
    assert opened is network
    assert not guesses.size
    assert compile_network(network).plan[p.GUESSES] == 0


@pytest.mark.parametrize("place", ["row", "weight", "rows", "tolerance", "within"])
def test_a_damaged_plan_is_found(place):
    network = Network.parse(
        "input x\na = tanh(0.5*b + x)\nb = tanh(0.3*a + 0.2*b@1)\nsettle\noutput b"
    )
    program = compile_network(network)
    plan = program.plan.copy()
    at = {
        "row": plan[p.GUESS_TABLE], "weight": plan[p.GUESS_TABLE] + 1, "rows": p.SETTLE_ROWS,
        "tolerance": p.TOLERANCE, "within": p.WITHIN,
    }[place]  # fmt: skip
    plan[at] = 10**6
    with pytest.raises(NetworkError, match="a guess points outside"):
        verify(replace(program, plan=plan))
