"""What an import changes of what is kept."""

from __future__ import annotations

import pandas as pd

from claims.master import compare

OPEN = "9999-12-31"


def entries(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    names = ["row_key", "effective_from_date", "effective_to_date", "body"]
    return pd.DataFrame(rows, columns=names, dtype="str")


def kept(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    return entries(*rows).assign(master_row_id=range(1, len(rows) + 1))


def test_rows_are_added_changed_left_and_with_replace_ended():
    before = kept(*((key, "2026-01-01", OPEN, "old") for key in ("same", "other", "gone")))
    file = entries(
        ("same", "2026-01-01", OPEN, "old"),
        ("other", "2026-01-01", OPEN, "new"),
        ("fresh", "2026-01-01", OPEN, "new"),
        ("same", "2026-06-01", OPEN, "later"),
    )
    changes = compare(before, file, replace=False)
    assert changes.counts == {"added": 2, "changed": 1, "unchanged": 1, "ended": 0}
    assert changes.new["row_key"].tolist() == ["other", "fresh", "same"]
    assert changes.ended_ids.tolist() == [2]
    changes = compare(before, file, replace=True)
    assert changes.counts == {"added": 2, "changed": 1, "unchanged": 1, "ended": 1}
    assert sorted(changes.ended_ids) == [2, 3]


def test_the_first_import_adds_all_and_another_last_day_is_a_change():
    row = ("a", "2026-01-01", OPEN, "x")
    assert compare(kept(), entries(row), replace=True).counts["added"] == 1
    ended = entries(("a", "2026-01-01", "2026-12-31", "x"))
    assert compare(kept(row), ended, replace=False).counts["changed"] == 1


def test_a_row_that_runs_into_a_known_one_is_refused():
    before = kept(("a", "2026-01-01", "2026-12-31", "x"), ("b", "2026-06-01", OPEN, "x"))
    file = entries(
        ("a", "2026-07-01", OPEN, "y"), ("b", "2026-01-01", "2026-06-01", "y"), ("c", "2026-01-01", OPEN, "y")
    )
    changes = compare(before, file, replace=False)
    assert changes.refused["row_key"].tolist() == ["a", "b"]
    assert changes.new["row_key"].tolist() == ["c"]
    assert changes.counts == {"added": 1, "changed": 0, "unchanged": 0, "ended": 0}


def test_a_row_may_follow_one_that_the_same_file_ends():
    before = kept(("a", "2026-01-01", "2026-12-31", "x"))
    file = entries(("a", "2026-01-01", "2026-06-30", "x"), ("a", "2026-07-01", OPEN, "y"))
    assert compare(before, file, replace=False).refused.empty
