"""Events of denial cases and the decisions that are undone come in; the cases as they were before them go out.

What the denial rules did in one look is rolled back as one: decisions of the same look that stay are looked at again.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from claims.denials.lifecycle import LOST, WON
from claims.denials.outcomes import CASE_COLUMNS

UNDONE = "undone"
RESTORED = "restored"  # by a replay: the facts are as they were before the undo, and so is the case
FILED = ("case_key", "family_id", "claim_number", "payer_sequence", "line_number")  # what finds a case
FIRST = "first_event_id"  # from this event on the case was taken back
# What the denial rules, and earlier undos, tell of a case; a person's events stay out of it.
RULES = (
    "opened", "repeated", "upheld", "reopened", "attached", "matched", "overturned", "partly_overturned", "superseded",
    LOST, UNDONE, RESTORED,
)  # fmt: skip


def rolled_back(events: pd.DataFrame, since: pd.Series) -> tuple[pd.Series, list[int]]:
    """Say from which event on each case is rolled back (event_id by case_id), and which decisions are looked at again.

    `events`: event_id, case_id, kind, claim_payment_id, recorded_at, in order. `since`: by claim_payment_id of the
    decisions that are undone, the instant of their posting. What an earlier undo took back is no cause again.
    """
    told = events[events["kind"].isin(RULES)]
    stands = ~told["event_id"].isin(taken_back(events))
    gone = since.to_dict()
    again: dict[int, str] = {}
    while True:
        at = pd.Series(told["claim_payment_id"].map(gone | again), index=told.index, dtype="object")
        is_own = at.notna() & (told["kind"] != UNDONE) & stands
        came = is_own & (told["recorded_at"] >= at.fillna("9"))
        # A replay that restored a case gave its decision the place that it had before the undo: it is told from there.
        of_case = pd.MultiIndex.from_frame(told[["case_id", "claim_payment_id"]])
        caused = told[came | (is_own & of_case.isin(of_case[came & (told["kind"] == RESTORED)]))]
        looks = told.merge(caused[["case_id", "recorded_at"]].drop_duplicates(), on=["case_id", "recorded_at"])
        first = looks.groupby("case_id")["event_id"].min()
        later = told[told["event_id"] >= told["case_id"].map(first)]
        stays = later[~later["claim_payment_id"].isin([0, *gone]) & (later["kind"] != UNDONE)]
        began = stays.groupby("claim_payment_id")["recorded_at"].min()
        more: dict[int, str] = dict(zip(began.index.tolist(), began.tolist(), strict=True))
        if more == again:
            return first, sorted(again)
        again = more


class Before(NamedTuple):
    """A case as it is, its events, the first of those that are taken back, and how it was before that one."""

    case: dict[Hashable, Any]
    events: pd.DataFrame
    first: int
    columns: dict[Hashable, Any]  # case_id and CASE_COLUMNS

    @property
    def differs(self) -> dict[str, Any]:
        """What is now of the columns that were otherwise."""
        return {name: self.case[name] for name in CASE_COLUMNS if self.case[name] != self.columns[name]}


def each_before(
    cases: pd.DataFrame, events: pd.DataFrame, first: pd.Series[int], posting_date: str
) -> Iterator[Before]:
    """Give each case as it was before its event `first` (event_id by case_id)."""
    by_case = dict(iter(events.groupby("case_id")))
    for case in cases.to_dict("records"):
        own, start = by_case[case["case_id"]], int(first[case["case_id"]])
        columns = before(case, own, start, posting_date)
        yield Before(case, own, start, {name: columns[name] for name in ("case_id", *CASE_COLUMNS)})


def before(case: Mapping[Hashable, Any], events: pd.DataFrame, first: int, posting_date: str) -> dict[Hashable, Any]:
    """Give the columns of a case as they were before its event `first`; closed as undone where it opened there.

    That one stays filed under the claim that is known by now, also where it opened again there after an undo: as its
    denial comes again, the case is found there.
    """
    later = events[events["event_id"] >= first]
    columns = dict(case)
    for body in later["body"].tolist()[::-1]:
        columns |= json.loads(body).get("before", {})
    earlier = events[events["event_id"] < first]
    is_first = not earlier["kind"].isin(RULES).any()
    if is_first or columns.get("outcome") == UNDONE:
        columns |= {name: case[name] for name in FILED}
    if is_first:
        columns |= {"state": "closed", "outcome": UNDONE, "closed_posting_date": posting_date, "recovered_cents": 0}
    return columns


def with_winners(cases: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Add won_by, the claim payment that won a case last, and won_cents, what it recovered; 0 where none did.

    `events`: what won these cases, and undos and replays since, in order. A win that an undo took back is
    none, until a replay restores the case or the same decision wins again.
    """
    stood = events[events["kind"].isin(WON) & ~events["event_id"].isin(taken_back(events))]
    last = stood.drop_duplicates("case_id", keep="last").set_index("case_id").reindex(cases["case_id"])
    won = last[["claim_payment_id", "amount_cents"]].fillna(0).astype("int64")
    return cases.assign(won_by=won["claim_payment_id"].to_numpy(), won_cents=won["amount_cents"].to_numpy())


def taken_back(events: pd.DataFrame) -> set[int]:
    """Give the events of the denial rules that undos took back, and those that a replay's restoring made void.

    `events`: event_id, case_id, kind, body, in order. What restored a case stands itself until an undo takes it back.
    """
    void: set[int] = set()
    told = events[events["kind"].isin(RULES)]
    of_case = told.groupby("case_id")["event_id"].agg(sorted).to_dict()
    ends = told[told["kind"].isin([UNDONE, RESTORED])][::-1]
    columns = (ends[name].tolist() for name in ("event_id", "case_id", "body"))
    for event_id, case_id, body in zip(*columns, strict=True):
        # An undo that was itself taken back, by a replay that restored the case, takes nothing back.
        if event_id not in void:
            first = int(json.loads(str(body)).get(FIRST, event_id))
            own = of_case[case_id]
            void.update(own[bisect_left(own, first) : bisect_left(own, event_id)])
    return void
