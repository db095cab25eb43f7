"""A batch goes again when its file was lost or its interchange was refused, and never when somebody has it."""

from __future__ import annotations

import pandas as pd
import pytest

from claims import x12
from claims.errors import NotFoundError, UsageError
from claims.service import life
from claims.service.resending import send_again
from claims.service.resubmit import resubmit
from claims.service.submit import submit
from claims.store import schema
from claims.store.engine import write
from tests.answers import ca_277, replied, ta1
from tests.service.outgoing import DAY, NOW, charges, make_ready, master, rows


def _send(practice):
    practice.drop(charges(4), day=DAY)
    make_ready(practice)
    submit(practice.ctx, DAY, now=NOW, master=master())


@pytest.fixture
def sent(begun):
    """Four claims that were sent in batch 000000001."""
    return begun(_send)


def answered(practice, event):
    told = rows(practice, schema.submissions)
    events = pd.DataFrame(
        {"claim_id": told["claim_id"], "event": event, "submission_id": told["submission_id"],
         "event_key": event + told["claim_id"].astype("str")}
    )  # fmt: skip
    with write(practice.ctx.engine) as conn:
        life.record(conn, events, DAY)


def again(practice, number="000000001", **options):
    return send_again(practice.ctx, number, DAY, now=NOW, master=master(**options))


@pytest.mark.long
def test_a_lost_file_goes_as_a_reissue_under_a_new_number(sent):
    done = again(sent)
    first, second = sorted(sent.ctx.settings.outbox_folder.glob("*.837"))
    assert done["file_name"] == second.name
    one, other = x12.read(first), x12.read(second)
    assert other.interchanges["control_number"].tolist() == ["000000002"]
    assert one.frames["claims"]["body_hash"].tolist() == other.frames["claims"]["body_hash"].tolist()
    assert ("BHT*0019*00*" in first.read_text(), "BHT*0019*18*" in second.read_text()) == (True, True)
    told = rows(sent, schema.submissions, schema.submissions.c.claim_id, schema.submissions.c.attempt)
    assert told["attempt"].tolist() == [1, 2] * 4
    assert set(rows(sent, schema.claims)["life"]) == {"sent"}
    with pytest.raises(UsageError, match="sent again as 000000002"):
        again(sent)


def test_what_a_ta1_refused_goes_as_an_original_with_the_settings_of_today(sent):
    answered(sent, "interchange-rejected")
    again(sent, partner={"submitter_identifier": "RIGHT01"})
    second = sorted(sent.ctx.settings.outbox_folder.glob("*.837"))[1]
    assert x12.read(second).interchanges["sender_id"].tolist() == ["RIGHT01"]
    assert "BHT*0019*00*" in second.read_text()
    assert set(rows(sent, schema.claims)["life"]) == {"sent"}


@pytest.mark.parametrize("event", ["interchange-accepted", "syntax-accepted", "syntax-rejected", "accepted", "paid"])
def test_what_somebody_has_does_not_go_again(sent, event):
    answered(sent, event)
    with pytest.raises(UsageError, match="its claims would arrive twice"):
        again(sent)
    assert len(list(sent.ctx.settings.outbox_folder.glob("*.837"))) == 1


def test_only_a_batch_that_is_there_goes_again(sent):
    with pytest.raises(NotFoundError):
        again(sent, "99")


def test_a_rejection_ends_on_the_day_on_which_its_claim_went_again(sent):
    sent.drop(replied(ta1("000000001", "R", "006")), day=DAY)
    sent.reconcile(DAY)
    again(sent)
    rejected = rows(sent, schema.rejections)
    assert set(rejected["closed_reason"]) == {"sent_again"}
    assert set(rejected["closed_posting_date"].astype("str")) == {DAY.isoformat()}


NUMBERS = {"A00001": "195", "A00002": "145", "A00003": "195", "A00004": "145"}


def told(practice, batch, status, own, *, day="20250312"):
    listed = [(number, status, charge) for number, charge in NUMBERS.items()]
    return practice.night(replied(ca_277(f"{batch:09d}0001", *listed, own=own, day=day)), day=DAY)


@pytest.mark.long
@pytest.mark.parametrize("order", [(1, 2), (2, 1), (2, 1, 2)])
def test_a_claim_that_the_payer_has_stays_accepted_when_its_copy_is_refused(sent, order):
    again(sent)
    for place, batch in enumerate(order):
        told(sent, batch, {1: "A2:20", 2: "A3:54"}[batch], f"00000030{place}")
    assert set(rows(sent, schema.claims)["life"]) == {"accepted"}
    assert rows(sent, schema.submissions)["state"].tolist() == ["accepted"] * 4 + ["rejected"] * 4
    assert set(rows(sent, schema.rejections)["closed_reason"]) == {"copy_refused"}
    assert sent.exceptions() == []
    assert sent.exceptions("closed") == ["SENT_TWICE"] * 4


@pytest.mark.long
def test_what_the_payer_took_twice_is_listed(sent):
    again(sent)
    told(sent, 1, "A2:20", "000000301")
    assert sent.exceptions() == ["SENT_TWICE"] * 4
    told(sent, 2, "A2:20", "000000302")
    assert sent.exceptions() == ["SENT_TWICE"] * 4
    told(sent, 1, "A3:21", "000000303", day="20250314")
    assert sent.exceptions() == []
    assert set(rows(sent, schema.claims)["life"]) == {"accepted"}


@pytest.mark.long
def test_a_claim_with_an_accepted_sending_is_not_corrected_and_sent_once_more(sent):
    again(sent)
    told(sent, 1, "A2:20", "000000301")
    told(sent, 2, "A3:21", "000000302")
    assert set(rows(sent, schema.claims)["life"]) == {"rejected"}
    with pytest.raises(UsageError, match="accepted in an earlier sending"):
        resubmit(sent.ctx, ["A00001"], [], DAY, master=master())


@pytest.mark.long
def test_a_copy_that_was_refused_is_refused_when_what_it_is_a_copy_of_is(sent):
    again(sent)
    told(sent, 1, "A2:20", "000000301")
    told(sent, 2, "A3:54", "000000302")
    told(sent, 1, "A3:21", "000000303", day="20250314")
    assert set(rows(sent, schema.claims)["life"]) == {"rejected"}
    assert sent.exceptions() == []
