"""Codes about interchanges and groups in; their verdicts out: TA104 and TA105, AK901 to AK909, and IK501 of each set.

Which TA1 code refuses an interchange, and why, stands in `interchange_verdicts.csv`: by finding, else for the code.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from claims.findings import NOTE, REJECT
from claims.x12.acknowledge import limits
from claims.x12.acknowledge.gather import EnvelopeNote

_SETS_NOT_NAMED = "1"
_MOST_CODES = 5
_MOST_COUNTED = 999_999
_OUR_NOTES = {
    "unnamed": ("018", "interchange-control-unreadable"),
    "usage": ("020", "usage-not-known"),
    "unanswerable": ("024", "group-not-answerable"),
    "partly": ("024", ""),
}


@cache
def _statuses() -> dict[tuple[str, str], str]:
    text = resources.files(__package__).joinpath("interchange_verdicts.csv").read_text("utf-8")
    return {(row["note_code"], row["finding"]): row["status_code"] for row in csv.DictReader(text.splitlines())}


def status(note_code: str, finding: str) -> str:
    """Return TA104 for a note: by the finding it came from, else by its code."""
    found = _statuses()
    return found.get((note_code, finding)) or found[(note_code, "")]


def interchange_verdicts(
    notes: list[EnvelopeNote], interchanges: pd.DataFrame, of_group: pd.Series[int], can_be_named: pd.Series[bool]
) -> pd.DataFrame:
    """Return `status_code` and `note_code` by the `seg` of each ISA; of several notes the first that refuses it.

    `of_group` names the interchange of each group that a 999 should answer, `can_be_named` whether it can.
    """
    every = [*notes, *_own_notes(interchanges, of_group, can_be_named)]
    verdicts = dict.fromkeys(interchanges["seg"].tolist(), ("A", "000"))
    for note in every:
        letter = status(note.code, note.finding)
        if verdicts[note.owner][0] == "A" or (letter == "R" and verdicts[note.owner][0] == "E"):
            verdicts[note.owner] = (letter, note.code)
    return pd.DataFrame.from_dict(verdicts, orient="index", columns=["status_code", "note_code"])


def _own_notes(
    interchanges: pd.DataFrame, of_group: pd.Series[int], can_be_named: pd.Series[bool]
) -> list[EnvelopeNote]:
    """What stands in the way of an answer, beside the findings."""
    segs = interchanges["seg"]
    not_named, named = of_group[~can_be_named], of_group[can_be_named]
    wrong = {
        "unnamed": segs[~limits.has_named_control(interchanges["control_number"])],
        "usage": segs[~interchanges["usage_code"].isin(["P", "T"])],
        "unanswerable": segs[segs.isin(not_named) & ~segs.isin(named)],
        "partly": segs[segs.isin(not_named) & segs.isin(named)],
    }
    return [
        EnvelopeNote(seg, *_OUR_NOTES[kind], REJECT, "") for kind, owners in wrong.items() for seg in owners.tolist()
    ]


def group_verdicts(
    notes: list[EnvelopeNote], groups: pd.DataFrame, sets: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `group_acknowledgements` and `set_acknowledgements` of the groups and their sets.

    A refused group refuses its sets: AK904 counts those that were accepted, and IK5 says the same.
    """
    identifier = limits.set_identifier(sets["set_code"])
    codes, refused, included = _of_groups(notes, sets.loc[identifier == "", "group_seg"].unique().tolist())
    letter = sets["status_code"].mask(sets["group_seg"].isin(refused), "R")
    named = identifier != ""
    judged = pd.DataFrame(
        {
            "seg": sets["seg"],
            "group_seg": sets["group_seg"],
            "set_code": identifier,
            "control_number": limits.set_control(sets["control_number"]),
            "guide": limits.printable(sets["convention"], 35),
            "status_code": letter,
            "error_codes": sets["error_codes"],
        }
    )[named]
    keys = groups["seg"]
    counts = pd.DataFrame({"received": 1, "accepted": letter != "R", "with_errors": letter == "E"})
    totals = counts.groupby(sets["group_seg"]).sum().reindex(keys, fill_value=0).astype("int64")
    received, accepted = totals["received"].to_numpy(), totals["accepted"].to_numpy()
    has_codes = keys.isin(list(codes)).to_numpy()
    is_refused = keys.isin(refused).to_numpy() | ((received > 0) & (accepted == 0))
    has_notes = (totals["with_errors"].to_numpy() > 0) | has_codes
    stated = np.array([included.get(seg, own) for seg, own in zip(keys.tolist(), received.tolist(), strict=True)])
    acknowledged = pd.DataFrame(
        {
            "transaction_seg": keys,
            "seg": keys,
            "functional_code": groups["functional_code"],
            "control_number": groups["control_number"],
            "version": _versions(groups, sets),
            "status_code": np.select([is_refused, accepted < received, has_notes], ["R", "P", "E"], "A"),
            "included": np.minimum(stated, _MOST_COUNTED),
            "received": np.minimum(received, _MOST_COUNTED),
            "accepted": np.minimum(accepted, _MOST_COUNTED),
            "error_codes": [" ".join([*codes.get(seg, ())][:_MOST_CODES]) for seg in keys.tolist()],
        }
    )
    return acknowledged, judged


def _of_groups(
    notes: list[EnvelopeNote], not_named: list[int]
) -> tuple[dict[int, dict[str, None]], set[int], dict[int, int]]:
    """Return the codes of each group, which groups they refuse, and how many sets their trailers state (GE01).

    A set that AK2 cannot name would share the verdict of its group, so it refuses the group.
    """
    codes: dict[int, dict[str, None]] = {}
    refused: set[int] = set(not_named)
    included: dict[int, int] = {}
    for note in notes:
        codes.setdefault(note.owner, {})[note.code] = None
        if note.severity != NOTE:
            refused.add(note.owner)
        if note.finding == "group-count-differs":
            included[note.owner] = int(note.found or 0)
    for seg in not_named:
        codes.setdefault(seg, {})[_SETS_NOT_NAMED] = None
    return codes, refused, included


def _versions(groups: pd.DataFrame, sets: pd.DataFrame) -> pd.Series[str]:
    """Return AK103: GS08 as received, else the guide that the group's first set names, else the release."""
    of_set = sets.drop_duplicates("group_seg").set_index("group_seg")["guide"].reindex(groups["seg"], fill_value="")
    version = limits.version(groups["version"])
    other = limits.printable(of_set.set_axis(groups.index), 12)
    version = version.where(version != "", other)
    return version.where(version != "", "005010")
