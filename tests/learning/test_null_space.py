"""Matrices of curvature: inverses, and groups of numbers that go together."""

import numpy as np
import pytest

from wildwire.learning.null_space import Decomposed, combinations

RANDOM = np.random.default_rng(2)
NAMES = tuple("abcdefgh")


def curvature(null, n=8):
    """A matrix with random curvature in all directions but those of the rows of `null`."""
    null = np.atleast_2d(null)
    rows = RANDOM.normal(size=(50, n))
    keep = np.eye(n) - np.linalg.pinv(null) @ null
    units = 10.0 ** RANDOM.uniform(-8, 8, n)
    matrix = (keep @ rows.T) @ (rows @ keep) * units * units[:, None]
    return matrix, units


@pytest.mark.parametrize("n", [1, 3, 40])
def test_inverse_of_what_is_regular(n):
    rows = RANDOM.normal(size=(3 * n, n)) * 10.0 ** RANDOM.uniform(-100, 100, n)
    matrix = rows.T @ rows
    found = Decomposed(matrix)
    assert found.null.shape == (n, 0)
    assert not found.free.any()
    scale = np.sqrt(np.diag(matrix))
    np.testing.assert_allclose(
        (found.inverse * scale) @ (matrix / scale), np.eye(n), atol=1e-9
    ) if n == 1 else np.testing.assert_allclose(
        (found.inverse * scale * scale[:, None]) @ (matrix / scale / scale[:, None]),
        np.eye(n), atol=1e-9,
    )  # fmt: skip


def test_cholesky_and_eigenvectors_agree():
    rows = RANDOM.normal(size=(30, 6))
    matrix = rows.T @ rows
    fast, slow = Decomposed(matrix), Decomposed(np.pad(matrix, (0, 1)))
    assert fast.null.shape[1] == 0 and slow.null.shape[1] == 1
    np.testing.assert_allclose(slow.inverse[:6, :6], fast.inverse, rtol=1e-10)


GROUPS = {
    "one alone": ([[0, 0, 1, 0, 0, 0, 0, 0]], ["c"]),
    "a pair": ([[0, 1, 0, 0, -2, 0, 0, 0]], ["be"]),
    "two pairs": ([[0, 1, 0, 0, -2, 0, 0, 0], [3, 0, 0, 0, 0, 0, 0, 1]], ["ah", "be"]),
    "two directions among three": (
        [[1, 1, 0, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0, 0, 0]], ["abc"],
    ),
    "a pair and one alone": ([[0, 1, 0, 0, -2, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1, 0]], ["be", "g"]),
    "all": (np.ones((1, 8)), ["abcdefgh"]),
}  # fmt: skip


@pytest.mark.parametrize("case", GROUPS)
def test_numbers_are_grouped_whatever_their_units(case):
    null, groups = GROUPS[case]
    matrix, units = curvature(null)
    found = Decomposed(matrix)
    made = combinations(found, NAMES)
    assert ["".join(group.names) for group in made] == groups
    null = np.atleast_2d(null)
    assert sum(len(group.directions) for group in made) == len(null)
    for group in made:
        places = [NAMES.index(name) for name in group.names]
        for direction in group.directions:
            step = np.zeros(8)
            step[places] = direction * units[places]
            step /= np.abs(step).max()
            # In the span of the null directions.
            rest = step - np.linalg.pinv(null) @ (null @ step)
            assert np.abs(rest).max() < 1e-5
            assert np.any(direction == 1)


def test_nothing_at_all():
    found = Decomposed(np.zeros((3, 3)))
    assert found.free.all()
    assert not found.inverse.any()
    assert [group.names for group in combinations(found, ("a", "b", "c"))] == [
        ("a",),
        ("b",),
        ("c",),
    ]
    empty = Decomposed(np.zeros((0, 0)))
    assert empty.inverse.shape == (0, 0) and combinations(empty, ()) == ()
