"""Versions: replaced, voided and corrected claims are new claims of the same family, and go the way of all claims."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from claims import x12
from claims.errors import UsageError
from claims.service import versions
from claims.service.submit import submit
from claims.store import schema
from tests.books import remit
from tests.service import outgoing
from tests.service.outgoing import DAY, NOW, charges, make_ready, master, rows

PAID = """BPR*I*100*C*ACH*CCP*01*1*DA*2*1512345678**01*3*DA*4*20261105~
    TRN*1*TRACE{number}*1512345678~
    CLP*{claim}*{status}*{charge}*{paid}**12*ICN{number}*11*1~
    NM1*QC*1*TEACUP1****MI*W1~
    SVC*HC:99213*{charge}*{paid}**1~
    DTM*472*20260901~
    CAS*CO*45*{rest}~
"""
LATER = date(2026, 11, 6)


def paid(claim="A00001", charge=145, amount=100, number=1, status=1):
    text = PAID.format(claim=claim, charge=charge, paid=amount, rest=charge - amount, number=number, status=status)
    return remit(text.replace("BPR*I*100*", f"BPR*I*{amount}*"), payee="1999999018")


def _send(practice):
    practice.drop(charges(1).replace(b"85025", b"99213").split(b"\n")[0] + b"\n" + charges(1).split(b"\n")[1] + b"\n")
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=master())


@pytest.fixture
def sent(begun):
    """One claim A00001 of 145.00 that was sent."""
    return begun(_send)


def set_life(practice, value, claim_id=1):
    outgoing.set_life(practice, value, schema.claims.c.claim_id == claim_id)


def change(column, value, claim_id=1, line=0):
    return pd.DataFrame({"claim_id": [claim_id], "line_number": [line], "column": [column], "value": [value]})


def claim(practice, claim_id):
    return rows(practice, schema.claims).set_index("claim_id").loc[claim_id]


def send(practice):
    make_ready_only_drafts(practice)
    return submit(practice.ctx, LATER, now=NOW, master=master())


def make_ready_only_drafts(practice):
    practice.reconcile(LATER)
    outgoing.set_life(practice, "ready", schema.claims.c.life == "draft")


def last_file(practice):
    return max(practice.ctx.settings.outbox_folder.glob("*.837"), key=lambda path: path.name[-13:])


@pytest.mark.long
def test_a_replacement_names_the_payers_number_and_all_lines(sent):
    sent.night(paid(), day=LATER)
    set_life(sent, "paid")
    made = versions.replace(sent.ctx, [1], change("modifiers", "25", line=1), LATER, master())
    assert made.refused.empty
    new = claim(sent, 2)
    assert (new["claim_number"], new["frequency_code"], new["original_reference"]) == ("A00001V2", "7", "ICN1")
    assert (new["purpose"], new["follows_claim_id"], new["version"], new["family_id"]) == ("replacement", 1, 2, 1)
    assert (new["origin"], new["life"], new["charge_cents"]) == ("to_send", "draft", 14500)
    assert send(sent).counts["claims_sent"] == 1
    frames = x12.read(last_file(sent)).frames
    assert frames["claims"]["original_reference"].tolist() == ["ICN1"]
    assert frames["service_lines"]["modifiers"].tolist() == ["25"]
    numbers = rows(sent, schema.service_lines)["line_control_number"]
    assert numbers.is_unique


@pytest.mark.long
def test_the_same_total_is_charged_once_and_another_when_it_is_released(sent):
    sent.night(paid(), day=LATER)
    set_life(sent, "paid")
    versions.replace(sent.ctx, [1], change("modifiers", "25", line=1), LATER, master())
    sent.reconcile(LATER)
    assert "CLAIM_VERSION_OPEN" not in sent.exceptions()
    assert "CLAIM_NOT_CHARGED" not in sent.exceptions()
    set_life(sent, "rejected", 2)
    versions.correct(sent.ctx, [2], change("charge_cents", "200.00", claim_id=2, line=1), LATER, master())
    sent.reconcile(LATER)
    assert sent.balances(account="4000") == {"4000": -14500}
    set_life(sent, "sent", 3)
    sent.reconcile(LATER)
    assert sent.balances(account="4000") == {"4000": -20000}


@pytest.mark.long
def test_a_rejected_replacement_goes_again_as_a_replacement(sent):
    sent.night(paid(), day=LATER)
    set_life(sent, "paid")
    versions.replace(sent.ctx, [1], change("modifiers", "25", line=1), LATER, master())
    assert versions.replace(sent.ctx, [1], versions.NO_CHANGES, LATER, master()).refused["reason"].tolist() == [
        "has-a-version"
    ]
    sent.reconcile(LATER)
    set_life(sent, "rejected", 2)
    versions.correct(sent.ctx, [2], change("modifiers", "59", claim_id=2, line=1), LATER, master())
    new = claim(sent, 3)
    assert (new["claim_number"], new["frequency_code"], new["original_reference"]) == ("A00001V3", "7", "ICN1")
    assert (new["purpose"], new["follows_claim_id"]) == ("replacement", 2)
    assert claim(sent, 2)["life"] == "replaced"


@pytest.mark.long
def test_a_rejected_claim_is_corrected_as_a_new_one(sent):
    set_life(sent, "rejected")
    versions.correct(sent.ctx, [1], change("member_id", "W9"), LATER, master())
    new = claim(sent, 2)
    assert (new["claim_number"], new["frequency_code"], new["original_reference"]) == ("A00001V2", "1", "")
    assert (new["member_id"], new["purpose"]) == ("W9", "correction")
    assert claim(sent, 1)["life"] == "replaced"
    assert send(sent).counts["claims_sent"] == 1
    assert x12.read(last_file(sent)).frames["claims"]["member_id"].tolist() == ["W9"]
    assert "CLAIM_NOT_CHARGED" not in sent.exceptions()


@pytest.mark.long
def test_a_void_is_the_claim_again_with_frequency_8(sent):
    sent.night(paid(), day=LATER)
    set_life(sent, "paid")
    assert versions.void(sent.ctx, [1], LATER, master()).refused.empty
    send(sent)
    frames = x12.read(last_file(sent)).frames
    assert frames["claims"][["frequency_code", "original_reference"]].to_numpy().tolist() == [["8", "ICN1"]]
    assert "CLAIM_VERSION_OPEN" not in sent.exceptions()


@pytest.mark.long
def test_a_payment_of_a_version_finds_the_family(sent):
    set_life(sent, "rejected")
    versions.correct(sent.ctx, [1], change("member_id", "W1"), LATER, master())
    send(sent)
    for number, name in enumerate(("A00001V2", "a-00001.v2"), 1):
        counts = sent.night(paid(claim=name, number=number, amount=100 - number), day=LATER)
        assert counts["payments_matched"] == 1
    told = rows(sent, schema.matches)
    assert set(told["family_id"]) == {1}
    assert told[told["rule"] == "claim-number"]["claim_id"].tolist() == [2]


def test_what_may_have_no_version_says_why(sent):
    refused = versions.replace(sent.ctx, [1, 77], versions.NO_CHANGES, LATER, master()).refused
    assert dict(zip(refused["claim_id"], refused["reason"], strict=True)) == {1: "wrong-life", 77: "not-there"}
    set_life(sent, "accepted")
    assert versions.void(sent.ctx, [1], LATER, master()).refused["reason"].tolist() == ["no-payer-claim-number"]
    set_life(sent, "denied")
    takes_none = master(payer={"takes_replacement": False})
    refused = versions.replace(sent.ctx, [1], versions.NO_CHANGES, LATER, takes_none).refused
    assert refused["reason"].tolist() == ["payer-takes-no-replacement"]
    assert versions.correct(sent.ctx, [1], versions.NO_CHANGES, LATER, takes_none).refused.empty


@pytest.mark.parametrize(
    ("column", "value"),
    [("claim_number", "X"), ("charge_cents", "1.00"), ("no_such", "X"), ("patient_birth_date", "X")],
)
def test_what_is_not_a_persons_to_change_is_refused(sent, column, value):
    set_life(sent, "rejected")
    with pytest.raises(UsageError):
        versions.correct(sent.ctx, [1], change(column, value), LATER, master())


def test_a_number_that_is_too_long_gets_one_of_ours(practice):
    practice.drop(charges(1, claim_number="A2345678901234567890"), day=DAY)
    make_ready(practice)
    set_life(practice, "rejected")
    versions.correct(practice.ctx, [1], versions.NO_CHANGES, LATER, master())
    assert claim(practice, 2)["claim_number"] == "N0000000001V2"


OTHER_NPI = "1999999992"
SAME_NUMBER = {"claim_number": "A00001", "billing_npi": OTHER_NPI, "member_id": "W2", "charge": "77.00"}


def test_versions_of_two_providers_who_use_the_same_number_stay_apart(sent):
    sent.night(charges(1, **SAME_NUMBER).split(b"50.00")[0].rsplit(b"\n", 1)[0] + b"\n")
    for claim_id in (1, 2):
        set_life(sent, "rejected", claim_id)
    made = versions.correct(sent.ctx, [2, 1], versions.NO_CHANGES, LATER, master())
    told = rows(sent, schema.claims).set_index("claim_id").loc[made.claims["claim_id"]]
    before = rows(sent, schema.claims).set_index("claim_id").loc[made.claims["follows_claim_id"]]
    assert set(before.index) == {1, 2}
    assert told["claim_number"].tolist() == ["A00001V2"] * 2
    for name in ("billing_npi", "member_id", "charge_cents", "family_id"):
        assert told[name].tolist() == before[name].tolist()


def test_a_number_that_another_claim_has_is_not_taken_again(sent):
    sent.night(charges(1, claim_number="a00001-v2", member_id="W2", charge="77.00"))
    set_life(sent, "rejected")
    versions.correct(sent.ctx, [1], versions.NO_CHANGES, LATER, master())
    new = rows(sent, schema.claims).iloc[-1]
    assert (new["claim_number"], new["version"], new["family_id"]) == ("A00001V3", 2, 1)


@pytest.fixture
def meanwhile(monkeypatch):
    """Let something happen between reading claims and writing their versions."""

    def happens(what):
        real, calls = versions.change.changed, []

        def slow(frames, changes):
            if not calls:
                calls.append(1)
                what()
            return real(frames, changes)

        monkeypatch.setattr(versions.change, "changed", slow)

    return happens


def test_a_claim_that_leaves_while_it_is_corrected_is_not_sent_twice(practice, meanwhile):
    practice.drop(charges(1), day=DAY)
    make_ready(practice)
    meanwhile(lambda: submit(practice.ctx, DAY, now=NOW, master=master()))
    made = versions.correct(practice.ctx, [1], versions.NO_CHANGES, LATER, master())
    assert made.refused["reason"].tolist() == ["wrong-life"]
    assert made.claims.empty
    assert rows(practice, schema.claims)["life"].tolist() == ["sent"]


def test_a_claim_that_two_people_correct_has_one_version(sent, meanwhile):
    set_life(sent, "rejected")
    meanwhile(lambda: versions.correct(sent.ctx, [1], change("member_id", "W8"), LATER, master()))
    made = versions.correct(sent.ctx, [1], change("member_id", "W9"), LATER, master())
    assert made.refused["reason"].tolist() == ["wrong-life"]
    assert rows(sent, schema.claims)["member_id"].tolist() == ["W1", "W8"]
