"""Master data, versioned by date: payers, providers, partners and rules; CSV files in, the row in force out."""

from claims.master.changes import Changes, compare
from claims.master.columns import EFFECTIVE, Column, columns, keys
from claims.master.master import Master
from claims.master.master_file import MasterFile, kind_of, read_master_file, typed
from claims.master.references import gaps

__all__ = [
    "EFFECTIVE",
    "Changes",
    "Column",
    "Master",
    "MasterFile",
    "columns",
    "compare",
    "gaps",
    "keys",
    "kind_of",
    "read_master_file",
    "typed",
]
