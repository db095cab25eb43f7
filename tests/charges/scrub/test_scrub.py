"""Switches, days that no list covers, limits of time, and what stands in the findings."""

from __future__ import annotations

import pandas as pd
import pytest

from claims.charges.scrub import Switches, edits, scrub
from claims.charges.scrub.filing import last_days
from tests.charges.scrub.cases import DECIDED, SECOND
from tests.charges.scrub.claims_to_send import PAYER, code_list, hospital, professional

BAD = {"claim": {"member_id": ""}}


def settings(*rows: tuple[str, str, str, str]) -> list[dict]:
    names = ("edit_id", "payer_code", "partner_code", "severity")
    return [dict(zip(names, row, strict=True)) for row in rows]


def row(work) -> dict:
    (found,) = scrub(work).findings.to_dict("records")
    return found


def test_a_finding_says_where_what_and_who_decided():
    found = row(professional(lines=[{}, {"procedure_code": "99214", "diagnosis_pointers": "7"}]))
    assert found == {
        "claim_seg": 1, "service_seg": 101, "edit_id": "S04b", "severity": "block", "element": "SV107",
        "line_number": 2, "found": "7", "expected": "2", "message": "pointer 7; the claim has 2 diagnoses",
        "switch": "edits.csv",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "severity", "switch"),
    [
        ([], "block", "edits.csv"),
        ([("S09", "", "", "warn")], "warn", "S09 for every payer"),
        ([("S09", "", "", "warn"), ("S09a", "", "", "block")], "block", "S09a for every payer"),
        ([("S09a", "", "", "off"), ("S09", "FABLE", "", "warn")], "warn", "S09 for FABLE"),
        ([("S09", "", "PRETEND", "warn"), ("S09", "", "", "off")], "warn", "S09 for PRETEND"),
        ([("S09", "OTHER", "", "off"), ("S09", "", "OTHER", "off")], "block", "edits.csv"),
        ([("S09", "FABLE", "PRETEND", "warn"), ("S09a", "FABLE", "", "off")], "warn", "S09 for FABLE with PRETEND"),
    ],
)
def test_the_most_exact_switch_wins(rows, severity, switch):
    found = row(professional(**BAD, master={"edit_settings": settings(*rows)}))
    assert (found["severity"], found["switch"]) == (severity, switch)


def test_an_edit_that_is_off_says_nothing_and_a_warning_does_not_block():
    off = scrub(professional(**BAD, master={"edit_settings": settings(("S09", "FABLE", "", "off"))}))
    warned = scrub(professional(**BAD, master={"edit_settings": settings(("S09", "FABLE", "", "warn"))}))
    assert off.findings.empty and not off.is_blocked.any()
    assert len(warned.findings) == 1 and not warned.is_blocked.any()
    assert scrub(professional(**BAD)).is_blocked.all()


def test_a_switch_holds_in_its_days_only():
    rows = pd.DataFrame(settings(("S09", "", "", "off"))).assign(effective_from=20260101, effective_to=20260630)
    assert Switches(rows, 20260630).decide(edits()["S09a"], "X")[0] == "off"
    assert Switches(rows, 20260701).decide(edits()["S09a"], "X")[0] == "block"


def test_what_no_list_covers_is_a_note_and_never_stops_a_claim():
    rows = settings(("S13y", "", "", "block"), ("S03z", "", "", "off"))
    found = scrub(professional(lists={"CPT": code_list("CPT", "99999", covered=(20250101, 20251231))},
                               master={"edit_settings": rows}))  # fmt: skip
    assert found.findings.empty and not found.is_blocked.any()
    assert dict(found.not_checked[["edit_id", "claims"]].to_numpy()) == {"S13y": 1, "S23z": 1}


def test_an_inpatient_diagnosis_answers_for_the_last_day():
    lists = {"ICD10CM": code_list("ICD10CM", "E119", "I10", covered=(20260904, 20260930))}
    assert scrub(hospital(lists=lists)).not_checked["edit_id"].tolist() == []
    assert "S03z" in scrub(professional(lists=lists)).not_checked["edit_id"].tolist()


@pytest.mark.parametrize(
    ("claim", "payer", "start", "due"),
    [
        ({}, {"filing_limit_days": 180}, 20260901, 20270228),
        ({}, {"filing_limit_days": 10, "filing_limit_anchor": "service_to"}, 20260903, 20260913),
        ({}, {"payer_type": "medicare_ffs"}, 20260901, 20270901),
        ({}, {"payer_type": "fep"}, 20261231, 20271231),
        ({}, {"payer_type": "workers_comp_or_auto"}, 20260901, 0),
        ({"payer_code": "NOBODY", "filing_indicator_code": "BL"}, {}, 20260901, 20270228),
        ({"frequency_code": "7"}, {"filing_limit_days": 10, "corrected_limit_days": 20}, 20260910, 20260930),
        ({"frequency_code": "7"},
         {"corrected_limit_days": 20, "corrected_limit_anchor": "service_from"}, 20260901, 20260921),
        (SECOND, {"filing_limit_days": 10, "secondary_limit_days": 30}, 20260910, 20261010),
        (SECOND, {"filing_limit_days": 10}, 20260910, 20261109),
    ],
)  # fmt: skip
def test_the_time_for_filing(claim, payer, start, due):
    said = [
        {
            "claim_seg": 1,
            "payer_sequence": "P",
            "status_code": "1",
            "paid_cents": 8000,
            "share_cents": 0,
            "paid_date": 20260910,
        }
    ]
    work = professional(
        claim={"statement_to_date": 20260903, **claim}, line={"service_to_date": 20260903, "units_milli": 3000},
        master={"payers": [{**PAYER, **payer}]}, adjudications=said, **DECIDED,
    )  # fmt: skip
    assert [int(one[0]) for one in last_days(work)] == [start, due]


def test_a_delay_reason_is_not_stopped():
    late = {"master": {"payers": [{**PAYER, "filing_limit_days": 10}]}}
    assert scrub(professional(**late)).is_blocked.all()
    assert not scrub(professional(**late, claim={"delay_reason_code": "7"})).is_blocked.any()


def test_nothing_at_all_is_clean():
    work = professional(claims=[], lines=[])
    assert scrub(work).findings.empty


def test_the_payer_is_known_by_our_name_for_it():
    known = {"payers": [{**PAYER, "member_id_pattern": "[0-9]+"}]}
    named = professional(claim={"payer_code": "RECEIVERS", "own_payer_code": "FABLE"}, master=known)
    assert scrub(named).findings["edit_id"].tolist() == ["S09b"]
