"""Tables: what is recognised in a file, and what frames and arrays become."""

import io
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildwire.errors import DataError, DependencyError, FileError
from wildwire.tables import Table, TableColumn, as_table, read_table
from wildwire.tables.dialect import best_separator


@pytest.fixture
def write(tmp_path):
    def writer(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return writer


def shown(table):
    """Columns as {name: list of values or texts}, None for missing."""
    result = {}
    for column in table.columns:
        gone = column.missing
        cells = [
            None if gone[i] else (column.text(i) if column.levels else float(v))
            for i, v in enumerate(column.values)
        ]
        result[column.name] = cells
    return result


# What a file says, what is read, and words that the notes must hold.
FILES = {
    "plain": ("a,b\n1,2\n3,4\n", {"a": [1, 3], "b": [2, 4]}, []),
    "semicolons and decimal commas": (
        "a;b;c\n1,5;2;x\n3;4,5;y\n",
        {"a": [1.5, 3], "b": [2, 4.5], "c": ["x", "y"]},
        ["semicolons", "decimal commas"],
    ),
    "no header, decimal commas": (
        "1,5;2\n3;4,5\n",
        {"c1": [1.5, 3], "c2": [2, 4.5]},
        ["no header", "decimal commas", "semicolons"],
    ),
    "savetxt": (
        "# measured on Monday\n# u v\n1 2\n  3   4.5\n",
        {"u": [1, 3], "v": [2, 4.5]},
        ["blanks", "names from the comment", "2 comment"],
    ),
    "blanks with decimal commas": (
        "u v\n1,5 2\n  3   4,5\n",
        {"u": [1.5, 3], "v": [2, 4.5]},
        ["blanks", "decimal commas"],
    ),
    "tabs and missing": (
        "a\tb\tc\n1\t\tx\n?\tNA\tNaN\n",
        {"a": [1, None], "b": [None, None], "c": ["x", None]},
        ["tabs"],
    ),
    "bars": ("a|b\n1|2\n", {"a": [1], "b": [2]}, ["bars"]),
    "quotes": (
        'a,"b, c"\n"x, ""y""",2\n"line\nbreak",3\n',
        {"a": ['x, "y"', "line\nbreak"], "b, c": [2, 3]},
        [],
    ),
    "comma with quoted decimal commas": (
        'a,b\n"1,5","2"\n"3,25","4"\n',
        {"a": [1.5, 3.25], "b": [2, 4]},
        ["decimal commas"],
    ),
    "blanks after commas": ("a, b\n1, 2\n", {"a": [1], "b": [2]}, []),
    "one column": ("a\n1\n2\n", {"a": [1, 2]}, []),
    "texts only": (
        "name,city\nbob,rome\nann,oslo\n",
        {"name": ["bob", "ann"], "city": ["rome", "oslo"]},
        [],
    ),
    "unnamed index": (",x\n0,1.5\n1,2.5\n", {"column 1": [0, 1], "x": [1.5, 2.5]}, []),
    "exponents": ("a,b\n1e-21,-2.5E+3\n", {"a": [1e-21], "b": [-2500]}, []),
    "windows line ends": ("a,b\r\n1,2\r\n\r\n3,4\r\n", {"a": [1, 3], "b": [2, 4]}, []),
    "hash inside a row": (
        "a,b\n1,#ff0000\n2,#00ff00\n",
        {"a": [1, 2], "b": ["#ff0000", "#00ff00"]},
        [],
    ),
    "comment between rows": ("a\n1\n# no\n2\n", {"a": [1, 2]}, ["1 comment"]),
    "byte order mark": (b"\xef\xbb\xbfa,b\n1,2\n", {"a": [1], "b": [2]}, []),
    "utf-16": ("a,b\n1,ü\n".encode("utf-16"), {"a": [1], "b": ["ü"]}, ["UTF-16"]),
    "latin": ("a,b\n1,ü\n".encode("cp1252"), {"a": [1], "b": ["ü"]}, ["cp1252"]),
    "no final line break": ("a,b\n1,2\n3,4", {"a": [1, 3], "b": [2, 4]}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_what_a_file_says_is_recognised_and_told(write, name):
    content, expected, words = FILES[name]
    table = read_table(write(content))
    assert shown(table) == expected
    told = " / ".join(table.notes)
    for word in words:
        assert word in told
    assert bool(words) == bool(table.notes)


BAD_FILES = {
    "nothing": ("", FileError, "empty"),
    "blank lines": ("\n  \n\n", FileError, "empty"),
    "comments only": ("# a\n", FileError, "empty"),
    "header only": ("a,b\n", FileError, "no row"),
    "truncated": (
        "a,b\n1,2\n3\n",
        FileError,
        "line 3: 1 field where .* 2; .*truncated",
    ),
    "ragged": ("a,b\n1,2\n3,4,5\n6,7\n", FileError, "line 3: 3 fields"),
    "ragged blanks": ("a b\n1 2\n3 4 5\n6 7\n8 9\n", FileError, "line 3: 3 fields"),
    "ragged quotes": ('a,b\n"1",2\n"3"\n', FileError, "line 3: 1 field"),
    "one name twice": ("a,b,a\n1,2,3\n", DataError, "'a' .*columns 1 and 3"),
    "zero bytes": (b"a,b\n1,\0\n", FileError, "not text"),
    "gzip": (b"\x1f\x8b\x08rest", FileError, "unpack"),
    "spreadsheet": (b"PK\x03\x04rest", FileError, "CSV"),
    "damaged parquet": (b"PAR1rest", FileError, "damaged Parquet"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_in_one_line(write, name):
    content, error, words = BAD_FILES[name]
    with pytest.raises(error, match=words) as caught:
        read_table(write(content))
    assert "\n" not in str(caught.value)
    assert "t.csv" in str(caught.value)


def test_a_missing_file_and_a_directory_are_named(tmp_path):
    with pytest.raises(FileError, match="no file"):
        read_table(tmp_path / "no.csv")
    with pytest.raises(FileError, match="directory"):
        read_table(tmp_path)


def test_rows_are_called_by_their_line(write):
    table = read_table(write("# c\na,b\n1,2\n\n3,4\n"))
    assert [table.row_label(row) for row in range(2)] == ["line 3", "line 5"]
    assert table.take(np.array([False, True])).row_label(0) == "line 5"
    assert as_table(np.ones((2, 1))).row_label(1) == "row 1"


def test_standard_input(monkeypatch):
    class Stdin:
        buffer = io.BytesIO(b"a;b\n1;2,5\n")

    monkeypatch.setattr(sys, "stdin", Stdin)
    table = read_table("-")
    assert shown(table) == {"a": [1], "b": [2.5]} and table.source == "stdin"


def test_parquet_keeps_kinds(tmp_path):
    path = tmp_path / "t.parquet"
    columns = {"a": [1.5, None], "b": ["x", "y"], "c": [True, False]}
    pq.write_table(pa.table(columns), path)
    table = read_table(path)
    assert [c.kind for c in table.columns] == ["number", "category", "boolean"]
    assert shown(table) == {"a": [1.5, None], "b": ["x", "y"], "c": [1, 0]}


def test_parquet_without_pyarrow_names_the_command(tmp_path, monkeypatch):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DependencyError, match=r"pip install 'wildwire\[parquet\]'"):
        read_table(path)


def test_separator_and_header_can_be_given(write):
    path = write("1,2;3\n4,5;6\n")
    assert read_table(path, separator=",").names == ("c1", "c2")
    assert read_table(path, separator=";", header=True).names == ("1,2", "3")


numbers = st.floats(allow_nan=False, allow_infinity=False)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5),
    separator=st.sampled_from([",", ";", "\t", "|", " "]),
    header=st.booleans(),
)
def test_every_number_is_read_back_to_the_bit(
    tmp_path_factory, rows, separator, header
):
    lines = [f"first{separator}second"] * header
    lines += [separator.join(map(repr, row)) for row in rows]
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_text("\n".join(lines) + "\n")
    table = read_table(path)
    values = np.column_stack([column.values for column in table.columns])
    assert values.tobytes() == np.array(rows).tobytes()
    assert table.names == (("first", "second") if header else ("c1", "c2"))


def test_numbers_decide_between_two_separators_that_agree():
    assert best_separator(["1,5;2,3", "2,5;3,3"]) == ";"
    assert best_separator(["1, 2, 3", "4, 5, 6"]) == ","
    assert best_separator(["x y,1", "z w,2"]) == ","


# ---- frames and arrays --------------------------------------------------------

CELLS = {
    "a": [1.5, None, 3.0],
    "b": ["x", None, "y"],
    "c": [True, False, True],
    "d": [1, 2, 3],
    "e": [True, None, False],
}


@pytest.mark.parametrize("maker", [pd.DataFrame, pl.DataFrame, pa.table])
def test_frames_of_every_library_give_one_table(maker):
    table = as_table(maker(CELLS))
    assert [column.kind for column in table.columns] == [
        *("number", "category", "boolean", "number", "boolean")
    ]
    assert table.hash() == as_table(pd.DataFrame(CELLS)).hash()
    assert shown(table)["a"] == [1.5, None, 3.0]
    assert shown(table)["b"] == ["x", None, "y"]
    assert shown(table)["e"] == [1, None, 0]
    assert [column.integer for column in table.columns][3]


def test_a_table_does_not_change_with_its_frame():
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    table = as_table(frame)
    frame.loc[0, "a"] = 9.0
    assert table.column("a").values[0] == 1.0


def test_categories_keep_the_order_of_the_frame():
    frame = pd.DataFrame({"s": pd.Categorical(["m", "s"], ["s", "m", "l"])})
    assert as_table(frame).column("s").levels == ("s", "m", "l")
    enum = pl.DataFrame({"s": ["m", "s"]}, schema={"s": pl.Enum(["s", "m", "l"])})
    assert as_table(enum).column("s").levels == ("s", "m", "l")


DATES = ["2020-01-31", "31.12.2020", "1/2/21", "2020-01-31 10:00", "10:30",
         "2020-01-31T10:00:05.5Z"]  # fmt: skip
NO_DATES = ["1-2", "2020", "1.5.2", "1.2.345", "10:3", "x 2020-01-31"]


@pytest.mark.parametrize("text", DATES + NO_DATES)
def test_dates_are_recognised(text):
    table = as_table(pd.DataFrame({"when": [text, None, text]}))
    assert (table.column("when").kind == "date") == (text in DATES)


def test_typed_dates_are_recognised():
    days = pd.to_datetime(["2020-01-01", "2021-01-01"])
    assert as_table(pd.DataFrame({"when": days})).column(1).kind == "date"
    assert as_table(pl.DataFrame({"when": days})).column(1).kind == "date"
    assert as_table({"when": days.to_numpy()}).column(1).kind == "date"


def test_arrays_are_columns_without_names():
    table = as_table(np.arange(6, dtype=np.int16).reshape(3, 2))
    assert table.names == ("x0", "x1") and not table.named
    assert as_table([1.0, 2.0]).n_rows == 2
    mixed = as_table(np.array([[1, "x"], [2, "y"]], dtype=object))
    assert [column.kind for column in mixed.columns] == ["number", "category"]


BAD_DATA = {
    "three dimensions": (np.ones((2, 2, 2)), "shape"),
    "ragged": ([[1, 2], [3]], "lengths"),
    "complex": (np.ones((2, 1), complex), "complex"),
    "different lengths": ({"a": [1], "b": [1, 2]}, "one length"),
    "lists": (pl.DataFrame({"a": [[1], [2]]}), "List"),
    "objects": (pd.DataFrame({"a": [{}, {}]}), "dict"),
    "two names": (pd.DataFrame([[1, 2]], columns=["a", "a"]), "'a'"),
}


@pytest.mark.parametrize("name", BAD_DATA)
def test_bad_data_is_refused(name):
    data, words = BAD_DATA[name]
    with pytest.raises(DataError, match=words):
        as_table(data)


# ---- the table ----------------------------------------------------------------


def table_of(**columns):
    return as_table({name: np.asarray(values) for name, values in columns.items()})


def test_columns_by_name_and_number():
    table = table_of(price=[1.0], size=[2.0], **{"2": [3.0]})
    assert table.index("size") == 1
    assert table.index("2") == 2  # a name goes before a number
    assert table.index("1") == table.index(1) == 0
    assert table.index(-1) == 2
    assert table.select(["size", 1]).names == ("size", "price")
    assert table.drop(["size"]).names == ("price", "2")


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("prise", "did you mean 'price'"),
        ("PRICE", "did you mean 'price'"),
        ("qqq", "the columns are price, size"),
        (0, "counted from 1"),
        (3, "there are 2"),
        (-3, "there are 2"),
    ],
)
def test_an_unknown_column_is_explained(which, words):
    with pytest.raises(DataError, match=words):
        table_of(price=[1.0], size=[2.0]).column(which)


def test_the_hash_sees_names_values_and_levels():
    base = table_of(a=[1.0, 2.0]).hash()
    assert table_of(a=[1.0, 2.0]).hash() == base
    assert table_of(b=[1.0, 2.0]).hash() != base
    assert table_of(a=[1.0, np.nextafter(2, 3)]).hash() != base
    assert table_of(a=["1", "2"]).hash() != base


def test_the_slip_in_a_column_of_numbers_is_found():
    column = table_of(a=["1", "2,5", "3kg", "4"]).column("a")
    assert column.first_not_number() == 2
    assert table_of(a=["x", "y", "1"]).column("a").first_not_number() is None


def test_levels_are_kept_by_take():
    table = table_of(a=["x", "y", "x"]).take(np.array([0, 2]))
    assert table.column("a").levels == ("x", "y") and len(table) == 2
    assert table.column("a").n_distinct == 1


def test_a_table_refuses_one_name_twice():
    column = TableColumn("a", "number", np.ones(1))
    with pytest.raises(DataError, match="columns 1 and 2"):
        Table((column, column))
