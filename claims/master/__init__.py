"""Master data, versioned by date: payers, providers, partners and rules; CSV files in, the row in force out."""

from claims.master.columns import EFFECTIVE, Column, columns, keys
from claims.master.master import Master
from claims.master.master_file import MasterFile, kind_of, read_master_file, typed

__all__ = ["EFFECTIVE", "Column", "Master", "MasterFile", "columns", "keys", "kind_of", "read_master_file", "typed"]
