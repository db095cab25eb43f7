"""Which payment won a case, after what an undo took back."""

import json

import pandas as pd

from claims.denials.undone import before, rolled_back, with_winners

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


def rolled(told, **since):
    """`told`: case_id, kind, claim_payment_id, first_event_id or 0; an event of each instant 01, 02, ..."""
    rows = [
        (at, case_id, kind, payment, json.dumps({"first_event_id": first} if first else {}), f"{at:02}")
        for at, (case_id, kind, payment, first) in enumerate(told, 1)
    ]
    names = ["event_id", "case_id", "kind", "claim_payment_id", "body", "recorded_at"]
    gone = pd.Series({int(name[1:]): at for name, at in since.items()}, dtype="object")
    first, again = rolled_back(pd.DataFrame(rows, columns=names), gone)
    return first.to_dict(), again


def test_a_case_that_a_replay_restored_is_rolled_back_to_before_its_decision_first_came():
    told = [
        (7, "opened", 1, 0),
        (7, "undone", 1, 1),
        (7, "opened", 1, 0),  # the replay's own look
        (7, "restored", 1, 2),
    ]
    assert rolled(told[:3], p1="03") == ({7: 3}, [])
    assert rolled(told, p1="03") == ({7: 1}, [])


def test_a_restored_case_is_rolled_back_with_the_decision_that_came_second_only():
    told = [
        (7, "opened", 1, 0),
        (7, "overturned", 2, 0),
        (7, "undone", 2, 2),
        (7, "repeated", 2, 0),
        (7, "restored", 2, 3),
    ]
    assert rolled(told, p2="04") == ({7: 2}, [])
    assert rolled(told, p1="01") == ({7: 1}, [2])
    assert rolled(told, p1="01", p2="04") == ({7: 1}, [])
