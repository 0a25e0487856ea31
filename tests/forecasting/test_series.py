"""Series from arrays and tables: gaps, texts, futures."""

import numpy as np
import pandas as pd
import pytest

from wildwire.errors import DataError
from wildwire.forecasting import series_from_arrays, series_from_table
from wildwire.tables import as_table

Y = np.arange(6.0)
TABLE = {
    "t": np.arange(8),
    "y": np.array([1.0, 2, 3, 4, 5, 6, np.nan, np.nan]),
    "heat": np.arange(8.0),
    "word": np.array(list("abababab")),
}


def table(**changes):
    return as_table({**TABLE, **changes}, source="s.csv")


def test_arrays_with_names_and_a_future():
    frame = pd.DataFrame({"heat": np.arange(8.0)})
    series = series_from_arrays(pd.Series(Y, name="sales"), frame)
    assert (series.name, series.columns) == ("sales", ("heat",))
    assert (len(series), series.future) == (6, 2)
    assert series.until(4).future == 0
    assert series.between(2, 5).X[:, 0].tolist() == [2, 3, 4]


def test_a_table_with_a_future():
    series = series_from_table(table(), "y", time_column="t", known=["heat"])
    assert (len(series), series.future) == (6, 2)
    assert series.time.after(2) == ["6", "7"]
    assert series.notes == (
        "not used: 'word'; a column helps a forecast if its own future is known: name it with --known then",
    )


def test_an_incomplete_future_ends_before_its_gap():
    heat = np.arange(8.0)
    heat[7] = np.nan
    assert series_from_table(table(heat=heat), "y", known=["heat"]).future == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: series_from_arrays([1, np.nan, 3]), ["row 1", "missing", "no gaps"]),
        (lambda: series_from_arrays([1, 2, np.inf]), ["row 2", "inf"]),
        (lambda: series_from_arrays(["a", "b"]), ["numbers", "texts"]),
        (
            lambda: series_from_arrays(np.ma.masked_equal([1, 2, 99, 4], 99)),
            ["row 2", "missing", "no gaps"],
        ),
        (lambda: series_from_arrays([1, 2j]), ["y holds complex numbers", "real"]),
        (
            lambda: series_from_arrays(np.array(["2020", "2021"], "datetime64[Y]")),
            ["y holds times"],
        ),
        (
            lambda: series_from_arrays(np.array([1, 2], "timedelta64[s]")),
            ["y holds durations"],
        ),
        (lambda: series_from_arrays(np.ones((3, 2))), ["(3, 2)", "one by one"]),
        (lambda: series_from_arrays(Y, np.ones((5, 1))), ["5 rows", "6"]),
        (
            lambda: series_from_arrays(Y, {"a": ["u"] * 6}),
            ["'a'", "'u'", "0 and 1"],
        ),
        (
            lambda: series_from_arrays(Y, {"a": [1, 2, np.nan, 4, 5, 6]}),
            ["row 2", "'a' is missing"],
        ),
        (lambda: series_from_arrays(Y, {"y": Y}), ["X has a column 'y'"]),
        (
            lambda: series_from_table(table(y=np.array([1, np.nan, *range(6)])), "y"),
            ["s.csv, row 1", "'y' is missing", "fill in"],
        ),
        (lambda: series_from_table(table(), "word"), ["row 0", "'a'", "numbers"]),
        (
            lambda: series_from_table(table(), "y", known=["heat", 3]),
            ["s.csv: 'heat' is named twice", "once"],
        ),
        (
            lambda: series_from_table(table(), "y", known=["heat"], ignore=["heat"]),
            ["s.csv: 'heat' is to be known ahead, and to be ignored"],
        ),
        (lambda: series_from_table(table(), "yy"), ["no column 'yy'", "'y'"]),
        (
            lambda: series_from_table(table(), "y", known=["word"]),
            ["'word'", "0 and 1"],
        ),
        (lambda: series_from_table(table(), "y", known=["y"]), ["target"]),
        (
            lambda: series_from_table(table(y=np.full(8, np.nan)), "y"),
            ["'y' is empty"],
        ),
        (
            lambda: series_from_table(
                table(t=np.array([0, 1, 2, 3, 4, 5, 6, 6])), "y", time_column="t"
            ),
            ["row 7", "one row for each time"],
        ),
    ],
)
def test_what_is_refused(make, words):
    with pytest.raises(DataError) as caught:
        make()
    for word in words:
        assert word in str(caught.value)
