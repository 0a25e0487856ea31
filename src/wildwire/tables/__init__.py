"""Tables: named columns of numbers and categories, from wherever a user keeps them.

Comes in: a CSV or Parquet file, standard input, a pandas, polars or pyarrow frame, a
NumPy array. Goes out: a `Table`, with notes on what was recognised. Called by
`preparation`, `model` and the command line.
"""

from wildwire.tables.frames import as_table
from wildwire.tables.read import read_table
from wildwire.tables.table import Table, TableColumn

__all__ = ["Table", "TableColumn", "as_table", "read_table"]
