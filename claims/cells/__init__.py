"""CSV files that people write: bytes in; rows with their place in the file, values by column and what is wrong, out."""

from claims.cells.kinds import KINDS, Kind
from claims.cells.rows import Rows, split_rows
from claims.cells.table import Table

__all__ = ["KINDS", "Kind", "Rows", "Table", "split_rows"]
