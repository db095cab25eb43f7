"""What people gave up, alone or as the second person: the money of cases that were closed, as far as it stands.

All kinds are added up here, for a day and for a claim: denials, claims not sent, balances, charges lowered, and what a
payer kept and a person booked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.differing_reversals import TYPE as REVERSAL
from claims.store.exceptions import ACCEPTED
from claims.store.load import frame
from claims.store.queries.asof import total
from claims.store.rows import frame_of
from claims.store.waiting_adjustments import BY_PERSON
from claims.store.waiting_adjustments import TYPES as PLB_TYPES

CASE, ACTION, EVENT = schema.denial_cases, schema.denial_actions, schema.denial_events
C, E, SAID, MR = schema.claims, schema.exceptions, schema.exception_events, schema.money_requests
L = schema.ledger_lines
CLAIM = "CLAIM_WITHDRAWN"  # the exception of a claim that nobody sends: who accepts it gives its charge up
# A reversal that took more than was paid is worth less than zero: by so much its cash falls below that of the decision.
_KEPT = sa.case((E.c.type_code == REVERSAL, -E.c.amount_cents), else_=E.c.amount_cents)
_KINDS, _ENDS = ("write_off", "expire", "close_duplicate"), ("written_off", "expired", "duplicate")
_COLLECTION, _LOWERED = "to_collection", "lowered_charge"
_GIVEN_UP = (_COLLECTION, _LOWERED)  # kinds of requests that somebody may settle alone
_APPROVED = (*_ENDS, "billed_patient")  # a second person answers for what the patient is asked for too
_NO_LIMIT = '"limit_cents": null'  # of a repeat whose original was paid: nothing is given up


class _Days(NamedTuple):
    """An accounting day, and the instant at which the real day began: what is on either counts."""

    day: date
    since: str

    def of(self, on: sa.Column[Any], at: sa.Column[Any]) -> list[sa.Label[int]]:
        return [sa.case((one, 1), else_=0).label(name) for name, one in zip(_FLAGS, self.any(on, at), strict=True)]

    def any(self, on: sa.Column[Any], at: sa.Column[Any]) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        return on == self.day, at >= self.since


_FLAGS = ("is_on_day", "is_since")
_Whose = Sequence[sa.ColumnElement[bool]]
_When = tuple[sa.Column[Any], sa.Column[Any]]  # the accounting day and the instant of it


def on_day(conn: sa.Connection, actor: str, day: date, since: str) -> int:
    """Add up what somebody gave up alone in a day, in cents: of denials, claims not sent, balances, charges, and what
    payers kept.

    Claims that are not sent, balances of patients sent to collection, and what a correction took off a charge count as
    denials written off do: whoever may give up so much in a day chooses how, not how much. So does a repeat whose
    original is not paid. What was taken back does not count.

    On the accounting day, or since an instant, the start of the real day, whichever is more: another day that is typed
    gives nobody a second limit.
    """
    days = _Days(day, since)
    parts = [
        _denials(conn, _alone(actor), days, (ACTION.c.posting_date, ACTION.c.recorded_at)),
        _accepted(conn, actor, days),
        _requests(conn, _asked_alone(actor), days, (MR.c.posting_date, MR.c.requested_at)),
        _booked(conn, actor, days),
    ]
    return _most(parts)


def of_families(conn: sa.Connection, actor: str, family_ids: Sequence[int]) -> pd.Series[int]:
    """Add up what somebody gave up alone of each of these claims, on any day and in any way: cents by family_id."""
    parts = [
        _denials(conn, _alone(actor), families=family_ids),
        _accepted(conn, actor, families=family_ids),
        _requests(conn, _asked_alone(actor)),
    ]
    rows = pd.concat([part[["family_id", "cents"]] for part in parts])
    rows = rows[rows["family_id"].isin(list(family_ids)) & (rows["cents"] != 0)]
    return rows.groupby("family_id")["cents"].sum().astype("int64").rename("amount_cents")


def approved_on_day(conn: sa.Connection, actor: str, day: date, since: str) -> int:
    """Add up what others asked for and somebody approved, on the accounting day or since an instant, in cents."""
    approved = (ACTION.c.approved_by == actor, ACTION.c.state == "approved", EVENT.c.kind.in_(_APPROVED), ~_is_undone())
    days = _Days(day, since)
    parts = [
        _denials(conn, approved, days, (ACTION.c.decided_posting_date, ACTION.c.decided_at)),
        _requests(conn, [MR.c.decided_by == actor], days, (MR.c.decided_posting_date, MR.c.decided_at)),
    ]
    return _most(parts)


def _most(parts: Sequence[pd.DataFrame]) -> int:
    return max(sum(int(part.loc[part[flag] == 1, "cents"].sum()) for part in parts) for flag in _FLAGS)


def _denials(
    conn: sa.Connection, whose: _Whose, days: _Days | None = None, when: _When | None = None,
    families: Sequence[int] = (),
) -> pd.DataFrame:  # fmt: skip
    """Add up events that gave denials up: cents, by the flags of days or by family_id."""
    cents = total(EVENT.c.amount_cents).label("cents")
    if days and when:
        flags = days.of(*when)
        columns: list[Any] = [*flags, cents]
        told = sa.select(*columns).select_from(EVENT)
        told = told.join(ACTION, ACTION.c.action_id == EVENT.c.action_id)
        return frame(conn, told.where(*whose, sa.or_(*days.any(*when))).group_by(*_FLAGS))
    select = sa.select(CASE.c.family_id, cents).join(EVENT, EVENT.c.case_id == CASE.c.case_id)
    select = select.join(ACTION, ACTION.c.action_id == EVENT.c.action_id).where(*whose)
    return frame_of(conn, select.group_by(CASE.c.family_id), CASE.c.family_id, families)


def _accepted(conn: sa.Connection, actor: str, days: _Days | None = None, families: Sequence[int] = ()) -> pd.DataFrame:
    """Add up the claims not sent that somebody accepted as given up, and that are so still: as `_denials`."""
    mine = _said_last("accepted", actor)
    stands = (E.c.type_code == CLAIM, E.c.closed_reason == ACCEPTED)
    if days:
        return _settled(conn, mine, stands, days)
    own = E.c.exception_id.in_(sa.select(SAID.c.exception_id).where(mine))
    select = sa.select(C.c.family_id, E.c.amount_cents.label("cents")).join(C, C.c.claim_id == E.c.claim_id)
    return frame_of(conn, select.where(*stands, own), C.c.family_id, families)


def _settled(
    conn: sa.Connection, mine: sa.ColumnElement[bool], stands: _Whose, days: _Days,
    cents: sa.ColumnElement[int] = E.c.amount_cents,
) -> pd.DataFrame:  # fmt: skip
    """Give the cents of exceptions that stand closed as somebody (`mine`: their events) said, by the flags of days."""
    said = days.any(SAID.c.posting_date, SAID.c.recorded_at)
    each = [E.c.exception_id.in_(sa.select(SAID.c.exception_id).where(mine, one)) for one in said]
    flags = [sa.case((one, 1), else_=0).label(name) for name, one in zip(_FLAGS, each, strict=True)]
    return frame(conn, sa.select(*flags, cents.label("cents")).where(*stands, sa.or_(*each)))


def _booked(conn: sa.Connection, actor: str, days: _Days) -> pd.DataFrame:
    """Add up what payers kept that somebody booked to an account, and that stands there: as `_denials`, for days."""
    mine = _said_last(BY_PERSON, actor)
    stands = (E.c.type_code.in_([*PLB_TYPES, REVERSAL]), E.c.closed_reason == BY_PERSON, _KEPT > 0)
    return _settled(conn, mine, stands, days, _KEPT)


def _said_last(kind: str, actor: str) -> sa.ColumnElement[bool]:
    """Events by which somebody closed an exception, unless it was opened again and closed anew, by whomever."""
    anew = SAID.alias("anew")
    again = sa.select(sa.literal(1)).where(
        anew.c.exception_id == SAID.c.exception_id,
        anew.c.kind == kind,
        anew.c.exception_event_id > SAID.c.exception_event_id,
    )
    return sa.and_(SAID.c.kind == kind, SAID.c.actor == actor, ~again.correlate(SAID).exists())


def _requests(conn: sa.Connection, whose: _Whose, days: _Days | None = None, when: _When | None = None) -> pd.DataFrame:
    """Give what stands of the requests of one person that were done: family_id (0: of none), cents, flags of days."""
    select = sa.select(MR.c.money_request_id, MR.c.kind, MR.c.amount_cents, MR.c.parameters)
    select = select.where(MR.c.state == "done", *whose)
    if days and when:
        select = select.add_columns(*days.of(*when)).where(sa.or_(*days.any(*when)))
    rows = frame(conn, select)
    told = [
        (number, kind, _made(json.loads(text)))
        for number, kind, text in zip(rows["money_request_id"], rows["kind"], rows["parameters"], strict=True)
    ]
    own = [number for number, kind, _ in told if kind == _COLLECTION]
    lowered = {claim: number for number, kind, made in told if kind == _LOWERED for claim in made}
    parts = [_collected(conn, min(own))] if own else []
    parts += [_taken_off(conn, lowered)] if lowered else []
    is_told = rows["kind"].eq(_COLLECTION) | rows["money_request_id"].isin(list(lowered.values()))
    rest = rows[~is_told]
    parts.append(rest[["money_request_id"]].assign(family_id=0, cents=rest["amount_cents"]))
    flags = rows[["money_request_id", *(name for name in _FLAGS if name in rows)]]
    return pd.concat(parts, ignore_index=True).merge(flags, on="money_request_id")


def _made(told: dict[str, Any]) -> list[int]:
    """Give the claims that a lowered charge made, as its request names them."""
    return [int(one) for one in told.get("made", ())]


def _taken_off(conn: sa.Connection, lowered: dict[int, int]) -> pd.DataFrame:
    """Give what claims (to their request) are charged less than those they follow: money_request_id, family_id, cents.

    One that was withdrawn takes nothing off any more, unless it was given up as a whole with what is charged.
    """
    before = C.alias("before")
    given = sa.exists().where(E.c.claim_id == C.c.claim_id, E.c.type_code == CLAIM)
    select = sa.select(C.c.claim_id, C.c.family_id, (before.c.charge_cents - C.c.charge_cents).label("cents"))
    select = select.join(before, before.c.claim_id == C.c.follows_claim_id)
    select = select.where(sa.or_(C.c.life != "withdrawn", given))
    rows = frame_of(conn, select, C.c.claim_id, list(lowered)).drop_duplicates("claim_id")
    number = rows["claim_id"].map(lowered).astype("int64")
    cents = rows["cents"].astype("int64").clip(lower=0)
    return pd.DataFrame({"money_request_id": number, "family_id": rows["family_id"], "cents": cents})


def _collected(conn: sa.Connection, first: int) -> pd.DataFrame:
    """Give what stands of balances sent to collection by requests since one: money_request_id, family_id, cents.

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
    left = pd.Series(of_family.reindex(sent["family_id"], fill_value=0).to_numpy(), index=sent.index, dtype="int64")
    before = sent.groupby("family_id")["cents"].cumsum() - sent["cents"]
    return sent.assign(cents=sent["cents"].clip(upper=(left - before).clip(lower=0)).astype("int64"))


def _alone(actor: str) -> tuple[sa.ColumnElement[bool], ...]:
    of_person = (ACTION.c.requested_by == actor, ACTION.c.state == "done", ACTION.c.kind.in_(_KINDS))
    is_paid_once = sa.and_(ACTION.c.kind == "close_duplicate", ACTION.c.parameters.contains(_NO_LIMIT))
    return (*of_person, EVENT.c.kind.in_(_ENDS), ~is_paid_once, ~_is_undone())


def _asked_alone(actor: str) -> tuple[sa.ColumnElement[bool], ...]:
    return MR.c.requested_by == actor, MR.c.decided_by == "", MR.c.kind.in_(_GIVEN_UP)


def _is_undone() -> sa.ColumnElement[bool]:
    undoing, back = ACTION.alias("undoing"), EVENT.alias("back")
    return (
        sa.select(sa.literal(1))
        .select_from(back)
        .join(undoing, undoing.c.action_id == back.c.action_id)
        .where(back.c.case_id == EVENT.c.case_id, undoing.c.undoes_action_id == ACTION.c.action_id)
        .exists()
    )
