"""One network at many thetas in one call, against `loss_and_gradient` at each."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wildwire as ww
from engine import recurrent_networks, settling_networks
from network.strategies import SMOOTH, TRANSFERS, filled, networks
from wildwire.engine.memory import read_memory
from wildwire.engine.population_losses import PopulationLosses
from wildwire.errors import DataError, SettingError, UntrainedError

RANDOM = settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def near(theta, count, seed=0, by=0.1):
    """Thetas around one, which is the first."""
    shift = by * np.random.default_rng(seed).normal(size=(count, len(theta)))
    shift[0] = 0
    return theta + shift


def check(network, thetas, X, Y, *, loss="squared", sample_weight=None, **options):
    """The same bits as one call each, for any threads, alone and among others; those values."""
    found = []
    for threads in (1, 2, 5):
        losses = PopulationLosses(
            network, X, Y, loss=loss, sample_weight=sample_weight, threads=threads,
            memory=read_memory(*map(options.get, ("warm_up", "truncate", "feedback"))),
        )  # fmt: skip
        found.append(losses.values(thetas))
        np.testing.assert_array_equal(found[-1], found[0])
        np.testing.assert_array_equal(losses.values(thetas[::-1]), found[0][::-1])
    alone = [losses.values(theta[None])[0] for theta in thetas]
    np.testing.assert_array_equal(alone, found[0])
    single = [
        ww.loss_and_gradient(
            network, theta, X, Y, loss=loss, sample_weight=sample_weight,
            gradient="sum", **options,
        )[0]
        for theta in thetas
    ]  # fmt: skip
    np.testing.assert_array_equal(found[0], single)
    return found[0]


@pytest.mark.slow
@RANDOM
@given(st.data())
def test_random_networks(data):
    network = data.draw(networks(activations=SMOOTH, transfers=TRANSFERS, softmax=True))
    rows = data.draw(st.sampled_from([1, 2, 33, 150, 300]))
    rng = np.random.default_rng(rows)
    X = rng.uniform(0.2, 1, (rows, network.n_inputs))
    Y = rng.uniform(0.1, 1, (rows, network.n_outputs))
    for head in network.heads:
        own = Y[:, head.first : head.first + head.count]
        own /= own.sum(axis=1, keepdims=True)
    weight = rng.integers(0, 3, rows) + 0.5
    check(network, near(filled(network, rows), 5), X, Y, sample_weight=weight)


@pytest.mark.parametrize("seed", range(12))
def test_networks_with_memory(seed):
    network = recurrent_networks.recurrent_network(seed)
    theta = recurrent_networks.numbers_for(network, seed)
    X, Y, weight = recurrent_networks.sequences_for(network, seed, (1, 3, 70)[seed % 3], 8)  # fmt: skip
    thetas = near(theta, 4, by=0.02)
    check(network, thetas, X, Y, sample_weight=weight, warm_up=seed % 2)


def test_sequences_of_several_lengths_and_feedback():
    network = ww.parse("input x, y\nh ~ tanh(x, y@1, h@1)\nnext ~ linear(h)\noutput next")  # fmt: skip
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(steps, 2)) for steps in (5, 9, 7)]
    Y = [rng.normal(size=(steps, 1)) for steps in (5, 9, 7)]
    thetas = near(network.initial(0), 4)
    check(network, thetas, X, Y, warm_up=2, feedback={"y": "next"})


@pytest.mark.parametrize("seed", range(10))
def test_networks_that_settle(seed):
    network = settling_networks.settling_network(seed)
    theta = settling_networks.numbers_for(network, seed)
    X, Y, weight = settling_networks.samples_for(network, seed, (1, 4, 140)[seed % 3])
    check(network, near(theta, 4, by=0.01), X, Y, sample_weight=weight)


def test_what_does_not_settle_is_infinitely_bad():
    network = ww.parse("input x\nh = ?*tanh(h) + x\nsettle steps=20\noutput h")
    losses = PopulationLosses(network, [[1.0], [0.5]], [0.0, 0.0], loss="squared")
    found = losses.values([[0.3], [-9.0], [0.3]])
    assert np.isinf(found[1]) and found[0] == found[2] and np.isfinite(found[0])


def test_other_losses_several_outputs_and_weights_of_outputs():
    network = ww.parse("input a, b\ny[3] ~ tanh(a, b)\nz ~ logistic(y)\noutput y, z")
    rng = np.random.default_rng(1)
    X, Y = rng.normal(size=(40, 2)), rng.uniform(size=(40, 4))
    thetas = near(network.initial(0), 6)
    loss = {"y[0]": "huber", "y[1]": ("abs(o - t)**1.5", 0.3), "z": "logistic"}
    check(network, thetas, X, Y, loss=loss)
    check(network, thetas, X, Y, loss=loss, sample_weight=rng.uniform(size=(40, 4)))


def test_wide_blocks_go_through_matrix_products():
    network = ww.parse("input x[300]\nh[300] ~ tanh(x)\ny ~ linear(h)\noutput y")
    rng = np.random.default_rng(2)
    X, Y = rng.normal(size=(260, 300)), rng.normal(size=260)
    check(network, near(network.initial(0), 3, by=0.01), X, Y)


def test_infinite_and_unknown_losses_come_out_as_they_are():
    network = ww.parse("input x\ny = exp(?*x) - exp(?*x)\noutput y")
    losses = PopulationLosses(network, [[1.0], [2.0]], [0.0, 0.0], loss="squared")
    found = losses.values([[0.0, 0.0], [1e3, 0.0], [1e3, 1e3], [0.5, 0.0]])
    assert found[0] == 0 and np.isinf(found[1]) and np.isnan(found[2])
    assert np.isfinite(found[3])


def test_discontinuous_neurons_have_losses():
    network = ww.parse("input x\ny = step(?*x + ?)\noutput y")
    losses = PopulationLosses(
        network, [[-1.0], [1.0]], [0.0, 1.0], loss="(o - t)**2", sample_weight=[1, 3.0]
    )
    np.testing.assert_array_equal(losses.values([[1, 0], [-1, 0], [0, 1]]), [0, 4, 1])


def test_no_thetas_and_no_numbers():
    network = ww.parse("input x\ny = [2]*x\noutput y")
    losses = PopulationLosses(network, [[1.0], [2.0]], [0.0, 1.0], loss="(o - t)**2")
    np.testing.assert_array_equal(losses.values(np.zeros((3, 0))), [13.0] * 3)
    assert losses.values(np.zeros((0, 0))).shape == (0,)


def test_many_thetas_are_walked_in_several_calls(monkeypatch):
    network = ww.parse("input a\ny ~ tanh(a)\noutput y")
    X, Y = np.linspace(-1, 1, 300)[:, None], np.zeros(300)
    losses = PopulationLosses(network, X, Y, loss="squared")
    thetas = near(network.initial(0), 50)
    whole = losses.values(thetas)
    monkeypatch.setattr("wildwire.engine.population_losses.MOST_ITEMS", 30)
    np.testing.assert_array_equal(losses.values(thetas), whole)


@pytest.mark.parametrize(
    ("thetas", "error", "words"),
    [
        (np.zeros(2), SettingError, r"thetas has shape \(2,\)"),
        (np.zeros((3, 4)), SettingError, r"needs \(m, 2\)"),
        ([[0.0, 1.0], [np.nan, 1.0]], UntrainedError, "a -> y"),
        ([["a", "b"]], SettingError, "thetas cannot be read"),
    ],
)
def test_faults_of_thetas(thetas, error, words):
    network = ww.parse("input a\ny ~ tanh(a)\noutput y")
    losses = PopulationLosses(network, [[1.0]], [0.0], loss="squared")
    with pytest.raises(error, match=words):
        losses.values(thetas)


def test_faults_of_samples():
    network = ww.parse("input a\ny ~ logistic(a)\noutput y")
    with pytest.raises(DataError, match="probabilities"):
        PopulationLosses(network, [[1.0]], [2.0], loss="logistic")
    with pytest.raises(SettingError, match="threads"):
        PopulationLosses(network, [[1.0]], [1.0], loss="logistic", threads=0)
