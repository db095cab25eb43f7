"""Bank lines find patients' money: each rule, what fits twice, fees, and what goes out; no order matters."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.ledger.patient_deposits import tie

LINE = {
    "bank_line_id": 0,
    "rest_cents": 0,
    "bank_date": "2026-03-12",
    "kind": "card",
    "trace_number": "",
    "reference": "",
    "payer_name": "",
    "payer_identifier": "",
}
MONEY = {
    "payment_key": "",
    "amount_cents": 0,
    "paid_on": "2026-03-10",
    "method": "card",
    "reference": "",
    "batch_reference": "",
}


def made(default, rows):
    types = {name: "str" if isinstance(value, str) else "int64" for name, value in default.items()}
    return pd.DataFrame([default | row for row in rows], columns=list(default)).astype(types)


def lines(*rows):
    return made(LINE, [{"bank_line_id": place} | row for place, row in enumerate(rows, 1)])


def money(*rows):
    return made(MONEY, [{"payment_key": f"k{place}"} | row for place, row in enumerate(rows, 1)])


def told(outcome):
    return outcome.ties[["bank_line_id", "amount_cents", "fee_cents", "rule"]].to_numpy().tolist()


BATCH = money(
    {"amount_cents": 6000, "batch_reference": "B 007"},
    {"amount_cents": 4000, "batch_reference": "B007"},
    {"amount_cents": 500, "batch_reference": "B008"},
)


def test_a_batch_is_named_by_the_line_and_a_card_processor_keeps_a_fee():
    for column in ("trace_number", "reference"):
        outcome = tie(lines({"rest_cents": 9750, column: "b007", "bank_date": "2026-09-01"}), BATCH)
        assert told(outcome) == [[1, 10000, 250, "patient-batch"]]
        assert outcome.parts["payment_key"].tolist() == ["k1", "k2"]
    slip = {"rest_cents": 9750, "reference": "B007", "kind": "check"}
    assert told(tie(lines(slip), BATCH)) == []  # no bank keeps a fee of a deposit slip
    assert told(tie(lines(slip | {"rest_cents": 10000}), BATCH)) == [[1, 10000, 0, "patient-batch"]]
    assert told(tie(lines({"rest_cents": 9400, "trace_number": "B007"}), BATCH)) == []  # more than five percent


def test_a_batch_that_comes_in_two_lines_is_tied_when_they_add_up_to_it():
    first = {"rest_cents": 7000, "reference": "B007"}
    both = lines(first, {"rest_cents": 3000, "reference": "B007"})
    outcome = tie(both, BATCH)  # the fee is a line of its own
    assert told(outcome) == [[2, 3000, 0, "patient-batch"], [1, 7000, 0, "patient-batch"]]
    names = ["bank_line_id", "payment_key", "amount_cents"]
    assert outcome.parts[names].to_numpy().tolist() == [[2, "k1", 3000], [1, "k1", 3000], [1, "k2", 4000]]
    net = tie(lines(first | {"rest_cents": 6825}, {"rest_cents": 2925, "reference": "B007"}), BATCH)
    assert told(net) == [[2, 3000, 75, "patient-batch"], [1, 7000, 175, "patient-batch"]]
    less = money(*BATCH.to_dict("records"), {"amount_cents": -1000, "batch_reference": "B007"})
    back = tie(lines(first, {"rest_cents": 2000, "reference": "B007"}), less)
    assert back.parts.groupby("bank_line_id")["amount_cents"].sum().to_dict() == {1: 7000, 2: 2000}
    assert told(tie(lines(first), BATCH)) == []
    assert told(tie(lines(first, {"rest_cents": 2000, "reference": "B007"}), BATCH)) == []  # ten percent is no fee


def test_a_day_of_cards_may_come_in_two_lines_that_are_all_of_it():
    cards = money({"amount_cents": 6000}, {"amount_cents": 4000})
    split = lines({"rest_cents": 2500}, {"rest_cents": 7500})
    assert told(tie(split, cards)) == [[1, 2500, 0, "card-settlement"], [2, 7500, 0, "card-settlement"]]
    assert told(tie(lines({"rest_cents": 2500}, {"rest_cents": 7400}), cards)) == []
    three = lines({"rest_cents": 5000}, {"rest_cents": 5000}, {"rest_cents": 5000})
    assert told(tie(three, cards)) == []


def test_a_chargeback_makes_its_batch_smaller():
    less = money(*BATCH.to_dict("records"), {"amount_cents": -1000, "batch_reference": "B007"})
    assert told(tie(lines({"rest_cents": 8800, "trace_number": "B007"}), less)) == [[1, 9000, 200, "patient-batch"]]


def test_a_cheque_is_named_by_its_number_whenever_it_comes():
    cheques = money(
        {"amount_cents": 2200, "method": "cheque", "reference": "000711"},
        {"amount_cents": -800, "method": "cheque", "reference": "901"},
    )
    line = {"kind": "check", "bank_date": "2026-05-30"}
    found = tie(
        lines(line | {"rest_cents": 2200, "trace_number": "711"}, line | {"rest_cents": -800, "reference": "901"}),
        cheques,
    )
    assert told(found) == [[1, 2200, 0, "patient-reference"], [2, -800, 0, "patient-reference"]]
    assert told(tie(lines(line | {"rest_cents": 2100, "trace_number": "711"}), cheques)) == []


def test_a_day_of_cards_settles_without_a_name():
    cards = money({"amount_cents": 6000}, {"amount_cents": 4000}, {"amount_cents": 900, "method": "cash"})
    assert told(tie(lines({"rest_cents": 9750}), cards)) == [[1, 10000, 250, "card-settlement"]]
    assert told(tie(lines({"rest_cents": 9750}, {"rest_cents": 9800}), cards)) == []


def test_what_names_nobody_ties_by_amount_and_date_only_to_one_payment():
    cheque = {"amount_cents": 2200, "method": "cheque"}
    line = {"rest_cents": 2200, "kind": "check"}
    assert told(tie(lines(line), money(cheque))) == [[1, 2200, 0, "patient-amount-date"]]
    for other in (
        {"bank_date": "2026-03-20"},
        {"bank_date": "2026-03-09"},
        {"payer_name": "FABLEWOOD"},
        {"trace_number": "T1"},
        {"kind": "ach"},
    ):
        assert told(tie(lines(line | other), money(cheque))) == []
    assert told(tie(lines(line), money(cheque, cheque))) == []
    assert told(tie(lines(line, line), money(cheque))) == []
    back = money({"amount_cents": -2200, "method": "cheque"})
    out = {"rest_cents": -2200, "kind": "returned", "bank_date": "2026-04-10"}
    assert told(tie(lines(out), back)) == [[1, -2200, 0, "patient-amount-date"]]


AMOUNTS = st.integers(1, 5)
PAID = st.lists(
    st.builds(
        lambda cents, batch, number, method: {
            "amount_cents": cents * 1000,
            "batch_reference": batch,
            "reference": number,
            "method": method,
        },
        AMOUNTS,
        st.sampled_from(["", "B1", "B2"]),
        st.sampled_from(["", "N1", "N2"]),
        st.sampled_from(["card", "cheque", "cash"]),
    ),
    max_size=6,
)
CAME = st.lists(
    st.builds(
        lambda cents, trace, kind: {
            "rest_cents": cents * 1000 - 20 * (kind == "card"),
            "trace_number": trace,
            "kind": kind,
        },
        AMOUNTS,
        st.sampled_from(["", "B1", "N1"]),
        st.sampled_from(["card", "check", "ach"]),
    ),
    max_size=4,
)


@settings(deadline=None, max_examples=25)
@given(PAID, CAME)
def test_ties_add_up_use_nothing_twice_and_depend_on_no_order(paid, came):
    bank, hand = lines(*came), money(*paid)
    outcome = tie(bank, hand)
    again = tie(bank.iloc[::-1], hand.iloc[::-1])
    assert sorted(told(outcome)) == sorted(told(again))
    assert not outcome.ties["bank_line_id"].duplicated().any()
    used = outcome.parts.groupby("payment_key")["amount_cents"].sum()
    whole = hand.set_index("payment_key")["amount_cents"].reindex(used.index)
    assert used.to_dict() == whole.to_dict()
    settled = outcome.ties.set_index("bank_line_id")
    sums = outcome.parts.groupby("bank_line_id")["amount_cents"].sum()
    assert sums.to_dict() == settled["amount_cents"].to_dict()
    rest = bank.set_index("bank_line_id")["rest_cents"].reindex(settled.index)
    assert (settled["amount_cents"] - settled["fee_cents"]).to_dict() == rest.to_dict()
