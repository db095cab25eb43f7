"""Requests that change something come from our own pages only: what browsers say of themselves decides."""

from __future__ import annotations

from collections.abc import Collection

from starlette.types import ASGIApp

from claims.web.guards import Receive, Scope, Send, header, plain

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SameOrigin:
    """Refuse unsafe requests from other origins. Ours stand in the settings: a Host header can be anything."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self.app, self.origins = app, frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE and not self._is_ours(scope):
            await plain(send, 403, "cross-origin request refused")
            return
        await self.app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        site, origin = header(scope, b"sec-fetch-site"), header(scope, b"origin")
        if site is not None and site != "same-origin":
            return False
        return origin in self.origins if origin is not None or site is None else True
