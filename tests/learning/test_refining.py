"""Populations whose members are improved by another learner stay within their budget, whatever kind it is."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.learning import learners as ls

NETWORK = ww.parse("input a, b\nh[3] ~ tanh(a, b)\ny ~ identity(h)\noutput y\n")
X = np.random.default_rng(5).normal(size=(30, 2))
Y = X[:, 0] * X[:, 1]
LOCAL = (ls.GradientDescent(rate=0.1), ls.Adam(rate=0.02), ls.LevenbergMarquardt())


@pytest.mark.parametrize("local", LOCAL, ids=lambda local: type(local).__name__)
@pytest.mark.parametrize(
    "population", [ls.AntColony, ls.ParticleSwarm, ls.DifferentialEvolution]
)
def test_refinement_is_counted(population, local):
    learner = population(evaluations=300, refine=local)
    result = ww.fit(NETWORK, X, Y, learner=learner, epochs=10_000, seed=0)
    assert result.reason == "evaluations"
    assert result.evaluations <= 300
    assert result.gradients > 0


def test_a_value_in_a_session_counts_as_seen():
    from wildwire.learning.objective import Objective

    objective = Objective(NETWORK, X, Y, l2=0.1)
    session, theta = objective.session(), NETWORK.initial(1)
    session.load(theta)
    value = objective.value_in(session)
    assert objective.best[0] == value
    assert np.array_equal(objective.best[1], theta)
