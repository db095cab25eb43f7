"""Who is who among stored claims and remittances: the rows that wait for an answer, and those they may collide with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import master, schema
from claims.store.claim_keys import claim_keys
from claims.store.load import frame
from claims.store.replaced import CONFLICT, is_replaced
from claims.store.rows import frame_of, update_where_in

R, C, F, T = schema.remittances, schema.claims, schema.files, schema.transactions
P, PA = schema.claim_postings, schema.provider_adjustments
# What a remit_key is made of, beside the content.
FACTS = (
    *("payer_identifier", "payer_code", "payer_name", "trace_number", "payment_cents", "payment_date"),
    *("payee_identifier", "method_code"),
)
PAYEE = "payee_tax_id"  # tells whether a payee named by its NPI is the one named by its tax number
CLAIM_CONFLICT = "claim-conflict"  # why each of several claims of one key with other content is held
CONFLICT_TYPE = "CLAIM_CONFLICT"  # of the exception that names each content of such a key
# A claim of ours with such a life is frozen in a batch, or a receiver has it: it is no longer ours to hold.
_UNDER_WAY = (
    "batched", "sent", "acknowledged", "received", "accepted", "rejected", "paid", "partly_paid", "denied", "reversed",
)  # fmt: skip


def new_remittances(conn: sa.Connection) -> pd.DataFrame:
    """Remittances in state new, with every other one that has the same remit_key and was not held for its content.

    Columns: remit_id, transaction_id, remit_key, body_hash, state, reason_code, sha256, file_id, seg, and those of
    which a remit_key is made, and payee_tax_id.
    """
    keys = sa.select(R.c.remit_key).where(R.c.state == "new")
    wanted = sa.or_(
        R.c.state.in_(["new", "ready", "posted", "undone", "duplicate"]),
        sa.and_(R.c.state == "held", R.c.reason_code == CONFLICT),
    )
    rows = frame(conn, _remittances().where(R.c.remit_key.in_(keys), wanted))
    return rows.sort_values(["remit_key", "sha256", "seg"], ignore_index=True)


def chosen_remittances(conn: sa.Connection) -> pd.DataFrame:
    """Remittances that a person let stand among several of one payment, and that may be of the payment of a new one.

    Their keys are their own by now. The columns of `new_remittances`.
    """
    is_chosen = sa.and_(R.c.state.in_(["ready", "posted", "undone"]), R.c.reason_code == CONFLICT)
    return _beside(conn, R.c.state == "new", is_chosen)


def under_other_payees(conn: sa.Connection) -> pd.DataFrame:
    """Remittances that move money and have the day and amount of a new one, and another payee, whatever became of them
    but a hold for another reason than their content. The columns of `new_remittances`, and payee_tax_id."""
    wanted = sa.or_(
        R.c.state.in_(["new", "ready", "posted", "undone", "duplicate"]),
        sa.and_(R.c.state == "held", R.c.reason_code == CONFLICT),
    )
    rows = _beside(conn, R.c.state == "new", sa.and_(wanted, ~_moves_nothing()), is_payee=False)
    payees = rows.groupby(["payment_date", "payment_cents"])["payee_identifier"].transform("nunique")
    return rows[payees > 1].reset_index(drop=True)


def tax_numbers(conn: sa.Connection) -> dict[str, set[str]]:
    """Tax numbers of each NPI among the providers of master data, of whatever day."""
    found: dict[str, set[str]] = {}
    for body in master.known(conn, None, "providers")["body"]:
        told = json.loads(body)
        if told.get("npi") and told.get("tax_id"):
            found.setdefault(told["npi"], set()).add(told["tax_id"])
    return found


def _beside(
    conn: sa.Connection, among: sa.ColumnElement[bool], wanted: sa.ColumnElement[bool], *, is_payee: bool = True
) -> pd.DataFrame:
    """Give the remittances `wanted` that have the day and amount, and the payee (or any), of one `among`."""
    same = (R.c.payment_date, R.c.payment_cents, R.c.payee_identifier)
    # Of several payees of one day and amount each would be found by all others.
    news = sa.select(*(same if is_payee else same[:2])).where(among).distinct().subquery()
    alike = R.c.payee_identifier == news.c.payee_identifier if is_payee else sa.true()
    day = news.c.payment_date
    select = _remittances().join(news, sa.and_(R.c.payment_cents == news.c.payment_cents, alike)).where(wanted)
    # Two selects, so that each finds its rows by state and day.
    dated = frame(conn, select.where(R.c.payment_date == day))
    undated = frame(conn, select.where(R.c.payment_date.is_(None), day.is_(None)))
    return pd.concat([dated, undated], ignore_index=True)


def _remittances() -> sa.Select[Any]:
    names = ("remit_id", "transaction_id", "remit_key", "body_hash", "state", "reason_code", "file_id", "seg")
    return sa.select(*(R.c[name] for name in (*names, *FACTS, PAYEE)), F.c.sha256).join(F, F.c.file_id == R.c.file_id)


def conflict_key() -> sa.ColumnElement[str]:
    """Key of the exception of the content of a claim; `conflict_keys` gives it of frames."""
    return CONFLICT_TYPE + ":" + C.c.claim_key + ":" + sa.func.substr(C.c.body_hash, 1, 16)


def conflict_keys(claims: pd.DataFrame) -> pd.Series:
    """Key of the exception of each content of a claim (claim_key, body_hash)."""
    return CONFLICT_TYPE + ":" + claims["claim_key"] + ":" + claims["body_hash"].str[:16]


def new_claims(conn: sa.Connection) -> pd.DataFrame:
    """Claims in state new, with every other one of the same claim_key that was not held for its content (`_claims`)."""
    return _claims(conn, sa.select(C.c.claim_key).where(C.c.state == "new"))


def claims_like(conn: sa.Connection, claim_id: int) -> pd.DataFrame:
    """Give a claim and every other one of its claim_key that was not held for its content (`_claims`)."""
    return _claims(conn, sa.select(C.c.claim_key).where(C.c.claim_id == claim_id))


def _claims(conn: sa.Connection, keys: sa.Select[tuple[str]]) -> pd.DataFrame:
    """Claims of some keys. One that somebody else sent stands before one that we have to send: it is not sent again.

    Columns: claim_id, family_id, claim_key, body_hash, state, origin, sha256, file_id, seg, charge_cents, is_under_way
    (it is ours and in a batch, or left already), is_decided (so it is, or a posted claim payment is matched to it),
    is_chosen (a person said that it stands among several with its key).
    """
    decided = (
        sa.select(sa.literal(1))
        .select_from(schema.matches)
        .join(
            schema.claim_postings,
            schema.claim_postings.c.claim_payment_id == schema.matches.c.claim_payment_id,
        )
        .where(
            schema.matches.c.claim_id == C.c.claim_id,
            schema.matches.c.ended_at.is_(None),
            schema.claim_postings.c.outcome == "posted",
        )
        .exists()
    )
    under_way = sa.and_(C.c.origin == "to_send", C.c.state == "stored", C.c.life.in_(_UNDER_WAY))
    chosen = sa.and_(C.c.state == "stored", sa.func.coalesce(C.c.reason_code, "") == CLAIM_CONFLICT)
    wanted = sa.or_(
        C.c.state.in_(["new", "stored", "duplicate"]),
        sa.and_(C.c.state == "held", C.c.reason_code == CLAIM_CONFLICT),
    )
    return frame(
        conn,
        sa.select(
            C.c.claim_id,
            C.c.family_id,
            C.c.claim_key,
            C.c.body_hash,
            C.c.state,
            C.c.origin,
            F.c.sha256,
            C.c.file_id,
            C.c.seg,
            C.c.charge_cents,
            sa.type_coerce(under_way, sa.Boolean).label("is_under_way"),
            sa.type_coerce(sa.or_(decided, under_way), sa.Boolean).label("is_decided"),
            sa.type_coerce(chosen, sa.Boolean).label("is_chosen"),
        )
        .join(F, F.c.file_id == C.c.file_id)
        .where(C.c.claim_key.in_(keys), wanted)
        .order_by(C.c.claim_key, C.c.origin, F.c.sha256, C.c.seg),
    )


def notices(conn: sa.Connection) -> pd.DataFrame:
    """Remittances that move no money, ready to post, and all others that are known under their own key and that have
    their day, amount and payee: no other can be the same payment, so the history is not read.

    The columns of `new_remittances`.
    """
    is_known = sa.or_(R.c.state != "held", R.c.reason_code == CONFLICT)
    wanted = sa.and_(R.c.state.in_(["ready", "posted", "undone", "held"]), is_known, _moves_nothing())
    rows = _beside(conn, sa.and_(R.c.state == "ready", _moves_nothing()), wanted)
    return rows.sort_values("remit_id", ignore_index=True)


def _moves_nothing() -> sa.ColumnElement[bool]:
    return sa.or_(R.c.payment_cents == 0, R.c.method_code == "NON")


def notice_keys(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """What remittances say: remit_id and claim_key of each claim, or one key of all provider adjustments.

    A decision that a reversal of its day, or an earlier one, has taken back says nothing any more.
    """
    keys = claim_keys(conn, "remit_id", remit_ids)
    back, of_back = P.alias("back"), R.alias("of_back")
    select = (
        sa.select(P.c.claim_payment_id)
        .join(R, R.c.remit_id == P.c.remit_id)
        .join(back, sa.and_(back.c.reverses_claim_payment_id == P.c.claim_payment_id, back.c.outcome == "reversal"))
        .join(of_back, of_back.c.remit_id == back.c.remit_id)
        .where(P.c.ended_at.is_(None), back.c.ended_at.is_(None), of_back.c.payment_date <= R.c.payment_date)
    )
    over = frame_of(conn, select, P.c.claim_payment_id, keys["claim_payment_id"].tolist())["claim_payment_id"]
    keys = keys[~keys["claim_payment_id"].isin(over)]
    alone = [int(one) for one in remit_ids if one not in set(keys["remit_id"])]
    adjusted = frame_of(
        conn, sa.select(PA.c.remit_id, PA.c.reason_code, PA.c.reference, PA.c.amount_cents), PA.c.remit_id, alone
    )
    told = adjusted["reason_code"] + ":" + adjusted["reference"] + ":" + adjusted["amount_cents"].astype("str")
    of_plb = adjusted.assign(claim_key=told).sort_values("claim_key").groupby("remit_id")["claim_key"].agg("|".join)
    return pd.concat([keys[["remit_id", "claim_key"]], of_plb.reset_index()], ignore_index=True)


def set_remittance_states(conn: sa.Connection, rows: pd.DataFrame) -> None:
    """Write state_new and reason_new of each remit_id, and the same for its transaction set."""
    for (state, reason), part in rows.groupby(["state_new", "reason_new"]):
        update_where_in(conn, R, R.c.remit_id, part["remit_id"], state=state, reason_code=reason or None)
        told = {"ready": "stored", "duplicate": "duplicate", "held": "held"}.get(str(state))
        if told:
            update_where_in(conn, T, T.c.transaction_id, part["transaction_id"], state=told, reason_code=reason or None)


def settled_holds(conn: sa.Connection) -> pd.DataFrame:
    """Sets held for their content whose corrected copy was posted: file_id and seg of the set."""
    return frame(
        conn,
        sa.select(R.c.remit_id, T.c.file_id, T.c.seg)
        .join(T, T.c.transaction_id == R.c.transaction_id)
        .where(is_replaced())
        .order_by(R.c.remit_id),
    )


def set_claim_states(conn: sa.Connection, rows: pd.DataFrame) -> None:
    """Write state_new and reason_new of each claim_id."""
    for (state, reason), part in rows.groupby(["state_new", "reason_new"]):
        update_where_in(conn, C, C.c.claim_id, part["claim_id"], state=state, reason_code=reason or None)
