"""Neurons with a formula of their own: kernels against the twin, differences, and known laws."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wildwire as ww
from wildwire.engine import evaluate, reference
from wildwire.engine.one import run_one

TEXTS = {
    "mixed": (
        "input a, b, v[3]\nlet k = 0.3\nq = exp(-k*a)/([1] + b*b)\n"
        "p[j: 3] = exp(v[j])/sum(exp(v))\nh ~ tanh(q, p, a)\n"
        "u = h*q + ?*sin(h)\ny ~ identity(u, h, p)\noutput y, u, q"
    ),
    "chain": "input a, b\nf = a*b\ng = f*f - 0.5*a\nh = cos(g)*f\ny = h/(2 + g*g)\noutput y",
    "twice": "input a, b\ny = a*b\nz = y*y + b\noutput y, z",
    "head": "input a, b\nz[3] ~ tanh(a, b)\nw[k: 3] = z[k]*a\noutput softmax(w)",
    "convolution": (
        "input x[9]\nlet p\nlet q\nh[k: 8] = tanh(p*x[k] + q*x[k+1])\n"
        "g[k: 7] = h[k]*h[k+1]\ny ~ identity(g)\noutput y"
    ),
}
NETWORKS = {name: ww.parse(text) for name, text in TEXTS.items()}


def data(network, n, seed=0):
    rng = np.random.default_rng(seed)
    X, Y = (
        rng.normal(size=(n, network.n_inputs)),
        rng.uniform(size=(n, network.n_outputs)),
    )
    return X, Y / Y.sum(axis=1, keepdims=True) if network.heads else Y


@pytest.mark.parametrize("n", [1, 3, 40, 300])
@pytest.mark.parametrize("name", NETWORKS)
def test_values_and_gradients_are_the_twins(name, n):
    network = NETWORKS[name]
    theta, (X, Y) = network.initial(1), data(network, n)
    loss = "softmax" if network.heads else "squared"
    expected = reference.forward(network, theta, X).outputs
    value, slope = reference.loss_and_gradient(network, theta, X, Y, loss=loss)
    for dtype, tolerance in (("float64", 1e-12), ("float32", 2e-4)):
        outputs = ww.run(network, theta, X, dtype=dtype)
        np.testing.assert_allclose(outputs, expected, rtol=tolerance, atol=tolerance)
        found = ww.loss_and_gradient(network, theta, X, Y, loss=loss, dtype=dtype)
        np.testing.assert_allclose(found[0], value, rtol=tolerance)
        np.testing.assert_allclose(found[1], slope, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_over_inputs_are_differences(name):
    network = NETWORKS[name]
    theta, (X, _) = network.initial(1), data(network, 5)
    found = ww.input_gradient(network, theta, X)
    for i in range(network.n_inputs):
        step = np.zeros_like(X)
        step[:, i] = 1e-5
        high, low = (ww.run(network, theta, X + s)[:, 0] for s in (step, -step))
        np.testing.assert_allclose(found[:, i], (high - low) / 2e-5, atol=1e-8)


SCALARS = (
    "{0}*{1}",
    "exp(-{0})*{1}",
    "{0}/(2 + {1}*{1})",
    "sin({0}) - cos({1})*{0}",
    "?*{0}*{1} + ?",
)


@st.composite
def expression_networks(draw):
    """Lines of formulas and of weighted sums that read whatever stands before them."""
    known, lines = ["a", "b"], []
    for i in range(draw(st.integers(1, 6))):
        sources = [draw(st.sampled_from(known)) for _ in range(2)]
        if draw(st.booleans()):
            body = "= " + draw(st.sampled_from(SCALARS)).format(*sources)
        else:
            body = f"~ tanh({', '.join(dict.fromkeys(sources))})"
        lines.append(f"n{i} {body}")
        known.append(f"n{i}")
    return "input a, b\n" + "\n".join(lines) + f"\noutput {known[-1]}"


@pytest.mark.slow
@settings(
    max_examples=80,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(expression_networks(), st.integers(0, 99), st.sampled_from([1, 6, 33]))
def test_random_networks_of_formulas(text, seed, n):
    network = ww.parse(text)
    theta, (X, Y) = network.initial(seed), data(network, n, seed)

    def twin(shake):
        value, slope = reference.loss_and_gradient(network, theta, X, Y, shake=shake)
        return np.append(slope, value)

    value, slope = ww.loss_and_gradient(network, theta, X, Y)
    allowed = 100 * np.finfo(float).eps * reference.condition(twin) + 1e-13
    assert (np.abs(np.append(slope, value) - twin(None)) <= allowed).all()
    again = ww.parse(network.to_text(theta))
    assert np.array_equal(ww.run(again, again.initial(0), X), ww.run(network, theta, X))


def test_threads_populations_and_single_samples():
    network = NETWORKS["mixed"]
    theta, (X, Y) = network.initial(0), data(network, 600)
    outputs = ww.run(network, theta, X)
    assert np.array_equal(outputs, ww.run(network, theta, X, threads=3))
    many = ww.run_many([network, network], [theta, theta], X, threads=2)
    assert np.array_equal(many[1], outputs)
    one, two = (
        ww.loss_and_gradient(network, theta, X, Y, threads=t)[1] for t in (1, 2)
    )
    assert np.array_equal(one, two)
    alone = run_one(network, theta, X[:1], "float64")
    np.testing.assert_allclose(alone, outputs[:1], rtol=1e-13)


def test_online_steps_are_the_twins():
    network = NETWORKS["mixed"]
    theta, (X, Y) = network.initial(0), data(network, 12)
    result = ww.fit(
        network, X, Y, theta=theta, batch=1, epochs=1, shuffle=False, progress=False,
        learner=ww.learners.GradientDescent(rate=0.01), patience=None, steady=None,
        scale_loss=False,
    )  # fmt: skip
    for i in range(12):
        _, slope = reference.loss_and_gradient(
            network, theta, X[i : i + 1], Y[i : i + 1]
        )
        theta = theta - 0.01 * slope
    np.testing.assert_allclose(result.theta, theta, rtol=1e-10, atol=1e-12)


def test_a_known_law_with_a_network_in_its_hole_is_one_network():
    """Arrhenius's law with an unknown factor g(x): energy and network are learnt together."""
    rng = np.random.default_rng(0)
    t, x = rng.uniform(300, 500, 400), rng.uniform(-1, 1, 400)
    rate = 3 * np.exp(-800 / (8.314 * t)) * (1 + 0.5 * np.tanh(2 * x))
    network = ww.parse(
        "input t, x\nlet e = 1\nh ~ tanh(x)\ng = 0.5*h + 1\n"
        "k = ?*exp(-[1000]*e/([8.314]*t))*g\noutput k"
    )
    result = ww.fit(
        network, np.column_stack((t, x)), rate, epochs=1500, batch="full", seed=2,
        learner=ww.learners.Adam(rate=0.02), patience=None, progress=False,
    )  # fmt: skip
    predicted = ww.run(network, result.theta, np.column_stack((t, x)))[:, 0]
    assert np.sqrt(np.mean((predicted - rate) ** 2)) < 0.02 * rate.std()


def test_the_first_non_finite_number_is_named():
    network = ww.parse("input a\ny = exp(a)*exp(a)\nz ~ tanh(y)\noutput z, y")
    theta = network.initial(0)
    name, row = evaluate.first_non_finite(network, theta, np.array([[1.0], [600.0]]))
    assert (name, row) == ("y", 1)


def test_trace_sums_to_the_gradient():
    network = NETWORKS["mixed"]
    theta, (X, Y) = network.initial(0), data(network, 1)
    trace = ww.trace(network, theta, X[0], Y[0])
    _, slope = ww.loss_and_gradient(network, theta, X, Y, gradient="sum")
    np.testing.assert_allclose(trace.gradient, slope, rtol=1e-11, atol=1e-13)
    u = next(neuron for neuron in trace.neurons if neuron.name == "u")
    place = network.theta_names.index("u w0")
    assert u.parameters["w0"][1] == pytest.approx(slope[place], rel=1e-11)
