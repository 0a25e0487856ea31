"""Half-dense blocks: where zeros stand, that they change no result, and that they stay zero."""

from itertools import pairwise

import numpy as np
import pytest

from program.pruned import TAME, pruned, pruned_of_all_kinds
from program.slow_program import slow_program
from wildwire.engine import evaluate, reference
from wildwire.engine.session import Session
from wildwire.functions import activation, catalogue
from wildwire.learning import learners
from wildwire.learning.update_rules import rule_address
from wildwire.network import Network
from wildwire.program import compile_network
from wildwire.program import plan as p
from wildwire.program.compile import program_of
from wildwire.program.costs import LINK, NARROWEST, block_cost
from wildwire.program.faults import faults
from wildwire.program.kernel import build, compiled_build
from wildwire.program.tame import tame_functions

ARRAYS = ("plan", "slot", "sign", "constant", "row_of_neuron", "is_link")
MIXED = (*TAME, "exponential")


def zeros_of(network):
    """How many zeros stand in a network's program."""
    program = compile_network(network)
    biases = (network.bias_slot != -1) | (network.bias_value != 0)
    return int(program.plan[p.LINK_WEIGHTS]) - network.n_links - int(biases.sum())


def zero_places(network):
    """Where they stand."""
    program = compile_network(network)
    return np.flatnonzero(
        (program.slot == -1) & (program.constant == 0) & ~program.is_link
    )


CASES = {
    "one to one": (pruned, {}),
    "all kinds": (pruned_of_all_kinds, {}),
    "few links left": (pruned_of_all_kinds, {"share": 0.5}),
    "near the limit": (pruned, {"widths": (30, 50, 40, 14), "share": 0.78}),
    "nothing to merge": (pruned, {"widths": (200, 40, 30), "share": 0.05}),
    "overflowing sources": (pruned, {"activations": MIXED}),
    "head": (pruned, {"widths": (18, 40, 30), "head": "softmax"}),
}


@pytest.mark.parametrize("kernel", [build, compiled_build])
@pytest.mark.parametrize("case", CASES)
def test_the_kernel_makes_what_its_twin_makes(case, kernel):
    make, options = CASES[case]
    for seed in range(4):
        network = make(seed, **options)
        slow, program = slow_program(network), program_of(network, kernel)
        for name in ARRAYS:
            one, other = getattr(slow, name), getattr(program, name)
            assert (one.dtype, one.shape) == (other.dtype, other.shape), name
            assert one.tobytes() == other.tobytes(), name
        assert program.one_to_one is slow.one_to_one
        assert faults(program.plan) == 0


def test_a_pruned_layer_is_one_block_and_a_random_one_is_not():
    network = pruned(1, (40, 64, 2), 0.9)
    program = compile_network(network)
    at = program.plan[p.BLOCK_TABLE]
    widths = program.plan[at + 1 : at + 1 + p.BLOCK_WIDTH * 2 : p.BLOCK_WIDTH]
    assert widths[0] > 55
    assert 0 < zeros_of(network) < 0.2 * network.n_links
    assert program.one_to_one
    assert zeros_of(pruned(1, (200, 64, 2), 0.1)) == 0


def test_layers_that_alternate_are_told_apart():
    """Neurons of five layers that stand in one level, in turn."""
    rng = np.random.default_rng(3)
    source, target = [], []
    for neuron in range(200):
        own = 20 * (neuron % 5) + np.flatnonzero(rng.random(20) < 0.9)
        source += own.tolist()
        target += [neuron] * own.size
    network = Network.from_arrays(100, source, target, activation="tanh")
    assert compile_network(network).plan[p.BLOCKS] == 5


def test_costs_grow_with_the_block_and_only_wide_blocks_are_cheaper_than_links():
    costs = [block_cost(width, 7) for width in range(1, 200)]
    assert all(a < b for a, b in pairwise(costs))
    links = [LINK * width * 7 for width in range(1, 200)]
    assert [a < b for a, b in zip(costs, links, strict=True)].index(
        True
    ) == NARROWEST - 1


# ---- where zeros must not stand -------------------------------------------------------------------------------------


def test_no_zero_stands_where_a_source_may_overflow():
    """Every second neuron reads what is infinite; the others must not see it."""
    n = 24
    source, target = [0] * n, list(range(n))
    for neuron in range(n, 2 * n):
        own = [i for i in range(n) if i > 0 or neuron % 2 == 0]
        source += [1 + i for i in own]
        target += [neuron] * len(own)
    first = ["exponential"] + ["tanh"] * (n - 1)
    network = Network.from_arrays(1, source, target, activation=first + ["tanh"] * n)
    assert zeros_of(network) == 0
    theta = np.full(network.n_theta, 2.0)
    outputs = evaluate.run(network, theta, [[500.0]] * 9)
    assert np.all(np.isfinite(outputs[:, 1::2]))
    harmless = Network.from_arrays(1, source, target, activation="tanh")
    assert zeros_of(harmless) == n // 2


def test_no_zero_stands_beside_parallel_links():
    source = [*range(12)] * 20 + [0]
    target = [*np.repeat(np.arange(20), 12), 7]
    network = Network.from_arrays(12, source, target, activation="tanh")
    program = compile_network(network)
    assert zeros_of(network) == 0
    assert program.plan[p.BLOCKS] == 2


@pytest.mark.parametrize(
    ("function", "tame"),
    [
        ("tanh", 1),
        ("relu", 1),
        ("gelu", 1),
        ("square", 0),
        ("exponential", 0),
        ("gaussian", 0),
        ("reciprocal", 0),
    ],
)
def test_which_functions_are_tame(function, tame):
    function = catalogue()[function]
    assert tame_functions((function,), False).tolist() == [tame]
    assert tame_functions((function,), True).tolist() == [0]


def test_a_users_function_is_not_tame_for_its_name():
    same, other = activation("tanh(z) = tanh(z)"), activation("tanh(z) = exp(z)")
    assert tame_functions((same, other), False).tolist() == [1, 0]


def test_no_zero_stands_where_numbers_are_divided():
    names = [f"x{i}" for i in range(30)]
    sums = [" + ".join(f"0.5*{x}" for x in names if x != name) for name in names]
    lines = [f"h{j} = tanh({terms})" for j, terms in enumerate(sums)]
    heads = ", ".join(f"h{j}" for j in range(30))
    text = "\n".join(["input " + ", ".join(names), *lines, "output " + heads])
    divided = text.replace("0.5*x0)", "(x0 - 3)/2)").replace(
        "0.5*x0 +", "(x0 - 3)/2 +", 1
    )
    assert zeros_of(Network.parse(text)) == 30
    assert (Network.parse(divided).derived.power < 0).any()
    assert zeros_of(Network.parse(divided)) == 0


# ---- no result changes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 33])
@pytest.mark.parametrize("case", ["one to one", "all kinds", "near the limit", "head"])
def test_values_and_gradients_are_the_twins(case, rows):
    make, options = CASES[case]
    network = make(2, **options)
    assert zeros_of(network) > 0
    rng = np.random.default_rng(5)
    theta = rng.normal(size=network.n_theta) / 4
    X, Y = (
        rng.normal(size=(rows, network.n_inputs)),
        rng.random((rows, network.n_outputs)),
    )
    value, gradient = evaluate.loss_and_gradient(network, theta, X, Y)
    twin_value, twin = reference.loss_and_gradient(network, theta, X, Y)
    scale = 1 + reference.condition(
        lambda shake: reference.loss_and_gradient(network, theta, X, Y, shake=shake)[1]
    )
    assert value == pytest.approx(twin_value, rel=1e-12)
    assert np.all(np.abs(gradient - twin) <= 1e-12 * scale)
    rough, slope = evaluate.loss_and_gradient(network, theta, X, Y, dtype="float32")
    assert rough == pytest.approx(twin_value, rel=1e-4)
    assert np.all(np.abs(slope - twin) <= 1e-4 * scale)
    outputs = reference.forward(network, theta, X).outputs
    assert np.allclose(evaluate.run(network, theta, X), outputs, rtol=1e-12, atol=1e-13)
    rough = evaluate.run(network, theta, X, dtype="float32")
    assert np.allclose(rough, outputs, rtol=1e-4, atol=1e-5)


def test_input_gradients_are_those_without_zeros(monkeypatch):
    network, theta = pruned(3), None
    assert zeros_of(network) > 0
    plain = pruned(3)
    with monkeypatch.context() as patch:
        patch.setattr(
            "wildwire.program.compile.tame_functions",
            lambda functions, divides: tame_functions(functions, True),
        )
        assert zeros_of(plain) == 0
    theta = np.random.default_rng(1).normal(size=network.n_theta) / 4
    X = np.random.default_rng(2).normal(size=(9, network.n_inputs))
    there = evaluate.input_gradient(plain, theta, X, output=1)
    here = evaluate.input_gradient(network, theta, X, output=1)
    assert np.allclose(here, there, rtol=1e-12, atol=1e-13)


# ---- zeros stay zero ------------------------------------------------------------------------------------------------

LEARNERS = (
    learners.GradientDescent(rate=0.05),
    learners.GradientDescent(rate=0.05, momentum=0.9),
    learners.AdamW(rate=0.05),
)


def trained(network, learner, batch=8, **options):
    """A session after three epochs."""
    rng = np.random.default_rng(6)
    X, Y = (
        rng.normal(size=(24, network.n_inputs)),
        rng.normal(size=(24, network.n_outputs)),
    )
    session = Session(network, X, Y, loss="squared", batch=batch, **options)
    session.load(np.random.default_rng(7).normal(size=network.n_theta) / 4)
    rule = rule_address(learner.rule, session.dtype.name)
    state = np.zeros((learner.n_state, session.vector_size), session.dtype)
    for epoch in range(3):
        steps, first = session.n_batches, 1 + epoch * session.n_batches
        report = session.steps(
            rule, state, learner.numbers, np.full(steps, 0.05), np.arange(24), 0, first
        )
        assert report.status == 0
    return session, state


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: learner.rule)
@pytest.mark.parametrize("make", [pruned, pruned_of_all_kinds])
def test_training_moves_no_zero(make, learner, batch, dtype):
    network = make(4)
    places = zero_places(network)
    session, state = trained(network, learner, batch, dtype=dtype, l2=0.01, clip=0.5)
    assert places.size >= zeros_of(network) > 0
    assert np.all(session._weights[places] == 0)
    if compile_network(network).one_to_one:
        assert np.all(state[:, places] == 0)
    assert np.isfinite(session.theta()).all()


def test_steps_are_the_twins():
    network = pruned(4)
    session, _ = trained(network, learners.GradientDescent(rate=0.05), "full")
    rng = np.random.default_rng(6)
    X, Y = (
        rng.normal(size=(24, network.n_inputs)),
        rng.normal(size=(24, network.n_outputs)),
    )
    theta = np.random.default_rng(7).normal(size=network.n_theta) / 4
    for _ in range(3):
        theta = theta - 0.05 * reference.loss_and_gradient(network, theta, X, Y)[1]
    assert np.allclose(session.theta(), theta, rtol=1e-11, atol=1e-12)


def test_links_die_and_zeros_do_not_come_alive():
    network = pruned(5)
    places = zero_places(network)
    session, _ = trained(network, learners.GradientDescent(rate=0.05), l1=0.2)
    alive = session.alive
    assert 0 < np.count_nonzero(~alive) < alive.size
    assert np.all(session.theta()[~alive] == 0)
    session.set_alive(np.ones(network.n_theta, bool))
    assert session.alive.all()
    assert np.all(session._weights[places] == 0)
    assert np.all(session._free[places] == 0)
