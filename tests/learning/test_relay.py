"""Relays and restarts: learners that run other learners."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import SettingError
from wildwire.learning.learners import (
    Adam,
    GradientDescent,
    LevenbergMarquardt,
    ParticleSwarm,
    Relay,
    Restarts,
)

CURVE = ww.parse("input a, b\nh[3] ~ tanh(a, b)\ny ~ identity(h)\noutput y\n")
X = np.random.default_rng(5).normal(size=(30, 2))
Y = X[:, 0] * X[:, 1]


def fit(learner, **options):
    return ww.fit(CURVE, X, Y, theta=CURVE.initial(1), learner=learner, **options)


def test_a_relay_goes_on_where_the_one_before_ended():
    first = fit(GradientDescent(rate=0.1), batch="full", epochs=20)
    second = ww.fit(
        CURVE, X, Y, theta=first.theta, learner=LevenbergMarquardt(), epochs=10
    )
    relay = fit(Relay(GradientDescent(rate=0.1), LevenbergMarquardt(), steps=(20, 10)))
    np.testing.assert_allclose(relay.theta, second.theta, rtol=1e-10)


def test_a_relay_never_gives_back_something_worse_than_a_stage_found():
    losses = [
        fit(Relay(ParticleSwarm(), learner, steps=15)).history["loss"][-1]
        for learner in (GradientDescent(rate=1e6), LevenbergMarquardt())
    ]
    swarm = fit(ParticleSwarm(), epochs=15).history["loss"][-1]
    assert max(losses) <= swarm * (1 + 1e-12)
    assert losses[1] < 0.5 * swarm


def test_steps_of_a_relay():
    assert Relay("adam", "lm").default_epochs == 400
    assert Relay("adam", "lm", steps=7).steps == (7, 7)
    assert Relay("adam", "lm", steps=(3, 4)).default_epochs == 7


def test_restarts_keep_the_best_and_tell_of_all():
    result = fit(Restarts(LevenbergMarquardt(), 6, steps=25))
    losses = result.details["losses"]
    assert losses.shape == (6,)
    assert result.history["loss"][-1] == pytest.approx(losses.min(), rel=1e-12)
    assert len(np.unique(losses)) > 1
    assert "6 starts: best objective" in result.message


def test_the_first_start_is_the_one_given():
    alone = fit(LevenbergMarquardt(), epochs=9)
    result = fit(Restarts(LevenbergMarquardt(), 3, steps=9))
    assert result.details["losses"][0] == alone.history["loss"][-1]


def test_a_goal_ends_the_restarts():
    result = fit(Restarts(LevenbergMarquardt(), 50, goal=1e-2, steps=60))
    assert result.reason == "converged"
    assert len(result.details["losses"]) < 50
    assert "The goal was reached." in result.message


@pytest.mark.parametrize(
    "learner",
    [
        Restarts(Adam(rate=0.02), 3, steps=4),
        Restarts(LevenbergMarquardt(), 4, steps=3),
        Relay(ParticleSwarm(), Adam(rate=0.02), LevenbergMarquardt(), steps=4),
    ],
    ids=["adam", "levenberg-marquardt", "relay"],
)
@pytest.mark.parametrize("cut", [1, 4, 6, 9])
def test_resumed_in_any_stage_to_the_bit(learner, cut, tmp_path):
    whole = fit(learner, epochs=12)
    path = tmp_path / "run"
    fit(learner, epochs=cut, checkpoint=path)
    rest = ww.fit(CURVE, X, Y, learner=learner, epochs=12, resume=path)
    assert rest.theta.tobytes() == whole.theta.tobytes()
    assert rest.history["loss"].tobytes() == whole.history["loss"].tobytes()
    for name, values in whole.details.items():
        assert np.array_equal(rest.details[name], values)


REFUSED = (
    (lambda: Relay("adam"), "two learners or more"),
    (lambda: Relay("adam", 3), "must be learners"),
    (lambda: Relay("adam", "lm", steps=(1, 2, 3)), "3 entries for 2 learners"),
    (lambda: Relay("adam", "lm", steps=0), "whole numbers of 1 or more"),
    (lambda: Restarts("adam", 0), "n of Restarts"),
    (lambda: Restarts("adm"), "did you mean 'adam'"),
    (lambda: Restarts("adam", goal="low"), "goal of Restarts"),
)


@pytest.mark.parametrize("make, told", REFUSED)
def test_refused(make, told):
    with pytest.raises(SettingError, match=told):
        make()


def test_restarts_of_a_network_that_states_all_numbers():
    network = ww.parse("input a\ny = 0.5*a + 0.1\noutput y\n")
    with pytest.raises(SettingError, match="this one states all"):
        ww.fit(network, X[:, 0], Y, learner=Restarts(LevenbergMarquardt()))
