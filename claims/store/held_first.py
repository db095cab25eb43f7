"""What waits for a remittance that is here and held: its exception says so, instead of asking for one to be loaded."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims import codes
from claims.store import schema
from claims.store.load import frame
from claims.store.replaced import is_replaced
from claims.store.rows import update_by_key

CP, R, PA, E = schema.claim_payments, schema.remittances, schema.provider_adjustments, schema.exceptions
ORPHAN, TAKEN = "REVERSAL_ORPHAN", "WO_WITHOUT_REVERSAL"
IS_HELD = "Ask the payer for a corrected remittance: what is missing here is in one that is held"
CLAIM = ["payer_code", "number"]


def word_releases(conn: sa.Connection) -> None:
    """Let open exceptions about a missing decision or reversal say whether a held remittance has it.

    A reversal names the decision by the payer's number of the claim; a recovery does, or gives the provider's.
    """
    waiting = pd.concat([frame(conn, _orphans()), frame(conn, _taken())], ignore_index=True)
    if waiting.empty:
        return
    held = frame(conn, _held())
    numbers = pd.concat([held[["payer_code", name, "is_back"]].set_axis([*CLAIM, "is_back"], axis=1) for name in NAMES])
    wanted = waiting.merge(numbers[numbers["number"] != ""], on=CLAIM)
    # A reversal waits for a decision, a recovery for what takes one back.
    found = wanted.loc[wanted["is_back"] == (wanted["type_code"] == TAKEN), "exception_id"]
    texts = codes.table("exception_types").set_index("type_code")["release"]
    release = waiting["type_code"].map(texts).mask(waiting["exception_id"].isin(found), IS_HELD)
    waiting = waiting.assign(wanted=release).sort_values("wanted", key=lambda text: text != IS_HELD, kind="stable")
    waiting = waiting.drop_duplicates("exception_id").query("wanted != release")
    rows = [
        {"of": of, "text": text}
        for of, text in zip(waiting["exception_id"].tolist(), waiting["wanted"].tolist(), strict=True)
    ]
    if rows:
        change = sa.update(E).where(E.c.exception_id == sa.bindparam("of"))
        update_by_key(conn, change.values(release=sa.bindparam("text")), rows, "exception_id")


NAMES = ("payer_claim_number", "claim_number")


def _held() -> sa.Select[tuple[str, str, str, bool]]:
    is_back = sa.type_coerce(CP.c.status_code == "22", sa.Boolean).label("is_back")
    select = sa.select(R.c.payer_code, CP.c.payer_claim_number, CP.c.claim_number, is_back)
    return select.join(CP, CP.c.remit_id == R.c.remit_id).where(R.c.state == "held", ~is_replaced())


def _orphans() -> sa.Select[tuple[int, str, str, str, str]]:
    select = sa.select(
        E.c.exception_id, E.c.type_code, E.c.release, R.c.payer_code, CP.c.payer_claim_number.label("number")
    )
    select = select.join(CP, CP.c.claim_payment_id == E.c.claim_payment_id).join(R, R.c.remit_id == CP.c.remit_id)
    return select.where(E.c.state == "open", E.c.type_code == ORPHAN)


def _taken() -> sa.Select[tuple[int, str, str, str, str]]:
    select = sa.select(E.c.exception_id, E.c.type_code, E.c.release, R.c.payer_code, PA.c.reference.label("number"))
    own = sa.and_(PA.c.remit_id == E.c.remit_id, PA.c.seg == E.c.seg)
    select = select.join(R, R.c.remit_id == E.c.remit_id).join(PA, own)
    return select.where(E.c.state == "open", E.c.type_code == TAKEN)
