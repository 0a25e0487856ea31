"""Manifolds: constraints kept for long, first and second order of both maps, geodesics, gradients, nearest points."""

import numpy as np
import pytest

from wildwire.engine.blas import linear_algebra_on_one_thread
from wildwire.errors import SettingError
from wildwire.learning.learners import manifolds as m

SHAPES = [(1, 4), (3, 5), (4, 4), (1, 1)]
KINDS = [
    m.Euclidean(), m.Sphere(), m.Sphere(radius=30.0), m.Stiefel(),
    m.Stiefel(retraction="polar"), m.Positive(),
]  # fmt: skip
CASES = [(kind, shape) for kind in KINDS for shape in SHAPES]
MAPS = ["retract", "exponential"]


@pytest.fixture(autouse=True)
def _one_thread():
    """As `fit` does it: with several, small matrices wait for threads."""
    with linear_algebra_on_one_thread():
        yield


def off(kind, points):
    """By how much the constraint is missed, relative to its size."""
    if isinstance(kind, m.Sphere):
        return np.abs(np.linalg.norm(points, axis=1) / kind.radius - 1).max()
    if isinstance(kind, m.Stiefel):
        return np.abs(points @ points.T - np.eye(len(points))).max()
    return 0.0 if not isinstance(kind, m.Positive) or (points > 0).all() else np.inf


def some(kind, shape, seed=0):
    """A point, a tangent and slopes."""
    random = np.random.default_rng(seed)
    point = kind.project(random.normal(size=shape))
    slopes = random.normal(size=shape)
    return point, kind.tangent(point, random.normal(size=shape)), slopes


@pytest.mark.parametrize("way", MAPS)
@pytest.mark.parametrize(("kind", "shape"), CASES, ids=repr)
def test_a_thousand_steps_stay_on_the_manifold(kind, shape, way):
    random = np.random.default_rng(1)
    point = kind.project(random.normal(size=shape))
    assert off(kind, point) < 1e-12
    for _ in range(1000):
        step = kind.tangent(point, random.normal(size=shape)) * random.exponential()
        point = getattr(kind, way)(point, step)
        assert off(kind, point) < 1e-12


@pytest.mark.parametrize("way", MAPS)
@pytest.mark.parametrize(("kind", "shape"), CASES, ids=repr)
def test_maps_leave_with_the_step(kind, shape, way):
    point, step, _ = some(kind, shape)
    go = getattr(kind, way)
    np.testing.assert_allclose(go(point, 0 * step), point, rtol=0, atol=1e-13)
    h = 1e-5
    slope = (go(point, h * step) - go(point, -h * step)) / (2 * h)
    np.testing.assert_allclose(slope, step, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        (m.Sphere(), 3),
        (m.Sphere(radius=30.0), 3),
        (m.Stiefel(), 2),
        (m.Stiefel(retraction="polar"), 3),
        (m.Positive(), 3),
    ],
    ids=repr,
)
def test_retraction_and_exponential_map_agree_up_to_their_order(kind, order):
    point, step, _ = some(kind, (3, 5))
    sizes = 0.02 * 0.5 ** np.arange(4) * np.linalg.norm(point) / np.linalg.norm(step)
    apart = [
        np.linalg.norm(kind.retract(point, t * step) - kind.exponential(point, t * step))
        for t in sizes
    ]  # fmt: skip
    seen = np.log2(np.divide(apart[:-1], apart[1:]))
    np.testing.assert_allclose(seen, order, atol=0.3)


@pytest.mark.parametrize(
    "kind", [m.Sphere(), m.Sphere(radius=3.0), m.Stiefel()], ids=repr
)
@pytest.mark.parametrize("shape", [(2, 5), (3, 3)])
def test_exponential_map_runs_along_geodesics(kind, shape):
    """Equal speed, and what bends the curve is normal to the manifold."""
    point, step, _ = some(kind, shape)
    h = 1e-3
    for t in (0.0, 0.7, 1.9):
        before, here, after = (
            kind.exponential(point, (t + d) * step) for d in (-h, 0, h)
        )
        speed = np.linalg.norm(after - before) / (2 * h)
        assert speed == pytest.approx(np.linalg.norm(step), rel=1e-5)
        bend = (after - 2 * here + before) / h**2
        assert np.linalg.norm(bend) > 0.1
        np.testing.assert_allclose(kind.tangent(here, bend), 0, atol=1e-4)


def test_exponential_map_of_positive_numbers_multiplies():
    point, step = np.array([[2.0, 0.5]]), np.array([[4.0, -1.0]])
    np.testing.assert_allclose(
        m.Positive().exponential(point, step), [[2 * np.e**2, 0.5 * np.e**-2]]
    )
    far = m.Positive().exponential(point, np.array([[-1e6, 0.0]]))
    assert far[0, 0] > 0


def test_whole_turns_come_back():
    point, step, _ = some(m.Sphere(), (1, 4))
    turn = 2 * np.pi * step / np.linalg.norm(step)
    np.testing.assert_allclose(m.Sphere().exponential(point, turn), point, atol=1e-12)
    # A rotation of the plane is all there is of 2 orthonormal vectors in it.
    square = np.eye(2)
    turned = m.Stiefel().exponential(square, 200 * np.pi * np.array([[0, 1], [-1, 0]]))
    np.testing.assert_allclose(turned, square, atol=1e-10)


@pytest.mark.parametrize(("kind", "shape"), CASES, ids=repr)
def test_gradient_is_the_tangent_that_gives_all_slopes(kind, shape):
    point, step, slopes = some(kind, shape)
    gradient = kind.gradient(point, slopes)
    weight = 1 / point**2 if isinstance(kind, m.Positive) else 1.0
    assert (weight * gradient * step).sum() == pytest.approx(
        (slopes * step).sum(), abs=1e-11
    )
    np.testing.assert_allclose(kind.tangent(point, gradient), gradient, atol=1e-12)


@pytest.mark.parametrize(("kind", "shape"), CASES, ids=repr)
def test_normals_span_what_is_not_tangent(kind, shape):
    point, step, slopes = some(kind, shape)
    normals = kind.normals(point)
    np.testing.assert_allclose(normals @ normals.T, np.eye(len(normals)), atol=1e-12)
    np.testing.assert_allclose(normals @ step.ravel(), 0, atol=1e-12)
    rest = slopes - kind.tangent(point, slopes)
    np.testing.assert_allclose(
        normals.T @ (normals @ rest.ravel()), rest.ravel(), atol=1e-12
    )
    k, n = shape
    constraints = {m.Sphere: k, m.Stiefel: k * (k + 1) // 2}.get(type(kind), 0)
    assert normals.shape == (constraints, k * n)


@pytest.mark.parametrize("kind", [m.Sphere(2.0), m.Stiefel()], ids=repr)
def test_projection_is_the_nearest_point(kind):
    random = np.random.default_rng(2)
    given = random.normal(size=(3, 5))
    near = kind.project(given)
    np.testing.assert_allclose(kind.project(near), near, atol=1e-15)
    for size in (1e-3, 0.1, 1.0):
        for _ in range(20):
            other = kind.project(near + size * random.normal(size=(3, 5)))
            assert np.linalg.norm(other - given) > np.linalg.norm(near - given)


def test_numbers_of_any_size_are_projected():
    with np.errstate(under="raise", over="raise"):
        np.testing.assert_allclose(
            m.Sphere().project(np.array([[3e-200, 4e-200], [3e200, -4e200]])),
            [[0.6, 0.8], [0.6, -0.8]],
        )
    assert m.Positive().project(np.array([[-3.0, 5e-324]])).tolist() == [
        [3.0, np.finfo(float).tiny]
    ]


def test_where_no_point_is_nearest():
    assert np.isnan(m.Sphere().project(np.array([[0.0, 0.0], [1.0, 0.0]])))[0].all()
    assert np.isnan(m.Stiefel().project(np.array([[1.0, 2.0, 0], [2.0, 4.0, 0]]))).all()
    assert np.isnan(m.Positive().project(np.array([[0.0, 1.0]])))[0, 0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: m.Sphere(radius=0), "radius of Sphere must be a number above 0"),
        (lambda: m.Sphere(radius=np.inf), "radius of Sphere"),
        (lambda: m.Sphere(radius=True), "radius of Sphere"),
        (lambda: m.Sphere(radius="1"), "radius of Sphere"),
        (lambda: m.Stiefel(count=0), "count of Stiefel must be a whole number"),
        (lambda: m.Stiefel(count=1.5), "count of Stiefel"),
        (lambda: m.Stiefel(retraction="svd"), "'qr' or 'polar'"),
    ],
)
def test_ranges(make, words):
    with pytest.raises(SettingError, match=words):
        make()
