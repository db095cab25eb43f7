"""One JSON line per request and per fault: route templates, our own numbers, never a path, a form or a text of data."""

from __future__ import annotations

import json
import logging
import secrets
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message

from claims.web.guards import Receive, Scope, Send, plain

LOG = logging.getLogger("claims.web")


def begin() -> None:
    """Let our lines, and nobody else's, go to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    LOG.handlers, LOG.propagate = [handler], False
    LOG.setLevel(logging.INFO)


def say(event: str, **facts: Any) -> None:
    """Write one line; line ends and control characters come out escaped."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    LOG.info("%s", json.dumps({"at": at, "event": event} | facts, ensure_ascii=True))


def fault(error: BaseException, request_id: str) -> None:
    """Write down where a fault was and of which type: its own text may quote a patient."""
    places = traceback.extract_tb(error.__traceback__)
    ours = [place for place in places if "claims" in Path(place.filename).parts] or places
    where = f"{'/'.join(Path(ours[-1].filename).parts[-3:])}:{ours[-1].lineno}" if ours else ""
    say("fault", error_id=request_id, type=type(error).__name__, where=where)


class RequestLog:
    """Give each request a number, log it, and let no exception out: the server's log would quote it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(6)
        scope.setdefault("state", {})["request_id"] = request_id
        began, status = time.perf_counter(), 0

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, numbered)
        except Exception as error:
            if not scope["state"].get("is_told"):
                fault(error, request_id)
            if not status:
                await plain(numbered, 500, f"Something failed here. Error {request_id}.")
        finally:
            route = getattr(scope.get("route"), "path", "-")
            milliseconds = round((time.perf_counter() - began) * 1000)
            user = scope["state"].get("user_id", 0)
            say("request", id=request_id, method=scope["method"][:8], route=route, status=status,
                ms=milliseconds, user=user)  # fmt: skip
