"""R5 to R7: what later decisions do to a case: repeats, reversals, payments, matches, duplicates."""

import hashlib
import json

import pandas as pd
import pytest

from claims.denials import classify, propose
from claims.denials.cases import case_keys, openings
from tests.denials.frames import adjustments, claims, lines, remarks
from tests.denials.proposed import (
    DENIED,
    KNOWN,
    SECOND,
    SECOND_LINE,
    first_night,
    kinds,
    no_cases,
    one,
    only,
    reversal,
    run,
    stored,
)


def test_opened():
    proposal = run(*DENIED)
    assert kinds(proposal) == ["opened"]
    case = only(proposal)
    assert (case["state"], case["posting_date"], case["family_id"]) == ("new", "2026-03-02", 7)
    assert pd.isna(case["outcome"])


def test_the_same_postings_again_change_nothing():
    again = run(*DENIED, known=first_night())
    assert [len(frame) for frame in again] == [0, 0, 0]


def test_r5_a_repeat_is_the_same_case_and_shows_the_newest_facts():
    known = first_night()
    proposal = run([KNOWN | SECOND], [SECOND_LINE], [(2, 2, "CO", "197", 10000)], known=known, day="2026-04-02")
    assert proposal.new_cases.empty
    assert kinds(proposal) == ["repeated"]
    case = proposal.changed_cases.iloc[0]
    assert (case["case_key"], case["reason_code"], case["remit_date"]) == (
        known["case_key"].iloc[0],
        "197",
        "2026-04-01",
    )
    assert (case["state"], case["posting_date"]) == ("new", "2026-03-02")
    before = json.loads(proposal.events["body"].iloc[0])["before"]
    assert (before["reason_code"], before["remit_date"], before["claim_payment_id"]) == ("16", "2026-03-02", 1)
    assert "case_key" not in before


def test_r5_a_repeat_in_the_same_batch():
    proposal = run(
        [KNOWN, KNOWN | SECOND],
        [{"line_number": 1}, SECOND_LINE],
        [(1, 1, "CO", "16", 10000), (2, 2, "CO", "197", 10000)],
    )
    assert kinds(proposal) == ["opened", "repeated"]
    assert (only(proposal)["reason_code"], only(proposal)["claim_payment_id"]) == ("197", 2)


@pytest.mark.long
def test_r5_an_older_denial_that_comes_late_is_noted_and_its_reversal_closes_nothing():
    known = first_night()
    late = KNOWN | SECOND | {"payment_date": "2026-02-01"}
    taken_back = reversal(
        claim_payment_id=3,
        remit_key="r3",
        payment_date="2026-02-02",
        reverses_claim_payment_id=late["claim_payment_id"],
    )
    proposal = run([late, taken_back], [SECOND_LINE], [(2, 2, "CO", "197", 10000)], known=known, day="2026-04-02")
    assert kinds(proposal) == ["attached"]
    assert proposal.new_cases.empty and proposal.changed_cases.empty
    after = run([late], [SECOND_LINE], [(2, 2, "CO", "197", 10000)], day="2026-04-02")
    again = run([KNOWN], [{"line_number": 1}], [(1, 1, "CO", "16", 10000)], known=stored(after), day="2026-04-03")
    assert kinds(again) == ["repeated"]  # in the order of their dates


@pytest.mark.parametrize(("day", "told"), [("2026-04-01", ["197"]), ("2026-02-01", []), ("2026-05-02", [])])
def test_a_held_denial_after_the_win_is_what_the_case_tells_where_it_is_the_last_before_the_payment(day, told):
    won = first_night().assign(state="closed", outcome="overturned", won_by=3, won_cents=8000)
    paid = {"claim_payment_id": 3, "remit_key": "r3", "payment_date": "2026-05-01", "paid_cents": 8000, "is_seen": True}
    held = KNOWN | SECOND | {"payment_date": day, "outcome": "unapplied", "is_seen": False}
    proposal = run([KNOWN | paid, held], [SECOND_LINE], [(2, 2, "CO", "197", 10000)], known=won)
    assert kinds(proposal) == (["opened"] if day > paid["payment_date"] else ["attached"])
    assert proposal.changed_cases["reason_code"].tolist() == told
    assert set(proposal.changed_cases["outcome"]) == ({"overturned"} if told else set())


def test_a_reversal_supersedes_the_case():
    proposal = run([reversal()], [], [], known=first_night(), day="2026-04-02")
    case = proposal.changed_cases.iloc[0]
    assert (case["state"], case["outcome"], case["closed_posting_date"]) == ("closed", "superseded", "2026-04-02")
    assert kinds(proposal) == ["superseded"]
    assert json.loads(proposal.events["body"].iloc[0])["before"] == {
        "closed_posting_date": "",
        "outcome": "",
        "state": "new",
    }


def test_a_reversal_of_another_decision_does_not():
    assert run([reversal(reverses_claim_payment_id=99)], [], [], known=first_night()).changed_cases.empty


def test_a_reversal_and_a_new_denial_reopen_the_same_case():
    corrected = KNOWN | SECOND | {"claim_payment_id": 3, "remit_key": "r2", "ordinal": 2}
    proposal = run(
        [corrected, reversal(ordinal=3)],
        [SECOND_LINE | {"claim_payment_id": 3}],
        [(3, 2, "CO", "197", 10000)],
        known=first_night(),
        day="2026-04-02",
    )
    assert kinds(proposal) == ["superseded", "reopened"]
    case = proposal.changed_cases.iloc[0]
    assert (case["state"], case["reason_code"], case["closed_posting_date"]) == ("new", "197", "")
    assert proposal.new_cases.empty


def test_a_reversal_of_an_unknown_claim_finds_its_case_by_payer_and_both_numbers():
    known = stored(one(("CO", "16", 10000)))
    orphan = {"claim_payment_id": 2, "status_code": "22", "charge_cents": -10000, "outcome": "unapplied"}
    assert kinds(run([orphan], [], [], known=known)) == ["superseded"]
    assert kinds(run([orphan | {"payer_claim_number": "ICN9"}], [], [], known=known)) == []


def test_denial_reversal_and_denial_in_one_batch():
    third = KNOWN | SECOND | {"claim_payment_id": 3, "remit_key": "r3", "payment_date": "2026-05-01"}
    proposal = run(
        [KNOWN, reversal(), third],
        [{"line_number": 1}, SECOND_LINE | {"claim_payment_id": 3}],
        [(1, 1, "CO", "16", 10000), (3, 2, "CO", "197", 10000)],
    )
    assert kinds(proposal) == ["opened", "superseded", "reopened"]
    assert (only(proposal)["state"], only(proposal)["reason_code"]) == ("new", "197")


def paying(**changes) -> dict:
    return KNOWN | SECOND | {"paid_cents": 6000, "reverses_claim_payment_id": 1} | changes


def test_a_payment_that_replaces_the_denial_overturns_it():
    proposal = run(
        [paying()],
        [SECOND_LINE | {"paid_cents": 6000}],
        [(2, 2, "CO", "45", 4000)],
        known=first_night(),
        day="2026-04-02",
    )
    case = proposal.changed_cases.iloc[0]
    assert (case["state"], case["outcome"], case["recovered_cents"]) == ("closed", "overturned", 6000)
    assert proposal.events[["kind", "amount_cents"]].to_numpy().tolist() == [["overturned", 6000]]


def test_a_payment_of_one_line_overturns_the_claims_case_in_part_and_opens_the_other_line():
    proposal = run(
        [paying()],
        [
            SECOND_LINE | {"charge_cents": 7000, "paid_cents": 6000},
            SECOND_LINE | {"service_payment_id": 3, "ordinal": 2, "line_number": 2, "charge_cents": 3000},
        ],
        [(2, 2, "CO", "45", 1000), (2, 3, "CO", "197", 3000)],
        known=first_night(),
    )
    assert proposal.changed_cases["outcome"].tolist() == ["partly_overturned"]
    assert (only(proposal)["line_number"], only(proposal)["extent"]) == (2, "line")


def test_a_replacement_that_neither_pays_nor_denies_supersedes():
    proposal = run([paying(paid_cents=0)], [SECOND_LINE], [(2, 2, "OA", "133", 10000)], known=first_night())
    assert proposal.changed_cases["outcome"].tolist() == ["superseded"]


@pytest.mark.long
def test_r5_a_denial_after_an_overturned_one_is_a_new_case():
    known = stored(
        run([paying()], [SECOND_LINE | {"paid_cents": 6000}], [(2, 2, "CO", "45", 4000)], known=first_night()),
        first_night(),
    )
    third = KNOWN | {"claim_payment_id": 3, "remit_key": "r3", "payment_date": "2026-05-01"}
    proposal = run(
        [third],
        [SECOND_LINE | {"claim_payment_id": 3, "service_payment_id": 3}],
        [(3, 3, "CO", "16", 10000)],
        known=known,
    )
    assert kinds(proposal) == ["opened"]
    assert only(proposal)["case_key"] == hashlib.sha256(b"1234567893|A1|P|0|2").hexdigest()
    assert proposal.changed_cases.empty


@pytest.mark.long
def test_r5_the_next_reversal_then_closes_the_new_case_only():
    night = run([paying()], [SECOND_LINE | {"paid_cents": 6000}], [(2, 2, "CO", "45", 4000)], known=first_night())
    known = stored(night, first_night())
    third = KNOWN | {"claim_payment_id": 3, "remit_key": "r3", "payment_date": "2026-05-01"}
    line = SECOND_LINE | {"claim_payment_id": 3, "service_payment_id": 3}
    known = stored(run([third], [line], [(3, 3, "CO", "16", 10000)], known=known), known)
    last = run([reversal(claim_payment_id=4, reverses_claim_payment_id=3)], [], [], known=known)
    assert last.changed_cases[["case_id", "outcome"]].to_numpy().tolist() == [[2, "superseded"]]


# ---- matched later ----------------------------------------------------------------------------------------------


def test_a_later_match_files_the_case_under_its_claim():
    unknown = stored(one(("CO", "16", 4000), claim={"paid_cents": 6000}, line={"paid_cents": 6000}))
    proposal = run(
        [KNOWN | {"paid_cents": 6000}],
        [{"paid_cents": 6000, "line_number": 3}],
        [(1, 1, "CO", "16", 4000)],
        known=unknown,
        day="2026-04-02",
    )
    assert (kinds(proposal), len(proposal.new_cases)) == (["matched"], 0)
    case = proposal.changed_cases.iloc[0]
    assert case["case_key"] == hashlib.sha256(b"1234567893|A1|P|3").hexdigest()
    assert (case["family_id"], case["line_number"], case["payer_sequence"], case["state"]) == (7, 3, "P", "new")
    before = json.loads(proposal.events["body"].iloc[0])["before"]
    assert (before["line_number"], before["family_id"]) == (1, 0)
    assert before["case_key"] == unknown["case_key"].iloc[0]


def test_a_later_match_to_a_line_that_has_a_case_merges():
    known = first_night()
    unknown = stored(one(("CO", "16", 10000), claim={"claim_payment_id": 1}))
    unknown["claim_payment_id"] = 2
    known = pd.concat([known, unknown], ignore_index=True).assign(case_id=[1, 2])
    proposal = run([KNOWN | SECOND], [SECOND_LINE], [(2, 2, "CO", "16", 10000)], known=known)
    assert sorted(kinds(proposal)) == ["repeated", "superseded"]
    changed = proposal.changed_cases.set_index("case_id")
    assert changed["state"].to_dict() == {1: "new", 2: "closed"} and changed["outcome"][2] == "undone"


def test_an_unknown_denial_that_was_reversed_stays_closed_when_it_is_matched():
    unknown = stored(one(("CO", "16", 10000)))
    orphan = {"claim_payment_id": 2, "status_code": "22", "charge_cents": -10000, "outcome": "unapplied"}
    closed = stored(run([orphan], [], [], known=unknown), unknown)
    proposal = run([KNOWN, reversal()], [{"line_number": 1}], [(1, 1, "CO", "16", 10000)], known=closed)
    assert kinds(proposal) == ["matched"]
    assert proposal.changed_cases[["state", "outcome"]].to_numpy().tolist() == [["closed", "superseded"]]


# ---- R6, R7 -----------------------------------------------------------------------------------------------------


def test_r6_a_repeat_that_the_ledger_took_for_a_memo_is_attached():
    proposal = run(
        [KNOWN | SECOND | {"outcome": "memo"}], [SECOND_LINE], [(2, 2, "OA", "18", 10000)], known=first_night()
    )
    assert (kinds(proposal), len(proposal.changed_cases)) == (["attached"], 0)


def test_r6_a_memo_of_a_claim_without_a_case_opens_none():
    proposal = run([KNOWN | SECOND | {"outcome": "memo"}], [SECOND_LINE], [(2, 2, "OA", "18", 10000)])
    assert [len(frame) for frame in proposal] == [0, 0, 0]


def test_r6_a_duplicate_of_an_unknown_claim_is_attached_to_the_first():
    known = stored(one(("CO", "16", 10000)))
    proposal = one(
        ("OA", "18", 10000),
        claim={"claim_payment_id": 1} | SECOND | {"claim_payment_id": 1},
        known=known.assign(claim_payment_id=9),
    )
    assert (kinds(proposal), len(proposal.new_cases)) == (["attached"], 0)


def test_r6_a_duplicate_without_an_original_is_a_denial():
    case = only(one(("OA", "18", 10000)))
    assert (case["category"], case["next_action"]) == ("DUP", "FIND")


@pytest.mark.parametrize("code", ["22", "136", "276"])
def test_r7_a_secondary_that_waits_for_the_primary_is_the_primarys_case(code):
    secondary = KNOWN | {"payer_sequence": "S", "status_code": "2"}
    case = only(one(("OA", code, 10000), claim=secondary, line={"line_number": 1}))
    assert (case["payer_sequence"], case["category"], case["next_action"]) == ("P", "COB", "PRIM")
    known = first_night()
    proposal = run([secondary | SECOND], [SECOND_LINE], [(2, 2, "OA", code, 10000)], known=known)
    assert (kinds(proposal), len(proposal.new_cases), len(proposal.changed_cases)) == (["attached"], 0, 0)


def test_r7_does_not_touch_a_primary():
    case = only(one(("CO", "22", 10000), claim=KNOWN, line={"line_number": 1}))
    assert (case["payer_sequence"], case["next_action"]) == ("P", "SEC")


def test_the_second_action_counts_when_no_other_payer_is_on_file():
    claim_payments, service_payments = claims(KNOWN), lines({"line_number": 1})
    found = adjustments((1, 1, "CO", "22", 10000))
    classes = classify(claim_payments, service_payments, found)
    for has, action in ((True, "SEC"), (False, "CALL")):
        rows = claim_payments.assign(has_other_payer=has)
        proposal = propose(rows, service_payments, found, classes, remarks(), no_cases(), posting_date="2026-03-02")
        assert only(proposal)["next_action"] == action


@pytest.mark.parametrize(("at_line", "won"), [(0, [3000, 3001]), (1, [6000, 0])], ids=["one sum", "by line"])
def test_a_decision_that_replaces_several_wins_each_and_no_cent_twice(at_line, won):
    parts = claims(*(KNOWN | {"claim_payment_id": at, "payer_claim_number": f"I{at}"} for at in (1, 2)))
    parts = parts.assign(whole_charge_cents=20000)
    services = lines(*({"claim_payment_id": at, "service_payment_id": at, "line_number": at} for at in (1, 2)))
    found = adjustments((1, 1, "CO", "197", 10000), (2, 2, "CO", "197", 10000))
    classes = classify(parts, services, found)
    known = stored(propose(parts, services, found, classes, remarks(), no_cases(), posting_date="2026-03-02"))
    paid = 6001 if at_line == 0 else 6000
    whole = KNOWN | SECOND | {"paid_cents": paid, "charge_cents": 20000, "claim_payment_id": 3}
    rows = claims(whole | {"reverses_claim_payment_id": 1}).assign(whole_charge_cents=20000)
    services = lines({"claim_payment_id": 3, "service_payment_id": 3, "line_number": 1, "paid_cents": paid})
    services = services if at_line else services.iloc[:0]
    pairs = pd.DataFrame({"claim_payment_id": 3, "target_id": [1, 2], "line_number": [1, 2], "is_whole": True})
    nothing = adjustments((3, 3, "CO", "45", 0)).iloc[:0]
    classes = classify(rows, services, nothing)
    changed = propose(
        rows, services, nothing, classes, remarks(), known, posting_date="2026-04-02", replaced=pairs
    ).changed_cases.sort_values("line_number")
    assert changed["recovered_cents"].tolist() == won
    assert changed["outcome"].tolist() == ["overturned", "overturned" if won[1] else "superseded"]


def test_the_number_of_an_undone_opening_is_not_given_again():
    """Two replays once opened a case under the key of one that was there: the second remittance could not be posted."""
    kept = pd.DataFrame({"base": ["a", "a", "b"], "case_key": case_keys(["a", "a", "b"], [2, 4, 1])})
    assert openings(kept).tolist() == [2, 4, 1]
    odd = kept.assign(case_key=["x", "y", "z"])
    assert openings(odd).tolist() == [1, 2, 1]


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_of_two_openings_of_one_look_the_later_one_lives_whichever_was_stored_first(order):
    night = first_night()
    keys = case_keys(["1234567893|A1|P|1"] * 2, [1, 2])
    won = night.assign(case_key=keys[0], line_number=1, state="closed", outcome="overturned", won_by=9, won_cents=100)
    open_ = night.assign(case_key=keys[1], line_number=1, claim_payment_id=3, won_by=0, won_cents=0)
    rows = [won, open_]
    known = pd.concat([rows[at] for at in order], ignore_index=True).assign(case_id=[1, 2])
    proposal = run([reversal(claim_payment_id=4, reverses_claim_payment_id=3)], [], [], known=known)
    assert proposal.changed_cases["case_key"].tolist() == [keys[1]]
    assert kinds(proposal) == ["superseded"]


def test_openings_are_numbered_by_their_keys_whichever_was_stored_first():
    kept = pd.DataFrame({"base": ["a", "b", "a", "a"], "case_key": case_keys(["a", "b", "a", "a"], [3, 1, 1, 2])})
    assert openings(kept).tolist() == [3, 1, 1, 2]
    assert openings(kept.assign(case_key=[*kept["case_key"][:3], "x"])).tolist() == [3, 1, 1, 2]
    assert openings(kept.iloc[:0]).tolist() == []
