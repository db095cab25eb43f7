"""Charts of denials, drawn here as SVG: nothing has to run in the browser for them."""

from __future__ import annotations

from typing import Literal

from starlette.responses import Response

from claims.service import denial_charts
from claims.web import shown
from claims.web.routes import Routes
from claims.web.seat import At

ROUTES = Routes()
Chart = Literal["by_cause", "by_deadline", "by_payer", "by_month", "rate_by_month", "rate_by_payer", "rates", "ended"]


@ROUTES.get("/charts", "desk.read")
def charts(at: At) -> Response:
    """Show denials by cause and payer, over time, and by deadline."""
    found = denial_charts.charts(at.reading)
    return at.page("charts.html", parts={name: shown.rows(part) for name, part in found.items()})


@ROUTES.get("/charts/rates", "desk.read")
def rates(at: At) -> Response:
    """Show what was denied of what was decided, and what came of denials that ended: apart, for it takes longer."""
    found = denial_charts.rates(at.reading)
    template = "part_rates.html" if at.is_fragment else "rates.html"
    return at.page(template, parts={name: shown.rows(part) for name, part in found.items()})


@ROUTES.get("/charts.csv", "desk.export")
def export(at: At, chart: Chart = "by_cause") -> Response:
    """Give the figures of a chart as a file."""
    with at.practice.exports.place():
        text = denial_charts.as_csv(at.reading, chart)
    name = f"denials-{chart.replace('_', '-')}-{at.reading.settings.today().isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@ROUTES.get("/patterns", "desk.read")
def patterns(at: At) -> Response:
    """Show denials by what causes them: fix the root once, then work the group."""
    found = denial_charts.causes(at.reading)
    groups, patterns = shown.rows(found.groups), shown.rows(found.patterns)
    return at.page("patterns.html", causes=groups, found=patterns, alone=found.alone)
