"""What was gathered of a file in; the frames of its TA1s and of its 999s out, as `x12.write` takes them.

Keys of the frames are those of the file that is answered: the `seg` of a 999 is that of the GS it answers, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from claims.x12.acknowledge import envelope, limits
from claims.x12.acknowledge.gather import Gather
from claims.x12.acknowledge.terms import Terms
from claims.x12.acknowledge.verdicts import group_verdicts, interchange_verdicts
from claims.x12.write_columns import Frames

GUIDE = "005010X231A1"
# Sets that are answers themselves, and are never answered by a 999.
_ANSWERS = ("997", "999")


class Answers(NamedTuple):
    """Frames of the TA1s and of the 999s, no frames at all where there are none, and what was left out of them.

    `left_out` has a row for each set (`transaction_seg`) with more segment errors than are told, and their number.
    """

    interchange: Frames
    implementation: Frames
    left_out: pd.DataFrame


class Judged(NamedTuple):
    """`verdicts`: TA104 and TA105 by the `seg` of each ISA. `groups`: those that a 999 should answer, if it can."""

    verdicts: pd.DataFrame
    groups: pd.DataFrame
    can_be_named: pd.Series[bool]


def judged(gathered: Gather) -> Judged:
    """Decide which interchanges are refused."""
    interchanges, groups, sets = (gathered.frame(name) for name in ("interchanges", "groups", "sets"))
    groups = groups[~groups["seg"].isin(_only_answers(groups, sets))]
    can_be_named = limits.can_be_named(groups)
    verdicts = interchange_verdicts(gathered.interchange_notes, interchanges, groups["interchange_seg"], can_be_named)
    return Judged(verdicts, groups, can_be_named)


def answers(gathered: Gather, terms: Terms) -> Answers:
    """Build the answers to a file: a TA1 for each interchange, a 999 for each group of one that is not refused."""
    interchanges, sets = (gathered.frame(name) for name in ("interchanges", "sets"))
    verdicts, groups, can_be_named = judged(gathered)
    numbers = terms.numbers()
    ta1 = _interchange_frames(interchanges[~interchanges["seg"].isin(gathered.only_ta1)], verdicts, terms, numbers)
    is_open = (verdicts["status_code"] != "R").reindex(groups["interchange_seg"], fill_value=False).to_numpy()
    groups = groups[can_be_named & is_open]
    found = _implementation_frames(gathered, interchanges, groups, sets, terms, numbers)
    return Answers(ta1, found, gathered.errors.frame("left_out"))


def _only_answers(groups: pd.DataFrame, sets: pd.DataFrame) -> pd.Index:
    """Return the groups that hold 999s and 997s only."""
    is_answer = sets["set_code"].isin(_ANSWERS)
    others = sets.loc[~is_answer, "group_seg"]
    with_answers = sets.loc[is_answer & ~sets["group_seg"].isin(others), "group_seg"]
    named = groups.loc[groups["functional_code"] == "FA", "seg"].tolist()
    found: pd.Index = pd.Index([*named, *with_answers.unique().tolist()])
    return found


def _interchange_frames(
    interchanges: pd.DataFrame, verdicts: pd.DataFrame, terms: Terms, numbers: Iterator[int]
) -> Frames:
    if interchanges.empty:
        return {}
    segs = interchanges["seg"].to_numpy()
    own = verdicts.loc[segs]
    return {
        "interchanges": envelope.interchanges(interchanges, terms, numbers),
        "transactions": pd.DataFrame({"seg": segs, "interchange_seg": segs, "group_seg": 0, "set_code": "TA1"}).assign(
            control_number=""
        ),
        "interchange_acknowledgements": pd.DataFrame(
            {
                "transaction_seg": segs,
                "seg": segs,
                "control_number": limits.interchange_control(interchanges["control_number"]),
                **limits.interchange_instant(interchanges, terms),
                "status_code": own["status_code"].to_numpy(),
                "note_code": own["note_code"].to_numpy(),
            }
        ),
    }


def _implementation_frames(
    gathered: Gather, interchanges: pd.DataFrame, groups: pd.DataFrame, sets: pd.DataFrame, terms: Terms,
    numbers: Iterator[int],
) -> Frames:  # fmt: skip
    if groups.empty:
        return {}
    sets = sets[sets["group_seg"].isin(groups["seg"])]
    acknowledged, judged = group_verdicts(gathered.group_notes, groups, sets)
    around = interchanges[interchanges["seg"].isin(groups["interchange_seg"])]
    segs = groups["seg"].to_numpy()
    return {
        "interchanges": envelope.interchanges(around, terms, numbers),
        "groups": envelope.groups(groups, around, terms, numbers).assign(version=GUIDE),
        "transactions": pd.DataFrame({"seg": segs, "interchange_seg": groups["interchange_seg"].to_numpy()}).assign(
            group_seg=segs, set_code="999", control_number="0001"
        ),
        "group_acknowledgements": acknowledged,
        "set_acknowledgements": judged,
        **{name: gathered.errors.frame(name) for name in ("segment_errors", "contexts", "element_errors")},
    }
