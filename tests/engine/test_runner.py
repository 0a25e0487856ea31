"""Runner: step by step, from where the last call ended."""

import numpy as np
import pytest

import wildwire as ww
from engine.recurrent_networks import numbers_for, recurrent_network, sequences_for
from wildwire.engine import reference, reference_sequences
from wildwire.errors import DataError, SettingError, SettleError, UntrainedError


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("seed", range(12))
def test_steps_are_the_bits_of_a_run(seed, dtype):
    network = recurrent_network(seed)
    theta = numbers_for(network, seed)
    X = sequences_for(network, seed, 1, 90)[0][0]
    runner = ww.Runner(network, theta, dtype=dtype)
    whole = runner.run(X)
    runner.reset()
    np.testing.assert_array_equal([runner.step(x) for x in X], whole)
    runner.reset()
    parts = [runner.run(part) for part in np.split(X, [1, 33, 34, 70])]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("seed", range(20))
def test_a_runner_agrees_with_the_batch(seed):
    network = recurrent_network(seed)
    theta = numbers_for(network, seed)
    X = sequences_for(network, seed, 3, 40)[0]

    def twin(shake):
        found = reference_sequences.forward_sequence(network, theta, X, shake=shake)
        return reference_sequences.outputs_of(found)

    allowed = 1e-12 * (1 + reference.condition(twin).max())
    batch = ww.run(network, theta, X)
    for x, out in zip(X, batch, strict=True):
        assert np.abs(ww.Runner(network, theta).run(x) - out).max() <= allowed


def test_the_state_is_saved_and_put_back_exactly(tmp_path):
    network = recurrent_network(8)
    theta = numbers_for(network, 8)
    X = sequences_for(network, 8, 1, 60)[0][0]
    runner = ww.Runner(network, theta)
    runner.run(X[:25])
    np.save(tmp_path / "state.npy", runner.state)
    rest = runner.run(X[25:])
    other = ww.Runner(network, theta)
    other.state = np.load(tmp_path / "state.npy")
    np.testing.assert_array_equal(other.run(X[25:]), rest)
    assert runner.state.shape == (network.n_delays, len(network.names))


def test_the_state_names_its_nodes():
    network = ww.parse("input x\nm = [0.5]*m@2 + [1]*x\nstart m = [4]\noutput m")
    runner = ww.Runner(network, [])
    assert runner.state.tolist() == [[0.0, 4.0], [0.0, 4.0]]
    runner.run([[1.0], [2.0], [3.0]])
    assert list(network.names) == ["x", "m"]
    assert runner.state.tolist() == [[2.0, 4.0], [3.0, 4.5]]


def test_feedback_is_the_closed_loop_of_run():
    network = ww.parse("input y\nh[3] ~ tanh(y@1..2)\nz ~ linear(h, y@1)\noutput z")
    theta = network.initial(2)
    X = np.random.default_rng(0).normal(size=(30, 1))
    options = {"feedback": {"y": "z"}}
    expected = ww.run(network, theta, X, warm_up=10, **options)
    runner = ww.Runner(network, theta, **options)
    runner.closed = False
    open_ = runner.run(X[:10])
    runner.closed = True
    closed = runner.run(np.zeros((20, 1)))
    found = np.concatenate((open_, closed))
    np.testing.assert_allclose(found, expected, atol=1e-13)


def test_a_network_without_memory_runs_too():
    network = ww.parse("input x\ny ~ tanh(x)\noutput y")
    theta = network.initial(0)
    runner = ww.Runner(network, theta)
    X = np.linspace(-1, 1, 80)[:, None]
    np.testing.assert_allclose(runner.run(X), ww.run(network, theta, X), atol=1e-15)
    assert runner.state.shape == (0, 2)


def test_bad_inputs_leave_the_state_as_it_was():
    network = ww.parse("input x, u\nm ~ tanh(x, u, m@1)\noutput m")
    runner = ww.Runner(network, network.initial(0))
    runner.step([0.3, 0.1])
    before = runner.state
    for bad, words in (
        ([np.nan, 0.0], "input x is nan in step 0"),
        ([0.0], r"x has shape \(1,\)"),
        (0.0, "x has shape"),
    ):
        with pytest.raises(DataError, match=words):
            runner.step(bad)
    with pytest.raises(DataError, match="input u is inf in step 2"):
        runner.run([[0, 0], [0, 0], [0, np.inf]])
    with pytest.raises(DataError, match="must be"):
        runner.run(np.zeros((3, 3)))
    with pytest.raises(SettingError, match="state has shape"):
        runner.state = np.zeros((2, 2))
    with pytest.raises(DataError, match="not finite"):
        runner.state = np.full((1, 3), np.nan)
    np.testing.assert_array_equal(runner.state, before)
    with pytest.raises(UntrainedError):
        ww.Runner(network, np.full(network.n_theta, np.nan))


def test_a_step_that_does_not_settle_is_told():
    network = ww.parse(
        "input x\ns = tanh([-5]*s + [1]*x + [0.1]*s@1)\nsettle steps=30\noutput s"
    )
    with pytest.raises(SettleError, match="within 30 sweeps"):
        ww.Runner(network, []).step([0.5])
    calm = ww.parse("input x\ns = tanh([0.3]*s + [1]*x + [0.1]*s@1)\nsettle\noutput s")
    X = np.random.default_rng(0).normal(size=(20, 1))
    runner = ww.Runner(calm, [])
    np.testing.assert_allclose(runner.run(X), ww.run(calm, [], X), atol=1e-9)
