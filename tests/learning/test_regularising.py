"""Dropout, noise on weights and their greatest length in `fit`: against the slow twin, and what they are for."""

import numpy as np
import pytest

import wildwire as ww
from learning.problems import CLASSES, REGRESSION, SHARED, classes, network, rows
from learning.random_twins import bits, factor, normal
from learning.slow_fit import SlowRun
from learning.test_every_form import TEXT
from wildwire.errors import SettingError
from wildwire.learning.dropout import dropout_shares, hidden_neurons
from wildwire.learning.learners import Adam, GradientDescent

X, Y, WEIGHT = rows(37, 2, seed=3)
LAYERS = (
    "input a, b, c\nh[5] ~ tanh(a, b, c)\ng[6] ~ relu(h)\ny ~ identity(g, a)\noutput y"
)
# Formulas, transfers, functions with parameters, shared numbers, skips.
MIXED = """
input a, b, c
let w = 0.7
h ~ elu(a, b, c, alpha=?)
m ~ max(h, b, c)
e = exp(-w*h*h) + ?*m
k ~ product(a2, e)
a2 = [2.0] + sin(w*a)
s ~ softplus(e, k, m)
y ~ identity(h, e, s, k)
z ~ identity(s)
output y, z
"""


def twin_of(made, theta, X, Y, **settings):
    loss = settings.pop("loss", "squared")
    quick = ww.fit(
        made, X, Y, theta, loss=loss, scale_loss=False, steady=None, **settings
    )
    asked = settings.pop("dropout", 0.0)
    asked = tuple(asked.items()) if isinstance(asked, dict) else asked
    settings["shares"] = dropout_shares(made, asked)
    return quick, SlowRun(made, X, Y, theta, loss=loss, **settings)


def assert_same(quick, slow, rtol=1e-9):
    np.testing.assert_allclose(quick.theta, slow.theta, rtol=rtol, atol=1e-11)
    np.testing.assert_allclose(quick.history["loss"], slow.losses, rtol=rtol)


@pytest.mark.parametrize("batch", [1, 7, "full"])
@pytest.mark.parametrize(
    "settings",
    [
        {"dropout": 0.4},
        {"weight_noise": 0.1},
        {"max_norm": 0.6},
        {
            "dropout": 0.3,
            "weight_noise": 0.05,
            "max_norm": 0.8,
            "l1": 0.01,
            "l2": 0.01,
            "clip": 1.0,
        },
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "text", [LAYERS, MIXED, SHARED, REGRESSION], ids=lambda t: t[:40]
)
def test_fit_is_its_twin(text, settings, batch):
    made, theta = network(text)
    quick, slow = twin_of(
        made, theta, X, Y[:, : made.n_outputs], batch=batch, epochs=3, seed=5,
        learner=Adam(rate=0.02), sample_weight=WEIGHT, **settings,
    )  # fmt: skip
    assert_same(quick, slow)


def test_classes_are_their_twin():
    made, theta = network(CLASSES)
    X, Y = classes(30)
    quick, slow = twin_of(
        made, theta, X, Y, loss="softmax", batch=8, epochs=4, seed=1,
        learner=GradientDescent(rate=0.1), dropout={"h": 0.5}, weight_noise=0.02,
        max_norm=1.0,
    )  # fmt: skip
    assert_same(quick, slow)


def test_every_form_of_neuron():
    made = ww.parse(TEXT)
    random = np.random.default_rng(0)
    inputs = np.column_stack([
        random.uniform(130, 160, 20), np.eye(2)[random.integers(0, 2, 20)],
        random.normal(size=20), random.uniform(0.5, 2, 20),
    ])  # fmt: skip
    targets = (inputs[:, 3] * inputs[:, 1] > 0).astype(float)
    quick, slow = twin_of(
        made, made.initial(0), inputs, targets, loss="logistic", batch=6, epochs=2,
        seed=2, learner=GradientDescent(rate=0.02), dropout=0.3,
    )  # fmt: skip
    assert_same(quick, slow)


@pytest.mark.parametrize(
    "settings", [{"dropout": 0.4, "weight_noise": 0.1, "max_norm": 1.0}]
)
def test_bits_do_not_depend_on_threads(settings):
    made, theta = network(LAYERS)
    inputs, targets, _ = rows(600)
    runs = [
        ww.fit(
            made,
            inputs,
            targets,
            theta,
            batch=512,
            epochs=4,
            threads=threads,
            **settings,
        )
        for threads in (1, 2)
    ]
    assert runs[0].theta.tobytes() == runs[1].theta.tobytes()


@pytest.mark.parametrize("batch", [1, 8])
def test_float32_draws_the_same_numbers(batch):
    """A few steps, before roundings have grown."""
    made, theta = network(MIXED)
    runs = [
        ww.fit(
            made, X, Y, theta, batch=batch, epochs=1, seed=1, dtype=dtype,
            learner=GradientDescent(rate=1e-3), dropout=0.4, weight_noise=0.05,
            max_norm=1.0, scale_loss=False,
        )
        for dtype in ("float64", "float32")
    ]  # fmt: skip
    np.testing.assert_allclose(runs[1].theta, runs[0].theta, rtol=1e-3, atol=1e-4)


def test_a_run_goes_on_bit_for_bit(tmp_path):
    made, theta = network(LAYERS)
    settings = {
        "batch": 5, "seed": 8, "dropout": {"h": 0.2, "g[1]": 0.6}, "weight_noise": 0.05,
        "max_norm": 0.9,
    }  # fmt: skip
    targets = Y[:, :1]
    whole = ww.fit(made, X, targets, theta, epochs=8, **settings)
    ww.fit(made, X, targets, theta, epochs=3, checkpoint=tmp_path / "a", **settings)
    rest = ww.fit(made, X, targets, epochs=8, resume=tmp_path / "a", **settings)
    assert rest.theta.tobytes() == whole.theta.tobytes()
    with pytest.raises(SettingError, match="dropout was"):
        ww.fit(
            made, X, targets, epochs=8, resume=tmp_path / "a",
            **{**settings, "dropout": 0.1},
        )  # fmt: skip


def test_nothing_asked_for_changes_no_bit():
    made, theta = network(LAYERS)
    plain = ww.fit(made, X, Y[:, :1], theta, epochs=5)
    zeros = ww.fit(
        made, X, Y[:, :1], theta, epochs=5, dropout={"h": 0.0}, weight_noise=0,
        max_norm=1e300,
    )  # fmt: skip
    assert plain.theta.tobytes() == zeros.theta.tobytes()


def test_validation_sees_all_neurons():
    made, theta = network(LAYERS)
    held = (X[:9], Y[:9, :1])
    result = ww.fit(
        made, X, Y[:, :1], theta, epochs=1, dropout=0.5, learner=GradientDescent(rate=0),
        validation=held,
    )  # fmt: skip
    value = ww.loss_and_gradient(made, theta, *held)[0]
    assert result.history["validation"][0] == pytest.approx(value, rel=1e-12)
    assert result.history["loss"][0] != pytest.approx(value, rel=1e-3)


def test_sequences_have_one_mask_for_all_steps():
    """The gradient of a step is that of its own loss, by differences; every step of a sequence counts."""
    made = ww.parse(
        "input x\nm = tanh(?*m@1 + ?*x)\ns ~ tanh(m, m@1)\ny ~ identity(s, m)\noutput y"
    )
    random = np.random.default_rng(0)
    inputs, targets = random.normal(size=(2, 6, 5, 1))
    theta = random.normal(size=made.n_theta) / 2

    def step(at, rate):
        result = ww.fit(
            made, inputs, targets, at, batch="full", epochs=1, dropout=0.4, seed=3,
            learner=GradientDescent(rate=rate), scale_loss=False,
        )  # fmt: skip
        return result.history["loss"][0], result.theta

    slope = theta - step(theta, 1.0)[1]
    for i in range(len(theta)):
        shift = 1e-6 * np.eye(len(theta))[i]
        rise = step(theta + shift, 0.0)[0] - step(theta - shift, 0.0)[0]
        assert slope[i] == pytest.approx(rise / 2e-6, rel=1e-6, abs=1e-9)
    plain = ww.loss_and_gradient(made, theta, inputs, targets)[0]
    assert step(theta, 0.0)[0] != pytest.approx(plain, rel=1e-3)


def test_silent_neurons_that_are_not_finite_are_silent():
    """Of exp(5000), silent for this row, nothing is left: 0 times infinity is no number."""
    made = ww.parse("input a\nh ~ tanh(a)\ng = exp(?*a)\ny ~ identity(h, g)\noutput y")
    theta = np.full(made.n_theta, 0.5)
    for seed in range(20):
        from wildwire.learning.shuffling import seed_key

        if factor(seed_key(seed), 0, 0, 1, 0.5) == 0:
            break
    result = ww.fit(
        made, [[1e4]], [[0.0]], theta, epochs=1, dropout={"g": 0.5}, seed=seed,
        scale_loss=False,
    )  # fmt: skip
    assert np.isfinite(result.history["loss"]).all()


def test_who_is_hidden():
    made = ww.parse(
        "input a, b\nfixed s = (a - 3)/2\nh[2] ~ tanh(s, b)\nk = h[0]*h[1]\nq ~ identity(h, k)\n"
        "fixed y = 46*q + 145\noutput y"
    )
    names = np.array(made.names[made.n_inputs :])
    assert list(names[hidden_neurons(made)]) == ["h[0]", "h[1]"]
    shares = dropout_shares(made, (("k", 0.25), ("h[1]", 0.5)))
    assert dict(zip(names[shares > 0], shares[shares > 0], strict=True)) == {
        "h[1]": 0.5, "k": 0.25,
    }  # fmt: skip
    assert dropout_shares(made, 0.0) is None


def test_lengths_and_bounds():
    """Bounds win over lengths; frozen numbers are not scaled."""
    made = ww.parse(
        "input a, b\nlet p = 2.5 in [2, 3]\nh = tanh(p*a + ?*b)\ny = [5.0]*h + ?*a\noutput y"
    )
    theta = made.initial(0)
    result = ww.fit(made, X[:, :2], Y[:, :1], theta, epochs=5, max_norm=1.0)
    assert made.numbers(result.theta)["p"] == 2.0
    weights = [
        made.numbers(result.theta)[name] for name in made.theta_names if "a ->" in name
    ]
    assert np.abs(weights).max() <= 1.0


def test_random_numbers_are_random():
    """Shares, moments and neighbours of the numbers that kernels draw."""
    masks = np.array(
        [[factor(7, 2, s, n, 0.3) == 0 for s in range(600)] for n in range(40)]
    )
    assert masks.mean() == pytest.approx(0.3, abs=0.01)
    assert abs(np.corrcoef(masks)[np.triu_indices(40, 1)]).max() < 0.2
    drawn = np.array([[normal(7, step, i) for i in range(50)] for step in range(400)])
    assert drawn.mean() == pytest.approx(0, abs=0.03)
    assert drawn.std() == pytest.approx(1, abs=0.03)
    assert (np.abs(drawn) > 3).mean() == pytest.approx(0.0027, abs=0.002)
    # The first three of the generator's author, for seed 1234567.
    known = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [bits(1234567, k) for k in range(3)] == known


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"dropout": 1.0}, "dropout must be below 1"),
        ({"dropout": -0.1}, "dropout must be a number 0 or more"),
        ({"dropout": {"h": 1.5}}, "dropout of 'h' must be below 1"),
        ({"dropout": {"hh": 0.5}}, "no neuron or group 'hh'. Did you mean 'h'"),
        ({"dropout": {"y": 0.5}}, "'y' is an output"),
        ({"weight_noise": -1}, "weight_noise must be"),
        ({"max_norm": 0}, "max_norm must be a number above 0"),
        ({"dropout": 0.1, "learner": "lbfgs"}, "dropout changes single steps.*LBFGS"),
        (
            {"weight_noise": 0.1, "learner": "cg"},
            "weight_noise changes.*ConjugateGradient",
        ),
        ({"max_norm": 1.0, "learner": "irprop+"}, "max_norm changes.*IRpropPlus"),
    ],
)
def test_refusals(settings, words):
    made, theta = network(LAYERS)
    with pytest.raises(SettingError, match=words):
        ww.fit(made, X, Y[:, :1], theta, **settings)


@pytest.mark.parametrize(
    "settings", [{"dropout": 0.1}, {"weight_noise": 0.01}, {"max_norm": 2.0}], ids=str
)
def test_the_learner_that_is_chosen_knows_them(settings):
    made, theta = network(LAYERS)
    result = ww.fit(made, X, Y[:, :1], theta, learner="auto", epochs=2, **settings)
    assert "Adam was chosen" in result.message


def test_networks_that_settle_are_refused():
    made = ww.parse("input x\nm = tanh(0.5*m + ?*x)\ny ~ identity(m)\noutput y\nsettle")
    with pytest.raises(SettingError, match="settle"):
        ww.fit(made, X[:, :1], Y[:, :1], made.initial(0), dropout=0.2)
