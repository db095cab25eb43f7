"""Today: what the night brought and what it is worth; the way into everything else."""

from __future__ import annotations

from starlette.responses import Response

from claims.service import run_story
from claims.service.overview import overview
from claims.web.routes import Routes
from claims.web.seat import At

ROUTES = Routes()


@ROUTES.get("/", "signed-in")
def today(at: At) -> Response:
    """Show the state of the books; who may not see them is shown the first page that is theirs."""
    if not at.person.may("desk.read"):
        return at.go("/people" if at.person.may("people.manage") else "/audit")
    ctx = at.reading
    run_id = run_story.last_night(ctx)
    night = overview(ctx, run_id) if run_id else None
    run = run_story.told(ctx, run_id)[0] if run_id else None
    return at.page("today.html", night=night, run=run, day=ctx.settings.today())
