"""Networks of steps learn by a training slope, and do not learn without one."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.network.initialisers import Uniform

X = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]])
Y = np.array([0.0, 1, 1, 0])  # exclusive or
SEEDS = 20


def solved(slope, output):
    """How many of 20 seeds give a 2-2-1 network of steps that answers all four rows."""
    choice = f", slope={slope}" if slope else ""
    last = f"step(h{choice})" if output == "step" else "linear(h)"
    network = ww.parse(
        f"input x1, x2\nh[2] ~ step(x1, x2{choice})\ny ~ {last}\noutput y"
    )
    count = 0
    for seed in range(SEEDS):
        result = ww.fit(
            network, X, Y, learner=ww.learners.Adam(rate=0.1), batch="full", epochs=1000,
            initialiser=Uniform(-1, 1, biases=True), seed=seed, progress=False,
        )  # fmt: skip
        answers = ww.run(network, result.theta, X)[:, 0]
        count += np.array_equal(answers > 0.5, Y > 0.5)
    return count


@pytest.mark.parametrize("output", ["linear", "step"])
def test_steps_learn_exclusive_or_with_the_slope_of_a_logistic(output):
    assert solved("logistic", output) >= 18  # 20 and 20 where this was written


def test_steps_do_not_learn_it_without():
    # Only the last neuron learns; the steps stay where they were drawn.
    assert solved(None, "linear") <= 4


def test_a_users_own_jump_learns_by_its_slope():
    network = ww.parse(
        "activation notch(z) = where(abs(z) < 1, 0, 1), slope = z/(1 + z**4)\n"
        "input x1, x2\ny ~ notch(x1, x2)\noutput y"
    )
    assert network.function_of(0).evaluate(0, [np.array([-2.0, 0.5])])[0].tolist() == [
        1,
        0,
    ]
    theta = np.array([0.5, 0.2, 0.1])
    value, gradient = ww.loss_and_gradient(network, theta, X, 1 - Y)
    z = X @ theta[:2] + theta[2]
    error = (np.abs(z) >= 1) - (1 - Y)
    expected = error * z / (1 + z**4) / 4
    assert value > 0 and np.any(error != 0)
    np.testing.assert_allclose(
        gradient, [expected @ X[:, 0], expected @ X[:, 1], expected.sum()]
    )


def test_a_chosen_slope_is_asked_also_where_the_loss_knows_a_shorter_way():
    theta, X, Y = np.array([0.7, -0.2]), np.array([[0.5], [-1.0]]), np.array([1.0, 0.0])
    plain = ww.parse("input x\ny ~ logistic(x)\noutput y")
    chosen = ww.parse("input x\ny ~ logistic(x, slope=triangle)\noutput y")
    value, gradient = ww.loss_and_gradient(plain, theta, X, Y, loss="logistic")
    other_value, other = ww.loss_and_gradient(chosen, theta, X, Y, loss="logistic")
    assert other_value == pytest.approx(value, rel=1e-13)
    z = theta[0] * X[:, 0] + theta[1]
    o = 1 / (1 + np.exp(-z))
    expected = (o - Y) / (o * (1 - o)) * (1 - np.abs(z)) / 2
    np.testing.assert_allclose(other, [expected @ X[:, 0], expected.sum()], rtol=1e-12)
    assert abs(gradient[0] - other[0]) > 0.01
