"""Answer frames of a file in (TA1, 999, 997, 277CA); the same with `own_label`, `verdict` and `next_step` out.

Joined from `codes/ack_codes.csv` and `codes/stc_category.csv`. Verdicts of a TA1, 999 or 997: accepted, partial,
rejected, unknown. Those of a 277CA are states of claims, and contradiction where category and action do not agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import pandas as pd

from claims import codes
from claims.x12.write_columns import Frames

UNKNOWN, CONTRADICTION = "unknown", "contradiction"
_LOOK, _LOG = "look", "log"
_REVIEW = "REV"
# frame: element of its verdict, element and column of its further codes; of a 999, and of a 997
_ELEMENTS = {
    "interchange_acknowledgements": (("TA104", "TA105"), ("TA104", "TA105"), "note_code"),
    "group_acknowledgements": (("AK901", "AK905"), ("AK901", "AK905"), "error_codes"),
    "set_acknowledgements": (("IK501", "IK502"), ("AK501", "AK502"), "error_codes"),
}
_ERRORS = {"segment_errors": ("IK304", "AK304"), "element_errors": ("IK403", "AK403")}
_NO_ERROR = "000"
_CATEGORY = ("code", "own_label", "claim_state", "expected_action", "next_action")


class _Codes:
    """The table of codes as mappings from set, element and code."""

    def __init__(self) -> None:
        table = codes.table("ack_codes")
        keys = list(zip(table["set"], table["element"], table["code"], strict=True))
        self.label, self.verdict, self.next_step = (
            dict(zip(keys, table[name].tolist(), strict=True)) for name in ("own_label", "verdict", "next_step")
        )


def meanings(frames: Frames) -> dict[str, pd.DataFrame]:
    """Return the answer frames among `frames` (but `contexts`, which have no codes), each with what its codes mean.

    A code that we do not know has no label, the verdict unknown and the next step `look`. What is wrong with a segment
    or an element has the verdict of its set: in a set that was accepted it is to be logged only.
    """
    known = _Codes()
    is_997 = _segs_of(frames, "997")
    found = {
        name: _judged(known, name, frames[name], is_997) for name in _ELEMENTS if name in frames
    }  # fmt: skip
    sets = found.get("set_acknowledgements", pd.DataFrame({"seg": [], "verdict": []}))
    of_set = dict(zip(sets["seg"].tolist(), sets["verdict"].tolist(), strict=True))
    for name in _ERRORS:
        if name in frames:
            found[name] = _explained(known, name, frames[name], is_997, of_set)
    if "claim_statuses" in frames:
        found["claim_statuses"] = _claim_states(frames["claim_statuses"])
    return found


def _segs_of(frames: Frames, set_code: str) -> set[int]:
    if "transactions" not in frames:
        return set()
    transactions = frames["transactions"]
    return set(transactions.loc[transactions["set_code"] == set_code, "seg"].tolist())


def _set_of(name: str, transaction_seg: int, is_997: set[int]) -> str:
    return "TA1" if name == "interchange_acknowledgements" else "997" if transaction_seg in is_997 else "999"


def _judged(known: _Codes, name: str, rows: pd.DataFrame, is_997: set[int]) -> pd.DataFrame:
    """Join the status of an answer and the codes that say why."""
    of_999, of_997, column = _ELEMENTS[name]

    def meaning(transaction_seg: int, status: str, reasons: str) -> tuple[str, str, str]:
        kind = _set_of(name, transaction_seg, is_997)
        element, why = of_997 if kind == "997" else of_999
        key = (kind, element, status)
        if key not in known.verdict:
            return "", UNKNOWN, _LOOK
        given = [(kind, why, code) for code in reasons.split() if code != _NO_ERROR]
        labels = [known.label[one] for one in given if one in known.label]
        label = ": ".join([known.label[key], *(["; ".join(labels)] if labels else [])])
        steps = [known.next_step[one] for one in given if one in known.next_step]
        is_negative = known.verdict[key] == "rejected"
        return label, known.verdict[key], steps[0] if is_negative and steps else known.next_step[key]

    return _with(rows, meaning, "transaction_seg", "status_code", column)


def _explained(
    known: _Codes, name: str, rows: pd.DataFrame, is_997: set[int], verdict_of: Mapping[int, str]
) -> pd.DataFrame:
    """Join the code of an error; whether anything is to be done about it depends on the verdict of its set."""
    of_999, of_997 = _ERRORS[name]

    def meaning(transaction_seg: int, set_seg: int, code: str) -> tuple[str, str, str]:
        kind = _set_of(name, transaction_seg, is_997)
        key = (kind, of_997 if kind == "997" else of_999, code)
        verdict = verdict_of.get(set_seg, UNKNOWN)
        step = _LOG if verdict == "accepted" else known.next_step.get(key, _LOOK)
        return known.label.get(key, ""), verdict, step

    return _with(rows, meaning, "transaction_seg", "set_seg", "error_code")


def _claim_states(rows: pd.DataFrame) -> pd.DataFrame:
    """Join the category; an action that contradicts it makes the state a contradiction, for a person to look at."""
    table = codes.table("stc_category")
    states = {row[0]: row[1:] for row in zip(*(table[name].tolist() for name in _CATEGORY), strict=True)}

    def meaning(category: str, action: str) -> tuple[str, str, str]:
        label, state, expected, step = states.get(category, states["other"])
        if expected and action and action != expected:
            return f"{label}, but its action says otherwise", CONTRADICTION, _REVIEW
        return label, state, step

    return _with(rows, meaning, "category_code", "action_code")


def _with(rows: pd.DataFrame, meaning: Callable[..., tuple[str, str, str]], *columns: str) -> pd.DataFrame:
    """Add the three columns; `meaning` is asked once for each combination of values."""
    cached = cache(meaning)
    found = [cached(*values) for values in zip(*(rows[name].tolist() for name in columns), strict=True)]
    texts = pd.DataFrame(found, rows.index, ["own_label", "verdict", "next_step"], dtype="str")
    return pd.concat([rows, texts], axis=1)
