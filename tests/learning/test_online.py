"""Real-time recurrent learning against back-propagation through time."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import DataError

NETWORK = "input x\nh[3] ~ tanh(x, h@1, x@2)\ny ~ %s(h)\noutput y"


@pytest.mark.parametrize(
    ("loss", "output"),
    [("squared", "linear"), ("huber", "linear"), ("logistic", "logistic")],
)
def test_without_learning_the_gradients_add_up_to_that_through_time(loss, output):
    network = ww.parse(NETWORK % output)
    theta = network.initial(0)
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(60, 1)), rng.integers(0, 2, 60).astype(float)
    online = ww.learning.Online(network, theta, loss=loss, rate=0.0)
    total = np.zeros(network.n_theta)
    out = []
    for x, y in zip(X, Y, strict=True):
        out.append(online.step(x, y))
        total += online.gradient
    np.testing.assert_allclose(np.array(out), ww.run(network, theta, X), atol=1e-13)
    expected = ww.loss_and_gradient(network, theta, X, Y, loss=loss, gradient="sum")[1]
    np.testing.assert_allclose(total, expected, atol=1e-11)


def test_a_softmax_learns_which_input_came_last():
    network = ww.parse("input x[2]\nz[2] ~ linear(x@1)\noutput softmax(z)")
    online = ww.learning.Online(network, network.initial(0), loss="softmax", rate=0.5)
    rng = np.random.default_rng(0)
    right, before = [], np.zeros(2)
    for _ in range(400):
        x = np.eye(2)[rng.integers(2)]
        y = online.step(x, before if before.any() else [np.nan, np.nan])
        right.append(before @ y)
        before = x
    assert np.mean(right[-100:]) > 0.95


def test_bounds_and_missing_targets():
    network = ww.parse("input x\nlet a = 0.5 in [0, 0.6]\nm = a*m@1 + [1]*x\noutput m")
    online = ww.learning.Online(network, network.initial(0), rate=1.0)
    online.step([1.0])
    assert online.theta.tolist() == [0.5]
    online.step([1.0], 9.0)
    assert online.theta.tolist() == [0.6]


def test_bad_steps_change_nothing():
    network = ww.parse(NETWORK % "linear")
    online = ww.learning.Online(network, network.initial(0))
    other = ww.learning.Online(network, network.initial(0))
    for x, target, words in (
        ([np.nan], 0.0, "input x is nan"),
        ([1.0, 2.0], 0.0, "x has shape"),
        ([1.0], [1.0, 2.0], "target has shape"),
    ):
        with pytest.raises(DataError, match=words):
            online.step(x, target)
    np.testing.assert_array_equal(online.step([0.4], 1.0), other.step([0.4], 1.0))
    np.testing.assert_array_equal(online.theta, other.theta)
