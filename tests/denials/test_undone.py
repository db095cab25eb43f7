"""Which payment won a case, after what an undo took back."""

import json

import pandas as pd

from claims.denials.undone import before, with_winners

NAMES = ["event_id", "case_id", "kind", "claim_payment_id", "amount_cents", "body"]


def winners(*told):
    events = pd.DataFrame([(at, *row) for at, row in enumerate(told, 1)], columns=NAMES)
    rows = with_winners(pd.DataFrame({"case_id": [7, 8, 9]}), events)
    return list(zip(rows["won_by"], rows["won_cents"], strict=True))


def back(case_id, first=None):
    return case_id, "undone", 0, 0, "{}" if first is None else json.dumps({"first_event_id": first})


def test_the_last_win_that_stands_is_the_one():
    assert winners() == [(0, 0)] * 3
    first, second, other = (
        (7, "overturned", 1, 100, "{}"),
        (7, "partly_overturned", 2, 50, "{}"),
        (9, "overturned", 3, 9, "{}"),
    )
    assert winners(first, other, second) == [(2, 50), (0, 0), (3, 9)]
    assert winners(first, other, second, back(7, 3)) == [(1, 100), (0, 0), (3, 9)]
    assert winners(first, second, back(7, 2), second) == [(2, 50), (0, 0), (0, 0)]
    assert winners(first, second, back(7, 2), second, back(7, 4), back(7, 1)) == [(0, 0)] * 3
    assert winners(first, second, back(7, 2), second, back(9, 1)) == [(2, 50), (0, 0), (0, 0)]


def test_an_undo_that_does_not_say_from_where_took_nothing_back():
    assert winners((7, "overturned", 1, 100, "{}"), back(7)) == [(1, 100), (0, 0), (0, 0)]


def test_a_win_stands_again_where_a_replay_restored_the_case():
    won = (7, "overturned", 1, 100, "{}")
    restored = (7, "restored", 1, 0, json.dumps({"first_event_id": 2}))
    assert winners(won, back(7, 1)) == [(0, 0)] * 3
    assert winners(won, back(7, 1), restored) == [(1, 100), (0, 0), (0, 0)]
    assert winners(won, back(7, 1), restored, restored, back(7, 3)) == [(0, 0)] * 3


def test_a_case_that_opened_again_after_an_undo_stays_filed_under_the_claim_that_is_known_by_now():
    names = ("case_key", "family_id", "claim_number", "payer_sequence", "line_number")
    now = dict(zip(names, ("known", 1, "A1", "P", 1), strict=True)) | {"state": "new", "outcome": ""}
    lost = dict(zip(names, ("unknown", 0, "A1", "", 1), strict=True))
    bodies = [
        "{}",
        "{}",
        json.dumps({"before": {"state": "closed", "outcome": "undone"}}),
        json.dumps({"before": lost}),
    ]
    rows = zip(range(1, 5), ("opened", "undone", "opened", "matched"), bodies, strict=True)
    events = pd.DataFrame(list(rows), columns=["event_id", "kind", "body"])
    assert before(now, events, 3, "2025-06-30") == now | {"state": "closed", "outcome": "undone"}
    assert before(now, events, 4, "2025-06-30") == now | lost  # where the denial still stands, without its claim
