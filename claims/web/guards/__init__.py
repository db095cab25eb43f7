"""What stands between the network and the pages: each a small ASGI application around the next one."""

from __future__ import annotations

from typing import Any

from starlette.types import Receive, Scope, Send

__all__ = ["Receive", "Scope", "Send", "header", "joined", "plain"]


def header(scope: Scope, name: bytes) -> str | None:
    """Give a header of the request; none when it is not there, the first when it is there twice."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return None


def joined(scope: Scope, name: bytes) -> str:
    """Give a header that is a list, all its lines as one: it may come in several."""
    return ",".join(str(value.decode("latin-1")) for key, value in scope["headers"] if key == name)


async def plain(send: Send, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
    """Answer with one line of text."""
    start: dict[str, Any] = {"type": "http.response.start", "status": status}
    own = [(b"content-type", b"text/plain; charset=utf-8"), *headers]
    await send(start | {"headers": own})
    await send({"type": "http.response.body", "body": text.encode()})
