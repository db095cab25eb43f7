"""Gaps of master data as a whole: the sample has none; each kind of gap is named once something is taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from claims.master import Master, columns, gaps, read_master_file
from claims.payer.terms import table

SAMPLES = Path(__file__).resolve().parents[2] / "edi_samples" / "master"
DAY = 20260908


@pytest.fixture(scope="module")
def frames():
    files = [read_master_file(path.read_bytes()) for path in sorted(SAMPLES.glob("*.csv"))]
    assert all(file.findings.empty for file in files)
    return {file.kind: file.rows for file in files}


def codes(frames) -> list[str]:
    return sorted(set(gaps(Master.of(frames), DAY)["code"]))


def test_the_sample_has_every_kind_and_no_gap(frames):
    assert set(frames) == set(columns())
    assert codes(frames) == []


def test_the_sample_knows_the_payers_and_fees_of_the_simulated_month(frames):
    payers = table("payers").set_index("payer_code")
    own = frames["payers"].set_index("payer_code").loc[payers.index]
    assert own["filing_limit_days"].astype(str).tolist() == payers["filing_limit_days"].astype(str).tolist()
    fees = frames["fee_schedules"].set_index(["payer_code", "procedure_code"])["allowed_cents"]
    known = table("procedures").set_index("procedure_code")["allowed_cents"].astype(int)
    assert fees["FABLE", "99213"] == known["99213"]
    assert set(known.index) - set(fees["FABLE"].index) == {"A9270"}


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("payers", {"partner_code": "NOBODY"}, "unknown-reference"),
        ("enrolments", {"payer_code": "NOBODY"}, "unknown-reference"),
        ("enrolments", {"rendering_npi": "1999999133"}, "unknown-reference"),
        ("partners", {"usage_code": "T"}, "partner-test-mode"),
        ("payers", {"payer_type": "workers_comp_or_auto", "filing_limit_days": 0}, "payer-without-limit"),
        ("payers", {"filing_indicator_code": ""}, "payer-without-indicator"),
        ("providers", {"zip": "45999"}, "zip-not-nine"),
        ("facilities", {"zip": "45999"}, "zip-not-nine"),
        ("providers", {"tax_id": ""}, "provider-incomplete"),
        ("contract_terms", {"schedule": "NOBODY"}, "schedule-without-fees"),
        ("modifier_factors", {"payer_code": "NOBODY"}, "unknown-reference"),
        ("fee_schedules", {"payer_code": "NOBODY"}, "unknown-reference"),
    ],
)
def test_each_gap_is_named(frames, kind, change, code):
    assert code in codes({**frames, kind: frames[kind].assign(**change)})


def test_a_schedule_that_a_contract_names_need_not_be_a_payer(frames):
    public = frames["fee_schedules"].assign(payer_code="PUBLIC2026")
    terms = frames["contract_terms"].assign(schedule="PUBLIC2026")
    assert codes({**frames, "fee_schedules": public, "contract_terms": terms}) == []


def test_missing_rows_are_named(frames):
    assert "none" in codes({})
    assert "partner-unused" in codes({**frames, "payers": frames["payers"].iloc[:1]})
    assert {"enrolment-missing", "provider-without-group"} <= set(
        codes({**frames, "enrolments": frames["enrolments"][:0]})
    )
    untaught = {
        "payers": frames["payers"].assign(needs_taxonomy=True),
        "providers": frames["providers"].assign(taxonomy=""),
    }
    assert codes({**frames, **untaught}) == ["taxonomy-missing"]


def test_a_row_counts_on_its_days_only(frames):
    later = frames["enrolments"].assign(effective_from=20260909)
    assert "enrolment-missing" in codes({**frames, "enrolments": later})
    assert gaps(Master.of({**frames, "enrolments": later}), 20260909).empty
