"""Ties: each rule on small frames; what is not sure is ambiguous; what was considered says why it was not taken."""

import json
import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims import codes
from claims.ledger import deposit_pairs, deposits, payer_pairs, trace_pairs
from claims.ledger.deposit_pairs import MOST_CANDIDATES
from claims.ledger.deposits import tie
from claims.ledger.subsets import MOST, sets_of
from tests.ledger.deposit_frames import lines, remits


def tied(outcome):
    names = ["bank_line_id", "remit_id", "amount_cents", "fee_cents", "rule"]
    return sorted(outcome.ties[names].itertuples(index=False, name=None))


def why(outcome):
    rows = outcome.candidates
    return {(line, remit): word for line, remit, word in rows[["bank_line_id", "remit_id", "why"]].to_numpy().tolist()}


@pytest.mark.parametrize(
    ("line", "remit", "rule"),
    [
        ({"trace_number": "0T1 ".lower(), "payer_identifier": "512345678"}, {}, "trace-payer-amount"),
        ({"trace_number": "000T1", "payer_name": ""}, {}, "trace-amount"),
        ({"trace_number": "T1", "payer_name": "SOMEBODY ELSE INC", "bank_date": "2026-06-11"}, {}, "trace-amount"),
        ({}, {}, "payer-amount-date"),
        ({"payer_name": "", "payer_identifier": "1512345678"}, {}, "payer-amount-date"),
        ({"trace_number": "T9"}, {"trace_number": ""}, "payer-amount-date"),
        ({"bank_date": "2026-03-13"}, {}, "payer-amount-date"),
        ({"bank_date": "2026-03-16"}, {}, None),
        ({"trace_number": "T2"}, {}, None),
        ({"payer_name": "SOMEBODY ELSE INC"}, {}, None),
        ({"payer_name": "FABLE"}, {}, None),
        ({"payer_name": ""}, {}, None),
        ({"rest_cents": 8700}, {}, None),
    ],
)
def test_one_line_and_one_remittance(line, remit, rule):
    outcome = tie(lines(line), remits(remit))
    assert [row[-1] for row in tied(outcome)] == ([rule] if rule else [])
    assert outcome.ambiguous.empty


def test_a_trace_with_less_money_leaves_the_rest_open_and_with_more_settles_the_remittance_only():
    assert tied(tie(lines({"trace_number": "T1", "rest_cents": 5000}), remits({}))) == [
        (1, 1, 5000, 0, "trace-other-amount")
    ]
    assert tied(tie(lines({"trace_number": "T1", "rest_cents": 9000}), remits({}))) == [
        (1, 1, 8800, 0, "trace-other-amount")
    ]
    stranger = {"trace_number": "T1", "rest_cents": 5000, "payer_name": "SOMEBODY ELSE INC"}
    outcome = tie(lines(stranger), remits({}))
    assert (tied(outcome), why(outcome)) == ([], {(1, 1): "other-payer"})


def test_a_remittance_paid_in_parts():
    three = [{"trace_number": "T1", "rest_cents": cents} for cents in (5000, 3800, 1200)]
    assert tied(tie(lines(*three), remits({}))) == [(1, 1, 5000, 0, "trace-parts"), (2, 1, 3800, 0, "trace-parts")]
    assert [row[-1] for row in tied(tie(lines(*three[1:]), remits({})))] == ["trace-other-amount"] * 2
    unclear = [{"trace_number": "T1", "rest_cents": cents} for cents in (5000, 3800, 3800)]
    outcome = tie(lines(*unclear), remits({}))
    assert (tied(outcome), outcome.ambiguous["bank_line_id"].tolist()) == ([], [1, 2, 3])
    assert set(why(outcome).values()) == {"several-fit"}


def test_one_deposit_for_several_remittances_of_a_payer_and_day():
    day = [{"trace_number": f"T{place}", "open_cents": cents} for place, cents in enumerate((5000, 3000, 800, 77), 1)]
    for line, rule in (({}, "payer-sum"), ({"trace_number": "T2", "payer_name": ""}, "trace-sum")):
        expected = [(1, 1, 5000, 0, rule), (1, 2, 3000, 0, rule), (1, 3, 800, 0, rule)]
        assert tied(tie(lines(line), remits(*day))) == expected
    assert tied(tie(lines({"trace_number": "T4", "payer_name": ""}), remits(*day))) == [
        (1, 4, 77, 0, "trace-other-amount")
    ]
    elsewhere = [*day[:2], {"open_cents": 800, "payment_date": "2026-03-11"}]
    assert tied(tie(lines({}), remits(*elsewhere))) == []


def test_a_deposit_that_two_sets_of_remittances_fit_is_ambiguous_with_its_candidates():
    day = [{"trace_number": f"T{place}", "open_cents": cents} for place, cents in enumerate((5000, 3800, 3800), 1)]
    outcome = tie(lines({}), remits(*day))
    assert (tied(outcome), outcome.ambiguous["bank_line_id"].tolist()) == ([], [1])
    assert why(outcome) == {(1, 1): "several-fit", (1, 2): "several-fit", (1, 3): "several-fit"}


def test_two_deposits_that_want_the_same_remittance_are_both_ambiguous():
    outcome = tie(lines({}, {}), remits({}))
    assert (tied(outcome), outcome.ambiguous["bank_line_id"].tolist()) == ([], [1, 2])
    stronger = tie(lines({}, {"trace_number": "T1"}), remits({}))
    assert tied(stronger) == [(2, 1, 8800, 0, "trace-amount")]
    assert why(stronger) == {(1, 1): "taken", (2, 1): "chosen"}


def test_a_card_settlement_less_its_fee():
    card = {"kind": "card", "rest_cents": 8580}
    assert tied(tie(lines(card), remits({}))) == [(1, 1, 8800, 220, "payer-net-of-fee")]
    assert tied(tie(lines(card | {"trace_number": "T1"}), remits({}))) == [(1, 1, 8800, 220, "trace-net-of-fee")]
    assert tied(tie(lines(card | {"rest_cents": 8000}), remits({}))) == []
    assert tied(tie(lines(card | {"kind": "ach"}), remits({}))) == []


def test_a_card_settlement_in_two_lines_less_its_fee():
    first, second = ({"kind": "card", "trace_number": "T1", "rest_cents": cents} for cents in (5000, 3580))
    assert tied(tie(lines(first, second), remits({}))) == [
        (1, 1, 5129, 129, "trace-parts-net-of-fee"),
        (2, 1, 3671, 91, "trace-parts-net-of-fee"),
    ]
    whole = tie(lines(first, second | {"rest_cents": 3800}), remits({}))
    assert {row[-1] for row in tied(whole)} == {"trace-parts"}
    other = tie(lines(first, second | {"kind": "ach"}), remits({}))
    assert {row[3:] for row in tied(other)} == {(0, "trace-other-amount")}


@pytest.mark.parametrize(("by_card", "rule"), [(5000, "trace-net-of-fee"), (0, "trace-other-amount")])
def test_a_fee_is_a_part_of_what_cards_brought_before_too(by_card, rule):
    last = {"kind": "card", "trace_number": "T1", "rest_cents": 3580}
    rest = remits({"open_cents": 3800, "by_card_cents": by_card})
    assert [row[-1] for row in tied(tie(lines(last), rest))] == [rule]
    halves = tie(lines(last | {"rest_cents": 1790}, last | {"rest_cents": 1790}), rest)
    assert sum(fee for *_, fee, _ in tied(halves)) == (220 if by_card else 0)


def test_what_a_person_took_apart_is_not_tied_again_and_says_so():
    apart = pd.DataFrame({"bank_line_id": [1], "remit_id": [1]})
    outcome = tie(lines({"trace_number": "T1"}), remits({}), apart)
    assert (tied(outcome), why(outcome)) == ([], {(1, 1): "untied"})


def test_the_evidence_names_what_agrees_and_what_differs():
    outcome = tie(lines({"trace_number": "T1"}, {"trace_number": "T2"}), remits({}))
    (chosen, other) = outcome.candidates.sort_values("bank_line_id").to_dict("records")
    assert json.loads(chosen["evidence"]) == {"agree": ["trace", "payer-name", "amount", "date"], "differ": []}
    assert json.loads(other["evidence"]) == {"agree": ["payer-name", "amount", "date"], "differ": ["other-trace"]}
    assert (chosen["score"], other["score"], other["why"]) == (95, 0, "other-trace")
    assert outcome.ties["score"].tolist() == [95]


def test_no_lines_or_no_remittances_tie_nothing():
    for some in (tie(lines(), remits({})), tie(lines({}), remits()), tie(lines(), remits())):
        assert some.ties.empty
        assert some.candidates.empty


def test_every_word_that_ties_use_has_a_row():
    known = codes.table("tie_rules").set_index("rule")["amount"]
    assert set(known[known.isin(["equal", "lines", "remits", "net", "other"])].index) >= {"trace-amount", "payer-sum"}


AMOUNTS = st.lists(st.integers(1, 12), max_size=9)


@given(AMOUNTS, st.integers(1, 40))
def test_sets_are_those_that_counting_finds(amounts, target):
    every = [
        tuple(place for place in range(len(amounts)) if mark >> place & 1)
        for mark in range(1 << len(amounts))
        if mark.bit_count() >= 2 and sum(cents for at, cents in enumerate(amounts) if mark >> at & 1) == target
    ]
    sums = sets_of(amounts, target)
    assert sums.is_complete
    assert set(sums.found) <= set(every)
    assert len(sums.found) == min(len(every), 2)


def test_a_search_without_end_is_given_up():
    sums = sets_of(list(range(1000, 1050)), 25_013 * 2 + 1)
    assert sums.only is None
    assert sets_of([1] * 61, 30).is_complete is False


def test_many_lines_and_remittances_of_a_payer_and_day_are_not_each_paired_with_each():
    many = lines(*({"rest_cents": 100_000 + 2 * at} for at in range(2000)))
    others = remits(*({"open_cents": 100_001 + 2 * at, "trace_number": ""} for at in range(2000)))
    prepared = deposit_pairs.prepared
    pairs, given_up = payer_pairs.of_payer(prepared(many), prepared(others))
    assert len(pairs) <= 2000 * (MOST_CANDIDATES + MOST)
    assert len(given_up) == 2000 - MOST - 1  # the others may be of few enough to be searched


@pytest.mark.parametrize("seed", range(3))
def test_what_is_bounded_ties_and_tells_the_same(monkeypatch, seed):
    draw = random.Random(seed)
    amounts = [draw.randrange(1000, 5000) for _ in range(25)]
    sums = [sum(draw.sample(amounts, draw.choice((2, 3)))) for _ in range(12)]
    own = lines(*({"rest_cents": cents} for cents in [*sums, *draw.sample(amounts, 4), sum(amounts)]),
                *({"rest_cents": cents * 98 // 100, "kind": "card"} for cents in amounts[:2]))  # fmt: skip
    theirs = remits(*({"open_cents": cents, "trace_number": ""} for cents in amounts))
    whole = tie(own, theirs)
    monkeypatch.setattr(payer_pairs, "LARGEST", 0)
    bounded = tie(own, theirs)
    assert tied(whole) == tied(bounded) != []
    assert whole.ambiguous.equals(bounded.ambiguous)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_bounded_ties_the_same_beside_a_trace(monkeypatch, seed):
    draw = random.Random(seed)
    theirs = remits(*({"open_cents": draw.randrange(1000, 90_000), "trace_number": f"T{at}"} for at in range(9)))
    cents = theirs["open_cents"].tolist()
    sums = [cents[0] + cents[2], cents[1] + cents[3] + cents[4]]
    own = lines(*({"rest_cents": one, "trace_number": f"T{at}"} for at, one in enumerate([*sums, 7, 8, 9, cents[5]])))
    whole = tie(own, theirs)
    monkeypatch.setattr(payer_pairs, "LARGEST", 0)
    bounded = tie(own, theirs)
    assert tied(whole) == tied(bounded) != []
    assert "trace-sum" in {row[-1] for row in tied(whole)}
    assert whole.ambiguous.equals(bounded.ambiguous)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_what_is_bounded_of_one_trace_ties_the_same(monkeypatch, seed):
    draw = random.Random(seed)
    names = [("FABLEWOOD HEALTH PLAN", "1512345678"), ("MOONLIGHT MUTUAL", "1500000001"), ("", "")]
    payers = [dict(zip(("payer_name", "payer_identifier"), draw.choice(names), strict=True)) for _ in range(8)]
    theirs = remits(*({"open_cents": draw.randrange(50, 90) * 100, **payer} for payer in payers))
    cents = theirs["open_cents"].tolist()
    by_payer = theirs.groupby(["payer_identifier"])["open_cents"].sum().tolist()
    rests = [*cents[:3], cents[3] - 100, cents[4] * 98 // 100, *by_payer, 7, 8, 9][: draw.randrange(3, 12)]
    own = lines(*({"rest_cents": one, "trace_number": "T1", "kind": draw.choice(["ach", "card"]),
                   **dict(zip(("payer_name", "payer_identifier"), draw.choice(names), strict=True))}
                  for one in rests))  # fmt: skip
    whole = tie(own, theirs)
    monkeypatch.setattr(trace_pairs, "MOST_CANDIDATES", 1)
    for largest in range(0, 50, 10):
        monkeypatch.setattr(trace_pairs, "LARGEST", largest)
        bounded = tie(own, theirs)
        # What is given up is ambiguous; nothing is tied otherwise.
        assert set(tied(bounded)) <= set(tied(whole))
        lost = {line for line, *_ in set(tied(whole)) - set(tied(bounded))}
        assert set(bounded.ambiguous["bank_line_id"]) == set(whole.ambiguous["bank_line_id"]) | lost
    assert tied(whole) == tied(bounded)


def test_thousands_of_lines_and_remittances_of_one_trace_are_not_each_paired_with_each(monkeypatch):
    held, facts = [], deposits.with_facts
    monkeypatch.setattr(deposits, "with_facts", lambda ids, *more: held.append(len(ids)) or facts(ids, *more))
    many = range(2000)
    own = lines(*({"rest_cents": 10_000 + 3 * at, "trace_number": "EFT"} for at in many))
    theirs = remits(*({"open_cents": 10_000 + 2 * at, "trace_number": "EFT"} for at in many))
    outcome = tie(own, theirs)
    assert set(outcome.ties["rule"]) == {"trace-amount"}
    assert len(outcome.ties) == 667  # each amount that both have: every second line below the largest
    assert len(outcome.ambiguous) == 2000 - 667
    assert max(held) <= 2 * MOST_CANDIDATES * 2000


def test_all_of_any_number_need_no_search():
    amounts = list(range(1000, 1100))
    assert sets_of(amounts, sum(amounts)).only == tuple(range(100))
    assert sets_of(amounts, sum(amounts) + 1) == ((), True)


CENTS = st.sampled_from([3000, 5000, 5800, 8000, 8800])
TRACES = st.sampled_from(["", "T1", "T2", "T3"])
DAYS = st.sampled_from(["2026-03-10", "2026-03-11"])
SOME_LINES = st.lists(
    st.fixed_dictionaries(
        {"rest_cents": CENTS, "trace_number": TRACES, "bank_date": DAYS, "kind": st.sampled_from(["ach", "card"])}
    ),
    max_size=6,
)
SOME_REMITS = st.lists(
    st.fixed_dictionaries({"open_cents": CENTS, "trace_number": TRACES, "payment_date": DAYS}), max_size=6
)


EXAMPLES = [20, pytest.param(200, marks=pytest.mark.long)]


def tried(holds, examples, *strategies):
    """Try so many examples."""
    settings(deadline=None, max_examples=examples)(given(*strategies)(holds))()


@pytest.mark.long
@pytest.mark.parametrize("examples", EXAMPLES)
def test_the_order_of_lines_and_remittances_changes_nothing_and_no_cent_is_made(examples):
    tried(_order_changes_nothing, examples, SOME_LINES, SOME_REMITS, st.randoms(use_true_random=False))


def _order_changes_nothing(some_lines, some_remits, random):
    bank, books = lines(*some_lines), remits(*some_remits)
    first = tie(bank, books)
    shuffled = tie(
        bank.iloc[random.sample(range(len(bank)), len(bank))], books.iloc[random.sample(range(len(books)), len(books))]
    )
    assert tied(first) == tied(shuffled)
    pd.testing.assert_frame_equal(first.candidates, shuffled.candidates)
    assert first.ambiguous["bank_line_id"].tolist() == shuffled.ambiguous["bank_line_id"].tolist()
    ties = first.ties
    net = (ties["amount_cents"] - ties["fee_cents"]).groupby(ties["bank_line_id"]).sum()
    rest = bank.set_index("bank_line_id")["rest_cents"]
    assert (net <= rest.reindex(net.index)).all()
    settled = ties.groupby("remit_id")["amount_cents"].sum()
    assert (settled <= books.set_index("remit_id")["open_cents"].reindex(settled.index)).all()
    assert (ties["amount_cents"] > ties["fee_cents"]).all()
    assert not ties.duplicated(["bank_line_id", "remit_id"]).any()


@pytest.mark.long
@pytest.mark.parametrize("examples", EXAMPLES)
def test_of_many_that_look_the_same_a_few_pairs_say_what_all_say(examples):
    tried(_few_pairs_say_what_all_say, examples // 2, SOME_LINES, SOME_REMITS)


def _few_pairs_say_what_all_say(some_lines, some_remits):
    bank, books = lines(*some_lines, {}, {}, {}, {}), remits(*some_remits, {}, {}, {}, {})
    every = tie(bank, books)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deposit_pairs, "MOST_CANDIDATES", 2)
        few = tie(bank, books)
    assert tied(few) == tied(every)
    assert few.ambiguous["bank_line_id"].tolist() == every.ambiguous["bank_line_id"].tolist()


def test_lines_tied_by_their_trace_are_held_beside_no_other_remittance():
    many = range(1, 120)
    bank = lines(*({"trace_number": f"T{number}"} for number in many), {"payer_identifier": "1512345678"})
    outcome = tie(bank, remits(*({"trace_number": f"T{number}"} for number in many)))
    assert [(line, remit) for line, remit, *_ in tied(outcome)] == [(number, number) for number in many]
    told = outcome.candidates.groupby("bank_line_id").size()
    assert (told.loc[:119] == 1).all()
    assert set(outcome.candidates.loc[outcome.candidates["bank_line_id"] == 120, "why"]) == {"taken"}
    equal = lines(*({"trace_number": f"X{number}"} for number in many)), remits(*({} for _ in many))
    pairs = deposit_pairs.near(*(deposit_pairs.prepared(rows) for rows in equal))
    assert len(pairs) <= 2 * deposit_pairs.MOST_CANDIDATES * len(many)  # not a pair for each of each


def test_many_equal_lines_are_not_held_beside_each_equal_remittance(monkeypatch):
    """Each by each they were a million pairs for a thousand; what is told of them stays the same."""
    held = []
    facts = deposits.with_facts
    monkeypatch.setattr(deposits, "with_facts", lambda ids, *more: held.append(len(ids)) or facts(ids, *more))
    outcome = tie(lines(*({} for _ in range(150))), remits(*({} for _ in range(150))))
    assert (len(outcome.ties), len(outcome.ambiguous)) == (0, 150)
    assert set(outcome.candidates.groupby("bank_line_id").size()) == {deposit_pairs.MOST_CANDIDATES}
    assert max(held) <= 2 * deposit_pairs.MOST_CANDIDATES * 150
