"""Bayesian regularisation: alpha, beta and the number of effective numbers."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.errors import SettingError
from wildwire.learning.learners import LevenbergMarquardt

BAYESIAN = LevenbergMarquardt(bayesian=True)
LINE = ww.parse("input x[5]\ny ~ identity(x)\noutput y\n")


def linear(n=60, noise=0.5, seed=0):
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 5))
    return X, X @ [1.0, -0.5, 0.0, 0.3, 0.0] + 0.2 + noise * random.normal(size=n)


def fixed_point(X, y):
    """MacKay's equations for a linear model with an unpenalised bias, iterated in plain NumPy."""
    A = np.column_stack([X, np.ones(len(X))])
    P = np.diag([1.0] * 5 + [0.0])
    alpha, beta = 0.1, 1.0
    for _ in range(500):
        H = beta * A.T @ A + alpha * P
        theta = np.linalg.solve(H, beta * A.T @ y)
        gamma = 5 - alpha * np.trace(P @ np.linalg.inv(H))
        alpha = gamma / (theta[:5] @ theta[:5])
        beta = (len(y) - gamma - 1) / ((y - A @ theta) @ (y - A @ theta))
    return theta, alpha, beta, gamma + 1


def test_a_linear_model_ends_at_the_fixed_point():
    X, y = linear()
    theta, alpha, beta, gamma = fixed_point(X, y)
    result = ww.fit(LINE, X, y, theta=np.zeros(6), learner=BAYESIAN, epochs=300)
    assert result.reason == "converged"
    np.testing.assert_allclose(result.theta, theta, rtol=1e-2, atol=1e-3)
    assert result.details["alpha"] == pytest.approx(alpha, rel=2e-2)
    assert result.details["beta"] == pytest.approx(beta, rel=2e-2)
    assert result.details["effective numbers"] == pytest.approx(gamma, rel=1e-2)
    assert result.details["noise"] == pytest.approx(0.5, rel=0.3)
    assert "numbers, with noise of" in result.message


def test_noise_is_in_the_units_of_the_target():
    X, y = linear()
    result = ww.fit(LINE, X, 1e6 * y, theta=np.zeros(6), learner=BAYESIAN, epochs=300)
    assert result.details["noise"] == pytest.approx(0.5e6, rel=0.3)


def test_few_rows_determine_fewer_numbers_than_many():
    network = ww.parse("input x[5]\nh[8] ~ tanh(x)\ny ~ identity(h)\noutput y\n")
    counts = []
    for n in (25, 400):
        X, y = linear(n)
        result = ww.fit(network, X, y, learner=BAYESIAN, epochs=150, seed=1)
        counts.append(result.details["effective numbers"])
        assert result.details["noise"] > 0.1
    assert counts[0] < counts[1] < network.n_theta


def test_classes():
    X, y = linear()
    network = ww.parse("input x[5]\ny ~ logistic(x)\noutput y\n")
    result = ww.fit(
        network, X, (y > 0).astype(float), loss="logistic", learner=BAYESIAN, epochs=200
    )
    assert result.details["beta"] == 1.0
    assert 1 < result.details["effective numbers"] < 6
    assert np.isfinite(result.theta).all()


REFUSED = (
    ({"l2": 0.1}, "chooses the penalty itself"),
    ({"penalty": "0.1*abs(w)"}, "chooses the penalty itself"),
    ({"loss": "huber"}, "not 'huber'"),
)


@pytest.mark.parametrize("options, told", REFUSED)
def test_refused(options, told):
    X, y = linear()
    with pytest.raises(SettingError, match=told):
        ww.fit(LINE, X, y, learner=BAYESIAN, **options)
