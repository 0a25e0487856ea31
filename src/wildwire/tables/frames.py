"""From frames and arrays to a Table: one rule for the kind of a column.

Comes in: anything narwhals knows (pandas, polars, pyarrow, modin), a NumPy array, a
mapping from names to arrays, a path. Goes out: a `Table`. Called by `read.py` (which
lets pandas parse the text) and by models and estimators. narwhals is imported when the
first frame comes.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wildwire.errors import DataError
from wildwire.tables.table import Table, TableColumn

_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))"
    r"([ T]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
    r"|\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?"
)


def as_table(data: Any, *, source: str | None = None) -> Table:
    """Make a table of whatever holds the data.

    Parameters
    ----------
    data : Table, frame, mapping, array or path
        pandas, polars, pyarrow or modin frame; mapping from names to one-dimensional
        arrays; array of shape (n_rows,) or (n_rows, n_columns), whose columns are then
        called x0, x1, ...; a file name, "-" for standard input.
    source : str or None
        How messages call it.

    Returns
    -------
    Table
        Numbers as float64; texts, categories and booleans by their levels.

    Raises
    ------
    DataError
        Nothing tabular, more than two dimensions, columns of lists or of complex
        numbers, two columns of one name.
    FileError
        See `read_table`.
    """
    if isinstance(data, Table):
        return data
    if isinstance(data, str | Path):
        from wildwire.tables.read import read_table

        return read_table(data)
    if isinstance(data, Mapping):
        return _from_mapping(data, source or "mapping")
    frame = _as_frame(data)
    if frame is not None:
        kind = type(data).__module__.partition(".")[0]
        return _from_frame(frame, source or f"{kind} frame")
    return _from_array(data, source or "array")


def is_frame(data: Any) -> bool:
    """Whether narwhals takes this for a frame with named columns."""
    return _as_frame(data) is not None


def _as_frame(data: Any) -> Any:
    """The narwhals view of a frame or series, or None.

    Arrays and lists never are frames: narwhals is not even imported for them.
    """
    if isinstance(data, np.ndarray | list | tuple):
        return None
    import narwhals.stable.v2 as nw

    try:
        frame = nw.from_native(data, eager_only=True, allow_series=True)
    except TypeError:
        return None
    except nw.exceptions.DuplicateError as error:
        message = " ".join(str(error).split())
        raise DataError(f"two columns of the frame share a name: {message}") from None
    return frame.to_frame() if isinstance(frame, nw.Series) else frame


def _from_frame(frame: Any, source: str) -> Table:
    # Not frame[name]: an integer name would be taken for a row.
    pairs = zip(frame.columns, frame.iter_columns(), strict=True)
    columns = (_from_series(str(name), series, source) for name, series in pairs)
    return Table(tuple(columns), source)


def _from_series(name: str, series: Any, source: str) -> TableColumn:
    import narwhals.stable.v2 as nw

    dtype = series.dtype
    if dtype.is_temporal():
        texts = series.cast(nw.String).to_list()
        return _category(name, texts, "date")
    if dtype == nw.Boolean:
        values = _floats(series.cast(nw.Int8))
        return TableColumn(name, "boolean", values, integer=True)
    if dtype.is_numeric():
        return number_column(name, _floats(series))
    if isinstance(dtype, nw.Categorical | nw.Enum):
        order = [str(level) for level in series.cat.get_categories().to_list()]
        return _category(name, series.cast(nw.String).to_list(), "category", order)
    if dtype.is_nested():
        raise DataError(
            f"{source}: column '{name}' holds {dtype}; only numbers, texts and "
            f"booleans can be learnt from: split it into one column per number"
        )
    return object_column(name, series.to_list(), source)


def _floats(series: Any) -> np.ndarray:
    """float64 with NaN where the frame has a null."""
    import narwhals.stable.v2 as nw

    present = series.cast(nw.Float64)
    if present.null_count():
        present = present.fill_null(float("nan"))
    # A copy: a table never changes because its frame does.
    return np.array(present.to_numpy(), dtype=np.float64)


def _from_array(data: Any, source: str) -> Table:
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise DataError(f"{source}: rows of different lengths ({error})") from None
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise DataError(
            f"{source}: expected a table of shape (n_rows, n_columns), got shape "
            f"{array.shape}; reshape it first"
        )
    names = [f"x{number}" for number in range(array.shape[1])]
    columns = (_from_vector(name, array[:, i], source) for i, name in enumerate(names))
    return Table(tuple(columns), source, named=False)


def _from_mapping(data: Mapping[Any, Any], source: str) -> Table:
    vectors = {str(name): np.asarray(vector) for name, vector in data.items()}
    lengths = {name: vector.shape for name, vector in vectors.items()}
    if len(set(lengths.values())) > 1 or any(len(s) != 1 for s in lengths.values()):
        raise DataError(
            f"{source}: columns must be vectors of one length, got {lengths}"
        )
    columns = (_from_vector(n, vector, source) for n, vector in vectors.items())
    return Table(tuple(columns), source)


def _from_vector(name: str, vector: np.ndarray, source: str) -> TableColumn:
    if vector.dtype.kind == "b":
        return TableColumn(name, "boolean", vector.astype(np.float64), integer=True)
    if vector.dtype.kind in "iuf":
        return number_column(name, vector.astype(np.float64))
    if vector.dtype.kind in "mM":
        return _category(name, vector.astype(str).tolist(), "date")
    if vector.dtype.kind == "c":
        raise DataError(
            f"{source}: column '{name}' is complex; give real and imaginary part as "
            f"two columns"
        )
    return object_column(name, vector.tolist(), source)


def number_column(name: str, values: np.ndarray) -> TableColumn:
    """A column of float64 numbers, NaN for missing."""
    present = values[np.isfinite(values)]
    whole = len(present) > 0 and bool(np.all(present == np.rint(present)))
    return TableColumn(name, "number", values, integer=whole)


def object_column(name: str, values: list[Any], source: str) -> TableColumn:
    """A column of Python objects: booleans, numbers, texts, or a date in every row."""
    present = [value for value in values if not _is_missing(value)]
    if present and all(isinstance(value, bool | np.bool_) for value in present):
        floats = [np.nan if _is_missing(v) else float(v) for v in values]
        return TableColumn(name, "boolean", np.array(floats), integer=True)
    if all(_is_real(value) for value in present):
        floats = [np.nan if _is_missing(v) else float(v) for v in values]
        return number_column(name, np.array(floats, dtype=np.float64))
    odd = next((v for v in present if isinstance(v, list | dict | set | complex)), None)
    if odd is not None:
        raise DataError(
            f"{source}: column '{name}' holds a {type(odd).__name__} ({odd!r}); only "
            f"numbers, texts and booleans can be learnt from"
        )
    texts = [None if _is_missing(value) else str(value) for value in values]
    levels = {text for text in texts if text is not None}
    if levels and all(_DATE.fullmatch(level) for level in levels):
        return _category(name, texts, "date")
    return _category(name, texts, "category")


def _is_missing(value: Any) -> bool:
    # NaN, NaT and pandas' NA differ from themselves or refuse to say.
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _is_real(value: Any) -> bool:
    if isinstance(value, str | bytes | bool | np.bool_ | complex):
        return False
    return hasattr(value, "__float__")


def _category(
    name: str, texts: list[str | None], kind: Any, order: Iterable[str] = ()
) -> TableColumn:
    """Texts as indices into their sorted levels; `order` gives levels of its own."""
    levels = list(order) or sorted({text for text in texts if text is not None})
    code = {level: number for number, level in enumerate(levels)}
    codes = [-1 if text is None else code[text] for text in texts]
    return TableColumn(name, kind, np.array(codes, dtype=np.int32), tuple(levels))
