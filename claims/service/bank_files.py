"""The lines that a stored bank file says, whichever kind of statement it is."""

from __future__ import annotations

import pandas as pd

from claims.ledger.bank_bai2 import is_bai2, read_bai2
from claims.ledger.bank_file import read_bank_file
from claims.service.context import Context
from claims.service.intake import bank_columns

_HEAD = 65_536


def lines_of(ctx: Context, sha256: str) -> pd.DataFrame:
    """Read the lines of a stored CSV or BAI2 file, as intake does (`ledger.bank_lines`)."""
    data = ctx.vault.read(sha256)
    lines, _ = read_bai2(data) if is_bai2(data[:_HEAD]) else read_bank_file(data, bank_columns(ctx))
    return lines
