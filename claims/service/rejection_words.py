"""Refusals as the answers code them come in; why, what to do, and the edit that should have caught it come out."""

from __future__ import annotations

from functools import cache

import pandas as pd

from claims import codes

SENT_AGAIN, RESEND = "sent_again", "resend_claim"
_OTHER_CLAIM = "Its set was refused because of another claim"
_NO_CLAIM = "Its set or group was refused, and the 999 names no claim"


def worded(rows: pd.DataFrame) -> pd.DataFrame:
    """Add `source`, `cause`, `next_step` and `edit_id` to refusals.

    `rows`: scope, said (the event), detail_code, own_cause (of a claim that a 999 names), blames_other (another claim
    of its set is named), status_code.
    """
    found = [
        _words(*row)
        for row in zip(
            *(rows[name].tolist() for name in ("scope", "said", "detail_code", "own_cause", "blames_other")),
            strict=True,
        )
    ]
    words = pd.DataFrame(found, rows.index, ["source", "cause", "next_step", "edit_id"], dtype="str")
    return pd.concat([rows, words], axis=1)


def _words(scope: str, said: str, detail: str, own_cause: str, blames_other: bool) -> tuple[str, str, str, str]:
    if scope == "interchange":
        return "TA1", *_of_interchange(detail)
    if scope in ("group", "set"):
        return "999", *_of_set(said, detail, own_cause, blames_other)
    return "277CA", *_of_claim(detail)


@cache
def _of_interchange(note: str) -> tuple[str, str, str]:
    labels, steps = _acknowledgement("TA105")
    label = labels.get(note, f"note {note}")
    return f"The whole interchange was refused: {label[:1].lower()}{label[1:]}", _step(steps.get(note, "look")), ""


@cache
def _of_set(said: str, detail: str, own_cause: str, blames_other: bool) -> tuple[str, str, str]:
    if said == "set-refused":
        return _OTHER_CLAIM, _step(SENT_AGAIN), ""
    if own_cause:
        return f"The 999 refuses it: {own_cause}", _step("fix_claim"), ""
    if blames_other:
        return _OTHER_CLAIM, _step(RESEND), ""
    labels, steps = _acknowledgement("IK502")
    why = "; ".join(labels[code].lower() for code in detail.split() if code in labels)
    step = next((steps[code] for code in detail.split() if code in steps), "fix_and_resend_set")
    return f"{_NO_CLAIM}: {why}" if why else _NO_CLAIM, _step(step), ""


@cache
def _of_claim(detail: str) -> tuple[str, str, str]:
    """Read "A7 562 85; A7 21": each status in words; what to do and the edit are those of the first that has any."""
    categories = codes.table("stc_category").set_index("code")
    statuses = codes.table("stc_status").set_index("status_code")
    entities = codes.table("stc_entities").set_index("code")["own_label"]
    told, step, edit = [], "", ""
    category = detail.split(" ", maxsplit=1)[0]
    for one in detail.split("; "):
        _, code, entity = [*one.split(" "), "", ""][:3]
        title = str(statuses["own_title"].get(code, f"status {code}" if code else ""))
        who = str(entities.get(entity, entity))
        told += [f"{title} ({who})" if who and title else title or who]
        step = step or str(statuses["next_step"].get(code, ""))
        edit = edit or str(statuses["edit_id"].get(code, ""))
    label = str(categories["own_label"].get(category, category))
    if not step:
        action = categories["next_action"].get(category, "REV")
        step = str(codes.table("next_actions").set_index("id")["own_label"].get(action, ""))
    words = "; ".join(dict.fromkeys(text for text in told if text))
    return f"{label}: {words}" if words else label, step, edit


@cache
def _acknowledgement(element: str) -> tuple[dict[str, str], dict[str, str]]:
    rows = codes.table("ack_codes").query("element == @element").set_index("code")
    return dict(rows["own_label"]), dict(rows["next_step"])


@cache
def _step(name: str) -> str:
    return str(codes.table("answer_steps").set_index("next_step")["own_label"][name])
