"""A bank's own headings and formats: what is read from them, and what a file of them must say."""

import pytest

from claims.errors import ConfigError
from claims.ledger.bank_columns import read_columns
from claims.ledger.bank_file import is_bank_file, read_bank_file

COLUMNS = b"""column,heading,format
date,Posting Date,MM/DD/YYYY
credit,Credit,"1,234.56"
debit,Debit,
trace_number,Check No,
payer_name,Description,
"""
HEAD = b"Posting Date,Description,Credit,Debit,Check No,Balance\n"


def test_rows_are_read_under_the_banks_headings():
    columns = read_columns(COLUMNS, "bank_columns.csv")
    data = HEAD + b'3/11/2025,PLAN ONE,"$1,088.00",,T1,9\n03/12/2025,FEE,,12.00,,9\n03/13/2025,BOTH,1,2,,9\n,,,,,9\n'
    assert is_bank_file(data, columns)
    assert not is_bank_file(data)
    lines, problems = read_bank_file(data, columns)
    assert lines["bank_date"].tolist() == ["2025-03-11", "2025-03-12"]
    assert lines["amount_cents"].tolist() == [108800, -1200]
    assert (lines["trace_number"].iloc[0], lines["payer_name"].iloc[0]) == ("T1", "PLAN ONE")
    assert problems["element"].tolist() == ["amount", "date"]


def test_a_line_is_known_however_the_bank_writes_its_sum():
    columns = read_columns(COLUMNS, "bank_columns.csv")
    rows = (b'3/11/2025,PLAN ONE,"$1,088.00",,T1,9\n', b"03/11/2025,PLAN ONE,1088,0.00,T1,9\n")
    assert len({read_bank_file(HEAD + row, columns)[0]["line_key"].iloc[0] for row in rows}) == 1


def test_our_own_file_is_still_read_as_ours():
    columns = read_columns(COLUMNS, "bank_columns.csv")
    lines, _ = read_bank_file(b"date,amount,trace_number\n2025-03-11,1.00,T1\n", columns)
    assert lines["amount_cents"].tolist() == [100]


@pytest.mark.parametrize(
    ("written", "cents"), [("(12.00)", -1200), ("12.00-", -1200), ("-$1,200.5", -120050), ("1,200", 120000)]
)
def test_amounts_as_banks_write_them(written, cents):
    columns = read_columns(b'column,heading,format\ndate,Day,\namount,Sum,"1,234.56"\n', "bank_columns.csv")
    lines, _ = read_bank_file(b'Day,Sum\n2025-03-11,"' + written.encode() + b'"\n', columns)
    assert lines["amount_cents"].tolist() == [cents]


@pytest.mark.parametrize(
    "content",
    [
        b"column,heading,format\n",
        b"column,heading,format\ndate,Day,\n",
        b"column,heading,format\ndate,Day,\namount,Sum,\ncredit,In,\n",
        b"column,heading,format\ndate,Day,\ndate,Day,\namount,Sum,\n",
        b"column,heading,format\ndate,Day,D/M/Y\namount,Sum,\n",
        b"column,heading,format\ndate,Day,\namount,Sum,1.234\n",
        b"column,heading,format\nday,Day,\n",
    ],
)
def test_a_file_that_cannot_be_meant_is_a_wrong_setting(content):
    with pytest.raises(ConfigError):
        read_columns(content, "bank_columns.csv")
