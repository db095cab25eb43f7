"""``claims master``: what people see, what is hidden, and how it ends."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from claims.master import columns, read_master_file

SAMPLES = Path(__file__).resolve().parents[2] / "edi_samples" / "master"


@pytest.fixture
def imported(claims):
    assert claims("init").code == 0
    said = claims("master", "import", SAMPLES)
    assert said.code == 0
    return said


@pytest.mark.long
def test_the_samples_are_imported_once_and_clean(imported, claims):
    assert "Nothing changed" not in imported.out
    again = claims("master", "import", SAMPLES)
    assert again.code == 0 and "Nothing changed" in again.out
    said = claims("master", "check", "--at", "2026-09-08")
    assert (said.code, said.out.strip()) == (0, "Nothing is missing.")


def test_gaps_end_with_1(imported, claims):
    said = claims("master", "check", "--at", "2019-12-31", "--json")
    assert said.code == 1
    assert {"enrolment-missing"} == {gap["code"] for gap in said.json["gaps"]} - {"provider-without-group"}


def test_refused_rows_are_named_and_end_with_1(imported, claims, tmp_path):
    path = tmp_path / "enrolments.csv"
    path.write_text("billing_npi\n1999999018\n1999999019\n")
    said = claims("master", "import", path)
    assert said.code == 1 and "row 2, billing_npi" in said.out and "1999999019" not in said.out
    document = claims("master", "import", path, "--json").json["files"][0]
    assert (document["kind"], document["state"], document["counts"]["refused"]) == ("enrolments", "held", 1)


def test_days_and_amounts_are_shown_as_people_write_them(imported, claims):
    rows = claims("master", "show", "fee_schedules", "--at", "2026-09-08", "--json").json["rows"]
    assert len(rows) == 72
    (row,) = (row for row in rows if (row["payer_code"], row["procedure_code"]) == ("FABLE", "99213"))
    assert (row["allowed"], row["allowed_cents"], row["effective_from"]) == ("91.05", 9105, "2026-01-01")
    assert claims("master", "show", "fee_schedules", "--at", "2025-12-31", "--json").json["rows"] == []


def test_member_ids_are_hidden_and_showing_them_is_audited(imported, claims):
    said = claims("master", "show", "eligibility")
    assert "FW10851" not in said.out and "•••" in said.out
    assert "FW10851" not in claims("master", "show", "eligibility", "--json").out
    assert "FW10851" in claims("master", "show", "eligibility", "--show-phi").out


def test_what_was_known_before_the_import_was_nothing(imported, claims):
    said = claims("master", "show", "payers", "--known-at", "2020-01-01T00:00:00Z", "--json")
    assert said.json["rows"] == []


@pytest.mark.parametrize("kind", list(columns()))
def test_a_template_is_a_file_that_reads(kind, claims):
    said = claims("master", "template", kind)
    assert said.code == 0
    file = read_master_file(said.out.encode())
    assert (file.kind, len(file.rows)) == (kind, 1) and file.findings.empty
    assert claims("master", "template", kind, "--json").json["csv"] == said.out
    header = next(csv.reader(io.StringIO(said.out)))
    assert [row["name"] for row in claims("master", "columns", kind, "--json").json["columns"]] == header


def test_every_kind_can_be_shown(imported, claims):
    for kind in columns():
        said = claims("master", "show", kind, "--at", "2026-09-08")
        assert said.code == 0 and said.out


@pytest.mark.parametrize(
    "words",
    [
        ["show", "nonsense"],
        ["columns", "nonsense"],
        ["template", "nonsense"],
        ["show", "payers", "--at", "tomorrow"],
        ["import", "/nonsense"],
    ],
)
def test_wrong_use_ends_with_2(imported, claims, words):
    said = claims("master", *words)
    assert said.code == 2 and said.out == "" and said.err
