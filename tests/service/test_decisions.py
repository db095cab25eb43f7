"""What a payer decided is on the timeline of the claim, once, with its CLP; no order changes where the claim is."""

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.store import schema, versions
from claims.store.engine import read
from tests.answers import ca_277
from tests.books import Bill, claims, remit
from tests.service.test_answers import exceptions, lives, queue

EVENT = schema.claim_events
SENT = claims(Bill("A1", [("99213", "100")]))


def decided(status="1", paid="80", adjustment="CO*45*20", trace="T1", day="20250320", charge="100"):
    return remit(f"""BPR*I*{paid}*C*ACH************{day}~
                     TRN*1*{trace}*1512345678~
                     CLP*A1*{status}*{charge}*{paid}**12*ICN1~
                     SVC*HC:99213*{charge}*{paid}**1~
                     CAS*{adjustment}~""")


def timeline(practice):
    columns = (EVENT.c.event, EVENT.c.detail_code, EVENT.c.life_after)
    return practice.rows(sa.select(*columns).order_by(EVENT.c.event_id))


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("file", "event", "life"),
    [
        (decided(), "paid", "paid"),
        (decided(paid="0", adjustment="PR*1*100"), "paid", "paid"),
        (decided(status="4", paid="0", adjustment="CO*197*100"), "denied", "denied"),
        (decided(paid="30", adjustment="CO*197*70"), "partly-paid", "partly_paid"),
    ],
)
def test_a_decision_ends_the_way_of_a_claim_that_was_never_acknowledged(practice, file, event, life):
    practice.night(SENT, file)
    assert lives(practice) == {"A1": life}
    assert [row[0] for row in timeline(practice)] == [event]
    assert practice.reconcile()["decisions_recorded"] == 0
    assert exceptions(practice) in ([], ["REMIT_WITHOUT_DEPOSIT"])


@pytest.mark.long
def test_a_reversal_and_what_follows_it_in_one_file_are_told_in_that_order(practice):
    practice.night(SENT, decided(status="4", paid="0", adjustment="CO*197*100"))
    both = remit("""BPR*I*80*C*ACH************20250401~
                    TRN*1*T2*1512345678~
                    CLP*A1*22*-100*0**12*ICN1~
                    SVC*HC:99213*-100*0**1~
                    CAS*CO*197*-100~
                    CLP*A1*1*100*80**12*ICN1~
                    SVC*HC:99213*100*80**1~
                    CAS*CO*45*20~""")
    practice.night(both)
    assert timeline(practice) == [("denied", "4", "denied"), ("reversed", "22", "reversed"), ("paid", "1", "paid")]


@pytest.mark.long
def test_a_decision_is_told_before_a_reversal_of_the_same_day_whose_key_is_first(practice):
    back = remit("""BPR*H*0*C*NON************20250320~
                    TRN*1*T8*1512345678~
                    CLP*A1*22*-100*0**12*ICN1~
                    SVC*HC:99213*-100*0**1~
                    CAS*CO*197*-100~""")
    practice.night(SENT, decided(status="4", paid="0", adjustment="CO*197*100"), back)
    assert timeline(practice) == [("denied", "4", "denied"), ("reversed", "22", "reversed")]
    assert exceptions(practice) == []


@pytest.mark.long
def test_the_payers_number_of_a_claim_is_that_of_what_stands_in_whatever_order_it_comes(practice):
    corrected = remit("""BPR*I*10*C*ACH************20250320~
                         TRN*1*T2*1512345678~
                         CLP*A1*22*-100*-80**12*ICN1~
                         SVC*HC:99213*-100*-80**1~
                         CAS*CO*45*-20~
                         CLP*A1*1*100*90**12*ICN2~
                         SVC*HC:99213*100*90**1~
                         CAS*CO*45*10~""")
    practice.night(SENT, corrected, decided())
    claim = pd.DataFrame({"claim_id": [1], "family_id": [1], "payer_code": ["1512345678"]})
    with read(practice.ctx.engine) as conn:
        assert versions.payer_claim_numbers(conn, claim).tolist() == ["ICN2"]


@pytest.mark.long
def test_a_reversal_of_a_decision_that_is_held_moves_nothing(practice):
    practice.night(SENT, decided())
    practice.night(decided(paid="90", adjustment="CO*45*10", trace="T2", day="20250401").replace(b"ICN1", b"ICN2"))
    assert "CORRECTION_WITHOUT_REVERSAL" in exceptions(practice)
    back = remit("""BPR*H*0*C*NON************20250410~
                    TRN*1*T3*1512345678~
                    CLP*A1*22*-100*-90**12*ICN2~
                    SVC*HC:99213*-100*-90**1~
                    CAS*CO*45*-10~
                    PLB*1999999984*20251231*FB*-90~""")
    practice.night(back)
    assert timeline(practice) == [("paid", "1", "paid"), ("held-reversed", "22", "paid")]
    assert lives(practice) == {"A1": "paid"} and "LIFE_CONTRADICTION" not in exceptions(practice)


@pytest.mark.long
@pytest.mark.parametrize("first", [0, 1])
def test_a_refused_claim_that_is_paid_all_the_same_is_a_contradiction_in_either_order(practice, first):
    files = [ca_277("B1", ("A1", "A7:562:85", "100")), decided()]
    practice.night(SENT, files[first])
    practice.night(files[1 - first])
    assert lives(practice) == {"A1": "paid"}
    assert exceptions(practice) == ["LIFE_CONTRADICTION", "REMIT_WITHOUT_DEPOSIT"]
    assert [row[4:] for row in queue(practice)] == [("closed", "adjudicated")]
