"""What people gave up, alone or as the second person: the money of cases that were closed, as far as it stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.exceptions import ACCEPTED
from claims.store.load import frame
from claims.store.queries.asof import total
from claims.store.rows import frame_of

CASE, ACTION, EVENT = schema.denial_cases, schema.denial_actions, schema.denial_events
E, SAID, MR = schema.exceptions, schema.exception_events, schema.money_requests
L = schema.ledger_lines
CLAIM = "CLAIM_WITHDRAWN"  # the exception of a claim that nobody sends: who accepts it gives its charge up
_KINDS, _ENDS = ("write_off", "expire"), ("written_off", "expired")
_COLLECTION = "to_collection"
_GIVEN_UP = (_COLLECTION, "lowered_charge")  # kinds of requests that somebody may settle alone
_APPROVED = (*_ENDS, "duplicate", "billed_patient")  # a second person answers for what the patient is asked for too


def on_day(conn: sa.Connection, actor: str, day: date, since: str) -> int:
    """Add up what somebody gave up alone in a day, in cents: of denials, claims not sent, balances, and charges.

    Claims that are not sent, balances of patients sent to collection, and what a correction took off a charge count as
    denials written off do: whoever may give up so much in a day chooses how, not how much.

    On the accounting day, or since an instant, the start of the real day, whichever is more: another day that is typed
    gives nobody a second limit.
    """
    days = (ACTION.c.posting_date == day, ACTION.c.recorded_at >= since)
    denials = _sums(conn, _alone(actor), *days)
    claims = [_accepted(conn, actor, one) for one in (SAID.c.posting_date == day, SAID.c.recorded_at >= since)]
    asked = (MR.c.requested_by == actor, MR.c.decided_by == "", MR.c.kind.in_(_GIVEN_UP))
    others = _requests(conn, asked, MR.c.posting_date == day, MR.c.requested_at >= since)
    return max(map(sum, zip(denials, claims, others, strict=True)))


def approved_on_day(conn: sa.Connection, actor: str, day: date, since: str) -> int:
    """Add up what others asked for and somebody approved, on the accounting day or since an instant, in cents."""
    approved = (ACTION.c.approved_by == actor, ACTION.c.state == "approved", EVENT.c.kind.in_(_APPROVED), ~_is_undone())
    denials = _sums(conn, approved, ACTION.c.decided_posting_date == day, ACTION.c.decided_at >= since)
    others = _requests(conn, [MR.c.decided_by == actor], MR.c.decided_posting_date == day, MR.c.decided_at >= since)
    return max(map(sum, zip(denials, others, strict=True)))


def _requests(conn: sa.Connection, whose: Sequence[sa.ColumnElement[bool]], *days: sa.ColumnElement[bool]) -> list[int]:
    """Add up what stands of the requests of one person that were done, for each of these days."""
    flags = [sa.case((one, 1), else_=0).label(f"on_{place}") for place, one in enumerate(days)]
    select = sa.select(MR.c.money_request_id, MR.c.kind, MR.c.amount_cents, *flags)
    rows = frame(conn, select.where(MR.c.state == "done", *whose, sa.or_(*days)))
    own = rows.loc[rows["kind"] == _COLLECTION, "money_request_id"]
    cents = rows.set_index("money_request_id")["amount_cents"]
    if len(own):
        cents = _collected(conn, int(own.min())).reindex(own).fillna(0).astype("int64").combine_first(cents)
    worth = cents.reindex(rows["money_request_id"]).to_numpy("int64")
    return [int(worth[rows[flag.name] == 1].sum()) for flag in flags]


def _collected(conn: sa.Connection, first: int) -> pd.Series[int]:
    """Give what stands of balances sent to collection by requests since one, in cents by request.

    What was taken back, or fell with the payer's decision, is not given up any more. A balance goes again only when
    it has come back: so what stands of a claim is that of the last request.
    """
    asked = sa.select(MR.c.money_request_id, MR.c.parameters)
    of_kind = (MR.c.kind == _COLLECTION, MR.c.state == "done", MR.c.money_request_id >= first)
    rows = frame(conn, asked.where(*of_kind).order_by(MR.c.money_request_id.desc()))
    told = [
        (number, int(family), int(cents))
        for number, text in zip(rows["money_request_id"].tolist(), rows["parameters"].tolist(), strict=True)
        for family, cents in json.loads(text).get("families", {}).items()
    ]
    sent = pd.DataFrame(told, columns=["money_request_id", "family_id", "cents"], dtype="int64")
    bad_debt = sa.select(L.c.family_id, L.c.amount_cents).where(L.c.account == "5000")
    stands = frame_of(conn, bad_debt, L.c.family_id, sent["family_id"].drop_duplicates().tolist())
    of_family = stands.groupby("family_id")["amount_cents"].sum()
    left = pd.Series(of_family.reindex(sent["family_id"], fill_value=0).to_numpy("int64"), index=sent.index)
    before = sent.groupby("family_id")["cents"].cumsum() - sent["cents"]
    kept = sent["cents"].clip(upper=(left - before).clip(lower=0)).astype("int64")
    return kept.groupby(sent["money_request_id"]).sum()


def _accepted(conn: sa.Connection, actor: str, when: sa.ColumnElement[bool]) -> int:
    """Add up the claims not sent that somebody accepted as given up, and that are so still."""
    mine = sa.select(SAID.c.exception_id).where(SAID.c.kind == "accepted", SAID.c.actor == actor, when)
    stands = sa.and_(E.c.type_code == CLAIM, E.c.closed_reason == ACCEPTED, E.c.exception_id.in_(mine))
    return int(conn.scalar(sa.select(total(E.c.amount_cents)).where(stands)) or 0)


def _sums(conn: sa.Connection, whose: Sequence[sa.ColumnElement[bool]], *days: sa.ColumnElement[bool]) -> list[int]:
    select = sa.select(*(total(sa.case((one, EVENT.c.amount_cents), else_=0)) for one in days))
    select = select.join(ACTION, ACTION.c.action_id == EVENT.c.action_id).where(*whose, sa.or_(*days))
    return [int(one or 0) for one in conn.execute(select).one()]


def of_families(conn: sa.Connection, actor: str, family_ids: Sequence[int]) -> pd.Series[int]:
    """Add up what somebody gave up alone of each of these claims, on any day: cents by family_id."""
    select = sa.select(CASE.c.family_id, EVENT.c.event_id, EVENT.c.amount_cents)
    select = select.join(EVENT, EVENT.c.case_id == CASE.c.case_id)
    select = select.join(ACTION, ACTION.c.action_id == EVENT.c.action_id).where(*_alone(actor))
    rows = frame_of(conn, select, CASE.c.family_id, family_ids)
    return rows.groupby("family_id")["amount_cents"].sum().astype("int64")


def _alone(actor: str) -> tuple[sa.ColumnElement[bool], ...]:
    of_person = (ACTION.c.requested_by == actor, ACTION.c.state == "done", ACTION.c.kind.in_(_KINDS))
    return (*of_person, EVENT.c.kind.in_(_ENDS), ~_is_undone())


def _is_undone() -> sa.ColumnElement[bool]:
    undoing, back = ACTION.alias("undoing"), EVENT.alias("back")
    return (
        sa.select(sa.literal(1))
        .select_from(back)
        .join(undoing, undoing.c.action_id == back.c.action_id)
        .where(back.c.case_id == EVENT.c.case_id, undoing.c.undoes_action_id == ACTION.c.action_id)
        .exists()
    )
