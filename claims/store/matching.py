"""Claim payments that look for their claim, the claims they might mean, and the matches once made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema
from claims.store.load import frame
from claims.store.rows import IN_LIST, frame_of, insert_keyed, update_where_in

CP, SP, SL, R = schema.claim_payments, schema.service_payments, schema.service_lines, schema.remittances
C, F, FAM, M, LM = schema.claims, schema.files, schema.families, schema.matches, schema.line_matches
POSTINGS, N = schema.claim_postings, schema.match_candidates

# A shorter line control number ("1", "002") says nothing about which claim it stands in.
SHORTEST_LINE_CONTROL = 6

LOOKING = [
    CP.c.claim_payment_id,
    CP.c.remit_id,
    CP.c.status_code,
    CP.c.frequency_code,
    CP.c.charge_cents,
    CP.c.claim_number,
    CP.c.payer_claim_number,
    CP.c.member_id,
    CP.c.statement_from_date,
    CP.c.statement_to_date,
    R.c.payer_code,
    R.c.payer_name,
    R.c.payee_identifier,
    R.c.payee_tax_id,
    R.c.payment_date,
]


def looking(conn: sa.Connection, limit: int, after: int) -> pd.DataFrame:
    """Claim payments without a match that posting will want: those of remittances ready to post and those that wait.

    In order of claim_payment_id, beginning behind `after`, at most `limit`. last_match_id and last_evidence are those
    of the last try (0 = never tried).
    """
    waits = sa.select(POSTINGS.c.claim_payment_id).where(
        POSTINGS.c.ended_at.is_(None), POSTINGS.c.is_superseded == 0, POSTINGS.c.outcome == "unapplied"
    )
    wanted = sa.or_(R.c.state == "ready", CP.c.claim_payment_id.in_(waits))
    select = _without_match().where(CP.c.claim_payment_id > after, wanted)
    return frame(conn, select.order_by(CP.c.claim_payment_id).limit(limit))


def without_match(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """Those of these claim payments that have no match, as `looking` gives them."""
    rows = frame_of(conn, _without_match(), CP.c.claim_payment_id, claim_payment_ids)
    return rows.sort_values("claim_payment_id", ignore_index=True)


def _without_match() -> sa.Select[Any]:
    current = M.alias("current")
    return (
        sa.select(
            *LOOKING,
            sa.func.coalesce(current.c.match_id, 0).label("last_match_id"),
            sa.func.coalesce(current.c.evidence, "").label("last_evidence"),
        )
        .join(R, R.c.remit_id == CP.c.remit_id)
        .outerjoin(current, sa.and_(current.c.claim_payment_id == CP.c.claim_payment_id, current.c.ended_at.is_(None)))
        .where(sa.or_(current.c.match_id.is_(None), current.c.rule == "none"))
    )


def service_spans(conn: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    """First and last service day of claim payments: claim_payment_id, first_date, last_date ("" = no line dated)."""
    select = (
        sa.select(
            SP.c.claim_payment_id,
            sa.func.min(SP.c.service_date).label("first_date"),
            sa.func.max(sa.func.coalesce(SP.c.service_to_date, SP.c.service_date)).label("last_date"),
        )
        .where(SP.c.service_date.is_not(None))
        .group_by(SP.c.claim_payment_id)
    )
    return frame_of(conn, select, SP.c.claim_payment_id, ids)


CLAIM_FACTS = [
    C.c.claim_id,
    C.c.family_id,
    C.c.claim_number,
    C.c.version,
    sa.func.coalesce(C.c.follows_claim_id, 0).label("follows_claim_id"),
    C.c.frequency_code,
    C.c.origin,
    C.c.original_reference,
    C.c.charge_cents,
    C.c.billing_npi,
    C.c.billing_tax_id,
    C.c.member_id,
    C.c.payer_code,
    C.c.payer_name,
    C.c.statement_from_date,
    C.c.statement_to_date,
    F.c.sha256,
    C.c.seg,
]


def is_stored(claims: sa.FromClause) -> sa.ColumnElement[bool]:
    """Of claims that a number leads to; never by the index on state, which leads to nearly all of them."""
    return sa.func.coalesce(claims.c.state, "") == "stored"


def candidates(conn: sa.Connection, rule: str, ids: Sequence[int]) -> pd.DataFrame:
    """Claims that one key offers for claim payments: claim_payment_id and the facts of the claim."""
    if rule == "line-control-number":
        found = _by_line_control(conn, ids)
    else:
        parts = [frame_of(conn, select.where(is_stored(C)), CP.c.claim_payment_id, ids) for select in _SELECTS[rule]()]
        found = pd.concat(parts, ignore_index=True).drop_duplicates(["claim_payment_id", "claim_id"], ignore_index=True)
    return found.assign(rule=rule)


def _by_version(exact: bool) -> sa.Select[tuple[object, ...]]:
    """The number of a later version, which only we gave: all claims of its family."""
    version = C.alias("version")
    same = version.c.claim_number_normal == CP.c.claim_number_normal
    as_sent = sa.func.upper(version.c.claim_number) == sa.func.upper(CP.c.claim_number)
    same = sa.and_(same, as_sent) if exact else same
    select: sa.Select[tuple[object, ...]] = (
        sa.select(CP.c.claim_payment_id, *CLAIM_FACTS)
        .select_from(CP)
        .join(version, sa.and_(same, version.c.version > sa.literal_column("1")))
        .join(C, C.c.family_id == version.c.family_id)
        .join(F, F.c.file_id == C.c.file_id)
        .where(CP.c.claim_number_normal != "", is_stored(version))
    )
    return select


def _by_number(exact: bool) -> sa.Select[tuple[object, ...]]:
    """Our own number as it was sent, or as payers hand it back."""
    same = FAM.c.claim_number_normal == CP.c.claim_number_normal
    as_sent = sa.func.upper(FAM.c.claim_number) == sa.func.upper(CP.c.claim_number)
    same = sa.and_(same, as_sent) if exact else same
    select: sa.Select[tuple[object, ...]] = (
        sa.select(CP.c.claim_payment_id, *CLAIM_FACTS)
        .join(FAM, same)
        .join(C, C.c.family_id == FAM.c.family_id)
        .join(F, F.c.file_id == C.c.file_id)
        .where(CP.c.claim_number_normal != "")
    )
    return select


def _by_member() -> sa.Select[tuple[object, ...]]:
    """The same member and the same charge."""
    select: sa.Select[tuple[object, ...]] = (
        sa.select(CP.c.claim_payment_id, *CLAIM_FACTS)
        .join(C, sa.and_(C.c.member_id == CP.c.member_id, C.c.charge_cents == sa.func.abs(CP.c.charge_cents)))
        .join(F, F.c.file_id == C.c.file_id)
        .where(CP.c.member_id != "")
    )
    return select


def _by_line_control(conn: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    """A line number that we gave in one claim family only; a counter that stands everywhere says nothing."""
    paid = frame_of(
        conn,
        sa.select(SP.c.claim_payment_id, SP.c.line_control_number)
        .where(sa.func.length(SP.c.line_control_number) >= SHORTEST_LINE_CONTROL)
        .distinct(),
        SP.c.claim_payment_id,
        ids,
    )
    numbers = paid["line_control_number"].drop_duplicates().tolist()
    parts = []
    for start in range(0, len(numbers), IN_LIST):
        parts.append(
            frame(
                conn,
                sa.select(SL.c.line_control_number, sa.func.min(C.c.family_id).label("family_id"))
                .join(C, C.c.claim_id == SL.c.claim_id)
                .where(SL.c.line_control_number.in_(numbers[start : start + IN_LIST]), is_stored(C))
                .group_by(SL.c.line_control_number)
                .having(sa.func.count(sa.distinct(C.c.family_id)) == 1),
            )
        )
    if not parts:
        return frame_of(conn, _by_member(), CP.c.claim_payment_id, [])
    alone = paid.merge(pd.concat(parts, ignore_index=True), on="line_control_number")
    alone = alone[["claim_payment_id", "family_id"]].drop_duplicates()
    families = alone["family_id"].drop_duplicates().tolist()
    facts = frame_of(
        conn,
        sa.select(*CLAIM_FACTS).join(F, F.c.file_id == C.c.file_id).where(is_stored(C)),
        C.c.family_id,
        families,
    )
    return alone.merge(facts, on="family_id")


def _by_payer_number(named: sa.Column[str]) -> sa.Select[tuple[object, ...]]:
    """The payer's own number for the claim, known from an earlier matched payment of the same payer."""
    earlier, earlier_remit, own_remit = CP.alias("earlier"), R.alias("earlier_remit"), R.alias("own_remit")
    select: sa.Select[tuple[object, ...]] = (
        sa.select(CP.c.claim_payment_id, *CLAIM_FACTS)
        .join(own_remit, own_remit.c.remit_id == CP.c.remit_id)
        .join(
            earlier,
            sa.and_(
                earlier.c.payer_claim_number == named,
                earlier.c.claim_payment_id != CP.c.claim_payment_id,
            ),
        )
        .join(
            earlier_remit,
            sa.and_(
                earlier_remit.c.remit_id == earlier.c.remit_id, earlier_remit.c.payer_code == own_remit.c.payer_code
            ),
        )
        .join(M, sa.and_(M.c.claim_payment_id == earlier.c.claim_payment_id, M.c.ended_at.is_(None)))
        .join(C, C.c.claim_id == M.c.claim_id)
        .join(F, F.c.file_id == C.c.file_id)
        .where(named != "")
        .distinct()
    )
    return select


def _by_original() -> sa.Select[tuple[object, ...]]:
    """The payer's number of what a reversal takes back."""
    return _by_payer_number(CP.c.original_reference).where(CP.c.status_code == "22")


_SELECTS = {
    "claim-number": lambda: [_by_number(exact=True), _by_version(exact=True)],
    "claim-number-normal": lambda: [_by_number(exact=False), _by_version(exact=False)],
    "payer-claim-number": lambda: [_by_payer_number(CP.c.payer_claim_number)],
    "original-reference": lambda: [_by_original()],
    "member-date-charge": lambda: [_by_member()],
}


def payers_of(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """The payers of claim families in force: family_id, payer_sequence, payer_code, payer_name."""
    payers = schema.claim_payers
    select = (
        sa.select(payers.c.family_id, payers.c.payer_sequence, payers.c.payer_code, payers.c.payer_name)
        .join(C, C.c.claim_id == payers.c.claim_id)
        .where(is_stored(C))
        .distinct()
        .order_by(payers.c.family_id, payers.c.payer_sequence, payers.c.payer_code, payers.c.payer_name)
    )
    return frame_of(conn, select, payers.c.family_id, family_ids)


def service_payments(conn: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    """Service payments of claim payments, in file order."""
    select = sa.select(
        SP.c.service_payment_id,
        SP.c.claim_payment_id,
        SP.c.ordinal,
        SP.c.procedure_code,
        SP.c.modifiers,
        SP.c.submitted_procedure_code,
        SP.c.submitted_modifiers,
        SP.c.charge_cents,
        SP.c.service_date,
        SP.c.line_control_number,
    ).order_by(SP.c.claim_payment_id, SP.c.ordinal)
    return frame_of(conn, select, SP.c.claim_payment_id, ids)


def service_lines(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Service lines of claims, in order."""
    select = sa.select(
        SL.c.service_line_id,
        SL.c.claim_id,
        SL.c.line_number,
        SL.c.procedure_code,
        SL.c.modifiers,
        SL.c.charge_cents,
        SL.c.service_date,
        SL.c.line_control_number,
    ).order_by(SL.c.claim_id, SL.c.line_number)
    return frame_of(conn, select, SL.c.claim_id, claim_ids)


_PART = (
    *(CP.c.claim_payment_id, CP.c.status_code, CP.c.payer_claim_number, R.c.payer_code),
    CP.c.charge_cents.label("claim_charge_cents"),
)


def parts(conn: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    """What tells the parts of a claim apart, by claim_payment_id: whose, under which number, how much, in which order.

    status_code, payer_claim_number, payer_code, claim_charge_cents, payment_date, remit_key, clp.
    """
    day = sa.func.coalesce(sa.cast(R.c.payment_date, sa.String), "").label("payment_date")
    select = sa.select(*_PART, day, R.c.remit_key, CP.c.ordinal.label("clp")).join(R, R.c.remit_id == CP.c.remit_id)
    return frame_of(conn, select, CP.c.claim_payment_id, ids)


def taken_lines(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Lines of claims that claim payments are matched to, and what tells these apart: claim_id, service_line_id, ..."""
    select = (
        sa.select(*_PART, M.c.claim_id, LM.c.service_line_id)
        .join(M, sa.and_(M.c.claim_payment_id == CP.c.claim_payment_id, M.c.ended_at.is_(None)))
        .join(LM, LM.c.match_id == M.c.match_id)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .where(LM.c.service_line_id.is_not(None))
    )
    return frame_of(conn, select, M.c.claim_id, claim_ids)


def save(conn: sa.Connection, matches: pd.DataFrame, lines: pd.DataFrame, others: pd.DataFrame, actor: str) -> None:
    """End the last try of these claim payments and write the new matches with their line matches.

    `others`: claims looked at and not taken (`ledger.match.not_taken`), kept for the payments that are written.
    """
    ended = matches.loc[matches["last_match_id"] != 0, "last_match_id"]
    at = clock.now()
    update_where_in(conn, M, M.c.match_id, ended, ended_at=at)
    keyed = insert_keyed(conn, M, matches.assign(actor=actor, recorded_at=at))
    match_of = keyed.set_index("claim_payment_id")["match_id"]
    own = lines.assign(match_id=match_of.reindex(lines["claim_payment_id"]).to_numpy())
    insert_keyed(conn, LM, own)
    others = others[others["claim_payment_id"].isin(match_of.index)]
    insert_keyed(conn, N, others.assign(match_id=match_of.reindex(others["claim_payment_id"]).to_numpy()))
