"""What everybody may load: our own and vendored styles and scripts, and whether the desk is alive."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.responses import PlainTextResponse, Response

from claims.web import shown
from claims.web.routes import OPEN, Routes

ROUTES = Routes()


@ROUTES.get("/static/{name}", OPEN)
def static(name: str, v: str = "") -> Response:
    """Give an asset of the package; names are looked up, never used as a path."""
    found = shown.assets().get(name)
    if found is None:
        raise HTTPException(404)
    lasts = "public, max-age=31536000, immutable" if v and shown.asset(name).endswith(v) else "no-cache"
    return Response(found[0], media_type=found[1], headers={"Cache-Control": lasts})


@ROUTES.get("/favicon.ico", OPEN)
def favicon() -> Response:
    """Give the icon that browsers ask for."""
    return Response(
        shown.assets()["icon.svg"][0], media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"}
    )


@ROUTES.get("/healthz", OPEN)
def healthz() -> Response:
    """Say that the process answers."""
    return PlainTextResponse("ok")
