"""A claim is corrected and sent again: a denied one from its case, and one that was rejected or blocked.

What can be changed, what it says now, what would become of it; it is done when it is what was looked at.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import Form
from starlette.responses import Response

from claims.errors import UsageError
from claims.service import desk_case, lowered_requests, queue, rejection_queue, resubmit
from claims.service.audited import record_shown
from claims.service.desk import actions, correcting
from claims.service.desk.correcting import Correctable
from claims.service.scrub_shown import fixes
from claims.web import done, shown
from claims.web.pages.acts import chosen, go_back
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
MOST_OTHERS = 999
Texts = Annotated[list[str], Form(max_length=300)]
Print = Annotated[str, Form(max_length=64)]
Short = Annotated[str, Form(max_length=10)]
Why = Annotated[str, Form(max_length=400)]  # so much is taken off the charge


class Look(NamedTuple):
    """What would become of it: whether it would be made, why not, what stops it then, and what it goes as."""

    is_made: bool
    is_stale: bool = False
    refused: Sequence[str] = ()
    blocked: Sequence[str] = ()
    edits: Sequence[str] = ()
    is_new: bool = False
    cases: int = 1
    lowered_cents: int = 0
    waits: bool = False  # for a second person: so much is taken off the charge


@ROUTES.get("/cases/{key}/correct", "desk.act")
def form(at: At, key: str) -> Response:
    """Show what can be corrected on the claim of a case, those values first that the denial asks for."""
    found, can = _of(at, key)
    return _page(at, found, can)


@ROUTES.post("/cases/{key}/correct", "desk.act")
def correct(
    at: At,
    key: str,
    name: Texts = [],  # noqa: B006 FastAPI copies it
    value: Texts = [],  # noqa: B006
    version: Annotated[int, Form(ge=0)] = 0,
    join: Annotated[list[str], Form(max_length=MOST_OTHERS)] = [],  # noqa: B006
    late: Annotated[str, Form(max_length=400)] = "",
    why: Why = "",
    as_new: Short = "",
    sure: Short = "",
    looked_at: Print = "",
) -> Response:
    """Show old and new values and what would become of it; with `sure`, do it, if that is what was looked at."""
    found, can = _of(at, key)
    typed = dict(zip(name, value, strict=False))
    kept: dict[str, Any] = {"typed": typed, "late": late, "as_new": as_new == "yes", "joining": join}
    kept["looked_at"] = printed(kept)
    kept["why"] = why
    try:
        wanted = correcting.changes(can.fields, typed)
        others = {one.case_id for one in can.others}
        cases = [(found.case_id, version), *(one for one in chosen(join) if one[0] in others)]
        how: dict[str, Any] = {"as_new": as_new == "yes", "late_reason": late}
        day, changes = at.writing.settings.today(), [change for _, change in wanted]
        if sure == "yes" and looked_at == kept["looked_at"]:
            did = done.told("resubmit", actions.resubmit(at.writing, cases, day, changes, lowered_reason=why, **how))
            return go_back(at, f"/cases/{found.key}", did)
        looked = actions.preview(at.writing, actions.resubmit, cases, day, changes, **how)
    except UsageError as error:
        return _page(at, found, can, 422, problem=str(error), **kept)
    pairs = [(field, change.value, resubmit.as_sent(change)) for field, change in wanted]
    return _page(at, found, can, look=look_of(looked), pairs=pairs, **kept)


@ROUTES.get("/claims/{claim_id}/correct", "desk.act")
def claim_form(at: At, claim_id: Number) -> Response:
    """Show what can be corrected on a claim that nobody has; one that was made of an open denial goes to that case."""
    key = rejection_queue.open_case_behind(at.reading, claim_id)
    if key:
        return at.go(f"/cases/{key}/correct")
    return _claim_page(at, claim_id, _of_claim(at, claim_id))


@ROUTES.post("/claims/{claim_id}/correct", "desk.act")
def correct_claim(
    at: At,
    claim_id: Number,
    name: Texts = [],  # noqa: B006 FastAPI copies it
    value: Texts = [],  # noqa: B006
    why: Why = "",
    sure: Short = "",
    looked_at: Print = "",
) -> Response:
    """Show old and new values and what the edits would say; with `sure`, put the corrected claim in its place."""
    can = _of_claim(at, claim_id)
    typed = dict(zip(name, value, strict=False))
    kept: dict[str, Any] = {"typed": typed}
    kept["looked_at"] = printed(kept)
    kept["why"] = why
    try:
        wanted = correcting.changes(can.fields, typed)
        if can.refused or rejection_queue.open_case_behind(at.reading, claim_id):
            raise UsageError(f"{can.refused or 'It was made of a denial: correct it on the page of its case'}.")
        day, changes = at.writing.settings.today(), [change for _, change in wanted]
        if sure == "yes" and looked_at == kept["looked_at"]:
            listed = "/rejections" if rejection_queue.open_of_claim(at.reading, claim_id) else "/rejections/blocked"
            made = lowered_requests.of_claim(at.writing, claim_id, changes, day, lowered_reason=why)
            if made.request:
                return at.go("/approvals")
            stopped = f"/rejections/blocked/{made.claim_id}?said=blocked"
            return at.go(stopped if made.edits else f"{listed}?said=ready")
        looked = lowered_requests.look(at.writing, claim_id, changes, day)
    except UsageError as error:
        return _claim_page(at, claim_id, can, 422, problem=str(error), **kept)
    pairs = [(field, change.value, resubmit.as_sent(change)) for field, change in wanted]
    stops = [one.rstrip(".") for one in fixes(looked.edits)]
    look = Look(True, blocked=stops, edits=looked.edits, lowered_cents=looked.lowered_cents, waits=looked.is_asked)
    return _claim_page(at, claim_id, can, look=look, pairs=pairs, **kept)


def look_of(looked: actions.Done) -> Look:
    """Put what an action would do into the words of the page."""
    stops = list(dict.fromkeys(looked.blocked["edit_id"].tolist()))
    return Look(
        bool(looked.done),
        bool(looked.stale),
        list(dict.fromkeys(looked.refused["says"].tolist())),
        [one.rstrip(".") for one in fixes(stops)],
        stops,
        bool(looked.new_claims),
        len(looked.done),
        looked.lowered_cents,
        looked.state == lowered_requests.WAITING,
    )


def printed(kept: dict[str, Any]) -> str:
    """Tell apart what was typed: what is sent has to be what was looked at."""
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:32]


def asked_by_denial(at: Seat, key: str) -> dict[str, Any]:
    """Say what a denial asks for: its words, remarks, the next step with its proof and last day."""
    tale = queue.denial_story(at.reading, key, show_phi=True)
    remarks = {row["remark_code"]: row["words"] for row in shown.rows(tale["remarks"])}
    case = tale["case"]
    names = ("next_action_label", "proof_needed", "days_left")
    return {name: tale[name] for name in names} | {
        "cause": case["cause"],
        "codes": case["all_codes"],
        "line_number": 0 if case["extent"] == "full" else case["line_number"],
        "denied_cents": case["denied_cents"],
        "last_day": case["deadline_date"],
        "remarks": remarks,
        "made_life": tale["made"]["made_life"],
    }


def _of(at: Seat, key: str) -> tuple[desk_case.Case, Correctable]:
    ctx = at.reading
    found = desk_case.of_key(ctx, key[:64])
    record_shown(ctx, f"denial case {found.key}", {"part": "claim to correct"})
    return found, correcting.correctable(ctx, found.case_id, ctx.settings.today())


def _of_claim(at: Seat, claim_id: int) -> Correctable:
    record_shown(at.reading, f"claim {claim_id}", {"part": "claim to correct"})
    return correcting.of_claim(at.reading, claim_id)


def _page(at: Seat, found: desk_case.Case, can: Correctable, status: int = 200, **values: Any) -> Response:
    back = f"/cases/{found.key}"
    own = {"found": found, "can": can, "back": back, "here": f"{back}/correct", "asks": asked_by_denial(at, found.key)}
    joining = [f"{one.case_id}.{one.version}" for one in can.others]
    return at.page("correct.html", status, **_usual(can, values) | {"joining": joining} | own | values)


def _claim_page(at: Seat, claim_id: int, can: Correctable, status: int = 200, **values: Any) -> Response:
    refusal = can.refusal or rejection_queue.open_of_claim(at.reading, claim_id)
    back = f"/rejections/{refusal['rejection_id']}" if refusal else f"/rejections/blocked/{claim_id}"
    own = {"found": None, "can": can, "back": back, "here": f"/claims/{claim_id}/correct", "asks": None}
    return at.page("correct.html", status, **_usual(can, values) | own | {"refusal": refusal} | values)


def _usual(can: Correctable, values: dict[str, Any]) -> dict[str, Any]:
    look = values.get("look")
    complaints = [*can.complaints, *can.missed, *(correcting.of_edits(look.edits) if look else ())]
    known: dict[str, Any] = {}
    for one in complaints:
        known.setdefault(one.edit_id, one)
    said = {field.name: correcting.about(field, known.values()) for field in can.fields}
    usual: dict[str, Any] = {
        "typed": {},
        "late": "",
        "why": "",
        "as_new": False,
        "look": None,
        "pairs": [],
        "problem": "",
    }
    return usual | {"looked_at": "", "joining": [], "refusal": can.refusal, "said": said}
