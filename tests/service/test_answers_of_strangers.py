"""Only the receiver of a batch answers to it: nobody else's TA1, 999 or 277CA moves claims of ours."""

from __future__ import annotations

import pytest

from claims.service.submit import submit
from claims.store import schema
from claims.store.engine import write
from tests.answers import ack_999, ca_277, replied, ta1
from tests.books import Bill, claims
from tests.service.outgoing import DAY, NOW, charges, make_ready, master, rows

REFUSED = ack_999("1", "R", ("0001", "R", "IK3*CLM*23**8~CTX*CLM01:A00001~IK4*2*782*1~"))
NUMBERED = ca_277("0", ("A00001", "A7:562:85", "195"))
OF_BATCH = ca_277("0000000010001", ("A00001", "A7:562:85", "195"), ("A00002", "A2:20", "145"))


def _send(practice):
    practice.drop(charges(2), day=DAY)
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=master())


@pytest.fixture
def sent(begun):
    """Two claims that were sent in batch 000000001."""
    return begun(_send)


def lives(practice):
    return rows(practice, schema.claims, schema.claims.c.claim_number)["life"].tolist()


def listed(practice):
    told = rows(practice, schema.exceptions)
    return told.loc[told["state"] == "open", "type_code"].tolist()


@pytest.mark.long
def test_answers_between_other_parties_move_nothing_and_wait(sent):
    strange = {"ours": "SOMEBODY", "partner": "STRANGER"}
    for answer in (ta1("000000001", "R", "006"), REFUSED, NUMBERED, OF_BATCH):
        sent.drop(replied(answer, **strange), day=DAY)
    counts = sent.reconcile(DAY)
    assert (lives(sent), counts["answers_applied"]) == (["sent", "sent"], 0)
    assert listed(sent) == ["ANSWER_UNKNOWN"] * 4


@pytest.mark.parametrize("strange", [{"ours": "SOMEBODY"}, {"partner": "STRANGER"}])
def test_both_parties_are_compared(sent, strange):
    for answer in (ta1("000000001", "R", "006"), REFUSED, NUMBERED, OF_BATCH):
        sent.drop(replied(answer, **strange), day=DAY)
    sent.reconcile(DAY)
    assert lives(sent) == ["sent", "sent"]


def test_another_partner_may_pass_on_a_277ca_that_names_our_batch(sent):
    with write(sent.ctx.engine) as conn:
        batch = rows(sent, schema.batches).iloc[0].to_dict()
        other = batch | {
            "batch_id": 99, "interchange_control_number": "000000099", "receiver_id": "OTHERHOUSE",
            "posting_date": DAY,
        }  # fmt: skip
        conn.execute(schema.batches.insert().values({name: other[name] for name in other if name in _COLUMNS}))
    sent.drop(replied(REFUSED, partner="OTHERHOUSE"), replied(OF_BATCH, partner="OTHERHOUSE"), day=DAY)
    sent.reconcile(DAY)
    assert lives(sent) == ["rejected", "accepted"]
    assert listed(sent) == ["ANSWER_UNKNOWN"]


_COLUMNS = ("batch_id", "interchange_control_number", "partner_code", "kind", "usage_code", "sender_id", "receiver_id",
            "state", "claims", "service_lines", "charge_cents", "snapshot_file_id", "file_name", "actor",
            "recorded_at", "posting_date")  # fmt: skip


def test_an_837_of_others_between_the_two_parties_goes_before_ours_of_the_same_number(sent):
    sent.drop(claims(Bill("Z1", [("99213", "100")]), control="000000001"), day=DAY)
    sent.reconcile(DAY)
    sent.drop(ack_999("1", "R", ("0001", "R", "IK3*CLM*22**8~")), day=DAY)
    sent.reconcile(DAY)
    assert lives(sent) == ["sent", "sent", "rejected"]


def test_a_batch_that_has_not_left_has_no_answers(sent):
    with write(sent.ctx.engine) as conn:
        conn.execute(schema.batches.update().values(state="cancelled"))
    for answer in (ta1("000000001", "R", "006"), REFUSED, NUMBERED, OF_BATCH):
        sent.drop(replied(answer), day=DAY)
    sent.reconcile(DAY)
    assert lives(sent) == ["sent", "sent"]
    assert listed(sent) == ["ANSWER_UNKNOWN"] * 4


def test_its_receiver_answers_to_a_batch(sent):
    sent.drop(replied(REFUSED), day=DAY)
    sent.reconcile(DAY)
    assert lives(sent) == ["rejected", "ready"]
