"""The story of a claim, from the charge to the deposit: each step with the file and the segment that say it."""

from datetime import date

import pytest

from claims.errors import NotFoundError
from claims.service.timeline import SeveralClaimsError, gathered, story, timeline
from tests.answers import ack_999, ca_277, ta1
from tests.books import Bill, bank, claims, remit
from tests.service.sending import send

SENT = claims(Bill("A1", [("99213", "100")]))
PAID = remit("""BPR*I*30*C*ACH************20250610~
                TRN*1*T1*1512345678~
                CLP*A1*1*100*30**12*ICN1~
                SVC*HC:99213*100*30**1~
                CAS*CO*197*70~""")


def _begin(practice):
    send(practice, SENT, day=date(2025, 3, 10))  # before it is answered
    practice.night(
        ta1("000000009"),
        ack_999("9", "A"),
        ca_277("B1", ("A1", "A2:20", "100")),
        PAID,
        bank(("2025-06-11", "30.00", "T1")),
    )


@pytest.fixture
def books(begun):
    return begun(_begin)


@pytest.mark.long
def test_every_step_from_charge_to_bank_stands_in_a_file(books):
    steps = timeline(books.ctx, "A1")
    told = list(zip(steps["kind"], steps["step"], strict=True))
    assert told[0] == ("import", "original")
    assert steps["day"].is_monotonic_increasing, "the day that is shown leads, not that of writing it down"
    assert told.index(("denial", "opened")) > told.index(("life", "partly-paid"))
    assert [step for kind, step in told if kind == "life"] == [
        "batched", "released", "interchange-accepted", "syntax-accepted", "accepted", "partly-paid",
    ]  # fmt: skip
    assert {kind for kind, _ in told} == {"import", "life", "journal", "denial", "deposit"}
    from_files = steps[~steps["step"].isin(["batched", "released"])]
    assert (from_files["sha256"] != "").all() and (from_files["seg"] > 0).all()
    assert steps["says"].ne("").all()
    for sha256, offset, length, kind in zip(
        *(from_files[name] for name in ("sha256", "offset", "length", "kind")), strict=True
    ):
        raw = books.ctx.vault.read(sha256, offset, length)
        assert raw.startswith((b"CLM", b"TA1", b"AK1", b"STC", b"CLP")) or kind in ("deposit", "journal"), raw


@pytest.mark.long
def test_a_story_has_the_versions_the_money_and_the_proof_of_filing_in_time(books):
    told = story(books.ctx, "A1")
    assert told["versions"][["version", "life", "charge_cents"]].values.tolist() == [[1, "partly_paid", 10000]]
    assert dict(zip(told["money"]["account"], told["money"]["amount_cents"], strict=True))["4000"] == -10000
    assert told["proofs"]["effective_date"].tolist() == ["2025-03-12"]
    assert told["sendings"]["payer_claim_number"].tolist() == ["•••"]
    assert set(told["versions"]["claim_number"]) == {"•••"}
    assert story(books.ctx, "A1", show_phi=True)["sendings"]["payer_claim_number"].tolist() == ["ICNA1"]


def test_for_people_the_journals_of_one_cause_are_one_step_and_no_cent_is_lost(practice):
    practice.night(claims(Bill("A1", [("99213", "100"), ("99214", "50")])))
    steps = timeline(practice.ctx, "A1")
    shown = gathered(steps)
    assert shown["says"].tolist() == [
        "the claim came in: original", "posted: charge, 2 lines, all their debits",
    ]  # fmt: skip
    assert list(shown.columns) == list(steps.columns) and shown["amount_cents"].sum() == steps["amount_cents"].sum()
    assert shown["amount_cents"].tolist()[1] == 15000
    assert gathered(steps.iloc[:0]).empty


def test_a_claim_is_found_by_its_number_first_and_then_by_ours(practice):
    practice.night(claims(Bill("7", [("99213", "100")])))
    assert len(timeline(practice.ctx, "7")) and len(timeline(practice.ctx, "1"))
    with pytest.raises(NotFoundError):
        timeline(practice.ctx, "99")
    practice.night(claims(Bill("7", [("99213", "100")]), npi="1999999992", control="000000010"))
    with pytest.raises(SeveralClaimsError, match="id:1, id:2"):
        timeline(practice.ctx, "7")
    assert set(timeline(practice.ctx, "id:2")["claim_id"]) == {2}
    practice.night(claims(Bill("1", [("99213", "100")]), control="000000011"))
    with pytest.raises(SeveralClaimsError, match="id:3, id:1"):
        timeline(practice.ctx, "1")
