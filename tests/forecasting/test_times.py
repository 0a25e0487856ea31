"""Time columns: which are equally spaced, what follows, and how others are refused."""

import numpy as np
import pytest

from wildwire.errors import DataError
from wildwire.forecasting.times import time_axis
from wildwire.tables import as_table


def axis(values):
    return time_axis(as_table({"t": np.array(values)}), "t")


@pytest.mark.parametrize(
    ("times", "following"),
    [
        ([1, 2, 3], ["4", "5"]),
        ([0.1, 0.2, 0.3], ["0.4", "0.5"]),
        ([1700.5, 1701.5, 1702.5], ["1703.5", "1704.5"]),
        ([-4, 0, 4], ["8", "12"]),
        (["2024-02-27", "2024-02-28", "2024-02-29"], ["2024-03-01", "2024-03-02"]),
        (["2023-11-30", "2023-12-31", "2024-01-31"], ["2024-02-29", "2024-03-31"]),
        (["2024-01-15", "2024-02-15", "2024-03-15"], ["2024-04-15", "2024-05-15"]),
        (["2000-01-01", "2001-01-01", "2002-01-01"], ["2003-01-01", "2004-01-01"]),
        (["2000-03-31", "2000-06-30", "2000-09-30"], ["2000-12-31", "2001-03-31"]),
        (
            ["2024-01-01 22:00", "2024-01-01 23:00", "2024-01-02 00:00"],
            ["2024-01-02 01:00", "2024-01-02 02:00"],
        ),
        (["30.04.2024", "01.05.2024", "02.05.2024"], ["2024-05-03", "2024-05-04"]),
        (["12/31/2023", "01/01/2024", "01/02/2024"], ["2024-01-03", "2024-01-04"]),
    ],
)
def test_what_follows(times, following):
    assert axis(times).after(2) == following


def test_one_row_has_the_step_one():
    assert axis([7]).after(1) == ["8"]


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ([1, 2, 4, 5], ["row 2", "from 2 to 4", "usual step is 1", "missing rows"]),
        ([1, 2, 2, 3], ["row 2", "is 2", "one row for each time"]),
        ([1, 3, 2], ["row 2", "earlier than 3", "sort the rows by 't'"]),
        ([1, np.nan, 3], ["row 1", "missing"]),
        ([1, 2, np.inf], ["row 2", "inf"]),
        (
            ["2024-01-01", "2024-01-02", "2024-01-04"],
            ["row 2", "2024-01-02 to 2024-01-04"],
        ),
        (["2024-01-02", "2024-01-01"], ["row 1", "sort the rows"]),
        (["2024-01-01", "2024-01-01"], ["row 1", "one row for each time"]),
        (["2024-01-01", "2024-31-12"], ["row 1", "'2024-31-12' cannot be read"]),
        (["soon", "later"], ["row 0", "'soon'", "a number or a date"]),
    ],
)
def test_what_is_refused(times, words):
    with pytest.raises(DataError) as caught:
        axis(times)
    for word in words:
        assert word in str(caught.value)
