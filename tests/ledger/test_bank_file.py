"""The bank CSV: what is a row, what is refused, and which row is which."""

import pytest

from claims.ledger.bank_file import is_bank_file, read_bank_file

HEAD = b"date,amount,trace_number,payer_name,reference,type\n"


def test_rows_know_their_bytes():
    data = b"\xef\xbb\xbf" + HEAD + b"2025-03-11,88.00,T1,PLAN ONE,,EFT\n\n2025-03-12,-5,T2,PLAN ONE,,FEE\r\n"
    lines, problems = read_bank_file(data)
    assert problems.empty
    assert lines["amount_cents"].tolist() == [8800, -500]
    cut = [data[at : at + size] for at, size in zip(lines["offset"], lines["length"], strict=True)]
    assert cut == [b"2025-03-11,88.00,T1,PLAN ONE,,EFT\n", b"2025-03-12,-5,T2,PLAN ONE,,FEE\r\n"]


def test_a_stray_quote_costs_no_other_row():
    rows = b'2025-03-11,1.00,T1,ACME 5" PIPE,,EFT\n2025-03-11,2.00,T2,X,,EFT\n2025-03-11,3.00,T3,X,,EFT\n'
    lines, problems = read_bank_file(HEAD + rows)
    assert lines["amount_cents"].tolist() == [100, 200, 300]
    assert problems.empty


def test_a_quote_that_is_never_closed_costs_its_own_line_only():
    rows = b'2025-03-11,1.00,T1,"ACME,,EFT\n' + b"2025-03-11,2.00,T2,X,,EFT\n" * 40
    lines, problems = read_bank_file(HEAD + rows)
    assert len(lines) == 40
    assert problems["code"].tolist() == ["bank-row"]


def test_a_quoted_cell_may_hold_a_line_end():
    lines, _ = read_bank_file(HEAD + b'2025-03-11,1.00,T1,"ACME\nPIPE",,EFT\n2025-03-11,2.00,T2,X,,EFT\n')
    assert lines["payer_name"].tolist() == ["ACME\nPIPE", "X"]


def test_the_banks_own_columns_tell_equal_rows_apart():
    head = b"date,amount,trace_number,transaction_id\n"
    keys = {
        read_bank_file(head + b"2025-03-11,88.00,," + own + b"\n")[0]["line_key"].iloc[0] for own in (b"TX1", b"TX2")
    }
    assert len(keys) == 2


def test_equal_rows_are_told_apart_by_their_place_and_known_again():
    row = b"2025-03-11,88.00,T1,X,,EFT\n"
    twice = read_bank_file(HEAD + row + row)[0]["line_key"].tolist()
    assert len(set(twice)) == 2
    assert read_bank_file(HEAD + row)[0]["line_key"].tolist() == twice[:1]


def test_a_row_is_the_same_however_its_amount_and_its_empty_cells_are_written():
    spellings = (
        HEAD + b"2025-03-11,88.00,T1,X,R1,\n",
        HEAD + b"2025-03-11,88,T1,X,R1\n",
        HEAD.replace(b"type", b"type,addenda") + b"2025-03-11,88.0,T1,X,R1,,\n",
        b"trace_number,date,amount,payer_name,reference\nT1,2025-03-11,88.00,X,R1\n",
    )
    assert len({read_bank_file(data)[0]["line_key"].iloc[0] for data in spellings}) == 1
    other = read_bank_file(HEAD + b"2025-03-11,8800,T1,X,R1,\n")[0]
    assert other["line_key"].iloc[0] != read_bank_file(spellings[0])[0]["line_key"].iloc[0]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (b"11.03.2025,1.00,T1,X,,EFT\n", "date"),
        (b"20250311,1.00,T1,X,,EFT\n", "date"),
        (b"2025-W11-2,1.00,T1,X,,EFT\n", "date"),
        (b"2025-03-11,1.005,T1,X,,EFT\n", "amount"),
        (b"2025-03-11,1e3,T1,X,,EFT\n", "amount"),
        (b"2025-03-11,1.00," + b"9" * 90 + b",X,,EFT\n", "trace_number"),
        (b"2025-03-11,1.00,T1,X,,EFT,more\n", "row"),
    ],
)
def test_a_wrong_row_is_refused_by_column_and_the_others_stay(row, column):
    lines, problems = read_bank_file(HEAD + row + b"2025-03-11,2.00,T2,X,,EFT\n")
    assert lines["amount_cents"].tolist() == [200]
    assert problems["element"].tolist() == [column]


def test_a_heading_that_stands_twice_refuses_the_file():
    lines, problems = read_bank_file(b"date,amount,trace_number,amount\n2025-03-11,1.00,T1,2.00\n")
    assert lines.empty
    assert problems["element"].tolist() == ["header"]


def test_only_its_header_makes_a_bank_file():
    assert is_bank_file(HEAD)
    assert not is_bank_file(b"Posting Date,Description,Amount\n")
