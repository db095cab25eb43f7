"""The state of the books without ids, instants and generations: what an undo, and an undo and a replay, give back."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from claims.store import schema
from claims.store.in_force import stands

L, FAM, R, B, CP, P, E = (
    schema.ledger_lines,
    schema.families,
    schema.remittances,
    schema.bank_lines,
    schema.claim_payments,
    schema.claim_postings,
    schema.exceptions,
)
CASE, D, C, S, X = schema.denial_cases, schema.deposit_matches, schema.claims, schema.submissions, schema.rejections


def state(practice, *, without=()) -> dict[str, Counter]:
    """Balances, exceptions, cases, ties, lives, remittances, postings and rejections; `without`: exception types."""
    return {
        "balances": _balances(practice),
        **{f"balances by {name}": _by(practice, name) for name in ("payer", "claim", "remittance")},
        "exceptions": Counter(row for row in practice.rows(_exceptions()) if row[0] not in without),
        "cases": Counter(practice.rows(_cases())),
        "ties": Counter(practice.rows(_ties())),
        "lives": Counter(practice.rows(sa.select(C.c.claim_key, C.c.body_hash, C.c.life, C.c.state))),
        "sendings": Counter(practice.rows(sa.select(S.c.claim_number, S.c.attempt, S.c.state))),
        "remittances": Counter(practice.rows(sa.select(R.c.remit_key, R.c.body_hash, R.c.state))),
        "postings": Counter(practice.rows(_postings())),
        "released": Counter(practice.rows(_released())),
        "rejections": Counter(practice.rows(sa.select(X.c.rejection_key, X.c.state, X.c.closed_reason))),
    }


def differences(left: dict[str, Counter], right: dict[str, Counter]) -> dict[str, tuple[Counter, Counter]]:
    """What only one of two states has, by topic."""
    return {topic: (mine - right[topic], right[topic] - mine) for topic, mine in left.items() if mine != right[topic]}


def _balances(practice) -> Counter:
    """Every account by all its dimensions; cash by bank line, clearing by payment, unapplied cash by what waits."""
    dimensions = ("payer_code", "payer_sequence", "line_number", "group_code", "reason_code", "reference")
    is_cash = L.c.account.in_(["1000", "1050", "2200"])
    own = [sa.case((is_cash, None), else_=sa.cast(L.c[name], sa.String)).label(name) for name in dimensions]
    of_claim = sa.case((L.c.account == "1050", None), else_=L.c.claim_payment_id)
    # What waits on 2200 has no claim yet; a bank line's money is that of its line, tied or not.
    number = sa.case((is_cash, None), else_=FAM.c.claim_number).label("claim_number")
    of_line = sa.and_(L.c.account.in_(["1000", "2200"]), L.c.bank_line_id.is_not(None))
    remit_key = sa.case((of_line, None), else_=R.c.remit_key).label("remit_key")
    line_key = sa.case((L.c.account == "1050", None), else_=B.c.line_key).label("line_key")
    columns = [L.c.account, number, remit_key, line_key, *own]
    ordinal = sa.select(CP.c.ordinal).where(CP.c.claim_payment_id == of_claim).scalar_subquery().label("ordinal")
    rows = sa.select(*columns, ordinal, L.c.amount_cents)
    for table, key in ((FAM, "family_id"), (R, "remit_id"), (B, "bank_line_id")):
        rows = rows.outerjoin(table, table.c[key] == L.c[key])
    sums = Counter()
    for *key, cents in practice.rows(rows):
        sums[tuple(key)] += int(cents)
    return Counter({key: cents for key, cents in sums.items() if cents})


def _by(practice, name) -> Counter:
    """Every account by what the lines themselves say of payer, claim or remittance."""
    key = {"payer": L.c.payer_code, "claim": FAM.c.claim_number, "remittance": R.c.remit_key}[name]
    rows = sa.select(L.c.account, key, sa.func.sum(L.c.amount_cents)).group_by(L.c.account, key)
    rows = rows.outerjoin(FAM, FAM.c.family_id == L.c.family_id).outerjoin(R, R.c.remit_id == L.c.remit_id)
    return Counter({(account, of): int(cents) for account, of, cents in practice.rows(rows) if cents})


def _exceptions():
    since = sa.func.coalesce(E.c.since_date, E.c.posting_date)
    rows = sa.select(
        *(E.c.type_code, E.c.amount_cents, R.c.remit_key, CP.c.ordinal, FAM.c.claim_number, B.c.line_key, since)
    )
    rows = rows.select_from(E).outerjoin(R, R.c.remit_id == E.c.remit_id)
    rows = rows.outerjoin(CP, CP.c.claim_payment_id == E.c.claim_payment_id)
    rows = rows.outerjoin(FAM, FAM.c.family_id == E.c.family_id)
    return rows.outerjoin(B, B.c.bank_line_id == E.c.bank_line_id).where(E.c.state == "open")


def _cases():
    rows = sa.select(
        CASE.c.case_key, CASE.c.state, CASE.c.outcome, CASE.c.denied_cents, CASE.c.at_risk_cents,
        CASE.c.recovered_cents, CASE.c.all_codes, R.c.remit_key, CP.c.ordinal,
    )  # fmt: skip
    rows = rows.join(CP, CP.c.claim_payment_id == CASE.c.claim_payment_id).join(R, R.c.remit_id == CP.c.remit_id)
    return rows.where(sa.func.coalesce(CASE.c.outcome, "") != "undone")


def _ties():
    rows = sa.select(B.c.line_key, R.c.remit_key, D.c.amount_cents, D.c.fee_cents, D.c.rule)
    rows = rows.join(B, B.c.bank_line_id == D.c.bank_line_id).outerjoin(R, R.c.remit_id == D.c.remit_id)
    return rows.where(D.c.ended_at.is_(None))


def _postings():
    taken, of_taken = CP.alias("taken"), R.alias("of_taken")
    rows = sa.select(
        R.c.remit_key, CP.c.ordinal, P.c.outcome, P.c.reason_code, P.c.payer_sequence, P.c.is_superseded,
        P.c.unposted_cents, of_taken.c.remit_key, taken.c.ordinal,
    )  # fmt: skip
    rows = rows.select_from(P).join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
    rows = rows.join(R, R.c.remit_id == CP.c.remit_id)
    rows = rows.outerjoin(taken, taken.c.claim_payment_id == P.c.reverses_claim_payment_id)
    rows = rows.outerjoin(of_taken, of_taken.c.remit_id == taken.c.remit_id)
    return rows.where(P.c.ended_at.is_(None))


def _released():
    """Which decisions took back which, and on which line, without a reversal."""
    back, taken = schema.journals.alias("back"), schema.journals.alias("taken")
    by, of_by, of_taken = CP.alias("by"), R.alias("of_by"), R.alias("of_taken")
    rows = sa.select(of_by.c.remit_key, by.c.ordinal, of_taken.c.remit_key, CP.c.ordinal, L.c.line_number).distinct()
    rows = rows.select_from(back).join(taken, taken.c.journal_id == back.c.reverses_journal_id)
    rows = rows.join(by, by.c.claim_payment_id == back.c.claim_payment_id).join(
        of_by, of_by.c.remit_id == by.c.remit_id
    )
    rows = rows.join(CP, CP.c.claim_payment_id == taken.c.claim_payment_id)
    rows = rows.join(of_taken, of_taken.c.remit_id == CP.c.remit_id).join(L, L.c.journal_id == back.c.journal_id)
    return rows.where(back.c.reason_code == "release", stands(back))
