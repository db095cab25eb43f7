"""R0 and R1: each rule letter has its cases, and the join agrees with reading the table row by row."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims import codes
from claims.denials import classify
from tests.denials.frames import adjustments, claims, lines


def classified(*rows, claim=None, line=None, **options):
    """Classify adjustments (group, code, cents) of one line of 100.00 that was paid 20.00."""
    return classify(
        claims({"paid_cents": 2000} | (claim or {})),
        lines({"paid_cents": 2000} | (line or {})),
        adjustments(*((1, 1, *row) for row in rows)),
        **options,
    )


# rule, group, code, cents, class, counts as denial, exception
RULES = [
    ("a", "OA", "23", 500, "memo", False, ""),
    ("a", "CO", "23", 500, "memo", False, "GROUP_MISMATCH"),
    ("a", "OA", "23", -500, "memo", False, "NEGATIVE_ADJ"),
    ("b", "OA", "209", 500, "patient", False, ""),
    ("b", "PR", "209", 500, "patient", False, "GROUP_MISMATCH"),
    ("b", "OA", "209", -500, "patient", False, "NEGATIVE_ADJ"),
    ("c", "OA", "133", 500, "pending", False, ""),
    ("c", "CO", "133", 500, "pending", False, "GROUP_MISMATCH"),
    ("c", "CO", "143", 500, "pending", False, ""),
    ("c", "OA", "257", -500, "pending", False, "NEGATIVE_ADJ"),
    ("c", "OA", "277", 500, "pending", False, ""),
    ("c", "OA", "101", 500, "pending", False, "PREDETERMINATION_101"),
    ("d", "CO", "94", -500, "info", False, ""),
    ("d", "CO", "94", 500, "info", False, ""),
    ("e", "PR", "1", 500, "patient", False, ""),
    ("e", "OA", "2", 500, "patient", False, ""),
    ("e", "PR", "3", -500, "patient", False, "NEGATIVE_ADJ"),
    ("e", "PR", "66", 500, "patient", False, ""),
    ("e", "PR", "85", 500, "patient", False, ""),
    ("e", "PR", "142", 500, "patient", False, ""),
    ("e", "PR", "201", 500, "patient", False, ""),
    ("e", "PR", "275", 500, "patient", False, ""),
    ("e", "PR", "P3", 500, "patient", False, ""),
    ("e", "PR", "100", 500, "patient", False, ""),
    ("f", "CO", "1", 500, "contractual", False, "GROUP_MISMATCH"),
    ("f", "PI", "3", 500, "contractual", False, "GROUP_MISMATCH"),
    ("h", "CO", "45", -500, "contractual", False, ""),
    ("h", "CO", "253", -500, "sequestration", False, ""),
    ("h", "CO", "16", -500, "info", False, "NEGATIVE_ADJ"),
    ("h", "PR", "96", -500, "info", False, "NEGATIVE_ADJ"),
    ("i", "CO", "45", 500, "contractual", False, ""),
    ("i", "OA", "45", 500, "contractual", False, "GROUP_MISMATCH"),
    ("i", "CO", "253", 500, "sequestration", False, ""),
    ("i", "CO", "144", 500, "info", False, ""),
    ("j", "PR", "96", 500, "noncovered", True, ""),
    ("j", "PR", "45", 500, "noncovered", False, ""),
    ("k", "CO", "97", 500, "bundling", True, ""),
    ("k", "CO", "16", 500, "denial", True, ""),
    ("k", "OA", "18", 500, "denial", True, ""),
    ("k", "CO", "ZZ9", 500, "denial", True, "UNKNOWN_CARC"),
    ("k", "PR", "ZZ9", 500, "noncovered", True, "UNKNOWN_CARC"),
    ("k", "XX", "16", 500, "denial", True, "UNKNOWN_GROUP"),
    ("k", "XX", "ZZ9", 500, "denial", True, "UNKNOWN_GROUP"),
    ("h", "XX", "ZZ9", -500, "info", False, "NEGATIVE_ADJ"),
    ("codes as payers write them", "CO", "016", 500, "denial", True, ""),
    ("codes as payers write them", "PR", "p3", 500, "patient", False, ""),
    ("codes as payers write them", "co", "45", 500, "contractual", False, ""),
]


@pytest.mark.parametrize(
    ("rule", "group", "code", "cents", "expected", "counts", "exception"),
    RULES,
    ids=[f"{row[0]} {row[1]}-{row[2]} {row[3]}" for row in RULES],
)
def test_rule_letter(rule, group, code, cents, expected, counts, exception):
    row = classified((group, code, cents)).iloc[0]
    assert (row["adjustment_class"], row["counts_as_denial"], row["exception"]) == (expected, counts, exception)


@pytest.mark.parametrize(
    ("group", "code", "charge", "paid", "cents", "expected"),
    [
        ("CO", "45", 10000, 0, 10000, "denial"),
        ("OA", "42", 10000, 0, 10000, "denial"),
        ("CO", "A2", 10000, 0, 10000, "denial"),
        ("PR", "45", 10000, 0, 10000, "noncovered"),
        ("CO", "45", 10000, 1, 10000, "contractual"),
        ("CO", "45", 10000, 0, 9999, "contractual"),
        ("CO", "45", 0, 0, 0, "contractual"),
    ],
)
def test_g_price_reduction_of_the_whole_charge_is_a_denial(group, code, charge, paid, cents, expected):
    row = classified((group, code, cents), line={"charge_cents": charge, "paid_cents": paid}).iloc[0]
    assert row["adjustment_class"] == expected
    assert (row["exception"] == "CO45_FULL") == (expected == "denial")


def test_g_looks_at_the_claim_for_a_claim_level_adjustment():
    claim = claims({"charge_cents": 7000, "paid_cents": 0})
    rows = adjustments((1, 0, "CO", "45", 7000), (1, 0, "CO", "45", 10000))
    assert classify(claim, lines(), rows)["adjustment_class"].tolist() == ["denial", "contractual"]


def pair(ninety_four, ninety_seven, *, procedure="99214", paid=0):
    """Classify a 94 on line 1 and a 97 on line 2."""
    service_payments = lines(
        {"procedure_code": "99214", "paid_cents": 15000},
        {"service_payment_id": 2, "procedure_code": procedure, "paid_cents": paid},
    )
    rows = adjustments((1, 1, "CO", "94", ninety_four), (1, 2, "CO", "97", ninety_seven))
    return classify(claims({"paid_cents": 15000}), service_payments, rows)["adjustment_class"].tolist()


def test_d_a_97_that_balances_a_negative_94_is_information():
    assert pair(-5000, 5000) == ["info", "info"]


@pytest.mark.parametrize(
    "change", [{"ninety_seven": 4999}, {"procedure": "99213"}, {"paid": 1}, {"ninety_four": 5000}], ids=str
)
def test_d_any_other_97_is_bundling(change):
    assert pair(**({"ninety_four": -5000, "ninety_seven": 5000} | change))[1] == "bundling"


def test_d_a_97_of_zero_without_a_94_is_bundling():
    assert classified(("CO", "97", 0), line={"paid_cents": 0})["adjustment_class"].tolist() == ["bundling"]


def test_d_pairs_do_not_reach_across_claim_payments():
    rows = adjustments((1, 1, "CO", "94", -5000), (2, 2, "CO", "97", 5000))
    result = classify(
        claims({}, {"claim_payment_id": 2}),
        lines({}, {"claim_payment_id": 2, "service_payment_id": 2}),
        rows,
    )
    assert result["adjustment_class"].tolist() == ["info", "bundling"]


@pytest.mark.parametrize("status", ["22", "23", "25", "5", ""])
def test_r0_what_is_no_adjudication_has_no_class(status):
    row = classified(("CO", "16", 500), claim={"status_code": status}).iloc[0]
    assert (row["adjustment_class"], row["counts_as_denial"], row["rule_priority"]) == ("", False, 0)


@pytest.mark.parametrize("status", ["1", "2", "3", "4", "19", "20", "21"])
def test_r0_an_adjudication_is_classified(status):
    assert classified(("CO", "16", 500), claim={"status_code": status})["adjustment_class"].tolist() == ["denial"]


def test_r0_one_group_cr_takes_the_classes_of_the_whole_claim_payment():
    rows = adjustments((1, 1, "CO", "16", 500), (1, 0, "CR", "45", 500), (2, 2, "CO", "16", 500))
    result = classify(
        claims({}, {"claim_payment_id": 2}), lines({}, {"claim_payment_id": 2, "service_payment_id": 2}), rows
    )
    assert result["adjustment_class"].tolist() == ["", "", "denial"]


def test_a_payer_setting_chooses_its_row():
    row = classified(("CO", "104", 500), payer_rules={"PAYER": {"withhold_receivable"}}).iloc[0]
    assert (row["adjustment_class"], row["account"]) == ("contractual", "1400")
    assert classified(("CO", "104", 500), payer_rules={"OTHER": {"withhold_receivable"}})["account"].tolist() == [""]
    assert classified(("CO", "24", 500), payer_rules={"PAYER": {"capitated"}})["next_action"].tolist() == ["POST"]
    assert classified(("CO", "24", 500))["next_action"].tolist() == ["SEC"]


def test_workers_compensation_is_known_by_the_filing_indicator():
    assert classified(("CO", "18", 500))["exception"].tolist() == ["GROUP_MISMATCH"]
    assert classified(("CO", "18", 500), claim={"filing_indicator_code": "WC"})["exception"].tolist() == [""]


def test_a_payers_own_row_wins_by_its_lower_priority():
    table = codes.table("carc")
    own = table[table["code"] == "253"].assign(priority="5", payer="PAYER", next_action="VAR")
    rules = pd.concat([table, own])
    assert classified(("CO", "253", 500), rules=rules)["next_action"].tolist() == ["VAR"]
    assert classified(("CO", "253", 500), rules=rules, claim={"payer_code": "X"})["next_action"].tolist() == ["POST"]


def test_rows_keep_their_order_and_an_empty_batch_its_columns():
    rows = adjustments((1, 1, "CO", "45", 1), (1, 1, "PR", "1", 2), (1, 1, "CO", "16", 3)).iloc[[2, 0, 1]]
    result = classify(claims({"paid_cents": 1}), lines({"paid_cents": 1}), rows)
    assert result["adjustment_id"].tolist() == [3, 1, 2]
    assert result["adjustment_class"].tolist() == ["denial", "contractual", "patient"]
    empty = classify(claims(), lines(), adjustments())
    assert list(empty.columns) == list(result.columns) and len(empty) == 0
    assert (empty.dtypes == result.dtypes).all()


TABLE = codes.table("carc")
SORTED = TABLE.assign(priority=TABLE["priority"].astype(int)).sort_values("priority").to_dict("records")
CODES = sorted(set(TABLE["code"]) - {""})


def read_by_hand(group, code, cents, charge, paid):
    """Walk down the table as its README says, for one line on its own."""
    for row in SORTED:
        fits = (
            row["code"] in ("", code)
            and row["group"] in ("", group if group in ("CO", "PR", "OA", "PI", "CR") else "other")
            and row["sign"] in ("", "negative" if cents < 0 else "positive")
            and (row["full_charge"] == "" or (charge > 0 and cents == charge and paid == 0))
            and row["bundle_pair"] == row["payer_rule"] == row["payer"] == ""
        )
        if fits:
            return row["priority"]
    raise AssertionError("the last row catches all")


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["CO", "PR", "OA", "PI", "XX", ""]),
            st.sampled_from([*CODES, "ZZ9"]),
            st.sampled_from([-10000, -1, 0, 1, 10000]),
            st.sampled_from([0, 10000]),
            st.sampled_from([0, 1]),
        ),
        max_size=40,
    )
)
def test_the_join_agrees_with_reading_the_table_row_by_row(rows):
    numbers = range(1, len(rows) + 1)
    result = classify(
        claims(*({"claim_payment_id": n} for n in numbers)),
        lines(
            *(
                {"claim_payment_id": n, "service_payment_id": n, "charge_cents": row[3], "paid_cents": row[4]}
                for n, row in zip(numbers, rows, strict=True)
            )
        ),
        adjustments(*((n, n, *row[:3]) for n, row in zip(numbers, rows, strict=True))),
    )
    assert result["rule_priority"].tolist() == [read_by_hand(*row) for row in rows]
    assert np.array_equal(
        result["counts_as_denial"],
        [
            TABLE.set_index("priority").loc[str(priority), "counts_as_denial"] == "Y"
            for priority in result["rule_priority"]
        ],
    )
