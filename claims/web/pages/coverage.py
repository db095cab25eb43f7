"""Another payer is responsible for a denied claim: who it is is entered on the case, looked at, and billed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form
from starlette.responses import Response

from claims import codes
from claims.errors import UsageError
from claims.service import desk_case
from claims.service.audited import record_shown
from claims.service.desk import actions, billing_other, correcting
from claims.service.desk.billing_other import Coverage
from claims.web import done, shown
from claims.web.pages.acts import chosen, go_back
from claims.web.pages.correct import MOST_OTHERS, Look, Print, Short, asked_by_denial, look_of, printed
from claims.web.routes import Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
Text = Annotated[str, Form(max_length=120)]
RELATIONS = (
    ("18", "the patient"),
    ("01", "the spouse"),
    ("19", "a parent: the patient is the child"),
    ("G8", "somebody else"),
)


@ROUTES.get("/cases/{key}/coverage", "desk.act")
def form(at: At, key: str) -> Response:
    """Ask who is responsible: payer, member, order, and who holds the policy."""
    found, can = _of(at, key)
    return _page(at, found, can)


@ROUTES.post("/cases/{key}/coverage", "desk.act")
def bill(
    at: At,
    key: str,
    payer: Text = "",
    member: Text = "",
    order: Text = "",
    relationship: Text = "18",
    last_name: Text = "",
    first_name: Text = "",
    group: Text = "",
    authorization: Text = "",
    version: Annotated[int, Form(ge=0)] = 0,
    join: Annotated[list[str], Form(max_length=MOST_OTHERS)] = [],  # noqa: B006 FastAPI copies it
    sure: Short = "",
    looked_at: Print = "",
) -> Response:
    """Show whom the claim would go to and what the edits say; with `sure`, do it, if that is what was looked at."""
    found, can = _of(at, key)
    coverage = Coverage(payer.strip(), member, order, relationship.strip(), last_name, first_name, group, authorization)
    kept: dict[str, Any] = {"typed": coverage._asdict(), "joining": join}
    kept["looked_at"] = printed(kept)
    try:
        others = {one.case_id for one in can.others}
        cases = [(found.case_id, version), *(one for one in chosen(join) if one[0] in others)]
        day = at.writing.settings.today()
        if sure == "yes" and looked_at == kept["looked_at"]:
            did = done.told("bill_other", actions.bill_other(at.writing, cases, day, coverage))
            return go_back(at, f"/cases/{found.key}", did)
        looked = actions.preview(at.writing, actions.bill_other, cases, day, coverage)
    except UsageError as error:
        return _page(at, found, can, 422, problem=str(error), **kept)
    return _page(at, found, can, look=look_of(looked), **kept)


def _of(at: Seat, key: str) -> tuple[desk_case.Case, correcting.Correctable]:
    ctx = at.reading
    found = desk_case.of_key(ctx, key[:64])
    record_shown(ctx, f"denial case {found.key}", {"part": "coverage"})
    return found, correcting.correctable(ctx, found.case_id, ctx.settings.today())


def _stops(at: Seat, found: desk_case.Case, order: str) -> list[str]:
    return billing_other.hindrances(at.reading, found.case_id, order)


def _page(
    at: Seat, found: desk_case.Case, can: correcting.Correctable, status: int = 200, *, look: Look | None = None,
    **values: Any,
) -> Response:  # fmt: skip
    ctx = at.reading
    usual_order = billing_other.usual_order(found.reason_code)
    typed = values.get("typed") or Coverage("", "", usual_order)._asdict()
    payers = billing_other.payers(ctx, ctx.settings.today())
    names = dict(payers)
    named = [] if can.refused else billing_other.named_on(ctx, found.case_id)
    denied = {one.payer_code for one in named if one.has_denied}
    orders = shown.rows(codes.table("coverage_orders"))
    stops = {} if can.refused else {row["order"]: _stops(at, found, row["order"]) for row in orders}
    own: dict[str, Any] = {
        "found": found,
        "stops": [(row["own_label"], says) for row in orders for says in stops.get(row["order"], [])],
        "is_stopped": all(stops.values()),
        "can": can,
        "look": look,
        "typed": typed,
        "payers": [one for one in payers if one[0] not in denied],
        "names": names,
        "named": named,
        "will_be": billing_other.will_be(named, typed["payer_code"], typed["order"]) if look else [],
        "orders": orders,
        "usual_order": usual_order,
        "relations": RELATIONS,
        "asks": asked_by_denial(at, found.key),
        "joining": [f"{one.case_id}.{one.version}" for one in can.others],
        "problem": "",
        "looked_at": "",
        "back": f"/cases/{found.key}",
    }
    return at.page("coverage.html", status, **own | values | {"typed": typed})
