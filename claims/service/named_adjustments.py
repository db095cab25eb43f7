"""Provider adjustments (PLB) as people name them: code and reference, and which of its segment's it is."""

from __future__ import annotations

import pandas as pd

from claims import codes
from claims.masking import MASK
from claims.store.handles import Connection
from claims.store.queries import named_adjustments as rows_of

COLUMNS = list(rows_of.TYPES)
_ENDS = {1: "st", 2: "nd", 3: "rd"}


def with_adjustments(conn: Connection, exceptions: pd.DataFrame, *, show_phi: bool) -> pd.DataFrame:
    """Add to exceptions which provider adjustment they are about: `COLUMNS`, and adjustment_named, in words.

    A reference may be a claim's number: it is masked as one, unless `show_phi`.
    """
    told = rows_of.of_exceptions(conn, exceptions)
    return in_words(exceptions.assign(**{name: told[name] for name in COLUMNS}), show_phi=show_phi)


def in_words(rows: pd.DataFrame, *, show_phi: bool) -> pd.DataFrame:
    """Mask the references of provider adjustments unless `show_phi`, and add adjustment_named."""
    if not show_phi:
        reference = rows["adjustment_reference"]
        rows = rows.assign(adjustment_reference=reference.where(reference == "", MASK))
    names = ["adjustment_code", "adjustment_reference", "adjustment_pair", "adjustment_pairs"]
    words = [_named(*row) for row in rows[names].itertuples(index=False)]
    return rows.assign(adjustment_named=pd.Series(words, index=rows.index, dtype="str"))


def _named(code: str, reference: str, pair: int, pairs: int) -> str:
    if not pair:
        return ""
    of = "the only one" if pairs == 1 else f"{pair}{_ENDS.get(pair, 'th')} of {pairs}"
    return f"{code}:{reference}, {of} in its PLB segment" if reference else f"{code}, {of} in its PLB segment"


def meaning(code: str, cents: int, account: str = "") -> str:
    """Say what a code means for an amount (codes/plb.csv), and on an account where that tells more; empty: no code."""
    if not code:
        return ""
    row = _row(code, account)
    means = str(row["positive_means" if cents > 0 else "negative_means"])
    return f"{row['own_label']}: {means[:1].lower()}{means[1:]}"


def doubted(code: str, account: str) -> bool:
    """Tell whether what has this code hardly belongs to an account."""
    return account in str(_row(code, "")["doubted_accounts"]).split()


def _row(code: str, account: str) -> pd.Series:
    """The row of the code without a rule for its reference, or of the account that such a rule gives."""
    plb = codes.table("plb")
    own = plb[plb["code"] == code]
    own = own if len(own) else plb[plb["code"] == ""]
    of_account = own[own["account"] == account]
    return of_account.iloc[0] if len(of_account) else own.iloc[-1]
