"""What is held, unmatched or odd: the list, one of it, its claim by hand, who works on it and what they say of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Form
from starlette.responses import Response

from claims.errors import ClaimsError, NotFoundError, UsageError
from claims.service import exception_acts, exceptions, matching_by_hand
from claims.web import shown
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
READ, ACT = "desk.read", "desk.act"
Said = Literal["", "matched", "unmatched", "assigned", "noted", "accepted", "taken-up"]
Text = Annotated[str, Form(max_length=400)]
Seen = Annotated[int | None, Form(ge=0, lt=2**31)]


@ROUTES.get("/exceptions", READ)
def listed(at: At, state: Literal["open", "mine", "closed", "any"] = "open", type_code: str = "") -> Response:
    """List what is held, unmatched or odd (`mine`: open, and given to who asks), and what is held or refused now."""
    asked, owner = {"any": ("", None), "mine": ("open", at.person.name)}.get(state, (state, None))
    rows, held = exceptions.listed(at.reading, state=asked, type_code=type_code[:40], owner=owner, show_phi=True)
    held_now = [] if state == "mine" else shown.rows(held)
    return at.page("exceptions.html", rows=shown.rows(rows), held=held_now, state=state)


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


@ROUTES.post("/exceptions/{exception_id}/assign", ACT)
def assign(at: At, exception_id: Number, to: Annotated[str, Form(max_length=120)] = "", seen: Seen = None) -> Response:
    """Give it to somebody; empty: to nobody."""
    return _act(at, exception_id, "assigned", partial(exception_acts.assign, owner=to, seen=seen))


@ROUTES.post("/exceptions/{exception_id}/note", ACT)
def note(at: At, exception_id: Number, words: Text = "") -> Response:
    """Write a note on it."""
    return _act(at, exception_id, "noted", partial(exception_acts.note, text=words), note=words)


@ROUTES.post("/exceptions/{exception_id}/accept", ACT)
def accept(at: At, exception_id: Number, reason: Text = "", seen: Seen = None) -> Response:
    """Close it, where it only informs."""
    return _act(at, exception_id, "accepted", partial(exception_acts.accept, reason=reason, seen=seen), reason=reason)


@ROUTES.post("/exceptions/{exception_id}/take-up", ACT)
def take_up(at: At, exception_id: Number, reason: Text = "", seen: Seen = None) -> Response:
    """Open it again, where it was accepted."""
    return _act(at, exception_id, "taken-up", partial(exception_acts.take_up, reason=reason, seen=seen), reason=reason)


def _act(at: Seat, exception_id: int, said: str, act: Callable[..., object], **typed: str) -> Response:
    ctx = at.writing
    try:
        act(ctx, exception_id, posting_date=ctx.settings.today())
    except NotFoundError:
        raise
    except UsageError as error:
        return _page(at, exception_id, 422, problem=str(error), **typed)
    return at.go(f"/exceptions/{exception_id}?said={said}")


def _worded(error: ClaimsError) -> str:
    return "There is no claim with this number." if isinstance(error, NotFoundError) else str(error)


def _page(at: Seat, exception_id: int, status: int = 200, **values: Any) -> Response:
    story = exceptions.told(at.reading, exception_id, show_phi=True)
    usual: dict[str, Any] = {"said": "", "problem": "", "claim": "", "although": "", "facts": None}
    usual |= {"note": "", "reason": "", "workers": at.practice.workers(), "events": shown.rows(story["events"])}
    usual |= {"is_unmatching": False, "standing": matching_by_hand.standing(at.reading, exception_id)}
    facts = values.get("facts")
    usual["is_grave"] = facts is not None and matching_by_hand.differs_gravely(facts)
    return at.page("exception.html", status, story=story, findings=shown.rows(story["findings"]), **usual | values)
