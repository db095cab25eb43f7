"""The charges that are shipped: three files of good claims, one with a wrong row of each sort."""

from __future__ import annotations

from pathlib import Path

import pytest

from claims.charges import read_charges_file

FOLDER = Path(__file__).resolve().parents[2] / "edi_samples" / "charges"


@pytest.mark.parametrize(
    ("name", "kind", "cents"),
    [("professional", "P", 40150), ("institutional", "I", 1744000), ("dental", "D", 173800)],
)
def test_the_good_files_hold_good_claims(name, kind, cents):
    file = read_charges_file(FOLDER / f"{name}.csv")
    assert file.findings.empty
    assert file.claims["kind"].tolist() == [kind] * 2
    assert file.claims["charge_cents"].sum() == cents


def test_the_wrong_rows_are_refused_one_by_one():
    file = read_charges_file(FOLDER / "wrong-rows.csv")
    assert file.claims["claim_number"].tolist() == ["EX270031"]
    assert file.findings[["seg", "element"]].to_numpy().tolist() == [
        [2, "billing_npi"],
        [3, "service_from"],
        [4, "charge"],
        [5, ""],
        [6, "diagnosis_pointers"],
        [7, "procedure_code"],
        [8, "revenue_code"],
    ]
