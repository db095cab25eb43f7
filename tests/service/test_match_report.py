"""Why each payment is of its claim, as it stood on a day: by which rule or person, and which claims were not taken."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from claims.reports.matches import said
from claims.service.matching_by_hand import match_by_hand, unmatch_by_hand
from claims.service.report import verify_reports, write_report
from claims.service.undo import undo
from claims.store import schema
from claims.store.engine import write
from tests.books import Bill, claims, remit
from tests.service.conftest import DAY
from tests.service.fingerprint import END_OF_TIME
from tests.service.test_report import contents, rows

LATER, LAST = DAY + timedelta(days=3), DAY + timedelta(days=9)
BILLS = claims(Bill("A1", [("99213", "150")]), Bill("A2", [("99213", "140")]), Bill("A3", [("99213", "150")]))


def paid(trace, number):
    return remit(f"""BPR*I*88*C*ACH************20250610~
                     TRN*1*{trace}*1512345678~
                     CLP*{number}*1*150*88*22*12*ICN{trace}~
                     SVC*HC:99213*150*88**1~
                     CAS*CO*45*40~
                     CAS*PR*2*22~""")


@pytest.mark.long
def test_matches_are_told_as_they_stood_by_rule_or_person_with_what_was_not_taken(practice, tmp_path):
    def written(day, name):
        path = write_report(practice.ctx, "matches", day, END_OF_TIME, "csv", tmp_path / name)
        assert verify_reports(path.parent)[0]["problems"] == []
        return path

    practice.night(BILLS, paid("T1", "A1"), paid("T2", "A2"), paid("T3", "TYPO9"), day=DAY)
    first = written(DAY, "first")
    told = {row["trace_number"]: row for row in rows(first, "matches")}
    names = ("claim_number_paid", "claim_number", "rule", "score", "matched_by", "candidates", "state", "waits_because")
    assert {trace: [row[name] for name in names] for trace, row in told.items()} == {
        "T1": ["A1", "A1", "claim-number", "90", "rule", "0", "posted on the claim", ""],
        "T2": ["A2", "", "none", "0", "rule", "1", "waits on unapplied cash", "CHARGE_DIFFERS"],
        "T3": ["TYPO9", "", "none", "0", "rule", "0", "waits on unapplied cash", "UNMATCHED_CLAIM"],
    }
    assert told["T1"]["evidence"] == "agree: charge, payee, payer; not known: dates, member"
    assert told["T3"]["evidence"] == "no claim has its number, its lines or its member"
    for row in told.values():
        stored = practice.ctx.vault.read(row["sha256"], int(row["offset"]), int(row["length"]))
        assert stored.startswith(f"CLP*{row['claim_number_paid']}*".encode())
    (other,) = rows(first, "not_taken")
    assert [other[name] for name in ("trace_number", "claim_number", "why")] == ["T2", "A2", "charge-differs"]
    assert other["evidence"].startswith("agree: payee, payer; differ: charge") and rows(first, "former_matches") == []

    table = schema.exceptions
    waits = sa.select(table.c.exception_id).where(table.c.type_code == "UNMATCHED_CLAIM")
    match_by_hand(practice.ctx, practice.rows(waits)[0][0], "A3", "Ann Example said so")
    differs = practice.rows(sa.select(table.c.exception_id).where(table.c.type_code == "CHARGE_DIFFERS"))[0][0]
    match_by_hand(practice.ctx, differs, "A1", "it looked so")
    unmatch_by_hand(practice.ctx, differs)
    # Of no day yet: the next reconcile takes it up, on its own day.
    before = contents(first.parent)
    assert contents(written(LATER, "unposted").parent) == before
    practice.reconcile(LATER)
    with write(practice.ctx.engine) as conn:
        last = sa.select(sa.func.max(schema.runs.c.run_id)).scalar_subquery()
        killed = {"finished_at": None, "state": "running", "process_started": "another time"}
        conn.execute(sa.update(schema.runs).where(schema.runs.c.run_id == last).values(killed))
    later = written(LATER, "later")
    (by_hand,) = [row for row in rows(later, "matches") if row["trace_number"] == "T3"]
    assert [by_hand[name] for name in names] == [
        "TYPO9", "A3", "by-hand", "100", "tester", "0", "posted on the claim", "",
    ]  # fmt: skip
    assert [(row["trace_number"], row["rule"]) for row in rows(later, "former_matches")] == [
        *(("T2", rule) for rule in ("none", "by-hand", "none")), ("T3", "none"),
    ]  # fmt: skip
    # A refusal holds for good: it is told on every later day, too.
    assert {(row["trace_number"], row["claim_number"], row["why"]) for row in rows(later, "not_taken")} == {
        ("T2", "A1", "by-hand"), ("T2", "A2", "charge-differs"),
    }  # fmt: skip
    assert {row["trace_number"]: row["candidates"] for row in rows(later, "matches")} == {
        "T1": "0",
        "T2": "2",
        "T3": "0",
    }
    assert not any(b"Ann" in content for content in contents(later.parent).values())
    posted = contents(later.parent)
    # Nobody knows when a run that was killed ended: what persons do after it is not of its day, also when the next run
    # has found it gone.
    match_by_hand(practice.ctx, differs, "A1", "it is after all")
    assert contents(written(LATER, "acted").parent) == posted
    undo(practice.ctx, "remit:T1", LAST)
    assert {row["state"] for row in rows(written(LAST, "last"), "matches") if row["trace_number"] == "T1"} == {
        "not posted"
    }
    assert contents(written(DAY, "first").parent) == before and contents(written(LATER, "later").parent) == posted


def test_evidence_never_tells_more_than_it_was_made_for():
    assert said('{"charge": "agrees", "who": "ANN EXAMPLE", "member": "W1", "version": "lines, ANN"}') == (
        "agree: charge; version by: lines"
    )
    assert said('{"why": "ANN EXAMPLE"}') == "no claim was taken"
