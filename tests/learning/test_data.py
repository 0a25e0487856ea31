"""Rows: shapes that are accepted, and refusals that name row and column."""

from types import SimpleNamespace

import numpy as np
import pandas
import polars
import pyarrow
import pytest

from wildwire import parse
from wildwire.errors import DataError, SettingError
from wildwire.learning.data import as_rows, split_validation

TWO_TO_ONE = SimpleNamespace(
    n_inputs=2, n_delays=0, names=("mass", "age", "h", "y"), output_names=("y",)
)
ONE_TO_TWO = SimpleNamespace(
    n_inputs=1, n_delays=0, names=("x", "a", "b"), output_names=("a", "b")
)
X = np.arange(12.0).reshape(6, 2)


def test_shapes():
    rows = as_rows(TWO_TO_ONE, X.tolist(), range(6))
    assert rows.X.shape == (6, 2)
    assert rows.Y.shape == (6, 1)
    assert len(rows) == rows.total == 6
    assert rows.weight is None
    narrow = as_rows(ONE_TO_TWO, np.arange(6, dtype=np.int8), X, np.arange(6))
    assert narrow.X.shape == (6, 1)
    assert narrow.X.dtype == np.float64
    assert narrow.total == 15


FRAMES = [pandas.DataFrame, polars.DataFrame, pyarrow.table]


@pytest.mark.parametrize("frame", FRAMES)
def test_columns_of_a_frame_are_found_by_name(frame):
    made = parse('input mass, age = "age (years)"\ny ~ identity(mass, age)\noutput y')
    mass, age = X.T
    for names in (("age", "mass"), ("age (years)", "mass")):
        rows = as_rows(made, frame(dict(zip(names, (age, mass), strict=True))), mass)
        assert np.array_equal(rows.X, X)
    rows = as_rows(made, frame({"u": mass, "v": age}), mass)
    assert np.array_equal(rows.X, X)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("age", "weight"), "lacks 'mass'; it also has 'weight'"),
        (("mass", "age", "id"), "it also has 'id'"),
        (("mass",), "it lacks 'age'"),
    ],
)
def test_frames_with_some_of_the_inputs_are_refused(frame, names, words):
    made = parse("input mass, age\ny ~ identity(mass, age)\noutput y")
    table = frame({name: np.arange(6.0) for name in names})
    with pytest.raises(DataError, match=words):
        as_rows(made, table, np.arange(6.0))


def test_frames_without_names_of_their_own_go_by_position():
    made = parse("input mass, age\ny ~ identity(mass, age)\noutput y")
    assert np.array_equal(as_rows(made, pandas.DataFrame(X), X[:, 0]).X, X)
    twice = pandas.DataFrame(np.c_[X, X[:, 0]], columns=["mass", "age", "mass"])
    with pytest.raises(DataError, match="it also has 'mass'"):
        as_rows(made, twice, X[:, 0])


BAD = [
    ({"X": X[:, :1]}, r"X must have shape \(rows, 2\) for mass, age; it has \(6, 1\)"),
    ({"X": X[0]}, "X must have shape"),
    ({"Y": np.zeros((6, 2))}, r"Y must have shape \(rows, 1\) for y"),
    ({"Y": np.zeros(5)}, "X has 6 rows, Y has 5"),
    ({"X": np.zeros((0, 2)), "Y": np.zeros(0)}, "no rows"),
    ({"Y": list("abcdef")}, "Y must be numbers"),
    ({"Y": [[1], [2, 3]]}, "Y must be numbers"),
    ({"X": np.where(X == 7, np.nan, X)}, "X: row 3, column 'age' is nan"),
    ({"Y": [0, 1, np.inf, 3, 4, 5]}, "Y: row 2, column 'y' is inf"),
    ({"sample_weight": [1, 2]}, r"sample_weight must have shape \(6,\)"),
    ({"sample_weight": [1, 1, 1, 1, -2, 1]}, "row 4 is -2.0"),
    ({"sample_weight": [1, np.nan, 1, 1, 1, 1]}, "row 1 is nan"),
    ({"sample_weight": np.zeros(6)}, "all sample weights are 0"),
    ({"sample_weight": list("abcdef")}, "sample_weight must be numbers"),
]


@pytest.mark.parametrize(("changed", "words"), BAD)
def test_bad_rows(changed, words):
    with pytest.raises(DataError, match=words):
        as_rows(TWO_TO_ONE, **{"X": X, "Y": np.arange(6.0)} | changed)


def test_a_share_is_held_out():
    rows = as_rows(TWO_TO_ONE, X, np.arange(6.0), np.arange(1.0, 7.0))
    kept, held = split_validation(TWO_TO_ONE, rows, 0.34, key=1)
    assert len(held) == 2
    numbers = sorted([*kept.number, *held.number])
    assert numbers == list(range(6))
    for part in (kept, held):
        assert np.array_equal(part.X, X[part.number])
        assert np.array_equal(part.Y[:, 0], part.number)
        assert np.array_equal(part.weight, part.number + 1.0)


def test_rows_of_their_own():
    rows = as_rows(TWO_TO_ONE, X, np.arange(6.0))
    kept, held = split_validation(TWO_TO_ONE, rows, (X[:2], [5.0, 6.0], [1, 2]), key=1)
    assert kept is rows
    assert held.Y.ravel().tolist() == [5, 6]
    assert held.weight.tolist() == [1, 2]
    assert split_validation(TWO_TO_ONE, rows, None, key=1) == (rows, None)


@pytest.mark.parametrize(
    ("validation", "error", "words"),
    [
        (0.0, SettingError, "share"),
        (1.0, SettingError, "share"),
        (1, SettingError, "share"),
        ("0.2", SettingError, "share"),
        ((X,), SettingError, "1 parts"),
        (0.95, DataError, "leaves no row"),
        ((X[:, :1], [1]), DataError, "validation X must have shape"),
        ((X, [1]), DataError, "validation X has 6 rows, validation Y has 1"),
    ],
)
def test_bad_validation(validation, error, words):
    rows = as_rows(TWO_TO_ONE, X, np.arange(6.0))
    with pytest.raises(error, match=words):
        split_validation(TWO_TO_ONE, rows, validation, key=1)


def test_a_split_without_weight_is_refused():
    rows = as_rows(TWO_TO_ONE, X, np.arange(6.0), [0, 0, 1, 0, 0, 0])
    with pytest.raises(DataError, match="rows have weight 0"):
        split_validation(TWO_TO_ONE, rows, 0.5, key=1)
