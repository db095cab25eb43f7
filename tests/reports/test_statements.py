"""Statements from sums and shares: every cent is due, held back or in credit; what is not PR is never due."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.reports.statements import positions, ready_since, why_not

SHARE = st.tuples(
    st.integers(1, 3),
    st.sampled_from(["PR", "PR", "OA", "CO", "PI"]),
    st.sampled_from(["1", "2", "209"]),
    st.integers(1, 900),
)
PAID = st.tuples(st.integers(1, 3), st.integers(0, 1), st.integers(-900, 900))
OPEN = st.tuples(st.integers(1, 3), st.sampled_from("PS"), st.integers(-900, 900))


def frames(shares, paid, open_):
    told = pd.DataFrame(shares, columns=["family_id", "group_code", "reason_code", "amount_cents"]).astype(
        {"group_code": "str", "reason_code": "str", "family_id": "int64", "amount_cents": "int64"}
    )
    rows = [(family, "1200", "", 0, 0, cents) for family, _, _, cents in shares]
    rows += [(family, "1200", "", 1, key, -cents) for family, key, cents in paid]
    rows += [(family, "1100", turn, 0, 0, cents) for family, turn, cents in open_]
    names = ["family_id", "account", "payer_sequence", "is_patient", "has_key", "amount_cents"]
    numbers = dict.fromkeys(("family_id", "is_patient", "has_key", "amount_cents"), "int64")
    sums = pd.DataFrame(rows, columns=names).astype({"account": "str", "payer_sequence": "str"} | numbers)
    return sums, told


@pytest.mark.long
@settings(deadline=None, max_examples=80)
@given(st.lists(SHARE, max_size=8), st.lists(PAID, max_size=6), st.lists(OPEN, max_size=4), st.sets(st.integers(1, 3)))
def test_each_familys_account_is_due_held_back_or_in_credit_and_only_pr_is_due(shares, paid, open_, medicaid):
    sums, told = frames(shares, paid, open_)
    rows = positions(sums, told, sorted(medicaid))
    balance = (
        sums[sums["account"] == "1200"].groupby("family_id")["amount_cents"].sum().reindex(rows.index, fill_value=0)
    )
    parts = rows["due_cents"] + rows["held_cents"] + rows["not_billed_cents"] + rows["credit_cents"]
    assert parts.tolist() == balance.tolist()
    is_pr = (told["group_code"] == "PR") & (told["reason_code"] != "209")
    most = told[is_pr].groupby("family_id")["amount_cents"].sum().reindex(rows.index, fill_value=0)
    paid_off = rows["patient_paid_cents"] + rows["written_off_cents"]
    assert (rows["due_cents"] >= 0).all() and (rows["due_cents"] <= (most - paid_off).clip(lower=0)).all()
    waits = sums[sums["account"] == "1100"].groupby(["family_id", "payer_sequence"])["amount_cents"].sum()
    blocked = set(waits[waits > 0].index.get_level_values(0)) | medicaid
    assert (rows.loc[rows.index.isin(list(blocked)), "due_cents"] == 0).all()


def test_why_a_share_is_never_billed():
    shares = pd.DataFrame(
        {"group_code": ["PR", "PR", "OA", "CO"], "reason_code": ["2", "209", "209", "45"]}, dtype="str"
    )
    assert why_not(shares).tolist() == ["", "next-payer-only", "next-payer-only", "not-pr"]


def daily(*rows):
    names = [
        "family_id",
        "posting_date",
        "account",
        "payer_sequence",
        "group_code",
        "reason_code",
        "is_patient",
        "amount_cents",
    ]
    numbers = dict.fromkeys(("family_id", "is_patient", "amount_cents"), "int64")
    texts = dict.fromkeys(("posting_date", "account", "payer_sequence", "group_code", "reason_code"), "str")
    return pd.DataFrame(rows, columns=names).astype(numbers | texts)


def test_the_days_begin_when_no_payer_is_open_and_anew_after_a_break():
    charged, share = (1, "2025-01-01", "1100", "P", "", "", 0, 100), (1, "2025-02-01", "1200", "P", "PR", "2", 0, 30)
    rows = [charged, share, (1, "2025-02-01", "1100", "P", "", "", 0, -60)]
    assert ready_since(daily(*rows)).to_dict() == {}
    rows.append((1, "2025-03-01", "1100", "P", "", "", 0, -40))
    assert ready_since(daily(*rows)).to_dict() == {1: "2025-03-01"}
    rows.append((1, "2025-04-01", "1200", "", "", "", 1, -30))
    assert ready_since(daily(*rows)).to_dict() == {}
    rows.append((1, "2025-05-01", "1200", "", "", "", 1, 30))  # the cheque bounced
    assert ready_since(daily(*rows)).to_dict() == {1: "2025-05-01"}
    other_turn = [(1, "2025-06-01", "1100", "P", "", "", 0, -9), (1, "2025-06-01", "1100", "S", "", "", 0, 9)]
    assert ready_since(daily(*rows, *other_turn)).to_dict() == {}  # a credit of one payer settles no other
