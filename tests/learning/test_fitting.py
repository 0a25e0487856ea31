"""`fit` as users call it: arguments, units of the targets, refusals."""

import numpy as np
import pytest

import wildwire as ww
from learning.problems import CLASSES, REGRESSION, classes, network, rows
from wildwire.errors import DataError, SettingError, WildwireError
from wildwire.learning.learners import Adam, GradientDescent

X, Y, WEIGHT = rows(30)


def test_the_example_of_the_readme():
    made = ww.parse("input x1, x2\nh ~ tanh(x1, x2)\ny ~ logistic(h, x1, x2)\noutput y")
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]])
    result = ww.fit(
        made, corners, [0, 1, 1, 0], loss="logistic", learner=ww.learners.Adam(rate=0.05),
        batch="full", epochs=2000, seed=2,
    )  # fmt: skip
    outputs = ww.run(made, result.theta, corners)[:, 0]
    assert np.array_equal(outputs > 0.5, [False, True, True, False])
    assert result.history["loss"][-1] < 0.1 < result.history["loss"][0]


def test_numbers_of_the_text_are_the_start():
    made = ww.parse("input x\ny = 2*x + 1\noutput y")
    x = np.linspace(0, 1, 5)
    result = ww.fit(made, x, 2 * x + 1, epochs=1, history_of=["x -> y"])
    assert result.history["loss"][0] == 0
    assert result.history["x -> y"][0] == 2


def test_initialiser_and_seed_draw_the_start():
    made, _ = network(REGRESSION)
    nothing = {"epochs": 1, "learner": GradientDescent(0.0)}
    for seed in (3, np.random.SeedSequence(3)):
        result = ww.fit(made, X, Y, seed=seed, initialiser="normal", **nothing)
        expected = made.initial(seed=3, initialiser="normal")
        assert np.array_equal(result.theta, expected)


def test_the_start_is_that_of_the_network():
    """Without theta a run starts at `network.initial(seed)`: the same bits either way."""
    made, _ = network(REGRESSION)
    settings = {"seed": 5, "epochs": 3, "validation": 0.2}
    one = ww.fit(made, X, Y, **settings)
    two = ww.fit(made, X, Y, made.initial(seed=5), **settings)
    assert one.theta.tobytes() == two.theta.tobytes()
    assert one.history["loss"].tobytes() == two.history["loss"].tobytes()


def test_a_start_outside_its_bounds_is_refused():
    made = ww.parse("input x\nlet w = 0.5 in [0, 1]\ny = w*x\noutput y")
    x = np.linspace(0, 1, 5)
    for start in (-0.25, 1.5):
        with pytest.raises(SettingError, match=rf"'w' is {start}, outside .* 0\.\.1"):
            ww.fit(made, x, x, [start], epochs=1)
    for start in (0.0, 1.0):
        ww.fit(made, x, x, [start], epochs=1)


HUBER = "where(abs(o - t) < {0}, (o - t)**2/2, {0}*(abs(o - t) - {0}/2))"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("loss", ["squared", "absolute", "(o - t)**2", HUBER])
@pytest.mark.parametrize("unit", [1e-21, 1e9])
def test_units_of_the_target_do_not_matter(loss, unit, dtype):
    """The same scaled network on targets in other units: the same theta, the loss in those units."""
    body = (
        "input a, b, c\nh ~ tanh(a, b, c)\ns ~ identity(h, a)\nfixed y = {}*s\noutput y"
    )
    start = ww.parse(body.format(1.0)).initial(seed=1)
    settings = {"scale_loss": True, "epochs": 30, "dtype": dtype, "learner": Adam(0.02)}

    def run(scale):
        made = ww.parse(body.format(scale))
        return ww.fit(made, X, Y * scale, start, loss=loss.format(scale), **settings)

    if dtype == "float32" and unit < 1e-20 and loss not in ("squared", "absolute"):
        with pytest.raises(DataError, match="float32 cannot hold"):
            run(unit)
        return
    one, other = run(1.0), run(unit)
    tolerance = 1e-9 if dtype == "float64" else 1e-3
    np.testing.assert_allclose(other.theta, one.theta, rtol=tolerance, atol=tolerance)
    ratio = other.history["loss"] / one.history["loss"]
    degree = 1 if loss == "absolute" else 2
    np.testing.assert_allclose(ratio, unit**degree, rtol=tolerance)


@pytest.mark.parametrize("loss", ["squared", "absolute", "huber"])
def test_scaling_keeps_the_loss_that_is_reported(loss):
    made, theta = network(REGRESSION)
    still = {
        "epochs": 1,
        "batch": "full",
        "learner": GradientDescent(0.0),
        "validation": (X, Y),
    }
    runs = [
        ww.fit(made, X, Y, theta, loss=loss, scale_loss=s, **still)
        for s in (True, False)
    ]
    for name in ("loss", "validation"):
        values = [run.history[name][0] for run in runs]
        assert values[0] == pytest.approx(values[1], rel=1e-12)
    expected = ww.loss_and_gradient(made, theta, X, Y, loss=loss)[0]
    assert runs[0].history["loss"][0] == pytest.approx(expected, rel=1e-12)


def test_classes_are_learnt():
    made, theta = network(CLASSES)
    features, targets = classes(60)
    result = ww.fit(
        made, features, targets, theta, loss="softmax", epochs=150, learner="adam"
    )
    outputs = ww.run(made, result.theta, features)
    assert result.history["loss"][-1] < 0.8 * result.history["loss"][0]
    assert np.allclose(outputs.sum(axis=1), 1)


def test_a_network_without_numbers():
    made = ww.parse("input x\nfixed y = 2*x\noutput y")
    result = ww.fit(made, [1.0, 2.0], [2.0, 4.5], epochs=30)
    assert result.theta.shape == (0,)
    assert result.history["loss"][0] == pytest.approx(0.0625)


def test_threads_do_not_change_the_bits():
    made, theta = network(REGRESSION)
    one, two = (ww.fit(made, X, Y, theta, epochs=5, threads=n).theta for n in (1, 2))
    assert one.tobytes() == two.tobytes()


def test_the_users_arrays_stay_as_they_are():
    made, theta = network(REGRESSION)
    kept = [a.copy() for a in (X, Y, WEIGHT, theta)]
    result = ww.fit(made, X, Y, theta, sample_weight=WEIGHT, epochs=3)
    for array, before in zip((X, Y, WEIGHT, theta), kept, strict=True):
        assert np.array_equal(array, before)
    assert result.theta is not theta


BAD = [
    ({"epochs": 0}, SettingError, "epochs must be a whole number of 1 or more, not 0"),
    ({"batch": 0}, SettingError, "batch must be"),
    ({"learner": "adamm"}, SettingError, "did you mean 'adam'"),
    ({"loss": "sqared"}, WildwireError, "squared"),
    ({"loss": "logistic"}, SettingError, "outputs between 0 and 1"),
    ({"loss": "softmax"}, SettingError, "softmax head"),
    ({"loss": 3}, SettingError, "loss must be"),
    ({"time_limit": "soon"}, SettingError, "time limit"),
    ({"seed": -1}, SettingError, "seed must be"),
    ({"callbacks": [3]}, SettingError, "callbacks must be functions"),
    (
        {"history_of": ["a -> hh"]},
        SettingError,
        "no number 'a -> hh'. Did you mean 'a -> h'",
    ),
    ({"history_of": "loss"}, SettingError, "recorded under that name anyway"),
    ({"theta": np.zeros(3)}, DataError, r"theta must have shape \(11,\), not \(3,\)"),
    ({"theta": np.full(11, np.nan)}, DataError, "'a -> h' is nan"),
    ({"theta": ["a"] * 11}, DataError, "theta must be numbers"),
    ({"X": X[:, :2]}, DataError, "X must have shape"),
    ({"Y": np.where(Y > 1, np.inf, Y)}, DataError, "column 'y' is inf"),
    ({"validation": 2}, SettingError, "validation must be"),
    ({"network": "input x"}, SettingError, "must be a Network.*wildwire.parse"),
    ({"network": X}, SettingError, "network must be a Network"),
    ({"loss": ww.activation("twice(z) = 2*z")}, WildwireError, "loss"),
    ({"loss": X}, SettingError, "loss must be"),
    ({"learner": X}, SettingError, "learner must be"),
    ({"learner": Adam}, SettingError, "learner must be"),
    ({"theta": "abc"}, DataError, "theta must be numbers"),
    ({"theta": np.full(11, 1j)}, DataError, "theta is complex"),
    ({"X": X + 0j}, DataError, "X is complex"),
    ({"Y": Y + 0j}, DataError, "Y is complex"),
    ({"sample_weight": WEIGHT + 0j}, DataError, "sample_weight is complex"),
    ({"progress": "x"}, SettingError, "progress must be"),
    ({"dtype": None}, SettingError, "dtype must be"),
    ({"callbacks": 3}, SettingError, "callbacks must be"),
    ({"history_of": 3}, SettingError, "history_of must be"),
    ({"history_of": [3]}, SettingError, "3 is not a name"),
    ({"checkpoint": 3}, SettingError, "checkpoint must be a path"),
    ({"resume": 3}, SettingError, "resume must be a path"),
    ({"validation": X}, SettingError, "validation must be"),
    ({"initialiser": 3}, SettingError, "initialiser must be"),
    ({"initialiser": "glorott"}, SettingError, "glorot"),
]


@pytest.mark.parametrize(("changed", "error", "words"), BAD, ids=lambda v: str(v)[:40])
def test_refusals(changed, error, words):
    made, _ = network(REGRESSION)
    with pytest.raises(error, match=words) as caught:
        ww.fit(**{"network": made, "X": X, "Y": Y} | changed)
    assert "\n" not in str(caught.value)
