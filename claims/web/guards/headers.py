"""Every answer says that nothing foreign may run in it, nobody may frame it, and nobody may keep it."""

from __future__ import annotations

from starlette.types import ASGIApp, Message

from claims.web.guards import Receive, Scope, Send

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ALWAYS = {
    b"content-security-policy": CSP.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=()",
}
_HSTS = b"max-age=31536000; includeSubDomains"


class Headers:
    """Add them, whatever the answer; `cache-control` only where a page has not said otherwise."""

    def __init__(self, app: ASGIApp, *, is_tls: bool) -> None:
        self.app = app
        self.own = _ALWAYS | ({b"strict-transport-security": _HSTS} if is_tls else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def added(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [(key.lower(), value) for key, value in message.get("headers", [])]
                names = {key for key, _ in given}
                kept = [(key, value) for key, value in given if key not in self.own]
                cache = [] if b"cache-control" in names else [(b"cache-control", b"no-store")]
                message["headers"] = [*kept, *self.own.items(), *cache]
            await send(message)

        await self.app(scope, receive, added)
