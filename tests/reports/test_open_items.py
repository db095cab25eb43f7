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
    own = dict.fromkeys((*none, "moved_by_id", "root_id", "is_back"), 0)
    return told.assign(payer_code="FABLE", payee_identifier="1", **own)


def taken_back(rows, *roots):
    """Say by two numbers each of which journal a movement is at the beginning, and whether it takes it back."""
    return rows.assign(root_id=[root for root, _ in roots], is_back=[is_back for _, is_back in roots])


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


def test_what_came_again_after_an_undo_or_a_tie_taken_apart_is_as_old_as_before():
    in_hand, tied = ("2200", "", "2025-06-01", 0, -100), ("2200", "", "2025-06-02", 0, 100)
    apart = ("2200", "", "2025-06-03", 0, -100)
    undone, again = ("2200", "", "2025-06-04", 0, 100), ("2200", "", "2025-06-09", 0, -90)
    gone, back = ("2200", "", "2025-06-10", 0, 90), ("2200", "", "2025-06-12", 0, -70)

    def since(*rows):
        items = standing(taken_back(moved(*(row for row, _ in rows)), *(root for _, root in rows)))
        return items[["since_date", "amount_cents"]].to_numpy().tolist()

    apart_again = (in_hand, (7, 0)), (tied, (5, 0)), (apart, (5, 1))
    assert since(*apart_again) == [["2025-06-01", 100]]
    assert since((in_hand, (0, 0)), *apart_again[1:], (undone, (5, 0))) == []  # the untie was undone, too
    posted = (in_hand, (7, 0)), (undone, (7, 1)), (again, (0, 0))
    assert since(*posted[:2]) == []
    assert since(*posted) == [["2025-06-01", 90]]
    # What the bank brings after that is no posting again.
    assert since(*posted, (gone, (0, 0)), (back, (0, 0))) == [["2025-06-12", 70]]


def test_what_another_remittance_or_deposit_brings_is_never_as_old_as_what_was_undone():
    advance, undone = ("2120", "ADV", "2025-06-30", 1, -100), ("2120", "ADV", "2025-07-10", 1, 100)
    other, again = ("2120", "ADV", "2025-07-30", 2, -40), ("2120", "ADV", "2025-08-09", 1, -100)
    rows = taken_back(moved(advance, undone, other, again), (7, 0), (7, 1), (0, 0), (0, 0))
    items = standing(rows[:3])
    assert items[["since_date", "amount_cents"]].to_numpy().tolist() == [["2025-07-30", 40]]
    assert came_with(items, rows[:3])["came_with_id"].tolist() == [2]
    # The same remittance, posted again, is what it was.
    assert standing(rows)[["since_date", "amount_cents"]].to_numpy().tolist() == [["2025-06-30", 140]]
    in_bank = [("1000", "", day, 0, cents) for day, cents in (("2025-06-30", 88), ("2025-07-10", -88))]
    cash = taken_back(moved(*in_bank, ("1000", "", "2025-07-30", 0, 40)), (7, 0), (7, 1), (0, 0))
    assert standing(cash.assign(moved_by_id=[1, 1, 2]))["since_date"].tolist() == ["2025-07-30"]
    assert standing(cash.assign(moved_by_id=1))["since_date"].tolist() == ["2025-06-30"]
