"""Read a table from a file or from standard input.

Comes in: a path or "-". Goes out: a `Table` with notes on what was recognised
(separator, decimal comma, missing header, comments, encoding). Called by the command
line and `as_table`. pandas parses the text; pyarrow reads Parquet; both are imported
here only when needed.
"""

import io
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from wildwire.errors import DependencyError, FileError
from wildwire.tables.dialect import (
    BLANK,
    MISSING,
    Dialect,
    check_widths,
    recognise,
    split_line,
)
from wildwire.tables.frames import as_table
from wildwire.tables.table import Table

_FOREIGN = {
    b"\x1f\x8b": "is compressed (gzip); unpack it first",
    b"PK\x03\x04": "is a spreadsheet or zip archive; save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "is an old spreadsheet; save the sheet as CSV",
    b"\x89HDF": "is an HDF5 file; export the table as CSV or Parquet",
    b"SQLite": "is a database; export the table as CSV",
}


def read_table(
    path: str | Path,
    *,
    separator: str | None = None,
    header: bool | None = None,
) -> Table:
    """Read a table from CSV or similar text, Parquet, or standard input.

    Parameters
    ----------
    path : str or Path
        File name; "-" reads standard input.
    separator : str or None
        One character, " " for any run of blanks; None recognises it.
    header : bool or None
        Whether the first line holds the names; None recognises it.

    Returns
    -------
    Table
        `table.notes` says what was recognised. Empty fields, NA, NaN, null and ? are
        missing values. A line that starts with # is a comment.

    Raises
    ------
    FileError
        Cannot be read, empty, not a table, a line with a wrong number of fields.
    DataError
        Two columns of one name.
    DependencyError
        Parquet without pyarrow.

    Notes
    -----
    About 1 s per 10 million fields.
    """
    source, data = _bytes(path)
    for magic, message in _FOREIGN.items():
        if data.startswith(magic):
            raise FileError(f"{source} {message}")
    if data.startswith(b"PAR1"):
        return _read_parquet(data, source)
    text, notes = _decode(data, source)
    table = _read_text(text, source, separator, header)
    return replace(table, notes=(*notes, *table.notes))


def _bytes(path: str | Path) -> tuple[str, bytes]:
    if str(path) == "-":
        return "stdin", sys.stdin.buffer.read()
    path = Path(path)
    try:
        return path.name, path.read_bytes()
    except FileNotFoundError:
        raise FileError(f"no file {path}") from None
    except IsADirectoryError:
        raise FileError(f"{path} is a directory; give a file") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from error


def _decode(data: bytes, source: str) -> tuple[str, list[str]]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), [f"{source}: UTF-16 text"]
    if b"\0" in data[:65536]:
        raise FileError(
            f"{source} is not text (it holds zero bytes); give CSV or Parquet"
        )
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), [
            f"{source}: not UTF-8; read as Windows Latin (cp1252)"
        ]


def _read_text(
    text: str, source: str, separator: str | None, header: bool | None
) -> Table:
    lines, numbers, comments, n_comments = _table_lines(text)
    if not lines:
        raise FileError(f"{source} is empty: it has no row of data")
    dialect = recognise(lines, comments, source, separator=separator, header=header)
    check_widths(lines, numbers, dialect, source)
    first = 1 if dialect.header else 0
    if len(lines) == first:
        raise FileError(f"{source} has a header line and no row of data")
    frame = _parse(lines[first:], dialect, source)
    table = as_table(frame, source=source)
    notes = list(dialect.notes)
    if n_comments:
        notes.append(f"{source}: {n_comments} comment line(s) skipped")
    return replace(
        table,
        lines=np.array(numbers[first:], dtype=np.int64),
        notes=tuple(notes),
        named=dialect.header or dialect.names[0] != "c1",
    )


def _table_lines(text: str) -> tuple[list[str], list[int], list[str], int]:
    """Lines of the table with their numbers, comments before them, all comments' count.

    A quoted field may hold line breaks: physical lines are joined until quotes match.
    """
    lines: list[str] = []
    numbers: list[int] = []
    comments: list[str] = []
    n_comments, open_quote = 0, False
    for number, line in enumerate(_physical(text), 1):
        if open_quote:
            lines[-1] += "\n" + line
            open_quote ^= line.count('"') % 2 == 1
        elif line.startswith("#"):
            n_comments += 1
            if not lines:
                comments.append(line.lstrip("#").strip())
        elif line.strip():
            lines.append(line)
            numbers.append(number)
            open_quote = line.count('"') % 2 == 1
    return lines, numbers, comments, n_comments


def _physical(text: str) -> list[str]:
    # str.splitlines would also break at form feeds and Unicode separators in fields.
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _parse(lines: Sequence[str], dialect: Dialect, source: str) -> Any:
    import pandas

    if dialect.separator == BLANK:
        # pandas' own run of blanks counts leading ones as a field.
        lines = ["\t".join(split_line(line, BLANK)) for line in lines]
    try:
        return pandas.read_csv(
            io.StringIO("\n".join(lines)),
            sep="\t" if dialect.separator == BLANK else dialect.separator,
            decimal=dialect.decimal,
            names=list(dialect.names),
            header=None,
            index_col=False,
            keep_default_na=False,
            na_values=list(MISSING),
            skipinitialspace=True,
            skip_blank_lines=False,
            low_memory=False,
            **_exact(pandas.__version__),
        )
    except (pandas.errors.ParserError, ValueError) as error:
        raise FileError(f"{source} is not a table: {error}") from error


def _exact(version: str) -> dict[str, Any]:
    """The option that reads numbers to the bit; the default from pandas 3.1 on."""
    release = tuple(int(part) for part in version.split(".")[:2])
    return {} if release >= (3, 1) else {"float_precision": "round_trip"}


def _read_parquet(data: bytes, source: str) -> Table:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise DependencyError(
            "reading Parquet needs pyarrow: pip install 'wildwire[parquet]'"
        ) from None
    try:
        frame = pyarrow.parquet.read_table(pyarrow.BufferReader(data))
    except (pyarrow.ArrowException, OSError) as error:
        raise FileError(f"{source} is a damaged Parquet file: {error}") from error
    table = as_table(frame, source=source)
    if not table.n_rows:
        raise FileError(f"{source} is empty: it has no row of data")
    return table
