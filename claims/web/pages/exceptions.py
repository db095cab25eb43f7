"""What is held, unmatched or odd: the list, one of it, and the claim that a person says a waiting payment is of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Form
from starlette.responses import Response

from claims.errors import ClaimsError, NotFoundError, UsageError
from claims.service import exceptions, matching_by_hand
from claims.web import shown
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
READ, ACT = "desk.read", "desk.act"
Said = Literal["", "matched", "unmatched"]
Text = Annotated[str, Form(max_length=400)]


@ROUTES.get("/exceptions", READ)
def listed(at: At, state: Literal["open", "closed", "any"] = "open", type_code: str = "") -> Response:
    """List what is held, unmatched or odd, and what is held or refused right now."""
    asked = "" if state == "any" else state
    rows, held = exceptions.listed(at.reading, state=asked, type_code=type_code[:40], show_phi=True)
    return at.page("exceptions.html", rows=shown.rows(rows), held=shown.rows(held), state=state)


@ROUTES.get("/exceptions/{exception_id}", READ)
def one(at: At, exception_id: Number, said: Said = "") -> Response:
    """Tell one: what releases it, its findings, its payment or deposit."""
    return _page(at, exception_id, said=said)


@ROUTES.post("/exceptions/{exception_id}/match", ACT)
def match(
    at: At,
    exception_id: Number,
    claim: Annotated[str, Form(max_length=80)],
    although: Text = "",
    sure: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Show what agrees and differs between the waiting payment and a claim; with `sure`, match the two."""
    typed = {"claim": claim, "although": although}
    try:
        facts = matching_by_hand.looked_at(at.reading, exception_id, claim.strip())
        if sure != "yes":
            return _page(at, exception_id, 200, facts=facts, **typed)
        matching_by_hand.match_by_hand(at.writing, exception_id, claim.strip(), although)
    except matching_by_hand.MatchDiffersError as error:
        return _page(at, exception_id, 422, facts=error.facts, problem="Say why it is the claim all the same.", **typed)
    except (UsageError, NotFoundError) as error:
        return _page(at, exception_id, 422, problem=_worded(error), **typed)
    return at.go(f"/exceptions/{exception_id}?said=matched")


@ROUTES.post("/exceptions/{exception_id}/unmatch", ACT)
def unmatch(at: At, exception_id: Number, sure: Annotated[str, Form(max_length=10)] = "") -> Response:
    """Say what taking the match away means; with `sure`, do it."""
    if sure != "yes":
        return _page(at, exception_id, is_unmatching=True)
    try:
        matching_by_hand.unmatch_by_hand(at.writing, exception_id)
    except UsageError as error:
        return _page(at, exception_id, 422, problem=str(error))
    return at.go(f"/exceptions/{exception_id}?said=unmatched")


def _worded(error: ClaimsError) -> str:
    return "There is no claim with this number." if isinstance(error, NotFoundError) else str(error)


def _page(at: Seat, exception_id: int, status: int = 200, **values: Any) -> Response:
    story = exceptions.told(at.reading, exception_id, show_phi=True)
    usual: dict[str, Any] = {"said": "", "problem": "", "claim": "", "although": "", "facts": None}
    usual |= {"is_unmatching": False, "standing": matching_by_hand.standing(at.reading, exception_id)}
    facts = values.get("facts")
    usual["is_grave"] = facts is not None and matching_by_hand.differs_gravely(facts)
    return at.page("exception.html", status, story=story, findings=shown.rows(story["findings"]), **usual | values)
