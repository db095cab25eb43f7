"""Who asks, by address: the one of the connection, or what a proxy that we trust says of it.

Where TLS is the proxies' business, nobody else is answered: it would be in the clear.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.types import ASGIApp

from claims.web.guards import Receive, Scope, Send, joined, plain

_OPEN = "/healthz"  # asked by who watches over the machine; says nothing


class ClientAddress:
    """Put the address of who asks into `scope["client"]`; with `proxies_only` let nobody by who is none of them."""

    def __init__(self, app: ASGIApp, proxies: Sequence[str], *, proxies_only: bool = False) -> None:
        self.app, self.proxies_only = app, proxies_only
        self.proxies = [ipaddress.ip_network(text) for text in proxies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.proxies:
            if self.proxies_only and not self._is_ours(_peer(scope)) and scope["path"] != _OPEN:
                await plain(send, 403, "This desk is reached through its proxy only.")
                return
            scope["client"] = (self._address(scope), 0)
        await self.app(scope, receive, send)

    def _address(self, scope: Scope) -> str:
        """Walk back through the proxies we trust; the first that we do not is who asks."""
        found = _peer(scope)
        hops = [part.strip() for part in joined(scope, b"x-forwarded-for").split(",") if part.strip()]
        while hops and self._is_ours(found):
            found = hops.pop()
        return found[:60]

    def _is_ours(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        plain_address = getattr(address, "ipv4_mapped", None) or address  # ::ffff:10.0.0.5, as a socket for both has it
        return any(plain_address in network for network in self.proxies)


def _peer(scope: Scope) -> str:
    return str((scope.get("client") or ("", 0))[0])
