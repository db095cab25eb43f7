"""A correction that is rejected brings its case back at once; blocked claims and rejections name the right case."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from claims.service import blocked_queue, rejection_queue
from claims.service.desk import actions, correcting
from claims.service.resubmit import changes_of
from claims.service.resubmit import resubmit as correct_rejected
from claims.service.scrub import scrub
from claims.service.verify import verify
from claims.store import schema
from tests.answers import ca_277, replied
from tests.charges.test_charges_file import written
from tests.service.desk.conftest import cases, chosen, copy_of, events
from tests.service.desk.test_sending import KNOWN, leave, sent_home  # noqa: F401 a practice that has sent claims
from tests.service.outgoing import DAY, PERSON, rows

NEXT = DAY + timedelta(days=1)
EVENT = schema.denial_events


def test_what_an_edit_says_of_a_line_belongs_to_the_field_of_the_claim_that_it_names():
    of_line = correcting.Complaint("S18a", 1, "needs an authorization", "")
    fields = {
        number: correcting.Field(name, "", number, "", "", "", False, ("S18a",))
        for number, name in enumerate(("prior_authorization", "1:units", "2:units"))
    }
    assert [bool(correcting.about(fields[number], [of_line])) for number in (0, 1, 2)] == [True, True, False]


@pytest.fixture
def practice(sent_home, tmp_path):  # noqa: F811
    """A copy of that practice."""
    yield from copy_of(sent_home, tmp_path)


def answered(practice, number, status, own="000000301", day="20261021"):
    """A 277CA about a claim that has left."""
    sets, sent = schema.batch_sets, schema.submissions
    batch = sa.select(sets.c.batch_reference).join(sent, sent.c.batch_set_id == sets.c.batch_set_id)
    batch = batch.where(sent.c.claim_number == number)
    return replied(ca_277(str(practice.rows(batch)[0][0]), (number, status, "145"), own=own, day=day))


def number_of(practice, claim_id):
    return str(rows(practice, schema.claims).set_index("claim_id")["claim_number"][claim_id])


@pytest.mark.long
def test_a_blocked_charge_is_no_denial_and_each_denial_is_its_own(practice):
    practice.drop(written(PERSON | {"claim_number": "N1"}), day=DAY)
    practice.reconcile(DAY)
    actions.resubmit(practice.ctx, chosen(practice, "K1"), DAY)  # no master data: an edit stops it
    actions.resubmit(practice.ctx, chosen(practice, "K2"), DAY)
    scrub(practice.ctx, DAY)
    found = blocked_queue.page(practice.ctx).rows
    key = cases(practice)["case_key"]
    told = {row["claim_number"][:2]: row["case_key"] for row in found.to_dict("records")}
    assert told == {"N1": "", "K1": key["K1"], "K2": key["K2"]}


@pytest.mark.long
def test_a_rejected_correction_brings_its_case_back_and_one_that_is_taken_after_all_waits_again(practice):
    actions.resubmit(practice.ctx, chosen(practice, "K1", "K2"), DAY, master=KNOWN)
    assert leave(practice) == 2
    before = cases(practice).loc["K1"]
    number = number_of(practice, 6)
    practice.night(answered(practice, number, "A7:33:IL"), day=NEXT)
    case = cases(practice).loc["K1"]
    assert case[["state", "queue", "waiting_for", "snoozed_until_date"]].tolist() == ["in_work", "open", "", ""]
    assert case["deadline_sort_date"] == case["deadline_date"] != "" and case["version"] == before["version"] + 1
    assert cases(practice).loc["K2", "state"] == "waiting" and events(practice, "K1")[-1] == "correction_rejected"
    body = practice.rows(sa.select(EVENT.c.body).where(EVENT.c.kind == "correction_rejected"))[0][0]
    assert json.loads(body)["action_reason"].startswith("your correction was rejected: Rejected, data wrong")
    told = rejection_queue.told(practice.ctx, 1)
    assert told["case_key"] and case["case_key"].startswith(told["case_key"])
    assert rejection_queue.open_totals(practice.ctx) == (1, 14500)
    assert rejection_queue.of_case(practice.ctx, int(case["case_id"]), int(case["family_id"]))["rejection_id"] == 1
    practice.reconcile(NEXT)
    assert events(practice, "K1").count("correction_rejected") == 1  # a second run finds it done
    practice.night(answered(practice, number, "A2:20", "000000302", "20261022"), day=NEXT)
    case = cases(practice).loc["K1"]
    assert case[["state", "queue", "waiting_for", "snoozed_until_date"]].tolist() == [
        "waiting", "waiting", "resubmitted", before["snoozed_until_date"]
    ]  # fmt: skip
    assert events(practice, "K1")[-1] == "waits_again" and rejection_queue.open_totals(practice.ctx) == (0, 0)
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.long
def test_a_rejected_correction_is_corrected_from_its_case_or_by_its_number(practice):
    actions.resubmit(practice.ctx, chosen(practice, "K1", "K2"), DAY, master=KNOWN)
    leave(practice)
    practice.night(answered(practice, number_of(practice, 6), "A7:33:IL"), day=NEXT)
    practice.night(answered(practice, number_of(practice, 7), "A3:21", "000000302"), day=NEXT)
    assert cases(practice).loc[["K1", "K2"], "state"].tolist() == ["in_work"] * 2
    wanted = changes_of(["member_id=W9"])
    done = actions.resubmit(practice.ctx, chosen(practice, "K1"), NEXT, wanted, master=KNOWN)
    assert len(done.done) == 1, done.refused
    correct_rejected(practice.ctx, [number_of(practice, 7)], wanted, NEXT, master=KNOWN)
    practice.reconcile(NEXT)
    assert cases(practice).loc[["K1", "K2"], "waiting_for"].tolist() == ["resubmitted"] * 2
