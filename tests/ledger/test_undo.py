"""Rules of undo over frames: what stands on a posting, what goes in which order, what refuses, what stands again."""

import pandas as pd

from claims.ledger.undo import chains, standing_again, standing_on, steps_to_replay, withdraw


def postings(*rows):
    names = ["claim_posting_id", "claim_payment_id", "remit_id", "family_id", "outcome", "reverses_claim_payment_id"]
    return pd.DataFrame(rows, columns=names)


def journals(*rows):
    names = [
        "journal_id", "source", "reason_code", "claim_payment_id", "remit_id", "family_id", "continues_journal_id",
        "taken_by", "keeps_cash",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def test_later_decisions_of_the_same_claim_and_reversals_stand_on_a_posting():
    rows = postings(
        (1, 11, 1, 5, "posted", 0),
        (2, 12, 2, 6, "posted", 0),
        (3, 13, 2, 5, "reversal", 11),
        (4, 14, 3, 5, "unapplied", 0),
        (5, 15, 3, 5, "memo", 0),
        (6, 16, 4, 0, "reversal", 11),
    )
    assert list(standing_on(rows, rows["claim_payment_id"] == 11)) == [True, False, True, False, True, True]
    assert list(standing_on(rows, rows["claim_payment_id"] == 14)) == [False, False, False, True, False, False]


def test_journals_go_newest_first_and_a_person_after_them_refuses():
    goes = postings((1, 11, 1, 5, "posted", 0), (3, 13, 2, 5, "reversal", 11)).assign(
        is_target=[True, False], is_whole=[True, False]
    )
    rows = journals(
        (7, "patient", "patient-payment", 0, 0, 5, 0, 0, False),
        (8, "835", "remittance", 11, 1, 5, 0, 9, False),
        (9, "835", "reversal", 13, 2, 5, 0, 0, False),
        (10, "835", "provider-adjustment", 0, 1, 0, 0, 0, False),
        (11, "835", "remittance", 13, 2, 5, 0, 0, True),
    )
    nobody = pd.DataFrame({"claim_payment_id": []})
    gone = withdraw(goes, rows.assign(reverses_journal_id=0), [1], nobody)
    assert gone.journals["journal_id"].tolist() == [10, 9, 8]
    assert gone.refused.empty
    person = journals((12, "denial", "write-off", 11, 0, 5, 8, 9, False))
    refused = withdraw(goes, pd.concat([rows, person]).assign(reverses_journal_id=0), [1], nobody).refused
    assert refused[["kind", "journal_id"]].values.tolist() == [["denial write-off", 12]]
    by_hand = withdraw(goes, rows.assign(reverses_journal_id=0), [1], pd.DataFrame({"claim_payment_id": [13]})).refused
    assert by_hand["kind"].tolist() == ["match by hand"]


def test_a_decision_stands_again_when_what_took_it_back_goes():
    taken = pd.DataFrame({"claim_payment_id": [1, 2, 3], "unposted_cents": [700, 500, 0]})
    own = pd.DataFrame(
        [
            (1, 10, True, 9, 20, True, 700),  # released in part, and that release goes
            (1, 11, True, 0, 0, False, 0),
            (2, 12, False, 9, 21, False, 500),  # released whole by two; the last one goes
            (2, 13, True, 8, 22, True, 300),
            (3, 14, False, 9, 23, False, 0),  # still released, when a late reversal goes
        ],
        columns=[
            "claim_payment_id", "journal_id", "is_in_force", "released_by", "release_journal_id", "is_withdrawn",
            "reduced_cents",
        ],
    )  # fmt: skip
    held = pd.DataFrame({"claim_payment_id": [1, 2], "reduced_cents": [200, 500]})
    again = standing_again(taken, own, held.iloc[:0])
    assert again["is_superseded"].tolist() == [0, 0, 2]
    assert again["unposted_cents"].tolist() == [0, 500, 0]
    # What stood again in part by a reversal that goes had taken its reductions off what is not posted.
    assert standing_again(taken, own, held)["unposted_cents"].tolist() == [200, 500, 0]


def test_steps_of_a_posting_are_followed_back_to_where_its_cash_first_waited():
    rows = pd.DataFrame(
        [
            (1, 5, 1, "unapplied", "UNMATCHED_CLAIM", "a", "c"),
            (2, 5, 1, "posted", "", "c", ""),
            (3, 6, 2, "posted", "", "a", "b"),  # undone, and posted again later
            (4, 6, 2, "posted", "", "d", ""),
        ],
        columns=[
            "claim_posting_id", "claim_payment_id", "remit_id", "outcome", "reason_code", "recorded_at", "ended_at",
        ],
    )  # fmt: skip
    found = chains(rows)
    assert found[["claim_posting_id", "since", "former_id"]].values.tolist() == [[1, "a", 0], [2, "a", 1], [4, "d", 0]]
    assert steps_to_replay(found, [1], "ON")["claim_posting_id"].tolist() == [1, 2, 4]
    assert steps_to_replay(found, [], "ON")["claim_posting_id"].tolist() == [2, 4]
