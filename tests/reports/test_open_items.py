"""Which items are open behind a balance, since when, and what made and names them."""

import pandas as pd

from claims.reports.open_items import KEY, came_with, listed, standing

PLACED = {
    **{"sha256": "f" * 64, "offset": 10, "length": 5, "payer_name": "FABLEWOOD", "trace_number": "T2"},
    **{"payment_date": "2025-06-30", "claim_number": "", "item": "takeback"},
}


def moved(*rows):
    """Movements as (account, reference, day, provider adjustment, cents)."""
    told = pd.DataFrame(rows, columns=["account", "reference", "day", "came_with_id", "amount_cents"])
    none = ("claim_payment_id", "bank_line_id", "adjustment_id", "remit_id", "family_id", "decided_by_id")
    return told.assign(payer_code="FABLE", payee_identifier="1", **dict.fromkeys(none, 0))


def test_what_was_undone_made_no_item_and_dates_none():
    rows = moved(
        ("2110", "T2", "2025-06-30", 1, -2000),
        ("2110", "T2", "2025-07-02", 1, 2000),
        ("2110", "T2", "2025-07-01", 2, 2000),
    )
    items = standing(rows)
    assert items[["since_date", "amount_cents"]].to_numpy().tolist() == [["2025-07-01", -2000]]
    assert came_with(items, rows)["came_with_id"].tolist() == [2]


def test_an_item_that_changed_its_sign_is_open_since_then_and_made_by_what_turned_it():
    rows = moved(("2100", "ICN7", "2025-06-30", 1, -3000), ("2100", "ICN7", "2025-07-02", 2, 4000))
    items = standing(rows)
    assert items[["since_date", "amount_cents"]].to_numpy().tolist() == [["2025-07-02", -1000]]
    assert came_with(items, rows)["came_with_id"].tolist() == [2]


def test_an_exception_of_a_segment_names_the_item_that_it_is_about():
    rows = moved(
        ("2100", "ICN7", "2025-06-30", 1, -2000),
        ("2100", "NEW", "2025-06-30", 2, 800),
        ("2110", "T2", "2025-06-30", 3, -900),
    )
    items = standing(rows)
    sources = items[KEY].assign(day="2025-06-30", seg=7, **PLACED)
    told = pd.DataFrame({"type_code": ["WO_WITHOUT_REVERSAL", "PLB_UNKNOWN", "SOMETHING_ELSE"]})
    exceptions = told.assign(claim_payment_id=0, bank_line_id=0, remit_id=0, sha256="f" * 64, seg=7)
    named = listed(items, {}, sources, exceptions, "2025-07-01").set_index("reference")["named_by"].to_dict()
    assert named == {
        "ICN7": "SOMETHING_ELSE",
        "NEW": "SOMETHING_ELSE WO_WITHOUT_REVERSAL",
        "T2": "SOMETHING_ELSE",
    }
