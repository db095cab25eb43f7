"""Master data, versioned by date: payers, providers, partners and rules; CSV files in, the row in force out."""

from claims.master.columns import EFFECTIVE, Column, columns, keys
from claims.master.master import Master

__all__ = ["EFFECTIVE", "Column", "Master", "columns", "keys"]
