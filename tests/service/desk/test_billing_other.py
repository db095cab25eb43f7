"""A denied claim goes to the payer that is really responsible: in the place of the other, before it, or after it."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from claims.errors import UsageError
from claims.service import contents, desk_case, desk_facts, queue
from claims.service.desk import actions
from claims.service.desk.billing_other import Coverage, named_on, usual_order
from claims.service.submit import submit
from claims.service.verify import verify
from claims.store import schema, versions
from claims.store.engine import read, write
from tests.service.desk.conftest import cases, chosen, copy_of
from tests.service.desk.test_sending import decision, sent_home  # noqa: F401 a practice that has sent claims
from tests.service.outgoing import DAY, NOW, PAYER, master, rows
from tests.service.test_next_payer import DRAGONFLY

MOON = PAYER | {"payer_code": "MOONB", "payer_identifier": "MOONB", "payer_name": "MOONBEAM MUTUAL"}
KNOWN = master(payers=[PAYER, DRAGONFLY, MOON])
SECRET = "MB778899"


@pytest.fixture
def practice(sent_home, tmp_path):  # noqa: F811
    """A copy of the practice that has sent claims."""
    yield from copy_of(sent_home, tmp_path)


def made(practice):
    """The claim that was made last, and its frames as they stand in the vault."""
    row = rows(practice, schema.claims).iloc[-1]
    with read(practice.ctx.engine) as conn:
        source = versions.sources(conn, [int(row["claim_id"])])
    return row, contents.joined(list(contents.read(practice.ctx, source)))


def others(frames):
    told = frames["other_payers"].sort_values("payer_sequence")
    return list(zip(told["payer_sequence"], told["payer_code"], told["member_id"], strict=True))


def open_with(practice, number):
    """What is open of a claim on 1100 and 1110, by account and payer."""
    claims, lines = rows(practice, schema.claims), rows(practice, schema.ledger_lines)
    family = claims.loc[claims["claim_number"] == number, "family_id"].iloc[0]
    mine = lines[(lines["family_id"] == family) & lines["account"].isin(["1100", "1110"])]
    sums = mine.groupby(["account", "payer_code"])["amount_cents"].sum()
    return {key: cents for key, cents in sums.items() if cents}


@pytest.mark.long
def test_in_its_place_the_claim_is_new_and_says_nothing_of_the_coverage_that_ended(practice):
    looked = actions.preview(
        practice.ctx, actions.bill_other, chosen(practice, "K5"), DAY, Coverage("MOONB", SECRET), master=KNOWN
    )
    assert (len(looked.done), looked.new_claims, looked.blocked.empty) == (1, 1, True)
    before = len(rows(practice, schema.claims))
    done = actions.bill_other(
        practice.ctx, chosen(practice, "K5"), DAY, Coverage("MOONB", SECRET, group_number="G7"), master=KNOWN
    )
    row, frames = made(practice)
    assert len(rows(practice, schema.claims)) == before + 1 and len(done.done) == 1
    told = row[["payer_code", "payer_name", "payer_sequence", "frequency_code", "original_reference", "life"]]
    assert told.tolist() == ["MOONB", "MOONBEAM MUTUAL", "P", "1", "", "ready"]
    claim = frames["claims"].iloc[0]
    assert claim[["member_id", "group_number", "subscriber_last_name"]].tolist() == [SECRET, "G7", "TEACUP"]
    assert others(frames) == []
    case = cases(practice).loc["K5"]
    assert case[["state", "waiting_for"]].tolist() == ["waiting", "resubmitted"]
    event = schema.denial_events
    body = practice.rows(sa.select(event.c.body).where(event.c.kind == "resubmitted"))[0][0]
    assert json.loads(body)["next_payer_code"] == "MOONB" and SECRET not in body
    found = desk_case.of_key(practice.ctx, case["case_key"])
    assert desk_case.happened(practice.ctx, found)["words"].iloc[0] == "to MOONB, in its place"
    known = desk_facts.facts(practice.ctx, found)
    assert [known[name] for name in ("asked_payer", "member_id", "phone")] == ["MOONBEAM MUTUAL", SECRET, ""]
    listed = queue.denial_queue(practice.ctx)[0].set_index("case_id")
    assert listed.loc[case["case_id"], "next_action_label"].startswith("Wait for the answer of MOONBEAM MUTUAL")
    assert SECRET not in listed.to_csv()
    told = queue.denial_story(practice.ctx, case["case_key"])["events"]["reason"].tolist()
    assert "to MOONB, instead" in told
    assert submit(practice.ctx, DAY, now=NOW, master=KNOWN).counts["claims_sent"] == 1
    assert open_with(practice, "K5") == {("1100", "MOONB"): 14500}
    pays = decision("K5V2", trace="3", paid=100, icn="M1").replace(b"60054", b"MOONB")
    practice.night(pays.replace(b"FABLEWOOD HEALTH PLAN", b"MOONBEAM MUTUAL"), day=DAY)
    case = cases(practice).loc["K5"]
    assert case[["state", "outcome", "recovered_cents"]].tolist() == ["closed", "overturned", 10000]
    assert open_with(practice, "K5") == {}
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


@pytest.mark.long
def test_before_it_the_payer_that_denied_stands_behind_and_those_behind_move_on(practice):
    coverage = Coverage("MOONB", SECRET, "before", "01", "SAUCER", "QUILL")
    done = actions.bill_other(practice.ctx, chosen(practice, "K1"), DAY, coverage, master=KNOWN)
    row, frames = made(practice)
    assert len(done.done) == 1 and row[["payer_code", "payer_sequence"]].tolist() == ["MOONB", "P"]
    assert others(frames) == [("S", "FABLE", "W1"), ("T", "DRAGN", "DM1")]
    claim = frames["claims"].iloc[0]
    assert claim[["subscriber_last_name", "patient_last_name", "relationship_code"]].tolist() == [
        *("SAUCER", "TEACUP", "01"),
    ]
    assert int(claim["patient_birth_date"]) == 19800203
    assert frames.get("other_payer_adjustments") is None or frames["other_payer_adjustments"].empty
    first = frames["other_payers"].set_index("payer_sequence").loc["S"]
    assert first[["subscriber_last_name", "relationship_code"]].tolist() == ["TEACUP", "18"]
    found = named_on(practice.ctx, int(cases(practice).loc["K2", "case_id"]))
    assert found == [("P", "FABLE", True, True), ("S", "DRAGN", False, False)]
    found = named_on(practice.ctx, int(cases(practice).loc["K1", "case_id"]))
    assert [one[:3] for one in found] == [("P", "MOONB", True), ("S", "FABLE", False), ("T", "DRAGN", False)]


def test_who_stood_behind_and_pays_first_changes_places(practice):
    actions.bill_other(practice.ctx, chosen(practice, "K1"), DAY, Coverage("DRAGN", "DM9", "before"), master=KNOWN)
    row, frames = made(practice)
    assert row["payer_code"] == "DRAGN" and others(frames) == [("S", "FABLE", "W1")]


@pytest.mark.long
def test_after_it_the_next_payer_is_told_the_denial_and_the_money_moves_when_it_leaves(practice):
    done = actions.bill_other(
        practice.ctx, chosen(practice, "K5"), DAY, Coverage("MOONB", SECRET, "after"), master=KNOWN
    )
    assert len(done.done) == 1 and done.blocked.empty
    row, frames = made(practice)
    assert row[["payer_code", "payer_sequence", "frequency_code"]].tolist() == ["MOONB", "S", "1"]
    assert frames["claims"]["member_id"].tolist() == [SECRET] and others(frames) == [("P", "FABLE", "W1")]
    told = frames["other_payer_adjustments"]
    assert told[["group_code", "reason_code", "amount_cents"]].to_numpy().tolist() == [["OA", "109", 14500]]
    assert cases(practice).loc["K5", "waiting_for"] == "billed_other"
    again = actions.bill_other(
        practice.ctx, chosen(practice, "K5"), DAY, Coverage("DRAGN", "D1", "after"), master=KNOWN
    )
    assert again.refused["reason"].tolist() == ["next-claim-there"]
    assert len(actions.undo(practice.ctx, done.action_id, DAY).done) == 1
    assert made(practice)[0]["life"] == "withdrawn" and cases(practice).loc["K5", "state"] == "new"
    coverage = Coverage("MOONB", SECRET, "after", prior_authorization="AU77")
    actions.bill_other(practice.ctx, chosen(practice, "K5"), DAY, coverage, master=KNOWN)
    assert made(practice)[1]["claims"]["prior_authorization"].tolist() == ["AU77"]
    assert submit(practice.ctx, DAY, now=NOW, master=KNOWN).counts["claims_sent"] == 1
    practice.night(day=DAY)
    lines = rows(practice, schema.ledger_lines)
    moved = lines[(lines["payer_sequence"] == "S") & (lines["account"] == "1100")]
    assert moved[["payer_code", "amount_cents"]].to_numpy().tolist() == [["MOONB", 14500]]


def test_what_cannot_be_says_why_and_nothing_is_made(practice):
    def reason(number, *coverage):
        done = actions.bill_other(practice.ctx, chosen(practice, number), DAY, Coverage(*coverage), master=KNOWN)
        return done.refused["reason"].tolist()

    assert reason("K5", "FABLE", "W2") == ["same-payer"]
    assert reason("K1", "MOONB", "W2", "after") == ["next-payer-named"]
    assert reason("X9", "MOONB", "W2") == ["claim-unknown"]
    with write(practice.ctx.engine) as conn:
        payments = schema.claim_payments  # K5's payer says that it has sent the claim on
        conn.execute(sa.update(payments).where(payments.c.claim_number == "K5").values(is_crossover=1))
    assert reason("K5", "MOONB", "W2", "after") == ["forwarded"]
    for wrong, says in (
        (Coverage("NOBODY", "W2"), "Choose a payer of master data"),
        (Coverage("MOONB", " "), "member number"),
        (Coverage("MOONB", "W2", relationship_code="19"), "Who holds the policy"),
        (Coverage("MOONB", "W2", "beside"), "instead, before, after"),
        (Coverage("MOONB", "X" * 90), "Member id holds at most 80 characters"),
    ):
        with pytest.raises(UsageError, match=says):
            actions.bill_other(practice.ctx, chosen(practice, "K5"), DAY, wrong, master=KNOWN)
    with pytest.raises(UsageError, match="one claim at a time"):
        actions.bill_other(practice.ctx, chosen(practice, "K4", "K5"), DAY, Coverage("MOONB", "W2"), master=KNOWN)
    assert len(rows(practice, schema.claims)) == 5
    assert [usual_order(one) for one in ("22", "27", "109", "16")] == ["before", "instead", "instead", ""]


@pytest.mark.long
def test_a_blocked_claim_to_the_wrong_payer_goes_to_the_right_one_in_its_place(practice):
    actions.bill_other(practice.ctx, chosen(practice, "K5"), DAY, Coverage("DRAGN", "D1"), master=KNOWN)
    actions.bill_other(practice.ctx, chosen(practice, "K5"), DAY, Coverage("MOONB", SECRET), master=KNOWN)
    table = rows(practice, schema.claims)
    assert table[["payer_code", "life"]].to_numpy().tolist()[-2:] == [["DRAGN", "replaced"], ["MOONB", "ready"]]


def test_two_who_bill_at_once_make_one_claim(practice):
    seen = chosen(practice, "K5")
    actions.bill_other(practice.ctx, seen, DAY, Coverage("MOONB", SECRET), master=KNOWN)
    again = actions.bill_other(practice.ctx, seen, DAY, Coverage("MOONB", SECRET), master=KNOWN)
    assert (again.done, len(again.stale)) == ([], 1) and len(rows(practice, schema.claims)) == 6


@pytest.mark.long
def test_the_wrong_payer_is_undone_as_long_as_nothing_has_left_and_the_right_one_is_billed(practice):
    wrong = actions.bill_other(practice.ctx, chosen(practice, "K5"), DAY, Coverage("DRAGN", "D1"), master=KNOWN)
    assert len(actions.undo(practice.ctx, wrong.action_id, DAY).done) == 1
    table = rows(practice, schema.claims)
    assert table.loc[table["claim_number"].isin(["K5", "K5V2"]), "life"].tolist() == ["denied", "withdrawn"]
    assert cases(practice).loc["K5", "state"] == "new"
    right = actions.bill_other(practice.ctx, chosen(practice, "K5"), DAY, Coverage("MOONB", SECRET), master=KNOWN)
    table = rows(practice, schema.claims)
    assert len(right.done) == 1 and table.loc[table["claim_number"] == "K5", "life"].tolist() == ["replaced"]
    assert made(practice)[0][["payer_code", "life"]].tolist() == ["MOONB", "ready"]
    submit(practice.ctx, DAY, now=NOW, master=KNOWN)
    kept = actions.undo(practice.ctx, right.action_id, DAY)
    assert kept.refused["reason"].isin(["claim-has-left", "moved-on"]).tolist() == [True]


@pytest.mark.long
def test_two_wrong_payers_are_undone_the_newest_first(practice):
    first = actions.bill_other(practice.ctx, chosen(practice, "K5"), DAY, Coverage("DRAGN", "D1"), master=KNOWN)
    second = actions.bill_other(practice.ctx, chosen(practice, "K5"), DAY, Coverage("MOONB", SECRET), master=KNOWN)
    early = actions.undo(practice.ctx, first.action_id, DAY)
    assert early.done == [] and f"undo action {second.action_id} first" in early.refused["says"].iloc[0]
    assert len(actions.undo(practice.ctx, second.action_id, DAY).done) == 1
    table = rows(practice, schema.claims)
    assert table["life"].tolist()[-3:] in (["replaced", "ready", "withdrawn"], ["replaced", "blocked", "withdrawn"])
    assert cases(practice).loc["K5", ["state", "waiting_for"]].tolist() == ["waiting", "resubmitted"]
    assert len(actions.undo(practice.ctx, first.action_id, DAY).done) == 1
    assert rows(practice, schema.claims)["life"].tolist()[-3:] == ["denied", "withdrawn", "withdrawn"]
    assert cases(practice).loc["K5", ["state", "waiting_for"]].tolist() == ["new", ""]
    assert [problem for one in verify(practice.ctx) for problem in one.broken] == []


def test_an_appeal_with_the_payer_is_answered_before_another_one_is_billed(practice):
    actions.appeal_sent(practice.ctx, chosen(practice, "K5"), 1, "fax", DAY, packet="")
    for order in ("instead", "before", "after"):
        coverage = Coverage("MOONB", SECRET, order)
        done = actions.bill_other(practice.ctx, chosen(practice, "K5"), DAY, coverage, master=KNOWN)
        assert done.refused["reason"].tolist() == ["appeal-waits"] and "answer first" in done.refused["says"].iloc[0]
    assert cases(practice).loc["K5", ["state", "waiting_for"]].tolist() == ["waiting", "appealed"]
