"""Matches say why and why not; a person matches and unmatches what waits, and that is audited."""

import json
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from claims.errors import NotFoundError, UsageError
from claims.ledger.patient_names import same_patient
from claims.service import exceptions, match_compared
from claims.service.match_compared import considered, looked_at
from claims.service.matching_by_hand import (
    MatchDiffersError,
    MatchMovedError,
    match_by_hand,
    standing,
    unmatch_by_hand,
)
from claims.service.replay import replay
from claims.service.undo import undo
from claims.service.verify import verify
from claims.store import schema
from claims.store.clock import now
from claims.store.engine import read
from claims.store.queries.asof import AsOf
from claims.store.queries.exceptions import open_as_of
from tests.books import Bill, claims, remit
from tests.service.conftest import DAY

PAID = """BPR*I*88*C*ACH************20250310~
          TRN*1*T1*1512345678~
          CLP*{number}*1*{charge}*88*22*12*ICN1~
          SVC*HC:99213*{charge}*88**1~
          CAS*CO*45*40~
          CAS*PR*2*22~"""


def check(practice):
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def paid(number="A1", charge="150", **changes):
    return remit(PAID.format(number=number, charge=charge), **changes)


def exception(practice, type_code):
    table = schema.exceptions
    return practice.rows(sa.select(table.c.exception_id).where(table.c.type_code == type_code))[0][0]


def not_taken(practice):
    table = schema.match_candidates
    rows = practice.rows(sa.select(table.c.rule, table.c.score, table.c.why, table.c.evidence))
    return [(rule, score, why, json.loads(evidence)) for rule, score, why, evidence in rows]


@pytest.mark.long
def test_a_claim_with_another_charge_is_kept_as_looked_at_and_not_taken(practice):
    practice.night(claims(Bill("A1", [("99213", "140")])), paid())
    ((rule, score, why, facts),) = not_taken(practice)
    assert (rule, why, facts["charge"], facts["payee"]) == ("claim-number", "charge-differs", "differs", "agrees")
    assert 0 < score < 100
    practice.reconcile()
    assert len(not_taken(practice)) == 1


@pytest.mark.long
def test_what_a_person_matches_is_posted_by_the_next_reconcile(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])), paid(number="TYPO9"))
    match_by_hand(practice.ctx, exception(practice, "UNMATCHED_CLAIM"), "A1")
    practice.reconcile()
    assert practice.balances() == {"1050": 8800, "1200": 2200, "4000": -15000, "4100": 4000}
    assert "UNMATCHED_CLAIM" not in practice.exceptions()
    matches, events = schema.matches, schema.audit_events
    current = sa.select(matches.c.rule, matches.c.score, matches.c.actor).where(matches.c.ended_at.is_(None))
    assert practice.rows(current) == [("by-hand", 100, "tester")]
    assert ("match.by-hand",) in practice.rows(sa.select(events.c.action))
    check(practice)


@pytest.mark.long
def test_a_payment_that_differs_is_matched_by_hand_only_with_a_reason(practice):
    other = Bill("A1", [("99213", "140")], payer=("MOONBEAM", "9876543210"))
    practice.night(claims(other), paid(number="TYPO9"))
    number = exception(practice, "UNMATCHED_CLAIM")
    with pytest.raises(MatchDiffersError, match=r"differ in charge, payer.*agree in payee.*--although"):
        match_by_hand(practice.ctx, number, "A1")
    events = schema.audit_events
    told = sa.select(events.c.body).where(events.c.action == "match.by-hand")
    assert practice.rows(told) == []
    facts = match_by_hand(practice.ctx, number, "A1", "the payer renamed itself and changed the charge")
    assert (facts["charge"], facts["payer"], facts["payee"]) == ("differs", "differs", "agrees")
    ((body,),) = practice.rows(told)
    assert "renamed" not in body and json.loads(body)["although_mac"] and json.loads(body)["facts"] == facts
    current = sa.select(schema.matches.c.although).where(schema.matches.c.ended_at.is_(None))
    assert practice.rows(current) == [("the payer renamed itself and changed the charge",)]
    check(practice)
    practice.reconcile()
    with pytest.raises(UsageError, match=r"claims undo claim:\d+, then claims exceptions unmatch"):
        unmatch_by_hand(practice.ctx, number)


@pytest.mark.long
def test_another_patient_or_another_day_wants_a_reason_and_what_moved_on_is_left_alone(practice):
    """The payment names nobody's member number, so nothing but name and days tells the patients apart."""
    theirs = paid(number="TYPO9").replace(b"SVC*", b"NM1*QC*1*TEST*Anne-A~SVC*", 1)
    theirs = theirs.replace(b"CAS*CO", b"DTM*472*20250201~CAS*CO", 1)
    theirs = theirs.replace(b"SE*12*", b"SE*14*").replace(b"SE*13*", b"SE*15*")
    bills = [Bill("A1", [("99213", "150")]), Bill("B1", [("99213", "150")], member="W2", day="20250401")]
    practice.night(claims(*bills), theirs)
    number = exception(practice, "UNMATCHED_CLAIM")
    look = looked_at(practice.ctx, number, "A1")
    assert (look.paid.patient, look.paid.days) == ("TEST, Anne-A", "2025-02-01")
    assert look.claim.patient == "TEST, PERSON0" and look.claim.lines[0]["procedure_code"] == "99213"
    assert (look.facts["patient"], look.facts["dates"], look.facts["member"]) == ("differs", "agrees", "unknown")
    for claim, words in (("A1", r"differ in patient;"), ("B1", r"differ in dates, patient;")):
        with pytest.raises(MatchDiffersError, match=words):
            match_by_hand(practice.ctx, number, claim)
    ann, bob = (replace(practice.ctx, actor=name) for name in ("ann", "bob"))
    match_by_hand(ann, number, "A1", "born on the same day", seen=look.seen)
    with pytest.raises(MatchMovedError, match="changed by ann since you saw it"):
        match_by_hand(bob, number, "B1", "mine", seen=look.seen)
    with pytest.raises(MatchMovedError, match="was matched by ann"):
        match_by_hand(bob, number, "B1", "mine")
    first = standing(bob, number)
    assert first.although == "born on the same day"
    match_by_hand(ann, number, "B1", "the other one", seen=first.seen)
    for seen in (first.seen, None):
        with pytest.raises(MatchMovedError, match="by ann"):
            unmatch_by_hand(bob, number, seen=seen)
    unmatch_by_hand(bob, number, seen=standing(bob, number).seen)
    check(practice)


@pytest.mark.long
def test_claims_that_came_near_are_offered(practice):
    practice.night(claims(Bill("A1", [("99213", "140")])), paid())
    number = exception(practice, "CHARGE_DIFFERS")
    (near,) = considered(practice.ctx, number).to_dict("records")
    assert (near["claim_number"], near["charge_cents"], near["differs"]) == ("A1", 14000, "charge")
    (row,) = exceptions.listed(practice.ctx, type_code="CHARGE_DIFFERS")[0].to_dict("records")
    assert row["candidate_named"] == f"claim {near['claim_id']} was looked at and not taken (differs in charge)"
    told = match_compared.told(practice.ctx, number, show_phi=False)
    assert told[["claim_number", "patient", "why"]].to_numpy().tolist() == [["•••", "•••", "charge-differs"]]
    match_by_hand(practice.ctx, number, "A1", "why")
    unmatch_by_hand(practice.ctx, number)
    assert considered(practice.ctx, number).empty
    assert not exceptions.listed(practice.ctx)[0]["candidate_named"].any(), "a person said it is not"


@pytest.mark.parametrize(
    ("paid", "claimed", "word"),
    [
        (("O'Neil", "Ann Marie"), ("ONEIL", "ANN"), "agrees"),
        (("MÜLLER", "A"), ("Muller", "Anna"), "agrees"),
        (("SMITH", "JOHN"), ("SMITH", "JANE"), "differs"),
        (("SMITH", "JOHN"), ("SMYTHE", "JOHN"), "differs"),
        (("SMITH", ""), ("SMITH", "JANE"), "unknown"),
        (("", ""), ("SMITH", "JANE"), "unknown"),
    ],
)
def test_patients_are_compared_as_people_would(paid, claimed, word):
    assert same_patient(paid, claimed) == word


@pytest.mark.long
def test_what_a_person_has_unmatched_is_never_matched_to_that_claim_again(practice):
    practice.night(claims(Bill("A1", [("99213", "150")])), paid())
    second = PAID.replace("T1", "T2").replace("20250310", "20250410").replace("ICN1", "ICN2")
    practice.night(remit(second.format(number="A1", charge="150")))
    number = exception(practice, "CORRECTION_WITHOUT_REVERSAL")
    unmatch_by_hand(practice.ctx, number)
    practice.reconcile()
    assert "UNMATCHED_CLAIM" in practice.exceptions()
    assert "CORRECTION_WITHOUT_REVERSAL" not in practice.exceptions()
    assert ("by-hand",) in practice.rows(sa.select(schema.match_candidates.c.why))
    practice.night(claims(Bill("B1", [("99213", "150")]), control="000000012"))
    match_by_hand(practice.ctx, exception(practice, "UNMATCHED_CLAIM"), "B1")
    practice.reconcile()
    assert practice.balances(account="2200") == {}
    check(practice)


@pytest.mark.long
def test_what_cannot_be_matched_is_said(practice):
    practice.night(
        claims(Bill("A1", [("99213", "150")])),
        paid(),
        paid(number="TYPO9").replace(b"T1", b"T2").replace(b"ICN1", b"ICN2"),
    )
    number = exception(practice, "UNMATCHED_CLAIM")
    with pytest.raises(NotFoundError):
        match_by_hand(practice.ctx, number, "NOBODY")
    with pytest.raises(NotFoundError):
        match_by_hand(practice.ctx, 999_999, "A1")
    with pytest.raises(UsageError, match="not matched"):
        unmatch_by_hand(practice.ctx, number)


@pytest.mark.long
@pytest.mark.parametrize("has_waited", [False, True])
def test_what_is_unmatched_after_an_undo_is_named_once_and_waits_since_then(practice, has_waited):
    """The remittance came before its claim, or after it."""
    bills = claims(Bill("A1", [("99213", "150")]))
    for content, day in zip([paid(), bills] if has_waited else [bills, paid()], (1, 3), strict=True):
        practice.night(content, day=date(2025, 6, day))
    undo(practice.ctx, "claim:1", date(2025, 6, 5))

    def cash():
        rows, _ = exceptions.listed(practice.ctx)
        rows = rows[(rows["amount_cents"] != 0) & (rows["type_code"] != "REMIT_WITHOUT_DEPOSIT")]
        return rows[["type_code", "amount_cents", "posting_date"]].values.tolist()

    def on_the_tenth():
        with read(practice.ctx.engine) as conn:
            rows = open_as_of(conn, AsOf(date(2025, 6, 10), now()))
        return rows[["exception_key", "amount_cents", "posting_date"]].values.tolist()

    why = "UNMATCHED_CLAIM" if has_waited else "UNDONE"
    assert cash() == [[why, 8800, "2025-06-05"]]
    unmatch_by_hand(practice.ctx, exception(practice, "UNDONE"))
    then = on_the_tenth()
    replay(practice.ctx, "claim:1", date(2025, 6, 20))
    assert cash() == [["UNMATCHED_CLAIM", 8800, "2025-06-05"]]
    assert "UNDONE" not in practice.exceptions()
    practice.reconcile(date(2025, 6, 30))
    assert cash() == [["UNMATCHED_CLAIM", 8800, "2025-06-05"]]
    assert on_the_tenth() == then
    check(practice)


def test_a_reversal_that_had_its_claim_by_a_match_by_hand_has_none_without_it(practice):
    taken_back = """BPR*H*0*C*NON************20250410~
                    TRN*1*T2*1512345678~
                    CLP*TYPO9*22*-150*-88*-22*12*ICN1~
                    SVC*HC:99213*-150*-88**1~
                    CAS*CO*45*-40~
                    CAS*PR*2*-22~
                    PLB*1999999984*20251231*WO:ICN1*-88~"""
    practice.night(claims(Bill("A1", [("99213", "150")])), paid(number="TYPO9"))
    match_by_hand(practice.ctx, exception(practice, "UNMATCHED_CLAIM"), "A1", "one digit was typed wrong")
    practice.reconcile()
    practice.night(remit(taken_back))
    for target in ("remit:T2", "claim:1"):
        assert undo(practice.ctx, target, DAY).refused.empty
    unmatch_by_hand(practice.ctx, exception(practice, "UNMATCHED_CLAIM"))
    for target in ("remit:T1", "remit:T2"):
        replay(practice.ctx, target, DAY)
        check(practice)
    # The payment and its reversal are of no claim that is known; the payer will take the money.
    assert practice.balances(family_id=practice.family("A1")) == {"1100": 15000, "4000": -15000}
    assert practice.balances(account="2100") == {"2100": -8800}
