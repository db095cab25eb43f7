"""Matches of claim payments as they stood on a day, with the claims that were not taken, read in parts.

A match is written in a run and has no accounting day of its own: it belongs to the day of that run. What a person
matches between two runs belongs to the day of the next one, which is what posts it; before that it is of no day.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame, frames
from claims.store.posting import CASH_RULES
from claims.store.posting_order import payment_day
from claims.store.queries.asof import AsOf, J, count, total
from claims.store.queries.posted_then import was_posted

M, N, P, L = schema.matches, schema.match_candidates, schema.claim_postings, schema.ledger_lines
CP, R, F, C, FILE, RUN = (
    *(schema.claim_payments, schema.remittances, schema.families, schema.claims, schema.files),
    schema.runs,
)
ROWS_AT_ONCE = 50_000
_RUNS = ("reconcile", "nightly", "undo", "replay")  # what makes and ends matches; never two at once
BY_HAND = "by-hand"
_END = "9"  # after every instant
_KEY = (
    *(R.c.payment_date, R.c.payer_code, R.c.payer_name, R.c.remit_key, R.c.trace_number),
    *(CP.c.ordinal.label("clp"), CP.c.status_code, CP.c.payer_claim_number),
    CP.c.claim_number.label("claim_number_paid"),
)
_CLAIM = (
    sa.func.coalesce(F.c.billing_npi, "").label("billing_npi"),
    sa.func.coalesce(F.c.claim_number, "").label("claim_number"),
    sa.func.coalesce(C.c.version, sa.cast(sa.literal(0), sa.BigInteger)).label("version"),
)


class Matches:
    """The matches of a day, as they were known at an instant."""

    def __init__(self, conn: sa.Connection, at: AsOf) -> None:
        self.conn, self.at = conn, at
        self._spans = _later(conn, at)
        last = sa.func.row_number().over(partition_by=M.c.claim_payment_id, order_by=M.c.match_id.desc())
        newest = sa.select(M.c.match_id, last.label("nth")).where(self._made(), ~self._ended(M)).subquery()
        self._in_force = sa.select(newest.c.match_id).where(newest.c.nth == 1)
        self._refused = self._refusals()

    def in_force(self) -> Iterator[pd.DataFrame]:
        """Read the match in force of each payment, with what the ledger did with it (outcome, reason_code)."""
        stood = sa.and_(P.c.posting_date <= self.at.day, P.c.recorded_at <= self.at.known_at, ~self._ended(P))
        last = sa.func.row_number().over(partition_by=P.c.claim_payment_id, order_by=P.c.claim_posting_id.desc())
        columns = (P.c.claim_payment_id, P.c.outcome, P.c.reason_code, last.label("nth"))
        done = sa.select(*columns).where(stood).subquery()
        looked_at = sa.select(count()).where(N.c.match_id == M.c.match_id).scalar_subquery()
        refused = self._refused.subquery()
        said = sa.select(count()).where(refused.c.claim_payment_id == M.c.claim_payment_id).scalar_subquery()
        select = self._told(
            M.c.payer_sequence,
            CP.c.charge_cents,
            CP.c.paid_cents,
            sa.func.coalesce(done.c.outcome, "").label("outcome"),
            sa.func.coalesce(done.c.reason_code, "").label("reason_code"),
            (looked_at + said).label("candidates"),
            *(FILE.c.sha256, CP.c.seg, CP.c.offset, CP.c.length),
        )
        own = sa.and_(done.c.claim_payment_id == CP.c.claim_payment_id, done.c.nth == 1)
        select = select.outerjoin(done, own).join(FILE, FILE.c.file_id == CP.c.file_id)
        select = select.where(M.c.match_id.in_(self._in_force))
        yield from self._read(select, M.c.match_id)

    def former(self) -> Iterator[pd.DataFrame]:
        """Read matches that had been made by then and held no more."""
        yield from self._read(self._told().where(self._made(), M.c.match_id.not_in(self._in_force)), M.c.match_id)

    def not_taken(self) -> Iterator[pd.DataFrame]:
        """Read the claims that were looked at for the matches in force, or refused by a person, and not taken."""
        select = (
            sa.select(*_KEY, *_CLAIM, N.c.rule, N.c.score, N.c.why, N.c.evidence)
            .select_from(N)
            .join(CP, CP.c.claim_payment_id == N.c.claim_payment_id)
            .join(R, R.c.remit_id == CP.c.remit_id)
            .join(F, F.c.family_id == N.c.family_id)
            .join(C, C.c.claim_id == N.c.claim_id)
            .join(FILE, FILE.c.file_id == C.c.file_id)
            .where(self._is_not_taken())
        )
        yield from self._read(select, N.c.score.desc(), FILE.c.sha256, C.c.seg)

    def counts(self) -> tuple[int, int, int, int]:
        """Count matches in force, former ones and claims not taken; and sum what the payments in force paid."""
        stands = M.c.match_id.in_(self._in_force)
        paid = sa.select(count(), total(CP.c.paid_cents)).select_from(M)
        held, cents = self.conn.execute(
            paid.join(CP, CP.c.claim_payment_id == M.c.claim_payment_id).where(stands)
        ).one()
        former = sa.select(count()).select_from(M).where(self._made(), ~stands)
        others = sa.select(count()).select_from(N).where(self._is_not_taken())
        return int(held), self._number(former), self._number(others), int(cents)

    def of_ledger(self) -> tuple[int, int]:
        """Count what the ledger has of claim payments on claims, and of these what a match in force says, too."""
        undo = J.alias("undo")
        undone = sa.select(undo.c.journal_id).where(
            undo.c.reverses_journal_id == J.c.journal_id, undo.c.source == "undo", self.at.journals(undo)
        )
        posted = (
            sa.select(J.c.claim_payment_id, L.c.family_id)
            .join(L, L.c.journal_id == J.c.journal_id)
            .where(self.at.journals(), J.c.source.in_(["835", "apply"]), ~undone.correlate(J).exists())
            .where(J.c.claim_payment_id.is_not(None), L.c.family_id.is_not(None), L.c.rule_id.not_in(CASH_RULES))
            .distinct()
            .subquery()
        )
        same = sa.and_(M.c.claim_payment_id == posted.c.claim_payment_id, M.c.family_id == posted.c.family_id)
        matched = sa.select(count()).select_from(posted).join(M, same).where(M.c.match_id.in_(self._in_force))
        return self._number(sa.select(count()).select_from(posted)), self._number(matched)

    def of_remittances(self) -> tuple[int, int]:
        """Count claim payments of posted remittances, and their matches in force."""
        own = sa.select(count()).select_from(CP).join(R, R.c.remit_id == CP.c.remit_id).where(was_posted(self.at))
        held = sa.and_(M.c.claim_payment_id == CP.c.claim_payment_id, M.c.match_id.in_(self._in_force))
        return self._number(own), self._number(own.join(M, held))

    def _told(self, *more: sa.ColumnElement[Any]) -> sa.Select[Any]:
        return (
            sa.select(*_KEY, *_CLAIM, M.c.rule, M.c.score, M.c.evidence, M.c.actor, *more)
            .select_from(M)
            .join(CP, CP.c.claim_payment_id == M.c.claim_payment_id)
            .join(R, R.c.remit_id == CP.c.remit_id)
            .outerjoin(F, F.c.family_id == M.c.family_id)
            .outerjoin(C, C.c.claim_id == M.c.claim_id)
        )

    def _read(self, select: sa.Select[Any], *order: sa.ColumnElement[Any]) -> Iterator[pd.DataFrame]:
        # By what sorts alike on both engines: days, hashes and numbers.
        yield from frames(self.conn, select.order_by(payment_day(), R.c.remit_key, CP.c.ordinal, *order), ROWS_AT_ONCE)

    def _is_not_taken(self) -> sa.ColumnElement[bool]:
        refused = self._refused.subquery()
        return sa.or_(N.c.match_id.in_(self._in_force), N.c.match_candidate_id.in_(sa.select(refused.c.refused_id)))

    def _refusals(self) -> sa.Select[Any]:
        """Give what persons said before the matches in force were made: claim_payment_id, refused_id.

        It holds for good: later runs do not look at these claims any more. Not where a person has matched the payment
        to that claim after all.
        """
        given, held = M.alias("given"), M.alias("held")
        last = sa.func.max(N.c.match_candidate_id).label("refused_id")
        said = (
            sa.select(N.c.claim_payment_id, N.c.family_id, last, sa.func.max(N.c.match_id).label("match_id"))
            .join(given, given.c.match_id == N.c.match_id)
            .where(N.c.why == BY_HAND, self._made(given))
            .group_by(N.c.claim_payment_id, N.c.family_id)
            .subquery()
        )
        is_other = sa.or_(held.c.family_id.is_(None), held.c.family_id != said.c.family_id)
        return (
            sa.select(said.c.claim_payment_id, said.c.refused_id)
            .join(held, held.c.claim_payment_id == said.c.claim_payment_id)
            .where(held.c.match_id.in_(self._in_force), held.c.match_id != said.c.match_id, is_other)
        )

    def _made(self, table: sa.FromClause = M) -> sa.ColumnElement[bool]:
        return sa.and_(table.c.recorded_at <= self.at.known_at, ~self._is_later(table.c.recorded_at))

    def _ended(self, table: sa.Table) -> sa.ColumnElement[bool]:
        at = table.c.ended_at
        return sa.and_(at.is_not(None), at <= self.at.known_at, ~self._is_later(at))

    def _is_later(self, instant: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        return sa.or_(sa.false(), *(sa.and_(instant > begin, instant <= end) for begin, end in self._spans))

    def _number(self, select: sa.Select[Any]) -> int:
        return int(self.conn.execute(select).scalar_one())


def _later(conn: sa.Connection, at: AsOf) -> list[tuple[str, str]]:
    """Give the spans of instants (from, after it, to) that belong to runs of later accounting days, or to none yet."""
    columns = (RUN.c.started_at, sa.func.coalesce(RUN.c.finished_at, "").label("finished_at"), RUN.c.posting_date)
    select = sa.select(RUN.c.run_id, RUN.c.kind, RUN.c.state, *columns)
    select = select.where(RUN.c.kind.in_(_RUNS), RUN.c.started_at <= at.known_at)
    runs = frame(conn, select.order_by(RUN.c.started_at, RUN.c.run_id))
    # When a run that was killed ended, nobody knows: what has its end is the next run, which found it gone.
    is_whole = (runs["state"] == "done") & (runs["finished_at"] != "") & (runs["finished_at"] <= at.known_at)
    upto = runs["started_at"].shift(-1).fillna(_END)
    wrote = _last_written(conn, runs.assign(upto=upto)[~is_whole], at)
    runs["end"] = runs["finished_at"].where(is_whole, wrote.reindex(runs["run_id"]).set_axis(runs.index))
    runs["end"] = runs["end"].fillna(runs["started_at"])
    # What lies before a run waits for the next one that posts.
    taken_up = runs["posting_date"].where(runs["kind"] != "undo", None).bfill().fillna(_END)
    before = pd.DataFrame({"end": runs["started_at"], "day": taken_up})
    during = pd.DataFrame({"end": runs["end"], "day": runs["posting_date"]})
    spans = pd.concat([before, during]).sort_index(kind="stable")
    found: list[tuple[str, str]] = []
    begin = ""
    for end, day in zip([*spans["end"].tolist(), _END], [*spans["day"].tolist(), _END], strict=True):
        if day > at.day.isoformat() and end > begin:
            joined = bool(found) and found[-1][1] == begin
            found[-1:] = [(found[-1][0], end)] if joined else [*found[-1:], (begin, end)]
        begin = max(begin, end)
    return found


def _last_written(conn: sa.Connection, runs: pd.DataFrame, at: AsOf) -> pd.Series[str]:
    """Give the last instant at which these runs wrote anything, by run_id: what persons did after it is not of them.

    `runs`: run_id, started_at, upto (when the next one began).
    """
    if runs.empty:
        return pd.Series(dtype="str")
    persons = M.alias("persons")
    by_person = sa.select(sa.literal(1)).where(
        persons.c.claim_payment_id == M.c.claim_payment_id,
        persons.c.recorded_at == M.c.ended_at,
        _is_persons(persons),
    )
    written = (
        (M.c.recorded_at, ~_is_persons(M)),
        (M.c.ended_at, ~by_person.exists()),
        (P.c.recorded_at, sa.true()),
        (P.c.ended_at, sa.true()),
        (J.c.recorded_at, J.c.run_id.in_(runs["run_id"].tolist())),
    )
    spans = list(zip(runs["started_at"].tolist(), runs["upto"].tolist(), runs["run_id"].tolist(), strict=True))
    found = []
    for instant, by_run in written:
        whose = sa.case(*((sa.and_(instant > begin, instant < end), run_id) for begin, end, run_id in spans), else_=0)
        own = sa.select(whose.label("run_id"), instant.label("end")).where(instant <= at.known_at, by_run).subquery()
        last = sa.select(own.c.run_id, sa.func.max(own.c.end).label("end")).where(own.c.run_id != 0)
        found.append(frame(conn, last.group_by(own.c.run_id)))
    ends: pd.Series[str] = pd.concat(found).groupby("run_id")["end"].max()
    return ends


def _is_persons(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Condition: a person made this match, or took the one before it away."""
    return sa.or_(table.c.rule == BY_HAND, table.c.evidence.contains("unmatched-by-hand"))
