"""The CSV of patients' payments: what is read, what is refused where, and what makes two rows the same payment."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from claims.ledger.documented import put_into
from claims.ledger.patient_file import columns, is_patient_file, methods, read_patient_file, write_rows

PAGE = Path(__file__).resolve().parents[2] / "docs" / "files.md"
ROW = {"paid_on": "2026-09-14", "amount": "25.00", "method": "card", "claim_number": "EX1", "reference": "TX1"}


def one(**cells: str):
    return read_patient_file(write_rows([ROW | cells]))


def test_the_page_has_the_table_as_it_is_and_its_example_reads():
    page = PAGE.read_text(encoding="utf-8")
    assert put_into(page) == page, "run: python -m claims.ledger.documented"
    example = page.split("## Patients' payments")[1].split("```csv\n")[1].split("```")[0]
    read = read_patient_file(example.encode())
    assert (read.payments["amount_cents"].tolist(), len(read.findings)) == ([2500, 4000], 0)


def test_the_header_tells_the_file_and_no_other():
    assert is_patient_file(write_rows([]))
    assert is_patient_file(b"\xef\xbb\xbfMETHOD,Amount,paid_on\r\n")
    assert not is_patient_file(b"date,amount,trace_number\n")
    assert not is_patient_file(b"claim_number,charge,procedure_code\n")


def test_each_wrong_cell_is_named_by_row_and_column_and_never_quoted():
    wrong = {
        "paid_on": "14.09.2026",
        "amount": "25,00",
        "method": "barter",
        "claim_number": "MUFFINGTON ODETTE",
        "member_id": "x" * 81,
        "note": "x" * 201,
    }
    for name, cell in wrong.items():
        found = one(**{name: cell}).findings
        assert found[["seg", "element", "severity"]].to_numpy().tolist() == [[1, name, "hold"]]
        assert cell not in " ".join(found["message"])
    assert one(amount="0").findings["element"].tolist() == ["amount"]


def test_a_row_says_where_it_stands():
    data = write_rows([ROW, ROW | {"reference": "TX2"}])
    rows = read_patient_file(data).payments
    at, length = int(rows["offset"].iloc[1]), int(rows["length"].iloc[1])
    assert data[at : at + length].startswith(b",2026-09-14,25.00,card,EX1") and b"TX2" in data[at : at + length]


def test_a_file_without_a_needed_column_or_an_end_is_refused_whole():
    for data, code in ((b"paid_on,amount\n", "payment-header"), (b'paid_on,amount,method\n"x', "payment-not-csv")):
        read = read_patient_file(data)
        assert (read.findings["code"].tolist(), read.findings["severity"].tolist()) == ([code], ["reject"])
        assert read.payments.empty


def test_the_same_row_counts_once_and_is_told():
    read = read_patient_file(write_rows([ROW, ROW, ROW | {"note": "again"}]))
    assert (len(read.payments), read.findings["code"].tolist()) == (1, ["payment-repeated"] * 2)


def test_a_number_of_its_own_tells_equal_payments_apart_and_keeps_changed_ones_together():
    first, other = one(payment_id="R1").payments.iloc[0], one(payment_id="R2").payments.iloc[0]
    changed = one(payment_id="R1", amount="26.00").payments.iloc[0]
    assert first["payment_key"] != other["payment_key"] and first["body_hash"] == other["body_hash"]
    assert first["payment_key"] == changed["payment_key"] and first["body_hash"] != changed["body_hash"]
    assert one(amount="25").payments["payment_key"].tolist() == one().payments["payment_key"].tolist()
    small = one(payment_id="r1", claim_number="ex1", reference="tx1").payments.iloc[0]
    assert (small["payment_key"], small["body_hash"]) == (first["payment_key"], first["body_hash"]), "capitals or not"
    assert one(claim_number="ex1", reference="tx1").payments["payment_key"].tolist() == [first["body_hash"]]


@given(st.lists(st.dictionaries(st.sampled_from(columns()["column"].tolist()), st.text(max_size=30)), max_size=5))
def test_nothing_that_a_file_holds_raises(rows):
    read = read_patient_file(write_rows(rows))
    assert len(read.payments) <= len(rows)
    assert (read.payments["amount_cents"] > 0).all() and set(read.payments["method"]) <= set(methods())
