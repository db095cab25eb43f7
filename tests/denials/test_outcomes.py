"""How cases end: what the payer pays after taking a denial back is won, and by whom and how much is told."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tests.denials.proposed import DENIED, KNOWN, SECOND, SECOND_LINE, first_night, kinds, reversal, run, stored

PAYS = KNOWN | SECOND | {"claim_payment_id": 3, "ordinal": 2, "paid_cents": 8000}
PAYS_LINE = SECOND_LINE | {"claim_payment_id": 3, "paid_cents": 8000}
CONTRACT = (3, 2, "CO", "45", 2000)


def closing(proposal):
    """The event that ends the case: kind, claim payment, cents."""
    return proposal.events[["kind", "claim_payment_id", "amount_cents"]].to_numpy().tolist()[-1]


def ended(proposal):
    return proposal.changed_cases[["state", "outcome", "recovered_cents"]].to_numpy().tolist()


def worked_on(**changes):
    """The stored case of the first night, as people have left it."""
    return first_night().assign(**changes)


def test_a_payment_after_the_reversal_of_a_denial_wins_it():
    proposal = run([reversal(), PAYS], [PAYS_LINE], [CONTRACT], known=first_night(), day="2026-04-02")
    assert kinds(proposal) == ["superseded", "overturned"]
    assert closing(proposal) == ["overturned", 3, 8000]
    assert ended(proposal) == [["closed", "overturned", 8000]]


def test_it_may_come_in_a_later_night_or_all_in_the_first():
    after = stored(run([reversal()], [], [], known=first_night(), day="2026-04-02"), first_night())
    later = run([PAYS], [PAYS_LINE], [CONTRACT], known=after, day="2026-05-02")
    assert (kinds(later), ended(later)) == (["overturned"], [["closed", "overturned", 8000]])
    assert later.changed_cases["closed_posting_date"].tolist() == ["2026-05-02"]
    assert json.loads(later.events["body"].iloc[0])["before"]["outcome"] == "superseded"
    at_once = run([KNOWN, reversal(), PAYS], [{"line_number": 1}, PAYS_LINE], [*DENIED[2], CONTRACT])
    assert kinds(at_once) == ["opened", "superseded", "overturned"]
    assert at_once.new_cases[["outcome", "recovered_cents"]].to_numpy().tolist() == [["overturned", 8000]]
    again = run([PAYS], [PAYS_LINE], [CONTRACT], known=stored(later, after), day="2026-06-02")
    assert [len(frame) for frame in again] == [0, 0, 0]


def test_what_was_paid_before_the_day_of_a_denial_wins_nothing_of_it():
    after = stored(run([reversal()], [], [], known=first_night(), day="2026-04-02"), first_night())
    denied_on = after["remit_date"].iloc[0]
    for day, wins in ((denied_on, ["overturned"]), ("2000-01-01", [])):
        assert kinds(run([PAYS | {"payment_date": day}], [PAYS_LINE], [CONTRACT], known=after)) == wins


def test_a_payment_without_a_reversal_is_another_part_of_the_claim():
    proposal = run([PAYS], [PAYS_LINE], [CONTRACT], known=first_night())
    assert [len(frame) for frame in proposal] == [0, 0, 0]


def test_what_is_left_to_the_patient_is_won_without_money():
    share = [(3, 2, "PR", "1", 10000)]
    line = PAYS_LINE | {"paid_cents": 0}
    proposal = run([reversal(), PAYS | {"paid_cents": 0}], [line], share, known=first_night())
    assert ended(proposal) == [["closed", "overturned", 0]]


def test_a_denial_after_a_win_is_another_case():
    won = stored(run([reversal(), PAYS], [PAYS_LINE], [CONTRACT], known=first_night()), first_night())
    back = reversal(claim_payment_id=5, remit_key="r5", payment_date="2026-05-01", reverses_claim_payment_id=3)
    denied = KNOWN | SECOND | {"claim_payment_id": 6, "remit_key": "r5", "payment_date": "2026-05-01", "ordinal": 2}
    proposal = run(
        [back, denied],
        [SECOND_LINE | {"claim_payment_id": 6}],
        [(6, 2, "CO", "197", 10000)],
        known=won,
        day="2026-05-02",
    )
    assert kinds(proposal) == ["opened"] and len(proposal.new_cases) == 1


@pytest.mark.parametrize("outcome", ["written_off", "expired", "duplicate", "upheld"])
def test_what_a_person_closed_the_payer_can_still_pay(outcome):
    closed = worked_on(state="closed", outcome=outcome, closed_posting_date="2026-03-20")
    proposal = run([reversal(), PAYS], [PAYS_LINE], [CONTRACT], known=closed, day="2026-04-02")
    assert ended(proposal) == [["closed", "overturned", 8000]]
    assert proposal.changed_cases["closed_posting_date"].tolist() == ["2026-04-02"]


def test_a_new_denial_opens_what_a_person_closed():
    closed = worked_on(state="closed", outcome="written_off", closed_posting_date="2026-03-20")
    proposal = run([KNOWN | SECOND], [SECOND_LINE], [(2, 2, "CO", "16", 10000)], known=closed, day="2026-04-02")
    assert kinds(proposal) == ["reopened"]
    case = proposal.changed_cases.iloc[0]
    assert (case["state"], case["closed_posting_date"]) == ("new", "") and pd.isna(case["outcome"])


def test_a_denial_after_an_appeal_is_upheld_and_back_at_work():
    waiting = worked_on(state="waiting", waiting_for="appealed")
    proposal = run([KNOWN | SECOND], [SECOND_LINE], [(2, 2, "CO", "193", 10000)], known=waiting)
    assert kinds(proposal) == ["upheld"]
    assert proposal.changed_cases[["state", "waiting_for"]].to_numpy().tolist() == [["in_work", ""]]


def test_the_next_payers_decision_ends_what_was_billed_to_it():
    waiting = worked_on(state="waiting", waiting_for="billed_other")
    second = PAYS | {"payer_sequence": "S", "payer_code": "PAYER2"}
    proposal = run([second], [PAYS_LINE], [CONTRACT], known=waiting)
    assert ended(proposal) == [["closed", "superseded", 8000]]
    assert closing(proposal) == ["superseded", 3, 8000]
    assert run([second], [PAYS_LINE], [CONTRACT], known=first_night()).changed_cases.empty


def test_a_line_that_was_paid_in_part_before_wins_at_most_what_was_denied():
    part = [(1, 1, "CO", "16", 4000)]
    known = stored(run([KNOWN | {"paid_cents": 6000}], [{"line_number": 1, "paid_cents": 6000}], part))
    proposal = run([reversal(), PAYS], [PAYS_LINE], [CONTRACT], known=known)
    assert ended(proposal) == [["closed", "overturned", 4000]]


PART = PAYS | {"claim_payment_id": 3, "remit_key": "r3", "payment_date": "2026-05-01", "is_seen": False}
PART_LINE = SECOND_LINE | {"service_payment_id": 3, "claim_payment_id": 3, "paid_cents": 8000}
PART_DENIED = [(3, 3, "CO", "45", 500), (3, 3, "CO", "197", 1500)]
LATE = KNOWN | {"outcome": "unapplied", "is_seen": False}


def lived_cases(cases):
    return sorted(cases[["line_number", "state", "outcome", "recovered_cents", "at_risk_cents"]].to_numpy().tolist())


@pytest.mark.parametrize("is_noted_first", [False, True])
def test_a_denial_that_comes_after_its_payment_in_part_has_its_own_case_once_it_is_taken_back(is_noted_first):
    in_order = stored(
        run([KNOWN, reversal(), PART], [{"line_number": 1}, PART_LINE], [*DENIED[2], *PART_DENIED], day="2026-05-02")
    )
    assert lived_cases(in_order) == [
        [0, "closed", "partly_overturned", 8000, 10000],
        [1, "new", "", 0, 1500],
    ]
    known = stored(run([PART], [PART_LINE], PART_DENIED))
    late, paid = LATE | {"is_seen": is_noted_first}, PART | {"is_seen": True}
    if is_noted_first:
        noted = run([LATE], [{"line_number": 1}], DENIED[2], known=known)
        assert (kinds(noted), len(noted.new_cases)) == (["attached"], 0)
        known = stored(noted, known)
    back = reversal() | {"is_seen": False}
    proposal = run(
        [late, back, paid], [{"line_number": 1}, PART_LINE], [*DENIED[2], *PART_DENIED], known=known, day="2026-05-03"
    )
    assert lived_cases(stored(proposal, known)) == lived_cases(in_order)
    assert kinds(proposal) == ["opened", "superseded", "partly_overturned"]


def test_a_reversal_of_what_a_payment_has_won_already_is_noted():
    paid = PAYS | {"reverses_claim_payment_id": 1}
    won = stored(run([paid], [PAYS_LINE], [CONTRACT], known=first_night(), day="2026-04-02"), first_night())
    late = run([reversal(claim_payment_id=4)], [], [], known=won, day="2026-05-02")
    assert kinds(late) == ["attached"]
    assert late.changed_cases.empty
