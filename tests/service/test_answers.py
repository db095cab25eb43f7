"""Answers move claims: each scope, whatever came first, once; what names nothing waits for what it names."""

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.store import schema
from tests.answers import ack_999, ca_277, ta1
from tests.books import Bill, claims

C, R, EVENT = schema.claims, schema.rejections, schema.claim_events
BILLS = [Bill("A1", [("99213", "100")]), Bill("A2", [("99213", "50")])]
SENT = claims(*BILLS)  # ISA13 000000009, GS06 1, ST02 0001, BHT03 B1


def lives(practice):
    return dict(practice.rows(sa.select(C.c.claim_number, C.c.life)))


def queue(practice):
    rows = sa.select(C.c.claim_number, R.c.source, R.c.detail_code, R.c.cause, R.c.state, R.c.closed_reason)
    return sorted(practice.rows(rows.join(C, C.c.claim_id == R.c.claim_id)))


def exceptions(practice, state="open"):
    return sorted(set(practice.exceptions(state)))


@pytest.mark.few(5)
@pytest.mark.parametrize(
    ("answer", "life"),
    [
        (ta1("000000009"), "sent"),
        (ta1("000000009", "R", "023"), "rejected"),
        (ta1("9", "E", "016"), "sent"),
        (ack_999("1", "A", ("0001", "A", "")), "acknowledged"),
        (ack_999("1", "E", ("0001", "E", "")), "acknowledged"),
        pytest.param(ack_999("1", "A"), "acknowledged", marks=pytest.mark.long),
        (ack_999("1", "P"), "acknowledged"),
        (ack_999("1", "R"), "rejected"),
        (ack_999("1", "R", ("0001", "A", "")), "rejected"),
        (ack_999("1", "P", ("0001", "R", "")), "rejected"),
        (ca_277("B1", of_batch="A3:684"), "rejected"),
        (ca_277("B1", of_provider="A8:496:85"), "rejected"),
        (ca_277("B1", ("A1", "A1:19", "100"), ("A2", "A0:16", "50")), "received"),
        (ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A5:20", "50")), "accepted"),
        (ca_277("B1", ("A1", "A7:562:85", "100"), ("A2", "A6:21", "50")), "rejected"),
        (ca_277("B1", ("A1", "A4:35", "100"), ("A2", "A4:35", "50")), "sent"),
    ],
)
def test_an_answer_moves_the_claims_that_it_is_about(practice, answer, life):
    practice.night(SENT, answer)
    assert set(lives(practice).values()) == {life}
    assert len(queue(practice)) == (2 if life == "rejected" else 0)
    assert practice.reconcile()["answers_applied"] == 0


def test_a_277ca_judges_each_claim(practice):
    practice.night(SENT, ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A7:562:85 A7:500:85", "50")))
    assert lives(practice) == {"A1": "accepted", "A2": "rejected"}
    (row,) = queue(practice)
    assert row[:3] == ("A2", "277CA", "A7 562 85; A7 500 85")
    who = "(billing provider)"
    assert row[3] == f"Rejected, data wrong: NPI of who is named {who}; Postal code of who is named {who}"
    assert exceptions(practice) == []


def test_what_the_999_names_is_the_cause_and_the_others_are_said_to_be_refused_with_it(practice):
    error = "IK3*SBR*21*2000B*8~CTX*CLM01:A2~IK4*9*1032*7*ZZ~"
    practice.night(SENT, ack_999("1", "R", ("0001", "R", error)))
    assert [(row[0], row[1], row[3]) for row in queue(practice)] == [
        ("A1", "999", "Its set was refused because of another claim"),
        ("A2", "999", "The 999 refuses it: SBR09: code not valid"),
    ]


def test_a_batch_refused_as_a_whole_leaves_out_the_claims_that_it_lists(practice):
    practice.night(SENT, ca_277("B1", ("A1", "A2:20", "100"), of_batch="A3:684"))
    assert lives(practice) == {"A1": "accepted", "A2": "rejected"}


@pytest.mark.long
def test_claims_that_no_answer_lists_are_an_exception_until_one_does(practice):
    practice.night(SENT, ca_277("B1", ("A1", "A2:20", "100")))
    assert exceptions(practice) == ["ANSWER_TOTALS_DIFFER"]
    assert practice.rows(sa.select(schema.exceptions.c.amount_cents)) == [(5000,)]
    practice.night(ca_277("B1", ("A2", "A2:20", "50"), own="000000302"))
    assert exceptions(practice) == []


def test_another_charge_than_was_sent_is_an_exception(practice):
    practice.night(SENT, ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A2:20", "51")))
    assert exceptions(practice) == ["ANSWER_TOTALS_DIFFER"]


@pytest.mark.long
def test_a_corrected_status_ends_what_the_wrong_one_opened(practice):
    practice.night(SENT, ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A2:20", "51")))
    practice.night(ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A2:20", "50"), own="000000302"))
    assert exceptions(practice) == []
    practice.night(ca_277("B1", ("A2", "A2:20", "52"), day="20250314", own="000000303"))
    assert exceptions(practice) == ["ANSWER_TOTALS_DIFFER"]


@pytest.mark.long
def test_a_day_in_the_future_rules_no_longer_than_the_day_of_its_file(practice):
    early = ca_277("B1", ("A1", "A3:21", "100"), ("A2", "A2:20", "50"), day="20991231", of_file="20250312")
    practice.night(SENT, early)
    assert lives(practice) == {"A1": "rejected", "A2": "accepted"}
    assert exceptions(practice) == ["ANSWER_AHEAD"]
    practice.night(ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A2:20", "50"), day="20250313", own="000000302"))
    assert lives(practice) == {"A1": "accepted", "A2": "accepted"}


@pytest.mark.long
def test_category_and_action_that_contradict_each_other_move_nothing(practice):
    odd = ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A2:20", "50")).replace(b"20250312*WQ*50~", b"20250312*U*50~")
    practice.night(SENT, odd)
    assert lives(practice) == {"A1": "accepted", "A2": "sent"}
    assert exceptions(practice) == ["ANSWER_CONTRADICTS"]
    practice.night(ca_277("B1", ("A2", "A2:20", "50"), day="20250314", own="000000302"))
    assert exceptions(practice) == []


@pytest.mark.long
def test_an_interchange_refused_as_a_repeat_stands_when_the_first_was_taken(practice):
    practice.night(SENT, ta1("000000009", "R", "025"))
    assert set(lives(practice).values()) == {"rejected"}
    practice.night(ta1("000000009", own="000000102"))
    assert set(lives(practice).values()) == {"sent"}
    assert {row[4:] for row in queue(practice)} == {("closed", "answered")}
    assert exceptions(practice) == ["INTERCHANGE_REPEATED"]


@pytest.mark.long
def test_an_answer_to_nothing_waits_for_what_it_names(practice):
    practice.night(ack_999("1", "A", ("0001", "A", "")), ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A2:20", "50")))
    assert practice.exceptions() == ["ANSWER_UNKNOWN", "ANSWER_UNKNOWN"]
    assert practice.reconcile()["answers_unknown"] > 0
    practice.night(SENT)
    assert set(lives(practice).values()) == {"accepted"}
    assert practice.exceptions() == []


ANSWERS = [
    ta1("000000009", "R", "025"),
    ta1("000000009", own="000000102"),
    ack_999("1", "A", ("0001", "A", "")),
    ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A3:21", "50"), source="AY", day="20250311", own="000000303"),
    ca_277("B1", ("A1", "A7:562:85", "100"), ("A2", "A2:20", "50"), day="20250312", own="000000304"),
    ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A1:19", "50"), day="20250313", own="000000305"),
]


def books(practice):
    """Lives, rejections, open exceptions and what was told: none but closed rejections may depend on the order."""
    table = schema.exceptions
    return (
        lives(practice),
        queue(practice),
        sorted(
            practice.rows(
                sa.select(table.c.exception_key, table.c.state, table.c.amount_cents).where(table.c.state == "open")
            )
        ),
        sorted(practice.rows(sa.select(EVENT.c.event_key))),
    )


@pytest.mark.long
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 4))])
def test_the_order_of_answers_changes_nothing(practice, seed):
    files = pd.Series([SENT, *ANSWERS]).sample(frac=1, random_state=seed).tolist()
    for file in files:
        practice.night(file)
    found = books(practice)
    assert found[0] == {"A1": "accepted", "A2": "accepted"}
    # A refusal that stood for a night is kept, closed; one that came after what outranks it never stood.
    assert {row[4:] for row in found[1]} <= {("closed", "answered")}
    assert [key.partition(":")[0] for key, _, _ in found[2]] == ["INTERCHANGE_REPEATED"]
    assert len(found[3]) == 2 * len(ANSWERS)
