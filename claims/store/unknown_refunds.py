"""Refunds that a payer acknowledges (72) and takes at once (WO), and that nothing in the books explains.

The two leave nothing on 2100, so no balance tells of them: the payer says that money came from us which never left our
cash, for a claim whose decision stands. It is told until a refund of ours, or a reversal (22) of the claim, is there.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.identifiers import normal_number
from claims.store import exceptions, schema
from claims.store.differing_reversals import RULE as OF_REVERSAL
from claims.store.in_force import stands
from claims.store.load import frame, no_rows
from claims.store.rows import IN_LIST

J, L, R, E, PA = (
    schema.journals,
    schema.ledger_lines,
    schema.remittances,
    schema.exceptions,
    schema.provider_adjustments,
)
CP, P = schema.claim_payments, schema.claim_postings
TYPE = "REFUND_NOT_IN_BOOKS"
KEYS = ["payer_code", "reference"]


def keep_named(conn: sa.Connection, posting_date: date) -> None:
    """Keep an open exception for each reference with such a refund, worth what is not explained of it by now.

    It hangs on the last 72 by payment day, whatever came or was posted again in which order.
    """
    rows = unknown(conn)
    own = rows["idempotency_key"].astype("str").str.replace(r":[0-9]+$", "", regex=True)  # of every generation
    wanted = rows.assign(type_code=TYPE, exception_key=TYPE + ":" + own)
    open_now = frame(
        conn, sa.select(E.c.exception_id, E.c.exception_key).where(E.c.state == "open", E.c.type_code == TYPE)
    )
    over = open_now.loc[~open_now["exception_key"].isin(wanted["exception_key"]), "exception_id"]
    exceptions.close_for(conn, "exception_id", over, [TYPE], "settled", posting_date)
    exceptions.restate(conn, wanted)
    columns = ["exception_key", "type_code", "amount_cents", "remit_id", "file_id", "seg"]
    exceptions.open_all(conn, wanted[columns], posting_date)


def unknown(conn: sa.Connection) -> pd.DataFrame:
    """Give what is acknowledged beyond our refunds or taken beyond what was announced or reversed, the smaller of both.

    payer_code, reference, amount_cents, and of the last 72 idempotency_key, remit_id, file_id, seg. What only one of
    the two exceeds is a balance of 2100, which is told as such.
    """
    lines = _lines(conn)
    if lines.empty:
        return lines[[*KEYS, "amount_cents", "idempotency_key", "remit_id", "file_id", "seg"]]
    cents, is_recovery = lines["amount_cents"], lines["code"] == "WO"
    sums = lines[KEYS].assign(
        taken=cents.where(is_recovery & (cents > 0), 0),
        announced=-cents.where(is_recovery & (cents < 0), 0),
        acknowledged=-cents.where(~is_recovery, 0),  # by 72, less what we sent
    )
    sums = sums.groupby(KEYS, as_index=False).sum()
    # Few: only what nothing but a reversal can explain is looked for among all that was ever taken back.
    sums = sums[np.minimum(sums["acknowledged"], sums["taken"] - sums["announced"]) > 0]
    sums = sums.merge(_reversed(conn, sums), on=KEYS, how="left")
    explained = np.maximum(sums["announced"], sums["reversed"].fillna(0))
    sums["amount_cents"] = np.minimum(sums["acknowledged"], sums["taken"] - explained).astype("int64")
    last = lines[lines["code"] == "72"].drop(columns="amount_cents").drop_duplicates(KEYS, keep="last")
    return sums.loc[sums["amount_cents"] > 0, [*KEYS, "amount_cents"]].merge(last, on=KEYS)


def _lines(conn: sa.Connection) -> pd.DataFrame:
    """What stands on 2100 under references with a 72, by payment day."""
    refund, adjustment = L.alias("refund"), PA.alias("adjustment")
    named = (
        sa.select(refund.c.payer_code, refund.c.reference)
        .join(adjustment, adjustment.c.provider_adjustment_id == refund.c.provider_adjustment_id)
        .where(refund.c.account == "2100", adjustment.c.reason_code == "72", refund.c.reference != "")
    )
    day = sa.func.coalesce(sa.cast(R.c.payment_date, sa.String), sa.cast(J.c.effective_date, sa.String), "")
    rows = frame(
        conn,
        sa.select(
            *(L.c.payer_code, L.c.reference, L.c.amount_cents, J.c.idempotency_key),
            # What a reversal left to be taken later is announced as a recovery is.
            sa.func.coalesce(PA.c.reason_code, sa.case((L.c.rule_id == OF_REVERSAL, "WO"), else_="")).label("code"),
            sa.func.coalesce(J.c.remit_id, 0).label("remit_id"),
            sa.func.coalesce(R.c.file_id, 0).label("file_id"),
            sa.func.coalesce(PA.c.seg, 0).label("seg"),
            sa.func.coalesce(PA.c.ordinal, 0).label("ordinal"),
            sa.func.coalesce(R.c.remit_key, "").label("remit_key"),
            day.label("day"),
        )
        .join(J, J.c.journal_id == L.c.journal_id)
        .outerjoin(R, R.c.remit_id == J.c.remit_id)
        .outerjoin(PA, PA.c.provider_adjustment_id == L.c.provider_adjustment_id)
        .where(L.c.account == "2100", sa.tuple_(L.c.payer_code, L.c.reference).in_(named))
        .where(stands(), J.c.reverses_journal_id.is_(None)),
    )
    return rows.sort_values(["day", "remit_key", "ordinal"], kind="stable", ignore_index=True)


def _reversed(conn: sa.Connection, references: pd.DataFrame) -> pd.DataFrame:
    """What reversals in force took back (`reversed`), by payer and number: the payer's of the claim, or ours."""
    select = (
        sa.select(R.c.payer_code, CP.c.payer_claim_number, CP.c.claim_number, CP.c.paid_cents)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .join(P, sa.and_(P.c.claim_payment_id == CP.c.claim_payment_id, P.c.ended_at.is_(None)))
        .where(CP.c.status_code == "22", P.c.outcome == "reversal")
    )
    numbers = references["reference"].drop_duplicates().tolist()
    parts = []
    for start in range(0, len(numbers), IN_LIST):
        part = numbers[start : start + IN_LIST]
        # Each by its index: the claim payments of a payer are all that it ever decided.
        theirs = frame(conn, select.where(CP.c.payer_claim_number.in_(part)))
        normal = normal_number(pd.Series(part, dtype="str")).tolist()
        ours = frame(conn, select.where(CP.c.claim_number_normal.in_(normal), CP.c.claim_number.in_(part)))
        ours = ours[ours["claim_number"] != ours["payer_claim_number"]]
        parts += [theirs.assign(reference=theirs["payer_claim_number"]), ours.assign(reference=ours["claim_number"])]
    both = pd.concat(parts, ignore_index=True) if parts else no_rows(select).assign(reference="")
    both = both.assign(reversed=-both["paid_cents"])
    return both[[*KEYS, "reversed"]].groupby(KEYS, as_index=False).sum()
