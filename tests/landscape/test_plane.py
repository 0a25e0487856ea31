"""Surfaces: the losses of a plane, its axes, the path on it."""

import numpy as np
import pytest

import wildwire as ww
from learning.problems import CLASSES, REGRESSION, SHARED, classes, network, rows
from wildwire.errors import DataError, SettingError, UnknownNameError
from wildwire.landscape import Path, plane, surface
from wildwire.learning import Objective

X, Y, WEIGHT = rows(23)
LINE = ww.parse("input x\ny = ?*x + ?\noutput y")


def problem(text):
    made, theta = network(text)
    if text is CLASSES:
        return made, theta, *classes()
    return made, theta, *rows(23, made.n_outputs)[:2]


def at(found, theta, i, j):
    """The theta of one point of a surface."""
    a, b = (found.axes[0][i], found.axes[1][j]) - found.center
    return theta + a * found.directions[0] + b * found.directions[1]


@pytest.mark.parametrize("text", [REGRESSION, CLASSES, SHARED])
def test_values_are_those_of_the_objective(text):
    made, theta, X, Y = problem(text)
    loss = "softmax" if text is CLASSES else "squared"
    random = np.random.default_rng(1)
    directions = random.normal(size=(2, made.n_theta))
    for along in (None, tuple(made.theta_names[:2]), tuple(directions)):
        found = surface(made, X, Y, theta, along, loss, points=5, l2=0.1, span=0.5)
        objective = Objective(made, X, Y, loss=loss, l2=0.1)
        for i, j in ((0, 0), (1, 3), (4, 2)):
            value = objective.value(at(found, theta, i, j))
            assert found.values[i, j] == pytest.approx(value, rel=1e-12)
        assert found.values[2, 2] == pytest.approx(objective.value(theta), rel=1e-14)


def test_two_numbers_leave_the_others_alone():
    made, theta = network(REGRESSION)
    names = made.theta_names
    found = surface(made, X, Y, theta, (names[3], names[6]), points=7, span=(0.5, 2))
    assert found.names == (names[3], names[6])
    assert (np.flatnonzero(found.directions[0]) == [3]).all()
    assert (np.flatnonzero(found.directions[1]) == [6]).all()
    np.testing.assert_array_equal(found.center, theta[[3, 6]])
    np.testing.assert_allclose(found.axes[0], theta[3] + np.linspace(-0.5, 0.5, 7))
    np.testing.assert_allclose(found.axes[1], theta[6] + np.linspace(-2, 2, 7))
    for i in (0, 3, 6):
        moved = theta.copy()
        moved[3], moved[6] = found.axes[0][i], found.axes[1][1]
        assert found.values[i, 1] == Objective(made, X, Y).value(moved)


def test_a_bowl_by_hand():
    """(w x + b - t)**2 / 2 over rows x = 0, 1, weighted 1 and 3."""
    found = surface(
        LINE, [0.0, 1.0], [1.0, 3.0], [2.0, 1.0], ("x -> y", "y bias"), points=5,
        sample_weight=[1, 3], span=1,
    )  # fmt: skip
    w, b = found.axes
    w, b = w[:, None], b[None]
    loss = (0.5 * (b - 1) ** 2 + 3 * 0.5 * (w + b - 3) ** 2) / 4
    np.testing.assert_allclose(found.values, loss, atol=1e-15)
    summed = surface(
        LINE, [0.0, 1.0], [1.0, 3.0], [2.0, 1.0], ("x -> y", "y bias"), points=5,
        sample_weight=[1, 3], span=1, gradient="sum",
    )  # fmt: skip
    np.testing.assert_allclose(summed.values, 4 * loss, atol=1e-15)


def test_path_coordinates_are_projections():
    made, theta = network(REGRESSION)
    random = np.random.default_rng(2)
    walk = theta + np.cumsum(random.normal(size=(9, made.n_theta)), axis=0)
    pair = tuple(random.normal(size=(2, made.n_theta)) * [[1.0], [30.0]])
    for along in (None, pair, "path", (made.theta_names[1], pair[0])):
        found = surface(made, X, Y, theta, along, path=walk, points=3)
        foot = theta + (found.path - found.center) @ found.directions
        rest = walk - foot
        limit = 1e-9 * np.abs(found.directions).max() * np.abs(walk).max()
        assert np.abs(rest @ found.directions.T).max() < limit
        part = 1 - (rest**2).sum() / ((walk - theta) ** 2).sum()
        assert found.in_plane == pytest.approx(part, abs=1e-12)
        np.testing.assert_allclose(
            found.path_values, Objective(made, X, Y).values(walk), rtol=1e-12
        )
        assert found.axes[0][0] <= found.path[:, 0].min()
        assert found.axes[1][-1] >= found.path[:, 1].max()


def test_principal_directions_hold_a_flat_path():
    made, theta = network(REGRESSION)
    random = np.random.default_rng(3)
    flat = random.normal(size=(2, made.n_theta))
    walk = theta + random.normal(size=(12, 2)) @ flat
    found = surface(made, X, Y, theta, "path", path=walk, points=3)
    assert found.in_plane == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(
        found.directions @ found.directions.T, np.eye(2), atol=1e-12
    )
    assert (found.path[0] <= 0).all()
    # More of the path lies along the first than along the second.
    first, second = (found.path**2).sum(axis=0)
    assert first > second


def test_the_path_of_a_run():
    made, theta = network(REGRESSION)
    path = Path(theta)
    result = ww.fit(made, X, Y, theta, epochs=7, callbacks=path)
    found = surface(made, X, Y, along="path", path=path, points=5)
    assert len(found.path) == 8
    np.testing.assert_allclose(found.path[-1], 0, atol=1e-12)
    assert found.path_values[-1] == Objective(made, X, Y).value(result.theta)
    assert "8 points" in repr(found)


def test_one_call_of_the_engine_or_several_have_the_same_bits(monkeypatch):
    made, theta = network(REGRESSION)
    walk = theta + np.random.default_rng(0).normal(size=(4, made.n_theta))
    calls = []
    ask = Objective.values
    monkeypatch.setattr(
        Objective,
        "values",
        lambda self, each: calls.append(len(each)) or ask(self, each),
    )
    whole = surface(made, X, Y, theta, path=walk, points=5, threads=2)
    assert calls == [29]
    monkeypatch.setattr(plane, "MOST_NUMBERS", 13 * made.n_theta)
    parts = surface(made, X, Y, theta, path=walk, points=5)
    assert calls == [29, 13, 13, 3]
    assert whole.values.tobytes() == parts.values.tobytes()
    assert whole.path_values.tobytes() == parts.path_values.tobytes()


def test_seed_and_bits():
    made, theta = network(REGRESSION)
    one, same = (surface(made, X, Y, theta, points=3, seed=5) for _ in range(2))
    other = surface(made, X, Y, theta, points=3, seed=6)
    assert one.values.tobytes() == same.values.tobytes()
    assert (one.values != other.values).any()


def test_where_the_loss_is_not_finite():
    root = ww.parse("input x\ny = exp(?*x) + ?\noutput y")
    names = tuple(root.theta_names)
    found = surface(root, [1.0], [1.0], [0.0, 0.0], names, points=3, span=2000)
    assert not np.isfinite(found.values[2]).any()
    assert np.isfinite(found.values[:2]).all()
    far = surface(root, [1.0], [1.0], [5000.0, 0.0], names, points=3, span=1)
    assert "nowhere finite" in repr(far)


def test_sequences():
    memory = ww.parse("input x\nh = tanh(?*x + ?*h@1)\ny = ?*h\noutput y")
    random = np.random.default_rng(0)
    x, t = random.normal(size=(2, 4, 6, 1))
    theta = np.array([0.5, 0.3, 1.0])
    found = surface(memory, x, t, theta, points=3, warm_up=2)
    value = Objective(memory, x, t, warm_up=2).value(theta)
    assert found.values[1, 1] == value


V = np.ones(2)


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"theta": None}, SettingError, "theta is missing"),
        ({"theta": [1.0]}, DataError, r"shape \(2,\)"),
        ({"theta": [1.0, np.nan]}, DataError, "'y bias' is nan"),
        ({"along": ("x -> y", "y bais")}, UnknownNameError, "Did you mean 'y bias'"),
        ({"along": ("y bias", "y bias")}, SettingError, "'y bias' twice"),
        ({"along": "paths"}, SettingError, "not 'paths'"),
        ({"along": "path"}, SettingError, "give path="),
        ({"along": (V, 2 * V)}, SettingError, "the same line"),
        ({"along": (V, 0 * V)}, DataError, "direction 2 of along"),
        ({"along": (V, [1.0])}, DataError, "direction 2 of along must have shape"),
        ({"along": (V,)}, SettingError, "along must be two directions"),
        ({"along": 3}, SettingError, "along must be two directions"),
        ({"theta": [0.0, 0.0]}, SettingError, "random directions"),
        ({"points": 1}, SettingError, "points must be a whole number of 2"),
        ({"points": 3.5}, SettingError, "points must be"),
        ({"span": 0}, SettingError, "span must be a number above 0"),
        ({"span": (1, 2, 3)}, SettingError, "span must be a number or two"),
        ({"seed": "x"}, SettingError, "seed must be"),
        ({"path": np.zeros((3, 4))}, DataError, r"shape \(k, 2\)"),
        ({"path": [[0, 0], [0, np.inf]]}, DataError, "row 1"),
        ({"path": Path()}, DataError, "no points"),
        ({"path": [[1, 2], [1, 3]], "along": "path"}, DataError, "straight line"),
        ({"path": [[1, 1]], "along": "path"}, DataError, "never leaves"),
        ({"loss": "square"}, SettingError, "loss"),
    ],
)  # fmt: skip
def test_refusals(arguments, kind, words):
    given = {"theta": [1.0, 1.0], "along": None, **arguments}
    with pytest.raises((kind, ww.WildwireError), match=words):
        surface(LINE, [0.0, 1.0], [1.0, 3.0], **given)


def test_refusals_of_networks():
    with pytest.raises(SettingError, match="1 learnable number"):
        surface(ww.parse("input x\ny = ?*x\noutput y"), [1.0], [1.0], [1.0])
    with pytest.raises(SettingError, match="parse"):
        surface("input x", [1.0], [1.0], [1.0])
