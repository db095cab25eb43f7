"""What the practice says of provider adjustments once and for all: their amounts go to the account of their code (B14).

The row is master data (provider_adjustment_accounts): a code, of one payer or of all, and an account. Each reconcile
moves there what waits on unapplied cash, by a journal of the remittance: it goes with an undo, and comes with a replay,
to the account in force on the day on which it was moved first: on whatever day it is posted again.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.ledger.rules import UNAPPLIED
from claims.master import Master
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.store import waiting_adjustments
from claims.store.handles import Connection
from claims.store.waiting_adjustments import BY_REFERENCE

KIND, RULE = "provider_adjustment_accounts", "B14"


def post_configured(conn: Connection, ctx: Context, run_id: int, posting_date: date, master: Master) -> int:
    """Move what waits of provider adjustments to the accounts in force on the accounting day; give the journals.

    What an undo took back goes by the day on which it was moved first, as far as a row was in force then.
    """
    if master.rows(KIND).empty:
        return 0
    found = waiting_adjustments.rows(conn)
    found = found[~found["is_netted"] & (found["reason_code"] != BY_REFERENCE)].reset_index(drop=True)
    if found.empty:
        return 0
    first = waiting_adjustments.moved_first(conn, RULE, found["provider_adjustment_id"].tolist())
    former = first.reindex(found["provider_adjustment_id"]).set_axis(found.index)
    account = _accounts(master, found, former.fillna(posting_date.isoformat()))
    today = pd.Series(posting_date.isoformat(), index=found.index)
    found["account"] = account.where(account != "", _accounts(master, found, today))
    found = found[found["account"] != ""]
    if found.empty:
        return 0
    keyed = found.assign(
        journal_key=found["key"] + ":configured",
        rule_id=RULE,
        source="835",
        journal_reason="provider-adjustment",
        effective_date=found["day"],
        reverses_key="",
    )
    other = keyed.assign(account=UNAPPLIED, amount_cents=-keyed["amount_cents"])
    lines = pd.concat([keyed, other], ignore_index=True)
    names = ["journal_key", "account", "amount_cents", "rule_id", "source", "journal_reason", "effective_date"]
    names += ["reverses_key", "provider_adjustment_id", "remit_id", "payer_code", "reference", "reason_code"]
    return write_journals(conn, ctx, run_id, posting_date, lines[names])


def _accounts(master: Master, rows: pd.DataFrame, days: pd.Series[str]) -> pd.Series[str]:
    """Give the account of each row on its day (ISO): of its payer by whichever name, else that of all payers."""
    payers = master.rows("payers")
    by_id = payers[payers["payer_identifier"] != ""].drop_duplicates("payer_identifier", keep="last")
    known = by_id.set_index("payer_identifier")["payer_code"]
    names = pd.Series([str(known.get(one, "")) for one in rows["payer_code"]], index=rows.index, dtype="str")
    numbers = days.str.replace("-", "").astype("int64")
    account = pd.Series("", index=rows.index, dtype="str")
    for payer in (rows["payer_code"], names, ""):
        keys = rows[["reason_code"]].assign(payer_code=payer)
        account = account.where(account != "", master.look_up(KIND, keys, numbers)["account"])
    return account.astype("str")
