"""Published runs, replayed through `fit` to the digits they print.

3-1 and 3-4-1 networks: full batch, summed gradient of 1/2 sum (y - o)^2, start from NumPy's RandomState(1).
Streetlights: online. The error is that before the step's update, so it is read from a run that ends just there.
"""

import numpy as np
import pytest

import wildwire as ww

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], float)
FULL = {"batch": "full", "gradient": "sum", "steady": None}

TWO_LAYERS = """
input a, b, c
h0 ~ logistic(a, b, c, [0])
h1 ~ logistic(a, b, c, [0])
h2 ~ logistic(a, b, c, [0])
h3 ~ logistic(a, b, c, [0])
o ~ logistic(h0, h1, h2, h3, [0])
output o
"""


def start_of(*shapes):
    """Weights 2*random - 1, each matrix (sources, targets) in C order, as theta: target by target."""
    random = np.random.RandomState(1)
    matrices = [2 * random.random_sample(shape) - 1 for shape in shapes]
    return np.concatenate([matrix.T.ravel() for matrix in matrices])


def descent(rate):
    return ww.learners.GradientDescent(rate=rate)


def test_one_neuron():
    network = ww.parse("input a, b, c\no ~ logistic(a, b, c, [0])\noutput o")
    result = ww.fit(
        network,
        X,
        [0, 0, 1, 1],
        start_of((3, 1)),
        learner=descent(1),
        epochs=9_999,
        **FULL,
    )
    printed = [
        0.0096644916879683,
        0.00786505967130926,
        0.9935889804970555,
        0.992119573219358,
    ]
    outputs = ww.run(network, result.theta, X)[:, 0]
    np.testing.assert_allclose(outputs, printed, rtol=0, atol=1e-15)
    assert result.steps == 9_999


PRINTED = {
    1.0: [
        0.4964100319027255, 0.008584525653247157, 0.005789459862507806,
        0.004629176776769985, 0.003958765280273649, 0.0035101225678616788,
    ],
    0.1: [
        0.496410031903, 0.0428880170001, 0.0240989942285,
        0.0181106521468, 0.0149876162722, 0.0130144905381,
    ],
}  # fmt: skip


@pytest.mark.parametrize(("rate", "tolerance"), [(1.0, 1e-16), (0.1, 5e-13)])
def test_two_layers(rate, tolerance):
    network = ww.parse(TWO_LAYERS)
    y = np.array([0, 1, 1, 0])
    theta = start_of((3, 4), (4, 1))
    for tens, printed in enumerate(PRINTED[rate]):
        if tens:
            theta = ww.fit(
                network, X, y, theta, learner=descent(rate), epochs=10_000, **FULL
            ).theta
        error = np.abs(y - ww.run(network, theta, X)[:, 0]).mean()
        assert abs(error - printed) < tolerance


def test_neuron_by_neuron_is_the_layered_generator():
    y, start = [0, 1, 1, 0], start_of((3, 4), (4, 1))
    written = ww.parse(TWO_LAYERS)
    layered = ww.parse(
        "input x[3]\nh[4] ~ logistic(x, [0])\no ~ logistic(h, [0])\noutput o"
    )
    one, other = (
        ww.fit(network, X, y, start, learner=descent(1), epochs=500, **FULL).theta
        for network in (written, layered)
    )
    assert one.tobytes() == other.tobytes()


def test_streetlights():
    """dE/do = o - t in this library; the source steps along 2(o - t) without the 2, which is the same."""
    lights = np.array(
        [[1, 0, 1], [0, 1, 1], [0, 0, 1], [1, 1, 1], [0, 1, 1], [1, 0, 1]], float
    )
    walk = [0, 1, 0, 1, 1, 0]
    network = ww.parse("input a, b, c\no = ?*a + ?*b + ?*c\noutput o")
    result = ww.fit(
        network, lights, walk, [0.5, 0.48, -0.7], learner=descent(0.1), batch=1,
        shuffle=False, epochs=40,
    )  # fmt: skip
    sums = 2 * 6 * result.history["loss"]
    assert abs(sums[0] - 2.6561231104) < 1e-15
    assert abs(sums[1] - 0.9628701776715985) < 2e-15
    assert abs(sums[-1] - 0.00053373677328488) < 1e-17


def test_xor_with_biases_lies_in_the_published_band():
    """2-5-1, tanh and logistic, mean gradient, rate 1: mean |error| after 10,000 steps."""
    network = ww.parse("input a, b\nh[5] ~ tanh(a, b)\no ~ logistic(h)\noutput o")
    corners, y = [[0, 0], [0, 1], [1, 0], [1, 1]], np.array([0, 1, 1, 0])
    for seed in range(3):
        start = np.random.default_rng(seed).uniform(-0.5, 0.5, network.n_theta)
        result = ww.fit(
            network, corners, y, start, learner=descent(1), batch="full", epochs=10_000
        )
        error = np.abs(y - ww.run(network, result.theta, corners)[:, 0]).mean()
        assert 0.0075 < error < 0.0125
