"""Charts of denials, drawn here as SVG: nothing has to run in the browser for them."""

from __future__ import annotations

from starlette.responses import Response

from claims.service import denial_charts
from claims.web import shown
from claims.web.routes import Routes
from claims.web.seat import At

ROUTES = Routes()


@ROUTES.get("/charts", "desk.read")
def charts(at: At) -> Response:
    """Show denials by cause and payer, over time, and by deadline."""
    found = denial_charts.charts(at.reading)
    return at.page("charts.html", parts={name: shown.rows(part) for name, part in found.items()})


@ROUTES.get("/patterns", "desk.read")
def patterns(at: At) -> Response:
    """Show denials by what causes them: fix the root once, then work the group."""
    found = denial_charts.causes(at.reading)
    groups, patterns = shown.rows(found.groups), shown.rows(found.patterns)
    return at.page("patterns.html", causes=groups, found=patterns, alone=found.alone)
