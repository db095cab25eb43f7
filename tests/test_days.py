"""A day is written in one way, wherever a file or a person says it."""

import pytest

from claims.cells import KINDS
from claims.cli.run import posting_day
from claims.errors import UsageError
from claims.ledger.bank_columns import read_columns
from claims.master.kinds import KINDS as OF_MASTER_DATA


@pytest.mark.parametrize("text", ["20250311", "2025-W11-2", "2025-3-11", "2025-03-11 ", "2025-02-30"])
def test_another_form_of_a_day_is_none(text):
    assert (KINDS["date"].read(text), OF_MASTER_DATA["bound"].read(text)) == (None, None)
    with pytest.raises(UsageError):
        posting_day(text)


def test_a_banks_day_has_all_its_digits():
    compact = read_columns(b"column,heading,format\ndate,Day,YYYYMMDD\namount,Sum,\n", "bank_columns.csv")
    days = [compact.translated({"day": text, "sum": "1"})["date"] for text in ("20250311", "2025111", "2025-W11-2")]
    assert days == ["2025-03-11", "2025111", "2025-W11-2"]
