"""Standard errors: against textbook formulas, certified values and simulations; what the data cannot determine."""

import pickle

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import t as student

import wildwire as ww
from learning.problems import REGRESSION, SHARED, network, rows
from wildwire.errors import DataError, SettingError
from wildwire.learning import Objective, uncertainty

LINE = ww.parse("input a, b\ny = ?*a + ?*b + ?\noutput y")
RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(40, 2))
Y = X @ [1.5, -0.7] + 0.4 + 0.3 * RANDOM.normal(size=40)
DESIGN = np.column_stack([X, np.ones(40)])
THETA = np.linalg.lstsq(DESIGN, Y, rcond=None)[0]
RESIDUALS = Y - DESIGN @ THETA


def least_squares(design, y, weight=1.0):
    """Solution, covariance and noise of a weighted regression, as a textbook has them."""
    weight = np.broadcast_to(weight, y.shape)
    normal = design.T @ (weight[:, None] * design)
    found = np.linalg.solve(normal, design.T @ (weight * y))
    noise = (weight * (y - design @ found) ** 2).sum() / (len(y) - len(found))
    return found, noise * np.linalg.inv(normal), np.sqrt(noise)


# ---- against formulas -----------------------------------------------------------------------


def test_linear_regression_is_that_of_the_textbook():
    theta, covariance, noise = least_squares(DESIGN, Y)
    found = uncertainty(LINE, theta, X, Y)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-10)
    np.testing.assert_allclose(found.standard_errors**2, np.diag(covariance), 1e-10)
    assert found.noise == pytest.approx([noise], rel=1e-12)
    assert found.degrees_of_freedom == pytest.approx([37])
    assert found.effective_numbers == pytest.approx(3)
    assert found.from_minimum < 1e-10
    assert found.undetermined == found.at_bound == found.combinations == ()
    reach = student.ppf(0.95, 37) * found.standard_errors
    np.testing.assert_allclose(
        found.intervals(0.9), np.stack([theta - reach, theta + reach], 1), rtol=1e-12
    )


def test_predictions_are_as_uncertain_as_the_textbook_says():
    _, covariance, noise = least_squares(DESIGN, Y)
    found = uncertainty(LINE, THETA, X, Y)
    new = RANDOM.normal(size=(7, 2)) * 3
    design = np.column_stack([new, np.ones(7)])
    mean = np.einsum("ij,jk,ik->i", design, covariance, design)
    std, std_new = found.prediction_std(new)
    assert std.shape == std_new.shape == (7, 1)
    np.testing.assert_allclose(std[:, 0] ** 2, mean, rtol=1e-10)
    np.testing.assert_allclose(std_new[:, 0] ** 2, mean + noise**2, rtol=1e-10)
    weight = np.arange(1.0, 8)
    _, precise = found.prediction_std(new, sample_weight=weight)
    np.testing.assert_allclose(precise[:, 0] ** 2, mean + noise**2 / weight, rtol=1e-10)
    assert found.prediction_std(np.empty((0, 2)))[0].shape == (0, 1)


MISRA_X = [
    77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0,
]  # fmt: skip
MISRA_Y = [
    10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78,
]  # fmt: skip
MISRA = "input x\nlet b1 = {}\nlet b2 = {}\ny = b1*([1] - exp(-b2*x))\noutput y"


@pytest.mark.parametrize("start", [(500, 0.0001), (250, 0.0005)])
def test_certified_values_of_misra1a(start):
    """NIST StRD, nonlinear regression, problem Misra1a, from both of its starts."""
    law = ww.parse(MISRA.format(*start))
    learner = ww.learners.LevenbergMarquardt()
    result = ww.fit(law, MISRA_X, MISRA_Y, learner=learner, progress=False)
    found = uncertainty(law, result.theta, MISRA_X, MISRA_Y)
    np.testing.assert_allclose(found.theta, [238.94212918, 5.5015643181e-4], rtol=1e-8)
    certified = [2.7070075241, 7.2668688436e-6]
    np.testing.assert_allclose(found.standard_errors, certified, rtol=1e-6)
    assert found.noise == pytest.approx([0.1018787633], rel=1e-8)
    assert str(found).splitlines()[0] == "b1 = 238.9 ± 2.7"


def by_jacobian(made, theta, x, y, weight=None):
    """A^-1 B A^-1 and the noise of several outputs with squared losses, from the Jacobian."""
    moved = ww.jacobian(made, theta, x)
    n = made.n_outputs
    weight = np.ones(len(y)) if weight is None else weight
    parts = [moved[:, q].T @ (weight[:, None] * moved[:, q]) for q in range(n)]
    inverse = np.linalg.inv(sum(parts))
    residual = y - ww.run(made, theta, x)
    freedom = [weight.sum() - np.trace(inverse @ parts[q]) for q in range(n)]
    noise = np.sqrt((weight[:, None] * residual**2).sum(axis=0) / freedom)
    inner = sum(noise[q] ** 2 * parts[q] for q in range(n))
    return inverse @ inner @ inverse, noise


@pytest.mark.parametrize("text", [REGRESSION, SHARED], ids=["free", "shared"])
def test_networks_are_as_uncertain_as_their_jacobian_says(text):
    made, theta = network(text)
    x, y, weight = rows(60, made.n_outputs)
    y = y * [1.0, 5.0][: made.n_outputs]
    found = uncertainty(made, theta, x, y, sample_weight=weight)
    covariance, noise = by_jacobian(made, theta, x, y, weight)
    np.testing.assert_allclose(found.noise, noise, rtol=1e-8)
    scale = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(
        found.covariance / scale / scale[:, None],
        covariance / scale / scale[:, None], atol=1e-6,
    )  # fmt: skip


def test_outputs_of_their_own_are_fits_of_their_own():
    both = ww.parse("input a, b\ny = ?*a + ?*b + ?\nu = ?*a + ?*b + ?\noutput y, u")
    other = 100 * np.sin(X[:, 0])
    first, second = least_squares(DESIGN, Y), least_squares(DESIGN, other)
    theta = np.concatenate([first[0], second[0]])
    names = [
        f"{s} -> {q}" if s != "bias" else f"{q} bias"
        for q in "yu"
        for s in ("a", "b", "bias")
    ]
    assert both.theta_names == names
    expected = np.sqrt([*np.diag(first[1]), *np.diag(second[1])])
    for loss in ("squared", {"y": "squared", "u": ("squared", 0.01)}):
        found = uncertainty(both, theta, X, np.column_stack([Y, other]), loss=loss)
        np.testing.assert_allclose(found.standard_errors, expected, rtol=1e-9)
        np.testing.assert_allclose(found.noise, [first[2], second[2]], rtol=1e-9)
        assert found.degrees_of_freedom == pytest.approx([37, 37])


def solved(made, x, y, **options):
    objective = Objective(made, x, y, **options)
    found = minimize(
        objective.value_and_gradient, np.zeros(made.n_theta), jac=True,
        method="BFGS", options={"gtol": 1e-10},
    )  # fmt: skip
    return found.x


def test_logistic_regression_has_the_inverse_of_its_information():
    made = ww.parse("input a, b\ny = logistic(?*a + ?*b + ?)\noutput y")
    y = (RANDOM.random(40) < 1 / (1 + np.exp(-DESIGN @ [1, -1, 0.3]))).astype(float)
    theta = solved(made, X, y, loss="logistic")
    p = 1 / (1 + np.exp(-DESIGN @ theta))
    information = DESIGN.T @ ((p * (1 - p))[:, None] * DESIGN)
    found = uncertainty(made, theta, X, y, loss="logistic")
    np.testing.assert_allclose(found.covariance, np.linalg.inv(information), rtol=1e-9)
    assert np.isnan(found.noise).all() and np.isinf(found.degrees_of_freedom).all()
    np.testing.assert_allclose(
        found.prediction_std(X)[1][:, 0] ** 2, p * (1 - p), rtol=1e-9
    )
    same = uncertainty(made, theta, X, y, loss=[("logistic", 7.0)])
    np.testing.assert_allclose(same.covariance, found.covariance, rtol=1e-9)


def test_poisson_and_gamma_regression():
    made = ww.parse("input a, b\ny = exponential(?*a + ?*b + ?)\noutput y")
    rate = np.exp(DESIGN @ [0.5, -0.3, 1.0])
    y = RANDOM.poisson(rate).astype(float)
    theta = solved(made, X, y, loss="poisson")
    mean = np.exp(DESIGN @ theta)
    found = uncertainty(made, theta, X, y, loss="poisson")
    expected = np.linalg.inv(DESIGN.T @ (mean[:, None] * DESIGN))
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-6)
    std, new = found.prediction_std(X)
    np.testing.assert_allclose(new[:, 0] ** 2, std[:, 0] ** 2 + mean, rtol=1e-9)
    y = RANDOM.gamma(4.0, rate / 4)
    theta = solved(made, X, y, loss="gamma")
    mean = np.exp(DESIGN @ theta)
    dispersion = ((y / mean - 1) ** 2).sum() / 37
    found = uncertainty(made, theta, X, y, loss="gamma")
    observed = np.linalg.inv(DESIGN.T @ ((y / mean)[:, None] * DESIGN))
    np.testing.assert_allclose(found.covariance, dispersion * observed, rtol=1e-6)
    assert found.noise == pytest.approx([np.sqrt(dispersion)])


def test_sequences_are_rows_that_know_the_past():
    made = ww.parse("input x\nm = ?*m@1 + ?*x\ny = ?*m + ?\noutput y")
    theta = np.array([0.6, 1.0, 0.8, 0.1])
    x = RANDOM.normal(size=(3, 20, 1))
    y = ww.run(made, theta, x) + 0.1 * RANDOM.normal(size=(3, 20, 1))
    weight = np.ones((3, 20))
    weight[1, 5:] = 0  # no targets there
    found = uncertainty(made, theta, x, y, sample_weight=weight)
    moved = ww.jacobian(made, theta, x)[weight > 0][:, 0]
    residual = (y - ww.run(made, theta, x))[weight > 0][:, 0]
    assert found.undetermined == ("x -> m", "m -> y")
    assert found.effective_numbers == pytest.approx(3)
    assert found.noise == pytest.approx([np.sqrt((residual**2).sum() / (45 - 3))])
    normal = moved[:, [0, 2, 3]]  # with x -> m held, m -> y stands for the product
    expected = found.noise[0] ** 2 * np.linalg.inv(normal.T @ normal)
    np.testing.assert_allclose(
        found.standard_errors[[0, 3]] ** 2, expected[[0, 2], [0, 2]], rtol=1e-8
    )
    std, new = found.prediction_std(x)
    assert std.shape == new.shape == (3, 20, 1) and np.isfinite(std).all()


# ---- weights, penalties, bounds -------------------------------------------------------------


@pytest.mark.parametrize("robust", [False, True])
def test_whole_weights_are_repeated_rows(robust):
    weight = RANDOM.integers(0, 4, 40)
    x, y = np.repeat(X, weight, axis=0), np.repeat(Y, weight)
    one = uncertainty(LINE, THETA, X, Y, sample_weight=weight, robust=robust)
    other = uncertainty(LINE, THETA, x, y, robust=robust)
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-10)
    assert one.noise == pytest.approx(other.noise)
    assert one.degrees_of_freedom == pytest.approx([len(y) - 3])


def test_other_weights_are_precisions_up_to_a_factor():
    weight = RANDOM.uniform(0.3, 3, 40)
    theta, covariance, noise = least_squares(DESIGN, Y, weight)
    for factor in (1.0, 12.5):
        given = {"sample_weight": factor * weight}
        found = uncertainty(LINE, theta, X, Y, **given)
        np.testing.assert_allclose(found.covariance, covariance, rtol=1e-10)
        assert found.noise == pytest.approx([noise * np.sqrt(factor)])
    whole = uncertainty(
        LINE, THETA, X, Y, sample_weight=np.full(40, 4), weights="precision"
    )
    plain = uncertainty(LINE, THETA, X, Y)
    np.testing.assert_allclose(whole.covariance, plain.covariance, rtol=1e-10)


def test_known_sigmas_are_not_estimated():
    sigma = RANDOM.uniform(0.5, 2, 40)
    found = uncertainty(LINE, THETA, X, Y, sample_weight=sigma**-2, sigma_known=True)
    expected = np.linalg.inv(DESIGN.T @ (DESIGN / sigma[:, None] ** 2))
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-10)
    assert found.noise == pytest.approx([1.0])
    wide = found.intervals(0.95)[:, 1] - THETA
    np.testing.assert_allclose(wide, 1.959963984540054 * found.standard_errors, 1e-9)


def test_robust_is_the_sandwich():
    inverse = np.linalg.inv(DESIGN.T @ DESIGN)
    inner = DESIGN.T @ (RESIDUALS[:, None] ** 2 * DESIGN)
    found = uncertainty(LINE, THETA, X, Y, robust=True)
    expected = inverse @ inner @ inverse * 40 / 37
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-10)


@pytest.mark.parametrize("unit", [1.0, 1e6])
@pytest.mark.parametrize("gradient", ["mean", "sum"])
def test_a_penalty_makes_the_covariance_that_of_the_posterior(unit, gradient):
    """With units of 1e6 the loss is scaled, and the penalty is one of the scaled loss."""
    l2, y = 0.2, unit * Y
    found = uncertainty(LINE, unit * THETA, X, y, l2=l2, gradient=gradient)
    spread = y.std() ** 2 if unit > 1 else 1.0
    penalty = l2 * spread * (40 if gradient == "mean" else 1) * np.diag([1, 1, 0])
    inverse = np.linalg.inv(DESIGN.T @ DESIGN + penalty)
    effective = np.trace(inverse @ DESIGN.T @ DESIGN)
    noise = unit**2 * (RESIDUALS**2).sum() / (40 - effective)
    assert found.effective_numbers == pytest.approx(effective)
    np.testing.assert_allclose(found.covariance, noise * inverse, rtol=1e-9)
    assert found.from_minimum > 0.1  # the minimum of the loss is not that of both


def test_numbers_at_a_bound_are_held():
    bounded = ww.parse(
        "input a, b\nlet k = 0.1 in [0.1, 2]\ny = k*a + ?*b + ?\noutput y"
    )
    rest = np.linalg.lstsq(DESIGN[:, 1:], Y - 0.1 * X[:, 0], rcond=None)[0]
    theta = bounded.theta({"k": 0.1, "b -> y": rest[0], "y bias": rest[1]})
    _, covariance, _ = least_squares(DESIGN[:, 1:], Y - 0.1 * X[:, 0])
    for value in (0.1, np.float64(np.float32(0.1))):
        theta[bounded.theta_names.index("k")] = value
        found = uncertainty(bounded, theta, X, Y)
        assert found.at_bound == ("k",)
        errors = dict(zip(bounded.theta_names, found.standard_errors, strict=True))
        assert np.isnan(errors.pop("k"))
        np.testing.assert_allclose(
            list(errors.values()), np.sqrt(np.diag(covariance)), rtol=1e-6
        )
        assert np.isfinite(found.prediction_std(X)[0]).all()
    theta[bounded.theta_names.index("k")] = 0.2
    assert uncertainty(bounded, theta, X, Y).at_bound == ()


# ---- what the data cannot determine ---------------------------------------------------------

SERIES = "input a, b\nh = ?*a\ny = ?*h + ?*b + ?\noutput y"
DEAD = "input a, b\nh = relu(?*a + ?)\ny = ?*h + ?*a + ?*b + ?\noutput y"
TWICE = "input a, b, c\ny = ?*a + ?*b + ?*c + ?\noutput y"
SOFTMAX = "input a, b\nz[3] ~ identity(a, b)\noutput softmax(z)"
UNDETERMINED = {
    "links in series": (SERIES, [0.5, 3.0, -0.7, 0.4], X, [("a -> h", "h -> y")]),
    "dead neuron": (
        DEAD, [0.1, -50.0, 0.3, 1.5, -0.7, 0.4], X, [("a -> h",), ("h bias",), ("h -> y",)],
    ),
    "the same input twice": (
        TWICE, [1.0, -0.7, 0.25, 0.4], np.column_stack([X, 2 * X[:, 0]]), [("a -> y", "c -> y")],
    ),
    "constant input": (
        TWICE, [1.0, -0.7, 0.25, 0.4], np.column_stack([X, np.full(40, 2.0)]), [("c -> y", "y bias")],
    ),
    "too few rows": (
        TWICE, [1.0, -0.7, 0.25, 0.4], RANDOM.normal(size=(40, 1)) * [1.0, 0, 0],
        [("b -> y",), ("c -> y",)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNDETERMINED)
def test_what_the_data_leave_open_is_named(case):
    text, theta, x, groups = UNDETERMINED[case]
    made = ww.parse(text)
    found = uncertainty(made, theta, x, Y)
    assert [group.names for group in found.combinations] == groups
    names = {name for group in groups for name in group}
    assert set(found.undetermined) == names
    is_open = np.array([name in names for name in made.theta_names])
    assert np.array_equal(np.isinf(found.standard_errors), is_open)
    assert np.isfinite(found.standard_errors[~is_open]).all()
    assert np.isinf(found.intervals()[is_open]).all()
    places = {name: i for i, name in enumerate(made.theta_names)}
    for group in found.combinations:
        for direction in group.directions:
            step = np.zeros(made.n_theta)
            step[[places[name] for name in group.names]] = 1e-6 * direction
            moved = ww.run(made, np.array(theta) + step, x) - ww.run(made, theta, x)
            assert np.abs(moved).max() < 1e-10
    std, _ = found.prediction_std(x)
    assert np.isfinite(std).all()


def test_a_prediction_that_needs_what_is_open_is_infinitely_uncertain():
    text, theta, x, _ = UNDETERMINED["the same input twice"]
    found = uncertainty(ww.parse(text), theta, x, Y)
    std, new = found.prediction_std([[1.0, 0.0, 2.0], [1.0, 0.0, -2.0]])
    assert np.isfinite([std[0, 0], new[0, 0]]).all()
    assert np.isinf([std[1, 0], new[1, 0]]).all()


def test_a_penalty_gives_errors_to_what_the_data_leave_open():
    text, theta, x, groups = UNDETERMINED["the same input twice"]
    found = uncertainty(ww.parse(text), theta, x, Y, l2=0.01)
    assert found.undetermined == groups[0]
    assert np.isfinite(found.standard_errors).all()
    dead = uncertainty(ww.parse(DEAD), UNDETERMINED["dead neuron"][1], X, Y, l2=0.01)
    errors = dict(zip(dead.network.theta_names, dead.standard_errors, strict=True))
    # Biases are not penalised; the link's error is that of the penalty alone.
    assert np.isinf(errors["h bias"])
    assert errors["h -> y"] == pytest.approx(dead.noise[0] / np.sqrt(0.01 * 40))


def test_a_softmax_can_be_shifted():
    made = ww.parse(SOFTMAX)
    labels = np.eye(3)[RANDOM.integers(0, 3, 40)]
    found = uncertainty(made, 0.1 * RANDOM.normal(size=9), X, labels, loss="softmax")
    assert [group.names for group in found.combinations] == [
        tuple(f"{source} -> z[{k}]" for k in range(3)) for source in "ab"
    ] + [tuple(f"z[{k}] bias" for k in range(3))]
    for group in found.combinations:
        np.testing.assert_allclose(group.directions, np.ones((1, 3)), rtol=1e-6)
    assert np.isfinite(found.prediction_std(X)[0]).all()


# ---- simulation -----------------------------------------------------------------------------


def test_intervals_hold_the_truth_as_often_as_they_say():
    law, truth = ww.parse(MISRA.format(2.0, 0.8)), np.array([2.0, 0.8])
    random, x = np.random.default_rng(1), np.linspace(0.2, 4, 15)[:, None]
    mean = ww.run(law, truth, x)[:, 0]
    held, new_held = [], []
    for _ in range(200):
        y = mean + 0.15 * random.normal(size=15)
        objective = Objective(law, x, y)
        theta = truth.copy()
        for _ in range(12):  # Gauss-Newton from the truth
            found = objective.normal_equations(theta)
            theta = theta - np.linalg.solve(found.matrix, found.gradient)
        found = uncertainty(law, theta, x, y)
        assert found.from_minimum < 1e-3
        low, high = found.intervals(0.95).T
        held.append((low < truth) & (truth < high))
        _, std = found.prediction_std(x[7:8])
        reach = student.ppf(0.975, 13) * std[0, 0]
        fresh = mean[7] + 0.15 * random.normal()
        new_held.append(abs(fresh - ww.run(law, theta, x[7:8])[0, 0]) < reach)
    assert np.all((np.mean(held, axis=0) > 0.90) & (np.mean(held, axis=0) < 0.99))
    assert 0.90 < np.mean(new_held) < 0.99


# ---- the rest -------------------------------------------------------------------------------


def test_bits_do_not_depend_on_threads():
    made, theta = network(REGRESSION)
    x, y, weight = rows(2000)
    first, second = (
        uncertainty(made, theta, x, y, sample_weight=weight, threads=threads)
        for threads in (1, 3)
    )
    assert np.array_equal(first.covariance, second.covariance)


def test_it_can_be_kept():
    found = uncertainty(LINE, THETA, X, Y)
    again = pickle.loads(pickle.dumps(found))
    assert np.array_equal(again.covariance, found.covariance)
    assert np.array_equal(again.prediction_std(X), found.prediction_std(X))


def test_refusals():
    with pytest.raises(DataError, match="nothing is left to tell the noise by"):
        uncertainty(LINE, THETA, X[:3], Y[:3])
    assert uncertainty(LINE, THETA, X[:3], Y[:3], sigma_known=True).noise == [1.0]
    with pytest.raises(SettingError, match="standard errors need one of squared"):
        uncertainty(LINE, THETA, X, Y, loss="huber")
    with pytest.raises(SettingError, match="weights must be"):
        uncertainty(LINE, THETA, X, Y, weights="counts")
    with pytest.raises(SettingError, match="level must lie between"):
        uncertainty(LINE, THETA, X, Y).intervals(95)
    with pytest.raises(SettingError, match="not finite"):
        uncertainty(
            ww.parse("input a, b\ny = exp(?*a + ?*b)\noutput y"), [1e3, 0], X, Y
        )
    for unit in (1e-200, 1e200):
        with pytest.raises(SettingError, match="in other units"):
            uncertainty(LINE, unit * THETA, X, unit * Y)
    wide = ww.wiring.layered(60, 50, 1)
    with pytest.raises(SettingError, match="up to 3000"):
        uncertainty(wide, wide.initial(0), np.ones((5, 60)), np.ones(5))
    with pytest.raises(SettingError, match="no numbers to learn"):
        uncertainty(ww.parse("input a, b\nfixed y = 2*a + b\noutput y"), [], X, Y)
    with pytest.raises(SettingError, match="must be a Network"):
        uncertainty("input a", THETA, X, Y)
