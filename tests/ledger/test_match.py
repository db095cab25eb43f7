"""Matching: the key that wins, what speaks against a candidate, and lines that find their line."""

import json

import pandas as pd

from claims.ledger import match


def candidate(**changes):
    row = {
        "claim_payment_id": 1,
        "rule": "claim-number",
        "claim_id": 10,
        "family_id": 100,
        "claim_number": "A1",
        "claim_number_paid": "A1",
        "charge_cents": 15000,
        "billing_npi": "1999999984",
        "billing_tax_id": "123456789",
        "member_id": "W1",
        "payer_code": "P1",
        "payer_name": "PLAN ONE",
        "statement_from_date": "2025-03-01",
        "statement_to_date": "2025-03-01",
        "sha256": "a",
        "seg": 5,
        "charge_cents_paid": 15000,
        "payee_identifier_paid": "1999999984",
        "payee_tax_id_paid": "",
        "first_date_paid": "2025-03-01",
        "last_date_paid": "2025-03-01",
        "member_id_paid": "W1",
        "payer_code_paid": "P1",
        "payer_name_paid": "PLAN ONE",
    }
    return row | changes


def choose(*rows):
    return match.choose(pd.DataFrame(rows))


def test_a_match_says_which_facts_agreed():
    matches, refused = choose(candidate())
    assert matches.loc[0, ["family_id", "rule", "score"]].tolist() == [100, "claim-number", 100]
    assert json.loads(matches.loc[0, "evidence"])["charge"] == "agrees"
    assert refused.empty


def test_an_own_number_stands_against_one_differing_fact_and_not_against_member_and_day():
    other_day = {"first_date_paid": "2025-03-02", "last_date_paid": "2025-03-02"}
    assert len(choose(candidate(**other_day))[0]) == 1
    assert len(choose(candidate(member_id_paid="W2"))[0]) == 1
    rows = candidate(**other_day, member_id_paid="W2")
    matches, refused = choose(rows)
    assert (len(matches), refused["why"].tolist()) == (0, ["facts-differ"])
    assert match.not_taken(pd.DataFrame([rows]), matches)["why"].tolist() == ["facts-differ"]


def test_of_two_versions_the_one_that_is_named_is_paid():
    first, second = candidate(), candidate(claim_id=11, claim_number="A1V2", sha256="b")
    named = {"claim_number_paid": "A1V2"}
    assert choose(first, second)[0]["claim_id"].tolist() == [10]
    assert choose(first | named, second | named)[0]["claim_id"].tolist() == [11]


def test_another_payee_is_refused_unless_the_member_agrees():
    other = {"payee_identifier_paid": "1888888885"}
    matches, refused = choose(candidate(**other, member_id_paid="X9"))
    assert matches.empty
    assert refused["why"].tolist() == ["payee-differs"]
    assert len(choose(candidate(**other))[0]) == 1


def test_another_charge_is_refused_and_a_part_needs_a_second_fact():
    assert choose(candidate(charge_cents_paid=20000))[1]["why"].tolist() == ["charge-differs"]
    assert len(choose(candidate(charge_cents_paid=5000))[0]) == 1
    bare = {"payee_identifier_paid": "", "first_date_paid": "", "member_id_paid": ""}
    assert choose(candidate(charge_cents_paid=5000, **bare))[0].empty


def test_two_families_are_ambiguous_and_the_next_key_decides():
    two = [candidate(), candidate(family_id=200, claim_id=20)]
    matches, refused = choose(*two)
    assert matches.empty
    assert refused["why"].tolist() == ["ambiguous"]
    matches, _ = choose(*two, candidate(rule="line-control-number", family_id=200, claim_id=20))
    assert matches["family_id"].tolist() == [200]


def test_a_reversal_matches_by_the_charge_without_its_sign():
    assert len(choose(candidate(charge_cents_paid=-15000))[0]) == 1


def lines(*rows):
    columns = [
        "service_line_id",
        "claim_payment_id",
        "line_number",
        "procedure_code",
        "modifiers",
        "charge_cents",
        "service_date",
        "line_control_number",
    ]
    return pd.DataFrame(rows, columns=columns)


def paid(*rows):
    frame = lines(*rows).rename(columns={"service_line_id": "service_payment_id"}).drop(columns="line_number")
    return frame.assign(submitted_procedure_code="", submitted_modifiers="")


def numbers(service_payments, service_lines):
    result = match.match_lines(service_payments, service_lines).set_index("service_payment_id")
    return result["line_number"].to_dict(), result["rule"].to_dict()


def test_equal_lines_pair_in_file_order():
    billed = lines((1, 9, 1, "97110", "GP", 5000, "2025-01-02", ""), (2, 9, 2, "97110", "GP", 5000, "2025-01-02", ""))
    back = paid((7, 9, 0, "97110", "GP", 5000, "2025-01-02", ""), (8, 9, 0, "97110", "GP", 5000, "2025-01-02", ""))
    assert numbers(back, billed)[0] == {7: 1, 8: 2}


def test_the_line_control_number_wins_and_may_split_a_line():
    billed = lines((1, 9, 1, "97110", "", 5000, "", "L1"), (2, 9, 2, "97112", "", 3000, "", "L2"))
    back = paid(
        (6, 9, 0, "97112", "", 2000, "", "L1"),
        (7, 9, 0, "97110", "", 3000, "", "L1"),
        (8, 9, 0, "97112", "", 3000, "", "L2"),
    )
    assert numbers(back, billed)[0] == {6: 1, 7: 1, 8: 2}


def test_a_dropped_modifier_still_finds_its_line():
    billed = lines((1, 9, 1, "99213", "25", 9000, "2025-01-02", ""), (2, 9, 2, "85025", "", 3000, "2025-01-02", ""))
    back = paid((7, 9, 0, "99213", "", 9000, "2025-01-02", ""), (8, 9, 0, "85025", "", 3000, "2025-01-02", ""))
    where, rule = numbers(back, billed)
    assert where == {7: 1, 8: 2}
    assert rule[7] == "procedure-date-charge"


def test_a_line_that_was_not_billed_goes_to_the_claim():
    billed = lines((1, 9, 1, "99213", "", 9000, "2025-01-02", ""))
    back = paid((7, 9, 0, "99213", "", 9000, "2025-01-02", ""), (8, 9, 0, "A4550", "", 100, "2025-01-02", ""))
    where, rule = numbers(back, billed)
    assert where == {7: 1, 8: 0}
    assert rule[8] == "none"


def test_the_payer_on_the_claim_decides_whose_turn_it_is():
    matches = pd.DataFrame(
        {
            "claim_payment_id": [1, 2, 3],
            "family_id": [100, 100, 100],
            "payer_code": ["P2", "P1", "P9"],
            "payer_name": ["PLAN TWO", "PLAN ONE", "STRANGER"],
            "status_code": ["1", "1", "2"],
        }
    )
    payers = pd.DataFrame(
        {
            "family_id": [100, 100],
            "payer_sequence": ["P", "S"],
            "payer_code": ["P1", "P2"],
            "payer_name": ["PLAN ONE", "PLAN TWO"],
        }
    )
    status = pd.DataFrame({"code": ["1", "2"], "sequence_hint": ["P", "S"]})
    turns = match.payer_sequence(matches, payers, status)
    assert turns["payer_sequence"].tolist() == ["S", "P", "S"]
    assert turns["claim_payer_code"].tolist() == ["P2", "P1", "P2"]
    assert turns["next_payer_code"].tolist() == ["", "P2", ""]
