"""Programs: order, blocks, the map from theta, and the guard against damaged plans."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from network.strategies import networks
from program.slow_program import slow_program
from wildwire.errors import NetworkError
from wildwire.network import Network
from wildwire.program import compile_network, verify
from wildwire.program import plan as p
from wildwire.program.compile import program_of
from wildwire.program.faults import faults
from wildwire.program.kernel import (
    INTERPRETED_LINKS,
    build,
    compiled_build,
    kernel_for,
)


def table(program, offset, count, width):
    """A table of the plan as rows."""
    at = program.plan[offset]
    rows = program.plan[at : at + count * width]
    return rows.reshape(count, width)


def test_a_layer_is_one_block_and_one_run():
    network = Network.from_arrays(
        3, [0, 1, 2] * 4 + [3, 4, 5, 6], [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3 + [4] * 4
    )
    program = compile_network(network)
    blocks = table(program, p.BLOCK_TABLE, program.plan[p.BLOCKS], p.BLOCK_WIDTH)
    assert blocks[:, 1].tolist() == [4, 1]  # neurons
    assert blocks[:, 3].tolist() == [4, 5]  # sources, the constant included
    assert program.plan[p.RUNS] == 2
    assert program.one_to_one


def test_functions_split_runs_but_not_blocks():
    network = Network.from_arrays(
        2, [0, 1] * 3, [0, 0, 1, 1, 2, 2], activation=["tanh", "sin", "tanh"]
    )
    program = compile_network(network)
    assert program.plan[p.BLOCKS] == 1
    assert program.plan[p.RUNS] == 2


@settings(max_examples=150, derandomize=True, deadline=None)
@given(networks(softmax=True))
def test_sources_stand_before_their_neurons_and_every_number_is_placed(network):
    program = compile_network(network)
    blocks = table(program, p.BLOCK_TABLE, program.plan[p.BLOCKS], p.BLOCK_WIDTH)
    sources = program.plan[program.plan[p.SOURCES] :]
    placed = 0
    for row, width, first, count, _, _ in blocks:
        assert np.all(sources[first : first + count] < row)
        placed += width * count
    assert placed == program.plan[p.LINK_WEIGHTS]
    assert sorted(program.row_of_neuron) == list(
        range(1 + network.n_inputs, 1 + network.n_inputs + network.n_neurons)
    )
    used = set(program.slot[program.slot >= 0]) | set(network.derived.slot)
    unused = set(range(network.n_theta)) - used
    assert unused <= {slot for _, slot in network.lets}  # a `let` that nobody reads


def test_the_program_is_kept_on_the_network():
    network = Network.from_arrays(1, [0], [0])
    assert compile_network(network) is compile_network(network)


def test_a_program_is_never_pickled():
    program = compile_network(Network.from_arrays(1, [0], [0]))
    with pytest.raises(TypeError, match="send the network"):
        pickle.dumps(program)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (p.LENGTH, 3),
        (p.FORMAT, 99),
        (p.ROWS, 2),
        (p.BLOCKS, 1000),
        (p.WEIGHTS, 0),
        (p.FUNCTIONS, 0),
        (p.OUTPUTS, 50),
    ],
)
def test_a_damaged_header_is_refused(place, value):
    program = compile_network(Network.from_arrays(3, [0, 1, 2, 3, 0], [0, 0, 0, 1, 1]))
    plan = program.plan.copy()
    plan[place] = value
    with pytest.raises(NetworkError, match="damaged program"):
        verify(replace(program, plan=plan))


@pytest.mark.parametrize(
    "network",
    [
        Network.from_arrays(
            3, [0, 1, 2, 0, 1, 2, 3, 4, 3], [0] * 3 + [1] * 3 + [2, 2, 3]
        ),
        Network.parse("input a, b\nh = 0.5*a*b\ng ~ tanh(h, a)\ny = g*h\noutput y"),
        Network.parse(
            "input a, b\nh ~ tanh(distance(a, b))\ny ~ quadratic(h, a)\noutput y"
        ),
    ],
    ids=["sums", "expressions", "transfers"],
)
def test_every_index_table_is_checked(network):
    """A huge entry anywhere behind the header is a fault, or nothing that is read as an index."""
    program = compile_network(network)
    harmless = set()
    keep = program.plan[p.KEEP]
    rows = 1 + program.plan[p.INPUTS] + program.plan[p.NEURONS]
    harmless.update(range(keep, keep + rows))  # flags
    for i in range(program.plan[p.RUNS]):
        harmless.add(program.plan[p.RUN_TABLE] + i * p.RUN_WIDTH + 5)  # unused
    for i in range(program.plan[p.BLOCKS]):
        # a start beyond the end of the sources pushes nothing
        harmless.add(program.plan[p.BLOCK_TABLE] + i * p.BLOCK_WIDTH + 5)
    for place in range(p.HEADER, program.plan.size):
        plan = program.plan.copy()
        plan[place] = 2**20
        if place in harmless:
            continue
        with pytest.raises(NetworkError):
            verify(replace(program, plan=plan))


ARRAYS = ("plan", "slot", "sign", "constant", "row_of_neuron", "is_link")


@pytest.mark.parametrize("kernel", [build, compiled_build])
def test_the_kernel_makes_what_its_twin_makes(kernel):
    """Compiled and interpreted, bit for bit."""

    @settings(max_examples=150, derandomize=True, deadline=None)
    @given(networks(softmax=True, max_neurons=12))
    def same(network):
        slow, program = slow_program(network), program_of(network, kernel)
        for name in ARRAYS:
            one, other = getattr(slow, name), getattr(program, name)
            assert (one.dtype, one.shape) == (other.dtype, other.shape), name
            assert one.tobytes() == other.tobytes(), name
            assert not other.flags.writeable
        assert program.functions == slow.functions
        assert program.one_to_one is slow.one_to_one
        assert faults(program.plan) == 0

    same()


@pytest.mark.parametrize("kernel", [build, compiled_build])
def test_a_loop_is_refused(kernel):
    network = Network.from_arrays(1, [0, 1, 2], [0, 1, 2], outputs=[2])
    source = np.array([0, 3, 2], np.int32)
    source.flags.writeable = False
    object.__setattr__(network, "link_source", source)
    with pytest.raises(NetworkError, match="form a loop"):
        program_of(network, kernel)


def test_small_networks_are_interpreted_first_and_large_ones_never():
    large = INTERPRETED_LINKS + 1
    assert kernel_for(large) is compiled_build
    assert kernel_for(1) is compiled_build  # it is there now
