"""Penalties by formula: in fits, resumed fits and objectives; refusals and divergence."""

import numpy as np
import pytest

import wildwire as ww
from learning.problems import REGRESSION, SHARED, network, rows
from wildwire.engine import reference
from wildwire.errors import FunctionError, LanguageError, SettingError
from wildwire.functions import penalty
from wildwire.learning.learners import GradientDescent

FORMULA = "0.01*abs(w) + 0.02*w**2/(1 + w**2)"


@pytest.mark.parametrize("text", [REGRESSION, SHARED])
def test_batches_and_threads(text):
    """Each step minimises the mean loss of its rows plus the whole penalty."""
    made, theta = network(text)
    X, Y, weight = rows(600, made.n_outputs)
    settings = {
        "epochs": 1,
        "shuffle": False,
        "learner": GradientDescent(0.1),
        "penalty": FORMULA,
    }
    one, two = (
        ww.fit(
            made, X, Y, theta, batch=300, sample_weight=weight, threads=t, **settings
        )
        for t in (1, 2)
    )
    assert np.array_equal(one.theta, two.theta)
    expected = theta
    for part in (slice(0, 300), slice(300, 600)):
        _, slope = reference.loss_and_gradient(
            made, expected, X[part], Y[part], sample_weight=weight[part]
        )
        slope += reference.penalty_and_gradient(made, expected, penalty(FORMULA))[1]
        expected = expected - 0.1 * slope
    np.testing.assert_allclose(one.theta, expected, rtol=1e-12)


def test_l1_and_l2_stay_what_they_are():
    made, theta = network(REGRESSION)
    X, Y, _ = rows()
    plain = ww.fit(made, X, Y, theta, epochs=4, l1=0.01, l2=0.1)
    again = ww.fit(made, X, Y, theta, epochs=4, l1=0.01, l2=0.1, penalty=None)
    assert np.array_equal(plain.theta, again.theta)
    more = ww.fit(
        made, X, Y, theta, epochs=4, l1=0.01, l2=0.1, penalty=penalty("0.1*w**2")
    )
    assert not np.array_equal(plain.theta, more.theta)


def test_numbers_that_are_no_links_and_frozen_ones_are_spared():
    made = ww.parse(
        "input x\ng ~ gaussian(x, width=2.0)\ny = [3]*g + ?*x + 0.5\noutput y"
    )
    X = np.linspace(-1, 1, 9)
    start = np.array([0.7, 0.2, 2.0, 0.4, 0.5])
    moved = []
    for formula in (None, "10*w**2"):
        result = ww.fit(
            made,
            X,
            X,
            start,
            epochs=1,
            batch="full",
            learner=GradientDescent(0.01),
            penalty=formula,
        )
        moved.append(result.theta)
    links = np.array(["->" in name for name in made.theta_names])
    assert (moved[0] != moved[1]).tolist() == links.tolist()


@pytest.mark.parametrize("gradient", ["mean", "sum"])
@pytest.mark.parametrize("text", [REGRESSION, SHARED])
def test_objectives_are_differences_and_the_twins(text, gradient):
    made, theta = network(text)
    X, Y, weight = rows(9, made.n_outputs)
    objective = ww.learning.Objective(
        made, X, Y, sample_weight=weight, gradient=gradient, l2=0.1, penalty=FORMULA
    )
    value, slope = objective.value_and_gradient(theta)
    bare = ww.learning.Objective(
        made, X, Y, sample_weight=weight, gradient=gradient, l2=0.1
    )
    more, by_twin = reference.penalty_and_gradient(made, theta, penalty(FORMULA))
    assert value == pytest.approx(bare.value(theta) + more, rel=1e-12)
    np.testing.assert_allclose(
        slope, bare.gradient(theta) + by_twin, rtol=1e-10, atol=1e-12
    )
    for i in range(made.n_theta):
        step = np.zeros_like(theta)
        step[i] = 1e-6
        difference = (
            objective.value(theta + step) - objective.value(theta - step)
        ) / 2e-6
        assert slope[i] == pytest.approx(difference, rel=1e-5, abs=1e-6)


def test_a_resumed_run_has_the_same_bits_and_the_same_penalty(tmp_path):
    made, theta = network(REGRESSION)
    X, Y, _ = rows()
    path = tmp_path / "run.ckpt"
    settings = {"batch": 7, "seed": 3}
    whole = ww.fit(made, X, Y, theta, epochs=6, penalty=FORMULA, **settings)
    ww.fit(made, X, Y, theta, epochs=3, penalty=FORMULA, checkpoint=path, **settings)
    rest = ww.fit(
        made, X, Y, epochs=6, penalty=penalty(FORMULA), resume=path, **settings
    )
    assert np.array_equal(whole.theta, rest.theta)
    for other, shown in (("w**2", "is 'w"), (None, "is None")):
        with pytest.raises(SettingError, match=f"penalty was '0.01.abs.w.*{shown}"):
            ww.fit(made, X, Y, epochs=6, penalty=other, resume=path, **settings)
    ww.fit(made, X, Y, theta, epochs=3, checkpoint=path, **settings)
    with pytest.raises(SettingError, match="penalty was None, is 'w"):
        ww.fit(made, X, Y, epochs=6, penalty="w**2", resume=path, **settings)


def test_other_parameters_of_a_loss_are_not_resumed(tmp_path):
    made, theta = network(REGRESSION)
    X, Y, _ = rows()
    path = tmp_path / "run.ckpt"
    ww.fit(
        made, X, Y, theta, epochs=2, loss="huber(delta=0.5)", seed=0, checkpoint=path
    )
    ww.fit(made, X, Y, epochs=3, loss=["huber(delta=0.5)"], seed=0, resume=path)
    for other in ("huber", [("huber(delta=0.5)", 2.0)]):
        with pytest.raises(SettingError, match="another loss"):
            ww.fit(made, X, Y, epochs=3, loss=other, seed=0, resume=path)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (0.1, SettingError, "an expression in w such as '0.01.abs.w.', not 0.1"),
        (ww.loss("squared"), SettingError, "penalty must be an expression in w"),
        ("l2", FunctionError, "or l1=0.01, l2=0.01"),
        ("0.1*v", FunctionError, "unknown name 'v'"),
        ("0.1*", LanguageError, "the line ends here"),
        ("3", FunctionError, "does not depend on the weight"),
    ],
)
def test_what_is_no_penalty_is_refused(given, error, words):
    made, _ = network(REGRESSION)
    X, Y, _ = rows()
    for call in (ww.fit, ww.learning.Objective):
        with pytest.raises(error, match=words):
            call(made, X, Y, penalty=given)
    with pytest.raises(error, match=words):
        ww.NetworkRegressor(penalty=given).fit(X, Y[:, 0])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_penalty_that_is_not_finite_names_the_weight(dtype):
    made = ww.parse("input x\ny = ?*x + ?\noutput y")
    X = np.linspace(-1, 1, 9)
    result = ww.fit(made, X, X, [-0.5, 0.1], dtype=dtype, penalty="log(w)", epochs=3)
    assert result.reason == "diverged"
    assert (
        "The penalty or its slope has no finite value at 'x -> y' = -0.5."
        in result.message
    )
    assert result.theta.tolist() == np.array([-0.5, 0.1], dtype).tolist()
