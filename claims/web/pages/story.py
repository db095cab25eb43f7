"""The story of a denial case and of a claim: figures that add up, what happened, and the payer's own segments."""

from __future__ import annotations

from starlette.responses import Response

from claims.service import queue, timeline
from claims.web import segments, shown
from claims.web.routes import Number, Routes
from claims.web.seat import At

ROUTES = Routes()


@ROUTES.get("/cases/{key}", "desk.read")
def case(at: At, key: str) -> Response:
    """Tell one denial case."""
    told = queue.denial_story(at.reading, key[:64], show_phi=True)
    tables = ("lines", "adjustments", "remarks", "ledger", "events")
    for row in told["segments"]:
        row["parts"] = segments.marked(row["text"].strip(), segments.of_decision(row["text"]))
    return at.page("case.html", story=told | {name: shown.rows(told[name]) for name in tables})


@ROUTES.get("/claims/{claim_id}", "desk.read")
def claim(at: At, claim_id: Number) -> Response:
    """Tell one claim, from the charge to the money."""
    told = timeline.story(at.reading, f"{timeline.OWN_ID}{claim_id}", show_phi=True)
    return at.page("claim.html", claim_id=claim_id, parts={name: shown.rows(part) for name, part in told.items()})
