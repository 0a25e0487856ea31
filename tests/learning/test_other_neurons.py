"""Tasks that one neuron of the right kind solves: XOR, sin, 1/x; and what layers of sums need for sin."""

import numpy as np
import pytest
from scipy.optimize import minimize

import wildwire as ww
from wildwire.network.initialisers import Uniform

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = np.array([0.0, 1.0, 1.0, 0.0])


@pytest.mark.parametrize("seed", range(10))
def test_one_quadratic_neuron_learns_xor(seed):
    network = ww.parse("input x1, x2\ny ~ quadratic(x1, x2)\noutput y")
    learner = ww.learners.Adam(0.05)
    result = ww.fit(
        network, CORNERS, XOR, learner=learner, batch="full", epochs=2000, seed=seed
    )
    outputs = ww.run(network, result.theta, CORNERS)[:, 0]
    np.testing.assert_allclose(outputs, XOR, atol=1e-3)


def test_one_bump_neuron_learns_xor_in_most_runs():
    """Ten noisy points a corner, one point at a time, 20 epochs, rate 0.01: 188 of 200 in the literature."""
    network = ww.parse("input x1, x2\ny ~ bump(x1, x2, [0])\noutput y")
    right, numbers = 0, []
    for seed in range(200):
        noise = np.random.default_rng(seed).normal(0, 0.05, (40, 2))
        X, y = np.repeat(CORNERS, 10, axis=0) + noise, np.repeat(XOR, 10)
        result = ww.fit(
            network, X, y, learner=ww.learners.GradientDescent(rate=0.01), batch=1,
            epochs=20, initialiser=Uniform(0.25, 1.75), seed=seed,
        )  # fmt: skip
        outputs = ww.run(network, result.theta, X)[:, 0]
        right += np.array_equal(outputs > 0.5, y > 0.5)
        numbers.append(result.theta)
    assert 180 <= right <= 198
    np.testing.assert_allclose(np.median(numbers, axis=0), [1, 1], atol=0.01)


def test_one_sin_neuron_is_sin():
    network = ww.parse("input x\ny = sin(1*x)\noutput y")
    x = np.linspace(0, 2 * np.pi, 200)
    outputs = ww.run(network, network.start, x)[:, 0]
    np.testing.assert_allclose(outputs, np.sin(x), rtol=0, atol=3e-16)
    free = ww.parse("input x\ny ~ sin(x)\noutput y")
    result = ww.fit(
        free, x, np.sin(x), learner=ww.learners.Adam(0.02), batch="full", epochs=2000,
        initialiser=Uniform(0.5, 1.5), seed=0,
    )  # fmt: skip
    error = ww.run(free, result.theta, x)[:, 0] - np.sin(x)
    assert np.sqrt(np.mean(error**2)) < 1e-6


@pytest.mark.parametrize(
    ("line", "allowed"),
    [("y = reciprocal(1*x)", 1e-16), ("y = product(x: -1)", 4e-16)],
)
def test_one_neuron_is_one_over_x(line, allowed):
    network = ww.parse(f"input x\n{line}\noutput y")
    x = np.linspace(0.1, 5, 300)
    outputs = ww.run(network, network.start, x)[:, 0]
    assert np.abs(outputs * x - 1).max() <= allowed + 2e-16


def test_a_product_neuron_learns_one_over_x():
    network = ww.parse("input x\ny ~ product(x)\noutput y")
    x = np.linspace(0.2, 3, 60)
    result = ww.fit(
        network,
        x,
        1 / x,
        learner=ww.learners.Adam(0.02),
        batch="full",
        epochs=3000,
        seed=0,
    )
    assert result.theta[0] == pytest.approx(-1, abs=1e-6)


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
@pytest.mark.parametrize(
    ("width", "starts", "error"), [(1, 4, 0.2558), (2, 12, 0.0035), (3, 10, 0.00008)]
)
def test_sin_by_layers_of_sums_reaches_the_known_errors(
    activation, width, starts, error
):
    """RMSE over one period, best of some starts, by quasi-Newton steps on the engine's gradient."""
    x = np.linspace(0, 2 * np.pi, 200)
    text = f"input x\nh[{width}] ~ {activation}(x)\ny ~ linear(h)\noutput y"
    network = ww.parse(text)
    best = np.inf
    for seed in range(starts):
        found = minimize(
            lambda theta: ww.loss_and_gradient(network, theta, x, np.sin(x)),
            3 * network.initial(seed), jac=True, method="BFGS",
            options={"maxiter": 3000, "gtol": 1e-10},
        )  # fmt: skip
        best = min(best, float(np.sqrt(2 * found.fun)))
        if best < 1.02 * error:
            break
    assert best == pytest.approx(error, rel=0.05)
