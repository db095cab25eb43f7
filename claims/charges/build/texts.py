"""Texts as X12 can carry them: names and notes are spelt anew, identifiers that cannot be sent are named.

X12 has no way to escape a delimiter. In a name it becomes a blank; an identifier with one is another identifier, so its
claim is refused (edit S12).
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.charges.build.look_up import Frames

EDIT = "S12"
_NAMES = re.compile(r".*(_name|_address|_city|_contact)|note")
# Rows above the claims: the writer refuses them.
_AS_READ = ("hierarchy",)
_ODD = r"[^ -~]"
# Segments that are carried as they were read: these hold free text and no identifier.
# Of delimiters that are data there, the control characters that docs/frames.md gives them.
_PLAIN, _HELD = "*:^~", "\x1c\x1d\x1e\x1f"
_CARRIED, _FREE = "other_segments", ("NTE", "K3", "MSG", "N2", "N3")
_NAMES_OF_NM1 = r"^([^*]*\*[^*]*\*)(?:[^*]*(?:\*|$)){1,5}"  # its elements 3 to 7
_LEVELS = ("billing_seg", "subscriber_seg", "patient_seg")


def cleaned(frames: Frames, marks: str, spell: Callable[[str], str]) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Spell names and notes for a file with the delimiters `marks`; `spell` turns a text into ASCII.

    Gives the frames, and what cannot be sent: claim_seg, line_number (0: the claim), edit_id, element (the column).
    """
    found: dict[str, pd.DataFrame] = {}
    refused: list[pd.DataFrame] = []
    blank = str.maketrans(dict.fromkeys(marks, " "))
    not_sendable = f"{_ODD}|[{re.escape(marks)}]"
    for name, rows in frames.items():
        found[name] = rows
        if name in _AS_READ or rows.empty:
            continue
        if name == _CARRIED:
            found[name], faults = _carried(rows, frames, marks, spell)
            refused += faults
            continue
        changed = {}
        for column in rows.columns[rows.dtypes == "str"]:
            is_odd = _matches(rows[column], not_sendable)
            if not is_odd.any():
                continue
            if _NAMES.fullmatch(str(column)):
                changed[column] = _spelt(
                    rows[column], is_odd, lambda text: " ".join(spell(text).translate(blank).split())
                )
            else:
                refused.append(_refused(name, str(column), rows[is_odd], frames))
        if changed:
            found[name] = rows.assign(**changed)
    nothing = pd.DataFrame({"claim_seg": [], "line_number": []}, dtype="int64").assign(edit_id="", element="")
    return found, pd.concat(refused, ignore_index=True) if refused else nothing


def is_spelt(column: str) -> bool:
    """Tell whether a column is a name or a note, which is spelt anew; anything else has to be sent as it is."""
    return bool(_NAMES.fullmatch(column))


def _carried(
    rows: pd.DataFrame, frames: Frames, marks: str, spell: Callable[[str], str]
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Spell the free text of segments as read, where a delimiter of the plain ones as data is a control character.

    In anything else such a character refuses the claims that the segment belongs to.
    """
    held = [_HELD[_PLAIN.index(mark)] if mark in _PLAIN else mark for mark in marks]
    odd = f"[^ -~{_HELD}]|[{re.escape(''.join(held))}]"
    is_odd = _matches(rows["text"], odd)
    if not is_odd.any():
        return rows, []
    blank = str.maketrans(dict.fromkeys(held, " "))
    beyond = re.compile(f"[^ -~{_HELD}]+")
    texts = _spelt(rows["text"], is_odd, lambda text: beyond.sub(lambda one: spell(one[0]), text.translate(blank)))
    told = rows["text"].mask(rows["segment_id"] == "NM1", rows["text"].str.replace(_NAMES_OF_NM1, r"\1", regex=True))
    wrong = rows[is_odd & ~rows["segment_id"].isin(_FREE) & _matches(told, odd)]
    own = [_refused(_CARRIED, str(segment), part, frames) for segment, part in wrong.groupby("segment_id")]
    return rows.assign(text=texts), own


def _matches(texts: pd.Series, pattern: str) -> pd.Series:
    values = pa.array(texts, pa.large_string())
    flags = pc.match_substring_regex(values, pattern).fill_null(False)
    return pd.Series(flags.to_numpy(zero_copy_only=False), index=texts.index)


def _spelt(texts: pd.Series, is_odd: pd.Series, spell: Callable[[str], str]) -> pd.Series:
    values = texts.astype(object).to_numpy(copy=True)
    values[is_odd.to_numpy()] = [spell(text) for text in texts[is_odd].tolist()]
    return pd.Series(values, index=texts.index, dtype="str")


def _refused(frame: str, column: str, rows: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Name the claims of rows; of a row of a level, all claims under it."""
    line = rows["ordinal"] if frame == "service_lines" else 0
    owner = rows["seg"] if frame == "claims" else rows.get("claim_seg", 0)
    told = pd.DataFrame({"claim_seg": owner, "line_number": line}, index=rows.index)
    of_level = told["claim_seg"] == 0
    below = pd.DataFrame({"claim_seg": _below(rows[of_level], frames), "line_number": 0})
    found = pd.concat([told[~of_level], below], ignore_index=True)
    return found.assign(edit_id=EDIT, element=column).astype({"edit_id": "str", "element": "str"})


def _below(rows: pd.DataFrame, frames: Frames) -> np.ndarray:
    """Give the claims (seg) under the levels that rows stand under: all where that is the head of a set."""
    claims, levels = frames["claims"], frames["hierarchy"]["seg"] if "hierarchy" in frames else pd.Series(dtype="int64")
    starts = np.append(0, np.sort(levels.to_numpy()))
    above = rows["hl_seg"] if "hl_seg" in rows else starts[np.searchsorted(starts, rows["seg"], side="right") - 1]
    mine = np.isin(claims[list(_LEVELS)].to_numpy(), above).any(axis=1) | (np.asarray(above) == 0).any()
    return np.asarray(claims.loc[mine, "seg"])
