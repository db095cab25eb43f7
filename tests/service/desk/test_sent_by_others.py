"""What goes to another payer is a new claim; why no claim is made is said truly; repeats close with their original."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from claims.service import desk_case, next_payer
from claims.service.desk import actions, correcting, keys, originals, queue
from claims.service.resubmit import changes_of
from claims.store import schema
from claims.store.engine import write
from tests.books import Bill, claims
from tests.service.desk.conftest import DAY as BOOKS_DAY
from tests.service.desk.conftest import cases, chosen, copy_of, denied, paid
from tests.service.desk.test_sending import KNOWN, claims_of, decision, sent_home  # noqa: F401 a practice that has sent
from tests.service.outgoing import DAY, rows


@pytest.fixture
def practice(sent_home, tmp_path):  # noqa: F811
    """A copy of the practice that has sent claims."""
    yield from copy_of(sent_home, tmp_path)


@pytest.mark.long
def test_another_payer_gets_a_new_claim_and_the_history_names_the_columns(practice):
    wanted = changes_of(["payer_code=DRAGN", "member_id=DM9"])
    looked = actions.preview(practice.ctx, actions.resubmit, chosen(practice, "K1"), DAY, wanted, master=KNOWN)
    assert looked.new_claims == 1 and len(looked.done) == 1
    done = actions.resubmit(practice.ctx, chosen(practice, "K1"), DAY, wanted, master=KNOWN)
    assert done.new_claims == 1 and claims_of(practice)[2][1:3] == ["correction", "1"]
    made = rows(practice, schema.claims).iloc[-1]
    assert (made["payer_code"], made["original_reference"]) == ("DRAGN", "")
    event = schema.denial_events
    body = practice.rows(sa.select(event.c.body).where(event.c.kind == "resubmitted"))[0][0]
    assert json.loads(body)["changed"] == "payer_code member_id" and "DM9" not in body
    found = desk_case.of_key(practice.ctx, cases(practice).loc["K1", "case_key"])
    assert desk_case.happened(practice.ctx, found)["words"].iloc[0] == "changed payer_code, member_id"
    usual = actions.resubmit(practice.ctx, chosen(practice, "K4"), DAY, changes_of(["member_id=W8"]), master=KNOWN)
    assert usual.new_claims == 0 and rows(practice, schema.claims)["frequency_code"].iloc[-1] == "7"


@pytest.mark.long
def test_a_blocked_replacement_that_goes_to_another_payer_is_no_replacement(practice):
    actions.resubmit(practice.ctx, chosen(practice, "K1"), DAY)  # no master data: an edit stops it
    wanted = changes_of(["payer_code=DRAGN", "member_id=DM9"])
    done = actions.resubmit(practice.ctx, chosen(practice, "K1"), DAY, wanted, master=KNOWN)
    made = rows(practice, schema.claims).iloc[-1]
    assert (made["frequency_code"], made["original_reference"], done.new_claims) == ("1", "", 1)


@pytest.mark.long
def test_why_no_claim_for_the_next_payer_is_made_is_said_truly(practice):
    made = next_payer.bill_next(practice.ctx, DAY, claim_ids=[4], master=KNOWN).claims
    assert len(made) == 1
    looked = actions.bill_next(practice.ctx, chosen(practice, "K4"), DAY, master=KNOWN)
    assert looked.refused["reason"].tolist() == ["next-claim-there"]
    number = int(made["claim_id"].iloc[0])
    with write(practice.ctx.engine) as conn:
        claims_table = schema.claims
        conn.execute(sa.update(claims_table).where(claims_table.c.claim_id == number).values(life="blocked"))
        payments = schema.claim_payments  # K1's payer says that it has sent the claim on
        conn.execute(sa.update(payments).where(payments.c.claim_number == "K1").values(is_crossover=1))
    done = actions.bill_next(practice.ctx, chosen(practice, "K4", "K1"), DAY, master=KNOWN)
    told = done.refused.set_index("case_id")
    ids = cases(practice)["case_id"]
    assert told["reason"].to_dict() == {ids["K4"]: "next-claim-blocked", ids["K1"]: "forwarded"}
    assert f"(claim {number}, blocked by" in told.loc[ids["K4"], "says"] and "exception" not in str(told["says"])


@pytest.mark.long
def test_a_denial_of_a_forwarded_claim_says_so(practice):
    crossed = decision("K1", trace="4").replace(b"CLP*K1*4*", b"CLP*K1*2*")
    practice.night(crossed.replace(b"60054", b"DRAGN").replace(b"FABLEWOOD HEALTH PLAN", b"DRAGONFLY"), day=DAY)
    table = cases(practice)
    table = table[(table["claim_number"] == "K1") & (table["payer_sequence"] == "S")]
    assert len(table) == 1
    case = table.iloc[0]
    seen = [(int(case["case_id"]), int(case["version"]))]
    for action in (actions.resubmit, actions.bill_next):
        done = action(practice.ctx, seen, DAY, master=KNOWN)
        assert done.refused["reason"].isin(["sent-by-payer", "no-next-payer"]).all(), done.refused
    assert "sent it on" in correcting.correctable(practice.ctx, seen[0][0], DAY).refused
    listed = queue.page(practice.ctx, queue.Filters(state="open")).rows.set_index("case_id")
    assert listed.loc[seen[0][0], "is_forwarded"] and not listed["is_forwarded"].drop(seen[0][0]).any()
    assert "replacement" not in listed.loc[seen[0][0], "next_action_label"]


@pytest.mark.long
def test_a_repeat_whose_original_is_paid_closes_without_a_second_person(books):
    books.night(
        claims(Bill("O1", [("99213", "90")], day="20250301"), control="000000021"),
        claims(Bill("O2", [("99213", "90")], day="20250301"), control="000000022"),
        paid("O1", "90", "60", trace="T5"), denied(("O2", "90", "OA", "18", ""), trace="T6"),
    )  # fmt: skip
    case = cases(books).loc["O2"]
    found = originals.of_case(books.ctx, int(case["case_id"]))
    assert found["claim_number"].tolist() == ["O1"] and found["paid_cents"].tolist() == [6000]
    proof = keys.decision_of(books.ctx, "O1")
    assert proof == int(found["claim_payment_id"].iloc[0])
    done = actions.close_duplicate(books.ctx, chosen(books, "O2"), proof, 0, BOOKS_DAY)
    assert (done.state, len(done.done), done.limit_cents) == ("done", 1, None), done
    assert cases(books).loc["O2", ["state", "outcome"]].tolist() == ["closed", "duplicate"]
