"""The parts of a file that answers others (TA1, 999, 997, 277CA) in; what each answer says, in counts and codes, out.

No person is told, and nothing of what stood in the file that is answered: what has not the form of a control number or
of a code is left out. What the codes mean comes from `meanings`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd

from claims.x12.file import X12File
from claims.x12.meanings import CONTRADICTION, UNKNOWN, meanings
from claims.x12.shown import is_of

_FRAMES = ("interchange_acknowledgements", "group_acknowledgements", "set_acknowledgements", "claim_statuses")
# Of a claim with several states the first of these counts, then any other.
_WORST = (CONTRADICTION, "rejected", "not_accepted", UNKNOWN)
_STATUS = ("level", "hl_seg", "verdict", "category_code", "status_code", "own_label")


class Answers:
    """Takes the parts of one file in order; `records` are what `claims read --json` has as `answers`."""

    def __init__(self) -> None:
        self._found: dict[int, dict[str, Any]] = {}
        self._claims: dict[int, dict[int, str]] = {}
        self._reasons: dict[int, Counter[tuple[str, str, str]]] = {}
        self._of_997: set[int] = set()

    def add(self, part: X12File) -> None:
        """Take the next part in."""
        if not any(len(part.frames[name]) for name in _FRAMES if name in part.frames):
            return
        sets = part.transactions
        self._of_997 |= set(sets.loc[sets["set_code"] == "997", "seg"].tolist())
        found = meanings(part.frames)
        for row in _records(found["interchange_acknowledgements"]):
            self._found[row["seg"]] = _interchange(row)
        for row in _records(found["group_acknowledgements"]):
            rejected = row["received"] - row["accepted"]
            self._found.setdefault(row["seg"], {"rejected_sets": []}).update(
                kind="999", control=_code(row["control_number"], "identifiers"), seg=row["seg"],
                verdict=row["verdict"], meaning=row["own_label"], next_step=row["next_step"], sets=row["received"],
                accepted=row["accepted"], rejected=max(rejected, 0), transaction_seg=row["transaction_seg"],
            )  # fmt: skip
        sets = found["set_acknowledgements"]
        for row in _records(sets[sets["verdict"] != "accepted"]):
            self._found.setdefault(row["group_seg"], {"rejected_sets": []})["rejected_sets"].append(_set(row))
        self._statuses(found["claim_statuses"])

    def _statuses(self, rows: pd.DataFrame) -> None:
        for own in rows["transaction_seg"].unique().tolist():
            some = rows[rows["transaction_seg"] == own]
            claims = self._claims.setdefault(own, {})
            reasons = self._reasons.setdefault(own, Counter())
            names = (some[name].tolist() for name in _STATUS)
            for level, hl_seg, verdict, category, status, label in zip(*names, strict=True):
                if verdict in _WORST:
                    code = ":".join(_code(one, "long_codes") for one in (category, status) if one)
                    reasons[level, code, label] += 1
                if level == "claim" and (hl_seg not in claims or _rank(verdict) < _rank(claims[hl_seg])):
                    claims[hl_seg] = verdict

    def records(self) -> list[dict[str, Any]]:
        """Return the answers in the order of the file, each with a sentence `says`."""
        found = []
        for one in self._found.values():
            kept = dict(one)
            if kept.get("kind") == "999":
                kept["kind"] = "997" if kept.pop("transaction_seg") in self._of_997 else "999"
                kept["says"] = _of_group(kept)
            if "kind" in kept:
                found.append(kept)
        for own, claims in self._claims.items():
            reasons = [
                {"level": level, "code": code, "meaning": label, "count": count}
                for (level, code, label), count in self._reasons[own].items()
            ]
            states = dict(Counter(claims.values()).most_common())
            told = {"kind": "277CA", "seg": own, "claims": len(claims), "states": states, "reasons": reasons}
            found.append(told | {"says": _of_claims(states, reasons)})
        return sorted(found, key=lambda one: int(one["seg"]))


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _rank(state: str) -> int:
    return _WORST.index(state) if state in _WORST else len(_WORST)


def _code(value: str, form: str) -> str:
    return value if is_of(form, value) else f"[{len(value)}]"


def _interchange(row: dict[str, Any]) -> dict[str, Any]:
    control, note = _code(row["control_number"], "identifiers"), _code(row["note_code"], "long_codes")
    why = "" if note.strip("0") == "" else f" ({note})"
    return {
        "kind": "TA1", "seg": row["seg"], "control": control, "verdict": row["verdict"], "code": note,
        "meaning": row["own_label"], "next_step": row["next_step"],
        "says": f"TA1 answers interchange {control}: {row['own_label'] or row['verdict']}{why}",
    }  # fmt: skip


def _set(row: dict[str, Any]) -> dict[str, Any]:
    codes = [_code(code, "long_codes") for code in row["error_codes"].split()]
    return {
        "seg": row["seg"], "control": _code(row["control_number"], "identifiers"), "verdict": row["verdict"],
        "codes": codes, "meaning": row["own_label"], "next_step": row["next_step"],
    }  # fmt: skip


def _of_group(one: dict[str, Any]) -> str:
    sets, who = "set" if one["sets"] == 1 else "sets", f"{one['kind']} answers group {one['control']}"
    if one["rejected"]:
        return f"{who}: {one['rejected']} of {one['sets']} {sets} rejected"
    return f"{who}: {one['verdict']}, {one['accepted']} of {one['sets']} {sets} accepted"


def _of_claims(states: dict[str, int], reasons: list[dict[str, Any]]) -> str:
    """Say how many claims have which state, why those that are not accepted, and what a level above them says."""
    parts = []
    for state in sorted({"accepted": 0, **states}, key=lambda one: (one != "accepted", _rank(one))):
        parts.append(f"{states.get(state, 0)} {state.replace('_', ' ')}")
    codes = dict.fromkeys(one["code"] for one in reasons if one["level"] == "claim")
    above = dict.fromkeys(
        f"{one['level']} {one['code']}: {one['meaning']}" for one in reasons if one["level"] in ("batch", "provider")
    )
    why = f" ({', '.join(codes)})" if codes else ""
    return "; ".join([f"277CA: {', '.join(parts)}{why}", *above])
