"""Networks whose weights are of unit length, at right angles or positive, fitted through `ww.fit`."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import SettingError, UnknownNameError
from wildwire.learning.learners import RiemannianDescent, manifolds

TEXT = """
input a, b, c, d
h[3] ~ tanh(a, b, c, d)
g ~ tanh(a, b)
y ~ linear(h, g)
output y
"""


def whitened(n=80, seed=0):
    """Inputs of unit covariance (n, 4), and what two directions at right angles make of them (n, 1)."""
    X = np.random.default_rng(seed).normal(size=(n, 4))
    X -= X.mean(axis=0)
    X = X @ np.linalg.inv(np.linalg.cholesky(X.T @ X / n)).T
    u, v = X @ [0.6, 0.8, 0, 0], X @ [0, 0, 0.6, -0.8]
    return X, (np.tanh(u) - 0.5 * np.tanh(v + 0.3))[:, None]


def fitted(placed, text=TEXT, epochs=300, data=None, **options):
    network = ww.parse(text)
    X, Y = data or whitened()
    learner = RiemannianDescent(placed, **options)
    return network, ww.fit(network, X, Y, learner=learner, epochs=epochs, seed=3)


@pytest.mark.parametrize("step", ["retraction", "exponential"])
def test_unit_vectors_for_each_neuron(step):
    placed = {"h": manifolds.Sphere(), "g": manifolds.Sphere(radius=2.0)}
    network, result = fitted(placed, step=step, momentum=0.8)
    lengths = np.linalg.norm(network.matrix(result.theta, "h").weights, axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-14)
    own = network.matrix(result.theta, "g").weights
    assert np.linalg.norm(own) == pytest.approx(2, abs=1e-14)
    losses = result.history["loss"]
    assert losses[-1] < 0.01 * losses[0]
    assert (np.diff(losses) <= 0).all()
    assert "The start was moved onto the manifold: " in result.message
    assert "and 3 more (Sphere" in result.message


@pytest.mark.parametrize("retraction", ["qr", "polar"])
def test_an_orthonormal_layer_finds_the_directions_behind_whitened_inputs(retraction):
    text = """
    input a, b, c, d
    h[2] ~ tanh(a, b, c, d)
    y ~ linear(h)
    output y
    """
    network, result = fitted(
        {"h": manifolds.Stiefel(retraction=retraction)}, text, momentum=0.8
    )
    W = network.matrix(result.theta, "h").weights
    np.testing.assert_allclose(W @ W.T, np.eye(2), atol=1e-14)
    found = np.abs(W @ np.array([[0.6, 0.8, 0, 0], [0, 0, 0.6, -0.8]]).T)
    np.testing.assert_allclose(np.sort(found.ravel()), [0, 0, 1, 1], atol=1e-3)


def test_positive_weights_make_a_network_that_rises():
    random = np.random.default_rng(1)
    x = np.sort(random.uniform(-2, 2, size=60))
    Y = np.tanh(2 * x) + 0.3 * random.normal(size=60)
    text = "input x\nh[4] ~ tanh(x)\ny ~ linear(h)\noutput y"
    placed = {"h": manifolds.Positive(), "y": manifolds.Positive()}
    network, result = fitted(placed, text, data=(x, Y))
    assert (network.matrix(result.theta, "h").weights > 0).all()
    assert (network.matrix(result.theta, "y").weights > 0).all()
    assert (np.diff(ww.run(network, result.theta, x)[:, 0]) > 0).all()
    assert result.history["loss"][-1] < 0.06


def test_a_run_in_two_parts_has_the_same_bits(tmp_path):
    network, (X, Y) = ww.parse(TEXT), whitened()
    learner = RiemannianDescent(
        {"h": manifolds.Stiefel(), "g": manifolds.Sphere()}, momentum=0.8
    )
    settings = {"learner": learner, "seed": 3}
    whole = ww.fit(network, X, Y, epochs=12, **settings)
    path = tmp_path / "run"
    ww.fit(network, X, Y, epochs=5, checkpoint=path, **settings)
    parts = ww.fit(network, X, Y, epochs=12, resume=path, **settings)
    assert parts.theta.tobytes() == whole.theta.tobytes()
    assert parts.history["loss"].tobytes() == whole.history["loss"].tobytes()
    assert parts.message == whole.message
    other = RiemannianDescent({"h": manifolds.Sphere(), "g": manifolds.Sphere()})
    with pytest.raises(SettingError, match="learner was RiemannianDescent"):
        ww.fit(network, X, Y, epochs=12, resume=path, learner=other, seed=3)


def test_an_interruption_never_hands_back_what_is_off_the_manifold():
    network, (X, Y) = ww.parse(TEXT), whitened()
    objective = ww.learning.Objective(network, X, Y)
    learner = RiemannianDescent({"h": manifolds.Sphere()})
    course = learner.begin(objective, network.initial(seed=0), None)
    assert course.keeps_last
    placed = course.theta.copy()

    class Stop(Exception):
        pass

    def stop():
        raise Stop

    objective.watched_by(stop)
    with pytest.raises(Stop):
        course.step()
    assert course.theta.tobytes() == placed.tobytes()
    objective.watched_by(None)
    again = learner.begin(objective, network.initial(seed=0), None)
    again.step()
    course.step()
    assert again.theta.tobytes() == course.theta.tobytes()


@pytest.mark.parametrize(
    ("placed", "words"),
    [
        ({"hh": manifolds.Sphere()}, "no neuron or group 'hh'. Did you mean 'h'"),
        ({("h", "g"): manifolds.Stiefel()}, "g has other sources than h"),
    ],
)
def test_fit_refuses(placed, words):
    with pytest.raises((SettingError, UnknownNameError), match=words):
        fitted(placed, epochs=1)
