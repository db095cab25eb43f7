"""Answers to what we sent: refused sets give good claims back, earlier sendings move nothing, silence is heard."""

from datetime import date

import pytest
import sqlalchemy as sa

from claims.store import schema
from claims.store.engine import write
from tests.answers import ack_999, ca_277, ta1
from tests.books import Bill, claims, remit
from tests.service.sending import resend, send
from tests.service.test_answers import exceptions, lives, queue

C, S, E = schema.claims, schema.submissions, schema.exceptions
BILLS = [Bill("A1", [("99213", "100")]), Bill("A2", [("99213", "50")])]
SENT = claims(*BILLS)
REFUSED = ack_999("9", "R", ("0001", "R", "IK3*CLM*30*2300*8~CTX*CLM01:A2~IK4*5:1*1331*7*99~"))


def submissions(practice):
    columns = (S.c.claim_number, S.c.attempt, S.c.state, S.c.payer_claim_number)
    return sorted(practice.rows(sa.select(*columns)))


def test_the_good_claims_of_a_refused_set_are_ready_again(practice):
    send(practice, SENT)
    practice.night(REFUSED)
    assert lives(practice) == {"A1": "ready", "A2": "rejected"}
    assert submissions(practice) == [("A1", 1, "rejected", ""), ("A2", 1, "rejected", "")]
    assert [(row[0], row[3], row[4], row[5]) for row in queue(practice)] == [
        ("A1", "Its set was refused because of another claim", "closed", "sent_again"),
        ("A2", "The 999 refuses it: CLM05: code not valid", "open", None),
    ]
    assert exceptions(practice) == []


def test_a_set_refused_for_what_is_in_no_claim_gives_nothing_back(practice):
    send(practice, SENT)
    practice.night(ack_999("9", "R", ("0001", "R", "IK3*NM1*3*1000A*8~IK4*9*67*1~")))
    assert set(lives(practice).values()) == {"rejected"}
    assert {row[3] for row in queue(practice)} == {
        "Its set or group was refused, and the 999 names no claim: segments in error"
    }


@pytest.mark.long
def test_a_later_answer_takes_a_claim_back_that_was_to_be_sent_again(practice):
    send(practice, SENT)
    practice.night(REFUSED)
    practice.night(ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A7:562:85", "50")))
    assert lives(practice) == {"A1": "accepted", "A2": "rejected"}


@pytest.mark.long
def test_an_answer_to_an_earlier_sending_moves_the_claim_no_more(practice):
    batch_id = send(practice, SENT)
    practice.night(REFUSED)
    with write(practice.ctx.engine) as conn:
        file_id = conn.scalar(sa.select(schema.batches.c.file_id).where(schema.batches.c.batch_id == batch_id))
        resend(conn, C.c.claim_number == "A1", number="000000010", reference="B2", file_id=file_id)
    practice.night(ack_999("10", "A"), ca_277("B1", ("A1", "A3:21", "100"), ("A2", "A3:21", "50")))
    assert lives(practice) == {"A1": "acknowledged", "A2": "rejected"}
    assert submissions(practice)[:2] == [("A1", 1, "rejected", ""), ("A1", 2, "acknowledged", "")]


@pytest.mark.long
@pytest.mark.parametrize("payer_first", [True, False])
def test_the_payers_number_is_kept_and_the_payer_outranks_the_clearing_house(practice, payer_first):
    send(practice, SENT)
    answers = [
        ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A2:20", "50"), payer_number="PAYER"),
        ca_277(
            "B1", ("A1", "A3:21", "100"), ("A2", "A2:20", "50"), source="AY", day="20250320", own="000000302",
            payer_number="HOUSE",
        ),
    ]  # fmt: skip
    for answer in answers if payer_first else answers[::-1]:
        practice.night(answer)
    assert lives(practice) == {"A1": "accepted", "A2": "accepted"}
    assert submissions(practice) == [("A1", 1, "accepted", "PAYERA1"), ("A2", 1, "accepted", "PAYERA2")]


def alarms(practice):
    rows = sa.select(E.c.message, E.c.amount_cents).where(E.c.type_code == "ANSWER_MISSING", E.c.state == "open")
    return practice.rows(rows)


@pytest.mark.long
def test_silence_is_an_alarm_for_one_answer_at_a_time_until_it_comes(practice):
    thursday = date(2025, 7, 3)  # the day after is a holiday, and then a weekend
    send(practice, SENT, day=thursday)
    for day in (date(2025, 7, 5), date(2025, 7, 7)):
        practice.reconcile(day)
        assert alarms(practice) == []
    practice.reconcile(date(2025, 7, 8))
    assert alarms(practice) == [("no 999 by 2025-07-07 for claims of interchange 000000009", 15000)]
    practice.night(ack_999("9", "A"), day=date(2025, 7, 9))
    assert alarms(practice) == []
    practice.night(ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A1:19", "50")), day=date(2025, 7, 10))
    assert alarms(practice) == [("no 277CA by 2025-07-09 for claims of interchange 000000009", 5000)]
    practice.night(ca_277("B1", ("A2", "A2:20", "50"), own="000000302"), day=date(2025, 8, 2))
    assert alarms(practice) == []
    practice.reconcile(date(2025, 8, 3))
    assert alarms(practice) == [("no 835 by 2025-08-02 for claims of interchange 000000009", 15000)]
    paid = remit("""BPR*I*100*C*ACH************20250804~
                    TRN*1*T1*1512345678~
                    CLP*A1*1*100*100**12*ICN1~
                    SVC*HC:99213*100*100**1~""")
    practice.night(paid, day=date(2025, 8, 4))
    assert alarms(practice) == [("no 835 by 2025-08-02 for claims of interchange 000000009", 5000)]
    assert practice.reconcile(date(2025, 8, 4))["alarms_raised"] == 0


@pytest.mark.long
def test_a_ta1_is_asked_for_where_the_partner_promises_one(practice, tmp_path):
    from claims.service.master import import_files

    partners = tmp_path / "partners.csv"
    partners.write_text(
        "partner_code,partner_name,receiver_identifier,submitter_name,submitter_identifier,contact_name,contact_phone,"
        "usage_code,interchange_acknowledgement,acknowledgement_days\n"
        "PRETEND,PRETEND HOUSE,PRETEND01,MADE UP,MADEUP01,DESK,8005550100,P,Y,2\n"
    )
    assert import_files(practice.ctx, [partners])[0].state == "stored"
    send(practice, SENT, day=date(2025, 6, 2))
    practice.reconcile(date(2025, 6, 4))
    assert alarms(practice) == []
    practice.reconcile(date(2025, 6, 5))
    assert alarms(practice) == [("no TA1 by 2025-06-04 for claims of interchange 000000009", 15000)]
    practice.night(ta1("000000009"), day=date(2025, 6, 5))
    assert alarms(practice) == [("no 999 by 2025-06-04 for claims of interchange 000000009", 15000)]


OURS = [
    ta1("000000009", own="000000102"),
    REFUSED,
    ca_277("B1", ("A1", "A2:20", "100"), ("A2", "A3:21", "50"), source="AY", day="20250311", own="000000303"),
    ca_277("B1", ("A1", "A7:562:85", "100"), day="20250312", own="000000304"),
    ca_277("B1", ("A1", "A2:20", "100"), day="20250313", own="000000305"),
]


@pytest.mark.long
@pytest.mark.parametrize(
    "order",
    [
        pytest.param((0, 1, 2, 3, 4), marks=pytest.mark.long),
        (4, 3, 2, 1, 0),
        (2, 4, 0, 1, 3),
        pytest.param((1, 3, 4, 0, 2), marks=pytest.mark.long),
    ],
)
def test_every_claim_has_one_life_whatever_the_order_and_its_timeline_ends_there(practice, order):
    send(practice, SENT)
    for place in order:
        practice.night(OURS[place])
        events = schema.claim_events
        last = sa.select(sa.func.max(events.c.event_id)).group_by(events.c.claim_id)
        ends = sa.select(events.c.claim_id, events.c.life_after).where(events.c.event_id.in_(last))
        assert sorted(practice.rows(ends)) == sorted(practice.rows(sa.select(C.c.claim_id, C.c.life)))
    assert lives(practice) == {"A1": "accepted", "A2": "rejected"}
    assert submissions(practice) == [("A1", 1, "accepted", "ICNA1"), ("A2", 1, "rejected", "")]
    standing = [(row[0], row[4], row[5]) for row in queue(practice) if row[4] == "open"]
    assert standing == [("A2", "open", None)]
    assert {row[5] for row in queue(practice) if row[0] == "A1"} <= {"answered"}
    assert exceptions(practice) == []
