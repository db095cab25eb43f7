"""What is held, unmatched or odd: the list, one of it, its claim by hand, who works on it and what they say of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Form, Query
from starlette.responses import Response

from claims.errors import ClaimsError, NotFoundError, UsageError
from claims.service import (
    booking,
    exception_acts,
    exception_pages,
    exceptions,
    match_compared,
    matching_by_hand,
    standing_claims,
)
from claims.service.audited import record_shown
from claims.web import paging, shown
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
READ, ACT = "desk.read", "desk.act"
LIST, HELD = "exceptions", "held"
Said = Literal["", "matched", "unmatched", "assigned", "noted", "accepted", "taken-up", "stands", "booked", "unbooked"]
Text = Annotated[str, Form(max_length=400)]
Seen = Annotated[int | None, Form(ge=0, lt=2**31)]
Short = Annotated[str, Form(max_length=40)]


@ROUTES.get("/exceptions", READ)
def listed(
    at: At,
    state: Literal["open", "mine", "closed", "any"] = "open",
    type_code: Annotated[str, Query(max_length=40)] = "",
    place: Annotated[str, Query(alias="at", max_length=300)] = "",
    held_at: Annotated[str, Query(alias="held", max_length=300)] = "",
) -> Response:
    """List what is held, unmatched or odd (`mine`: open, and given to who asks), and what is held or refused now."""
    asked, owner = {"any": ("", None), "mine": ("open", at.person.name)}.get(state, (state, None))
    after, is_lost = paging.place(at, place, LIST)
    page = exception_pages.page(at.reading, asked, type_code, owner, after)
    counts = exception_pages.counts(at.reading, asked, owner)
    narrowed = counts if not type_code else counts[counts["type_code"] == type_code.upper()]
    from_row, _ = paging.place(at, held_at, HELD)
    held = exception_pages.held_now(at.reading, from_row)
    same = {"state": state, "type_code": type_code}
    return at.page(
        "exceptions.html",
        rows=shown.rows(page.rows),
        counts=shown.rows(counts),
        in_all=int(narrowed["exceptions"].sum()),
        held=[] if state == "mine" else shown.rows(held.page.rows),
        held_count=held.in_all,
        state=state,
        type_code=type_code.upper(),
        is_lost=is_lost,
        around=paging.around(at, page, LIST, "/exceptions", **same),
        held_around=paging.around(at, held.page, HELD, "/exceptions", word="held", **same, at=place),
    )


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
    sure: Short = "",
    seen: Short = "",
) -> Response:
    """Show the waiting payment and a claim side by side; with `sure`, match the two, unless another did meanwhile."""
    typed: dict[str, Any] = {"claim": claim, "although": although}
    try:
        typed["look"] = match_compared.looked_at(at.reading, exception_id, claim.strip())
        if sure != "yes":
            return _page(at, exception_id, 200, **typed)
        matching_by_hand.match_by_hand(at.writing, exception_id, claim.strip(), although, seen=seen)
    except matching_by_hand.MatchDiffersError:
        return _page(at, exception_id, 422, problem="Say why it is the claim all the same.", **typed)
    except (UsageError, NotFoundError) as error:
        return _page(at, exception_id, 422, problem=_worded(error), **typed)
    return at.go(f"/exceptions/{exception_id}?said=matched")


@ROUTES.post("/exceptions/{exception_id}/unmatch", ACT)
def unmatch(at: At, exception_id: Number, sure: Short = "", seen: Short = "") -> Response:
    """Say what taking the match away means; with `sure`, do it, unless it is another match by now."""
    if sure != "yes":
        return _page(at, exception_id, is_unmatching=True)
    try:
        matching_by_hand.unmatch_by_hand(at.writing, exception_id, seen=seen)
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


@ROUTES.post("/exceptions/{exception_id}/stand", ACT)
def stand(at: At, exception_id: Number, holds: Text = "", seen: Seen = None) -> Response:
    """Say that its claim holds, of several with one number (`holds`: how one knows)."""
    return _act(at, exception_id, "stands", partial(standing_claims.stand, reason=holds, seen=seen), holds=holds)


@ROUTES.post("/exceptions/{exception_id}/book", ACT)
def book(
    at: At, exception_id: Number, account: Short = "", reason: Text = "", sure: Short = "", seen: Seen = None
) -> Response:
    """Say to which account the amount of a provider adjustment belongs; with `sure`, against what its code means."""
    act = partial(booking.book, account=account, reason=reason, seen=seen, sure=sure == "yes")
    return _act(at, exception_id, "booked", act, reason=reason, account=account)


@ROUTES.post("/exceptions/{exception_id}/unbook", ACT)
def unbook(at: At, exception_id: Number, reason: Text = "", seen: Seen = None) -> Response:
    """Take that account back."""
    return _act(at, exception_id, "unbooked", partial(booking.unbook, reason=reason, seen=seen), reason=reason)


def _act(at: Seat, exception_id: int, said: str, act: Callable[..., object], **typed: str) -> Response:
    ctx = at.writing
    try:
        act(ctx, exception_id, posting_date=ctx.settings.today())
    except NotFoundError:
        raise
    except UsageError as error:
        is_doubted = isinstance(error, booking.DoubtedAccountError)
        problem = error.problem if isinstance(error, booking.DoubtedAccountError) else str(error)
        return _page(at, exception_id, 422, problem=problem, is_doubted=is_doubted, **typed)
    return at.go(f"/exceptions/{exception_id}?said={said}")


def _worded(error: ClaimsError) -> str:
    return "There is no claim with this number." if isinstance(error, NotFoundError) else str(error)


def _page(at: Seat, exception_id: int, status: int = 200, **values: Any) -> Response:
    story = exceptions.told(at.reading, exception_id, show_phi=True)
    standing = matching_by_hand.standing(at.reading, exception_id)
    usual: dict[str, Any] = {"said": "", "problem": "", "claim": "", "although": "", "look": None}
    usual |= {"is_unmatching": False, "is_doubted": False, "standing": standing}
    usual |= {
        "note": "",
        "reason": "",
        "account": "",
        "holds": "",
        "choice": standing_claims.choice(at.reading, exception_id),
        "workers": at.practice.workers(),
        "events": shown.rows(story["events"]),
    }
    look = values.get("look")
    usual["is_grave"] = look is not None and matching_by_hand.differs_gravely(look.facts)
    is_offered = standing.waits and look is None and at.person.may(ACT)
    near = shown.rows(match_compared.considered(at.reading, exception_id)) if is_offered else []
    claims = [row["claim_id"] for row in near] + ([look.claim.claim_id] if look else [])
    if claims:
        record_shown(at.reading, f"exception {exception_id}", {"claims": claims})
    usual |= {"findings": shown.rows(story["findings"]), "near": near}
    return at.page("exception.html", status, story=story, **usual | values)
