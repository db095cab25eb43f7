"""Who asks, by address: the one of the connection, or what a proxy that we trust says of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.types import ASGIApp

from claims.web.guards import Receive, Scope, Send, header


class ClientAddress:
    """Put the address of who asks into `scope["client"]`."""

    def __init__(self, app: ASGIApp, proxies: Sequence[str]) -> None:
        self.app = app
        self.proxies = [ipaddress.ip_network(text) for text in proxies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.proxies:
            scope = {**scope, "client": (self._address(scope), 0)}
        await self.app(scope, receive, send)

    def _address(self, scope: Scope) -> str:
        """Walk back through the proxies we trust; the first that we do not is who asks."""
        direct = str((scope.get("client") or ("", 0))[0])
        hops = [part.strip() for part in (header(scope, b"x-forwarded-for") or "").split(",") if part.strip()]
        found = direct
        while hops and self._is_ours(found):
            found = hops.pop()
        return found[:60]

    def _is_ours(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self.proxies)
