"""The data sets against their definitions: tables, geometry, statistics, seeds."""

import inspect

import numpy as np
import pytest

from wildwire import datasets
from wildwire.errors import SettingError

CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]
CLASSES = ["circle", "xor_continuous", "gaussians", "spiral", "two_spirals"]
SEEDED = [*CLASSES, "plane", "bumps", "friedman1", "friedman2", "friedman3"]
NOISY = [*SEEDED, "sin", "xor"]


def make(name, **arguments):
    return getattr(datasets, name)(**arguments)


@pytest.mark.parametrize(
    ("name", "outputs"),
    [("and_", [0, 0, 0, 1]), ("or_", [0, 1, 1, 1]), ("xor", [0, 1, 1, 0])],
)
def test_gate(name, outputs):
    X, y, names, target = make(name)
    assert X.tolist() == CORNERS
    assert y.tolist() == outputs
    assert (names, target) == (("x1", "x2"), "y")


def test_noisy_copies_stay_at_their_corner():
    X, y, *_ = datasets.xor(copies=10, noise=0.05, seed=1)
    assert X.shape == (40, 2)
    assert np.array_equal(np.round(X), np.repeat(CORNERS, 10, axis=0))
    assert np.array_equal(y, np.logical_xor(*np.round(X).T))
    assert 0.03 < (X - np.round(X)).std() < 0.07


def test_parity_counts_in_binary():
    X, y, names, _ = datasets.parity(3)
    assert [int("".join(map(str, row)), 2) for row in X.astype(int)] == list(range(8))
    assert y.tolist() == [0, 1, 1, 0, 1, 0, 0, 1]
    assert names == ("x1", "x2", "x3")


def test_streetlights_follow_the_middle_light():
    X, y, *_ = datasets.streetlights()
    rows = ["".join(map(str, row)) for row in X.astype(int)]
    assert rows == ["101", "011", "001", "111", "011", "101"]
    assert y.tolist() == [0, 1, 0, 1, 1, 0]


def test_circle():
    X, y, *_ = datasets.circle()
    radius = np.hypot(*X.T)
    assert X.shape == (500, 2)
    assert (y == 1).sum() == 250
    assert radius[y == 1].max() < 2.5
    assert radius[y == -1].min() >= 3.5 and radius.max() < 5
    # Uniform in the radius, not in the area.
    assert abs(radius[y == 1].mean() - 1.25) < 0.15
    assert abs(X.mean()) < 0.3


def test_xor_continuous():
    X, y, *_ = datasets.xor_continuous()
    assert np.array_equal(y, np.sign(X[:, 0] * X[:, 1]))
    assert np.abs(X).min() >= 0.3
    assert 5.2 < np.abs(X).max() < 5.3


@pytest.mark.parametrize(("noise", "variance"), [(0.0, 0.5), (0.5, 4.0)])
def test_gaussians(noise, variance):
    X, y, *_ = datasets.gaussians(n=4000, noise=noise)
    for label in (-1, 1):
        cloud = X[y == label]
        assert len(cloud) == 2000
        assert np.allclose(cloud.mean(axis=0), 2 * label, atol=0.15)
        assert np.allclose(cloud.var(axis=0), variance, rtol=0.1)


def test_spiral_arms_are_opposite():
    X, y, *_ = datasets.spiral()
    first, second = X[y == 1], X[y == -1]
    assert np.allclose(first, -second, atol=1e-12)
    assert np.allclose(np.hypot(*first.T), 5 * np.arange(250) / 250)
    turns = np.unwrap(np.arctan2(*first[1:].T))
    assert np.isclose((turns[-1] - turns[0]) / (2 * np.pi), 1.75 * 248 / 250)


def test_plane():
    X, y, *_ = datasets.plane()
    assert X.shape == (1200, 2)
    assert np.allclose(y, (X[:, 0] + X[:, 1]) / 10)
    assert 5.9 < np.abs(X).max() < 6


def test_bumps_follow_the_playground_point_by_point():
    X, y, *_ = datasets.bumps()
    cones = [(-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1)]
    cones += [(-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1)]
    for (x1, x2), value in zip(X, y, strict=True):
        label = 0.0
        for c1, c2, sign in cones:
            distance = np.sqrt((x1 - c1) ** 2 + (x2 - c2) ** 2)
            new = sign * min(max(1 - distance / 2, 0), 1)
            label = new if abs(new) > abs(label) else label
        assert np.isclose(value, label, atol=1e-12)
    assert y.min() < -0.9 and y.max() > 0.9


def test_two_spirals_are_the_benchmark():
    X, y, *_ = datasets.two_spirals()
    assert X.shape == (194, 2)
    assert np.array_equal(X[0], [0, 6.5])
    assert np.allclose(X[0::2], -X[1::2])
    assert np.array_equal(y, np.tile([1, 0], 97))
    i = np.arange(97)
    assert np.allclose(np.hypot(*X[0::2].T), 6.5 * (104 - i) / 104)
    # i = 8: half a turn of 16 steps, on the x axis.
    assert np.allclose(X[16], [6.5 * 96 / 104, 0], atol=1e-12)


def test_two_spirals_of_other_sizes_keep_their_ends():
    small, full = datasets.two_spirals(n=20).X, datasets.two_spirals().X
    assert np.allclose(small[[0, -1]], full[[0, -1]])


def test_sin():
    X, y, names, _ = datasets.sin()
    assert X.shape == (200, 1) and names == ("x",)
    assert X[0, 0] == 0 and X[-1, 0] == 2 * np.pi
    assert np.allclose(np.diff(X[:, 0]), 2 * np.pi / 199)
    assert np.array_equal(y, np.sin(X[:, 0]))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_friedman_agrees_with_scikit_learn(number):
    """Same distribution of X and y: means and quantiles of 20,000 rows."""
    sklearn_datasets = pytest.importorskip("sklearn.datasets")
    ours = make(f"friedman{number}", n=20_000, seed=3)
    maker = getattr(sklearn_datasets, f"make_friedman{number}")
    X, y = maker(n_samples=20_000, random_state=3)
    assert np.allclose(ours.X.mean(axis=0), X.mean(axis=0), rtol=0.02)
    for part in (0.05, 0.25, 0.5, 0.75, 0.95):
        # Three standard deviations of the difference of two samples are 0.015.
        assert abs(np.mean(y < np.quantile(ours.y, part)) - part) < 0.015


def test_friedman_formulas():
    X, y, *_ = datasets.friedman1(seed=5)
    expected = 10 * np.sin(np.pi * X[:, 0] * X[:, 1])
    expected += 20 * (X[:, 2] - 0.5) ** 2 + 10 * X[:, 3] + 5 * X[:, 4]
    assert np.allclose(y, expected)
    X, y, *_ = datasets.friedman2(seed=5)
    inner = X[:, 1] * X[:, 2] - 1 / (X[:, 1] * X[:, 3])
    assert np.allclose(y, np.sqrt(X[:, 0] ** 2 + inner**2))
    X, y, *_ = datasets.friedman3(seed=5)
    inner = X[:, 1] * X[:, 2] - 1 / (X[:, 1] * X[:, 3])
    assert np.allclose(y, np.arctan(inner / X[:, 0]))


@pytest.mark.parametrize("name", SEEDED)
def test_a_seed_is_repeatable_and_another_differs(name):
    noise = {"noise": 0.1}
    first, again = make(name, seed=7, **noise), make(name, seed=7, **noise)
    other = make(name, seed=8, **noise)
    generator = make(name, seed=np.random.default_rng(7), **noise)
    assert np.array_equal(first.X, again.X) and np.array_equal(first.y, again.y)
    assert np.array_equal(first.X, generator.X)
    assert not np.array_equal(first.X, other.X)


@pytest.mark.parametrize("name", NOISY)
def test_noise_changes_something_and_nothing_is_infinite(name):
    clean, noisy = make(name, noise=0.0), make(name, noise=0.4)
    changed = not np.array_equal(clean.X, noisy.X) or not np.array_equal(
        clean.y, noisy.y
    )
    assert changed
    assert np.isfinite(noisy.X).all() and np.isfinite(noisy.y).all()


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("n", [6, 100])
def test_labels_and_halves(name, n):
    X, y, *_ = make(name, n=n, labels=(0, 1))
    assert X.shape == (n, 2) and y.shape == (n,)
    assert set(y) == {0.0, 1.0}
    if name != "xor_continuous":
        assert y.sum() == n / 2


@pytest.mark.parametrize("name", datasets.__all__[1:])
def test_every_data_set_is_float64_with_a_name_per_column(name):
    X, y, names, target = make(name)
    assert X.dtype == y.dtype == np.float64
    assert X.shape == (len(y), len(names)) and len(set(names)) == len(names)
    assert all(text.isidentifier() for text in (*names, target))
    assert inspect.getdoc(getattr(datasets, name))


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("circle", {"n": 1}, "n must be a whole number, 2 or more; it is 1"),
        ("circle", {"n": 10.5}, "10.5"),
        ("circle", {"n": True}, "True"),
        ("plane", {"noise": -0.1}, "noise must be 0 or a positive number"),
        ("sin", {"noise": float("nan")}, "nan"),
        ("parity", {"n": 21}, "1 to 20"),
        ("xor", {"copies": 0}, "copies"),
        ("spiral", {"labels": (1, 1)}, "two different numbers"),
        ("spiral", {"labels": ("a", "b")}, "two different numbers"),
        ("spiral", {"labels": 3}, "two different numbers"),
        ("two_spirals", {"n": 7}, "even"),
        ("friedman1", {"n_inputs": 4}, "n_inputs"),
    ],
)
def test_bad_arguments_are_named(name, arguments, message):
    with pytest.raises(SettingError, match=message):
        make(name, **arguments)


@pytest.mark.parametrize(
    "make",
    [
        lambda: datasets.circle(seed="x"),
        lambda: datasets.plane(seed="x"),
        lambda: datasets.xor(noise=0.1, seed="x"),
        lambda: datasets.friedman1(seed=-1),
        lambda: datasets.friedman2(seed="x"),
    ],
)
def test_a_seed_that_is_none_is_refused(make):
    with pytest.raises(SettingError, match="seed must be"):
        make()
