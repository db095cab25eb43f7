"""Master CSVs: the kind is told from the header, each wrong row is named, nothing is quoted."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.codes import table
from claims.master import EFFECTIVE, columns, kind_of, read_master_file, typed
from claims.master.columns import table as columns_table
from claims.master.kinds import KINDS


def example(kind: str, **changes: str) -> dict[str, str]:
    return {column.name: column.example for column in columns()[kind]} | changes


def written(*rows: dict[str, str]) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def faults(kind: str, *changes: dict[str, str]) -> list[tuple[int, str]]:
    file = read_master_file(written(*(example(kind, **change) for change in changes)))
    assert file.kind == kind
    return list(zip(file.findings["seg"], file.findings["element"], strict=True))


@pytest.mark.parametrize("kind", list(columns()))
def test_the_example_of_each_kind_reads(kind):
    file = read_master_file(written(example(kind)))
    assert (file.kind, file.data_rows, len(file.rows)) == (kind, 1, 1)
    assert file.findings.empty
    assert file.rows[["effective_from", "effective_to"]].to_numpy().tolist() == [[101_01, 9999_12_31]]


@pytest.mark.parametrize("kind", list(columns()))
def test_what_is_kept_of_a_row_gives_the_same_row(kind):
    file = read_master_file(written(example(kind)))
    again = typed(kind, file.entries["body"].tolist())
    pd.testing.assert_frame_equal(again, file.rows.drop(columns=["effective_from", "effective_to"]))


@pytest.mark.parametrize("kind", list(columns()))
def test_the_columns_that_are_needed_tell_the_kind(kind):
    needed = [column.name for column in columns()[kind] if column.is_required]
    keys = [column.name for column in columns()[kind] if column.is_key]
    assert kind_of(list(dict.fromkeys([*needed, *keys]))) == kind


@pytest.mark.parametrize(
    "header",
    ["claim_number,payer_code,procedure_code,charge,units,member_id", "date,amount,trace_number", "code,valid", ""],
)
def test_other_files_have_no_kind(header):
    file = read_master_file(header.encode())
    assert file.kind == ""
    assert file.findings["code"].tolist() == ["master-kind"]


def test_the_name_of_a_file_says_what_its_header_lacks():
    file = read_master_file(b"payer_code,payer_name\nA,B\n", "payers")
    assert file.findings["code"].tolist() == ["master-header"]
    assert "partner_code" in file.findings["message"][0]


@pytest.mark.parametrize(
    ("kind", "change", "column"),
    [
        ("payers", {"payer_code": "TWO WORDS"}, "payer_code"),
        ("payers", {"payer_name": ""}, "payer_name"),
        ("payers", {"payer_type": "unheard_of"}, "payer_type"),
        ("payers", {"member_id_pattern": "(a+)+"}, "member_id_pattern"),
        ("payers", {"filing_limit_days": "180.5"}, "filing_limit_days"),
        ("payers", {"takes_replacement": "maybe"}, "takes_replacement"),
        ("payers", {"payer_zip": ""}, "payer_zip"),
        ("payers", {"crossover_payer_code": "FABLE"}, "crossover_payer_code"),
        ("payers", {"effective_from": "2026-02-30"}, "effective_from"),
        ("payers", {"effective_from": "2026-02-01", "effective_to": "2026-01-31"}, "effective_to"),
        ("providers", {"npi": "1999999027"}, "npi"),
        ("providers", {"taxonomy": "207Q00000"}, "taxonomy"),
        ("providers", {"tax_id": "12345678"}, "tax_id"),
        ("providers", {"address": "P.O. Box 7"}, "address"),
        ("providers", {"zip": "4599"}, "zip"),
        ("providers", {"entity_type": "2", "first_name": "AVERY"}, "first_name"),
        ("facilities", {"address": "POST OFFICE BOX 1"}, "address"),
        ("partners", {"segment_terminator": "*"}, "segment_terminator"),
        ("partners", {"component_separator": "A"}, "component_separator"),
        ("partners", {"component_separator": "."}, "component_separator"),
        ("partners", {"element_separator": "|", "receiver_identifier": "A|B"}, "receiver_identifier"),
        ("partners", {"claims_per_set": "0"}, "claims_per_set"),
        ("partners", {"usage_code": "X"}, "usage_code"),
        ("procedures", {"procedure_code": "99*13"}, "procedure_code"),
        ("procedures", {"primary_codes": "99213"}, "primary_codes"),
        ("demographic_limits", {"age_from": "65"}, "age_to"),
        ("coverage_policies", {"diagnosis_code": "5*"}, "diagnosis_code"),
        ("eligibility", {"active_to": "2025-12-31"}, "active_to"),
        ("fee_schedules", {"allowed": "91.055"}, "allowed"),
    ],
)
def test_a_wrong_cell_is_named_and_refuses_its_row_alone(kind, change, column):
    other = {"payer_code": "OTHER"} if any(one.name == "payer_code" for one in columns()[kind]) else {}
    if not other:
        other = {"effective_from": "2099-01-01"}
    assert faults(kind, change, other) == [(1, column)]
    rows = read_master_file(written(example(kind, **change), example(kind, **other))).rows
    assert len(rows) == 1


def test_an_account_is_said_only_for_codes_that_have_none():
    """Of a code with an account of its own, and of CS, a row could do nothing; a code that nobody knows may be new."""
    kind = "provider_adjustment_accounts"
    given = [example(kind, reason_code=code) for code in ("IR", "WO", "CS", "QQ", "WU")]
    file = read_master_file(written(*given))
    told = file.findings[["code", "seg", "element", "severity"]].to_numpy().tolist()
    held = [["master-row", row, "reason_code", "hold"] for row in (1, 2, 3)]
    assert told == [*held, ["master-code-unknown", 4, "reason_code", "note"]]
    assert file.rows["reason_code"].tolist() == ["QQ", "WU"]


def test_codes_are_read_as_people_write_them():
    row = read_master_file(written(example("providers", zip="45999-0100", taxonomy="207q00000x"))).rows.iloc[0]
    assert (row["zip"], row["taxonomy"]) == ("459990100", "207Q00000X")
    row = read_master_file(written(example("coverage_policies", diagnosis_code="r05.*"))).rows.iloc[0]
    assert row["diagnosis_code"] == "R05*"


def test_a_fee_is_cents():
    assert read_master_file(written(example("fee_schedules"))).rows["allowed_cents"].tolist() == [9105]


def test_rows_of_a_key_follow_each_other():
    new = {"effective_from": "2026-07-01"}
    assert faults("payers", {}, new) == []
    assert faults("payers", {}, new, {**new, "payer_name": "OTHER"}) == [(3, "effective_from")]
    ended = {"effective_from": "2026-01-01", "effective_to": "2026-06-30"}
    assert faults("payers", ended, new) == []
    assert faults("payers", {**ended, "effective_to": "2026-07-01"}, new) == [(1, "effective_to")]


def test_an_empty_cell_is_not_kept_so_that_a_new_column_changes_nothing():
    (body,) = read_master_file(b"payer_code,payer_name,partner_code,payer_zip\nA,B,C,\n").entries["body"]
    assert json.loads(body) == {"payer_code": "A", "payer_name": "B", "partner_code": "C"}


def test_findings_quote_no_cell():
    rows = [example("eligibility", member_id="ZZ CANARY"), example("eligibility", checked_on="ZZCANARY")]
    found = read_master_file(written(*rows) + b'ZZCANARY,"').findings
    assert not found.astype(str).apply(lambda column: column.str.contains("CANARY")).to_numpy().any()


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(
    data=st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: written(example("payers", payer_name=text, payer_code=text)))
)
def test_no_bytes_raise(data):
    file = read_master_file(data)
    assert len(file.rows) or len(file.findings) or not file.data_rows


def test_the_table_of_columns_is_sound():
    rows = columns_table()
    names = {column.name for column in EFFECTIVE}
    assert not rows.duplicated(["kind", "column"]).any()
    assert set(rows["values"]) <= set(KINDS)
    assert not set(rows["column"]) & names
    for kind, own in columns().items():
        assert own[0].is_key, kind
        for column in own:
            assert not column.default or KINDS[column.values].read(column.default) is not None
            assert not column.one_of or {column.default} - {""} <= set(column.one_of)


def test_payer_types_are_those_of_the_filing_limits():
    (column,) = (column for column in columns()["payers"] if column.name == "payer_type")
    assert set(column.one_of) == set(table("filing_limits")["payer_type"]) - {"secondary_claim"}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"method": "fixed", "percent": "", "rank_percents": ""}, ["amount"]),
        ({"method": "case_rate", "amount": "700.00"}, ["percent", "rank_percents"]),
        ({"method": "percent_of_charge", "percent": "62.5", "rank_percents": "", "schedule": "FABLE"}, ["schedule"]),
        ({"percent": "1.2345"}, ["percent"]),
        ({"rank_percents": "100 half"}, ["rank_percents"]),
        ({"method": "percent_of_charge", "percent": "62.5", "rank_percents": ""}, []),
    ],
)
def test_a_contract_term_holds_what_its_method_needs_and_nothing_else(change, wrong):
    assert [element for _, element in faults("contract_terms", change)] == wrong


def test_a_percentage_is_kept_in_thousandths_of_one():
    rows = read_master_file(written(example("modifier_factors", percent="62.5"))).rows
    assert rows["percent_milli"].tolist() == [62_500]
