"""Ledger lines that share a key become a journal: keyed lines in, balanced journals and their lines out."""

from __future__ import annotations

import pandas as pd

from claims.errors import UnbalancedPostingError


def assemble(lines: pd.DataFrame, facts: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split keyed ledger lines into `(journals, ledger_lines)`.

    `lines` carry journal_key and, equal within a key, the columns `facts` that belong to the journal. A journal whose
    lines do not sum to zero is our own mistake: nothing may be written (UnbalancedPostingError).
    """
    sums = lines.groupby("journal_key", sort=False)["amount_cents"].sum()
    off = sums[sums != 0]
    if len(off):
        raise UnbalancedPostingError([str(key) for key in off.index], int(off.iloc[0]))
    journals = lines[["journal_key", *facts]].drop_duplicates("journal_key").reset_index(drop=True)
    return journals, lines.reset_index(drop=True)
