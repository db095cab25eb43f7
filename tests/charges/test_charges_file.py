"""The charges CSV: good claims go in whole, a wrong cell is named by row and column, nothing is quoted."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.cells.rows import split_rows
from claims.charges import is_charges_file, read_charges

ROW = {
    "claim_number": "A1",
    "payer_code": "FABLE",
    "payer_name": "FABLEWOOD HEALTH PLAN",
    "filing_indicator_code": "12",
    "billing_npi": "1999999018",
    "billing_name": "MADE UP PRACTICE",
    "member_id": "W1",
    "subscriber_last_name": "TEACUP",
    "subscriber_first_name": "PIP",
    "place_of_service": "11",
    "diagnosis_codes": "E11.9 I10",
    "service_from": "2026-09-01",
    "procedure_code": "99213",
    "charge": "145.00",
}


def written(*changes: dict[str, str], line_end: str = "\n") -> bytes:
    """Write rows like ROW, each with its changes."""
    names = list(dict.fromkeys([*ROW, *(name for change in changes for name in change)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator=line_end)
    writer.writeheader()
    writer.writerows({**ROW, **change} for change in changes)
    return text.getvalue().encode()


def problems(*changes: dict[str, str]) -> list[tuple[int, str]]:
    """Give row and column of each finding."""
    found = read_charges(written(*changes)).findings
    return list(zip(found["seg"], found["element"], strict=True))


def test_rows_of_a_claim_become_one_claim_with_lines():
    lines = {
        "procedure_code": "85025",
        "charge": "50",
        "modifiers": "59  xs",
        "units": "2.5",
        "service_to": "2026-09-03",
    }
    file = read_charges(written({}, lines, {"claim_number": "A2", "diagnosis_codes": "I10"}))
    assert file.findings.empty
    claims, service_lines = file.claims, file.service_lines
    assert claims["claim_number"].tolist() == ["A1", "A2"]
    assert claims["charge_cents"].tolist() == [19500, 14500]
    assert claims["diagnosis_codes"].tolist() == ["E119 I10", "I10"]
    assert claims["seg"].tolist() == [1, 3]
    assert claims[["statement_from_date", "statement_to_date"]].to_numpy().tolist()[0] == [20260901, 20260903]
    assert claims[["kind", "frequency_code", "payer_sequence", "relationship_code"]].to_numpy().tolist()[0] == [
        *("P", "1", "P", "18")
    ]
    assert service_lines["claim_seg"].tolist() == [1, 1, 3]
    assert service_lines["modifiers"].tolist() == ["", "59 XS", ""]
    assert service_lines["units_milli"].tolist() == [1000, 2500, 1000]
    assert service_lines["service_to_date"].tolist() == [20260901, 20260903, 20260901]
    assert service_lines["line_control_number"].tolist() == ["A1L1", "A1L2", "A2L1"]


def test_rows_of_a_claim_need_not_stand_together():
    file = read_charges(written({}, {"claim_number": "A2"}, {"charge": "5.00"}))
    assert file.claims["charge_cents"].tolist() == [15000, 14500]
    assert file.service_lines["claim_seg"].tolist() == [1, 2, 1]


def test_the_patient_is_the_subscriber_unless_named():
    other = {"claim_number": "A2", "patient_last_name": "OATCAKE", "relationship_code": "19"}
    file = read_charges(written({}, {**other, "patient_first_name": "FERN", "patient_birth_date": "2015-02-01"}))
    assert file.claims["patient_last_name"].tolist() == ["TEACUP", "OATCAKE"]
    assert file.claims["patient_first_name"].tolist() == ["PIP", "FERN"]
    assert file.claims["patient_birth_date"].tolist() == [0, 20150201]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_addresses_are_the_rows_bytes(line_end):
    data = b"\xef\xbb\xbf" + written({}, {"claim_number": "A2", "billing_name": 'A "B", C'}, line_end=line_end)
    file = read_charges(data)
    assert file.findings.empty
    rows = [data[start : start + length] for start, length in file.service_lines[["offset", "length"]].to_numpy()]
    assert b"".join([data[: file.service_lines["offset"].iloc[0]], *rows]) == data
    assert rows[1].startswith(b"A2")


def test_quoted_line_ends_belong_to_the_row():
    data = written({"claim_number": "A1"}, {"claim_number": "A2"}).replace(b"TEACUP", b'"TEA\nCUP"', 1)
    rows = split_rows(data)
    assert [data[at : at + n] for at, n in zip(rows.offsets, rows.lengths, strict=True)] == [
        b"A1" + data.split(b"\nA1")[1].split(b"\nA2")[0] + b"\n",
        b"A2" + data.split(b"\nA2")[1],
    ]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("claim_number", ""),
        ("claim_number", "A 1"),
        ("claim_number", "X" * 21),
        ("billing_npi", "1999999019"),
        ("billing_npi", "199999901"),
        ("service_from", "2026-02-30"),
        ("service_from", "09/01/2026"),
        ("service_from", "20260901"),
        ("charge", "145.001"),
        ("charge", "1,450"),
        ("charge", "-1"),
        ("charge", ""),
        ("charge", "1e3"),
        ("units", "0"),
        ("units", "1.0001"),
        ("procedure_code", "9921"),
        ("modifiers", "25 26 59 76 77"),
        ("modifiers", "255"),
        ("diagnosis_codes", "NOPE"),
        ("diagnosis_codes", " ".join(["I10"] * 13)),
        ("diagnosis_pointers", "3"),
        ("diagnosis_pointers", "A"),
        ("diagnosis_pointers", "1 1"),
        ("place_of_service", "1"),
        ("frequency_code", "2"),
        ("relationship_code", "99"),
        ("subscriber_gender", "X"),
        ("service_to", "2026-08-31"),
        ("original_reference", "ICN1"),
    ],
)
def test_a_wrong_cell_is_named_and_keeps_out_its_claim_only(column, cell):
    file = read_charges(written({}, {"claim_number": "A2", **{column: cell}}))
    assert [
        (int(seg), element) for seg, element in zip(file.findings["seg"], file.findings["element"], strict=True)
    ] == [(2, column)]
    assert file.claims["claim_number"].tolist() == ["A1"]
    assert set(file.findings["severity"]) == {"hold"}
    if len(cell) > 3:
        assert not any(cell in text for text in file.findings[["found", "expected", "message"]].to_numpy().ravel())


def test_a_good_row_of_a_refused_claim_is_named_too():
    file = read_charges(written({}, {"charge": "x"}, {"claim_number": "A2"}))
    assert file.findings[["seg", "code"]].to_numpy().tolist() == [[1, "charges-claim-row"], [2, "charges-row"]]
    assert file.claims["claim_number"].tolist() == ["A2"]
    assert file.service_lines["claim_seg"].tolist() == [3]


def test_columns_of_the_claim_say_the_same_on_every_row():
    assert problems({}, {"payer_code": "DRAGN"}) == [(1, ""), (2, "payer_code")]


def test_a_replacement_names_what_it_replaces():
    assert problems({"frequency_code": "7"}) == [(1, "original_reference")]
    assert problems({"frequency_code": "7", "original_reference": "ICN1"}) == []


def test_a_line_number_stands_once():
    assert problems({"line_control_number": "L1"}, {"line_control_number": "L1", "claim_number": "A2"}) == [
        (2, "line_control_number")
    ]


def test_a_claim_has_at_most_fifty_lines():
    assert len(problems(*[{}] * 51)) == 51
    assert problems(*[{}] * 50) == []


def test_cells_beyond_the_header_are_a_finding():
    data = written({}, {"claim_number": "A2"}).replace(b"145.00\nA2", b"145.00,more\nA2")
    found = read_charges(data).findings
    assert found[["seg", "code"]].to_numpy().tolist() == [[1, "charges-row"]]
    assert "more" not in found["message"].iloc[0].split("row has more")[0]


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"claim_number,charge,procedure_code\n", b"a;b\n1;2\n", b"\xff\xfe\x00"]
)
def test_a_file_without_the_needed_columns_is_refused_whole(data):
    file = read_charges(data)
    assert file.findings["code"].tolist() == ["charges-header"]
    assert file.claims.empty and file.service_lines.empty
    assert "charge_cents" in file.claims and "claim_seg" in file.service_lines


def test_a_quote_that_does_not_end_is_refused():
    assert read_charges(written({}) + b'"A2,never').findings["code"].tolist() == ["charges-not-csv"]


def test_unknown_columns_are_noted_and_windows_text_is_read():
    file = read_charges(written({"colour": "red", "billing_name": "CAF\u00c9"}).decode().encode("cp1252"))
    assert set(file.findings["code"]) == {"charges-column-unknown", "charges-not-utf8"}
    assert set(file.findings["severity"]) == {"note"}
    assert file.claims["billing_name"].tolist() == ["CAF\u00c9"]


def test_the_body_hash_is_of_what_the_rows_say():
    plain = read_charges(written({})).claims["body_hash"].tolist()
    assert read_charges(written({"units": "1.0", "charge": "145"})).claims["body_hash"].tolist() == plain
    assert read_charges(written({"colour": "red"})).claims["body_hash"].tolist() == plain
    assert read_charges(written({"charge": "146"})).claims["body_hash"].tolist() != plain


def test_the_header_tells_what_a_file_is():
    assert is_charges_file(written({}))
    assert is_charges_file(b"\xef\xbb\xbf" + written({}))
    assert not is_charges_file(b"date,amount,trace_number,payer_name\n")
    assert not is_charges_file(b"ISA*00*")


@pytest.mark.long
@settings(max_examples=30, deadline=None)
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: written({"billing_name": text})))
def test_no_bytes_raise(data):
    file = read_charges(data)
    assert len(file.claims) or len(file.findings)


cells = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    str.strip
)


@pytest.mark.long
@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(cells, st.integers(0, 10**9)), min_size=1, max_size=8))
def test_what_was_written_is_read_and_amounts_stay_exact(rows):
    changes = [
        {"claim_number": f"A{n}", "billing_name": name, "charge": f"{cents // 100}.{cents % 100:02d}"}
        for n, (name, cents) in enumerate(rows)
    ]
    file = read_charges(written(*changes))
    assert file.findings.empty
    assert file.claims["charge_cents"].tolist() == [cents for _, cents in rows]
    assert file.claims["billing_name"].tolist() == [name.strip() for name, _ in rows]
