"""What the writer or a delimiter refuses stops the claims at fault, by element; the others go."""

from __future__ import annotations

import re

import pytest

from claims.service.charges import import_charges
from claims.service.resending import send_again
from claims.service.submit import submit
from claims.store import schema
from tests import books
from tests.answers import ack_999, replied, ta1
from tests.charges.test_charges_file import written
from tests.service.outgoing import DAY, NOW, PERSON, make_ready, master, rows

BIRTH = "DMG*D8*19700101*F~"
BAR = {"component_separator": "|"}


def charged(practice, *members):
    """Import an 837 with one claim for each member; the number of the first cannot go with a bar."""
    bills = [
        books.Bill(
            f"N{place}", [("99213", "145")], payer=("FABLEWOOD HEALTH PLAN", "FABLE"), day="20260901", member=who
        )
        for place, who in enumerate(members, 1)
    ]
    text = books.claims(*bills, npi="1999999018").decode().replace(BIRTH, f"{BIRTH}REF*SY*12|456789~", 1)
    segments = text[text.index("ST*") : text.index("SE*")].count("~") + 1
    path = practice.folder / "a.837"
    path.write_text(re.sub(r"SE\*\d+\*", f"SE*{segments}*", text))
    import_charges(practice.ctx, [path], DAY)
    make_ready(practice)


def lives(practice):
    return rows(practice, schema.claims, schema.claims.c.claim_id)["life"].tolist()


def told(practice):
    return rows(practice, schema.exceptions)["message"].tolist()


def test_an_identifier_of_a_subscriber_stops_the_claims_below_it_only(practice):
    charged(practice, "W1", "W2")
    assert submit(practice.ctx, DAY, now=NOW, master=master(partner=BAR)).counts["claims_sent"] == 1
    assert lives(practice) == ["blocked", "sent"]
    assert ["S12 " in message for message in told(practice)] == [True]


@pytest.mark.long
def test_a_batch_that_cannot_go_again_leaves_its_claims_where_they_were(practice):
    practice.drop(written(dict(PERSON, claim_number="K|1"), dict(PERSON, claim_number="K2")), day=DAY)
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=master())
    done = send_again(practice.ctx, "000000001", DAY, now=NOW, master=master(partner=BAR))
    assert (done["state"], lives(practice)) == ("cancelled", ["sent", "sent"])
    events = rows(practice, schema.claim_events, schema.claim_events.c.event_id)
    details = events.loc[events["event"] == "not-resent", "detail_code"].tolist()
    assert sorted(details) == ["", "S12 CLM01"]
    practice.drop(replied(ack_999("1", "A", ("0001", "A", ""))), day=DAY)
    practice.reconcile(DAY)
    assert lives(practice) == ["acknowledged", "acknowledged"]
    assert submit(practice.ctx, DAY, now=NOW, master=master()).counts["claims_sent"] == 0


@pytest.mark.long
def test_a_refused_batch_that_cannot_go_again_stays_refused_and_in_the_queue(practice):
    practice.drop(written(dict(PERSON, claim_number="K|1")), day=DAY)
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=master())
    practice.drop(replied(ta1("000000001", "R", "006")), day=DAY)
    practice.reconcile(DAY)
    done = send_again(practice.ctx, "000000001", DAY, now=NOW, master=master(partner=BAR))
    assert (done["state"], lives(practice)) == ("cancelled", ["rejected"])
    assert rows(practice, schema.rejections)["state"].tolist() == ["open"]


def test_an_envelope_that_cannot_be_written_is_the_fault_of_no_single_claim(practice):
    practice.drop(written(dict(PERSON, claim_number="K1"), dict(PERSON, claim_number="K2")), day=DAY)
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=master())
    send_again(practice.ctx, "000000001", DAY, now=NOW, master=master(partner=BAR | {"receiver_number": "A|B"}))
    events = rows(practice, schema.claim_events)
    assert events.loc[events["event"] == "not-resent", "detail_code"].tolist() == ["S12 NM109"] * 2
