"""Neurons with any transfer: kernels against the twin and differences, threads, one sample, populations."""

import numpy as np
import pytest

import wildwire as ww
from engine.transfer_networks import numbers_for, sample_for, transfer_network
from wildwire.engine import evaluate, reference
from wildwire.engine.guards import guard_sentences

SIZES = (1, 2, 5, 17, 40, 70)
NETWORKS = 340


def _case(seed):
    network = transfer_network(seed)
    return (
        network,
        numbers_for(network, seed),
        *sample_for(network, seed, SIZES[seed % 6]),
    )


def _difference(network, theta, X, Y, weight, i, step):
    """Fourth-order difference of the loss along one number, on the kernels' values."""
    value = 0.0
    for factor, coefficient in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
        moved = theta.copy()
        moved[i] += factor * step
        loss = evaluate.loss_and_gradient(network, moved, X, Y, sample_weight=weight)[0]
        value += coefficient * loss
    return value / (12 * step)


@pytest.mark.slow
def test_gradients_of_all_transfers_agree_with_the_twin_and_with_differences():
    checks = kinked = infinite = 0
    for seed in range(NETWORKS):
        network, theta, X, Y, weight = _case(seed)
        value, gradient = evaluate.loss_and_gradient(
            network, theta, X, Y, sample_weight=weight
        )

        def twin(shake=None, case=(network, theta, X, Y), weight=weight):
            loss, slope = reference.loss_and_gradient(
                *case, sample_weight=weight, shake=shake
            )
            return np.append(slope, loss)

        condition = 1 + reference.condition(twin, shakes=2).max()
        if not np.isfinite(condition):
            infinite += 1
            continue
        found = np.append(gradient, value)
        assert np.abs(found - twin()).max() <= 1e-12 * condition, seed
        chosen = np.random.default_rng(seed).permutation(network.n_theta)[:3]
        for i in chosen:
            step = 1e-3 * max(1.0, abs(theta[i]))
            case = (network, theta, X, Y, weight, i)
            coarse, fine = _difference(*case, step), _difference(*case, step / 2)
            checks += 1
            if abs(coarse - fine) > 2e-8 * condition:
                kinked += 1  # a stencil that meets a kink or a guard says nothing
                continue
            own_error = abs(coarse - fine)
            assert abs(gradient[i] - fine) <= 1e-6 * condition + own_error, (seed, i)
    assert checks > 2.5 * NETWORKS
    assert kinked < 0.1 * checks
    assert infinite < 0.1 * NETWORKS


@pytest.mark.parametrize("seed", range(30))
def test_input_gradients_agree_with_differences(seed):
    network, theta, *_ = _case(seed)
    X = sample_for(network, seed, 41)[0]  # some of them meet a kink
    found = ww.input_gradient(network, theta, X)
    for i in range(network.n_inputs):
        moved = [
            X + step * (np.arange(network.n_inputs) == i) for step in (1e-5, -1e-5)
        ]
        up, down = (ww.run(network, theta, part)[:, 0] for part in moved)
        difference = (up - down) / 2e-5
        size = 1 + np.abs(difference)
        assert np.median(np.abs(found[:, i] - difference) / size) < 1e-6


@pytest.mark.parametrize("seed", range(20))
def test_the_same_bits_for_any_number_of_threads(seed):
    network, theta, *_ = _case(seed)
    X, Y, weight = sample_for(network, seed, 700)
    results = [
        ww.loss_and_gradient(network, theta, X, Y, sample_weight=weight, threads=n)
        for n in (1, 2, 3)
    ]
    assert len({loss for loss, _ in results}) == 1
    assert len({gradient.tobytes() for _, gradient in results}) == 1
    outputs = [ww.run(network, theta, X, threads=n) for n in (1, 2, 3)]
    assert len({output.tobytes() for output in outputs}) == 1


@pytest.mark.parametrize("seed", range(20))
def test_float32_agrees_with_float64(seed):
    network, theta, X, Y, weight = _case(seed)
    exact, short = (
        ww.loss_and_gradient(network, theta, X, Y, sample_weight=weight, dtype=dtype)[1]
        for dtype in ("float64", "float32")
    )
    size = 1 + np.abs(exact).max(initial=0)
    if np.isfinite(size):
        assert np.abs(exact - short).max(initial=0) <= 1e-2 * size


# One name, two meanings, in a transfer and the activation around it; and what has no slope at all.
LINES = [
    ("act(t(a, b), pi=?)", "t(w, x) = pi*sum(w*x)", "act(z, pi=2) = pi*z*z"),
    ("act(t(a, b, pi=?))", "t(w, x, pi=2) = pi*sum(w*x)", "act(z) = pi*z*z"),
    ("act(t(a, b, pi=?))", "t(w, x, pi=2) = (pi*sum(w*x), max(x))", "act(z, v) = pi*z*z + v"),
    ("act(t(a, b))", "t(pi, x) = (sum(pi*x), max(x))", "act(z, v) = pi*z*z + v"),
    ("act(t(a, b, z=?), k=?)", "t(w, x, z=2) = z*exp(sum(w*x))", "act(z, k=2) = z*k"),
    ("act(t(a, b, k=?), k_=?)", "t(w, x, k=2) = (k*sum(w*x), 1)", "act(z, v, k_=2, k=3) = z*k_ + k"),
    ("f(t(a, b), distinct=?)", "t(w, x, v) = (pairs(x*x', distinct), max(v))", "f(a, b, distinct=2) = a*b*distinct"),
    ("silu(t(a, b))", "t(w, x) = exp(sum(w*logistic(x)))", "logistic(z) = z*z"),
    ("act(t(a, b))", "t(w, x, v) = (sum(w*x), sum(v*x))", "act(a, b, v[3]) = sum(v*a) + b"),
    ("tanh(t(a, b))", "t(w, x) = sum(w*tanh(x))", "tanh(z) = 1.7159*tanh(2/3*z)"),
    ("tanh(t(a, b))", "t(w, x) = sum(where(x > 0, 1, 0))", ""),
    ("tanh(t(a, b))", "t(w, x) = sum(w*x) + pairs(1, distinct)", ""),
    ("tanh(t(a, b))", "t(w, x) = sum(w*x)/sum(1) + prod(sign(x))", ""),
    ("tanh(t(a, b))", "t(w, x) = max(sign(x))*sum(w - mean(where(x > 0, 1, 0)))", ""),
    ("tanh(t(a, b))", "t(w, x, q) = sum(w*x) + pairs(max(q*x, x'))", ""),
]  # fmt: skip


@pytest.mark.parametrize(("call", "inside", "around"), LINES)
def test_formulas_put_together_mean_what_they_mean_apart(call, inside, around):
    definition = f"\nactivation {around}" if around else ""
    network = ww.parse(
        f"input a, b\ny ~ {call}\noutput y\ntransfer {inside}{definition}"
    )
    rng = np.random.default_rng(0)
    theta = rng.uniform(0.2, 1.5, network.n_theta)
    X, Y = rng.uniform(0.2, 1.5, (7, 2)), rng.uniform(size=(7, 1))
    loss, gradient = evaluate.loss_and_gradient(network, theta, X, Y)
    expected, slope = reference.loss_and_gradient(network, theta, X, Y)
    assert loss == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient, slope, rtol=1e-10, atol=1e-12)


def test_the_constant_of_a_formula_is_itself():
    network = ww.parse(
        "input a\ny = act(t(a: 2, pi=5), pi=7)\noutput y\n"
        "transfer t(w, x, pi=1) = pi*exp(sum(w*x))\nactivation act(z, pi=1) = pi + circle(z)\n"
        "activation circle(r) = pi*r**2"
    )
    found = ww.run(network, network.start, [[0.5]])
    assert found.item() == pytest.approx(7 + np.pi * (5 * np.e) ** 2, rel=1e-12)


def test_populations_of_networks_with_transfers():
    X = np.random.default_rng(0).uniform(0.2, 1.5, (40, 1))
    networks, thetas = [], []
    for name in ("distance(x)", "tanh(quadratic(x, h))", "product(x, h)"):
        text = f"input x\nh ~ sin(x)\ny ~ {name}\noutput y"
        networks.append(ww.parse(text))
        thetas.append(numbers_for(networks[-1], 1))
    together = ww.run_many(networks, thetas, X)
    for network, theta, found in zip(networks, thetas, together, strict=True):
        np.testing.assert_array_equal(found, ww.run(network, theta, X))


@pytest.mark.parametrize("batch", [1, 16, "full"])
@pytest.mark.parametrize(
    "name", ["distance", "quadratic", "product", "max", "contrast"]
)
def test_training_resumes_bit_for_bit_and_lowers_the_loss(name, batch, tmp_path):
    network = ww.parse(
        f"input a, b\nh[3] ~ tanh({name}(a, b))\ny ~ linear(h)\noutput y"
    )
    rng = np.random.default_rng(0)
    X = rng.uniform(0.2, 1.5, (60, 2))
    Y = X[:, 0] * X[:, 1]
    rate = 0.005 if batch == 1 else 0.02
    settings = {"learner": ww.learners.Adam(rate), "batch": batch, "seed": 1}
    whole = ww.fit(network, X, Y, epochs=60, **settings)
    place = tmp_path / "half"
    ww.fit(network, X, Y, epochs=30, checkpoint=place, **settings)
    rest = ww.fit(network, X, Y, epochs=60, resume=place, **settings)
    assert whole.theta.tobytes() == rest.theta.tobytes()
    start = ww.loss_and_gradient(network, network.initial(1), X, Y)[0]
    assert ww.loss_and_gradient(network, whole.theta, X, Y)[0] < start


def test_a_text_with_every_transfer_reads_back_to_the_last_bit():
    for seed in range(40):
        network = transfer_network(seed)
        theta = numbers_for(network, seed)
        again = ww.parse(network.to_text(theta))
        assert again.start.tobytes() == theta.tobytes()
        X = sample_for(network, seed, 7)[0]
        first, second = ww.run(network, theta, X), ww.run(again, again.start, X)
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("seed", range(25))
def test_guards_are_counted_as_the_twin_does(seed):
    network = transfer_network(seed)
    theta = numbers_for(network, seed)
    X = np.random.default_rng(seed).uniform(-0.5, 1, (70, network.n_inputs))
    X[::7] = 0
    counts = ww.guards(network, theta, X, threads=1 + seed % 2)
    slow = reference.guard_counts(network, theta, X)
    names = network.names[network.n_inputs :]
    assert counts == {n: slow[names.index(n)] for n in counts}
    assert all(name in counts or not slow[j] for j, name in enumerate(names))


def test_a_guard_of_a_transfer_is_told_by_name():
    network = ww.parse("input a, b\np ~ product(a, b)\noutput p")
    X = np.array([[1.0, -1.0], [2.0, 3.0], [-1.0, -1.0]])
    theta = np.array([0.5, 0.5])
    counts = ww.guards(network, theta, X)
    assert counts == {"p": 2}
    (told,) = guard_sentences(network, theta, counts, 3)
    assert told == (
        "p: the guard of exp(sum(w*log(x))) was active in 2 of 3 rows "
        "(x held at 1e-12 or above)"
    )
