"""What answers mean: labels, verdicts and next steps beside the codes of TA1, 999, 997 and 277CA."""

from __future__ import annotations

from pathlib import Path

import pytest

from claims import codes, x12
from tests.x12.envelopes import ACKNOWLEDGEMENT, STATUSES, answer
from tests.x12.test_windows import TA1

ROOT = Path(__file__).resolve().parents[2] / "edi_samples"
COLUMNS = ["own_label", "verdict", "next_step"]


def of_999(body: str) -> dict[str, list[list[str]]]:
    """What the frames of a 999 mean."""
    return meant(answer(body, st01="999", kind="FA", guide="005010X231A1"))


def meant(text: str) -> dict[str, list[list[str]]]:
    """Label, verdict and next step of each row of each answer frame that has rows."""
    found = x12.meanings(x12.read(text.encode()).frames)
    return {name: rows[COLUMNS].to_numpy().tolist() for name, rows in found.items() if len(rows)}


def test_a_999_means_what_its_codes_say():
    found = of_999(ACKNOWLEDGEMENT)
    assert found == {
        "group_acknowledgements": [["Partly accepted", "partial", "resend_rejected_sets"]],
        "set_acknowledgements": [
            ["Accepted", "accepted", "none"],
            ["Rejected: Segments in error; Guide errors in the set", "rejected", "fix_and_resend_set"],
        ],
        "segment_errors": [["Segment has element errors", "rejected", "fix_claim"]],
        "element_errors": [["Code not valid", "rejected", "fix_claim"]],
    }


def test_errors_in_a_set_that_was_accepted_are_only_logged():
    found = of_999(ACKNOWLEDGEMENT.replace("IK5*R*", "IK5*E*").replace("AK9*P*2*2*1", "AK9*E*2*2*2"))
    assert found["set_acknowledgements"][1][1:] == ["accepted", "log"]
    assert found["segment_errors"] == [["Segment has element errors", "accepted", "log"]]
    assert found["element_errors"] == [["Code not valid", "accepted", "log"]]


def test_a_refused_group_says_why():
    found = of_999("AK1*HC*1*005010X222A1~ AK9*R*2*1*0*5~")
    assert found["group_acknowledgements"] == [["Rejected: Set count wrong", "rejected", "fix_and_resend_group"]]


def test_codes_that_nobody_knows_are_looked_at():
    found = of_999("AK1*HC*1~ AK2*837*0001~ IK3*CLM*22*2300*Q7~ IK4*1**Q8~ IK5*Z*5~ AK9*Q*1*1*0~")
    assert {row[1] for rows in found.values() for row in rows} == {"unknown"}
    assert {row[2] for rows in found.values() for row in rows} == {"look"}
    assert {row[0] for rows in found.values() for row in rows} == {""}


def test_a_997_is_read_with_its_own_codes():
    body = "AK1*HC*7~ AK2*837*0001~ AK3*CLM*22**8~ AK4*2**6~ AK5*R*5~ AK9*R*1*1*0*4~"
    found = meant(answer(body, st01="997", kind="FA", guide="005010"))
    assert found == {
        "group_acknowledgements": [["Rejected: Group control numbers differ", "rejected", "fix_and_resend_group"]],
        "set_acknowledgements": [["Rejected: Segments in error", "rejected", "fix_and_resend_set"]],
        "segment_errors": [["Segment has element errors", "rejected", "fix_claim"]],
        "element_errors": [["Character not allowed", "rejected", "fix_claim"]],
    }


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("A*000", ["Accepted", "accepted", "none"]),
        ("E*014", ["Accepted with errors: Date wrong", "accepted", "log"]),
        (
            "R*025",
            ["Rejected, nothing was processed: Control number used before", "rejected", "new_control_number"],
        ),
        (
            "R*001",
            [
                "Rejected, nothing was processed: Header and trailer control numbers differ",
                "rejected",
                "fix_and_resend_file",
            ],
        ),
        ("R*000", ["Rejected, nothing was processed", "rejected", "fix_and_resend_file"]),
        ("Q*000", ["", "unknown", "look"]),
    ],
)
def test_a_ta1_means_its_status_and_its_note_says_why(status, meaning):
    assert meant(TA1.replace("A*000", status)) == {"interchange_acknowledgements": [meaning]}


def test_states_of_claims_in_a_277ca():
    found = meant(answer(STATUSES, st01="277", kind="HN", guide="005010X214"))
    assert found["claim_statuses"] == [
        ["Received, not yet accepted", "in_transit", "WAIT"],
        ["Accepted into adjudication", "accepted", "WAIT"],
        ["Rejected, data wrong", "rejected", "NEW"],
        ["Rejected, data wrong", "rejected", "NEW"],
    ]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [("A2:20:PR*20250311*WQ", "A2:20:PR*20250311*U", 1), ("A7:562:85*20250311*U", "A7:562:85*20250311*WQ", 2)],
)
def test_an_action_that_does_not_fit_its_category_is_a_contradiction(old, new, place):
    found = meant(answer(STATUSES.replace(old, new), st01="277", kind="HN", guide="005010X214"))
    label, verdict, step = found["claim_statuses"][place]
    assert (verdict, step) == ("contradiction", "REV")
    assert label.endswith(", but its action says otherwise")


def test_a_category_without_an_action_or_without_an_expectation_contradicts_nothing():
    for old, new in (("A2:20:PR*20250311*WQ", "A2:20:PR*20250311*"), ("A2:20:PR*20250311*WQ", "A4:20:PR*20250311*U")):
        found = meant(answer(STATUSES.replace(old, new), st01="277", kind="HN", guide="005010X214"))
        assert found["claim_statuses"][1][1] in ("accepted", "unknown")


def test_a_category_that_nobody_knows_is_reviewed():
    found = meant(answer(STATUSES.replace("STC*A2:", "STC*Z9:"), st01="277", kind="HN", guide="005010X214"))
    assert found["claim_statuses"][1] == ["Any other value", "unknown", "REV"]


def test_every_next_step_of_a_277ca_is_an_action_we_know():
    assert set(codes.table("stc_category")["next_action"]) <= set(codes.table("next_actions")["id"])


def test_a_file_without_answers_has_empty_frames_with_the_columns():
    found = x12.meanings(x12.read(ROOT / "835" / "pass" / "recovery.edi").frames)
    assert len(found) == 6
    assert all(rows.empty and set(COLUMNS) <= set(rows.columns) for rows in found.values())


def test_the_page_of_frames_lists_every_state_and_step():
    page = (ROOT.parent / "docs" / "frames.md").read_text(encoding="utf-8")
    acknowledged, states = codes.table("ack_codes"), codes.table("stc_category")
    words = {*acknowledged["next_step"], *states["next_action"], *states["claim_state"], "contradiction", "look"}
    assert [word for word in sorted(words) if word not in page] == []
    assert "contexts" not in x12.meanings(x12.read(ROOT / "999" / "pass" / "one-set-rejected.edi").frames)
