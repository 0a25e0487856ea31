"""Levenberg-Marquardt, Gauss-Newton, Newton and saddle-free Newton: problems x learners, and what papers print."""

import numpy as np
import pytest

import wildwire as ww
from learning import plain_objectives as plain
from wildwire.errors import SettingError
from wildwire.learning.learners import (
    GaussNewton,
    LevenbergMarquardt,
    Newton,
    SaddleFreeNewton,
)
from wildwire.learning.levenberg_marquardt import TruncatedCourse
from wildwire.learning.saddle_free import lanczos

LEARNERS = (
    LevenbergMarquardt(),
    LevenbergMarquardt(damping=1e-4),
    GaussNewton(),
    Newton(),
    SaddleFreeNewton(),
    SaddleFreeNewton(subspace=2),
)
BOX = [[-2.0, 0.5], [-2.0, 2.0]]
PROBLEMS = {
    "rosenbrock": (plain.rosenbrock, [-1.2, 1.0], [1.0, 1.0]),
    "rosenbrock in a box": (lambda: plain.rosenbrock(BOX), [-1.2, 1.0], [0.5, 0.25]),
    "line": (plain.line, [1.0, 2.0, 3.0, 4.0], plain.line().solution),
    "decay": (plain.decay, [1.0, 1.0, 1.0], None),
}


def run(learner, problem, start, most=300, seed=0):
    random = np.random.default_rng(seed)
    course = learner.begin(problem, np.array(start, dtype=float), random)
    for _ in range(most):
        if course.reason is not None:
            break
        course.step()
    return course


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
@pytest.mark.parametrize("name", PROBLEMS)
def test_minima(name, learner):
    make, start, wanted = PROBLEMS[name]
    problem = make()
    course = run(learner, problem, start)
    assert course.reason == "converged"
    gradient = problem.gradient(course.theta)
    low, high = problem.bounds.T
    inside = (course.theta > low) & (course.theta < high)
    assert np.abs(gradient[inside]).max(initial=0) < 2e-4
    if wanted is not None:
        np.testing.assert_allclose(course.theta, wanted, atol=2e-4)


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
def test_bounds_are_kept_by_every_trial(learner):
    problem = plain.rosenbrock(BOX)
    run(learner, problem, [-1.2, 1.0])
    low, high = problem.bounds.T
    assert all((low <= p).all() and (p <= high).all() for p in problem.seen)


def test_the_worked_saddle():
    """f = x^2 - y^2 from (1, .5): Newton goes to the saddle, the saddle-free step to (0, 1), f = -1."""
    newton = Newton(damping=0.0).begin(plain.saddle(), np.array([1.0, 0.5]), None)
    newton.step()
    assert newton.theta.tolist() == [0.0, 0.0]
    newton.step()
    assert newton.reason == "converged" and newton.loss == 0.0
    free = SaddleFreeNewton(damping=0.0)
    course = free.begin(plain.saddle(), np.array([1.0, 0.5]), None)
    course.step()
    assert course.theta.tolist() == [0.0, 1.0]
    assert course.loss == -1.0
    assert (course.negative, course.counted) == (1, 2)


@pytest.mark.parametrize("start", [[1.0, 0.5], [1.0, 0.0], [0.0, 0.0]])
@pytest.mark.parametrize("subspace", [None, 1, 2])
def test_saddles_are_left(start, subspace):
    """Also where the gradient, or all of its own space, does not see the way down."""
    course = run(SaddleFreeNewton(subspace=subspace), plain.quartic_saddle(), start)
    assert course.loss == pytest.approx(-0.5, abs=1e-6)
    assert course.negative == 0


def test_one_step_solves_a_linear_problem():
    problem = plain.line()
    course = GaussNewton().begin(problem, np.zeros(4), None)
    course.step()
    np.testing.assert_allclose(course.theta, problem.solution, atol=1e-12)


def test_directions_that_nothing_determines_are_left_alone():
    J = np.array([[1.0, 1.0], [2.0, 2.0]])
    problem = plain.least_squares(
        lambda p: J @ p - np.array([1.0, 2.0]), lambda p: J, 2
    )
    for learner in (GaussNewton(), LevenbergMarquardt()):
        course = run(learner, problem, [3.0, 1.0])
        assert course.loss < 1e-12
        np.testing.assert_allclose(course.theta, [1.5, -0.5], atol=1e-3)


def test_the_truncated_form_finds_the_same():
    problem = plain.decay()
    exact = run(LevenbergMarquardt(), problem, [1.0, 1.0, 1.0])
    learner = LevenbergMarquardt()
    course = TruncatedCourse(learner, problem, np.array([1.0, 1.0, 1.0]))
    for _ in range(200):
        if course.reason is not None:
            break
        course.step()
    np.testing.assert_allclose(course.theta, exact.theta, rtol=1e-4)


def test_lanczos_finds_eigenvalues():
    random = np.random.default_rng(3)
    A = random.normal(size=(30, 30))
    A = A + A.T
    base, small = lanczos(lambda v: A @ v, random.normal(size=30), 30)
    np.testing.assert_allclose(base.T @ base, np.eye(base.shape[1]), atol=1e-12)
    np.testing.assert_allclose(base.T @ A @ base, small, atol=1e-11)
    np.testing.assert_allclose(
        np.linalg.eigvalsh(small), np.linalg.eigvalsh(A), atol=1e-10
    )


def test_lanczos_ends_where_its_space_does():
    A = np.diag([1.0, 1.0, 1.0, 2.0])
    base, small = lanczos(lambda v: A @ v, np.ones(4), 4)
    assert base.shape == (4, 2)
    np.testing.assert_allclose(np.linalg.eigvalsh(small), [1.0, 2.0], atol=1e-12)


REFUSED = (
    (lambda: LevenbergMarquardt(damping=0), "damping of LevenbergMarquardt"),
    (lambda: LevenbergMarquardt(geodesic=1), "must be True or False"),
    (lambda: LevenbergMarquardt(geodesic=True, bayesian=True), "not both"),
    (lambda: SaddleFreeNewton(subspace=0), "subspace of SaddleFreeNewton"),
    (lambda: SaddleFreeNewton(damping=0, subspace=3), "exact step only"),
    (lambda: Newton(tolerance=-1), "tolerance of Newton"),
)


@pytest.mark.parametrize("make, told", REFUSED)
def test_refused(make, told):
    with pytest.raises(SettingError, match=told):
        make()


def test_many_numbers_are_for_other_learners():
    problem = plain.Plain(np.sum, None, None, 3001)
    for learner in (Newton(), GaussNewton()):
        with pytest.raises(SettingError, match="3001 x 3001"):
            learner.begin(problem, np.zeros(3001), None)


# ---- on networks ----------------------------------------------------------------------------

CURVE = ww.parse("input a, b\nh[4] ~ tanh(a, b)\ny ~ identity(h)\noutput y\n")


def rows(n=40):
    X = np.random.default_rng(5).normal(size=(n, 2))
    return X, X[:, 0] * X[:, 1]


@pytest.mark.parametrize(
    "learner", [LevenbergMarquardt(), LevenbergMarquardt(geodesic=True)], ids=repr
)
def test_a_curve_is_learnt(learner):
    X, Y = rows()
    result = ww.fit(CURVE, X, Y, theta=CURVE.initial(1), learner=learner, epochs=150)
    assert result.history["loss"][-1] < 1e-4
    assert np.all(np.diff(result.history["loss"]) <= 0)
    assert result.evaluations > result.gradients > 0


def test_geodesic_steps_are_other_steps():
    X, Y = rows()
    results = [
        ww.fit(
            CURVE, X, Y, theta=CURVE.initial(1), epochs=5,
            learner=LevenbergMarquardt(geodesic=bent),
        )
        for bent in (False, True)
    ]  # fmt: skip
    assert not np.array_equal(results[0].theta, results[1].theta)


def test_the_second_pull_is_that_of_the_outputs():
    """J^T o'' of a squared loss, o'' by the exact second derivative of a small formula."""
    from wildwire.learning.objective import Objective

    network = ww.parse("input a\ny = exp(?*a)\noutput y\n")
    X = np.array([0.3, -0.8, 1.1])
    objective = Objective(network, X, np.zeros(3), gradient="sum")
    w, v = 0.4, 0.05
    found = objective.second_pull([w], [v])
    wanted = (X * np.exp(w * X)) @ (X**2 * np.exp(w * X)) * v**2
    assert found[0] == pytest.approx(wanted, rel=1e-3)


def test_units_of_targets_do_not_matter():
    X, Y = rows()
    line = ww.parse("input a, b\ny ~ identity(a, b)\noutput y\n")
    small, large = (
        ww.fit(line, X, Y * unit, theta=np.zeros(3), learner=LevenbergMarquardt())
        for unit in (1e-9, 1e9)
    )
    np.testing.assert_allclose(small.theta * 1e18, large.theta, rtol=1e-6)
    losses = small.history["loss"][-1], large.history["loss"][-1]
    assert losses[1] == pytest.approx(losses[0] * 1e36, rel=1e-6)
    wanted, *_ = np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), Y, rcond=None)
    np.testing.assert_allclose(large.theta, 1e9 * wanted, rtol=1e-6)


def test_whole_weights_count_repetitions():
    """To 1e-9: what tables need whose rows stand there twice or have a weight of 2."""
    X, Y = rows(15)
    weight = np.random.default_rng(1).integers(0, 3, 15)
    weighted = ww.fit(
        CURVE, X, Y, theta=CURVE.initial(1), sample_weight=weight, l2=1e-3,
        learner=LevenbergMarquardt(),
    )  # fmt: skip
    repeated = ww.fit(
        CURVE, np.repeat(X, weight, axis=0), np.repeat(Y, weight),
        theta=CURVE.initial(1), l2=1e-3, learner=LevenbergMarquardt(),
    )  # fmt: skip
    np.testing.assert_allclose(weighted.theta, repeated.theta, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("loss", ["absolute", "quantile"])
def test_losses_without_curvature_are_refused_by_name(loss):
    X, Y = rows()
    with pytest.raises(SettingError, match=f"loss '{loss}'.*no curvature"):
        ww.fit(CURVE, X, Y, loss=loss, learner=LevenbergMarquardt())


SETTINGS = (
    ({"batch": 8}, "takes all rows at every step"),
    ({"l1": 0.1}, "l1 makes links die"),
    ({"clip": 1.0}, "clip shortens"),
    ({"dtype": "float32"}, "computes in float64"),
)


@pytest.mark.parametrize("options, told", SETTINGS)
def test_settings_of_mini_batches_are_refused(options, told):
    with pytest.raises(SettingError, match=told):
        ww.fit(CURVE, *rows(), learner=LevenbergMarquardt(), **options)
