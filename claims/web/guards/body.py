"""A request has no more bytes than a form of ours ever has, whatever its header says."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Message

from claims.web.guards import Receive, Scope, Send, header, plain

MOST_BYTES = 1 << 20
MOST_WITH_FILES = 16 << 20
_FILES = re.compile(r"/cases/[0-9a-f]{1,64}/appeal")  # where exhibits come in
_WHY, _CLOSE = "This is more than a form of the desk ever sends.", (b"connection", b"close")


class TooLong(Exception):
    """More came than was said, or than may."""


class BodyLimit:
    """Refuse bodies above a limit, before or while they come in."""

    def __init__(self, app: ASGIApp, most: int = MOST_BYTES) -> None:
        self.app, self.usual = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = MOST_WITH_FILES if _FILES.fullmatch(scope["path"]) and scope["method"] == "POST" else self.usual
        said = header(scope, b"content-length") or "0"
        if not said.isdigit() or int(said) > most:
            await plain(send, 413, _WHY, _CLOSE)
            return
        came, is_refused = 0, False

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > most:
                raise TooLong
            return message

        async def sent(message: Message) -> None:
            nonlocal is_refused
            if came <= most:
                await send(message)
            elif not is_refused:  # whatever the application made of it
                is_refused = True
                await plain(send, 413, _WHY, _CLOSE)

        try:
            await self.app(scope, counted, sent)
        except TooLong:
            await sent({"type": "http.response.start"})
