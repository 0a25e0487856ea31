"""Riemannian descent: known answers on manifolds, metrics, searches, state, bounds, and the learner as a value."""

import dataclasses

import numpy as np
import pytest

from learning.plain_objectives import Plain, least_squares, rosenbrock
from wildwire.engine.blas import linear_algebra_on_one_thread
from wildwire.errors import SettingError
from wildwire.learning.learners import RiemannianDescent, by_name, manifolds

Sphere, Stiefel, Positive = manifolds.Sphere, manifolds.Stiefel, manifolds.Positive
WAYS = ["retraction", "exponential"]
EXACT = {"tolerance": 0.0, "gradient_tolerance": 1e-12}


@pytest.fixture(autouse=True)
def _one_thread():
    """As `fit` does it: with several, small matrices wait for threads."""
    with linear_algebra_on_one_thread():
        yield


def run(learner, objective, start, most=2000):
    course = learner.begin(objective, np.array(start, dtype=float), None)
    steps = 0
    while course.reason is None and steps < most:
        course.step()
        steps += 1
    return course


def quadratic(A):
    """p^T A p."""
    return Plain(
        lambda p: p @ A @ p, lambda p: 2 * A @ p, lambda p: 2 * A, len(A),
        gauss_newton=lambda p: 2 * A,
    )  # fmt: skip


def matrix_problem(f, slope, shape):
    """A function of a matrix."""
    return Plain(
        lambda p: f(p.reshape(shape)), lambda p: slope(p.reshape(shape)).ravel(),
        None, shape[0] * shape[1],
    )  # fmt: skip


def spread(n, seed=0):
    """A covariance with eigenvalues 1 .. n, and its eigenvectors as rows."""
    turned = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]
    return turned.T @ np.diag(np.arange(1.0, n + 1)) @ turned, turned


# ---- the sphere ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "expected"),
    [("retraction", 1.0000000002698377), ("exponential", 1.0000000002656165)],
)
def test_worked_example(step, expected):
    """x^T diag(3, 2, 1) x on the unit sphere from (1, 1, 1)/sqrt 3, rate .1, 50 steps."""
    objective = quadratic(np.diag([3.0, 2.0, 1.0]))
    learner = RiemannianDescent(Sphere(), step=step, search=False, tolerance=0)
    course = run(learner, objective, np.ones(3) / np.sqrt(3), most=50)
    assert course.loss == pytest.approx(expected, abs=1e-15)
    assert abs(course.theta @ course.theta - 1) < 1e-15


def test_the_exponential_map_alone_drifts():
    """Without the nearest point rounding grows and the same run rises again, to some 1.0000000035 at step 50."""
    p, A, losses = np.ones(3) / np.sqrt(3), np.diag([3.0, 2.0, 1.0]), []
    for _ in range(50):
        v = -0.1 * (2 * A @ p - p * (p @ (2 * A @ p)))
        angle = np.linalg.norm(v)
        p = np.cos(angle) * p + np.sin(angle) * v / angle
        losses.append(float(p @ A @ p))
    assert losses[-1] > losses[-5] and abs(p @ p - 1) > 1e-10


@pytest.mark.parametrize("step", WAYS)
@pytest.mark.parametrize(
    "options",
    [
        {"search": False, "rate": 0.05},
        {},
        {"momentum": 0.6},
        {"search": False, "rate": 0.02, "momentum": 0.8},
        {"metric": lambda p: np.arange(1.0, 6.0)},
        {"metric": lambda p: np.eye(5) + 0.5},
        {"metric": "gauss-newton", "rate": 1.0},
    ],
    ids=[
        "fixed rate",
        "search",
        "momentum",
        "fixed rate and momentum",
        "diagonal metric",
        "metric",
        "gauss-newton",
    ],
)
def test_smallest_eigenvector(options, step):
    A, vectors = spread(5)
    start = np.random.default_rng(3).normal(size=5)
    learner = RiemannianDescent(Sphere(), step=step, **options, **EXACT)
    course = run(learner, quadratic(A), start)
    assert course.reason == "converged"
    assert course.loss == pytest.approx(1, abs=1e-13)
    assert abs(course.theta @ vectors[0]) == pytest.approx(1, abs=1e-12)
    assert abs(course.theta @ course.theta - 1) < 1e-14


# ---- the Stiefel manifold -------------------------------------------------------------------------


@pytest.mark.parametrize("step", WAYS)
@pytest.mark.parametrize("retraction", ["qr", "polar"])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_principal_subspace(k, retraction, step):
    C, vectors = spread(5)
    problem = matrix_problem(
        lambda W: -np.trace(W @ C @ W.T), lambda W: -2 * W @ C, (k, 5)
    )
    start = np.random.default_rng(4).normal(size=5 * k)
    learner = RiemannianDescent(Stiefel(k, retraction), step=step, **EXACT)
    course = run(learner, problem, start)
    W = course.theta.reshape(k, 5)
    assert course.loss == pytest.approx(-sum(range(6 - k, 6)), rel=1e-13)
    np.testing.assert_allclose(W.T @ W, vectors[-k:].T @ vectors[-k:], atol=1e-6)
    np.testing.assert_allclose(W @ W.T, np.eye(k), atol=1e-14)


@pytest.mark.parametrize("step", WAYS)
def test_procrustes(step):
    """min |W A - B|, W square with orthonormal rows: the polar factor of B A^T (Schoenemann 1966)."""
    random = np.random.default_rng(5)
    A, B = random.normal(size=(3, 20)), random.normal(size=(3, 20))
    left, _, right = np.linalg.svd(B @ A.T)
    answer = left @ right
    problem = matrix_problem(
        lambda W: 0.5 * np.sum((W @ A - B) ** 2), lambda W: (W @ A - B) @ A.T, (3, 3)
    )
    # Rotations and reflections are two pieces: a descent stays on the one it starts from.
    start = np.diag([1, 1, np.sign(np.linalg.det(answer))]).ravel()
    course = run(RiemannianDescent(Stiefel(3), step=step, **EXACT), problem, start)
    np.testing.assert_allclose(course.theta.reshape(3, 3), answer, atol=1e-7)


# ---- positive numbers and flat ones -----------------------------------------------------------------


@pytest.mark.parametrize("step", WAYS)
def test_positive_least_squares(step):
    random = np.random.default_rng(6)
    A, answer = random.normal(size=(12, 4)), np.array([0.2, 0.5, 1.0, 2.0])
    problem = least_squares(lambda p: A @ p - A @ answer, lambda p: A, 4)
    learner = RiemannianDescent(Positive(), step=step, momentum=0.8, **EXACT)
    course = run(learner, problem, [-1, 1, 1, 1])
    np.testing.assert_allclose(course.theta, answer, rtol=1e-5)
    assert (np.array(problem.seen) > 0).all()
    assert "theta (Positive; a number by 2 at most)" in course.note


def test_flat_space_is_gradient_descent():
    A, _ = spread(4)
    start = np.arange(4.0)
    course = run(RiemannianDescent(search=False, rate=0.07), quadratic(A), start, 3)
    expected = start
    for _ in range(3):
        expected = expected - 0.07 * 2 * A @ expected
    np.testing.assert_allclose(course.theta, expected, rtol=1e-14)


def test_momentum_is_that_of_gradient_descent():
    A, _ = spread(4)
    learner = RiemannianDescent(search=False, rate=0.02, momentum=0.7)
    course = run(learner, quadratic(A), np.arange(4.0), 5)
    w, b = np.arange(4.0), np.zeros(4)
    for _ in range(5):
        b = 0.7 * b + 2 * A @ w
        w = w - 0.02 * b
    np.testing.assert_allclose(course.theta, w, rtol=1e-13)


@pytest.mark.parametrize(
    ("metric", "search", "momentum"),
    [
        (None, True, 0.0),
        (None, True, 0.7),
        (None, False, 0.0),
        (None, False, 0.7),
        ("gauss-newton", True, 0.0),
        ("gauss-newton", True, 0.7),
        ("gauss-newton", False, 0.0),
    ],
)
def test_flat_numbers_keep_their_bounds(metric, search, momentum):
    problem = rosenbrock(bounds=[[-0.5, 0.5], [-1.0, 1.0]])
    rate = {None: 0.005, "gauss-newton": 0.3}[metric]
    learner = RiemannianDescent(
        metric=metric, rate=rate, search=search, momentum=momentum,
        tolerance=1e-15, gradient_tolerance=1e-12,
    )  # fmt: skip
    course = run(learner, problem, [-0.3, 0.9], 5000)
    assert course.reason == "converged"
    np.testing.assert_allclose(course.theta, [0.5, 0.25], atol=1e-6)
    seen = np.array(problem.seen)
    assert (seen >= problem.bounds[:, 0]).all() and (seen <= problem.bounds[:, 1]).all()


# ---- metrics ----------------------------------------------------------------------------------------


def test_gauss_newton_metric_solves_least_squares_in_one_step():
    random = np.random.default_rng(7)
    A, b = random.normal(size=(9, 3)), random.normal(size=9)
    problem = least_squares(lambda p: A @ p - b, lambda p: A, 3)
    learner = RiemannianDescent(
        metric="gauss-newton", rate=1.0, damping=0.0, search=False
    )
    course = run(learner, problem, np.zeros(3), 1)
    np.testing.assert_allclose(
        course.theta, np.linalg.lstsq(A, b, rcond=None)[0], rtol=1e-12
    )


@pytest.mark.parametrize(
    "kind", [Sphere(), Stiefel(2), Stiefel(1), Positive(), manifolds.Euclidean()],
    ids=repr,
)  # fmt: skip
def test_metric_gradient_gives_all_slopes_along_tangents(kind):
    """<u, v>_G = g.v for all tangents v, and u is tangent; a diagonal as the matrix that it stands for."""
    from wildwire.learning.placing import place
    from wildwire.learning.riemannian_metric import metric_gradient

    random = np.random.default_rng(8)
    surface = place(kind, quadratic(np.eye(6)))
    theta, _ = surface.project(random.normal(size=6))
    g, half = random.normal(size=6), random.normal(size=(6, 6))
    G, diagonal = half @ half.T + np.eye(6), random.uniform(0.1, 3, size=6)
    for metric in (G, np.diag(diagonal)):
        u = metric_gradient(lambda _, m=metric: m, surface, theta, g)
        np.testing.assert_allclose(surface.tangent(theta, u), u, atol=1e-13)
        for _ in range(5):
            v = surface.tangent(theta, random.normal(size=6))
            assert u @ metric @ v == pytest.approx(g @ v, abs=1e-12)
    short = metric_gradient(lambda _: diagonal, surface, theta, g)
    np.testing.assert_allclose(short, u, atol=1e-12)


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (lambda p: np.ones(4), r"shape \(3,\) or \(3, 3\), not float64 of shape \(4,\)"),
        (lambda p: "flat", "metric must give numbers"),
        (lambda p: [[1.0], [1.0, 2.0]], "rows of different lengths"),
        (lambda p: np.array([1, np.nan, 1]), "not finite"),
        (lambda p: np.array([1.0, -2.0, 1.0]), "number 1 of its diagonal is -2"),
        (lambda p: np.diag([1.0, 0.0, 1.0]) - 1, "not positive definite"),
        (lambda p: np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1.0]]), "not symmetric"),
    ],
)  # fmt: skip
def test_metrics_that_are_none(metric, words):
    with pytest.raises(SettingError, match=words):
        run(
            RiemannianDescent(Sphere(), metric=metric), quadratic(np.eye(3)), np.ones(3)
        )


def test_large_matrices_are_refused_at_once():
    big = Plain(lambda p: 0.0, lambda p: 0 * p, None, 3001)
    with pytest.raises(SettingError, match="3001 x 3001"):
        RiemannianDescent(metric="gauss-newton").begin(big, np.ones(3001), None)


# ---- runs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", WAYS)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize(
    ("kind", "k"), [(Sphere(), 1), (Stiefel(2), 2), (Stiefel(2, "polar"), 2)], ids=repr
)
def test_constraints_hold_after_each_of_a_thousand_steps(kind, k, momentum, step):
    """Slopes that are no gradient, so that the run never ends."""
    turn = np.random.default_rng(9).normal(size=(6, 6))
    objective = Plain(
        lambda p: np.sin(9 * p[0]), lambda p: (turn - turn.T) @ p, None, 6
    )
    learner = RiemannianDescent(
        kind, rate=0.3, step=step, search=False, momentum=momentum, tolerance=0
    )
    course = learner.begin(objective, turn[0], None)
    for _ in range(1000):
        course.step()
        assert course.reason is None
        W = course.theta.reshape(k, -1)
        assert np.abs(W @ W.T - np.eye(len(W))).max() < 1e-12


@pytest.mark.parametrize(
    "learner",
    [
        RiemannianDescent(Stiefel(2), momentum=0.5),
        RiemannianDescent(Stiefel(2), search=False, rate=0.01, momentum=0.5),
        RiemannianDescent(Stiefel(2), step="exponential"),
    ],
    ids=repr,
)
def test_a_restored_course_goes_on_bit_for_bit(learner):
    C, _ = spread(4)
    problem = matrix_problem(
        lambda W: -np.trace(np.diag([2, 1]) @ W @ C @ W.T),
        lambda W: -2 * np.diag([2, 1]) @ W @ C,
        (2, 4),
    )
    start = np.random.default_rng(1).normal(size=8)
    whole = learner.begin(problem, start, None)
    for _ in range(5):
        whole.step()
    arrays, facts = whole.state()
    other = learner.begin(problem, whole.theta, None)
    other.restore(arrays, facts)
    assert other.note == whole.note != ""
    for _ in range(5):
        whole.step()
        other.step()
        assert whole.theta.tobytes() == other.theta.tobytes()
        assert whole.loss == other.loss and whole.reason == other.reason


def test_the_objective_never_rises_with_search():
    A, _ = spread(6)
    learner = RiemannianDescent(Sphere(), rate=100.0, momentum=0.9)
    course = learner.begin(quadratic(A), np.ones(6), None)
    while course.reason is None:
        before = course.loss
        course.step()
        assert course.loss <= before


@pytest.mark.parametrize("rate", [1e10, 1e300])
@pytest.mark.parametrize("step", WAYS)
@pytest.mark.parametrize(
    "kind", [Sphere(), Stiefel(2), Stiefel(2, "polar"), Positive(), manifolds.Euclidean()],
    ids=repr,
)  # fmt: skip
def test_absurd_rates_end_without_a_warning(kind, step, rate):
    A, _ = spread(6)

    def f(p):
        with np.errstate(over="ignore", invalid="ignore"):
            return p @ A @ p

    def gradient(p):
        with np.errstate(over="ignore", invalid="ignore"):
            return 2 * A @ p

    objective = Plain(f, gradient, None, 6)
    for search in (True, False):
        learner = RiemannianDescent(kind, rate=rate, step=step, search=search)
        course = run(learner, objective, np.arange(1.0, 7.0), 50)
        assert np.isfinite(course.theta).all() and np.isfinite(course.loss)
        points = course.theta.reshape(getattr(kind, "count", 1), -1)
        np.testing.assert_allclose(kind.project(points), points, rtol=1e-14, atol=1e-15)
        if search and not isinstance(kind, Stiefel):
            assert course.loss < f(kind.project(np.arange(1.0, 7.0)[None])[0])


def test_values_that_are_none_are_stepped_back_from():
    def f(p):
        return np.nan if p[0] < 0.2 else p[0]

    objective = Plain(f, lambda p: np.array([1.0, 0.0]), None, 2)
    course = run(RiemannianDescent(Sphere(), rate=5.0), objective, [0.9, 0.1])
    assert np.isfinite(course.loss) and 0.2 <= course.theta[0] < 0.21
    bad = run(
        RiemannianDescent(Sphere(), rate=5.0, search=False), objective, [0.9, 0.1]
    )
    assert bad.reason == "diverged" and np.isfinite(bad.loss)
    lost = run(RiemannianDescent(), objective, [0.0, 0.0])
    assert lost.reason == "diverged" and lost.loss == np.inf


def test_steps_that_lead_nowhere_diverge_without_an_evaluation():
    objective = Plain(lambda p: -p.sum(), lambda p: -np.ones(2), None, 2)
    learner = RiemannianDescent(Positive(), step="exponential", rate=1e5, search=False)
    course = run(learner, objective, [1.0, 1.0])
    assert course.reason == "diverged" and np.isfinite(course.theta).all()
    assert np.isfinite(objective.seen).all()


def test_slopes_too_steep_to_measure_diverge():
    objective = Plain(lambda p: 0.0, lambda p: np.full(2, 1e200), None, 2)
    assert run(RiemannianDescent(), objective, [1.0, 1.0]).reason == "diverged"


def test_nothing_to_do():
    empty = Plain(lambda p: 1.0, lambda p: np.zeros(0), None, 0)
    assert (
        RiemannianDescent(Sphere()).begin(empty, np.zeros(0), None).reason
        == "converged"
    )
    one = run(RiemannianDescent(Sphere()), quadratic(np.eye(1)), [-3.0])
    assert one.reason == "converged" and one.theta.tolist() == [-1.0]


# ---- the learner as a value ---------------------------------------------------------------------------


def test_by_name_and_as_a_value():
    assert by_name("riemannian-descent", rate=0.5) == RiemannianDescent(rate=0.5)
    named = RiemannianDescent({"h": Sphere(), ("a", "b"): Stiefel()})
    assert named == dataclasses.replace(named) and hash(named) == hash(
        RiemannianDescent({"h": Sphere(1.0), ("a", "b"): Stiefel()})
    )


def test_checkpoints_can_compare_it():
    def my_metric(theta):
        return np.ones(len(theta))

    shown = repr(RiemannianDescent({"h": Sphere()}, metric=my_metric))
    assert "manifold={'h': Sphere(radius=1.0)}" in shown
    assert "my_metric" in shown and " at 0x" not in shown


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"manifold": "sphere"}, "must be one of ww.learners.manifolds or a dict"),
        ({"manifold": {"h": "sphere"}}, "manifold of 'h' must be one of"),
        ({"manifold": {"h": Sphere}}, "such as Sphere"),
        ({"manifold": {3: Sphere()}}, "must be names of neurons or tuples of names"),
        ({"rate": 0}, "rate of RiemannianDescent must be above 0"),
        ({"rate": np.inf}, "rate"),
        ({"momentum": 1}, "momentum of RiemannianDescent must be at least 0 and below 1"),
        ({"step": "geodesic"}, "'retraction' or 'exponential', not 'geodesic'"),
        ({"search": 1}, "search of RiemannianDescent"),
        ({"metric": "fisher"}, "'gauss-newton' or None, not 'fisher'"),
        ({"damping": -1}, "damping"),
        ({"tolerance": 2}, "tolerance"),
    ],
    ids=str,
)  # fmt: skip
def test_ranges(options, words):
    with pytest.raises(SettingError, match=words):
        RiemannianDescent(**options)
