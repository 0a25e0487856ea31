"""Networks whose transfers are taken apart."""

import numpy as np
import pytest

import wildwire as ww
from engine.second_order_problems import problem
from wildwire.functions import transfer, transfers
from wildwire.functions.parted import parted
from wildwire.program.compile import program_of
from wildwire.program.expanded import expanded
from wildwire.program.kernel import kernel_for


@pytest.mark.parametrize("kind", ["transfers", "recurrent", "settling"])
def test_the_same_values_without_transfers(kind):
    for seed in range(4):
        made = problem(kind, seed)
        value, gradient = made.second_order().at(made.theta)
        known_value, known = made.gradient(made.theta)
        scale = 1 + np.abs(known).max(initial=0)
        assert value == pytest.approx(known_value, rel=1e-12)
        assert np.allclose(gradient, known, rtol=0, atol=1e-12 * scale)


def test_a_network_without_transfers_stays_itself():
    network = ww.parse("input x\ny ~ tanh(x)\noutput y")
    assert expanded(network) is network


def test_neurons_stand_before_the_one_that_they_belong_to():
    network = ww.parse(
        "input x, u\na ~ tanh(quadratic(x, u))\nb ~ max(a, x)\noutput b, a"
    )
    made = expanded(network)
    assert made.transfers == (None,)
    assert made.n_neurons == len(made.activation) > 2
    assert (
        made.output_node[1] < made.output_node[0] == made.n_inputs + made.n_neurons - 1
    )
    now = made.link_source - made.n_inputs
    assert np.all(now < made.link_target)
    program = program_of(made, kernel_for(made.n_links), False)
    assert np.array_equal(
        np.unique(program.slot[program.slot >= 0]), np.arange(network.n_theta)
    )


@pytest.mark.parametrize("name", transfers())
def test_functions_do_not_grow_with_the_links(name):
    parts = parted(transfer(name))
    assert len(parts.values) == transfer(name).n_values
    for part in (*parts.values, *(reduction.term for reduction in parts.reductions)):
        assert 1 <= len(part.arguments) == len(part.function.arguments) <= 6
        assert len(part.numbers) == part.function.n_parameters


def test_one_link_has_no_pair_of_two():
    text = "transfer crossed(w, x, q) = sum(w*x) + pairs(q*x*x', distinct)\ninput x\ny ~ crossed(x)\noutput y"
    network = ww.parse(text)
    made = expanded(network)
    assert np.isfinite(made.link_value).all() and made.n_neurons == 5
