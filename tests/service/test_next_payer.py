"""Claims for next payers: made once, of the decision in force, and told to a person when that decision changes."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from claims.service import next_payer, versions
from claims.service.next_payer import bill_next
from claims.service.scrub import scrub
from claims.service.submit import submit
from claims.store import clock, exceptions, schema
from claims.store.engine import write
from tests.books import remit
from tests.charges.test_charges_file import written
from tests.service.outgoing import DAY, NOW, PAYER, PERSON, make_ready, master, rows

SECOND = {
    "secondary_payer_code": "DRAGN", "secondary_payer_name": "DRAGONFLY", "secondary_member_id": "DM1",
    "secondary_relationship_code": "18", "secondary_filing_indicator_code": "12",
}  # fmt: skip
DRAGONFLY = PAYER | {"payer_code": "DRAGN", "payer_identifier": "DRAGN", "payer_name": "DRAGONFLY"}
KNOWN = master(payers=[PAYER, DRAGONFLY])
CROSSING = master(payers=[PAYER | {"crossover_payer_code": "DRAGN"}, DRAGONFLY])


def decided(number=1, paid=80, share=45, status=1, extra=""):
    """A remittance of the first payer for K1 over 145.00; status 22 takes it back."""
    sign = -1 if status == 22 else 1
    rest = 145 - paid - share
    amount = 0 if status == 22 else paid
    text = f"""BPR*I*{amount}*C*ACH************2026102{number}~
TRN*1*T{number}*1512345678~
CLP*K1*{status}*{sign * 145}*{sign * paid}**12*ICN1~
{extra}SVC*HC:99213*{sign * 145}*{sign * paid}**1~
CAS*CO*45*{sign * rest}~
CAS*PR*1*{sign * share}~"""
    if status == 22:
        text += f"\nPLB*1999999018*20261231*FB:X*-{paid}~"
    return remit(text, payee="1999999018", payer="FABLEWOOD HEALTH PLAN", control=f"00000010{number}")


def sent(practice, known=KNOWN, **remittance):
    """Send K1 to the first payer, and take its decision."""
    practice.drop(written(PERSON | SECOND | {"claim_number": "K1"}), day=DAY)
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=known)
    practice.night(decided(**remittance), day=DAY)
    return practice


def looked_at(practice):
    practice.reconcile(DAY)
    scrub(practice.ctx, DAY, master=KNOWN)


def lives(practice):
    return rows(practice, schema.claims)["life"].tolist()


def open_rows(practice, type_code):
    table = rows(practice, schema.exceptions)
    table = table[(table["type_code"] == type_code) & (table["state"] == "open")]
    return list(zip(table["claim_id"], table["amount_cents"], table["message"], strict=True))


@pytest.mark.long
def test_a_decision_that_was_taken_back_stops_the_claim_that_tells_it(practice):
    sent(practice)
    assert bill_next(practice.ctx, DAY, master=KNOWN).counts["next_claims"] == 1
    looked_at(practice)
    assert lives(practice)[1] == "ready"
    practice.night(decided(2, status=22), day=DAY)
    looked_at(practice)
    found = rows(practice, schema.edit_findings)
    assert found.loc[found["severity"] == "block", "edit_id"].tolist() == ["S19i"]
    assert lives(practice)[1] == "blocked"
    assert submit(practice.ctx, DAY, now=NOW, master=KNOWN).counts["claims_sent"] == 0


@pytest.mark.long
def test_a_claim_that_a_person_gave_up_is_made_again_only_when_a_person_asks(practice):
    sent(practice)
    bill_next(practice.ctx, DAY, master=KNOWN)
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(schema.claims).where(schema.claims.c.claim_id == 2).values(life="withdrawn"))
    assert bill_next(practice.ctx, DAY, master=KNOWN).counts["next_claims"] == 0
    assert bill_next(practice.ctx, DAY, claim_ids=[1], master=KNOWN).counts["next_claims"] == 1


@pytest.mark.long
def test_a_change_behind_a_claim_that_left_is_told_once_with_its_amounts_until_the_claim_is_over(practice, monkeypatch):
    sent(practice)
    bill_next(practice.ctx, DAY, master=KNOWN)
    looked_at(practice)
    assert submit(practice.ctx, DAY, now=NOW, master=KNOWN).counts["claims_sent"] == 1
    assert bill_next(practice.ctx, DAY, master=KNOWN).counts["next_claims_outdated"] == 0
    with monkeypatch.context() as patch:  # a clock may go back
        patch.setattr(clock, "now", lambda: "2020-01-01T00:00:00.000000Z")
        practice.night(decided(2, status=22), decided(3, paid=100, share=25), day=DAY)
    for _ in range(2):
        bill_next(practice.ctx, DAY, master=KNOWN)
        assert open_rows(practice, "NEXT_PAYER_OUTDATED") == [
            (2, 4000, "the claim tells $80.00 paid and $45.00 of the patient; the remittances say $100.00 and $25.00")
        ]
    with write(practice.ctx.engine) as conn:
        conn.execute(sa.update(schema.claims).where(schema.claims.c.claim_id == 2).values(life="voided"))
    assert bill_next(practice.ctx, DAY, master=KNOWN).counts["next_claims"] == 1  # anew, of the latest decision
    assert open_rows(practice, "NEXT_PAYER_OUTDATED") == []
    looked_at(practice)
    assert lives(practice)[2] == "ready"


@pytest.mark.long
def test_the_remittance_is_believed_when_it_does_not_say_that_the_claim_went_on(practice):
    sent(practice, CROSSING)
    for _ in range(2):
        counts = bill_next(practice.ctx, DAY, master=CROSSING).counts
        assert (counts["next_claims"], counts["next_claims_awaited"], counts["next_claims_forwarded"]) == (0, 1, 0)
    ((claim_id, cents, _),) = open_rows(practice, "NEXT_PAYER_WAITS")
    assert (claim_id, cents) == (1, 4500)
    assert bill_next(practice.ctx, DAY, claim_ids=[1], master=CROSSING).counts["next_claims"] == 1
    assert open_rows(practice, "NEXT_PAYER_WAITS") == []


def test_a_claim_that_the_payer_forwarded_waits_in_silence(practice):
    sent(practice, CROSSING, status=19)
    counts = bill_next(practice.ctx, DAY, master=CROSSING).counts
    assert (counts["next_claims_awaited"], counts["next_claims_forwarded"]) == (0, 1)
    assert open_rows(practice, "NEXT_PAYER_WAITS") == []
    assert bill_next(practice.ctx, DAY, claim_ids=[1], master=CROSSING).counts["next_claims"] == 0


@pytest.mark.long
def test_two_at_once_make_one_claim_and_what_a_dead_run_left_open_is_closed(practice, monkeypatch):
    sent(practice)
    real, calls = next_payer.next_claims, []

    def slow(*frames):
        if not calls:
            calls.append(1)
            assert bill_next(practice.ctx, DAY, master=KNOWN).counts["next_claims"] == 1
        return real(*frames)

    monkeypatch.setattr(next_payer, "next_claims", slow)
    assert bill_next(practice.ctx, DAY, master=KNOWN).counts["next_claims"] == 0
    assert rows(practice, schema.claims)["purpose"].tolist() == ["original", "next_payer"]
    left = rows(practice, schema.claims)[["claim_id"]].head(1)
    left = left.assign(exception_key="X", type_code=next_payer.REFUSED, amount_cents=0)
    with write(practice.ctx.engine) as conn:
        exceptions.open_all(conn, left, DAY)
    bill_next(practice.ctx, DAY, master=KNOWN)
    assert open_rows(practice, next_payer.REFUSED) == []


@pytest.mark.long
def test_a_decision_that_changes_while_the_claim_is_made_makes_none(practice, monkeypatch):
    sent(practice)
    real = versions.save

    def slow(ctx, *rest, **named):
        practice.night(decided(2, status=22), decided(3, paid=100, share=25), day=DAY)
        return real(ctx, *rest, **named)

    monkeypatch.setattr(versions, "save", slow)
    assert bill_next(practice.ctx, DAY, master=KNOWN).counts["next_claims"] == 0
    monkeypatch.setattr(versions, "save", real)
    assert bill_next(practice.ctx, DAY, master=KNOWN).counts["next_claims"] == 1


@pytest.mark.long
def test_another_share_of_the_patient_stops_the_claim(practice):
    sent(practice)
    bill_next(practice.ctx, DAY, master=KNOWN)
    practice.night(decided(2, status=22), decided(3, share=25), day=DAY)
    looked_at(practice)
    found = rows(practice, schema.edit_findings)
    assert found.loc[found["severity"] == "block", "edit_id"].tolist() == ["S19j"]


@pytest.mark.long
def test_a_bundled_line_says_in_which_line_it_was_paid(practice):
    bill = PERSON | SECOND | {"claim_number": "K1"}
    first, second = ({"procedure_code": code, "charge": charge} for code, charge in (("80053", "100"), ("82947", "50")))
    practice.drop(written(bill | first, bill | second), day=DAY)
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=KNOWN)
    text = """BPR*I*80*C*ACH************20261021~
TRN*1*T1*1512345678~
CLP*K1*1*150*80*10*12*ICN1~
SVC*HC:80053*100*80**1~
CAS*CO*45*60~
CAS*OA*94*-50~
CAS*PR*2*10~
REF*6R*K1L1~
SVC*HC:80053*50*0**1*HC:82947~
CAS*CO*97*50~
REF*6R*K1L2~"""
    practice.night(remit(text, payee="1999999018", payer="FABLEWOOD HEALTH PLAN"), day=DAY)
    assert bill_next(practice.ctx, DAY, master=KNOWN).counts["next_claims"] == 1
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=KNOWN)
    (path,) = sorted(practice.ctx.settings.outbox_folder.glob("*.837"))[1:]
    told = [one for one in path.read_text().split("~") if one.strip().startswith("SVD")]
    assert [one.strip().split("*")[3:] for one in told] == [["HC:80053", "", "1"], ["HC:80053", "", "1", "1"]]
